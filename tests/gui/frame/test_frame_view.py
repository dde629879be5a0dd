"""The picture in the middle."""

import gc
import weakref
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent

from poseviewer.core.affine import Box
from poseviewer.draw.primitives import Arc, Dot, Ellipse, Label, Line, MapLayer, Outline, Scene
from poseviewer.gui.frame.view import FrameView
from tests.gui.fake_session import frame_at


@pytest.fixture
def frame():
    return frame_at(0, (320, 240))


@pytest.fixture
def view(qtbot, frame):
    made = FrameView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_frame(frame, None)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown_part(view, frame):
    """The part of the view where the frame lies, at one point a pixel."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), -1, 3)
    x, y = round(view.viewport.x), round(view.viewport.y)
    width, height = frame.size
    return pixels[y : y + height, x : x + width].astype(int)


def wheel(view, at, notches):
    event = QWheelEvent(
        QPointF(at),
        view.mapToGlobal(QPointF(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    view.wheelEvent(event)


def test_the_wheel_zooms_to_the_pointer(view):
    at = QPointF(300, 220)
    before = view.viewport.to_frame(at.x(), at.y())
    for notches in (1, 3, -2, 5):
        wheel(view, at, notches)
        assert view.viewport.to_frame(at.x(), at.y()) == pytest.approx(before, abs=1e-6)


def test_pixels_are_shown_as_they_are(qtbot, view, frame):
    view.zoom(8 / view.viewport.scale)
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    for x, y in ((160, 120), (150, 118), (170, 125)):
        px, py = view.viewport.to_view(x, y)
        shown = image.pixelColor(round(px - 0.5), round(py - 0.5))
        assert (shown.red(), shown.green(), shown.blue()) == tuple(frame.pixels[y, x])


def test_a_mirror_shows_left_and_right_swapped(view, frame):
    """What lies over the frame, too, but not the words."""
    cells = np.array([[4.0, 0.0, 30.0], [0.0, 4.0, 60.0]])
    belief = np.zeros((12, 20), np.float32)
    belief[3:6, 2:9] = 1.0
    items = (
        Line((40, 60), (200, 130), (255, 0, 0), 3.0),
        Dot((90, 150), 6.0, (0, 255, 0), (0, 0, 0), 1.5),
        Arc((220, 80), 30.0, -40.0, 130.0, (255, 255, 0), 2.0),
        Ellipse((60, 200), (300.0, 140.0, 90.0), (0, 255, 255), 2.0, 0.2),
        Outline(Box(100, 20, 90, 40), (255, 0, 255), 2.0),
        MapLayer(belief, cells, "inferno", 0.0, 1.0, 0.65),
    )
    brighter = np.arange(320, dtype=np.uint8)[:, None] // 2 + np.zeros((240, 1, 3), np.uint8)
    view.show_frame(replace(frame, pixels=brighter), Scene(frame.size, items, 1.0))
    view.actual_size()
    plain = shown_part(view, frame)
    view.mirror(on=True)
    mirrored = shown_part(view, frame)
    assert np.abs(plain - plain[:, ::-1]).mean() > 10
    near = cv2.blur(mirrored.astype(np.float32) - plain[:, ::-1], (5, 5))
    assert np.abs(near).max() < 60
    assert np.abs(mirrored - plain[:, ::-1]).mean() < 1
    assert view.pixel_at(QPointF(*view.viewport.to_view(40, 60))) == (40, 60)
    view.mirror(on=False)
    assert np.array_equal(shown_part(view, frame), plain)


def test_words_stay_readable_in_a_mirror_beside_what_they_name(view, frame):
    label = Label((200, 120), "left", 12, (255, 255, 255), "left", 0.0)
    black = replace(frame, pixels=np.zeros_like(frame.pixels))
    view.show_frame(black, Scene(frame.size, (label,), 1.0))
    view.actual_size()
    plain = shown_part(view, frame)
    view.mirror(on=True)
    mirrored = shown_part(view, frame)
    at = [np.flatnonzero(part.max(axis=(0, 2))) for part in (plain, mirrored)]
    words = [
        part[:, columns[0] : columns[-1] + 1]
        for part, columns in zip((plain, mirrored), at, strict=True)
    ]
    # To the right of its point, and in the mirror as far to the left of it.
    assert at[0][0] > 200
    assert at[1][-1] < 119
    assert abs((at[0][0] - 200) - (119 - at[1][-1])) <= 2
    assert words[0].shape == words[1].shape
    away = [np.abs(words[0] - other).mean() for other in (words[1], words[1][:, ::-1])]
    assert 4 * away[0] < away[1]


def test_one_to_one_is_not_resampled(view, frame):
    view.fit()
    view.actual_size()
    assert view.viewport.scale == 1
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    bits = bits[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
    x, y = round(view.viewport.x), round(view.viewport.y)
    middle = bits[y + 60 : y + 180, x + 80 : x + 240].astype(int)
    # The view need not lie on whole points after a zoom about its middle.
    assert np.abs(middle - frame.pixels[60:180, 80:240]).max() <= 1


def test_dragging_moves_and_a_double_click_fits(qtbot, view):
    fitted = view.viewport
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(view, QPoint(340, 230))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(340, 230))
    assert (view.viewport.x - fitted.x, view.viewport.y - fitted.y) == (40, 30)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert view.viewport == fitted


def test_a_resized_view_stays_fitted(view):
    before = view.viewport.scale
    view.resize(1000, 800)
    assert view.viewport.scale > before
    left, top = view.viewport.to_view(-0.5, -0.5)
    assert left >= 0
    assert top >= 0


@pytest.mark.parametrize("how", ["shift", "armed"])
def test_a_box_is_dragged(qtbot, view, how):
    start, end = (QPoint(*map(round, view.viewport.to_view(*p))) for p in ((50, 40), (200, 180)))
    shift = Qt.KeyboardModifier.ShiftModifier
    modifier = shift if how == "shift" else Qt.KeyboardModifier.NoModifier
    if how == "armed":
        view.arm_box()
    with qtbot.waitSignal(view.box_dragged) as got:
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, modifier, start)
        qtbot.mouseMove(view, end)
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, modifier, end)
    box = got.args[0]
    assert isinstance(box, Box)
    assert (box.x, box.y) == pytest.approx((50, 40), abs=1)
    assert (box.width, box.height) == pytest.approx((150, 140), abs=1)


def test_a_box_ends_at_the_frame_and_a_click_is_no_box(qtbot, view):
    view.arm_box()
    with qtbot.assertNotEmitted(view.box_dragged):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    view.arm_box()
    with qtbot.waitSignal(view.box_dragged) as got:
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
        qtbot.mouseMove(view, QPoint(699, 499))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(699, 499))
    assert got.args[0] == Box.whole((320, 240))


def test_hovering_reports_the_pixel(qtbot, view):
    at = QPoint(*map(round, view.viewport.to_view(123, 45)))
    with qtbot.waitSignal(view.hovered) as got:
        qtbot.mouseMove(view, at)
    assert got.args[0] == pytest.approx((123, 45), abs=1)
    assert view.pixel_at(QPoint(0, 0)) is None


def test_words_are_written_in_the_corner(view):
    before = view.grab().toImage()
    view.say(["walk.mp4", "frame 3"], corner="top left")
    after = view.grab().toImage()
    assert before.copy(12, 12, 80, 40) != after.copy(12, 12, 80, 40)
    assert before.copy(400, 200, 80, 40) == after.copy(400, 200, 80, 40)


def test_a_frame_let_go_is_free(qtbot, view, frame):
    """The view holds no more than the frame it shows."""
    passing = replace(frame, pixels=frame.pixels.copy())
    watched = weakref.ref(passing.pixels)
    view.show_frame(passing, None)
    del passing
    view.show_frame(frame, None)
    gc.collect()
    assert watched() is None


def inked(view, *, lines):
    """How high the panel in the top left corner is, logical pixels."""
    view.say(lines, corner="top left")
    picture = view.grab().toImage()
    column = [picture.pixelColor(60, y).name() for y in range(picture.height())]
    background = column[-1]
    return len(column) - column.count(background)


def test_a_panel_in_a_small_view_has_only_its_first_lines(qtbot):
    view = FrameView()
    qtbot.addWidget(view)
    lines = ["a clip of some length", "frame 3   0:00.100", "network · engine", "single frame"]
    view.resize(900, 700)
    assert inked(view, lines=lines) > 1.5 * inked(view, lines=lines[:2])
    view.resize(320, 200)
    assert inked(view, lines=lines) == inked(view, lines=lines[:2])
