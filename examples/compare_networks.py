"""How far two networks are apart on a clip, joint by joint.

    python examples/compare_networks.py clip.mp4 hourglass-lite cpm-lite

Each network follows the person it is surest of. Joints are compared by name, in the frames in
which both have found them; distances are in pixels and in hundredths of the torso.
"""

from __future__ import annotations

import argparse

import numpy as np

import poseviewer


def main() -> None:
    """Read the command line, analyse twice, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clip", nargs="?", default="mannequin-clip:640x480@30x90")
    parser.add_argument("models", nargs="*", default=["hourglass-lite", "cpm-lite"])
    args = parser.parse_args()
    if len(args.models) != 2:
        parser.error("name two networks, such as hourglass-lite cpm-lite")

    tables = [poseviewer.analyse(args.clip, model=model) for model in args.models]
    one, other = (table.of(table.people[0]) if table.people else table for table in tables)
    both, rows, others = np.intersect1d(one.frame, other.frame, return_indices=True)
    print(f"{len(both)} of {len(one.frames)} frames have a person for both")

    torso = np.nan
    if {"left_shoulder", "right_hip"} <= one.joints.keys():
        across = one.joints["left_shoulder"][rows, :2] - one.joints["right_hip"][rows, :2]
        torso = float(np.nanmedian(np.linalg.norm(across, axis=1))) if len(rows) else np.nan
    print(f"{'joint':<16}{'pixels':>8}{'torso %':>9}")
    for name, places in one.joints.items():
        if name not in other.joints:
            continue
        apart = np.linalg.norm(places[rows, :2] - other.joints[name][others, :2], axis=1)
        found = apart[np.isfinite(apart)]
        mean = found.mean() if len(found) else np.nan
        print(f"{name:<16}{mean:>8.1f}{100 * mean / torso:>9.1f}")


if __name__ == "__main__":
    main()
