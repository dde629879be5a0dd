"""Where the person in focus is in space: by the lifter, by the network itself, and truly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.truth import true_space
from poseviewer.pipeline.lifter import load_lifter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton


def lifter_installed() -> bool:
    """Return whether the weights of the lifter are at hand."""
    return load_lifter() is not None


MISSING = "The weights of the lifter are not installed, and this network gives no depth."


@dataclass(frozen=True, slots=True, eq=False)
class InSpace:
    """Joints of a person in space, by one source."""

    source: str
    """`lifter`, `network` or `truth`."""

    places: NDArray[np.float64]
    """(k, 3) metres from the middle of the hips: x right, y down, z away from the camera; NaN where
    a joint has no place."""

    skeleton: Skeleton
    """What the joints are."""

    error: float = float("nan")
    """Mean distance from the true places, millimetres, of joints that both have; NaN where nothing
    is known."""


def in_space(result: FrameResult, *, gate: float) -> tuple[InSpace, ...]:
    """Return where the person in focus is in space, by every source there is.

    Args:
        result: Of a frame; what is true is known where it has a `truth` with places in space.
        gate: Confidence from which the lifter reads a joint; others are not guessed.
    """
    poses = result.poses
    if not len(poses):
        return ()
    person = poses.only(np.arange(1))
    truth = true_space(result.truth, poses, person=0)
    found: list[InSpace] = []
    lifter = load_lifter()
    if lifter is not None:
        guessed = lifter.lifted(person, gate=gate).world
        assert guessed is not None
        found.append(_compared("lifter", guessed[0], person.skeleton, truth))
    if person.world is not None:
        found.append(_compared("network", person.world[0], person.skeleton, truth))
    if truth is not None:
        found.append(InSpace("truth", truth, person.skeleton))
    return tuple(one for one in found if np.isfinite(one.places).all(axis=1).any())


def _compared(
    source: str,
    places: NDArray[np.floating],
    skeleton: Skeleton,
    truth: NDArray[np.float64] | None,
) -> InSpace:
    exact = places.astype(np.float64)
    if truth is None:
        return InSpace(source, exact, skeleton)
    apart = 1000 * np.linalg.norm(exact - truth, axis=1)
    known = apart[np.isfinite(apart)]
    error = float(known.mean()) if len(known) else float("nan")
    return InSpace(source, exact, skeleton, error)
