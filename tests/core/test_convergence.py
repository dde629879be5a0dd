"""How an answer comes about, on answers whose numbers can be worked out by hand."""

from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure
from poseviewer.core.convergence import converge
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request, StageOutput, StageSpec
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD, STAGES, Dots, DotsClip, joints

SKELETON = load_skeleton("lsp-14")
WRIST, SHOULDER, HIP = (
    SKELETON.index(name) for name in ("left_wrist", "left_shoulder", "right_hip")
)
PLACES = np.zeros((14, 2)) + np.arange(14)[:, None]
PLACES[SHOULDER], PLACES[HIP] = (0, 0), (60, 80)
"""A torso of 100 pixels."""


def people(*places):
    n = len(places)
    return Poses(
        np.array(places, np.float32).reshape(n, 14, 2),
        np.full((n, 14), 0.5, np.float32),
        np.zeros((n, 4), np.float32),
        np.full(n, -1),
        SKELETON,
    )


def moved(joint, by):
    places = PLACES.copy()
    places[joint] += by
    return places


def result(*stages, maps=()):
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0, Timestamp(0, Fraction(1)))
    angles = measure(stages[-1], specs=(), gate=0.2)
    return FrameResult(frame, stages[-1], stages, angles, maps, Box.whole((8, 8)))


def specs(count, kind="heatmap"):
    return tuple(StageSpec(f"stage {n}", kind, 4, SKELETON.joints) for n in range(count))


def test_distances_are_pixels_to_the_last_answer():
    got = converge(
        result(people(moved(WRIST, (30, 40))), people(moved(WRIST, (0, 4))), people(PLACES)),
        specs=specs(3),
    )
    assert got.distance[:, WRIST].tolist() == pytest.approx([50, 4, 0])
    assert got.distance[:, HIP].tolist() == [0, 0, 0]
    assert got.torso == pytest.approx(100)
    assert got.peak[:, WRIST].tolist() == [0.5] * 3


def test_settled_from_the_stage_on_that_stays_within_a_twentieth_of_the_torso():
    steps = [(30, 40), (0, 4), (0, 9), (3, 0), (0, 0)]
    got = converge(result(*(people(moved(WRIST, by)) for by in steps)), specs=specs(5))
    assert got.settled[WRIST] == 3
    assert got.settled[HIP] == 0


def test_a_joint_that_was_not_found_has_no_numbers_and_never_settles():
    lost = moved(WRIST, (np.nan, np.nan))
    got = converge(result(people(PLACES), people(lost)), specs=specs(2))
    assert np.isnan(got.distance[:, WRIST]).all()
    assert np.isnan(got.peak[1, WRIST])
    assert got.settled[WRIST] == 2


def test_the_person_of_a_stage_is_the_one_who_stands_there():
    other = PLACES + np.array([300, 0])
    early = people(other + 5, moved(WRIST, (0, 7)))
    got = converge(result(early, people(PLACES, other)), specs=specs(2), person=0)
    assert got.distance[:, WRIST].tolist() == pytest.approx([7, 0])
    got = converge(result(early, people(PLACES, other)), specs=specs(2), person=1)
    assert got.distance[0, WRIST] == pytest.approx(np.hypot(5, 5))


def test_a_stage_that_found_only_others_says_nothing_of_a_person():
    far = people(PLACES + np.array([300, 0]), PLACES + np.array([0, 300]))
    got = converge(result(far, people(PLACES)), specs=specs(2))
    assert np.isnan(got.distance[0]).all()


def test_nobody_is_no_answer():
    assert converge(result(people(PLACES), people()), specs=specs(2)) is None
    assert converge(result(people(PLACES)), specs=specs(1), person=1) is None


def test_stages_of_fields_are_left_out_and_of_coordinates_have_no_maps():
    mixed = (*specs(1, "paf"), *specs(1), *specs(1, "coords"))
    got = converge(result(people(PLACES), people(PLACES), people(PLACES)), specs=mixed)
    assert got.stages == (1, 2)
    assert np.isnan(got.entropy).all()
    assert np.isfinite(got.peak).all()
    assert got.cells == 0


def test_maps_that_were_asked_for_have_entropy_and_modes():
    values = np.zeros((14, 6, 7), np.float32)
    values[WRIST] = 0.5
    values[HIP, 1, 1] = values[HIP, 4, 4] = 0.8
    maps = (StageOutput(specs(1)[0], values, np.eye(2, 3), 1),)
    got = converge(result(people(PLACES), people(PLACES), maps=maps), specs=specs(2))
    assert got.entropy[1, WRIST] == pytest.approx(np.log2(42))
    assert got.entropy[1, HIP] == pytest.approx(1)
    assert got.modes[1, HIP] == 2
    assert np.isnan(got.entropy[0]).all()
    assert got.cells == 42


def test_the_truth_measures_errors_by_its_own_torso():
    truth = PLACES * 2
    truth[WRIST] = PLACES[WRIST] + (0, 41)
    truth[SHOULDER + 1] = np.nan
    got = converge(
        result(people(moved(WRIST, (0, 1))), people(PLACES)), specs=specs(2), truth=truth
    )
    assert got.true_torso == pytest.approx(200)
    assert got.error[:, WRIST].tolist() == pytest.approx([40, 41])
    assert got.hits[:, WRIST].tolist() == [1, 0]
    assert np.isnan(got.hits[:, SHOULDER + 1]).all()
    assert np.isnan(got.error[:, SHOULDER + 1]).all()


def test_a_joint_that_was_not_found_is_a_miss():
    lost = moved(WRIST, (np.nan, np.nan))
    got = converge(result(people(lost), people(PLACES)), specs=specs(2), truth=PLACES)
    assert got.hits[:, WRIST].tolist() == [0, 1]


def test_real_maps_of_known_joints_lie_on_the_truth_and_grow_surer():
    box = Box(60.3, 10.7, 215.0, 215.0)
    answer = Estimator(CARD, Dots()).estimate(DotsClip().read(4), box, Request())
    got = converge(answer, specs=STAGES, truth=joints(4))
    assert got.error[-1].max() < 0.35 * 4 * 215 / 128
    assert (np.diff(got.peak, axis=0) > 0).all()
    assert got.hits[-1].all()
