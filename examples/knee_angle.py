"""The knee angles of the person seen most in a clip, as CSV and as a drawing.

    python examples/knee_angle.py squat.mp4 -o knees --filter butterworth,order=4,cutoff=6

A frame in which a knee was not seen surely leaves an empty cell and a gap in the curve.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import poseviewer

if TYPE_CHECKING:
    from numpy.typing import NDArray

KNEES = {"right knee": "#d55e00", "left knee": "#0072b2"}
WIDTH, HEIGHT = 900, 300


def path(seconds: NDArray[np.float64], degrees: NDArray[np.float64], *, top: float) -> str:
    """An SVG path through the values, begun anew after each gap.

    Args:
        seconds: (f,) from the first frame.
        degrees: (f,) NaN where there is none.
        top: Degrees at the upper edge; 0 is the lower one, less a margin of 20.
    """
    steps, pen = [], "M"
    for x, y in zip(seconds / max(seconds[-1], 1e-9) * WIDTH, degrees, strict=True):
        if np.isnan(y):
            pen = "M"
        else:
            steps.append(f"{pen}{x:.1f} {HEIGHT * (1 - (y + 20) / (top + 20)):.1f}")
            pen = "L"
    return " ".join(steps)


def main() -> None:
    """Read the command line, analyse, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clip", nargs="?", default="mannequin-clip:640x480@30x300")
    parser.add_argument("--model", default="hourglass-lite")
    parser.add_argument("--filter", default="none")
    parser.add_argument("-o", "--output", default="knees", help="name without an ending")
    args = parser.parse_args()

    table = poseviewer.analyse(args.clip, model=args.model)
    curves = {name: table.curve(name, filter=args.filter) for name in KNEES}

    with Path(f"{args.output}.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["frame", "time_s", *KNEES])
        for row in zip(table.frames, table.times, *curves.values(), strict=True):
            rows.writerow(["" if np.isnan(value) else value for value in row])

    seconds = table.times - table.times[0]
    top = max(180.0, *(np.nanmax(values, initial=0.0) for values in curves.values()))
    lines = [
        f'<path d="{path(seconds, curves[name], top=top)}" fill="none" stroke="{colour}"/>'
        f'<text x="8" y="{20 + 18 * at}" fill="{colour}">{name}, 0 to {top:.0f} degrees</text>'
        for at, (name, colour) in enumerate(KNEES.items())
    ]
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
    Path(f"{args.output}.svg").write_text("\n".join([drawing, *lines, "</svg>\n"]))

    for name, values in curves.items():
        seen = np.isfinite(values)
        least, most = (values[seen].min(), values[seen].max()) if seen.any() else (np.nan, np.nan)
        print(f"{name}: {least:.0f} to {most:.0f} degrees in {seen.sum()} of {len(seen)} frames")


if __name__ == "__main__":
    main()
