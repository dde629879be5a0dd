"""The Decoding dock over a network whose maps were drawn."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.draw.colour import person_colour
from poseviewer.draw.primitives import Dot, Line
from poseviewer.gui.decoding.dock import DecodingDock
from poseviewer.runtime.state import Answer
from tests.gui.fake_session import model
from tests.gui.find import words
from tests.pipeline.test_offsets import CARD, CARD_SKELETON, DISCS, VOTES, analyse, drawn

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def result():
    return analyse(drawn(21, 1) * 0.7)


@pytest.fixture
def dock(qtbot, bridge, session, result):
    session.open("clip.mp4")
    network = replace(model(), stages=CARD.stages, skeleton=CARD_SKELETON)
    answer = Answer(result, network, "test", session.state.key, sequential=False)
    session.answers = False
    session.publish(loaded=network, frame=result.frame, answer=answer)
    made = DecodingDock(bridge)
    qtbot.addWidget(made)
    made.resize(480, 500)
    made.show()
    qtbot.waitExposed(made)
    made.refresh(session.state)
    return made


def test_it_begins_with_everything_put_together(dock, result):
    assert dock.list.count() > 17
    assert dock.list.currentRow() == dock.list.count() - 1
    assert dock.words.text() == f"Step {dock.list.count()} of {dock.list.count()}: 1 person so far."
    assert dock.overlay_name == f"decoding, step {dock.list.count()} of {dock.list.count()}"
    assert dock.list.item(0).text().startswith("1  Person 0 starts at the ")


def test_people_are_called_as_in_the_people_dock(dock, session):
    """By the number that they have there, which is not the order of the decoder, or by name."""
    answer = session.state.answer
    poses = replace(answer.result.poses, track=np.array([3]))
    session.publish(answer=replace(answer, result=replace(answer.result, poses=poses)))
    dock.refresh(session.state)
    assert dock.list.item(0).text().startswith("1  Person 3 starts at the ")
    assert " of person 3" in dock.list.item(1).text()
    drawn_in = {item.fill for item in dock.items(session.state.result) if isinstance(item, Dot)}
    assert person_colour(3) in drawn_in
    session.change("people", names=((3, "Anna"),))
    dock.refresh(session.state)
    assert dock.list.item(0).text().startswith("1  Anna starts at the ")


def test_one_limb_more_a_step(dock, result):
    drawn_limbs = []
    for row in range(3):
        dock.slider.setValue(row)
        assert dock.list.currentRow() == row
        items = dock.items(result)
        drawn_limbs.append(sum(isinstance(item, Line) and item.width == 5.0 for item in items))
        assert any(isinstance(item, Dot) for item in items)
    assert drawn_limbs == [0, 1, 2]


def test_the_stage_chooses_how_often_joints_are_refined(dock, result):
    assert [dock.stage_box.itemData(n) for n in range(3)] == [0, 1, VOTES]
    assert dock.stage_box.currentData() == VOTES
    assert "refined by" in dock.list.item(1).text()
    dock.stage_box.setCurrentIndex(0)
    assert dock.stage_box.currentData() == DISCS
    assert "refined" not in dock.list.item(1).text()


def test_play_goes_to_the_end_and_stops(qtbot, dock):
    dock._beat.setInterval(1)
    dock.play.setChecked(True)
    assert dock.list.currentRow() == 0
    qtbot.waitUntil(lambda: not dock.play.isChecked())
    assert dock.list.currentRow() == dock.list.count() - 1


def test_a_network_for_one_person_says_why_there_is_nothing(qtbot, bridge, session):
    session.open("walk.mp4")
    made = DecodingDock(bridge)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.refresh(session.state)
    assert "puts nobody together" in words(made)
    assert made.play.parentWidget().isHidden()
