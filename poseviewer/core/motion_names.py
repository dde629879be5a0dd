"""The names of joints and angles in the files of motion analysis: OpenSim, Pose2Sim and Sports2D.

Markers have the names of Pose2Sim's HALPE_26 (`RKnee`). Angles that mean the same as a coordinate
of OpenSim's models (Rajagopal et al. 2016, and Pose2Sim's) have its name: `knee_angle_r`,
`ankle_angle_r`, `elbow_flex_r`, `arm_flex_r`. The angle of the hip is one between thigh and trunk
here, in OpenSim between thigh and pelvis: it keeps its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_COORDINATES = {"knee": "knee_angle", "ankle": "ankle_angle", "elbow": "elbow_flex"}
_COORDINATES |= {"shoulder": "arm_flex"}

_MARKERS = {"head_top": "Head", "head": "Head", "mid_hip": "Hip", "pelvis": "Hip"}
_MARKERS |= {"upper_neck": "UpperNeck"}

_JOINTS = {"Hip": "mid_hip", "CHip": "mid_hip", "Head": "head_top"}


def column_name(angle: str) -> str:
    """Return an angle's name in a MOT file: OpenSim's where it is the same, never with blanks."""
    side, _, joint = angle.partition(" ")
    if side in ("left", "right") and joint in _COORDINATES:
        return f"{_COORDINATES[joint]}_{side[0]}"
    return "_".join(angle.split())


def angle_columns(columns: Iterable[str], angles: Iterable[str]) -> dict[str, str]:
    """Return which column of a MOT file is which of some angles.

    Args:
        columns: As the file has them, also Sports2D's `Right knee`.
        angles: Names such as `right knee`.

    Returns:
        Names of columns by names of angles; an angle that no column has is left out.
    """
    written = {_plain(column): column for column in columns}
    return {
        angle: written[name]
        for angle in angles
        for name in (column_name(angle), _plain(angle))
        if name in written
    }


def marker_name(joint: str) -> str:
    """Return the name of a joint as a marker: `right_big_toe` is `RBigToe`."""
    if joint in _MARKERS:
        return _MARKERS[joint]
    side, _, rest = joint.partition("_")
    if side in ("left", "right"):
        return side[0].upper() + "".join(word.capitalize() for word in rest.split("_"))
    return "".join(word.capitalize() for word in joint.split("_"))


def joint_name(marker: str) -> str:
    """Return the joint that a marker is: `RBigToe` is `right_big_toe`."""
    if marker in _JOINTS:
        return _JOINTS[marker]
    # A joint of a hand has its number apart: `LThumb1` is `left_thumb_1`; `C7` is one word.
    words = re.findall(r"[A-Z][a-z]{2,}|[A-Z][a-z0-9]*|[0-9]+|[^A-Z0-9]+", marker)
    sides = {"R": "right", "L": "left"}
    return "_".join(sides.get(word, word).lower() for word in words) or marker


def _plain(name: str) -> str:
    return "_".join(name.lower().split())
