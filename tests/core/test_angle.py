"""The angle definitions, against figures worked out by hand from docs/facts/conventions.md.

Every figure stands in a picture whose y points down and faces right unless a test says
otherwise; the comments give the step by step arithmetic of the first of each kind.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.angle import (
    AngleSpec,
    angle_of,
    measure,
    offered_angles,
    standard_angles,
    why_missing,
    wrap,
)
from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.skeleton import Skeleton, load_skeleton

# A person who stands upright, seen from the right side: x to the front, y down.
STANDING = {
    "head_top": (100, 0),
    "neck": (100, 50),
    "right_shoulder": (100, 50),
    "right_elbow": (100, 100),
    "right_wrist": (100, 150),
    "right_index": (100, 165),
    "mid_hip": (100, 150),
    "right_hip": (100, 150),
    "right_knee": (100, 250),
    "right_ankle": (100, 350),
    "right_heel": (85, 360),
    "right_big_toe": (125, 360),
}


def spec(name: str) -> AngleSpec:
    return next(s for s in standard_angles() if s.name == name)


def value(name: str, **moved: tuple[float, float]) -> float:
    """The angle of the standing figure with some joints moved."""
    places = {**STANDING, **moved}
    xy = np.array([[places[point] for point in spec(name).points]], np.float64)
    return float(angle_of(xy, spec=spec(name))[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # u = (0, 100), v = (0, -100): u x v = 0, u . v < 0, raw = -180; -180 - 180 = -360 -> 0
        ("right knee", 0),
        # u = hip - knee = (0, -100), v = neck - mid hip = (0, -100): raw = 0
        ("right hip", 0),
        ("right shoulder", 0),
        # u = wrist - elbow = (0, 50), v = (0, -50): raw = -180; (-180 + 180) * -1 = 0
        ("right elbow", 0),
        ("right wrist", 0),
        # u = ankle - knee = (0, 100), v = heel - toe = (-40, 0): u x v = 4000, raw = -90; + 90
        ("right ankle", 0),
        # toe - heel = (40, 0): atan2(0, 40) = 0
        ("right foot", 0),
        # ankle - knee = (0, 100): atan2(100, 0) = 90; * -1
        ("right shank", -90),
        ("right thigh", -90),
        ("right arm", -90),
        ("right forearm", -90),
        # neck - mid hip = (0, -100): atan2(-100, 0) = -90; * -1
        ("trunk", 90),
        ("head", 90),
    ],
)
def test_standing_figure(name: str, expected: float) -> None:
    assert value(name) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "moved", "expected"),
    [
        # Shank pointing back: u = (-100, 0), v = (0, -100): u x v = 10000, u . v = 0,
        # raw = -90; -90 - 180 = -270 -> 90 of flexion.
        ("right knee", {"right_ankle": (0, 250)}, 90),
        # 45 degrees: u = (-100, 100), v = (0, -100): cross 10000, dot -10000, raw -135 -> 45
        ("right knee", {"right_ankle": (0, 350)}, 45),
        # Bent the wrong way, the shank pointing forward and down: minus.
        ("right knee", {"right_ankle": (200, 350)}, -45),
        # Thigh level to the front: u = hip - knee = (-100, 0), v = (0, -100):
        # cross = 10000, raw = -90; * -1 = 90.
        ("right hip", {"right_knee": (200, 150)}, 90),
        ("right hip", {"right_knee": (0, 250)}, -45),
        ("right hip", {"neck": (200, 50)}, 45),
        # Arm level to the front: flexion; straight up: the end of the range.
        ("right shoulder", {"right_elbow": (150, 50)}, 90),
        ("right shoulder", {"right_elbow": (50, 100)}, -45),
        # Forearm level to the front: u = (50, 0), v = (0, -50): cross -2500, raw 90;
        # (90 + 180) * -1 = -270 -> 90.
        ("right elbow", {"right_wrist": (150, 100)}, 90),
        ("right elbow", {"right_wrist": (150, 150)}, 45),
        ("right elbow", {"right_wrist": (150, 50)}, 135),
        # Hand level to the front: u = elbow - wrist = (0, -50), v = (15, 0):
        # cross = 750, raw = -90; -90 - 180 = -270 -> 90.
        ("right wrist", {"right_index": (115, 150)}, 90),
        # Toe up by 45 degrees: v = heel - toe = (-40, 40), u = (0, 100): cross 4000,
        # dot 4000, raw -45; + 90 = 45 of dorsiflexion.
        ("right ankle", {"right_big_toe": (125, 320)}, 45),
        ("right ankle", {"right_big_toe": (125, 400)}, -45),
        ("right foot", {"right_big_toe": (125, 320)}, 45),
        # Knee ahead of the ankle: ankle - knee = (-100, 100): atan2 = 135; * -1.
        ("right shank", {"right_knee": (200, 250)}, -135),
        ("right thigh", {"right_knee": (200, 150)}, 0),
        # Leaning forward by 45 degrees.
        ("trunk", {"neck": (200, 50)}, 45),
        ("trunk", {"neck": (0, 50)}, 135),
    ],
)
def test_moved_figure(name: str, moved: dict[str, tuple[float, float]], expected: float) -> None:
    assert value(name, **moved) == pytest.approx(expected, abs=1e-9)


def test_a_deep_squat_stays_on_one_branch() -> None:
    """A knee that flexes further and further never jumps: a wrong period shows here."""
    turn = np.radians(np.arange(0, 171, 5.0))
    knees = [
        value("right knee", right_ankle=(100 - 100 * np.sin(t), 250 + 100 * np.cos(t)))
        for t in turn
    ]
    assert knees == pytest.approx(np.arange(0, 171, 5.0), abs=1e-9)


@pytest.mark.parametrize("name", ["pelvis", "shoulders"])
def test_lines_without_direction_wrap_to_90(name: str) -> None:
    assert spec(name).period == 180
    tilted = np.array([[(200.0, 90.0), (100.0, 100.0)]])
    expected = np.degrees(np.arctan2(10, 100))
    assert angle_of(tilted, spec=spec(name)) == pytest.approx(expected)
    assert angle_of(tilted[:, ::-1], spec=spec(name)) == pytest.approx(expected)


def test_the_table_of_the_product_is_complete() -> None:
    both = ["ankle", "knee", "hip", "shoulder", "elbow", "wrist"]
    both += ["foot", "shank", "thigh", "arm", "forearm"]
    names = {f"{side} {name}" for side in ("right", "left") for name in both}
    assert {s.name for s in standard_angles()} == names | {"trunk", "head", "pelvis", "shoulders"}


def test_left_angles_are_the_right_ones_of_left_joints() -> None:
    for right in standard_angles():
        if right.name.startswith("right "):
            left = spec(right.name.replace("right", "left"))
            assert left.points == tuple(p.replace("right_", "left_") for p in right.points)
            assert (left.offset, left.scale, left.period) == (
                right.offset,
                right.scale,
                right.period,
            )


def test_segments_point_from_proximal_to_distal() -> None:
    ends = {s.name: s.points for s in standard_angles() if len(s.points) == 2}
    assert ends["right foot"] == ("right_big_toe", "right_heel")
    assert ends["right thigh"] == ("right_knee", "right_hip")
    assert ends["left forearm"] == ("left_wrist", "left_elbow")
    assert ends["trunk"] == ("neck", "mid_hip")
    assert ends["head"] == ("head_top", "neck")
    assert ends["pelvis"] == ("left_hip", "right_hip")


def random_people(count: int = 5) -> Poses:
    skeleton = load_skeleton("lsp-14")
    rng = np.random.default_rng(1)
    k = len(skeleton.joints)
    return Poses(
        rng.uniform(0, 500, (count, k, 2)).astype(np.float32),
        np.ones((count, k), np.float32),
        np.zeros((count, 4), np.float32),
        np.full(count, -1),
        skeleton,
    )


def changed(poses: Poses, *, xy: np.ndarray, score: np.ndarray | None = None) -> Poses:
    kept = poses.score if score is None else score
    return Poses(np.asarray(xy, np.float32), kept, poses.box, poses.track, poses.skeleton)


def same_turn(a: np.ndarray, b: np.ndarray, period: np.ndarray) -> bool:
    return bool(np.abs((a - b + period / 2) % period - period / 2).max() < 0.01)


def test_facing_left_is_the_mirror_image() -> None:
    people = random_people()
    specs = offered_angles(people.skeleton)
    mirrored = changed(people, xy=people.xy * (-1, 1) + (640, 0))
    right = measure(people, specs=specs, facing="right").degrees
    left = measure(mirrored, specs=specs, facing="left").degrees
    assert same_turn(left, right, np.array([s.period for s in specs]))


@given(
    turn=st.floats(-180, 180),
    scale=st.floats(0.2, 5),
    x=st.floats(-500, 500),
    y=st.floats(-500, 500),
)
def test_moving_the_camera(turn: float, scale: float, x: float, y: float) -> None:
    """Shift and zoom change nothing; a turn of the camera turns segments and no joint."""
    people = random_people()
    specs = offered_angles(people.skeleton)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    clockwise = np.array([[c, s], [-s, c]])
    moved = changed(people, xy=scale * (people.xy @ clockwise) + (x, y))
    before, after = measure(people, specs=specs).degrees, measure(moved, specs=specs).degrees
    segment = np.array([len(s.points) == 2 for s in specs])
    period = np.array([s.period for s in specs])
    # A segment turned clockwise on the screen points lower, and its angle falls.
    assert same_turn(after, before - turn * segment, period)


@given(st.floats(-1e4, 1e4), st.sampled_from([180, 360]))
def test_wrap(degrees: float, period: int) -> None:
    wrapped = float(wrap(np.array([degrees]), period=period)[0])
    assert -period / 2 < wrapped <= period / 2
    assert abs((wrapped - degrees) / period - round((wrapped - degrees) / period)) < 1e-6


def test_joints_below_the_gate_leave_a_gap() -> None:
    people = random_people(1)
    specs = offered_angles(people.skeleton)
    score = people.score.copy()
    score[0, people.skeleton.index("right_knee")] = 0.19
    angles = measure(changed(people, xy=people.xy, score=score), specs=specs, gate=0.2)
    for column, s in enumerate(specs):
        uses = "right_knee" in s.points
        assert np.isnan(angles.degrees[0, column]) == uses
        assert angles.score[0, column] == pytest.approx(0.19 if uses else 1.0)


def test_missing_joints_and_segments_without_length_leave_a_gap() -> None:
    people = random_people(1)
    skeleton = people.skeleton
    knee = skeleton.index("right_knee")
    only = (spec("right knee"), spec("right thigh"), spec("left knee"))
    gone, folded = people.xy.copy(), people.xy.copy()
    gone[0, knee] = np.nan
    folded[0, knee] = folded[0, skeleton.index("right_hip")]
    for xy in (gone, folded):
        degrees = measure(changed(people, xy=xy), specs=only).degrees[0]
        assert np.isnan(degrees).tolist() == [True, True, False]


def test_nobody_has_no_angles() -> None:
    skeleton = load_skeleton("lsp-14")
    assert measure(Poses.nobody(skeleton), specs=offered_angles(skeleton)).degrees.shape[0] == 0


def test_midpoints_are_derived_and_as_sure_as_the_weaker_end() -> None:
    people = random_people(1)
    skeleton = people.skeleton
    xy, score = people.xy.copy(), people.score.copy()
    xy[0, skeleton.index("left_hip")] = (90, 200)
    xy[0, skeleton.index("right_hip")] = (110, 200)
    xy[0, skeleton.index("neck")] = (100, 100)
    score[0, skeleton.index("left_hip")] = 0.3
    angles = measure(changed(people, xy=xy, score=score), specs=(spec("trunk"),))
    assert angles.degrees[0, 0] == pytest.approx(90)
    assert angles.score[0, 0] == pytest.approx(0.3)


def test_only_what_the_skeleton_can_give_is_offered() -> None:
    offered = {s.name for s in offered_angles(load_skeleton("lsp-14"))}
    assert {"right knee", "right hip", "trunk", "head", "pelvis"} <= offered
    assert not offered & {"right ankle", "right foot", "right wrist"}
    feet = {s.name for s in offered_angles(load_skeleton("poseviewer-23"))} - offered
    assert feet == {f"{side} {part}" for side in ("right", "left") for part in ("ankle", "foot")}
    bare = Skeleton("bare", ("neck",), (), (0,), np.ones(1, np.float32))
    assert offered_angles(bare) == ()
    with pytest.raises(KeyError, match="bare"):
        measure(Poses.nobody(bare), specs=(spec("trunk"),))


def test_angles_leave_out_what_is_not_surely_seen_and_say_why() -> None:
    skeleton = load_skeleton("lsp-14")
    xy = np.random.default_rng(0).uniform(0, 100, (1, 14, 2))
    score, states = np.full(14, 0.9), np.full((1, 14), Visibility.VISIBLE, np.int8)
    knee = next(s for s in offered_angles(skeleton) if s.name == "left knee")
    trunk = next(s for s in offered_angles(skeleton) if s.name == "trunk")

    def found(**changed: Visibility) -> tuple[bool, str, bool]:
        now = states.copy()
        for joint, state in changed.items():
            now[0, skeleton.index(joint)] = state
        place = np.where((now[0] == Visibility.OUTSIDE)[:, None], np.nan, xy[0])
        poses = replace(
            Poses.single(place, score=score, skeleton=skeleton, box=(0, 0, 1, 1)), visibility=now
        )
        degrees = measure(poses, specs=(knee, trunk), gate=0.5).degrees[0]
        why = why_missing(poses, 0, spec=knee, gate=0.5)
        return bool(np.isfinite(degrees[0])), why, bool(np.isfinite(degrees[1]))

    assert found() == (True, "", True)
    assert found(left_ankle=Visibility.OCCLUDED) == (False, "hidden", True)
    assert found(left_knee=Visibility.OUTSIDE) == (False, "outside", True)
    # The trunk is measured to the middle of the hips.
    assert found(left_hip=Visibility.OUTSIDE) == (False, "outside", False)
    assert found(right_ankle=Visibility.OUTSIDE) == (True, "", True)
    score[skeleton.index("left_ankle")] = 0.4
    assert found() == (False, "unsure", True)
