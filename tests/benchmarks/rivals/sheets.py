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
HEIGHT = 300
"""Of a picture."""

ACROSS = 2400
"""Width of a sheet, at most."""


def painted(pixels, xy, bold, *, around, text):
    """One frame, cut and marked."""
    left, top, right, bottom = around
    part = pixels[top:bottom, left:right, ::-1]
    scale = HEIGHT / len(part)
    picture = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    place = (xy + 0.5 - (left, top)) * scale - 0.5
    for a, b in BONES:
        if bold[a] and bold[b]:
            side = "right" if a % 2 and b % 2 else "left" if not (a % 2 or b % 2) else ""
            colour = SIDES.get(side, (255, 255, 255))
            ends = [tuple(round(float(v)) for v in place[end]) for end in (a, b)]
            cv2.line(picture, *ends, colour, 2, cv2.LINE_AA)
    for joint in np.flatnonzero(bold):
        middle = tuple(round(float(v)) for v in place[joint])
        cv2.circle(picture, middle, 4, SIDES["right" if joint % 2 else "left"], -1, cv2.LINE_AA)
    cv2.putText(picture, text, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 255, 255), 1)
    return picture


def view(answers, size):
    """The part of the frames in which everything drawn lies, with some room: edges."""
    width, height = size
    drawn = np.concatenate([said.xy[said.drawn] for said in answers])
    if not len(drawn):
        return 0, 0, width, height
    low, high = np.percentile(drawn, 1, axis=0), np.percentile(drawn, 99, axis=0)
    room = 0.25 * (high - low).max()
    left, top = np.maximum(low - room, 0).astype(int)
    right, bottom = np.minimum(high + room, size).astype(int)
    return int(left), int(top), int(right), int(bottom)


def sheet(clip, said, *, step, path):
    """Write the sheet of one clip."""
    numbers = range(0, len(next(iter(said.values())).xy), step)
    around = view(said.values(), clip.size)
    rows = {name: [] for name in said}
    for number in numbers:
        pixels = clip.read(number).pixels
        for name, answers in said.items():
            bold = answers.drawn[number]
            text = f"{number} {name if number == 0 else ''}"
            rows[name].append(painted(pixels, answers.xy[number], bold, around=around, text=text))
    blank = np.zeros_like(next(iter(rows.values()))[0])
    lines, across = [], max(ACROSS // blank.shape[1], 1)
    for first in range(0, len(numbers), across):
        for pictures in rows.values():
            some = pictures[first : first + across]
            lines.append(np.hstack(some + [blank] * (across - len(some))))
        lines.append(np.full((6, lines[-1].shape[1], 3), 255, np.uint8))
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
