"""The plot of the Joint angles dock: time range, cursor, marks, panes, and what is painted."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent

from poseviewer.gui import theme
from poseviewer.gui.angles.axes import time_ticks, value_ticks
from poseviewer.gui.angles.dock import AnglesDock
from poseviewer.gui.angles.overlay import boxes_beside, spread

pytestmark = pytest.mark.gui

END = 119 / 30
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(1000, 700)
    session.open("clip.mp4")
    session.analyse()
    session.seek(30)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.plot.cursor_time == pytest.approx(1.0))
    return made


def wheel(plot, seconds, notches, *, sideways=False, shift=False):
    at = QPointF(plot.place_of(seconds), plot.height() / 2)
    turn = QPoint(notches * 120, 0) if sideways else QPoint(0, notches * 120)
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    plot.wheelEvent(
        QWheelEvent(
            at,
            at,
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
    )


def sees_cursor(plot):
    low, high = plot.time_range
    return low <= plot.cursor_time <= high


def test_the_wheel_zooms_about_the_pointer(dock):
    plot = dock.plot
    wheel(plot, 1.2, 2)
    low, high = plot.time_range
    assert high - low == pytest.approx(END / 1.25**2)
    assert plot.time_at(plot.place_of(1.2)) == pytest.approx(1.2)
    assert low == pytest.approx(1.2 - 1.2 / 1.25**2)
    assert not dock.controls.whole.isHidden()


@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.0, 3.9])
def test_no_zoom_loses_the_cursor(dock, seconds):
    for _ in range(12):
        wheel(dock.plot, seconds, 1)
        assert sees_cursor(dock.plot)
    low, high = dock.plot.time_range
    assert high - low < 0.5
    assert 0 <= low < high <= END + 1e-9


@pytest.mark.parametrize("notches", [1, -1])
@pytest.mark.parametrize("how", ["shift", "sideways", "middle button"])
def test_moving_stops_at_the_cursor(qtbot, dock, notches, how):
    plot = dock.plot
    wheel(plot, 1.0, 6)
    before = plot.time_range
    for _ in range(20):
        if how == "middle button":
            start = plot.rect().center()
            qtbot.mousePress(plot, Qt.MouseButton.MiddleButton, pos=start)
            there = QPointF(start + QPoint(80 * notches, 0))
            plot.mouseMoveEvent(
                QMouseEvent(
                    QEvent.Type.MouseMove,
                    there,
                    there,
                    Qt.MouseButton.NoButton,
                    Qt.MouseButton.MiddleButton,
                    Qt.KeyboardModifier.NoModifier,
                )
            )
            qtbot.mouseRelease(plot, Qt.MouseButton.MiddleButton, pos=start)
        else:
            wheel(plot, 1.0, notches, shift=how == "shift", sideways=how == "sideways")
        assert sees_cursor(plot)
    assert plot.time_range != before
    assert np.ptp(plot.time_range) == pytest.approx(np.ptp(before))


def test_a_double_click_shows_everything(qtbot, dock):
    wheel(dock.plot, 1.0, 5)
    assert np.ptp(dock.plot.time_range) < END / 2
    qtbot.mouseDClick(dock.plot, Qt.MouseButton.LeftButton, pos=dock.plot.rect().center())
    assert dock.plot.time_range == pytest.approx((0, END))


def test_a_frame_outside_of_the_range_moves_it(qtbot, dock, session):
    plot = dock.plot
    wheel(plot, 1.0, 8)
    extent = np.ptp(plot.time_range)
    session.seek(100)
    qtbot.waitUntil(lambda: plot.cursor_time == pytest.approx(100 / 30))
    assert sees_cursor(plot)
    assert np.ptp(plot.time_range) == pytest.approx(extent)
    assert plot.time_range[1] - plot.cursor_time > extent / 2, "what comes is ahead"
    x, _ = plot.curve("right knee")
    assert x[-1] > plot.cursor_time


def test_values_at_the_cursor_are_those_of_the_frame(qtbot, dock, session):
    history = session.history()
    names = [spec.name for spec in history.specs]
    expected = {
        side: f"{history.degrees[30, names.index(f'{side} knee')]:.1f}°".replace("-", MINUS)
        for side in ("right", "left")
    }
    session.change("angles", panes="pairs")
    qtbot.waitUntil(lambda: dict(dock.plot.values()[:2]) == expected)
    session.change("angles", panes="one")
    knee = ("right knee", expected["right"])
    qtbot.waitUntil(lambda: knee in dock.plot.values())


def test_a_frame_that_was_not_measured_has_no_value(qtbot, dock, session):
    session.change("reading", gate=1.0)
    qtbot.waitUntil(lambda: dock.plot.values() == ())


def test_panes_come_with_the_room(qtbot, dock, session):
    assert session.state.angles.panes == "auto"
    assert dock.plot.titles == ("knee", "hip")
    dock.resize(1000, 250)
    qtbot.waitUntil(lambda: dock.plot.titles == ("",))
    dock.resize(1000, 900)
    qtbot.waitUntil(lambda: dock.plot.titles == ("knee", "hip"))


def test_left_against_right(qtbot, dock, session):
    session.change("angles", panes="sides", plotted=("right knee", "left knee", "right hip"))
    titles = ("knee", "knee: right less left", "hip")
    qtbot.waitUntil(lambda: dock.plot.titles == titles)
    history = session.history()
    names = [spec.name for spec in history.specs]
    right, left = (
        history.degrees[:, names.index(f"{side} knee")].astype(float) for side in ("right", "left")
    )
    seconds, apart = dock.plot.curve("knee", "apart")
    assert np.allclose(seconds, history.seconds)
    assert np.allclose(apart, right - left, atol=1e-4)
    index = 200 * (np.ptp(right) - np.ptp(left)) / (np.ptp(right) + np.ptp(left))
    mean = f"{(right - left).mean():.1f}".replace("-", "\N{MINUS SIGN}")
    percent = f"{index:.0f}".replace("-", "\N{MINUS SIGN}")
    note = f"mean {mean}°, symmetry index of the ranges {percent} %"
    qtbot.waitUntil(lambda: dock.plot.notes.get("knee: right less left") == note)
    low, high = dock.plot.panes[1].degrees
    assert low <= 0 <= high


def test_marks_dim_what_lies_outside_and_have_flags(qtbot, dock, session):
    plot = dock.plot
    bright = plot.grab().toImage()
    session.mark(30, 60)
    qtbot.waitUntil(lambda: plot.marks == pytest.approx((1.0, 2.0)))
    dim = plot.grab().toImage()

    def light(image, low, high):
        columns = range(round(plot.place_of(low)), round(plot.place_of(high)))
        ground = QColor(theme.current().canvas).value()
        return sum(
            -ground + image.pixelColor(x, y).value()
            for x in columns
            for y in range(20, plot.height() - 60, 2)
        )

    assert light(dim, 2.6, 3.6) < 0.7 * light(bright, 2.6, 3.6)
    assert light(dim, 1.2, 1.9) == light(bright, 1.2, 1.9)
    line = round(plot.place_of(2.0))
    near = {dim.pixelColor(x, 100).name() for x in (line - 1, line, line + 1)}
    assert theme.current().mark in near
    session.mark(None, None)
    qtbot.waitUntil(lambda: plot.marks == (None, None))
    assert plot.grab().toImage() == bright


def test_the_cursor_moves_without_the_curves_being_drawn_anew(qtbot, dock, session, monkeypatch):
    plot = dock.plot
    session.seek(31)
    qtbot.waitUntil(lambda: plot.cursor_time == pytest.approx(31 / 30))
    plot.grab()
    drawn = []
    plain = plot._draw_still
    monkeypatch.setattr(plot, "_draw_still", lambda: (drawn.append(1), plain())[1])
    for index in (35, 40, 45):
        session.seek(index)
        qtbot.waitUntil(lambda index=index: plot.cursor_time == pytest.approx(index / 30))
        plot.grab()
    assert not drawn
    session.change("angles", plotted=("right knee",))
    qtbot.waitUntil(lambda: plot.names == {"right knee"})
    plot.grab()
    assert drawn


@pytest.mark.parametrize("size", [(280, 400), (700, 115), (280, 160)])
def test_a_small_dock_still_has_a_plot_with_a_curve(qtbot, dock, size):
    def fits():
        # What gives way does so at the first try.
        dock.resize(*size)
        return (dock.width(), dock.height()) == size

    qtbot.waitUntil(fits)
    plot = dock.plot
    assert plot.width() >= 180
    assert plot.height() >= 40
    image = plot.grab().toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(0, plot.width(), 1)
        for y in range(0, plot.height(), 1)
    }
    assert plot.stroke("right knee").pen.color().name() in colours or len(colours) > 20


@pytest.mark.parametrize(
    ("low", "high", "room", "radians", "texts"),
    [
        (0, 120, 5, False, ["0°", "30°", "60°", "90°", "120°"]),
        (-60, 60, 2, False, ["\N{MINUS SIGN}60°", "0°", "60°"]),
        (-1.1, 1.1, 5, True, ["\N{MINUS SIGN}1", "\N{MINUS SIGN}0.5", "0", "0.5", "1"]),
    ],
)
def test_the_labels_of_values(low, high, room, radians, texts):
    assert [text for _, text in value_ticks(low, high, room=room, radians=radians)] == texts


def test_the_labels_of_times():
    assert [text for _, text in time_ticks(0, 4, room=5)] == ["0 s", "1 s", "2 s", "3 s", "4 s"]
    assert [text for _, text in time_ticks(1.0, 1.2, room=3)] == ["1 s", "1.1 s", "1.2 s"]
    assert [text for _, text in time_ticks(0, 190, room=4)] == ["0:00", "1:00", "2:00", "3:00"]


@given(
    st.floats(-1e3, 1e3), st.floats(0.05, 5e4), st.integers(1, 40), st.sampled_from([True, False])
)
def test_no_more_labels_than_fit(low, extent, room, radians):
    high = low + extent
    for ticks in (
        value_ticks(low, high, room=room, radians=radians),
        time_ticks(max(low, 0), max(low, 0) + extent, room=room),
    ):
        assert len(ticks) <= room + 1
        values = [value for value, _ in ticks]
        assert values == sorted(set(values))


@given(st.lists(st.floats(0, 200), max_size=6))
def test_boxes_that_lie_on_each_other_are_moved_apart(tops):
    placed = spread(sorted(tops), 20.0, 0.0, 220.0)
    assert all(b - a >= 20 - 1e-9 for a, b in pairwise(placed))
    assert all(-1e-9 <= top <= 200 + 1e-9 for top in placed)
    if len(tops) == 1:
        assert placed == tops


@given(
    st.lists(st.floats(0, 200), min_size=1, max_size=40), st.floats(0, 900), st.integers(15, 300)
)
def test_values_at_the_cursor_have_their_names_and_lie_on_none(heights, x, high):
    """However many there are: beside each other where there is no room below."""
    place = QRectF(0, 0, 900, high)
    boxes = boxes_beside(x, sorted(heights), QSizeF(30, 15), place)
    if boxes:
        assert len(boxes) == len(heights)
        assert all(place.adjusted(-0.1, -0.1, 0.1, 0.1).contains(box) for box in boxes)
        smaller = [box.adjusted(0.1, 0.1, -0.1, -0.1) for box in boxes]
        assert not any(a.intersects(b) for a, b in combinations(smaller, 2))
        assert not any(box.left() < x < box.right() for box in boxes)
    columns = -(-len(heights) // (high // 15))
    room = max(900 - x, x) - 10
    assert bool(boxes) or columns * 30 > room


def test_the_axis_of_values_is_drawn_anew_with_its_unit_and_limits(qtbot, dock, session):
    def axis():
        return dock.plot.grab().toImage().copy(0, 0, round(dock.plot.place_of(0)) - 2, 300)

    before = axis()
    session.seek(31)
    qtbot.waitUntil(lambda: dock.plot.cursor_time == pytest.approx(31 / 30))
    assert axis() == before
    session.change("angles", radians=True)
    qtbot.waitUntil(lambda: axis() != before)
    session.change("angles", radians=False)
    qtbot.waitUntil(lambda: axis() == before)
    session.change("angles", plotted=("right shank",))
    qtbot.waitUntil(lambda: axis() != before)
