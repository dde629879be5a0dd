"""The picture of the guide's page on what to distrust: hard views of the mannequin, answered.

`python packaging/trust_picture.py` writes resources/guide/trust.webp: eight views with what
hourglass-lite makes of each as a single frame, and the true skeleton dashed.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

import poseviewer
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.look import Look
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.figure import Figure
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.motion import Stance, pose_bones
from poseviewer.mannequin.room import paint_room
from poseviewer.mannequin.routine import both_sides
from poseviewer.mannequin.source import Mannequin, true_pose
from poseviewer.mannequin.wardrobe import outfit_of
from poseviewer.runtime.export_picture import painted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    View = tuple[NDArray[np.uint8], NDArray[np.float64]]
    """Pixels (h, w, 3) and the true joints of LSP (14, 2) of one person there."""

OUT = Path(__file__).resolve().parent.parent / "resources" / "guide" / "trust.webp"
SIZE = (640, 480)
TILE = 300
WALKING, WAVING = 920, 60
"""Frames of the demo: seen from the side, and from the front."""


def views() -> Iterator[View]:
    """The eight views, row by row."""
    demo = Mannequin()
    yield demo.pixels(WALKING), _true(demo, WALKING)
    yield lying(demo, WALKING)
    yield posed(Stance(**both_sides(shoulder_out=95, shoulder_turn=80, elbow=150, hip_out=3)))
    yield posed(Stance(turn=180, **both_sides(shoulder_out=14, elbow=30, hip_out=4)))
    yield cut(demo, WAVING, rows=(60, 190), columns=(235, 408))
    yield posed(Stance(**both_sides(hip_out=4, shoulder_out=12)), scale=24)
    yield crowd()
    pixels = (demo.pixels(WAVING) * 0.06).astype(np.uint8)
    yield pixels, _true(demo, WAVING)


def _true(demo: Mannequin, number: int) -> NDArray[np.float64]:
    points = demo.points(number)
    return np.stack([points[joint] for joint in load_skeleton("lsp-14").joints])


def lying(demo: Mannequin, number: int) -> View:
    """A frame of the demo turned by a quarter."""
    xy = _true(demo, number)
    turned = np.column_stack([xy[:, 1], SIZE[0] - 1 - xy[:, 0]])
    return np.ascontiguousarray(np.rot90(demo.pixels(number))), turned


def cut(demo: Mannequin, number: int, *, rows: tuple[int, int], columns: tuple[int, int]) -> View:
    """A part of a frame of the demo."""
    pixels = demo.pixels(number)[slice(*rows), slice(*columns)]
    large = cv2.resize(pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8), (
        _true(demo, number) + 0.5 - (columns[0], rows[0])
    ) * 3 - 0.5


def posed(stance: Stance, *, scale: float = 190.0, middle: float = 319.5, seed: int = 0) -> View:
    """The mannequin in the middle of its room."""
    camera = Camera(scale, middle, 440.0)
    pixels = paint_room(SIZE, camera=camera)
    return pixels, paint(pixels, stance, camera, seed=seed)


def paint(
    pixels: NDArray[np.uint8], stance: Stance, camera: Camera, *, seed: int
) -> NDArray[np.float64]:
    """Paint a figure in front of what is there; its true joints."""
    figure = Figure(outfit_of(seed))
    posture = pose_bones(stance, build=figure.build)
    figure.paint(pixels, posture=posture, camera=camera)
    places = posture.joints()
    at, _ = camera.project(np.stack(list(places.values())))
    known = dict(zip(places, at, strict=True))
    return np.stack([known[joint] for joint in load_skeleton("lsp-14").joints])


def crowd() -> View:
    """Five people before and behind each other; the truth of the one in front."""
    pixels, _ = posed(Stance(), scale=0.1)
    pixels[:] = paint_room(SIZE, camera=Camera(170.0, 319.5, 440.0))
    for seed, middle, scale in ((3, 210, 150), (5, 430, 155), (7, 280, 165), (2, 380, 170)):
        stance = Stance(**both_sides(shoulder_out=12 + 10 * seed, elbow=20, hip_out=4))
        paint(pixels, stance, Camera(float(scale), float(middle), 440.0), seed=seed)
    front = Stance(**both_sides(shoulder_out=10, elbow=15, hip_out=3))
    return pixels, paint(pixels, front, Camera(180.0, 325.0, 450.0), seed=0)


def main() -> None:
    """Write the picture."""
    network = poseviewer.load_network("hourglass-lite")
    tiles = []
    for pixels, xy in views():
        frame = Frame(np.ascontiguousarray(pixels), 0, Timestamp(0, Fraction(1)))
        height, width = frame.pixels.shape[:2]
        truth = true_pose(xy, size=(width, height), around=xy)
        result = replace(network(frame), truth=truth)
        tile = painted(frame, result, Look(truth=True))
        # Square, and as near as shows all that is known of the person.
        low, high = xy.min(axis=0).clip(0), np.minimum(xy.max(axis=0), (width, height))
        side = min(max(1.3 * float((high - low).max()), 240.0), float(min(width, height)))
        corner = ((low + high) / 2 - side / 2).clip(0, (width - side, height - side))
        left, top, side = round(float(corner[0])), round(float(corner[1])), int(side)
        tile = tile[top : top + side, left : left + side]
        tiles.append(cv2.resize(tile, (TILE, TILE), interpolation=cv2.INTER_AREA))
    rows = [np.hstack(tiles[at : at + 4]) for at in (0, 4)]
    picture = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(OUT), picture, [cv2.IMWRITE_WEBP_QUALITY, 80])


if __name__ == "__main__":
    main()
