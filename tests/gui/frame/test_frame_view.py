"""The picture in the middle."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QWheelEvent

from poseviewer.core.affine import Box
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


@pytest.mark.parametrize(
    ("urls", "text", "location"),
    [
        ([QUrl.fromLocalFile("/videos/a b.mp4")], "", "/videos/a b.mp4"),
        ([QUrl("rtsp://cam/one")], "", "rtsp://cam/one"),
        ([], "http://host/clip.mp4", "http://host/clip.mp4"),
    ],
)
def test_files_and_addresses_can_be_dropped(qtbot, view, urls, text, location):
    mime = QMimeData()
    if urls:
        mime.setUrls(urls)
    if text:
        mime.setText(text)
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(view.dropped) as got:
        view.dropEvent(event)
    assert got.args == [location]


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
