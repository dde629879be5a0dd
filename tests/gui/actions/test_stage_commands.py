"""The Stages menu: stages as papers count them, fields and beliefs, ghosts."""

from dataclasses import replace

import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from tests.gui.fake_session import model
from tests.gui.find import entries

pytestmark = pytest.mark.gui

STAGES = card("openpose-lite").stages


@pytest.fixture
def fields(qtbot, window, session):
    """The window with a network of three stages of fields and beliefs, waiting for an answer."""
    network = replace(
        model("openpose-lite"), stages=STAGES, skeleton=load_skeleton("openpose-coco-18")
    )
    session.answers = False
    session.publish(loaded=network, models=(network,))
    session.change("network", model=network.name)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(window.actions_by_name["fields"].isEnabled)
    return window


@pytest.fixture
def run(fields, session, qtbot):
    """Trigger an action as its key does; which map lies over the frame then."""

    def trigger(name):
        with qtbot.waitSignal(fields.bridge.changed):
            fields.actions_by_name[name].trigger()
            session.publish()
        display = session.state.display
        return display.overlay_stage, display.overlay_channel

    return trigger


def test_keys_count_stages_as_the_paper_does(run):
    assert run("stage_1") == (1, None)
    assert run("stage_3") == (5, None)
    assert run("stage_4") == (5, None)
    assert run("stage_all") == (5, None)


def test_fields_follow_fields(run):
    run("stage_2")
    assert run("fields") == (2, None)
    assert run("stage_3") == (4, None)
    assert run("next_joint") == (4, 0)
    assert run("next_joint") == (4, 2)
    assert run("stage_1") == (0, 2)
    # A limb's number is no joint's.
    assert run("fields") == (1, None)
    assert run("next_joint") == (1, 0)
    assert run("next_joint") == (1, 1)


def test_after_the_last_limb_come_all_of_them(run, session):
    session.change("display", overlay_stage=4, overlay_channel=36)
    assert run("next_joint") == (4, None)


def test_the_ghost_goes_round_the_stages_before_the_last(run, session):
    seen = []
    for _ in range(4):
        run("next_ghost")
        seen.append(session.state.display.ghost)
    assert seen == [1, 3, None, 1]


def test_the_menu_lists_the_ghosts_and_ticks_the_one_that_is_drawn(qtbot, fields, session):
    listed = entries(fields, "Stages", "Ghost")
    assert list(listed) == ["None", "Of stage 1", "Of stage 2"]
    listed["Of stage 2"].trigger()
    assert session.state.display.ghost == 3
    qtbot.waitUntil(lambda: [a.isChecked() for a in listed.values()] == [False, False, True])
    ghost = fields.docks.stages.controls.ghost
    qtbot.waitUntil(lambda: ghost.currentData() == 3)
    ghost.setCurrentIndex(0)
    ghost.activated.emit(0)
    assert session.state.display.ghost is None


def test_three_stages_are_told_as_three(fields):
    actions = fields.actions_by_name
    assert [actions[f"stage_{n}"].isVisible() for n in (3, 4)] == [True, False]


def test_one_without_fields_offers_none(clip_window):
    for name in ("fields", "arrows"):
        assert not clip_window.actions_by_name[name].isEnabled()
    assert clip_window.actions_by_name["next_ghost"].isEnabled()


def test_saving_without_a_tile_says_what_to_do(qtbot, clip_window):
    clip_window.actions_by_name["copy_tile"].trigger()
    qtbot.waitUntil(lambda: "Point at a tile" in clip_window.notices.text)
