"""What lies over the frame means the same joint and stage after a change of network, or nothing."""

from __future__ import annotations

import pytest

from poseviewer.core.look import DisplayState
from poseviewer.core.stage import StageSpec, ghosts

SMALL = ("knee", "hip", "wrist")
LARGE = ("nose", "wrist", "knee", "background")


def maps(count: int, joints: tuple[str, ...]) -> tuple[StageSpec, ...]:
    return tuple(StageSpec(f"stage {n + 1}", "heatmap", 4, joints) for n in range(count))


TWO, FOUR = maps(2, SMALL), maps(4, LARGE)


def test_the_last_stage_stays_the_last_and_the_joint_the_same():
    display = DisplayState(overlay_stage=1, overlay_channel=0)
    assert display.carried(TWO, FOUR) == {"overlay_stage": 3, "overlay_channel": 2, "ghost": None}


def test_another_stage_keeps_its_place_and_a_missing_joint_becomes_all():
    display = DisplayState(overlay_stage=0, overlay_channel=1)
    assert display.carried(TWO, FOUR) == {
        "overlay_stage": 0,
        "overlay_channel": None,
        "ghost": None,
    }


@pytest.mark.parametrize(("ghost", "left"), [(0, 0), (1, None), (2, None), (7, None), (None, None)])
def test_a_ghost_of_a_stage_that_is_missing_or_the_last_is_gone(ghost, left):
    assert DisplayState(ghost=ghost).carried(FOUR, TWO)["ghost"] == left


def test_numbers_beyond_the_old_network_are_dropped():
    display = DisplayState(overlay_stage=9, overlay_channel=3)
    assert display.carried(TWO, FOUR)["overlay_stage"] is None


def test_fields_stay_fields_where_the_other_network_has_them():
    limbs = ("neck-nose x", "neck-nose y")
    fields = StageSpec("stage 1 fields", "paf", 8, limbs, partner=1)
    beliefs = StageSpec("stage 1 beliefs", "heatmap", 8, LARGE, partner=0)
    several = fields, beliefs
    display = DisplayState(overlay_stage=0, overlay_channel=1)
    assert display.carried(several, several)["overlay_stage"] == 0
    assert display.carried(several, TWO) == {
        "overlay_stage": 1,
        "overlay_channel": None,
        "ghost": None,
    }


def test_the_last_stage_is_no_ghost():
    assert ghosts(FOUR) == (0, 1, 2)
    assert ghosts(maps(1, SMALL)) == ()
