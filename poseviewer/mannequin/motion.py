"""The mannequin's skeleton: joint angles, and where they put the bones.

Body axes: X to the person's left, Y up, Z forward. World axes: x right, y up, z towards the
camera, metres; the floor is y = 0. A turn of 0 faces the camera, +90 faces image right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BONES = (
    "pelvis", "abdomen", "chest", "neck", "head",
    "left_upper_arm", "left_forearm", "left_hand", "left_thigh", "left_shank", "left_foot",
    "right_upper_arm", "right_forearm", "right_hand", "right_thigh", "right_shank", "right_foot",
)  # fmt: skip
"""Every rigid part, in the order of `Posture.turns` and `Posture.origins`."""

_HEAD_TOP = (0.0, 0.224, -0.004)
_HEEL = (0.0, -0.078, -0.062)
_BIG_TOE = (-0.018, -0.068, 0.178)
_FACE = {
    "nose": (0.0, 0.060, 0.115),
    "left_eye": (0.033, 0.095, 0.088),
    "left_ear": (0.085, 0.065, -0.011),
}
_SOLE = ((0.0, -0.092, -0.060), (0.0, -0.092, 0.120), (0.0, -0.086, 0.185))


@dataclass(frozen=True, slots=True)
class Stance:
    """Every degree of freedom of the body; degrees unless said otherwise, 0 = standing straight."""

    x: float = 0.0
    """Metres to image right of the room's middle."""
    z: float = 0.0
    """Metres towards the camera."""
    lift: float = 0.0
    """Metres that the lowest sole is above the floor."""
    turn: float = 0.0
    """About the vertical; 90 faces image right."""
    lean: float = 0.0
    """Of the pelvis, forwards."""
    roll: float = 0.0
    """Of the pelvis, to the person's left."""
    bend: float = 0.0
    """Of the spine, forwards."""
    side: float = 0.0
    """Of the spine, to the person's left."""
    twist: float = 0.0
    """Of the spine, to the person's left."""
    nod: float = 0.0
    tilt: float = 0.0
    look: float = 0.0
    """Of the head, to the person's left."""
    left_shoulder: float = 0.0
    """Flexion: the arm forwards."""
    left_shoulder_out: float = 9.0
    """Abduction: the arm sideways."""
    left_shoulder_turn: float = 0.0
    """Outward rotation about the upper arm's own axis."""
    left_elbow: float = 12.0
    left_hip: float = 0.0
    left_hip_out: float = 0.0
    left_hip_turn: float = 0.0
    left_knee: float = 0.0
    left_ankle: float = 0.0
    """Dorsiflexion: the toes up."""
    right_shoulder: float = 0.0
    right_shoulder_out: float = 9.0
    right_shoulder_turn: float = 0.0
    right_elbow: float = 12.0
    right_hip: float = 0.0
    right_hip_out: float = 0.0
    right_hip_turn: float = 0.0
    right_knee: float = 0.0
    right_ankle: float = 0.0


@dataclass(frozen=True, slots=True)
class Build:
    """Lengths of the bones, metres."""

    thigh: float = 0.425
    shank: float = 0.412
    upper_arm: float = 0.30
    forearm: float = 0.255
    hip: float = 0.09
    """Half the distance between the hip joints."""
    shoulder: float = 0.178
    """Half the distance between the shoulder joints."""
    spine: float = 1.0
    """Length of the trunk relative to the standard 0.545."""


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """Where every bone is."""

    turns: NDArray[np.float64]
    """(bones, 3, 3) from bone axes to world axes."""

    origins: NDArray[np.float64]
    """(bones, 3) world place of each bone's nearer joint, metres."""

    def place(self, bone: str, point: tuple[float, float, float]) -> NDArray[np.float64]:
        """Return the world place of a point given in a bone's own axes."""
        at = BONES.index(bone)
        world: NDArray[np.float64] = self.turns[at] @ np.array(point) + self.origins[at]
        return world

    def joints(self) -> dict[str, NDArray[np.float64]]:
        """Return the world places (3,) of the LSP-14 joints, the heels and the big toes."""
        found = {
            "neck": self.origins[BONES.index("neck")],
            "head_top": self.place("head", _HEAD_TOP),
        }
        for side, sign in (("left", 1), ("right", -1)):
            for joint, bone in (
                ("shoulder", "upper_arm"), ("elbow", "forearm"), ("wrist", "hand"),
                ("hip", "thigh"), ("knee", "shank"), ("ankle", "foot"),
            ):  # fmt: skip
                found[f"{side}_{joint}"] = self.origins[BONES.index(f"{side}_{bone}")]
            found[f"{side}_heel"] = self.place(f"{side}_foot", _HEEL)
            x, y, z = _BIG_TOE
            found[f"{side}_big_toe"] = self.place(f"{side}_foot", (x * sign, y, z))
        return found

    def face(self) -> dict[str, NDArray[np.float64]]:
        """Return the world places (3,) of nose, eyes and ears."""
        found = {joint: self.place("head", point) for joint, point in _FACE.items()}
        for joint, (x, y, z) in _FACE.items():
            found[joint.replace("left", "right")] = self.place("head", (-x, y, z))
        return found


