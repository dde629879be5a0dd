"""A joint that is followed in the Joint angles dock: speed, path, table."""

import numpy as np
import pytest

from poseviewer.core.annotation import Annotations, Calibration
from poseviewer.draw.primitives import Dot, Line
from poseviewer.draw.trail import trail_items
from poseviewer.gui.angles.dock import AnglesDock

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(1300, 800)
    session.open("clip.mp4")
    session.analyse()
    session.seek(60)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: len(made.plot.panes) > 0, timeout=40_000)
    return made


def choose(dock, joint):
    box = dock.controls.joint.joint
    box.setCurrentIndex(box.findData(joint))
    box.activated.emit(box.currentIndex())


def test_its_speed_has_a_pane_and_its_path_a_row(qtbot, dock, session):
    assert dock.controls.joint.path.isHidden()
    choose(dock, "left_hip")
    assert session.state.angles.joint == "left_hip"
    qtbot.waitUntil(lambda: dock.plot.panes[-1].unit == "px", timeout=40_000)
    assert dock.plot.titles[-1] == "left hip speed"
    travel = session.joint_travel()
    speed = np.hypot(*(np.gradient(travel.xy[:, axis], travel.seconds) for axis in (0, 1)))
    seconds, drawn = dock.plot.curve("left hip speed")
    np.testing.assert_allclose(drawn, speed, atol=1e-6)
    assert seconds == pytest.approx(travel.seconds)
    qtbot.waitUntil(lambda: dock.figures.table.rows[-1].unit == "px", timeout=40_000)
    row = dock.figures.table.rows[-1]
    assert row.path == pytest.approx(np.hypot(*np.diff(travel.xy, axis=0).T).sum())
    cells = [dock.figures.table.model().index(6, n).data() for n in range(15)]
    assert f"{row.path:.0f} px" in cells
    assert f"{row.over.maximum:.0f} px/s" in cells


def test_metres_by_a_known_length_or_by_the_height(qtbot, dock, session):
    choose(dock, "left_hip")
    dock.controls.joint.height_m.setValue(1.8)
    assert session.state.angles.height == 1.8
    qtbot.waitUntil(lambda: dock.plot.panes[-1].unit == "m", timeout=40_000)
    session.annotate("known", Annotations(calibration=Calibration((0, 0), (100, 0), 1.0)))
    qtbot.waitUntil(lambda: dock.controls.joint.height_m.isHidden(), timeout=40_000)
    _, drawn = dock.plot.curve("left hip speed")
    travel = session.joint_travel()
    assert travel.scale == 0.01
    speed = np.hypot(*(np.gradient(travel.xy[:, axis], travel.seconds) for axis in (0, 1)))
    np.testing.assert_allclose(drawn, speed * 0.01, atol=1e-6)


def test_the_path_on_the_frame_ends_at_the_frame(qtbot, dock, session):
    choose(dock, "left_hip")
    qtbot.waitUntil(lambda: dock.travel is not None, timeout=40_000)
    items = dock.items(session.state.result)
    assert dock.overlay_name == "path: left hip"
    assert isinstance(items[-1], Dot)
    assert items[-1].centre == pytest.approx(tuple(dock.travel.xy[60]))
    with qtbot.waitSignal(dock.items_changed):
        dock.controls.joint.path.click()
    assert not session.state.angles.path
    assert dock.items(session.state.result) == ()
    choose(dock, "")
    qtbot.waitUntil(lambda: dock.travel is None, timeout=40_000)


def test_a_path_is_broken_by_a_gap_and_drawn_to_its_end():
    seconds = np.arange(20) / 10
    xy = np.stack([np.arange(20) * 10.0, np.zeros(20)], axis=1)
    xy[8:14] = np.nan
    items = trail_items(seconds, xy, limit=0.25, colour=(1, 2, 3), scale=1.0)
    strokes = [item for item in items if isinstance(item, Line) and item.colour == (1, 2, 3)]
    assert [stroke.end[0] for stroke in strokes] == [10 * n for n in (*range(1, 8), *range(15, 20))]
    assert items[-1].centre == (190.0, 0.0)
    assert trail_items(seconds, xy * np.nan, limit=1, colour=(1, 2, 3), scale=1.0) == []
