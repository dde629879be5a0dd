"""What every stage of a network believes about one frame, as one picture.

    python examples/stages_contact_sheet.py clip.mp4 --frame 120 --model cpm-lite -o sheet.png

A column is a stage, a row a joint; the top row is the strongest joint in each cell.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import cv2
import numpy as np

import poseviewer

if TYPE_CHECKING:
    from numpy.typing import NDArray

TILE = 160
"""Pixels of a tile's side."""


def tile(belief: NDArray[np.float32], beneath: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A belief map (h, w) in colour over the part of the picture that it is of, BGR."""
    level = np.asarray(cv2.resize(belief, (TILE, TILE)).clip(0, 1) * 255, np.uint8)
    glow = cv2.applyColorMap(level, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.addWeighted(beneath, 0.5, glow, 0.9, 0), np.uint8)


def main() -> None:
    """Read the command line and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clip", nargs="?", default="mannequin-clip:640x480@30x300")
    parser.add_argument("--frame", type=int, default=0, help="counted from 0")
    parser.add_argument("--model", default="hourglass-lite")
    parser.add_argument("-o", "--output", default="sheet.png")
    args = parser.parse_args()

    with poseviewer.open_clip(args.clip) as clip:
        frame = clip.read(args.frame)
    answer = poseviewer.load_network(args.model)(frame)
    beliefs = [stage for stage in answer.stages if stage.spec.kind == "heatmap"]
    if not beliefs:
        parser.error(f"{args.model} has no belief maps")
    joints = answer.poses.skeleton.joints

    # From pixels of a tile to cells of a map, both counted from their middles, and on to the frame.
    _, height, width = beliefs[0].values.shape
    x, y = width / TILE, height / TILE
    to_frame = beliefs[0].to_frame @ [[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]]
    bgr = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    beneath = np.asarray(cv2.warpAffine(bgr, to_frame, (TILE, TILE), flags=flags), np.uint8)

    rows = [np.hstack([tile(s.values[: len(joints)].max(axis=0), beneath) for s in beliefs])]
    for at, name in enumerate(joints):
        row = np.hstack([tile(stage.values[at], beneath) for stage in beliefs])
        cv2.putText(row, name, (6, TILE - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
        rows.append(row)
    cv2.imwrite(args.output, np.vstack(rows))
    print(f"Wrote {args.output}: {len(beliefs)} stages of {args.model}, {len(joints)} joints")


if __name__ == "__main__":
    main()
