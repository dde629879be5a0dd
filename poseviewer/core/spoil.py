"""What can be done to a frame to find out how much a network bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from poseviewer.core.torso import joint_distances, mean_distances, torso_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.pose import Poses

SpoilKind = Literal["dark", "noise", "blur", "motion", "box", "person", "camouflage", "small"]

SPOIL_KINDS: tuple[SpoilKind, ...] = get_args(SpoilKind)
"""In the order in which they are offered."""

TITLES: dict[SpoilKind, str] = {
    "dark": "Darker",
    "noise": "Noisy",
    "blur": "Out of focus",
    "motion": "Moved",
    "box": "Covered",
    "person": "Second person",
    "camouflage": "Camouflaged",
    "small": "Smaller",
}

MEANINGS: dict[SpoilKind, str] = {
    "dark": "Less light, down to a twentieth.",
    "noise": "Noise of a sensor on every pixel, up to a deviation of 100 of 255.",
    "blur": "Blurred by a Gaussian, up to 6 % of the region wide.",
    "motion": "Smeared sideways as by a fast movement, up to 20 % of the region.",
    "box": "A grey box that covers up to 60 % of the region.",
    "person": "A mannequin in front, up to as tall as the region.",
    "camouflage": "The person's colours become those of what is around.",
    "small": "As few pixels as of someone far away: the region is down to 12 pixels wide.",
}

LIGHT, NOISE, BLUR, MOTION, COVERED, FEWEST = 0.05, 100.0, 0.06, 0.2, 0.6, 12
"""What each is at full strength, as `MEANINGS` says."""


@dataclass(frozen=True, slots=True)
class Spoils:
    """How strongly a frame is spoilt: 0 not at all, 1 as much as is offered."""

    dark: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    motion: float = 0.0
    box: float = 0.0
    person: float = 0.0
    camouflage: float = 0.0
    small: float = 0.0

    at: tuple[float, float] = (0.5, 0.5)
    """The middle of the box and of the second person: shares of the region's width and height."""

    def __bool__(self) -> bool:
        """Whether anything is done at all."""
        return any(getattr(self, kind) for kind in SPOIL_KINDS)


def in_words(kind: SpoilKind, strength: float) -> str:
    """Say what a strength of 0 to 1 means, such as `52 % of the light`."""
    if kind == "dark":
        return f"{100 * light(strength):.0f} % of the light"
    if kind == "noise":
        return f"deviation {NOISE * strength:.0f} of 255"
    if kind in ("blur", "motion"):
        return f"{100 * strength * (BLUR if kind == 'blur' else MOTION):.1f} % of the region"
    if kind == "box":
        return f"{100 * strength * COVERED:.0f} % covered"
    if kind == "small":
        return f"{pixels_left(192, strength)} of 192 pixels"
    return f"{100 * strength:.0f} %"


def light(strength: float) -> float:
    """Return the share of the light that is left."""
    return 1 - (1 - LIGHT) * strength


def pixels_left(side: float, strength: float) -> int:
    """Return how many pixels are left of a side, each step of strength by the same factor."""
    share: float = (min(FEWEST, side) / side) ** strength
    return round(side * share)


HELD = 0.2
"""Share of the torso within which a joint counts as where it was."""


def held(clean: Poses, stages: Sequence[Poses]) -> tuple[int, ...]:
    """Count the joints that each stage has where the final answer about the clean frame has them.

    Args:
        clean: Of the clean frame; its first person counts.
        stages: The answer of each stage, of which the person nearest to that one counts.

    Returns:
        One number a stage; all 0 where the torso is not known.
    """
    if not len(clean):
        return (0,) * len(stages)
    near = HELD * torso_of(clean.xy[0], clean.skeleton.joints)
    counts = []
    for poses in stages:
        apart = joint_distances(poses.xy, clean.xy[0])
        row = int(np.argmin(mean_distances(apart))) if len(apart) else None
        counts.append(0 if row is None else int((apart[row] <= near).sum()))
    return tuple(counts)
