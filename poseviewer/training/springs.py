"""Learns the springs of a pictorial structure from labelled people.

    python -m poseviewer.training.springs ../shared/data -o resources/springs.toml

Counts and moments of labels only: no network, no picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.torso import torsos
from poseviewer.truth.readers import read_pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.truth.labelled import TruthSet

BONES = (
    ("neck", "head_top"),
    ("neck", "right_shoulder"),
    ("neck", "left_shoulder"),
    ("neck", "right_hip"),
    ("neck", "left_hip"),
    ("right_shoulder", "right_elbow"),
    ("left_shoulder", "left_elbow"),
    ("right_hip", "right_knee"),
    ("left_hip", "left_knee"),
    ("right_elbow", "right_wrist"),
    ("left_elbow", "left_wrist"),
    ("right_knee", "right_ankle"),
    ("left_knee", "left_ankle"),
)
"""Parent and child of each spring: the tree of LSP's 14 joints, from the neck outwards."""

_SIZES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles of the torso's length that are tried."""


_SLACK = 4.0
"""What deviations are multiplied by when joints are placed: of 1, 1.5, 2, 3, 4, 6 and 9 the best
for stage 1 of cpm-lite on the val parts of LSPET and of COCO."""


def learnt(truth: TruthSet) -> str:
    """The file of springs, from people of whom both ends of a spring and the torso are labelled.

    Args:
        truth: The set; a person's crop is what a network would be shown.
    """
    joints = np.stack([one.joints for one in truth.people]).astype(np.float64)
    seen = np.stack([one.seen for one in truth.people])
    size = torsos(joints, seen=seen, names=truth.joints, either=True)
    share = size / np.array([one.crop.width for one in truth.people])
    # Of someone seen from above or below nothing is measured in torsos.
    low, high = np.nanquantile(share, (0.02, 0.98))
    whole = (share >= low) & (share <= high)
    lines = [
        "# Springs of a pictorial structure (poseviewer/codec/springs.py): means and deviations, x",
        "# and y, of where a joint lies from its parent, in torsos; lengths of a torso in sides of",
        "# the crop; and what the deviations are multiplied by. Learnt by",
        "#     python -m poseviewer.training.springs DATA -o resources/springs.toml",
        f"# from the labels of {int(whole.sum())} people of LSP extended (Johnson & Everingham,",
        "# CVPR 2011; photos for research use). Statistics only: Apache-2.0, as the program.",
        f"torsos = {np.nanquantile(share[whole], _SIZES).round(4).tolist()}",
        f"slack = {_SLACK}",
    ]
    for parent, child in BONES:
        start, end = (truth.joints.index(name) for name in (parent, child))
        both = whole & seen[:, start] & seen[:, end]
        away = (joints[both, end] - joints[both, start]) / size[both, None]
        lines += [
            "",
            "[[springs]]",
            f'parent = "{parent}"',
            f'child = "{child}"',
            f"mean = {away.mean(axis=0).round(4).tolist()}",
            f"deviation = {away.std(axis=0).round(4).tolist()}",
            f"people = {int(both.sum())}",
        ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file as the command line says."""
    parser = argparse.ArgumentParser(description="Learn the springs of a pictorial structure.")
    parser.add_argument("data", type=Path, help="folder of the data pack")
    parser.add_argument("-o", "--out", type=Path, required=True, help="file to write")
    args = parser.parse_args(argv)
    sets = {truth.name.split(" ", 1)[0]: truth for truth in read_pack(args.data, split="train")}
    args.out.write_text(learnt(sets["lspet"]), encoding="utf-8")


if __name__ == "__main__":
    main()
