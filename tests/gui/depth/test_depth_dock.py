"""The Depth dock over the fake session, whose network is given places in space."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from poseviewer.gui.depth.dock import SENTENCE, DepthDock
from poseviewer.runtime.depth import MISSING
from tests.gui.find import words

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("drawn_lifter")]


@pytest.fixture
def dock(qtbot, bridge):
    made = DepthDock(bridge)
    qtbot.addWidget(made)
    made.resize(520, 420)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("walk.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def give_depth(session, *, truth=False):
    """Have the network say where joints are in space, and the ground truth too."""
    result = session.state.result
    poses = result.poses
    world = np.random.default_rng(1).normal(0, 0.4, (*poses.score.shape, 3)).astype(np.float32)
    true = None
    if truth:
        known = replace(poses, world=(world + np.float32(0.05)))
        true = replace(known, score=np.ones_like(known.score))
    made = replace(result, poses=replace(poses, world=world), truth=true)
    session.publish(answer=replace(session.state.answer, result=made))
    return made


def titles(dock):
    return [panel.title for panel in dock.view.panels]


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip" in words(dock)


def test_the_lifter_alone_leaves_no_choice(shown):
    assert titles(shown) == ["Lifter"]
    assert not shown.sources.isVisible()
    assert SENTENCE in words(shown)


def test_without_weights_and_depth_it_says_so(shown, session, monkeypatch, tmp_path):
    monkeypatch.setattr("poseviewer.pipeline.lifter.weights", lambda name: tmp_path / name)
    session.seek(5)
    shown.redraw()
    assert MISSING in words(shown)


def test_a_network_with_depth_stands_beside_and_can_be_chosen(shown, session):
    made = give_depth(session)
    shown.redraw()
    assert titles(shown) == ["Lifter", shown.model.name]
    assert np.array_equal(shown.view.panels[1].places, made.poses.world[0].astype(float))
    shown.sources.setCurrentIndex(shown.sources.findData("network"))
    assert session.state.display.depth_source == "network"
    # The fake session has answered anew.
    give_depth(session)
    shown.redraw()
    assert titles(shown) == [shown.model.name]


def test_the_distance_from_the_ground_truth_is_written(shown, session):
    give_depth(session, truth=True)
    shown.redraw()
    assert titles(shown) == ["Lifter", shown.model.name, "Ground truth"]
    # Five centimetres along each axis.
    assert shown.view.panels[1].figure == f"{50 * 3**0.5:.0f} mm from the ground truth"
    assert shown.view.panels[2].figure == ""
    assert shown.wants_truth()


def test_a_drag_turns_and_can_be_undone(qtbot, shown, session):
    view = shown.view
    before = session.state.display
    at = QPoint(100, 100)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    for way in (QPoint(10, 5), QPoint(40, 20)):
        qtbot.mouseMove(view, at - way)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at - QPoint(40, 20))
    display = session.state.display
    assert display.depth_turn == pytest.approx(before.depth_turn + 20)
    assert display.depth_tilt == pytest.approx(before.depth_tilt - 10)
    shown.redraw()
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert session.state.display == before


def test_arrow_keys_turn_and_the_tilt_has_limits(qtbot, shown, session):
    for key, turn, tilt in (
        (Qt.Key.Key_Right, 50, 12),
        (Qt.Key.Key_Up, 50, 27),
        (Qt.Key.Key_Left, 35, 27),
        (Qt.Key.Key_Home, 35, 12),
    ):
        qtbot.keyClick(shown.view, key)
        shown.redraw()
        display = session.state.display
        assert (display.depth_turn, display.depth_tilt) == pytest.approx((turn, tilt))
    for _ in range(4):
        qtbot.keyClick(shown.view, Qt.Key.Key_Down)
        shown.redraw()
    assert session.state.display.depth_tilt == -20


def test_a_joint_under_the_pointer_says_where_it_is(shown, session):
    give_depth(session)
    shown.redraw()
    panel, room = shown.view.panels[1], shown.view._rooms()[1]
    at, _ = shown.view._seen(panel.places, room)
    x, _, z = panel.places[2].tolist()
    # Nearest of all to its own place, whichever other joint is near too.
    tip = shown.view.tip(QPointF(*at[2]))
    assert f"{abs(x):.2f} m {'right' if x >= 0 else 'left'}" in tip
    assert f"{abs(z):.2f} m {'away from' if z >= 0 else 'towards'} the camera" in tip
    assert "Drag to turn" in shown.view.tip(QPointF(1, 1))


def test_panels_lie_beside_or_below_each_other_and_are_painted(shown, session):
    give_depth(session)
    shown.redraw()
    view = shown.view
    view.resize(600, 200)
    first, second = view._rooms()
    assert (first.width(), second.left()) == (300, 300)
    picture = view.grab().toImage()
    ground = picture.pixelColor(2, picture.height() - 3)
    for panel, room in zip(view.panels, view._rooms(), strict=True):
        at, _ = view._seen(panel.places, room)
        seen = np.rint(at[np.isfinite(at).all(axis=1)]).astype(int).tolist()
        assert seen
        assert ground.name() not in {picture.pixelColor(x, y).name() for x, y in seen}
    view.resize(200, 600)
    first, second = view._rooms()
    assert (first.height(), second.top()) == (300, 300)


def test_a_lifter_that_is_damaged_is_a_sentence(shown, session, monkeypatch, tmp_path):
    (tmp_path / "lifter.safetensors").write_bytes(b"no weights")
    monkeypatch.setattr("poseviewer.pipeline.lifter.weights", lambda name: tmp_path / name)
    session.seek(5)
    shown.redraw()
    assert "lifter.safetensors is not the lifter that can be read" in words(shown)
