"""Fields from people and people from fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.codec.parsing import LIGHTWEIGHT, OPENPOSE, OPENPOSE_MPI, REFERENCE, local_peaks
from poseviewer.core.parsing import LimbVerdict
from tests.codec.scenes import crowd

SIZE = (656, 368)
NAMES = ("openpose-coco-18", "body-25", "openpose-mpi-15")
BELIEFS = HeatmapCodec(stride=8, sigma=7 / 8, background=True)
LIMB_BY_LIMB = replace(OPENPOSE, assembly="limb_by_limb")


def codec(name: str = "openpose-coco-18", **changes) -> FieldCodec:
    return FieldCodec(BELIEFS, name, **changes)


def people_of(one: FieldCodec, joints: np.ndarray, present=None) -> tuple[np.ndarray, np.ndarray]:
    """What comes back, in pixels and with its beliefs, sorted from left to right."""
    fields, beliefs = one.encode(joints, size=SIZE, present=present)
    xy, score = one.decode(fields, beliefs).joints()
    order = np.argsort(np.nanmean(xy[..., 0], axis=1)) if len(xy) else slice(0)
    return one.beliefs.to_pixels(xy)[order], score[order]


def sorted_people(joints: np.ndarray) -> np.ndarray:
    return joints[np.argsort(joints[..., 0].mean(axis=1))] if len(joints) else joints


@pytest.mark.parametrize("rules", [OPENPOSE, LIMB_BY_LIMB, REFERENCE, LIGHTWEIGHT, OPENPOSE_MPI])
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 6))
def test_rendered_people_come_back_and_nobody_else(name, rules, seed, count) -> None:
    one = codec(name, rules=rules)
    joints = crowd(one.skeleton, np.random.default_rng(seed), people=count, size=SIZE)
    xy, score = people_of(one, joints)
    assert xy.shape == joints.shape
    # A cell is eight pixels; two joints of one kind are never near enough to pull each other.
    assert np.abs(xy - sorted_people(joints)).max(initial=0) < 0.5
    assert (score > 0.7).all()


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), best_first=st.booleans())
def test_what_is_hidden_is_missing_and_the_rest_holds_together(seed, best_first) -> None:
    one = codec(rules=OPENPOSE if best_first else LIMB_BY_LIMB)
    rng = np.random.default_rng(seed)
    joints = sorted_people(crowd(one.skeleton, rng, people=3, size=SIZE))
    # Hands, feet and ears are leaves of the tree: without them the rest is one piece.
    present = np.ones(joints.shape[:2], bool)
    present[:, [4, 7, 10, 13, 16, 17]] = rng.random((len(joints), 6)) < 0.5
    xy, score = people_of(one, joints, present)
    assert xy.shape == joints.shape
    order = np.argsort([joints[i][present[i], 0].mean() for i in range(len(joints))])
    np.testing.assert_array_equal(np.isfinite(xy[..., 0]), present[order])
    np.testing.assert_array_equal(score > 0, present[order])


def test_beliefs_of_people_are_combined_by_their_maximum() -> None:
    one = codec()
    joints = np.full((2, 18, 2), 100.0)
    joints[1] += 16
    fields, beliefs = one.encode(joints, size=SIZE)
    assert fields.shape == (38, 46, 82)
    assert beliefs.shape == (19, 46, 82)
    single = [BELIEFS.encode(each, size=SIZE) for each in joints]
    np.testing.assert_allclose(beliefs[:18], np.maximum(*single)[:18])
    np.testing.assert_allclose(beliefs[18], 1 - beliefs[:18].max(axis=0), atol=1e-6)


def test_a_field_is_the_unit_vector_on_its_limb_and_nothing_elsewhere() -> None:
    one = codec(beyond=0.0)
    joints = np.zeros((1, 18, 2))
    joints[0, 1], joints[0, 2] = BELIEFS.to_pixels(np.array([[10, 20], [18, 26]]))
    present = np.zeros((1, 18), bool)
    present[0, [1, 2]] = True
    fields, _ = one.encode(joints, size=SIZE, present=present)
    on = np.hypot(fields[12], fields[13]) > 0
    np.testing.assert_allclose(fields[12][on], 0.8, rtol=1e-6)
    np.testing.assert_allclose(fields[13][on], 0.6, rtol=1e-6)
    assert on[20, 10]
    assert on[26, 18]
    y, x = np.nonzero(on)
    along, across = (x - 10) * 0.8 + (y - 20) * 0.6, (x - 10) * 0.6 - (y - 20) * 0.8
    assert along.min() >= -1e-5
    assert along.max() <= 10 + 1e-5
    assert np.abs(across).max() <= 1 + 1e-5
    assert not np.delete(fields, [12, 13], axis=0).any()


def test_fields_of_people_who_cross_are_averaged() -> None:
    one = codec()
    joints = np.zeros((2, 18, 2))
    joints[0, 1], joints[0, 2] = BELIEFS.to_pixels(np.array([[5, 10], [25, 10]]))
    joints[1, 1], joints[1, 2] = BELIEFS.to_pixels(np.array([[15, 0], [15, 20]]))
    present = np.zeros((2, 18), bool)
    present[:, [1, 2]] = True
    fields, _ = one.encode(joints, size=SIZE, present=present)
    assert fields[12:14, 10, 15].tolist() == [0.5, 0.5]
    assert fields[12:14, 10, 20].tolist() == [1.0, 0.0]


def test_nobody_leaves_background_only() -> None:
    one = codec()
    fields, beliefs = one.encode(np.zeros((0, 18, 2)), size=SIZE)
    assert not fields.any()
    assert not beliefs[:18].any()
    assert (beliefs[18] == 1).all()
    parsing = one.decode(fields, beliefs)
    assert len(parsing) == len(parsing.candidates) == len(parsing.limbs) == len(parsing.taken) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_mirrored_picture_has_mirrored_fields(name: str) -> None:
    one = codec(name)
    joints = crowd(one.skeleton, np.random.default_rng(4), people=2, size=SIZE)
    fields, _ = one.encode(joints, size=SIZE)
    other = joints[:, list(one.skeleton.mirror)].copy()
    other[..., 0] = SIZE[0] - 1 - other[..., 0]
    mirrored, _ = one.encode(other, size=SIZE)
    np.testing.assert_allclose(one.mirrored(fields), mirrored, atol=1e-5)
    np.testing.assert_allclose(one.mirrored(one.mirrored(fields)), fields)


def test_everything_weighed_is_kept() -> None:
    one = codec()
    joints = crowd(one.skeleton, np.random.default_rng(0), people=2, size=SIZE)
    assert len(joints) == 2
    parsing = one.decode(*one.encode(joints, size=SIZE))
    # Two of every joint, four connections of every limb.
    assert len(parsing.candidates) == 36
    assert len(parsing.limbs) == 4 * 19
    limbs = parsing.limbs
    taken = limbs.limb[parsing.taken]
    assert np.bincount(taken, minlength=19)[:17].tolist() == [2] * 17
    assert (limbs.share[parsing.taken] > 0.95).all()
    assert (limbs.score[parsing.taken] > 0.9).all()
    with pytest.raises(ValueError, match="read-only"):
        parsing.people[0, 0] = 3
    moved = parsing.moved(np.array([[2.0, 0, 5], [0, 2.0, 7]]))
    np.testing.assert_allclose(moved.candidates.xy, parsing.candidates.xy * 2 + (5, 7))
    assert len(parsing.only(np.array([True, False]))) == 1


def test_a_limb_across_empty_field_is_not_taken() -> None:
    one = codec()
    joints = crowd(one.skeleton, np.random.default_rng(0), people=2, size=SIZE)
    fields, beliefs = one.encode(joints, size=SIZE)
    fields[:] = 0
    parsing = one.decode(fields, beliefs)
    assert len(parsing) == 0
    assert not parsing.limbs.score.any()
    assert len(parsing.candidates) == 36


def test_a_person_needs_three_joints_that_are_sure() -> None:
    one = codec()
    joints = crowd(one.skeleton, np.random.default_rng(2), people=1, size=SIZE)
    present = np.zeros((1, 18), bool)
    present[0, [1, 2]] = True
    assert len(people_of(one, joints, present)[0]) == 0
    present[0, 3] = True
    assert len(people_of(one, joints, present)[0]) == 1
    fields, beliefs = one.encode(joints, size=SIZE, present=present)
    assert len(one.decode(fields * 0.1, beliefs * 0.1)) == 0


def test_feet_and_a_lone_leg_count_only_where_there_is_nothing_else() -> None:
    one = codec("body-25")
    joints = crowd(one.skeleton, np.random.default_rng(0), people=2, size=SIZE)
    assert len(joints) == 2
    present = np.ones((2, 25), bool)
    present[1] = False
    present[1, [12, 13, 14, 19, 21]] = True
    assert len(people_of(one, joints, present)[0]) == 1
    assert len(people_of(one, joints[1:], present[1:])[0]) == 1


def test_spare_limbs_start_nobody() -> None:
    one = codec(rules=replace(OPENPOSE, parts=2))
    joints = crowd(one.skeleton, np.random.default_rng(3), people=1, size=SIZE)
    present = np.zeros((1, 18), bool)
    present[0, [2, 16]] = True
    parsing = one.decode(*one.encode(joints, size=SIZE, present=present))
    assert parsing.limbs.score.max() > 0.9
    assert len(parsing) == 0


def test_best_first_unites_what_has_grown_apart() -> None:
    """Both legs stand alone until the weak connections of the neck with the hips are reached."""
    one = codec()
    joints = crowd(one.skeleton, np.random.default_rng(6), people=1, size=SIZE)
    fields, beliefs = one.encode(joints, size=SIZE)
    fields[[0, 1, 6, 7]] *= 0.5
    parsing = one.decode(fields, beliefs)
    assert (parsing.people >= 0).tolist() == [[True] * 18]
    limbs = [limb for limb in parsing.limbs.limb[parsing.taken].tolist() if limb < 17]
    assert set(limbs[-2:]) == {6, 9}


def test_of_equal_cells_the_first_is_the_peak() -> None:
    maps = np.zeros((1, 8, 8), np.float32)
    maps[0, 3:5, 2:4] = 1.0
    maps[0, 0, 7] = 0.5
    joint, y, x = local_peaks(maps, above=0.05, most=9)
    assert list(zip(joint.tolist(), y.tolist(), x.tolist(), strict=True)) == [(0, 0, 7), (0, 3, 2)]


def test_the_highest_peaks_stay() -> None:
    maps = np.zeros((2, 3, 20), np.float32)
    maps[0, 1, 1::4] = [0.3, 0.9, 0.5, 0.7, 0.2]
    maps[1, 1, 3] = 0.1
    joint, _, x = local_peaks(maps, above=0.05, most=2)
    assert joint.tolist() == [0, 0, 1]
    assert x.tolist() == [5, 13, 3]


BUILT = {
    "neck-right_shoulder": 0.64, "neck-left_shoulder": 0.64, "right_shoulder-right_elbow": 1.2,
    "right_elbow-right_wrist": 1.0, "left_shoulder-left_elbow": 1.2, "left_elbow-left_wrist": 1.0,
    "neck-right_hip": 2.2, "right_hip-right_knee": 1.7, "right_knee-right_ankle": 1.7,
    "neck-left_hip": 2.2, "left_hip-left_knee": 1.7, "left_knee-left_ankle": 1.7,
    "neck-nose": 0.9, "nose-right_eye": 0.23, "right_eye-right_ear": 0.36,
    "nose-left_eye": 0.23, "left_eye-left_ear": 0.36,
    "right_shoulder-right_ear": 0.9, "left_shoulder-left_ear": 0.9,
}  # fmt: skip


def standing(x: float, *, unit: float = 40.0) -> np.ndarray:
    """The joints (18, 2) of a person of usual lengths, neck at `x`; both arms hang."""
    across = [0, 0, -0.64, -0.7, -0.75, 0.64, 0.7, 0.75, -0.45, -0.5, -0.5, 0.45, 0.5, 0.5]
    down = [-0.9, 0, 0, 1.2, 2.2, 0, 1.2, 2.2, 2.15, 3.85, 5.5, 2.15, 3.85, 5.5]
    face = [(-0.15, -1.07), (0.15, -1.07), (-0.5, -1.0), (0.5, -1.0)]
    joints = np.array([*zip(across, down, strict=True), *face])
    return joints * unit + (x, 80.0)


def checked(**rules) -> FieldCodec:
    one = codec()
    joints = one.skeleton.joints
    names = [f"{joints[limb.start]}-{joints[limb.end]}" for limb in one.skeleton.limbs]
    lengths = tuple(BUILT[name] for name in names)
    return replace(one, rules=replace(OPENPOSE, lengths=lengths, **rules))


def test_a_limb_that_is_too_long_beside_the_person_s_others_is_refused_by_name() -> None:
    """The field of a forearm says that it reaches to a wrist four times too far away."""
    joints = standing(200.0)[None]
    joints[0, 7] = joints[0, 6] + (4 * 40.0, 0)
    fields, beliefs = codec().encode(joints, size=SIZE)
    fields[24:26] *= 0.8
    free, bound = (one.decode(fields, beliefs) for one in (checked(stretch=99.0), checked()))
    assert (free.people >= 0).all()
    assert (bound.people[0] < 0).nonzero()[0].tolist() == [7]
    (long,) = np.flatnonzero(bound.verdict == LimbVerdict.LONG)
    assert bound.limbs.limb[long] == 5
    assert bound.limbs.score[long] > 0.7


@pytest.mark.parametrize("unit", [20.0, 40.0])
def test_lengths_of_usual_people_are_allowed_at_any_size(unit: float) -> None:
    joints = np.stack([standing(150.0, unit=unit), standing(450.0, unit=unit)])
    parsing = checked().decode(*codec().encode(joints, size=SIZE))
    assert (parsing.people >= 0).all()
    assert len(parsing) == 2
    assert not (parsing.verdict == LimbVerdict.LONG)[parsing.taken].any()


def test_every_limb_says_what_became_of_it() -> None:
    joints = np.stack([standing(150.0), standing(450.0)])
    present = np.ones((2, 18), bool)
    # Two joints of the other are no person.
    present[1] = False
    present[1, [1, 2]] = True
    parsing = checked().decode(*codec().encode(joints, size=SIZE, present=present))
    counts = {kind: int((parsing.verdict == kind).sum()) for kind in LimbVerdict}
    assert counts[LimbVerdict.TAKEN] == len(parsing.taken) - 1
    assert counts[LimbVerdict.NOBODY] == 1
    # From ear to shoulder, met before the person had begun, which such limbs may not begin.
    assert counts[LimbVerdict.RIVAL] == 2
    assert counts[LimbVerdict.FAINT] == len(parsing.limbs) - len(parsing.taken) - 2
    assert len(parsing.verdict) == len(parsing.limbs)


def test_a_detector_confirms_people_and_ranks_them() -> None:
    joints = np.stack([standing(150.0), standing(450.0)])
    parsing = checked().decode(*codec().encode(joints, size=SIZE))
    first, second = parsing.people.tolist()
    both = parsing.confirmed(np.array([0.1, 0.6]), least=0.8)
    assert both.people.tolist() == [second, first]
    assert both.score == pytest.approx(parsing.score[::-1] / 36 + (0.6, 0.1))
    one = parsing.confirmed(np.array([0.0, 0.6]), least=both.score[1])
    assert one.people.tolist() == [second]
    theirs = np.isin(one.limbs.start, first) & (parsing.verdict == LimbVerdict.TAKEN)
    assert (one.verdict[theirs] == LimbVerdict.UNSEEN).all()
    assert (one.verdict == LimbVerdict.UNSEEN).sum() == theirs.sum() > 10
