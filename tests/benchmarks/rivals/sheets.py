"""Contact sheets of clips, ours above MediaPipe's: `python -m tests.benchmarks.rivals.sheets`.

Every tenth frame, cut to the people, with the joints that either draws at full strength, in the
same strokes: to be looked at and counted by eye. Right of the person is orange, left is blue.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import poseviewer
from tests.benchmarks.rivals.__main__ import OUT, SHARED
from tests.benchmarks.rivals.contestants import MediaPipe, Ours
from tests.benchmarks.rivals.environment import MODELS, prepare
from tests.benchmarks.rivals.material import CLIPS
from tests.benchmarks.rivals.measure import BODY

SIDES = {"left": (255, 150, 40), "right": (0, 140, 255)}
BONES = [
    (BODY.index(f"{a}_{one}"), BODY.index(f"{b}_{other}"))
    for a, b, one, other in (
        ("left", "right", "shoulder", "shoulder"),
        ("left", "right", "hip", "hip"),
        *(
            (side, side, one, other)
            for side in ("left", "right")
            for one, other in (
                ("shoulder", "elbow"),
                ("elbow", "wrist"),
                ("shoulder", "hip"),
                ("hip", "knee"),
                ("knee", "ankle"),
            )
        ),
    )
]
SIDE = 300
"""Pixels of a picture."""

ACROSS = 8
"""Pictures in a row."""


def painted(pixels, xy, bold, *, square, text):
    """One frame, cut to a square and marked."""
    left, top, side = square
    scale = SIDE / side
    affine = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    picture = cv2.warpAffine(pixels[..., ::-1], affine, (SIDE, SIDE), flags=cv2.INTER_AREA)
    place = (xy + 0.5 - (left, top)) * scale - 0.5
    for a, b in BONES:
        if bold[a] and bold[b]:
            side = "" if a % 2 != b % 2 else "right" if a % 2 else "left"
            ends = [tuple(round(float(v)) for v in place[end]) for end in (a, b)]
            cv2.line(picture, *ends, SIDES.get(side, (255, 255, 255)), 2, cv2.LINE_AA)
    for joint in np.flatnonzero(bold):
        middle = tuple(round(float(v)) for v in place[joint])
        cv2.circle(picture, middle, 4, SIDES["right" if joint % 2 else "left"], -1, cv2.LINE_AA)
    cv2.putText(picture, text, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 255, 255), 1)
    return picture


def around(places, size):
    """The square in which all of the joints (n, 2) lie, with some room: left, top and side."""
    if not len(places):
        places = np.array([(0, 0), size])
    low, high = places.min(axis=0), places.max(axis=0)
    side = max(1.7 * (high - low).max(), 0.15 * max(size))
    left, top = (low + high) / 2 - side / 2
    return float(left), float(top), float(side)


def sheet(clip, said, *, step, path):
    """Write the sheet of one clip."""
    numbers = range(0, len(next(iter(said.values())).xy), step)
    rows = {name: [] for name in said}
    for number in numbers:
        pixels = clip.read(number).pixels
        drawn = [one.xy[number][one.drawn[number]] for one in said.values()]
        square = around(np.concatenate(drawn), clip.size)
        for name, one in said.items():
            text = f"{number} {name if number == 0 else ''}"
            picture = painted(pixels, one.xy[number], one.drawn[number], square=square, text=text)
            rows[name].append(picture)
    blank, lines = np.zeros((SIDE, SIDE, 3), np.uint8), []
    for first in range(0, len(numbers), ACROSS):
        for pictures in rows.values():
            some = pictures[first : first + ACROSS]
            lines.append(np.hstack(some + [blank] * (ACROSS - len(some))))
        lines.append(np.full((6, ACROSS * SIDE, 3), 255, np.uint8))
    cv2.imwrite(str(path), np.vstack(lines))


def main():
    """Write a sheet for every clip."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clips", type=Path, default=SHARED / "videos", help="a folder")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write")
    parser.add_argument("--model", default="hourglass-lite", help="ours")
    parser.add_argument("--mediapipe", choices=MODELS, default="heavy")
    parser.add_argument("--step", type=int, default=10, help="every so manieth frame")
    parser.add_argument("--quick", action="store_true", help="the beginning of each clip")
    parser.add_argument("--only", default="", help="clips whose name holds this")
    args = parser.parse_args()
    prepare(args.out / "mediapipe")
    rival = MediaPipe(args.mediapipe, args.out / "mediapipe", args.out / "said")
    for stretch in CLIPS:
        path = args.clips / stretch.name
        if not path.is_file() or args.only not in stretch.name:
            continue
        with poseviewer.open_clip(path) as clip:
            end = min(stretch.quick if args.quick else stretch.count, len(clip)) - 1
            said = {
                one.name: one.clip(clip, end=end, still=False)[0]
                for one in (Ours(args.model), rival)
            }
            output = args.out / f"sheet-{Path(stretch.name).stem}.png"
            sheet(clip, said, step=args.step, path=output)
            print(output)


if __name__ == "__main__":
    main()
