"""What is said of a joint at every stage, against maps whose peaks are known."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.belief import entropy, modes
from poseviewer.core.pose import Poses
from poseviewer.core.stage import Request, StageOutput, grouped
from poseviewer.draw.kinds import painter_of
from poseviewer.gui.joint_maps.facts import around, compared, facts_of
from poseviewer.gui.joint_maps.subject import chosen_row, first_row, most_changed, subjects
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD, SKELETON, STAGES, Dots, DotsClip, joints
from tests.gui.fake_session import answer_of, model

GROUPS = grouped(STAGES)
KNEE, OTHER = SKELETON.joints.index("left_knee"), SKELETON.joints.index("right_knee")
ROW = painter_of("heatmap").row(KNEE, STAGES[0].channels[KNEE])
TO_FRAME = np.array([[4.0, 0, 50], [0, 4.0, 20]])


def measured(result, row=ROW, groups=GROUPS, gate=0.2):
    found = [facts_of(result, row=row, group=group, gate=gate) for group in groups]
    return compared([facts for facts, _ in found], joint=found[0][1], result=result)


def spot(place, *, height=0.8, sigma=1.6, size=48):
    """A map with one Gaussian at a frame pixel."""
    x, y = (np.array(place) - TO_FRAME[:, 2]) / 4
    rows, columns = np.mgrid[:size, :size]
    return height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))


def on_cell(place):
    """The middle of the cell at a frame pixel, where a Gaussian has its whole height."""
    return np.rint((np.array(place) - TO_FRAME[:, 2]) / 4) * 4 + TO_FRAME[:, 2]


@pytest.fixture(scope="module")
def result():
    region = Box(60.3, 10.7, 215.0, 215.0)
    return Estimator(CARD, Dots()).estimate(DotsClip().read(4), region, Request())


@pytest.fixture
def told(result):
    """Makes a result of maps of the left knee, each a list of (place, height, sigma)."""
    true = joints(4)

    def make(*stages):
        outputs, answers = [], []
        for number, spots in enumerate(stages):
            values = np.zeros((len(STAGES[0].channels), 48, 48), np.float32)
            values[KNEE] = np.max([spot(p, height=h, sigma=s) for p, h, s in spots], axis=0)
            outputs.append(StageOutput(STAGES[number], values, TO_FRAME.copy(), number))
            xy = true.copy()
            xy[KNEE] = max(spots, key=lambda one: one[1])[0]
            answers.append(
                Poses.single(xy, score=np.full(len(xy), 0.7), skeleton=SKELETON, box=(0, 0, 1, 1))
            )
        return replace(result, stages=tuple(outputs), stage_poses=tuple(answers), poses=answers[-1])

    return make


def test_the_value_is_that_of_the_map_where_the_stage_has_the_joint(result):
    for number, facts in enumerate(measured(result)):
        belief = result.stage(number).values[KNEE]
        assert facts.value == belief.max()
        assert facts.place == tuple(result.stage_poses[number].xy[0, KNEE].tolist())
        assert facts.entropy == entropy(belief[None])[0]
        assert facts.peaks == modes(belief[None])[0]


def test_rivals_are_the_other_peaks_highest_first_and_at_most_three(told):
    true = on_cell(joints(4)[KNEE])
    beside = [true + np.array(step) for step in ((24, 0), (-24, 0), (0, 24), (0, -24), (24, 24))]
    heights = (0.5, 0.6, 0.4, 0.35, 0.3)
    spots = [(true, 0.9, 1.6)] + [(p, h, 1.6) for p, h in zip(beside, heights, strict=True)]
    facts = measured(told(spots, spots, spots))[0]
    assert facts.peaks == 6
    assert [one.value for one in facts.rivals] == pytest.approx([0.6, 0.5, 0.4], abs=0.03)
    places = [one.place for one in facts.rivals]
    assert np.array(places) == pytest.approx(np.array([beside[1], beside[0], beside[2]]))


def test_a_move_is_told_with_its_way_and_length(told):
    true = joints(4)[KNEE]
    spots = [[(true + np.array(step), 0.8, 1.6)] for step in ((20, 0), (0, 0), (0, 0))]
    first, second, third = measured(told(*spots))
    assert second.moved == pytest.approx(20, abs=1e-4)
    assert second.share == pytest.approx(100 * 20 / second.torso)
    assert "20 px" in first.words
    assert second.words.startswith("Moved 20 px to the left")
    assert third.words == "In the same place"
    assert np.isnan(first.moved)


@pytest.mark.parametrize(
    ("step", "way"),
    [((0, -20), "up"), ((0, 20), "down"), ((20, 20), "down and to the right")],
)
def test_ways(told, step, way):
    true = joints(4)[KNEE]
    spots = [[(true - np.array(step), 0.8, 1.6)], [(true, 0.8, 1.6)]]
    words = measured(told(*spots), groups=GROUPS[:2])[1].words
    assert f" px {way}" in words


def test_the_joint_onto_whose_place_it_was_moved_is_named(told):
    true = joints(4)
    here, there = [(true[KNEE], 0.8, 1.6)], [(true[OTHER], 0.8, 1.6)]
    _, second, third = measured(told(here, there, here))
    assert "onto the place of the right knee" in second.words
    assert "off the place of the right knee" in third.words


def test_a_place_between_two_joints_is_that_of_neither(told):
    true = joints(4)
    between = (true[KNEE] + true[OTHER]) / 2
    _, second, _ = measured(
        told([(true[KNEE], 0.8, 1.6)], [(between, 0.8, 1.6)], [(true[KNEE], 0.8, 1.6)])
    )
    assert "place of" not in second.words


def test_what_became_of_the_map_is_told(told):
    true = on_cell(joints(4)[KNEE])
    wide = [(true, 0.5, 3.0), (true + np.array([30, 0]), 0.4, 3.0)]
    narrow = [(true, 0.9, 1.2)]
    _, second, third = measured(told(wide, narrow, wide))
    assert "second peak gone" in second.words
    assert "sharper" in second.words
    assert "higher by 0.40" in second.words
    assert "a second peak" in third.words
    assert "wider" in third.words
    assert "lower by 0.40" in third.words


def test_nobody_has_facts_of_maps_alone(result):
    alone = replace(
        result, poses=result.poses.only(np.array([], int)),
        stage_poses=tuple(p.only(np.array([], int)) for p in result.stage_poses),
    )  # fmt: skip
    facts = measured(alone)
    assert all(one.place is None for one in facts)
    assert facts[0].value == result.stage(0).values[KNEE].max()


def test_the_part_looked_at_closer_holds_every_place_and_stays_in_the_region(told):
    true = joints(4)[KNEE]
    made = told([(true + np.array([40, 10]), 0.8, 1.6)], [(true, 0.8, 1.6)], [(true, 0.8, 1.6)])
    facts, region = measured(made), made.region
    part = around(facts, region)
    for one in facts:
        x, y = one.place
        assert part.x <= x <= part.x + part.width
        assert part.y <= y <= part.y + part.height
    assert region.x <= part.x
    assert part.x + part.width <= region.x + region.width + 1e-6
    assert part.width < region.width
    assert around([replace(one, place=None) for one in facts], region) is None


def test_the_joint_that_the_stages_move_farthest_is_found():
    network = model(stages=2)
    result = answer_of(network, 30, (640, 480))
    xy = np.array(result.stage_poses[0].xy)
    xy[0] = result.poses.xy[0]
    xy[0, 4] += 30
    # Farther, but not sure.
    xy[0, 10] += 80
    moved = replace(
        result, stage_poses=(replace(result.stage_poses[0], xy=xy), result.stage_poses[1])
    )
    assert most_changed(moved, network.stages, gate=0.3) == 4
    assert most_changed(moved, network.stages, gate=0.99) == 10
    nobody = replace(moved, poses=moved.poses.only(np.array([], int)))
    assert most_changed(nobody, network.stages, gate=0.3) is None


def test_rows():
    assert [row.channel for row in subjects(STAGES)] == list(range(14))
    from poseviewer.core.look import DisplayState

    assert chosen_row(STAGES, DisplayState()) is None
    assert chosen_row(STAGES, DisplayState(overlay_channel=3)).channel == 3
    assert chosen_row(STAGES, DisplayState(overlay_stage=0, overlay_channel=99)) is None
    assert first_row(STAGES, 5).channel == 5
    assert first_row(STAGES, None).channel == 0
    assert first_row((), 5) is None
