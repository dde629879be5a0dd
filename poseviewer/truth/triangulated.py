"""Markers that Pose2Sim triangulated from several cameras, as one of those cameras sees them.

A TRC file in metres holds the markers, y up; a calibration of Qualisys (`.qca.txt`) the cameras,
in millimetres, z up, with focal lengths and centres in 1/64 pixel. That x, y, z of the calibration
are z, x, y of the TRC file, and that a camera looks along its negative z axis, was checked on
Pose2Sim's demonstration of one person, whose projected markers lie on him.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.motion_names import joint_name
from poseviewer.core.reading import PLACE_LIMIT, number, read_text, reading, whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_LONGEST = 64 << 20
_TAG = re.compile(r"<(camera|transform|intrinsic)\s([^<>]*)>")
_PAIR = re.compile(r'([\w-]+)="([^"]*)"')
_UNIT = 64.0
"""Of focal lengths and centres, in a pixel."""

_MOST_MARKERS = 200
_ROW = 1000
_FARTHEST = 1e4
"""Metres, or of distortion whatever it is."""

_OTHERWISE = ("neck", "head_top")
"""What HALPE's skeleton marks elsewhere than the other ones."""


@dataclass(frozen=True, slots=True, eq=False)
class CameraModel:
    """A pinhole with the distortion of Brown and Conrady."""

    turn: NDArray[np.float64]
    """(3, 3) from the world of the calibration to the camera: x right, y down, z away."""

    place: NDArray[np.float64]
    """(3,) of the camera in that world, metres."""

    focal: NDArray[np.float64]
    """(2,) pixels."""

    centre: NDArray[np.float64]
    """(2,) pixels."""

    radial: NDArray[np.float64]
    """(3,) of r^2, r^4 and r^6."""

    tangential: NDArray[np.float64]
    """(2,)."""

    def seen(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return world places (..., 3) along the axes of the camera, metres from it."""
        found: NDArray[np.float64] = (places - self.place) @ self.turn.T
        return found

    def project(self, seen: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the pixels (..., 2) of what `seen` gives."""
        x, y = np.moveaxis(seen[..., :2] / np.maximum(seen[..., 2:], 1e-6), -1, 0)
        square = x * x + y * y
        k, p = self.radial, self.tangential
        bent = 1 + square * (k[0] + square * (k[1] + square * k[2]))
        across = x * bent + 2 * p[0] * x * y + p[1] * (square + 2 * x * x)
        down = y * bent + p[0] * (square + 2 * y * y) + 2 * p[1] * x * y
        return np.stack([across, down], axis=-1) * self.focal + self.centre


@dataclass(frozen=True, slots=True, eq=False)
class Triangulated:
    """Markers of one person over n frames, as one camera sees them."""

    joints: tuple[str, ...]
    """Names of k joints that are placed alike in other skeletons."""

    frames: NDArray[np.int64]
    """(n,) of the clip, counted from 0."""

    places: NDArray[np.float64]
    """(n, k, 3) metres from the camera: x right, y down, z away; NaN where a marker is missing."""

    xy: NDArray[np.float64]
    """(n, k, 2) pixels of the camera's clip."""


def read_triangulated(markers: Path, calibration: Path, *, camera: str) -> Triangulated:
    """Read markers as a camera sees them.

    Args:
        markers: TRC in metres.
        calibration: Of Qualisys, `.qca.txt`.
        camera: Its `serial` in the calibration, such as `cam03`.

    Raises:
        PoseViewerError: A file cannot be read, or there is no such camera.
    """
    eye = read_camera(calibration, camera=camera)
    with reading(markers.name, kind="a TRC in metres"):
        joints, frames, world = _markers(markers)
    places = eye.seen(world[..., [2, 0, 1]])
    return Triangulated(joints, frames, places, eye.project(places))


def read_camera(path: Path, *, camera: str) -> CameraModel:
    """Read a camera of a calibration of Qualisys.

    Raises:
        PoseViewerError: It cannot be read, or has no such camera.
    """
    with reading(path.name, kind="a calibration of Qualisys"):
        cameras: dict[str, dict[str, str]] = {}
        facts: dict[str, str] = {}
        for tag, text in _TAG.findall(read_text(path, most=_LONGEST)):
            pairs = dict(_PAIR.findall(text))
            if tag == "camera":
                facts = cameras.setdefault(pairs.get("serial", ""), {})
            facts |= pairs
        if camera not in cameras:
            msg = f"{path.name} has no camera {camera}; it has {', '.join(sorted(cameras)[:12])}."
            raise PoseViewerError(msg)
        return _camera(cameras[camera])


def _camera(facts: dict[str, str]) -> CameraModel:
    def of(*names: str, most: float = _FARTHEST) -> NDArray[np.float64]:
        values = [number(float(facts[name]), name, low=-most, high=most) for name in names]
        return np.array(values)

    turn = of(*(f"r{row}{column}" for row in "123" for column in "123"), most=1.001)
    focal = of("focalLengthU", "focalLengthV", most=_UNIT * PLACE_LIMIT) / _UNIT
    if not (focal > 0).all():
        msg = "a focal length is none"
        raise ValueError(msg)
    return CameraModel(
        np.diag([1.0, -1.0, -1.0]) @ turn.reshape(3, 3),
        of("x", "y", "z", most=1000 * _FARTHEST) / 1000,
        focal,
        of("centerPointU", "centerPointV", most=_UNIT * PLACE_LIMIT) / _UNIT,
        of("radialDistortion1", "radialDistortion2", "radialDistortion3"),
        of("tangentalDistortion1", "tangentalDistortion2"),
    )


def _markers(path: Path) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.float64]]:
    """Joints, frames (n,) and places (n, k, 3) of a TRC file in metres."""
    lines = read_text(path, most=_LONGEST).splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    if header.get("Units", "").strip() != "m":
        msg = "its units are not metres"
        raise ValueError(msg)
    names = [joint_name(name.strip()) for name in lines[3].split("\t")[2::3] if name.strip()]
    if not 0 < len(set(names)) == len(names) <= _MOST_MARKERS:
        msg = f"its markers are not 1 to {_MOST_MARKERS} different names"
        raise ValueError(msg)
    budget = MemoryBudget(path.name)
    frames: list[int] = []
    rows: list[NDArray[np.float64]] = []
    for line in lines[5:]:
        cells = line.split("\t")
        if not cells[0].strip():
            continue
        budget.take(_ROW + 24 * len(names))
        # Pose2Sim counts frames from 1.
        frames.append(whole(int(cells[0]), "a frame", low=1, high=1 << 40) - 1)
        row = np.full(3 * len(names), np.nan)
        given = [float(cell) if cell.strip() else np.nan for cell in cells[2 : 2 + len(row)]]
        row[: len(given)] = given
        if not (np.isnan(row) | (np.abs(row) <= _FARTHEST)).all():
            msg = "a marker lies nowhere"
            raise ValueError(msg)
        rows.append(row)
    kept = [at for at, name in enumerate(names) if name not in _OTHERWISE]
    table = np.array(rows).reshape(len(rows), len(names), 3)[:, kept]
    return tuple(names[at] for at in kept), np.array(frames, np.int64), table
