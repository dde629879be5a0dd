"""The People dock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from poseviewer.core.angle import measure
from poseviewer.core.look import Look
from poseviewer.core.pose import Poses
from poseviewer.draw.primitives import Label
from poseviewer.draw.scene import build_scene
from poseviewer.gui.people.words import about, person_at, when

pytestmark = pytest.mark.gui


def several(result, numbers):
    """`result` with as many people side by side, a fifth of the frame apart."""
    one = result.poses.only(np.array([0]))
    step = result.frame.size[0] / 5
    xy = np.concatenate([one.xy + np.float32([step * at, 0]) for at in range(len(numbers))])
    poses = Poses(
        xy,
        np.tile(one.score, (len(numbers), 1)),
        np.tile(one.box, (len(numbers), 1)),
        np.array(numbers),
        one.skeleton,
    )
    return replace(result, poses=poses, angles=measure(poses, specs=result.angles.specs))


@pytest.fixture
def people_window(clip_window, session, monkeypatch):
    """The window with people 0 and 1 in the picture, and the dock in front."""
    # The fake session would answer with one person again.
    monkeypatch.setattr(session, "want", lambda _stages: None)
    result = several(session.view().result, [0, 1])
    for index in range(3):
        session.people.note(result.poses, frame=replace(result.frame, index=index))
    dock = clip_window.docks.people
    dock.show()
    dock.raise_()
    session.publish(result=result)
    QTest.qWait(1)
    session.calls.clear()
    return clip_window


def row(dock, number):
    return dock.list.topLevelItem(number)


def test_everybody_is_listed_with_what_is_known(people_window, session):
    dock = people_window.docks.people
    assert dock.list.topLevelItemCount() == 2
    texts = [row(dock, 1).text(column) for column in range(4)]
    score = session.view().result.poses.score[1].mean()
    assert texts == ["Person 1", f"{score:.2f}", "3", "now"]


def test_choosing_a_row_picks_and_anybody_lets_go(people_window, session):
    dock = people_window.docks.people
    row(dock, 1).setSelected(True)
    assert session.calls[-1] == ("choose", {"focus": 1})
    dock.show_view(session.view())
    assert dock.anybody.isEnabled()
    dock.lock.click()
    assert session.calls[-1] == ("choose", {"locked": True})
    dock.anybody.click()
    assert session.calls[-1] == ("choose", {"focus": None, "locked": False})


def test_showing_a_view_picks_nobody(people_window, session):
    dock = people_window.docks.people
    dock.show_view(replace(session.view(), choices=replace(session.view().choices, focus=1)))
    assert row(dock, 1).isSelected()
    assert session.calls == []


def test_a_new_name_stands_over_the_head(people_window, qtbot):
    dock = people_window.docks.people
    row(dock, 1).setText(0, "Anna")
    assert people_window.look.names == ((1, "Anna"),)
    labels = [i.text for i in people_window.frame_view.scene.items if isinstance(i, Label)]
    assert {"0", "Anna"} <= set(labels)
    qtbot.waitUntil(lambda: row(dock, 1).text(0) == "Anna")
    row(dock, 1).setText(0, "")
    assert people_window.look.names == ()
    qtbot.waitUntil(lambda: row(dock, 1).text(0) == "Person 1")


def test_without_its_tick_somebody_is_not_drawn(people_window, session):
    dock = people_window.docks.people
    before = len(people_window.frame_view.scene.items)
    row(dock, 0).setCheckState(0, Qt.CheckState.Unchecked)
    assert people_window.look.hidden == (0,)
    assert len(people_window.frame_view.scene.items) < before
    row(dock, 0).setCheckState(0, Qt.CheckState.Checked)
    assert people_window.look.hidden == ()
    assert not [call for call in session.calls if call[0] == "choose"]


def test_another_source_forgets_names(people_window, qtbot):
    people_window.set_look(names=((1, "Anna"),), hidden=(0,))
    people_window.open("/videos/other.mp4")
    qtbot.waitUntil(lambda: people_window.look.names == ())
    assert people_window.look.hidden == ()


def test_a_click_on_somebody_picks_and_a_drag_does_not(people_window, session, qtbot):
    view = people_window.frame_view
    x, y = session.view().result.poses.xy[1, 7]
    at = QPointF(*view.viewport.to_view(float(x), float(y))).toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(view, at * 1.2)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at * 1.2)
    assert not [call for call in session.calls if call[0] == "choose"]
    people_window.frame_view.fit()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert ("choose", {"focus": 1}) in session.calls


def test_keys_go_from_person_to_person(people_window, session):
    people_window.actions_by_name["next_person"].trigger()
    assert session.calls[-1] == ("choose", {"focus": 1})
    people_window.actions_by_name["anybody"].trigger()
    assert session.calls[-1] == ("choose", {"focus": None, "locked": False})
    people_window.actions_by_name["region_people"].trigger()
    assert session.calls[-1] == ("choose", {"region": "people"})


def test_the_empty_list_says_why(window, session):
    dock = window.docks.people
    dock.show()
    dock.raise_()
    dock.show_view(session.view())
    assert "open a clip or a camera" in dock._empty.text()
    assert dock._stack.currentIndex() == 0
    assert dock.lock.isHidden()


def test_words_say_who_is_in_focus(people_window, session):
    view, look = session.view(), Look(names=((1, "Anna"),))
    choices = view.choices
    assert about(view, look) == "Person 0 is in focus."
    assert about(replace(view, choices=replace(choices, focus=1)), look) == "Anna is in focus."
    away = replace(view, choices=replace(choices, focus=7))
    assert about(away, look) == "Person 7 is away; Person 0 stands in."
    locked = replace(view, choices=replace(choices, focus=7, locked=True))
    assert about(locked, look) == "Person 7 is away; the angles wait."


def test_a_place_between_two_people_belongs_to_the_nearer_one(people_window, session):
    poses = session.view().result.poses
    assert person_at(poses, tuple(poses.xy[0, 0])) == 0
    assert person_at(poses, tuple(poses.xy[1, 0] + 2)) == 1
    assert person_at(poses, (-5000.0, 0.0)) is None


def test_times_are_those_of_the_source():
    assert [when(s) for s in (0, 7.44, 59.96, 61.0)] == ["0:00.0", "0:07.4", "1:00.0", "1:01.0"]


def test_a_hidden_person_keeps_the_others_angles(people_window, session):
    result = several(session.view().result, [0, 1])
    look = Look(arcs=("right knee",), hidden=(0,))
    (label,) = [i for i in build_scene(result, look).items if isinstance(i, Label)][-1:]
    only = replace(
        result,
        poses=result.poses.only(np.array([1])),
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
