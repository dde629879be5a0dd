"""Curves and joints in the files of motion analysis: MOT (angles) and TRC (joints).

What reads them was looked up in OpenSim's MOT, STO and TRC readers: a MOT file's cells are
split at blanks and tabs, so an empty one would shift its row, while `nan` is read as missing;
names hold no blanks. In a TRC file an empty cell is a missing marker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def column_name(name: str) -> str:
    """Return an angle's name without blanks, which would separate columns."""
    return "_".join(name.split())


def mot_text(
    seconds: NDArray[np.float64],
    columns: Mapping[str, NDArray[np.floating]],
    *,
    note: str,
    radians: bool = False,
) -> str:
    """Format angles as OpenSim's coordinates.

    Args:
        seconds: (n,) true times.
        columns: Values (n,) of each angle, NaN where missing.
        note: What was done to them, for the header; one line without `=`.
        radians: Whether they are in radians.
    """
    head = [
        "Coordinates",
        "version=1",
        f"nRows={len(seconds)}",
        f"nColumns={len(columns) + 1}",
        f"inDegrees={'no' if radians else 'yes'}",
        "",
        "Units are S.I. units (second, meters, Newtons, ...)",
        f"Angles are in {'radians' if radians else 'degrees'}, unwrapped; filter: {note}",
        "endheader",
        "\t".join(["time", *map(column_name, columns)]),
    ]
    table = np.column_stack([seconds, *columns.values()])
    rows = ["\t".join(_cell(value, missing="nan") for value in row) for row in table]
    return "\n".join([*head, *rows, ""])


def trc_text(
    index: NDArray[np.int64],
    seconds: NDArray[np.float64],
    xy: NDArray[np.floating],
    *,
    joints: Sequence[str],
    name: str,
    note: str,
) -> str:
    """Format joints as markers: pixels of the frame, x to the right, y up (so below 0), z 0.

    Args:
        index: (n,) frame numbers.
        seconds: (n,) true times.
        xy: (n, k, 2) frame pixels, y down; NaN where a joint is missing.
        joints: Names of the k joints.
        name: Of the file, for its first line.
        note: What was done to the joints, for the first line.
    """
    rate = (len(seconds) - 1) / float(seconds[-1] - seconds[0]) if len(seconds) > 1 else 0.0
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame "
    first = int(index[0]) if len(index) else 0
    values = [f"{rate:.6g}"] * 2 + [len(index), len(joints), "px", f"{rate:.6g}", first, len(index)]
    axes = [f"{axis}{n}" for n in range(1, len(joints) + 1) for axis in "XYZ"]
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}\t{note}",
        "\t".join((keys + "OrigNumFrames").split()),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "\t\t\t".join(joints) + "\t\t",
        "\t\t" + "\t".join(axes),
    ]
    rows = []
    for number, when, places in zip(index.tolist(), seconds.tolist(), xy, strict=True):
        cells = [
            text
            for x, y in places.tolist()
            for text in ((_cell(x), _cell(-y), "0") if np.isfinite(x + y) else ("", "", ""))
        ]
        rows.append("\t".join([str(number), repr(when), *cells]))
    return "\n".join([*head, *rows, ""])


def _cell(value: float, *, missing: str = "") -> str:
    return f"{value:.6f}" if np.isfinite(value) else missing
