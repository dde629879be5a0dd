"""Curves and joints in the files of motion analysis: MOT (angles) and TRC (joints).

Both hold one person a file, in a folder: `out_mot/out_person00.mot` and so on for everybody with a
number. What reads them was looked up in OpenSim's MOT, STO and TRC readers and in Pose2Sim's: a
MOT file's cells are split at blanks and tabs, so an empty one would shift its row, while `nan` is
read as missing; names hold no blanks. In a TRC file an empty cell is missing too, but OpenSim
refuses a row that ends with one: there it is `nan` as well.

`out_trc/out_px_person00.trc` is in pixels with y down, as Sports2D reads it (`_px` in the name);
`out_trc_m/out_m_person00.trc` in metres with y up and 0 at the lower edge of the frame, for which
the scale must be known. Names are those of `core.motion_names`, with Neck and Hip computed of
shoulders and hips. Joints and angles are filtered where a filter is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import MIDPOINTS
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.motion_names import column_name, marker_name
from poseviewer.core.skeleton import common_names
from poseviewer.core.travel import scale_by_height
from poseviewer.records.about import text_of
from poseviewer.records.clip import ClipRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable, Person


def markers(
    skeleton: Skeleton, xy: NDArray[np.floating]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the names of the markers and their places.

    Args:
        skeleton: Of the joints.
        xy: (n, k, 2), or places in space (n, k, 3).

    Returns:
        m names, each once, and places (n, m, 2 or 3): the joints, and Neck and Hip of shoulders and
        hips.
    """
    names: list[str] = []
    places: list[NDArray[np.floating]] = []
    theirs = common_names(skeleton.joints)
    for at, joint in enumerate(skeleton.joints):
        # Sports2D's Neck lies between the shoulders; the neck of LSP and MPII is higher up.
        name = "UpperNeck" if theirs[at] == "neck" else marker_name(joint)
        if name not in names:
            names.append(name)
            places.append(xy[:, at])
    for middle, ends in MIDPOINTS.items():
        if marker_name(middle) not in names and skeleton.has(*ends):
            a, b = (skeleton.index(end) for end in ends)
            names.append(marker_name(middle))
            places.append((xy[:, a] + xy[:, b]) / 2)
    return tuple(names), np.stack(places, axis=1).astype(np.float64)


def scale_of(about: About, clip: ClipTable, person: Person) -> float | None:
    """Return metres per pixel in the plane of movement; None where nothing tells it.

    Raises:
        PoseViewerError: A stature is given and no limb is seen to measure it by.
    """
    if about.metres_per_pixel is not None or about.height is None:
        return about.metres_per_pixel
    scale = scale_by_height(
        clip.skeleton, person.xy, person.score, gate=about.gate, height=about.height
    )
    if scale is None:
        msg = (
            f"The height of {clip.name(person)} tells no scale, since no leg and no trunk is "
            "surely seen; give metres per pixel instead."
        )
        raise PoseViewerError(msg)
    return scale


class MotFolder(ClipRecord):
    """Angles for OpenSim, unwrapped and filtered; a file for each person."""

    def __init__(self, folder: Path, *, stem: str, outputs: OutputSet, about: About) -> None:
        super().__init__(folder, about=about)
        self._stem = stem
        self._part = outputs.folder(folder, replaces=f"{stem}_person*.mot")

    def write(self, clip: ClipTable) -> None:
        """Write the files."""
        for person in clip.numbered:
            smooth = clip.filtered_degrees(person, self.about.filter)
            columns = {spec.name: smooth[:, at] for at, spec in enumerate(clip.specs)}
            text = mot_text(clip.seconds, columns, note=self.about.words())
            path = self._part / f"{self._stem}_{clip.name(person)}.mot"
            path.write_text(text, encoding="utf-8")


