"""People read by heads of their own, from a drawn network; and filters that are exchanged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.codec.dynamic import DynamicCodec
from poseviewer.core.affine import Box, apply, invert
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.heads import Heads, HeadShape
from poseviewer.core.stage import Request
from poseviewer.models import dynamic_head
from poseviewer.models.registry import card
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.follow import foremost, with_maps
from poseviewer.pipeline.heads import filters_stage, personal
from tests.pipeline.test_crowd import Seer

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult

SIZE = (448, 256)
PLACES = np.array([[80.0, 120.0], [230.0, 100.0], [370.0, 160.0]])
SCORES = (0.7, 0.9, 0.8)
HEAD = HeadShape(bases=3, hidden=6, joints=17)
WHOLE = card("fcpose-lite")
CARD = replace(
    WHOLE,
    input_size=SIZE,
    codec=DynamicCodec(HEAD, people=4),
    stages=tuple(
        replace(
            spec, channels=spec.channels[: {"bases": 3, "layer 1": 6, "layer 2": 6}.get(spec.name)]
        )
        for spec in WHOLE.stages
    ),
)
WAYS = np.stack([np.arange(17) % 4 * 10.0 - 15, np.arange(17) // 4 * 12.0 - 24], axis=1)
"""From the peak to each joint, input pixels: the same for everybody."""

COORDINATES, BASES, DIRECTIONS, SOFTMAX = 2, 3, 6, 7


class Heads3:
    """A network that sees three people: base b is light about person b, whose filters read it."""

    def run(self, batch, wanted=None):
        height, width = batch.shape[2] // 8, batch.shape[3] // 8
        y, x = np.mgrid[:height, :width] * 8 + 3.5
        bases = np.stack([-np.hypot(x - a, y - b) / 4 for a, b in PLACES]).astype(np.float32)
        numbers = np.zeros((4, HEAD.numbers), np.float32)
        for person in range(3):
            (first, _), (second, _), (third, _) = HEAD.split(numbers[person][None])
            # ReLU keeps what is below zero with its sign turned.
            first[0, 0, 2 + person] = -1
            second[0, 0, 0] = 1
            third[0, :, 0] = -1
        told = np.zeros((4, 4), np.float32)
        told[:3, :2], told[:3, 2], told[:3, 3] = PLACES, 100, SCORES
        ways = np.zeros((1, 34, height, width), np.float32)
        ways[:] = WAYS.reshape(1, 34, 1, 1)
        answered = dynamic_head.answered(
            HEAD,
            torch.from_numpy(numbers),
            torch.from_numpy(told),
            bases=torch.from_numpy(bases)[None],
            ways=torch.from_numpy(ways),
        )
        centres = np.zeros((1, 1, 2 * height, 2 * width), np.float32)
        stages = [centres, *(one.numpy() for one in answered)]
        return stages if wanted is None else [stages[i] for i in sorted(wanted)]


@pytest.fixture
def answer() -> FrameResult:
    return estimate(Request())


def frame() -> Frame:
    return Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), 0, Timestamp(0, Fraction(1, 30)))


def estimate(request: Request, **settings) -> FrameResult:
    estimator = estimator_of(CARD, Heads3(), **settings)
    return estimator.estimate(frame(), Box.whole(SIZE), request)


def light(result: FrameResult) -> np.ndarray:
    """The frame pixel of the highest cell of the nose's map."""
    output = result.stage(SOFTMAX)
    row, column = np.unravel_index(output.values[0].argmax(), output.values[0].shape)
    return apply(output.to_frame, np.array([column, row], float))


def person_of(result: FrameResult) -> int:
    """The person whom the light is at."""
    return int(np.linalg.norm(PLACES - light(result), axis=1).argmin())


def test_everybody_is_found_with_the_joints_of_their_own_filters(answer: FrameResult) -> None:
    assert len(answer.poses) == 3
    order = [1, 2, 0]
    middles = answer.poses.box[:, :2] + answer.poses.box[:, 2:] / 2
    np.testing.assert_allclose(middles, PLACES[order], atol=1e-3)
    away = np.abs(answer.poses.xy - PLACES[order][:, None] - WAYS)
    # Half a cell: all belief lies on the person's place.
    assert away.max() <= 4 + 1e-3
    peaks = answer.stage_poses[DIRECTIONS].xy
    np.testing.assert_allclose(answer.poses.xy - peaks, [WAYS] * 3, atol=1e-3)
    assert np.isfinite(answer.poses.covariance).all()
    assert answer.poses.score.min() > 0.2


