"""The Stages menu: stages as papers count them, fields and beliefs, ghosts."""

from dataclasses import replace

import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from tests.gui.fake_session import model

pytestmark = pytest.mark.gui

STAGES = card("openpose-lite").stages


@pytest.fixture
def fields(window, session):
    """The window with a network of three stages of fields and beliefs, nothing open."""
    skeleton = load_skeleton("openpose-coco-18")
    session.publish(model=replace(model("openpose-lite"), stages=STAGES, skeleton=skeleton))
    return window


def run(window, name, *args):
    window.commands.table()[name](*args)
    return window.look.overlay_stage, window.look.overlay_channel


def test_keys_count_stages_as_the_paper_does(fields):
    assert run(fields, "stage_1") == (1, None)
    assert run(fields, "stage_3") == (5, None)
    assert run(fields, "stage_4") == (5, None)
    assert run(fields, "stage_all") == (5, None)


def test_fields_follow_fields(fields):
    run(fields, "stage_2")
    assert run(fields, "fields", True) == (2, None)
    assert run(fields, "stage_3") == (4, None)
    assert run(fields, "next_joint") == (4, 0)
    assert run(fields, "next_joint") == (4, 2)
    assert run(fields, "stage_1") == (0, 2)
    # A limb's number is no joint's.
    assert run(fields, "fields", False) == (1, None)
    assert run(fields, "next_joint") == (1, 0)
    assert run(fields, "next_joint") == (1, 1)


def test_after_the_last_limb_come_all_of_them(fields):
    fields.set_look(overlay_stage=4, overlay_channel=36)
    assert run(fields, "next_joint") == (4, None)


def test_the_ghost_goes_round_the_stages(fields):
    ghosts = []
    for _ in range(5):
        run(fields, "next_ghost")
        ghosts.append(fields.look.ghost)
    assert ghosts == [1, 3, 5, None, 1]


def test_the_menu_lists_the_ghosts_and_ticks_the_one_that_is_drawn(fields):
    listed = fields._menus._ghosts.actions()
    assert [action.text() for action in listed] == [
        "None", "Of stage 1", "Of stage 2", "Of stage 3",
    ]  # fmt: skip
    listed[2].trigger()
    assert fields.look.ghost == 3
    assert [action.isChecked() for action in listed] == [False, False, True, False]
    ghost = fields.docks.stages.controls.ghost
    assert ghost.currentData() == 3
    ghost.setCurrentIndex(0)
    ghost.activated.emit(0)
    assert fields.look.ghost is None


def test_three_stages_are_told_as_three(fields):
    actions = fields.actions_by_name
    assert [actions[f"stage_{n}"].isVisible() for n in (3, 4)] == [True, False]


def test_one_without_fields_offers_none(clip_window):
    for name in ("fields", "arrows"):
        assert not clip_window.actions_by_name[name].isEnabled()
    assert clip_window.actions_by_name["next_ghost"].isEnabled()


def test_saving_without_a_tile_says_what_to_do(clip_window):
    clip_window.set_look(overlay_stage=None)
    run(clip_window, "copy_tile")
    assert "Point at a tile" in clip_window.notices.text
