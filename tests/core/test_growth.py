"""The steps of a decoder, from a parsing."""

import numpy as np
import pytest

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.offsets import OffsetCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.core.growth import sentence_of, steps_of
from tests.codec.scenes import crowd
from tests.codec.test_offsets import SIZE, drawn

CODEC = OffsetCodec("coco-17")


def maps(people: int):
    """Maps whose beliefs all differ, so that the order is known."""
    found = list(CODEC.encode(drawn(11, people), size=SIZE))
    found[0] = found[0] * np.random.default_rng(2).uniform(0.3, 1, found[0].shape)
    return found


@pytest.mark.parametrize("refinements", [0, 2])
def test_each_person_is_a_seed_and_sixteen_limbs(refinements):
    parsing = CODEC.decode(*maps(2), refinements=refinements)
    steps = steps_of(parsing, CODEC.skeleton)
    xy, _ = parsing.joints()
    for person in range(len(parsing)):
        own = [step for step in steps if step.person == person]
        assert own[0].event == "seed"
        assert [step.event for step in own[1:]] == ["joined"] * 16
        assert {step.joint for step in own} == set(range(17))
        known = {own[0].joint}
        for step in own[1:]:
            assert step.source in known
            known.add(step.joint)
            assert len(step.places) == 2 + refinements
            assert step.places[0] == tuple(xy[person, step.source])
            assert step.places[-1] == tuple(xy[person, step.joint])


def test_seeds_come_the_surest_first_and_refused_ones_between_them():
    parsing = CODEC.decode(*maps(3))
    steps = [step for step in steps_of(parsing, CODEC.skeleton) if step.event != "joined"]
    assert len(steps) == len(parsing) + len(parsing.candidates) - 17 * len(parsing)
    assert [step.event for step in steps].count("seed") == 3
    scores = [step.score for step in steps]
    assert scores == sorted(scores, reverse=True)


def test_limbs_of_fields_are_steps_too():
    codec = FieldCodec(HeatmapCodec(8, 7 / 8, background=True), "openpose-coco-18")
    people = crowd(codec.skeleton, np.random.default_rng(0), people=2, size=(656, 368))
    parsing = codec.decode(*codec.encode(people, size=(656, 368)))
    steps = steps_of(parsing, codec.skeleton)
    assert len(steps) == len(parsing.taken)
    assert {step.person for step in steps} == {0, 1}
    assert "score" in sentence_of(steps[0], codec.skeleton, ("person 0", "person 1"))


def test_nobody_has_no_steps():
    parsing = CODEC.decode(*CODEC.encode(np.zeros((0, 17, 2)), size=SIZE))
    assert steps_of(parsing, CODEC.skeleton) == ()


def test_steps_are_told_in_words():
    parsing = CODEC.decode(*maps(1))
    seed, first, *_, last = steps_of(parsing, CODEC.skeleton)
    skeleton = CODEC.skeleton
    joint = skeleton.joints[seed.joint].replace("_", " ")
    people = ("person 4",)
    begins = f"Person 4 starts at the {joint}, belief {seed.score:.2f}"
    assert sentence_of(seed, skeleton, people) == begins
    assert "of person 4, refined by " in sentence_of(first, skeleton, people)
    assert sentence_of(last, skeleton, people).endswith("is a person's already")