def _about_x(degrees: float) -> NDArray[np.float64]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(degrees: float) -> NDArray[np.float64]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(degrees: float) -> NDArray[np.float64]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def pose_bones(stance: Stance, *, build: Build, grounded: bool = True) -> Posture:
    """Place the bones of a stance.

    Args:
        stance: Joint angles.
        build: Bone lengths.
        grounded: Stand the lowest sole `stance.lift` above the floor with the ankles' middle
            at (x, z); otherwise the pelvis is at (x, lift, z).
    """
    turns: dict[str, NDArray[np.float64]] = {}
    at: dict[str, NDArray[np.float64]] = {}
    half = _about_y(stance.twist / 2) @ _about_z(-stance.side / 2) @ _about_x(stance.bend / 2)
    turns["pelvis"] = _about_y(stance.turn) @ _about_z(-stance.roll) @ _about_x(stance.lean)
    at["pelvis"] = np.zeros(3)
    turns["abdomen"] = turns["pelvis"] @ half
    at["abdomen"] = turns["pelvis"] @ np.array([0.0, 0.12 * build.spine, 0.0])
    turns["chest"] = turns["abdomen"] @ half
    at["chest"] = at["abdomen"] + turns["abdomen"] @ np.array([0.0, 0.15 * build.spine, 0.0])
    at["neck"] = at["chest"] + turns["chest"] @ np.array([0.0, 0.275 * build.spine, 0.0])
    skull = _about_y(stance.look) @ _about_z(-stance.tilt) @ _about_x(stance.nod)
    turns["neck"] = turns["chest"] @ _about_z(-stance.tilt * 0.4) @ _about_x(stance.nod * 0.4)
    turns["head"] = turns["chest"] @ skull
    at["head"] = at["neck"] + turns["neck"] @ np.array([0.0, 0.085, 0.012])
    for side, sign in (("left", 1), ("right", -1)):
        _pose_arm(stance, build, turns, at, side, sign)
        _pose_leg(stance, build, turns, at, side, sign)
    where = np.stack([at[bone] for bone in BONES])
    posture = Posture(np.stack([turns[bone] for bone in BONES]), where)
    if grounded:
        soles = [posture.place(f"{side}_foot", p)[1] for side in ("left", "right") for p in _SOLE]
        middle = (at["left_foot"] + at["right_foot"]) / 2
        shift = np.array([stance.x - middle[0], stance.lift - min(soles), stance.z - middle[2]])
    else:
        shift = np.array([stance.x, stance.lift, stance.z])
    where += shift
    return posture


def _pose_arm(
    stance: Stance,
    build: Build,
    turns: dict[str, NDArray[np.float64]],
    at: dict[str, NDArray[np.float64]],
    side: str,
    sign: int,
) -> None:
    flex = getattr(stance, f"{side}_shoulder")
    out = getattr(stance, f"{side}_shoulder_out")
    spin = getattr(stance, f"{side}_shoulder_turn")
    # A raised arm takes the shoulder with it: the clavicle turns about the neck.
    shrug = 17.0 * ease((out - 50) / 110)
    clavicle = _about_z(sign * shrug) @ np.array([sign * build.shoulder, -0.072, 0.0])
    at[f"{side}_upper_arm"] = at["neck"] + turns["chest"] @ clavicle
    upper = turns["chest"] @ _about_x(-flex) @ _about_z(sign * out) @ _about_y(sign * spin)
    turns[f"{side}_upper_arm"] = upper
    at[f"{side}_forearm"] = at[f"{side}_upper_arm"] + upper @ np.array([0, -build.upper_arm, 0])
    fore = upper @ _about_x(-getattr(stance, f"{side}_elbow"))
    turns[f"{side}_forearm"] = fore
    at[f"{side}_hand"] = at[f"{side}_forearm"] + fore @ np.array([0, -build.forearm, 0])
    # The relaxed hand shows its thumb to the front: the palm faces the thigh.
    turns[f"{side}_hand"] = fore @ _about_x(-6)


def _pose_leg(
    stance: Stance,
    build: Build,
    turns: dict[str, NDArray[np.float64]],
    at: dict[str, NDArray[np.float64]],
    side: str,
    sign: int,
) -> None:
    flex = getattr(stance, f"{side}_hip")
    out = getattr(stance, f"{side}_hip_out")
    spin = getattr(stance, f"{side}_hip_turn")
    at[f"{side}_thigh"] = turns["pelvis"] @ np.array([sign * build.hip, 0.0, 0.0])
    thigh = turns["pelvis"] @ _about_x(-flex) @ _about_z(sign * out) @ _about_y(sign * spin)
    turns[f"{side}_thigh"] = thigh
    at[f"{side}_shank"] = at[f"{side}_thigh"] + thigh @ np.array([0, -build.thigh, 0])
    shank = thigh @ _about_x(getattr(stance, f"{side}_knee"))
    turns[f"{side}_shank"] = shank
    at[f"{side}_foot"] = at[f"{side}_shank"] + shank @ np.array([0, -build.shank, 0])
    turns[f"{side}_foot"] = shank @ _about_x(-getattr(stance, f"{side}_ankle"))


def ease(value: float) -> float:
    """Return an S curve from 0 to 1 as `value` goes from 0 to 1."""
    t = min(max(value, 0.0), 1.0)
    return t * t * (3 - 2 * t)
