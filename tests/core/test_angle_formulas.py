"""Every standard angle against Pose2Sim's formulas, worked out here anew, modulo a turn.

The table below is that of Pose2Sim and Sports2D as published (docs/facts/conventions.md): points,
offset and scale of the right side. The formulas are written with complex numbers, so that
nothing is shared with the code under test but the table's figures.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from poseviewer.core.angle import measure, standard_angles
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import Skeleton

TABLE = {
    "ankle": (("knee", "ankle", "big_toe", "heel"), 90, 1),
    "knee": (("ankle", "knee", "hip"), -180, 1),
    "hip": (("knee", "hip", "mid_hip", "neck"), 0, -1),
    "shoulder": (("elbow", "shoulder", "mid_hip", "neck"), 0, -1),
    "elbow": (("wrist", "elbow", "shoulder"), 180, -1),
    "wrist": (("elbow", "wrist", "index"), -180, 1),
    "foot": (("big_toe", "heel"), 0, -1),
    "shank": (("ankle", "knee"), 0, -1),
    "thigh": (("knee", "hip"), 0, -1),
    "arm": (("elbow", "shoulder"), 0, -1),
    "forearm": (("wrist", "elbow"), 0, -1),
}
MIDDLE = {
    "trunk": (("neck", "mid_hip"), 0, -1),
    "head": (("head_top", "neck"), 0, -1),
    "pelvis": (("left_hip", "right_hip"), 0, -1),
    "shoulders": (("left_shoulder", "right_shoulder"), 0, -1),
}
SIDED = ("knee", "ankle", "big_toe", "heel", "hip", "elbow", "shoulder", "wrist", "index")
JOINTS = (
    *(f"{side}_{joint}" for side in ("right", "left") for joint in SIDED),
    "neck", "mid_hip", "head_top",
)  # fmt: skip
SKELETON = Skeleton("all", JOINTS, (), tuple(range(len(JOINTS))), np.ones(len(JOINTS), np.float32))


def expected(xy: np.ndarray, name: str, facing: str) -> float:
    """Degrees of one person by the published formulas, not wrapped."""
    side, _, plain = name.partition(" ")
    points, offset, scale = TABLE[plain] if plain else MIDDLE[name]

    def place(point: str) -> complex:
        joint = f"{side}_{point}" if plain and point in SIDED else point
        x, y = xy[JOINTS.index(joint)].tolist()
        return complex(-x if facing == "left" else x, y)

    z = [place(point) for point in points]
    if len(z) == 2:
        # ang_deg = atan2(y of p0 - p1, x of p0 - p1)
        raw = math.degrees(cmath.phase(z[0] - z[1]))
    else:
        u, v = (z[0] - z[1], z[2] - z[1]) if len(z) == 3 else (z[1] - z[0], z[3] - z[2])
        # -atan2(u x v, u . v): from v to u, because conj(v) u = u . v - i (u x v)
        raw = math.degrees(cmath.phase(v.conjugate() * u))
    return (raw + offset) * scale


@pytest.mark.parametrize("facing", ["right", "left"])
@pytest.mark.parametrize("name", [spec.name for spec in standard_angles()])
def test_every_angle_is_that_of_the_formulas(name: str, facing: str) -> None:
    (spec,) = (spec for spec in standard_angles() if spec.name == name)
    rng = np.random.default_rng(sum(name.encode()))
    people = 40
    xy = rng.uniform(-300, 900, (people, len(JOINTS), 2)).astype(np.float32)
    poses = Poses(
        xy,
        np.ones(xy.shape[:2], np.float32),
        np.zeros((people, 4), np.float32),
        np.full(people, -1),
        SKELETON,
    )
    found = measure(poses, specs=(spec,), facing=facing).degrees[:, 0]
    wanted = np.array([expected(person.astype(float), name, facing) for person in xy])
    away = (found - wanted + spec.period / 2) % spec.period - spec.period / 2
    assert np.abs(away).max() < 1e-3
    assert spec.period == (180 if name in ("pelvis", "shoulders") else 360)
    assert (np.abs(found) <= spec.period / 2).all()


def test_everybody_may_face_their_own_way() -> None:
    xy = np.random.default_rng(5).uniform(0, 500, (2, len(JOINTS), 2)).astype(np.float32)
    poses = Poses(xy, np.ones(xy.shape[:2], np.float32), np.zeros((2, 4), np.float32),
                  np.array([-1, -1]), SKELETON)  # fmt: skip
    specs = standard_angles()
    both = measure(poses, specs=specs, facing=("left", "right"))
    assert both.facing == ("left", "right")
    for person, facing in enumerate(both.facing):
        alone = measure(poses, specs=specs, facing=facing).degrees[person]
        np.testing.assert_array_equal(both.degrees[person], alone)
