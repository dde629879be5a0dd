"""Results for numerical programs: NPZ, Parquet and C3D.

`out.npz` (numpy, `allow_pickle=False`), of n frames, p people, k joints and a angles:
    frame (n,), time_s (n,), person (p,), joint (k,) and angle (a,) names,
    xy (n, p, k, 2) source pixels, score (n, p, k), degrees (n, p, a) raw, degrees_filtered,
    box (n, p, 4); NaN where not found; about: JSON text

`out.parquet`, the long table: frame, time_s, person, joint, x_px, y_px, score, sd_x_px, sd_y_px,
correlation; and
`out_angles.parquet`: frame, time_s, person, angle, degrees, degrees_filtered. How they were made is
JSON under `poseviewer` in the file's metadata. A frame without a person has no row.

`out_c3d/out_person00.c3d`, a file for each person: markers named as in TRC, in metres with y up
where the scale is known, else in pixels with y down (POINT:UNITS says which), residual -1 where
missing; analog channels TIME (the true times, since C3D has one constant rate) and each marker's
score; group POSEVIEWER says how it was made.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.records.clip import ClipRecord
from poseviewer.records.opensim import markers, scale_of, upright

if TYPE_CHECKING:
    import ezc3d
    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable, Person


class NpzFile(ClipRecord):
    """Arrays over frames and people."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the file."""
        n, k, a = len(clip.index), len(clip.skeleton.joints), len(clip.specs)
        people = clip.people
        smooth = [clip.filtered_degrees(person, self.about.filter) for person in people]
        with self._part.open("wb") as file:
            np.savez_compressed(
                file,
                frame=clip.index,
                time_s=clip.seconds,
                person=np.array([person.key for person in people], np.int64),
                joint=np.array(clip.skeleton.joints),
                angle=np.array([spec.name for spec in clip.specs], dtype=np.str_),
                xy=_stacked([person.xy for person in people], (n, k, 2)),
                score=_stacked([person.score for person in people], (n, k)),
                degrees=_stacked([person.degrees for person in people], (n, a)),
                degrees_filtered=_stacked(smooth, (n, a)),
                box=_stacked([person.box for person in people], (n, 4)),
                about=np.array(json.dumps(self.about.table(clip.skeleton))),
            )


class ParquetFile(ClipRecord):
    """A long table, of joints or of angles."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About, angles: bool) -> None:
        super().__init__(path, about=about)
        self._part, self._angles = outputs.file(path), angles
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the table."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = [self._columns(clip, person) for person in clip.people]
        names = ("angle", "degrees", "degrees_filtered") if self._angles else _JOINT_NAMES
        kinds = [pa.int64(), pa.float64(), pa.int64(), pa.string(), *[pa.float32()] * 6]
        schema = pa.schema(
            list(zip(("frame", "time_s", "person", *names), kinds, strict=False)),
            metadata={"poseviewer": json.dumps(self.about.table(clip.skeleton))},
        )
        arrays: list[Any] = [pa.array([], type=field.type) for field in schema]
        if parts:
            columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
            order = np.argsort(columns[0], kind="stable")
            arrays = [
                pa.array(column[order], type=field.type, from_pandas=True)
                for column, field in zip(columns, schema, strict=True)
            ]
        with self._part.open("wb") as file:
            pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file)

    def _columns(self, clip: ClipTable, person: Person) -> list[NDArray[Any]]:
        there = np.flatnonzero(person.present)
        if self._angles:
            names: tuple[str, ...] = tuple(spec.name for spec in clip.specs)
            smooth = clip.filtered_degrees(person, self.about.filter)
            values = [person.degrees[there], smooth[there].astype(np.float32)]
        else:
            names = clip.skeleton.joints
            xy = person.xy[there]
            sides = np.moveaxis(person.uncertainty[there], -1, 0)
            values = [xy[..., 0], xy[..., 1], person.score[there], *sides]
        each = len(names)
        return [
            np.repeat(clip.index[there], each),
            np.repeat(clip.seconds[there], each),
            np.full(len(there) * each, person.key, np.int64),
            np.tile(np.array(names, dtype=object), len(there)),
            *(value.reshape(-1) for value in values),
        ]


class C3dFolder(ClipRecord):
    """A C3D file for each person."""

    def __init__(self, folder: Path, *, stem: str, outputs: OutputSet, about: About) -> None:
        super().__init__(folder, about=about)
        self._stem = stem
        self._part = outputs.folder(folder, replaces=f"{stem}_person*.c3d")

    def write(self, clip: ClipTable) -> None:
        """Write the files."""
        for person in clip.numbered:
            self._write(clip, person)

    def _write(self, clip: ClipTable, person: Person) -> None:
        import ezc3d

        names, places, units = self._placed(clip, person)
        points = np.zeros((4, len(names), len(clip.index)))
        points[: places.shape[2]] = places.transpose(2, 1, 0)
        missing = ~np.isfinite(points).all(axis=0)
        points[:3, missing] = np.nan
        file = ezc3d.c3d()
        file["parameters"]["POINT"]["RATE"]["value"] = [clip.rate or 1.0]
        file["parameters"]["POINT"]["UNITS"]["value"] = [units]
        file["parameters"]["POINT"]["LABELS"]["value"] = list(names)
        file["data"]["points"] = points
        file["data"]["meta_points"]["residuals"] = np.where(missing, -1.0, 0.0)[None]
        channels = {"TIME": clip.seconds}
        for joint, score in zip(clip.skeleton.joints, person.score.T, strict=True):
            channels[f"{joint}_score"] = score.astype(np.float64)
        file["parameters"]["ANALOG"]["RATE"]["value"] = [clip.rate or 1.0]
        file["parameters"]["ANALOG"]["LABELS"]["value"] = list(channels)
        file["data"]["analogs"] = np.stack(list(channels.values()))[None]
        for key, value in self.about.table().items():
            # Text of a C3D parameter has at most 127 signs.
            file.add_parameter("POSEVIEWER", key.upper(), [str(value)[:127]])
        first = int(clip.index[0])
        file.add_parameter("POSEVIEWER", "FIRST_FRAME", [first])
        path = self._part / f"{self._stem}_{clip.name(person)}.c3d"
        path.write_bytes(_content(file))

    def _placed(
        self, clip: ClipTable, person: Person
    ) -> tuple[tuple[str, ...], NDArray[np.float64], str]:
        """Names, places and units of the markers of a person."""
        names, places = markers(clip.skeleton, clip.filtered_xy(person, self.about.filter))
        scale = scale_of(self.about, clip, person)
        if scale is None:
            return names, places, "px"
        return names, upright(places, scale=scale, height=self.about.size[1]), "m"


_BLOCK = 4096
"""Bytes that file systems give at once."""

_JOINT_NAMES = (
    "joint", "x_px", "y_px", "score", "sd_x_px", "sd_y_px", "correlation",
)  # fmt: skip


def _content(file: ezc3d.c3d) -> bytes:
    """Return a C3D file as bytes.

    ezc3d writes to a name alone, which must be text, and without a word when the disk is full.

    Raises:
        OSError: There is no room for it.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "all.c3d"
        file.write(str(path))
        content = path.read_bytes()
        # Where there was no room for all, there is none for more, and this says why.
        with path.open("ab") as more:
            more.write(bytes(_BLOCK))
    return content


def _stacked(arrays: list[NDArray[Any]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Stack arrays of people, each of `shape`, on the second axis."""
    if not arrays:
        return np.empty((shape[0], 0, *shape[1:]), np.float32)
    return np.stack(arrays, axis=1).astype(np.float32)
