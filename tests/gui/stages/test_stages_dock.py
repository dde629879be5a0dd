"""The Stages dock."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QMenu

from poseviewer.gui.stages.dock import StagesDock
from poseviewer.gui.stages.rows import rows_for
from poseviewer.models.registry import card
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.sections import PeopleState
from tests.gui.find import words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = StagesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(600, 700)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def pick(box, value):
    row = box.findData(value)
    assert row >= 0
    box.setCurrentIndex(row)
    box.activated.emit(row)


def test_empty_says_what_to_do(dock, session):
    dock.show()
    assert "open a clip or a camera" in words(dock)
    assert not dock.grid.isVisible()


def overlay(session):
    return session.state.display.overlay_stage, session.state.display.overlay_channel


def test_a_tile_is_chosen(qtbot, shown, session):
    place = shown.grid.tile_rect(2, 1).center().toPoint()
    qtbot.mouseClick(shown.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert overlay(session) == (2, 1)


def test_the_choices_are_followed_and_not_changed(shown, session):
    wanted = session.state.choosing(
        overlay_stage=1, overlay_channel=4, opacity=0.3, colormap="viridis"
    )
    before = session.state
    shown.refresh(wanted)
    assert session.state is before
    assert shown.controls.opacity.value() == 30
    assert shown.controls.colormap.currentData() == "viridis"
    assert shown.grid.colormap == "viridis"
    shown.grid.keyPressEvent(
        QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)
    )
    assert overlay(session) == (1, 5)


def test_controls_change_the_display(shown, session):
    shown.controls.opacity.setValue(40)
    pick(shown.controls.colormap, "magma")
    assert (session.state.display.opacity, session.state.display.colormap) == (0.4, "magma")


def test_joints_shown(shown):
    assert len(shown.grid.rows) == 17
    pick(shown.controls.show_box, "legs")
    assert {row.title.split()[-1] for row in shown.grid.rows} == {"hip", "knee", "ankle"}
    pick(shown.controls.show_box, "right_wrist")
    assert [row.label for row in shown.grid.rows] == ["r wrist"]


def test_range(shown):
    pick(shown.controls.span, "all")
    assert shown.grid.span == "all"


def test_only_what_is_visible_is_wanted(qtbot, dock, session):
    assert dock.visible_stages() == frozenset()
    session.open("clip.mp4")
    with qtbot.waitSignal(dock.stages_changed):
        dock.show()
    assert dock.visible_stages() == {0, 1, 2, 3}
    with qtbot.waitSignal(dock.stages_changed):
        dock.grid.set_tile_width(300)
    assert dock.visible_stages() == {0, 1}
    with qtbot.waitSignal(dock.stages_changed):
        dock.hide()
    assert dock.visible_stages() == frozenset()


def test_another_network_has_other_columns(qtbot, shown, session):
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(lambda: 5 in shown.visible_stages())
    assert max(shown.visible_stages()) == 5


def test_hover_reads_aloud(qtbot, shown, session):
    spy = QSignalSpy(shown.hovered)
    tile = shown.grid.tile_rect(1, 0)
    qtbot.mouseMove(shown.grid.viewport(), tile.center().toPoint())
    qtbot.waitUntil(lambda: spy.count() > 0)
    reading = shown.grid.reading_at(QPointF(tile.center().toPoint()))
    assert spy.at(spy.count() - 1)[0] == reading.frame
    x, y = reading.cell
    value = session.state.result.stage(1).values[0, y, x]
    assert f"belief {value:.3f}" in shown.reading.text()
    assert f"cell {x}, {y}" in shown.reading.text()
    assert f"pixel {reading.frame[0]:.0f}, {reading.frame[1]:.0f}" in shown.reading.text()
    assert "r ankle · stack 2" in shown.reading.text()


def test_the_reading_follows_a_playing_clip(qtbot, shown, session):
    qtbot.mouseMove(shown.grid.viewport(), shown.grid.tile_rect(1, None).center().toPoint())
    qtbot.waitUntil(lambda: bool(shown.reading.text()))
    before = shown.reading.text()
    session.seek(44)
    qtbot.waitUntil(lambda: shown.reading.text() != before)


def test_size_and_fit(shown):
    assert shown.controls.fit.isChecked()
    shown.controls.tile_slider.setValue(150)
    assert shown.grid.tile_width == 150
    assert not shown.controls.fit.isChecked()
    shown.controls.fit.click()
    assert shown.grid.fitting
    assert shown.controls.tile_slider.value() == shown.grid.tile_width


def test_every_control_is_named_and_explained(shown):
    held = shown.controls
    for control in (
        held.show_box, held.colormap, held.span, held.opacity, held.tile_slider, held.fit,
        held.ghost, held.arrows, held.more,
    ):  # fmt: skip
        assert control.accessibleName()
        assert control.toolTip()
    assert shown.grid.accessibleName()


def test_while_playing_it_waits_its_turn_but_a_step_is_shown_at_once(qtbot, shown, session):
    shows = []
    show = shown.grid.show_result
    shown.grid.show_result = lambda result: (shows.append(result.frame.index), show(result))
    session.play()
    for index in range(10, 14):
        session.seek(index)
        shown.refresh(session.state)
    assert shows == [] or shows[-1] < 13
    qtbot.waitUntil(lambda: shows[-1:] == [13])
    session.pause()
    for index in (20, 21, 22):
        session.seek(index)
        shown.refresh(session.state)
        assert shows[-1] == index


def test_the_second_line_of_controls_gives_way_to_the_tiles(shown):
    held = shown.controls
    shown.resize(500, 380)
    assert not held.opacity.isVisible()
    held.more.click()
    assert held.opacity.isVisible()
    assert held.ghost.isVisible()
    held.more.click()
    shown.resize(500, 700)
    assert held.opacity.isVisible()
    assert not held.more.isVisible()
    shown.resize(1000, 300)
    assert held.opacity.isVisible()
    assert held.opacity.geometry().top() < held.show_box.geometry().bottom()


def test_a_tile_has_a_menu(qtbot, shown, session):
    def entries():
        return {action.text(): action for menu in shown.findChildren(QMenu)
                for action in menu.actions() if action.text()}  # fmt: skip

    shown.grid.asked.emit(1, 4, QPoint(10, 10))
    found = entries()
    assert list(found) == ["Show on the frame", "Copy tile", "Save tile…", "Ghost of stack 2"]
    found["Show on the frame"].trigger()
    assert overlay(session) == (1, 4)
    found["Ghost of stack 2"].trigger()
    assert session.state.display.ghost == 1
    for menu in shown.findChildren(QMenu):
        menu.close()


def test_filters_can_be_swapped_where_a_network_makes_them_for_two_people(shown, session):
    held = shown.controls
    assert held.filters.isHidden()
    held.show_model(model_info(card("fcpose-lite")))
    assert not held.filters.isHidden()
    held.show_people(PeopleState(read_with="filters"), several=True)
    assert held.filters.currentData() == "filters"
    assert held.filters.isEnabled()
    pick(held.filters, "head")
    assert session.state.people.read_with == "head"
    held.show_people(session.state.people, several=False)
    assert not held.filters.isEnabled()
    assert "only one person" in held.filters.toolTip()


def test_rows_of_filters_are_matrices_and_what_answers_comes_first():
    rows = rows_for(card("fcpose-lite").stages, show="all")
    labels = [row.label for row in rows]
    assert [label for label in labels if "filters" in label] == [
        "all filters", "filters 1", "filters 2", "filters 3",
    ]  # fmt: skip
    assert labels.index("nose") < labels.index("nose direction")
    assert "location" not in labels
