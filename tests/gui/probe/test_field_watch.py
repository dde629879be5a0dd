"""The receptive field of the joint under the pointer."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint

from poseviewer.core.layer import Spot
from poseviewer.draw.primitives import Label, MapLayer, Outline
from poseviewer.gui.probe.receptive_field import FieldWatch

pytestmark = pytest.mark.gui

RIGHT_KNEE = 1


@pytest.fixture
def watch(bridge, session):
    made = FieldWatch(bridge)
    bridge.changed.connect(lambda: made.refresh(session.state))
    session.open("clip.mp4")
    yield made
    made.deleteLater()


@pytest.fixture
def on(watch, session):
    watch.switch(True)
    return watch


def drawn(watch, session):
    return watch.items(session.state.result)


def test_off_it_asks_and_draws_nothing(watch, session):
    watch.refresh(session.state)
    watch.point_at((10.0, 10.0))
    assert session.probe.traces == []
    assert drawn(watch, session) == ()


def test_on_it_begins_with_the_right_knee_of_the_last_stage(on, session):
    (tracing,) = session.probe.traces
    assert tracing.spot == Spot(3, RIGHT_KNEE)
    assert tracing.answer is session.state.answer
    (label,) = drawn(on, session)
    assert isinstance(label, Label)
    assert "r knee, stack 4" in label.text


def test_the_answer_is_drawn_over_its_own_frame_only(qtbot, on, session):
    field = session.probe.answer_field()
    with qtbot.waitSignal(on.items_changed):
        pass
    items = drawn(on, session)
    assert any(isinstance(item, MapLayer) for item in items)
    assert {item.box for item in items if isinstance(item, Outline)} == {field.box}
    assert on.items(session.result(9)) == ()


def test_the_nearest_joint_is_pointed_at(on, session):
    result = session.state.result
    x, y = result.stage_poses[-1].xy[0, 9].tolist()
    on.point_at((x + 2, y - 1))
    assert session.probe.traces[-1].spot == Spot(3, 9)
    asked = len(session.probe.traces)
    on.point_at((result.region.x + 1, result.region.y + 1))
    on.point_at(None)
    assert on.spot == Spot(3, 9)
    assert len(session.probe.traces) == asked


def test_a_frame_is_asked_about_once_and_not_while_it_plays(on, session):
    on.refresh(session.state)
    assert len(session.probe.traces) == 1
    session.seek(8)
    on.refresh(session.state)
    assert session.probe.traces[-1].answer.result.frame.index == 8
    session.play()
    session.advance()
    on.refresh(session.state)
    assert len(session.probe.traces) == 2


def test_off_again_it_lets_the_network_go(qtbot, on, session):
    session.probe.answer_field()
    with qtbot.waitSignal(on.items_changed):
        on.switch(False)
    assert session.probe.traces[-1] is None
    assert drawn(on, session) == ()


def test_the_window_follows_tiles_and_picture(qtbot, clip_window, session):
    window = clip_window
    window.actions_by_name["receptive_field"].trigger()
    assert window.docks.field.on
    result = session.state.result
    x, y = result.stage_poses[-1].xy[0, 2].tolist()
    place = window.frame_view.viewport.to_view(x, y)
    qtbot.mouseMove(window.frame_view, QPoint(*(round(v) for v in place)))
    assert window.docks.field.spot == Spot(3, 2)
    tile = window.docks.stages.grid.tile_rect(1, 1).center().toPoint()
    qtbot.mouseMove(window.docks.stages.grid.viewport(), tile)
    assert window.docks.field.spot == Spot(1, 1)
    session.probe.answer_field()
    qtbot.waitUntil(
        lambda: any(isinstance(item, MapLayer) for item in window.frame_view.scene.items)
    )
    window.actions_by_name["receptive_field"].trigger()
    assert not any(isinstance(item, MapLayer) for item in window.frame_view.scene.items)


def test_nothing_is_drawn_over_a_result_of_another_network(on, session):
    result = session.state.result
    assert drawn(on, session)
    other = replace(result, stage_poses=result.stage_poses[:1])
    assert on.items(other) == ()
