"""The second clip in the Joint angles dock."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.beside import Beside
from poseviewer.core.look import Look
from poseviewer.gui.angles.dock import AnglesDock
from poseviewer.runtime.beside_look import BesideAnswer, SecondClip
from poseviewer.runtime.export_beside import HalfInfo, Seen

pytestmark = pytest.mark.gui

RATE = 30.0
OTHER = "/clips/other.mp4"


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(1300, 800)
    session.open("clip.mp4")
    session.analyse()
    session.change("angles", plotted=("left knee",))
    session.seek(30)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: len(made.plot.panes) > 0, timeout=40_000)
    return made


def stand(session, index, *, history=None, offset=0.0):
    """Let the second clip be the first one, at another frame."""
    known = session.found.get(index)
    frame = session.state.result.frame
    frame = replace(frame, index=index, time=replace(frame.time, pts=index))
    info = HalfInfo("other.mp4", frame.size, RATE, 0.0, Look(), known.model.stages)
    seen = Seen(frame, replace(known.result, frame=frame))
    beside = Beside(clip=OTHER, offset=Fraction(offset).limit_denominator())
    answer = BesideAnswer(beside, frame, info, seen, history)
    session.second = SecondClip(answer)
    session.publish(notices=())


def test_its_frame_and_its_curves_are_shown(qtbot, dock, session):
    assert dock.second.isHidden()
    session.change("angles", second=OTHER)
    qtbot.waitUntil(lambda: not dock.second.isHidden(), timeout=40_000)
    assert dock.second.said.text() == "Opening the second clip…"
    history = session.history()
    stand(session, 45, history=history)
    qtbot.waitUntil(lambda: dock.second.view.frame is not None, timeout=40_000)
    assert dock.second.view.frame.index == 45
    session.change("angles", second_offset=0.5)
    qtbot.waitUntil(lambda: dock.second.offset.value() == 15, timeout=40_000)
    seconds, degrees = dock.plot.curve("left knee", "second")
    _, own = dock.plot.curve("left knee")
    np.testing.assert_allclose(degrees, own[-len(degrees) :], atol=1e-3)
    assert seconds[-1] == pytest.approx(history.seconds[-1] - 0.5)
    assert "dotted: the second clip" in dock.caption.text()
    assert {label for label, _ in dock.plot.values()} == {"left knee", "2nd left knee"}
    dock.second.close_button.click()
    assert session.state.angles.second == ""
    qtbot.waitUntil(lambda: dock.second.isHidden(), timeout=40_000)


def test_the_offset_is_chosen_in_frames(qtbot, dock, session):
    session.change("angles", second=OTHER)
    stand(session, 30)
    qtbot.waitUntil(lambda: dock.second.offset.isEnabled(), timeout=40_000)
    assert dock.second.said.text().startswith("It is not analysed by this network yet")
    dock.second.offset.setValue(-12)
    assert session.state.angles.second_offset == pytest.approx(-12 / RATE)


def test_held_and_let_go_they_are_in_step_there(qtbot, dock, session):
    session.change("angles", second=OTHER)
    stand(session, 30)
    qtbot.waitUntil(lambda: dock.second.hold.isEnabled(), timeout=40_000)
    dock.second.hold.click()
    session.seek(75)
    stand(session, 75)
    qtbot.waitUntil(lambda: dock.plot.cursor_time == pytest.approx(75 / RATE), timeout=40_000)
    assert dock.second.view.frame.index == 30
    dock.second.hold.click()
    assert session.state.angles.second_offset == pytest.approx((30 - 75) / RATE)


def test_the_clips_that_were_analysed_are_offered(qtbot, dock, session):
    menu = dock.controls.second
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["walk.mp4", "other.mp4", "Browse…", "None"]
    menu.actions()[1].trigger()
    assert session.state.angles.second == OTHER
    qtbot.waitUntil(lambda: not dock.second.isHidden(), timeout=40_000)
    menu.aboutToShow.emit()
    assert [a.isChecked() for a in menu.actions()[:2]] == [False, True]
    menu.actions()[-1].trigger()
    assert session.state.angles.second == ""
