"""The two painters of a scene agree, to the pixel."""

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.draw import raster
from poseviewer.draw.primitives import Arc, Dot, Label, Line, MapLayer, Outline, Scene
from poseviewer.draw.scene import build_scene
from poseviewer.gui.frame.painter import ScenePainter
from poseviewer.gui.frame.viewport import Viewport
from tests.gui.fake_session import FakeSession

SIZE = (320, 240)


def on_screen(scene, *, viewport=Viewport(), size=SIZE, ground=0):  # noqa: B008 - frozen
    """The scene as QPainter paints it, H x W x 3."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(ground)
    painter = QPainter(image)
    try:
        ScenePainter().paint(painter, scene=scene, viewport=viewport, size=viewport.scale)
    finally:
        # A picture that goes before its painter takes the process with it.
        painter.end()
    bits = np.frombuffer(image.constBits(), np.uint8).reshape(size[1], size[0], 4)
    return bits[..., 2::-1].astype(float)


def in_file(scene, *, size=SIZE):
    """The scene as OpenCV paints it."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    raster.paint(scene, pixels, scale=1.0)
    return pixels.astype(float)


def centroid(picture):
    weight = picture.sum(axis=2)
    y, x = np.indices(weight.shape)
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


ITEMS = {
    "line": Line((40.0, 50.0), (200.5, 130.25), (255, 146, 76), 4.0),
    "faint line": Line((40.0, 50.0), (200.5, 130.25), (255, 146, 76), 4.0, 0.5),
    "dot": Dot((101.3, 77.8), 6.0, (64, 172, 255), (255, 255, 255), 2.0),
    "ring": Dot((101.3, 77.8), 6.0, None, (255, 255, 255), 2.0),
    "arc": Arc((150.0, 120.0), 40.0, 20.0, 100.0, (255, 220, 90), 2.0),
    "arc against the clock": Arc((150.0, 120.0), 40.0, -30.0, -140.0, (255, 220, 90), 2.0),
    "outline": Outline(Box(40.0, 30.0, 160.0, 120.0), (255, 255, 255), 2.0),
}


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
def test_shapes_lie_in_the_same_place(qapp, item):
    scene = Scene(SIZE, (item,), 1.0)
    screen, file = on_screen(scene), in_file(scene)
    assert screen.any()
    assert np.abs(centroid(screen) - centroid(file)).max() <= 0.5
    # As much light, within a quarter: the same size and opacity.
    assert screen.sum() == pytest.approx(file.sum(), rel=0.25)


def blob(at, shape=(48, 48), sigma=2.0):
    y, x = np.indices(shape)
    spread = (x - at[0]) ** 2 + (y - at[1]) ** 2
    return np.exp(-spread / (2 * sigma**2)).astype(np.float32)


@pytest.mark.parametrize(
    ("stride", "corner"), [(4.0, (20.0, 10.0)), (5.3, (-30.5, 7.25)), (2.0, (100.0, 60.0))]
)
@pytest.mark.parametrize("at", [(20.0, 24.0), (23.37, 17.81)])
def test_a_map_lies_where_the_file_has_it(qapp, stride, corner, at):
    to_frame = np.array([[stride, 0, corner[0]], [0, stride, corner[1]]])
    layer = MapLayer(blob(at), to_frame, "inferno", 0.0, 1.0, 0.9)
    scene = Scene(SIZE, (layer,), 1.0)
    screen, file = on_screen(scene), in_file(scene)
    assert np.abs(centroid(screen) - centroid(file)).max() <= 0.25
    # No pixel differs by more than the picture itself changes from one pixel to the next.
    steps = max(np.abs(np.diff(file, axis=0)).max(), np.abs(np.diff(file, axis=1)).max())
    assert np.abs(screen - file).max() <= steps + 6


def test_a_peak_lies_on_its_frame_pixel_at_any_zoom(qapp):
    to_frame = np.array([[4.0, 0, 21.5], [0, 4.0, 11.5]])
    scene = Scene(SIZE, (MapLayer(blob((20, 24)), to_frame, "viridis", 0, 1, 1.0),), 1.0)
    peak = np.array([4.0 * 20 + 21.5, 4.0 * 24 + 11.5])
    for viewport in (Viewport(1, 0, 0), Viewport(2, -60, -90), Viewport(0.5, 33, 12)):
        found = centroid(on_screen(scene, viewport=viewport))
        # A painter's pixel i covers points i to i + 1: its centre is i + 0.5.
        assert found + 0.5 == pytest.approx(viewport.to_view(*peak), abs=viewport.scale)


def test_a_label_is_as_large_as_in_the_file(qapp):
    scene = Scene(SIZE, (Label((40.0, 60.0), "knee 90", 12.0),), 1.0)
    bright = (on_screen(scene).min(axis=2) > 128, in_file(scene).min(axis=2) > 128)
    spans = [np.flatnonzero(b.any(axis=1)) for b in bright]
    assert abs(int(np.ptp(spans[0])) - int(np.ptp(spans[1]))) <= 4


def test_a_whole_scene_is_alike(qapp):
    session = FakeSession(lambda: None, size=SIZE)
    session.open("clip.mp4")
    look = Look(overlay_stage=3, overlay_channel=1, ghost=0)
    scene = build_scene(session.state.result, look, scale=1.0)
    screen, file = on_screen(scene), in_file(scene)
    assert np.abs(screen - file).mean() < 6
    assert np.abs(centroid(screen) - centroid(file)).max() <= 1


def test_what_cannot_be_painted_is_named(qapp):
    with pytest.raises(TypeError, match="str"):
        on_screen(Scene(SIZE, ("words",), 1.0))
