"""People who grow along displacements, through the estimator, to what is drawn."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from poseviewer.codec.offsets import OffsetCodec
from poseviewer.core.affine import Box, apply
from poseviewer.core.convergence import answering
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.look import Look
from poseviewer.core.stage import Request, grouped, kind_of
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.marks import arrows_of
from poseviewer.draw.primitives import FieldLayer, Line
from poseviewer.draw.scene import build_scene
from poseviewer.draw.tiles import tiles_of
from poseviewer.models.posenet import hough
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate_offsets import BACK, DISCS, FORTH, OFFSETS, VOTES
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.runtime.saved.coding import Chunk, encoded
from poseviewer.runtime.saved.columns import Frames
from tests.codec.test_offsets import by_place, drawn

CARD = card("posenet-513")
SIZE = (1026, 578)
INPUT = (513, 289)
KNEE = 13


class DrawnMaps:
    """Answers the maps of some people, whatever it is shown; mirrored ones the second time."""

    def __init__(self, joints: np.ndarray) -> None:
        self.answers = [self.maps(joints)]
        mirrored = joints[:, list(CARD_SKELETON.mirror)].copy()
        mirrored[..., 0] = INPUT[0] - 1 - mirrored[..., 0]
        self.answers.append(self.maps(mirrored))
        self.asked = 0

    def maps(self, joints: np.ndarray) -> list[np.ndarray]:
        made = [one[None] for one in OffsetCodec("coco-17").encode(joints, size=INPUT)]
        votes = hough(torch.from_numpy(made[DISCS]), torch.from_numpy(made[OFFSETS]))
        return [*made, votes.numpy()]

    def run(self, batch, wanted=None):
        assert batch.shape[2:] == INPUT[::-1]
        self.asked += 1
        return [one.copy() for one in self.answers[(self.asked - 1) % 2]]


CARD_SKELETON = OffsetCodec("coco-17").skeleton


@pytest.fixture(scope="module")
def people() -> np.ndarray:
    found = drawn(21, 6) * 0.8
    return found[(found < np.array(INPUT) - 1).all(axis=(1, 2))][:2]


def analyse(people, *, flip=False):
    frame = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), 0, Timestamp(0, Fraction(1)))
    estimator = estimator_of(CARD, DrawnMaps(people), flip=flip)
    return estimator.estimate(frame, Box.whole(SIZE), Request())


@pytest.fixture(scope="module")
def result(people):
    return analyse(people)


def to_frame(result, places):
    """Input pixels as frame pixels: the cells of the discs are 16 of them apart."""
    return apply(result.stage(DISCS).to_frame, places / 16)


def test_everybody_is_where_they_were_drawn(result, people):
    assert len(result.poses) == len(people) == 2
    there = to_frame(result, people)
    np.testing.assert_allclose(by_place(result.poses.xy), by_place(there), atol=0.05)
    assert (result.poses.score == 1).all()
    # The frame is twice as large as the input, whose first pixel is the middle of the first two.
    np.testing.assert_allclose(there, 2 * people + 0.5, atol=0.05)


def test_a_mirrored_picture_gives_the_same_people(result, people):
    both = analyse(people, flip=True)
    np.testing.assert_allclose(by_place(both.poses.xy), by_place(result.poses.xy), atol=0.05)


def test_stages_are_what_refinement_makes_of_them(result, people):
    assert answering(CARD.stages) == (DISCS, OFFSETS, VOTES)
    there = by_place(to_frame(result, people))
    raw, once = (by_place(result.stage_poses[n].xy) for n in (DISCS, OFFSETS))
    assert np.abs(raw - there).max() > 4
    np.testing.assert_allclose(once, there, atol=0.05)
    assert [len(poses) for poses in result.stage_poses] == [2, 2, 0, 0, 2]
    assert [one.trail.shape[1] for one in result.parsings] == [1, 2, 3, 3, 3]


def test_votes_lie_on_the_joints_of_the_frame(result):
    votes = result.stage(VOTES)
    assert votes.values.shape == (17, 73, 129)
    x, y = result.poses.xy[0, KNEE]
    near = apply(votes.to_frame, np.argwhere(votes.values[KNEE] > 0.9)[:, ::-1].astype(float))
    assert np.hypot(*(near - (x, y)).T).min() < 8


def test_arrows_of_offsets_meet_in_the_joint(result, people):
    output = result.stage(OFFSETS)
    painter = painter_of("offsets")
    values = painter.drawn(output, 2 * KNEE)
    tails, tips = painter.arrow_ends(output, 2 * KNEE, values, high=1.0, step=1)
    assert len(tails) > 12
    away = np.linalg.norm(tips[:, None] * 16 - people[None, :, KNEE], axis=-1).min(axis=1)
    assert away.max() < 0.01
    # Outside the discs there are neither arrows nor colours.
    belief = result.stage(DISCS).values[KNEE]
    assert len(tails) == (belief > 0).sum()
    assert not values[:, belief == 0].any()


def test_arrows_of_displacements_lead_to_the_next_joint(result, people):
    shin = next(n for n, one in enumerate(CARD_SKELETON.limbs) if one.end == 15)
    for stage, joint in ((FORTH, 15), (BACK, 13)):
        output = result.stage(stage)
        painter = painter_of("displacements")
        values = painter.drawn(output, 2 * shin)
        _, tips = painter.arrow_ends(output, 2 * shin, values, high=1.0, step=1)
        away = np.linalg.norm(tips[:, None] * 16 - people[None, :, joint], axis=-1).min(axis=1)
        assert away.max() < 0.01


def test_the_value_under_the_pointer_is_as_answered(result):
    output = result.stage(OFFSETS)
    y, x = np.argwhere(result.stage(DISCS).values[KNEE] > 0)[0].tolist()
    value, note = kind_of("offsets").read((), output, channel=2 * KNEE, cell=(x, y))
    assert value == pytest.approx(float(np.hypot(*output.values[2 * KNEE : 2 * KNEE + 2, y, x])))
    assert "belief 1.00" in note
    assert "px of the input towards" in note


def test_they_are_drawn_over_the_frame_and_as_tiles(result):
    for stage, channel in ((OFFSETS, None), (OFFSETS, 2 * KNEE), (FORTH, 8), (BACK, None)):
        look = Look(skeleton=False, overlay_stage=stage, overlay_channel=channel, arrows=True)
        items = build_scene(result, look).items
        assert any(isinstance(item, FieldLayer) for item in items)
        assert any(isinstance(item, Line) for item in items)
    painter = painter_of("displacements")
    rows = painter.rows(CARD.stages[BACK])
    assert "l forearm" in {row.label for row in painter.rows(CARD.stages[FORTH])}
    tiles = tiles_of(result, rows=rows, groups=grouped(CARD.stages))
    strokes = arrows_of(tiles, np.ones((len(rows), 5)), width=400.0)
    assert {stroke.column for stroke in strokes} == {FORTH, BACK}


def test_they_come_back_from_the_file_of_a_clip(result):
    blocks = encoded([result])
    reader = Chunk(0, 1, skeleton=result.poses.skeleton, poses=blocks.poses)
    back = reader.whole(0, Frames(blocks.detail, frames=1))
    for ours, theirs in zip(back.parsings, result.parsings, strict=True):
        np.testing.assert_array_equal(ours.trail, theirs.trail)
        np.testing.assert_array_equal(ours.people, theirs.people)
