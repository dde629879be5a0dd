"""The Figures dock."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetricsF

from poseviewer.gui.figures.dock import FiguresDock
from tests.gui.find import words

pytestmark = pytest.mark.gui

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = FiguresDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(420, 300)
    return made


def shown(dock, qtbot, session, location="clip.mp4"):
    session.open(location)
    dock.show()
    qtbot.waitExposed(dock)


def cell(dock, name):
    (found,) = [cell for cell in dock.grid.cells if cell.name == name]
    return found


def column_of(session, name):
    return [spec.name for spec in session.history().specs].index(name)


def test_nothing_open_says_what_to_do(dock):
    dock.show()
    assert "open a clip" in words(dock)


def test_the_plotted_angles_at_the_frame_on_screen_in_whole_degrees(qtbot, dock, session):
    session.change("angles", plotted=("left knee", "right knee", "trunk"))
    shown(dock, qtbot, session)
    names = [cell.name for cell in dock.grid.cells]
    assert names == [s.name for s in session.history().specs if s.name in set(names)]
    assert set(names) == {"left knee", "right knee", "trunk"}
    session.seek(40)
    value = session.history().degrees[-1, column_of(session, "right knee")]
    expected = f"{round(float(value))}°".replace("-", MINUS)
    qtbot.waitUntil(lambda: cell(dock, "right knee").value.text() == expected)


def test_radians(qtbot, dock, session):
    shown(dock, qtbot, session)
    session.change("angles", radians=True)
    value = float(session.history().degrees[0, column_of(session, "left hip")])
    expected = f"{value * 3.141592653589793 / 180:.2f}".replace("-", MINUS)
    qtbot.waitUntil(lambda: cell(dock, "left hip").value.text() == expected)


def test_a_weak_joint_gives_a_dash_and_its_reason(qtbot, dock, session):
    shown(dock, qtbot, session)
    session.change("reading", gate=1.0)
    qtbot.waitUntil(lambda: cell(dock, "left knee").value.text() == "\N{EN DASH}")
    assert cell(dock, "left knee").title.text() == "left knee: unsure"
    assert cell(dock, "left knee").value.accessibleName() == "left knee, unsure"


def test_a_long_reason_is_written_smaller_rather_than_cut_off(qtbot, dock, session):
    shown(dock, qtbot, session)
    dock.resize(240, 240)
    one = cell(dock, "left knee")
    for why in ("", "not found in this frame"):
        one.show_value("\N{EN DASH}", why=why)
        room = QFontMetricsF(one.title.font()).horizontalAdvance(one.title.text())
        assert room <= one.title.width() or one.title.font().pixelSize() == 7


def test_no_angle_chosen_says_where_to_choose(qtbot, dock, session):
    session.change("angles", plotted=())
    shown(dock, qtbot, session)
    assert "tick some in the Joint angles dock" in words(dock)


@pytest.mark.parametrize("size", [(200, 400), (280, 115), (900, 120), (1900, 1000)])
@pytest.mark.parametrize("radians", [False, True])
def test_the_digits_fill_the_dock_and_are_never_cut_off(qtbot, dock, session, size, radians):
    session.change("angles", radians=radians)
    shown(dock, qtbot, session)
    dock.resize(*size)
    qtbot.waitUntil(lambda: dock.width() == size[0] and dock.height() == size[1])
    cells = dock.grid.cells
    heights = {one.value.font().pixelSize() for one in cells}
    assert len(heights) == 1
    widest = f"{MINUS}3.14" if radians else f"{MINUS}88°"
    for one in cells:
        metrics = QFontMetricsF(one.value.font())
        assert metrics.horizontalAdvance(widest) <= one.value.width()
        assert metrics.tightBoundingRect(widest).height() <= one.value.height()
        assert dock.grid.rect().contains(one.geometry())
        assert one.rect().left() <= one.value.x()
        assert one.value.x() + one.value.width() <= one.width() + 3
        assert QFontMetricsF(one.title.font()).height() <= one.title.height() + 3
    # One size more would no longer fit: some cell is full in one direction.
    assert any(
        one.width() - one.value.width() < 0.1 * one.width()
        or one.height() - one.value.height() - one.title.height() < 0.25 * one.height()
        for one in cells
    )


def test_the_place_of_the_digits_does_not_depend_on_the_value(qtbot, dock, session):
    shown(dock, qtbot, session)
    one = cell(dock, "right knee")
    places = set()
    for text in ("1°", "99°", f"{MINUS}111°", "\N{EN DASH}"):
        one.show_value(text, why="")
        places.add((one.value.geometry().getRect(), one.value.font().pixelSize()))
    assert len(places) == 1


def test_a_value_of_four_places_makes_room_for_good(qtbot, dock, session):
    dock.resize(320, 300)
    session.change("angles", plotted=("right shank", "right knee"))
    shown(dock, qtbot, session)
    history = session.history()
    assert history.degrees[0, column_of(session, "right shank")] > -99.5
    before = cell(dock, "right knee").value.font().pixelSize()
    degrees = history.degrees.copy()
    degrees[:, column_of(session, "right shank")] = -113
    plain, session.history = session.history, lambda: replace(history, degrees=degrees)
    dock.show_state(session.state)
    one = cell(dock, "right shank").value
    assert one.text() == f"{MINUS}113°"
    assert QFontMetricsF(one.font()).horizontalAdvance(one.text()) <= one.width()
    session.history = plain
    dock.show_state(session.state)
    assert cell(dock, "right knee").value.font().pixelSize() < before


def test_at_most_ten_sets_of_figures_a_second_while_playing(qtbot, dock, session, monkeypatch):
    shown(dock, qtbot, session)
    drawn = []
    plain = dock.draw
    monkeypatch.setattr(dock, "draw", lambda state: (drawn.append(state), plain(state)))
    session.play()
    before = len(drawn)
    for _ in range(30):
        session.advance()
    assert len(drawn) - before <= 2
    qtbot.waitUntil(
        lambda: bool(drawn) and drawn[-1].playback.index == session.state.playback.index
    )


def test_another_skeleton_without_the_angle_has_no_figure(qtbot, dock, session):
    shown(dock, qtbot, session)
    state = session.state
    dock.show_state(replace(state, angles=replace(state.angles, plotted=("right big toe",))))
    assert dock.grid.cells == ()
