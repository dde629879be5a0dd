"""Angles beyond the estimator's own: a person's definitions, and which way people face."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import AngleSpec, measure, offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.source import Mannequin, parse_location
from poseviewer.pipeline.angles import Goniometer, facing_votes

RATE = 30


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return Mannequin(parse_location(f"mannequin:640x480@{RATE}"))


def mirrored(poses: Poses) -> Poses:
    """The same people seen in a mirror: left is right there."""
    xy = poses.xy[:, list(poses.skeleton.mirror)] * np.float32([-1, 1]) + np.float32([639, 0])
    return replace(poses, xy=xy, score=poses.score.copy(), box=poses.box.copy())


def result(poses: Poses, index: int) -> FrameResult:
    """What an estimator would have said of frame `index`."""
    frame = Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, RATE)))
    angles = measure(poses, specs=offered_angles(poses.skeleton), facing="right")
    return FrameResult(frame, poses, (poses,), angles, (), Box(0, 0, 640, 480))


def ways(goniometer: Goniometer, people: dict[int, Poses]) -> dict[int, str]:
    return {
        index: goniometer.measured(result(poses, index)).angles.facing[0]
        for index, poses in people.items()
    }


@pytest.mark.parametrize("mirror", [False, True])
def test_a_squat_is_seen_to_face_the_way_it_does(mannequin: Mannequin, mirror: bool) -> None:
    """From 17.5 to 22 s the mannequin squats, seen from the side, facing right."""
    truth = {i: mannequin.truth(i) for i in range(int(17.5 * RATE), 22 * RATE, 3)}
    people = {i: mirrored(p) if mirror else p for i, p in truth.items()}
    seen = ways(Goniometer(facing="auto"), people)
    assert set(seen.values()) == {"left" if mirror else "right"}


def test_the_angles_of_a_mirrored_person_are_the_same(mannequin: Mannequin) -> None:
    """Facing left is the mirror image: every angle but those between sides is the other side's."""
    index = 19 * RATE
    straight = Goniometer(facing="auto").measured(result(mannequin.truth(index), index)).angles
    turned = Goniometer(facing="auto").measured(result(mirrored(mannequin.truth(index)), index))
    names = [spec.name for spec in straight.specs]
    for column, name in enumerate(names):
        if name in ("pelvis", "shoulders"):
            continue
        other = {"right": "left", "left": "right"}.get(name.split()[0], name.split()[0])
        twin = names.index(" ".join([other, *name.split()[1:]]))
        away = straight.degrees[0, column] - turned.angles.degrees[0, twin]
        assert abs((away + 180) % 360 - 180) < 0.05, name


def test_who_walks_there_and_back_turns_once_each_way(mannequin: Mannequin) -> None:
    truth = {i: mannequin.truth(i) for i in range(27 * RATE, 36 * RATE, 2)}
    seen = ways(Goniometer(facing="auto"), truth)
    hips = np.array([poses.xy[0, 2:4, 0].mean() for poses in truth.values()])
    moved = np.gradient(hips)
    walks = np.abs(moved) > 0.6 * np.abs(moved).max()
    right = np.array([way == "right" for way in seen.values()])
    assert (right == (moved > 0))[walks].mean() > 0.8
    assert np.count_nonzero(np.diff(right)) <= 4


def test_standing_straight_keeps_the_way_seen_before(mannequin: Mannequin) -> None:
    squat = mirrored(mannequin.truth(19 * RATE))
    front = mannequin.truth(4 * RATE)
    assert abs(facing_votes(front)[0]) < 0.2 < abs(facing_votes(squat)[0])
    goniometer = Goniometer(facing="auto")
    people = {0: squat} | dict.fromkeys(range(1, 60), front)
    assert set(ways(goniometer, people).values()) == {"left"}
    goniometer.reset()
    assert set(ways(goniometer, {61: front}).values()) == {"right"}


def test_one_wrong_frame_turns_nobody(mannequin: Mannequin) -> None:
    squat = {index: mannequin.truth(19 * RATE) for index in range(30)}
    squat[20] = mirrored(squat[20])
    assert set(ways(Goniometer(facing="auto"), squat).values()) == {"right"}


def test_after_a_reset_a_frame_is_measured_as_if_it_were_the_first(mannequin: Mannequin) -> None:
    squat, front = mannequin.truth(19 * RATE), result(mannequin.truth(4 * RATE), 60)
    alone = Goniometer(facing="auto").measured(front).angles
    goniometer = Goniometer(facing="auto")
    for index in range(30):
        goniometer.measured(result(mirrored(squat), index))
    followed = goniometer.measured(front).angles
    assert followed.facing == ("left",) != alone.facing
    goniometer.reset()
    again = goniometer.measured(front).angles
    assert again.facing == alone.facing
    np.testing.assert_array_equal(again.degrees, alone.degrees)


def test_people_face_each_other() -> None:
    skeleton = load_skeleton("body-25")
    xy = np.full((2, 25, 2), np.nan, np.float32)
    score = np.zeros((2, 25), np.float32)
    for joint, place in {
        "neck": (100, 50), "mid_hip": (100, 150), "right_hip": (100, 150),
        "right_heel": (90, 350), "right_big_toe": (120, 350), "nose": (110, 30),
    }.items():  # fmt: skip
        at = skeleton.index(joint)
        xy[0, at], xy[1, at] = place, (400 - place[0], place[1])
        score[:, at] = 0.9
    poses = Poses(xy, score, np.zeros((2, 4), np.float32), np.array([4, 7]), skeleton)
    votes = facing_votes(poses, gate=0.2)
    assert votes[0] == pytest.approx(0.3)  # the foot is 30 pixels long, the torso 100
    assert votes[1] == pytest.approx(-0.3)
    assert Goniometer(facing="auto").measured(result(poses, 0)).angles.facing == ("right", "left")
    unsure = replace(poses, score=np.full_like(score, 0.1))
    assert facing_votes(unsure, gate=0.2).tolist() == [0, 0]
    assert len(facing_votes(Poses.nobody(skeleton))) == 0


def test_own_angles_come_after_the_standard_ones(mannequin: Mannequin) -> None:
    """The interior angle of the knee, measured as the angle between three points."""
    own = AngleSpec("inside of knee", ("right_hip", "right_knee", "right_ankle"))
    missing = AngleSpec("toes", ("right_big_toe", "right_heel"))
    poses = mannequin.truth(19 * RATE)
    goniometer = Goniometer(own=(own, missing))
    angles = goniometer.measured(result(poses, 0)).angles
    assert angles.specs == (*offered_angles(poses.skeleton), own)
    hip, knee, ankle = (poses.xy[0, poses.skeleton.index(j)].astype(float) for j in own.points)
    u, v = hip - knee, ankle - knee
    inside = np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))
    assert abs(angles.degrees[0, -1]) == pytest.approx(inside, abs=1e-3)
    flexion = angles.degrees[0, [s.name for s in angles.specs].index("right knee")]
    assert abs(angles.degrees[0, -1]) == pytest.approx(180 - flexion, abs=1e-3)