def test_with_argmax_joints_stay_in_the_middle_of_the_cell() -> None:
    plain = estimate(Request(), decoding="argmax")
    np.testing.assert_allclose(plain.poses.xy % 8, 3.5, atol=1e-3)


def test_the_surest_persons_maps_are_shown_and_follow_the_focus(answer: FrameResult) -> None:
    assert person_of(answer) == 1
    for row, person in ((1, 2), (2, 0)):
        turned = foremost(answer, row)
        assert person_of(turned) == person
        assert Heads.of(turned.stage(1).values).place[0].tolist() == PLACES[person].tolist()
        # The shared maps are the same for everybody; how far a cell lies from the person is not.
        before, after = (one.stage(BASES).values for one in (answer, turned))
        np.testing.assert_array_equal(before, after)
        before, after = (one.stage(COORDINATES).values for one in (answer, turned))
        assert np.abs(before - after).max() > 1
        np.testing.assert_allclose(turned.stage(SOFTMAX).values.sum(axis=(1, 2)), 1, atol=1e-5)


def test_maps_that_are_asked_for_later_are_of_the_person_in_front() -> None:
    bare = foremost(estimate(Request(stages=frozenset())), 2)
    assert bare.stages == ()
    shown = with_maps(bare, estimator_of(CARD, Heads3()), Request(stages=frozenset({SOFTMAX})))
    assert person_of(shown) == 0


def test_a_map_brings_along_what_it_is_made_of() -> None:
    asked = estimate(Request(stages=frozenset({SOFTMAX})))
    assert {one.number for one in asked.stages} == {1, 2, 3, 4, 5, 6, 7}
    assert estimate(Request(stages=frozenset())).stages == ()


def test_filters_of_the_next_person_move_the_light_there(answer: FrameResult) -> None:
    own = foremost(answer, 1)
    assert person_of(own) == 2
    # In the order of the poses, as the People dock lists them.
    other = int(np.abs(PLACES - _middles(own)[1]).sum(axis=1).argmin())
    for how in ("filters", "head"):
        moved = personal(own, read_with=how)
        assert person_of(moved) == other
        assert moved.poses is own.poses
    # With the place too, they are exactly the other's maps; and back again they are one's own.
    row = int(np.abs(_middles(own) - PLACES[other]).sum(axis=1).argmin())
    theirs = foremost(own, row)
    for number in (2, 3, 4, 5, 6, 7):
        np.testing.assert_array_equal(
            personal(own, read_with="head").stage(number).values, theirs.stage(number).values
        )
        np.testing.assert_array_equal(
            personal(personal(own, read_with="head")).stage(number).values,
            own.stage(number).values,
        )
    away = personal(own, read_with="filters").stage(COORDINATES).values
    np.testing.assert_array_equal(away, own.stage(COORDINATES).values)


def _middles(result: FrameResult) -> np.ndarray:
    return result.poses.box[:, :2] + result.poses.box[:, 2:] / 2


def test_one_person_alone_keeps_the_own_filters(answer: FrameResult) -> None:
    alone = replace(answer, poses=answer.poses.only(np.array([0])))
    for how in ("own", "filters", "head"):
        assert person_of(personal(alone, read_with=how)) == 1


def test_a_region_is_looked_at_as_large_as_the_input() -> None:
    estimator = estimator_of(CARD, Heads3())
    result = estimator.estimate(frame(), Box(100.0, 50.0, 224.0, 128.0), Request())
    inside = apply(invert(result.stage(SOFTMAX).to_frame), light(result)) * 8 + 3.5
    np.testing.assert_allclose(inside, PLACES[1], atol=6)
    assert filters_stage(card("openpose-lite").stages) is None


def test_the_detector_confirms_people() -> None:
    careful = replace(CARD, codec=replace(CARD.codec, surely=0.7))
    for scores, places in (([0.9, 0.0, 0.6], [0, 2]), ([0.0, 0.0, 0.0], [])):
        estimator = estimator_of(careful, Heads3())
        estimator.finder = Seer(scores, PLACES[:, None] + WAYS)
        result = estimator.estimate(frame(), Box.whole(SIZE), Request())
        np.testing.assert_allclose(_middles(result), PLACES[places], atol=1e-3)
        assert result.detections is estimator.finder.seen
    # Where nobody asks it, it says nothing.
    estimator = estimator_of(CARD, Heads3())
    estimator.finder = Seer([0.0, 0.0, 0.0], PLACES[:, None] + WAYS)
    assert len(estimator.estimate(frame(), Box.whole(SIZE), Request()).poses) == 3
