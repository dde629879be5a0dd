"""PCP: limbs of which both ends are near enough to the truth (models.md section 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.evaluation.score import Rule, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Strictness = Literal["strict", "loose"]

STRICT = Rule("PCP strict", "both ends' errors", "the limb's true length", 0.5)
LOOSE = Rule("PCP loose", "mean of both ends' errors", "the limb's true length", 0.5)

# An end is a joint, or the middle of two. The order is that of the sticks of LSP.
_Limb = tuple[str, tuple[str, ...], tuple[str, ...]]
LIMBS: tuple[_Limb, ...] = (
    ("right_lower_leg", ("right_ankle",), ("right_knee",)),
    ("right_upper_leg", ("right_knee",), ("right_hip",)),
    ("left_upper_leg", ("left_hip",), ("left_knee",)),
    ("left_lower_leg", ("left_knee",), ("left_ankle",)),
    ("right_lower_arm", ("right_wrist",), ("right_elbow",)),
    ("right_upper_arm", ("right_elbow",), ("right_shoulder",)),
    ("left_upper_arm", ("left_shoulder",), ("left_elbow",)),
    ("left_lower_arm", ("left_elbow",), ("left_wrist",)),
    ("head", ("neck",), ("head_top",)),
    ("torso", ("right_hip", "left_hip"), ("right_shoulder", "left_shoulder")),
)
"""Name, one end and the other."""

FOUR_LIMBS = {
    "upper_arm": ("right_upper_arm", "left_upper_arm"),
    "lower_arm": ("right_lower_arm", "left_lower_arm"),
    "upper_leg": ("right_upper_leg", "left_upper_leg"),
    "lower_leg": ("right_lower_leg", "left_lower_leg"),
}
"""The classes that DeepPose averages; others average all ten sticks."""


def sticks(
    joints: NDArray[np.floating], *, names: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The limbs whose joints all exist, as segments.

    Args:
        joints: (n, k, 2), NaN where unknown.
        names: k joint names.

    Returns:
        Names of m limbs, and (n, m, 2, 2): end, then x and y; NaN where an end is unknown.
    """
    known = set(names)
    chosen = [limb for limb in LIMBS if known.issuperset((*limb[1], *limb[2]))]
    ends = np.empty((len(joints), len(chosen), 2, 2))
    for number, (_, *both) in enumerate(chosen):
        for end, joined in enumerate(both):
            at = [names.index(joint) for joint in joined]
            ends[:, number, end] = joints[:, at].astype(np.float64).mean(axis=1)
    return tuple(limb[0] for limb in chosen), ends


def pcp(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    parts: tuple[str, ...],
    strictness: Strictness = "strict",
    threshold: float = 0.5,
) -> Tally:
    """Count right limbs.

    Args:
        found: Segments (n, m, 2, 2); NaN where an end was not found, which is wrong.
        truth: Segments (n, m, 2, 2); those with NaN do not count.
        parts: m limb names.
        strictness: Whether each end, or the mean of the two, must be near enough. The loose
            form is that of older toolkits and gives three to eight points more.
        threshold: Share of the limb's true length, inclusive.
    """
    truth = truth.astype(np.float64)
    apart = np.linalg.norm(found - truth, axis=-1)
    # The worse of two ends decides whether both are right; NaN survives both.
    error = apart.max(axis=-1) if strictness == "strict" else apart.mean(axis=-1)
    lengths = np.linalg.norm(truth[:, :, 0] - truth[:, :, 1], axis=-1)
    rule = replace(STRICT if strictness == "strict" else LOOSE, threshold=threshold)
    seen = np.isfinite(lengths)
    return tally(error, lengths=lengths, seen=seen, rule=rule, parts=parts, noun="limbs")