class TrcFolder(ClipRecord):
    """Joints as markers, filtered; a file for each person.

    Args:
        folder: The folder.
        stem: What the names of the files begin with.
        outputs: The outputs of the job.
        about: How the results were made.
        metric: Whether in metres with y up, else in pixels with y down.
        label: What the names of the files say of the markers; their unit if left out.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stem: str,
        outputs: OutputSet,
        about: About,
        metric: bool,
        label: str = "",
    ) -> None:
        super().__init__(folder, about=about)
        if metric and about.metres_per_pixel is None and about.height is None:
            msg = (
                "A TRC in metres needs a scale: give --height METRES or --scale METRES, or draw "
                "along a known length in the window."
            )
            raise PoseViewerError(msg)
        self._metric = metric
        self._stem = f"{stem}_{label or ('m' if metric else 'px')}"
        self._part = outputs.folder(folder, replaces=f"{self._stem}_person*.trc")

    def write(self, clip: ClipTable) -> None:
        """Write the files."""
        for person in clip.numbered:
            names, places, units, note = self._placed(clip, person)
            name = f"{self._stem}_{clip.name(person)}.trc"
            text = trc_text(
                clip.index,
                clip.seconds,
                places,
                names=names,
                name=text_of(name),
                units=units,
                note=note,
            )
            (self._part / name).write_text(text, encoding="utf-8")

    def _placed(
        self, clip: ClipTable, person: Person
    ) -> tuple[tuple[str, ...], NDArray[np.float64], str, str]:
        """Names, places and units of the markers of a person, and a note for the header."""
        names, places = markers(clip.skeleton, clip.filtered_xy(person, self.about.filter))
        note = self.about.words()
        if self._metric:
            scale = scale_of(self.about, clip, person) or 1.0
            height = self.about.size[1]
            places = upright(places, scale=scale, height=height)
            note += f"; frame height: {height}; metres per pixel: {scale:.9g}"
        return names, places, "m" if self._metric else "px", note


def upright(places: NDArray[np.float64], *, scale: float, height: int) -> NDArray[np.float64]:
    """Return pixels (..., 2) as metres, y up, 0 at the left and the lower edge of the frame."""
    x, y = places[..., 0] + 0.5, height - 0.5 - places[..., 1]
    return np.stack([x, y], axis=-1) * scale


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
        note: How they were made, for the header; one line without `=`.
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
        f"Angles are in {'radians' if radians else 'degrees'}, unwrapped; {note}",
        "endheader",
        "\t".join(["time", *map(column_name, columns)]),
    ]
    table = np.column_stack([seconds, *columns.values()])
    rows = ["\t".join(_cell(value, missing="nan") for value in row) for row in table]
    return "\n".join([*head, *rows, ""])


def trc_text(
    index: NDArray[np.int64],
    seconds: NDArray[np.float64],
    places: NDArray[np.floating],
    *,
    names: Sequence[str],
    name: str,
    units: str,
    note: str,
) -> str:
    """Format joints as markers, with z 0 where they have none.

    Args:
        index: (n,) frame numbers.
        seconds: (n,) true times.
        places: (n, m, 2), or (n, m, 3); NaN where a marker is missing.
        names: Of the m markers.
        name: Of the file, for its first line.
        units: `px` or `m`.
        note: How they were made, for the first line.
    """
    rate = (len(seconds) - 1) / float(seconds[-1] - seconds[0]) if len(seconds) > 1 else 0.0
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame "
    first = int(index[0]) if len(index) else 0
    values = [f"{rate:.6g}"] * 2 + [len(index), len(names), units, f"{rate:.6g}", first, len(index)]
    axes = [f"{axis}{n}" for n in range(1, len(names) + 1) for axis in "XYZ"]
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}\t{note}",
        "\t".join((keys + "OrigNumFrames").split()),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(axes),
    ]
    rows = []
    for number, when, row in zip(index.tolist(), seconds.tolist(), places, strict=True):
        cells = [
            text
            for place in row.tolist()
            for text in (
                [*map(_cell, place), "0"][:3] if np.isfinite(place).all() else ("nan",) * 3
            )
        ]
        rows.append("\t".join([str(number), repr(when), *cells]))
    return "\n".join([*head, *rows, ""])


def _cell(value: float, *, missing: str = "") -> str:
    return f"{value:.6f}" if np.isfinite(value) else missing
