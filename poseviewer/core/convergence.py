"""How one person's joints converge from stage to stage, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.torso import joint_distances, mean_distances, torso_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec

PCK_SHARE = 0.2
"""Share of the true torso within which a joint counts as found (PCK@0.2, docs/facts/metrics.md)."""

SETTLED = 0.05
"""Share of the torso within which an answer counts as the final one."""


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """One person in one frame: s stages that give joints, k joints."""

    stages: tuple[int, ...]
    """0-based numbers of the s stages in their network; those that give none are left out."""

    xy: NDArray[np.float64]
    """(s, k, 2) where each stage has the joint, frame pixels; NaN where it has none."""

    final: NDArray[np.float64]
    """(k, 2) the network's answer, frame pixels."""

    peak: NDArray[np.float64]
    """(s, k) belief at that place, 0 to 1, or the confidence of a stage of coordinates."""

    entropy: NDArray[np.float64]
    """(s, k) of the whole map, bits; NaN where there is no map, or it was not asked for."""

    modes: NDArray[np.float64]
    """(s, k) summits of the whole map that reach `core.belief.RIVAL` of its highest; NaN likewise.
    With several people in view each of them has one."""

    cells: int
    """Of a map, the largest; 0 without maps. The entropy is log2 of it at most."""

    torso: float
    """Left shoulder to right hip of the final answer, or the other diagonal where one of them was
    not found, pixels; NaN where neither is known."""

    truth: NDArray[np.float64] | None = None
    """(k, 2) the true places, frame pixels; NaN where not labelled. None where not known."""

    true_torso: float = float("nan")
    """As `torso`, of the truth."""

    @property
    def distance(self) -> NDArray[np.float64]:
        """(s, k) pixels from each stage's answer to the final one."""
        return joint_distances(self.xy, self.final)

    @property
    def error(self) -> NDArray[np.float64]:
        """(s, k) pixels from each stage's answer to the truth; NaN where there is none."""
        if self.truth is None:
            return np.full(self.peak.shape, np.nan)
        return joint_distances(self.xy, self.truth)

    @property
    def hits(self) -> NDArray[np.float64]:
        """(s, k) 1 for a joint within `PCK_SHARE` true torsos of the truth, 0 for any other.

        NaN where the truth or its torso is not known; a joint that was not found is a miss.
        """
        judged = np.full(self.peak.shape[1], np.nan)
        if self.truth is not None and np.isfinite(self.true_torso):
            judged[np.isfinite(self.truth).all(axis=1)] = 0.0
        near = self.error <= PCK_SHARE * self.true_torso
        return np.where(np.isnan(judged), np.nan, near)

    @property
    def settled(self) -> NDArray[np.int64]:
        """(k,) the position in `stages` from which on a joint stays near its final place.

        That is within `SETTLED` torsos, or a pixel; s where the joint was not found in the end.
        """
        limit = max(SETTLED * self.torso, 1.0) if np.isfinite(self.torso) else 1.0
        near = self.distance <= limit
        # The last stage that is not near yet, counted from the end.
        late = (~near[::-1]).argmax(axis=0)
        return np.where(near.all(axis=0), 0, len(near) - late)


def converge(
    result: FrameResult,
    *,
    specs: Sequence[StageSpec],
    person: int = 0,
    truth: NDArray[np.floating] | None = None,
) -> Convergence | None:
    """Measure one of the people found at every stage.

    Args:
        result: With the maps for which entropy and modes are wanted.
        specs: Of every stage of the network.
        person: Position in `result.poses`.
        truth: (k, 2) true places of the joints, NaN where not labelled.

    Returns:
        None where there is no such person.
    """
    if not 0 <= person < len(result.poses):
        return None
    joints = result.poses.skeleton.joints
    final = result.poses.xy[person].astype(np.float64)
    numbers = answering(specs)
    xy, peak = ways(result, specs=specs, person=person)
    spread, summits = np.full((2, *peak.shape), np.nan)
    cells = 0
    for row, number in enumerate(numbers):
        output = result.stage(number)
        known = None if output is None else output.spec.meaning.spread(output, len(joints))
        if output is not None and known is not None:
            spread[row], summits[row] = known
            cells = max(cells, output.values[0].size)
    target = None if truth is None else np.asarray(truth, np.float64)
    return Convergence(
        numbers,
        xy,
        final,
        peak,
        spread,
        summits,
        cells,
        torso_of(final, joints),
        target,
        float("nan") if target is None else torso_of(target, joints),
    )


def answering(specs: Sequence[StageSpec]) -> tuple[int, ...]:
    """Return the numbers of the stages that give joints.

    One of fields is left out: it is decoded with one of beliefs, whose answer is the same.
    """
    return tuple(n for n, spec in enumerate(specs) if spec.meaning.answers)


def ways(
    result: FrameResult, *, specs: Sequence[StageSpec], person: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where every stage has the joints of one of the people found, and with what confidence.

    A stage's person is the one whose joints lie nearest to the final ones on average, and nearer
    than a torso's length where the stage found several.

    Returns:
        Frame pixels (s, k, 2) and confidences (s, k) of the stages that answer; NaN where a joint
        was not found.
    """
    final = result.poses.xy[person]
    limit = torso_of(final, result.poses.skeleton.joints)
    numbers = answering(specs)
    xy = np.full((len(numbers), *final.shape), np.nan)
    sure = np.full(xy.shape[:2], np.nan)
    for row, number in enumerate(numbers):
        poses = result.stage_poses[number]
        at = nearest_person(poses, final, limit=limit)
        if at is not None:
            xy[row], sure[row] = poses.xy[at], poses.score[at]
    sure[~np.isfinite(xy).all(axis=2)] = np.nan
    return xy, sure


def nearest_person(poses: Poses, place: NDArray[np.floating], *, limit: float) -> int | None:
    """Return the row of `poses` whose joints lie nearest to `place` (k, 2) in the mean.

    Args:
        poses: Of the same joints.
        place: NaN where a joint is not known.
        limit: Pixels; of several people none farther than this. NaN for any distance.
    """
    if len(poses) < 2:
        return 0 if len(poses) else None
    mean = mean_distances(joint_distances(poses.xy, place))
    best = int(mean.argmin())
    return None if not np.isfinite(mean[best]) or mean[best] > limit else best
