"""The Springs dock."""

from dataclasses import replace

import pytest

from poseviewer.gui.springs.dock import SpringsDock
from poseviewer.runtime.springs import STAGES, tree_joints
from tests.gui.find import without_people, words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = SpringsDock(bridge)
    qtbot.addWidget(made)
    made.resize(700, 560)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    dock.show_state(session.state)
    return dock


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in words(dock)


def test_it_begins_with_the_first_stage_and_wants_its_maps_alone(shown, session):
    assert shown.visible_stages() == {0}
    assert session.springs.stage == 0
    assert session.springs.first is session.state.result
    assert len(shown.grid.rows) == len(tree_joints(session.state.model.skeleton)) == 14
    assert shown.grid.rows[0].name == "upper_neck"
    assert shown.grid.result is session.springs.answer
    assert len(session.springs.answer.stages) == len(STAGES)
    assert shown.sentence.text().startswith("Springs moved")


def test_evidence_comes_from_any_stage(shown, session):
    shown.stage.setCurrentIndex(2)
    shown.stage.activated.emit(2)
    assert shown.visible_stages() == {2}
    shown.show_state(session.state)
    assert session.springs.stage == 2
    assert shown.grid.result is session.springs.answer


def test_the_answer_of_the_clip_stays(shown, session):
    assert session.springs.answer.poses is not session.state.result.poses
    assert session.springs.answer is not session.state.result
    assert session.state.reading.decoding == "dark"


def test_a_button_makes_it_the_decoding_and_ends_it(shown, session):
    shown.use.click()
    assert session.state.reading.decoding == "tree"
    shown.show_state(session.state)
    assert shown.use.isChecked()
    shown.use.click()
    assert session.state.reading.decoding == "dark"


def test_what_ends_it_brings_back_the_decoding_from_before(shown, session):
    session.change("reading", decoding="argmax")
    shown.refresh(session.state)
    shown.use.click()
    assert session.state.reading.decoding == "tree"
    shown.refresh(session.state)
    shown.use.click()
    assert session.state.reading.decoding == "argmax"
    # Chosen elsewhere, while the dock is away.
    shown.hide()
    for decoding in ("quarter", "tree"):
        session.change("reading", decoding=decoding)
        shown.refresh(session.state)
    shown.show()
    shown.use.click()
    assert session.state.reading.decoding == "quarter"


def test_hidden_it_forgets(qtbot, shown, session):
    before = session.springs.stops
    shown.hide()
    qtbot.waitUntil(lambda: session.springs.stops > before)
    assert session.springs.answer is None


def test_another_network_never_shows_the_answer_of_the_one_before(shown, session, monkeypatch):
    assert shown.grid.result is session.springs.answer
    # It takes a while, and the one before may still be at work.
    monkeypatch.setattr(session.springs, "look", lambda *_, **__: None)
    answered = session.state.answer
    other = replace(answered.model, name="another")
    session.publish(answer=replace(answered, model=other))
    shown.show_state(session.state)
    assert session.springs.answer is None
    assert shown.grid.result is None
    assert "Placing the joints" in shown.sentence.text()


def test_nobody_is_not_placed(shown, session):
    """A tree places joints in whatever it is shown."""
    without_people(session)
    shown.show_state(session.state)
    assert words(shown) == "No person was found in this frame."
