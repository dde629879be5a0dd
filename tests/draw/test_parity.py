"""Screen and file agree: both painters put every primitive in the same place, equally strong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.draw.primitives import (
    Arc,
    Dot,
    Ellipse,
    FieldLayer,
    Label,
    Line,
    MapLayer,
    Outline,
    Scene,
)
from poseviewer.draw.raster import paint
from poseviewer.draw.scene import build_scene
from tests.draw.conftest import gaussian

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item

pytestmark = pytest.mark.gui

SIZE = (200, 150)
ORANGE = (255, 146, 76)
BELIEF = gaussian(np.array([[5.3, 7.8]]), size=(16, 16))[0]
FIELD = np.stack([BELIEF * 0.6, BELIEF[::-1] * -0.8])


def on_screen(scene: Scene, picture: np.ndarray) -> np.ndarray:
    """The scene as the window paints it at one point a pixel."""
    from PySide6.QtGui import QImage, QPainter

    from poseviewer.gui.frame.painter import ScenePainter
    from poseviewer.gui.frame.viewport import Viewport

    height, width = picture.shape[:2]
    words = np.full((height, width), 0xFF000000, np.uint32)
    for shift, channel in zip((16, 8, 0), range(3), strict=True):
        words |= picture[..., channel].astype(np.uint32) << shift
    image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    ScenePainter().paint(painter, scene=scene, viewport=Viewport(), size=scene.scale)
    painter.end()
    return np.stack([(words >> shift) & 255 for shift in (16, 8, 0)], axis=2).astype(np.uint8)


def both(scene: Scene, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each painter changes the picture, file first, (h, w, 3) signed."""
    file = picture.copy()
    paint(scene, file)
    screen = on_screen(scene, picture)
    return file.astype(np.float64) - picture, screen.astype(np.float64) - picture


def middle(change: np.ndarray) -> np.ndarray:
    weight = np.abs(change).sum(axis=2)
    y, x = np.mgrid[: change.shape[0], : change.shape[1]]
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize(
    "item",
    [
        Line((30.3, 40.8), (150.6, 101.2), ORANGE, 3.2),
        Line((30, 40), (30, 101), ORANGE, 1.4, 0.5),
        Dot((90.4, 70.7), 4.4, ORANGE, (16, 18, 22), 1.4),
        Dot((90.4, 70.7), 3.2, None, ORANGE, 1.4, 0.5),
        Arc((100, 75), 30, -40, 130, ORANGE, 1.8),
        Arc((100, 75), 30, 200, -80, ORANGE, 1.8),
        Ellipse((100.3, 75.6), (900.0, 400.0, 500.0), ORANGE, 1.8, 0.2, 0.8),
        Ellipse((100.3, 75.6), (140.0, -40.0, 100.0), ORANGE, 1.4),
        MapLayer(BELIEF, np.array([[7.3, 0, 40.2], [0, 6.1, 20.9]]), "inferno", 0.0, 1.0, 0.65),
        MapLayer(BELIEF, np.array([[6, -2, 60.0], [2, 6, 20]]), "viridis", 0.0, 1.0, 1.0),
        FieldLayer(FIELD, np.array([[7.3, 0, 40.2], [0, 7.3, 20.9]]), 1.0, 0.65),
        FieldLayer(FIELD, np.array([[21.7, 0, -60.2], [0, 21.7, -90.3]]), 0.8, 1.0),
        Label((100, 75), "", 9, anchor="centre"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_every_primitive(qapp: QApplication, item: Item, scale: float) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 70, np.uint8)
    file, screen = both(Scene(SIZE, (item,), scale), picture)
    assert np.abs(middle(file) - middle(screen)).max() < 0.4
    # OpenCV's antialiasing is bolder on thin strokes; no more than that may differ.
    ink = np.abs(file).sum() / np.abs(screen).sum()
    assert 0.8 < ink < 1.35
    near = cv2.blur(file, (7, 7)) - cv2.blur(screen, (7, 7))
    assert np.abs(near).max() < 60


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_outlines(qapp: QApplication, scale: float) -> None:
    """The screen snaps outlines to whole points: no side may lie further off than half of one."""
    picture = np.full((SIZE[1], SIZE[0], 3), 70, np.uint8)
    scene = Scene(SIZE, (Outline(Box(29.5, 19.5, 120, 90), ORANGE, 2, 0.8),), scale)
    edges = []
    for change in both(scene, picture):
        rows, columns = np.nonzero(change.max(axis=2) > 60)
        edges.append((columns.min(), rows.min(), columns.max(), rows.max()))
    assert np.abs(np.subtract(*edges)).max() <= 0.5


@pytest.mark.parametrize("anchor", ["left", "centre", "right"])
def test_labels_cover_the_same_place(qapp: QApplication, anchor: str) -> None:
    """The fonts differ; height, anchor and, nearly, width do not."""
    picture = np.full((SIZE[1], SIZE[0], 3), 200, np.uint8)
    label = Label((100, 75), "knee 90°", 10, anchor=anchor)  # type: ignore[arg-type]
    boxes = []
    for change in both(Scene(SIZE, (label,), 1.0), picture):
        rows, columns = np.nonzero(change.any(axis=2))
        boxes.append((columns.min(), rows.min(), columns.max(), rows.max()))
    file, screen = np.array(boxes, float)
    assert np.abs(file - screen)[[1, 3]].max() <= 1
    pinned = {"left": [0], "centre": [], "right": [2]}[anchor]
    assert np.all(np.abs(file - screen)[pinned] <= 1)
    assert (file[2] - file[0]) / (screen[2] - screen[0]) == pytest.approx(1, abs=0.2)


def test_a_whole_scene(qapp: QApplication, answer: Callable[..., FrameResult]) -> None:
    result = answer(people=2)
    look = Look(
        ghost=0,
        overlay_stage=1,
        arcs=("right knee", "left elbow"),
        region_outline=True,
        uncertainty=True,
    )
    scene = build_scene(result, look, scale=1.0)
    file, screen = both(scene, result.frame.pixels)
    near = np.abs(cv2.blur(file, (7, 7)) - cv2.blur(screen, (7, 7))).max(axis=2)
    assert near.mean() < 4
    assert np.percentile(near, 99) < 40


def test_a_scene_of_fields(qapp: QApplication) -> None:
    """Vectors, arrows, the wheel, candidates, weighed and taken limbs with their scores."""
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.estimate_people import CrowdEstimator
    from tests.pipeline.test_crowd import CARD, SIZE, Fields, frame

    result = CrowdEstimator(CARD, Fields()).estimate(frame(), Box.whole(SIZE), Request())
    for stage, channel in ((4, None), (4, 16), (5, 4)):
        look = Look(overlay_stage=stage, overlay_channel=channel, arrows=True, skeleton=False)
        scene = build_scene(result, look, scale=1.0)
        file, screen = both(scene, result.frame.pixels)
        assert np.abs(file).max() > 100
        near = np.abs(cv2.blur(file, (7, 7)) - cv2.blur(screen, (7, 7))).max(axis=2)
        assert near.mean() < 4
        assert np.percentile(near, 99) < 40
