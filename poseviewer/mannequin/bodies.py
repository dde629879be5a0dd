"""Random bodies in space, without pictures: what a network learns depth from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.motion import Build, Stance, pose_bones
from poseviewer.mannequin.random import random_stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

JOINTS = load_skeleton("poseviewer-23").joints
"""What a body has, in this order."""

_WILD = 0.35
"""Share of the stances that `random_stance` draws, where every joint turns by itself."""


def random_bodies(count: int, *, seed: int) -> NDArray[np.float32]:
    """Joints of random people in random stances, the same for the same arguments.

    Two in three stand, step, squat, lunge, bend or sit with arms that do anything, often alike;
    the others are those of `random_figure`, down to lying and upside down. Limbs are up to a sixth
    longer or shorter than the mannequin's, and hips up to half as wide again: networks mark hips
    where people see them, wider than the bones.

    Args:
        count: How many.
        seed: Any number from 0.

    Returns:
        (count, 23, 3) world places, metres: x right, y up, z towards the camera.
    """
    random = np.random.default_rng(seed)
    bodies = np.empty((count, len(JOINTS), 3), np.float32)
    for body in bodies:
        grounded = True
        if random.random() < _WILD:
            stance, grounded = random_stance(random)
        else:
            stance = _everyday(random)
        posture = pose_bones(stance, build=_build(random), grounded=grounded)
        places = posture.joints() | posture.face()
        body[:] = [places[joint] for joint in JOINTS]
    return bodies


def _build(random: np.random.Generator) -> Build:
    usual = Build()
    size, legs, arms = random.normal(1, 0.05), *random.normal(1, 0.05, 2)
    return Build(
        thigh=usual.thigh * size * legs * random.normal(1, 0.03),
        shank=usual.shank * size * legs * random.normal(1, 0.03),
        upper_arm=usual.upper_arm * size * arms * random.normal(1, 0.03),
        forearm=usual.forearm * size * arms * random.normal(1, 0.03),
        hip=usual.hip * size * random.uniform(0.9, 1.5),
        shoulder=usual.shoulder * size * random.uniform(0.85, 1.15),
        spine=usual.spine * size * random.normal(1, 0.05),
    )


def _everyday(random: np.random.Generator) -> Stance:
    """A stance of standing, stepping, squatting, lunging, bending or sitting."""
    kind = random.choice(["stand", "step", "squat", "lunge", "bend", "sit"])
    lean = random.normal(5, 8)
    thigh, knee = np.zeros(2), np.abs(random.normal(0, 8, 2))
    if kind == "step":
        swing = random.normal(0, 25)
        thigh, knee = np.array([swing, -swing]), random.uniform(0, 70, 2)
    elif kind == "squat":
        depth = random.uniform(0, 1)
        thigh, knee = np.full(2, 95 * depth), np.full(2, random.uniform(0.9, 1.5) * 90 * depth)
        lean += random.uniform(0, 55) * depth
    elif kind == "lunge":
        # One leg in front or lifted, the other below the body or behind it.
        front = random.uniform(10, 100)
        thigh = np.array([front, random.normal(-15, 20)])
        knee = np.array([front * random.uniform(0, 1.3), random.uniform(0, 100)])
        if random.random() < 0.5:
            thigh, knee = thigh[::-1], knee[::-1]
    elif kind == "bend":
        lean += random.uniform(20, 100)
        thigh, knee = np.full(2, random.uniform(-20, 20)), np.full(2, random.uniform(0, 45))
    elif kind == "sit":
        thigh, knee = np.full(2, random.normal(85, 12)), np.full(2, random.normal(85, 25))
    thigh, knee = thigh + random.normal(0, 5, 2), np.clip(knee + random.normal(0, 5, 2), 0, 150)
    out = random.normal(6, 8, 2) + (random.uniform(0, 45) if random.random() < 0.15 else 0)
    angles: dict[str, float] = {}
    for at, side in enumerate(("left", "right")):
        angles |= {
            f"{side}_hip": thigh[at] + lean,
            f"{side}_hip_out": out[at],
            f"{side}_hip_turn": random.normal(8, 12),
            f"{side}_knee": knee[at],
            f"{side}_ankle": np.clip(knee[at] - thigh[at], -40, 35) + random.normal(0, 8),
        }
    arms = [_arm(random) for _ in range(2)]
    if random.random() < 0.5:
        arms[1] = {name: value + random.normal(0, 6) for name, value in arms[0].items()}
    for side, arm in zip(("left", "right"), arms, strict=True):
        angles |= {f"{side}_{name}": value for name, value in arm.items()}
    return Stance(
        turn=random.uniform(-180, 180), lean=lean, roll=random.normal(0, 5),
        bend=random.normal(4, 10), side=random.normal(0, 8), twist=random.normal(0, 12),
        nod=random.normal(0, 14), tilt=random.normal(0, 7), look=random.normal(0, 22), **angles,
    )  # fmt: skip


def _arm(random: np.random.Generator) -> dict[str, float]:
    """An arm that hangs, reaches forwards, sideways or up, or is bent."""
    flexion, out = [(5, 10), (85, 5), (10, 85), (165, 15), (35, 25)][random.integers(5)]
    straight = random.random() < 0.5
    return {
        "shoulder": random.normal(flexion, 22),
        "shoulder_out": random.normal(out, 18),
        "shoulder_turn": random.normal(10, 40),
        "elbow": abs(random.normal(8, 10)) if straight else random.uniform(10, 140),
    }
