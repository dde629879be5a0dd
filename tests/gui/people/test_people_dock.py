"""The People dock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from poseviewer.core.angle import measure
from poseviewer.core.look import Look
from poseviewer.draw.primitives import Label
from poseviewer.draw.scene import build_scene
from poseviewer.gui.people.words import about, person_at, when
from poseviewer.runtime.sections import PeopleState
from tests.gui.cut_off import settle
from tests.gui.find import words

pytestmark = pytest.mark.gui


@pytest.fixture
def people_window(qtbot, window, session):
    """The window with people 0 and 1 in an analysed clip, and the dock in front."""
    session.count, session.crowd = 3, 2
    window.open("/videos/two.mp4")
    session.analyse()
    dock = window.docks.people
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.list.topLevelItemCount() == 2)
    qtbot.waitUntil(lambda: window.frame_view.scene is not None)
    return window


def row(dock, number):
    return dock.list.topLevelItem(number)


def test_everybody_is_listed_with_what_is_known(people_window, session):
    dock = people_window.docks.people
    assert dock.list.topLevelItemCount() == 2
    texts = [row(dock, 1).text(column) for column in range(4)]
    score = session.result(2).poses.score[1].mean()
    assert texts == ["Person 1", f"{score:.2f}", "3", "now"]


def test_choosing_a_row_picks_and_anybody_lets_go(people_window, session):
    dock = people_window.docks.people
    row(dock, 1).setSelected(True)
    assert session.state.people.focus == 1
    dock.show_state(session.state)
    assert dock.anybody.isEnabled()
    dock.lock.click()
    assert session.state.people.locked
    dock.anybody.click()
    assert session.state.people == PeopleState()


def test_showing_a_state_picks_nobody(people_window, session):
    dock, before = people_window.docks.people, session.state
    dock.show_state(before.choosing(focus=1))
    assert row(dock, 1).isSelected()
    assert session.state is before


def test_a_new_name_stands_over_the_head(people_window, session, qtbot):
    dock = people_window.docks.people
    row(dock, 1).setText(0, "Anna")
    assert session.state.people.names == ((1, "Anna"),)

    def labels():
        return {i.text for i in people_window.frame_view.scene.items if isinstance(i, Label)}

    qtbot.waitUntil(lambda: {"0", "Anna"} <= labels())
    qtbot.waitUntil(lambda: row(dock, 1).text(0) == "Anna")
    row(dock, 1).setText(0, "")
    assert session.state.people.names == ()
    qtbot.waitUntil(lambda: row(dock, 1).text(0) == "Person 1")


def test_without_its_tick_a_person_is_not_drawn(people_window, session, qtbot):
    dock, view = people_window.docks.people, people_window.frame_view
    before = len(view.scene.items)
    row(dock, 0).setCheckState(0, Qt.CheckState.Unchecked)
    assert session.state.people.hidden == (0,)
    qtbot.waitUntil(lambda: len(view.scene.items) < before)
    row(dock, 0).setCheckState(0, Qt.CheckState.Checked)
    assert session.state.people == PeopleState()


def test_a_click_on_somebody_picks_and_a_drag_does_not(people_window, session, qtbot):
    view = people_window.frame_view
    x, y = session.state.result.poses.xy[1, 7]
    at = QPointF(*view.viewport.to_view(float(x), float(y))).toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(view, at * 1.2)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at * 1.2)
    assert session.state.people.focus is None
    people_window.frame_view.fit()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert session.state.people.focus == 1


def test_keys_go_from_person_to_person(people_window, session):
    people_window.actions_by_name["next_person"].trigger()
    assert session.state.people.focus == 1
    people_window.actions_by_name["anybody"].trigger()
    assert session.state.people.focus is None
    people_window.actions_by_name["region_people"].trigger()
    assert session.state.reading.region == "people"


def test_in_single_frames_people_have_no_numbers(clip_window, session, qtbot):
    session.crowd = 2
    session.seek(5)
    clip_window.actions_by_name["next_person"].trigger()
    assert session.state.people.focus is None
    assert "Analyse the clip first" in session.state.notices[-1].text
    dock = clip_window.docks.people
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: "numbers when the clip is analysed" in words(dock))


def test_the_empty_list_says_why(window, session):
    dock = window.docks.people
    dock.show()
    dock.raise_()
    dock.show_state(session.state)
    assert "open a clip or a camera" in words(dock)
    assert not dock.list.isVisible()
    assert dock.lock.isHidden()


def test_words_say_who_is_in_focus(people_window, session):
    state = session.state.choosing(names=((1, "Anna"),))
    assert about(state) == "Person 0 is in focus."
    assert about(state.choosing(focus=1)) == "Anna is in focus."
    assert about(state.choosing(focus=7)) == "Person 7 is away; Person 0 is shown instead."
    assert about(state.choosing(focus=7, locked=True)) == "Person 7 is away; no angles are shown."


def test_a_place_between_two_people_belongs_to_the_nearer_one(people_window, session):
    poses = session.state.result.poses
    assert person_at(poses, tuple(poses.xy[0, 0])) == 0
    assert person_at(poses, tuple(poses.xy[1, 0] + 2)) == 1
    assert person_at(poses, (-5000.0, 0.0)) is None


def test_times_are_those_of_the_source():
    assert [when(s) for s in (0, 7.44, 59.96, 61.0)] == ["0:00.0", "0:07.4", "1:00.0", "1:01.0"]


def test_a_hidden_person_keeps_the_others_angles(people_window, session):
    result = session.state.result
    look = Look(arcs=("right knee",), hidden=(0,))
    (label,) = [i for i in build_scene(result, look).items if isinstance(i, Label)][-1:]
    only = replace(
        result,
        poses=result.poses.only(np.array([1])),
        smoothed=None,
        angles=measure(result.poses.only(np.array([1])), specs=result.angles.specs),
    )
    (alone,) = [
        i for i in build_scene(only, Look(arcs=("right knee",))).items if isinstance(i, Label)
    ]
    assert label.text == alone.text


def test_every_control_is_named_and_explained(people_window):
    dock = people_window.docks.people
    for control in (dock.list, dock.lock, dock.anybody, dock.everybody):
        assert control.accessibleName()
        assert control.toolTip()


def test_a_window_of_the_tracker_is_chosen_and_shown(people_window, session, qtbot):
    dock = people_window.docks.people
    assert dock.window_s.text() == "Numbers as found"
    before = session.state.key
    dock.window_s.setValue(1.5)
    assert session.state.reading.track_window == 1.5
    assert session.state.key != before
    assert "changed nothing" in dock.window_s.toolTip()
    session.change("reading", track_window=0.5)
    qtbot.waitUntil(lambda: dock.window_s.text() == "One number over 0.5 s")


def test_names_can_be_read_in_a_narrow_dock(people_window):
    dock = people_window.docks.people
    dock.setFloating(True)
    for width in (280, 700):
        dock.resize(width, 400)
        settle()
        room = dock.list.columnWidth(0)
        assert room >= dock.list.sizeHintForColumn(0), width
        assert dock.list.isColumnHidden(2) == (width == 280)
    dock.setFloating(False)
