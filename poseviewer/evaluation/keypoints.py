"""PCK, PCKh and PDJ: joints near enough to the truth, and their curves.

models.md section 8. Joints have names (`right_hip`) rather than numbers, so that one rule serves
every data set's order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.evaluation.score import Rule, Score, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PCK = Rule("PCK", "error", "torso (left shoulder to right hip of the truth)", 0.2)
PCKH = Rule("PCKh", "error", "head size (0.6 x diagonal of the head rectangle)", 0.5)
PCK_EITHER = replace(
    PCK,
    length="torso (left shoulder to right hip of the truth; the other diagonal where unlabelled)",
)
"""For data sets that leave joints unlabelled, with `torsos(..., either=True)`."""
PDJ = replace(PCK, name="PDJ")
PDJ_EITHER = replace(PCK_EITHER, name="PDJ")

_NOT_SCORED = ("pelvis", "thorax")


def errors(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distances (n, k) between joints (n, k, 2); NaN where one was not found."""
    apart = np.asarray(found, np.float64) - np.asarray(truth, np.float64)
    distance: NDArray[np.float64] = np.linalg.norm(apart, axis=-1)
    return distance


def mpii_means(counts: Tally) -> dict[str, Score]:
    """The three means of PCKh in use, which differ by more than a point on the same answers.

    Args:
        counts: Of MPII's joints.

    Returns:
        `mean14` (bearpaw, anibali), `pooled14` (HRNet, mmpose) and `pooled16` (princeton); 14
        leaves out pelvis and thorax, and without these there is no 16.
    """
    scored = [part for part in counts.parts if part not in _NOT_SCORED]
    means = {"mean14": counts.mean(scored), "pooled14": counts.pooled(scored)}
    if len(scored) < len(counts.parts):
        means["pooled16"] = counts.pooled()
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Counts over growing thresholds."""

    tallies: tuple[Tally, ...]
    """By threshold, smallest first."""

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """(m,)."""
        return np.array([one.rule.threshold for one in self.tallies])

    def pooled(self, parts: Sequence[str] | None = None) -> NDArray[np.float64]:
        """The pooled share at each threshold (m,)."""
        return np.array([one.pooled(parts).value for one in self.tallies])

    def area(self, parts: Sequence[str] | None = None) -> Score:
        """AUC: the trapezoid under the pooled curve, divided by its range."""
        at = self.thresholds
        value = float(np.trapezoid(self.pooled(parts), at) / (at[-1] - at[0]))
        return self._score(value, parts, "trapezoid")

    def grid_mean(self, parts: Sequence[str] | None = None) -> Score:
        """AUC as some print it: the plain mean of the pooled curve's points."""
        return self._score(float(self.pooled(parts).mean()), parts, "mean of the points")

    def _score(self, value: float, parts: Sequence[str] | None, how: str) -> Score:
        last, at = self.tallies[-1], self.thresholds
        rule = last.rule
        text = (
            f"AUC of {rule.name} over {at[0]:g} to {at[-1]:g} ({len(at)} points, {how}): "
            f"{rule.error} {rule.side} share x {rule.length}"
        )
        pooled = last.pooled(parts)
        return Score(value, text, pooled.mean, pooled.counted)


def curve(
    errors: NDArray[np.floating],
    *,
    lengths: NDArray[np.floating],
    seen: NDArray[np.bool_],
    rule: Rule,
    parts: tuple[str, ...],
    until: float = 0.5,
    points: int = 51,
) -> Curve:
    """Counts at evenly spaced thresholds from 0 `until` a share; arguments as of `tally`."""
    at = np.linspace(0.0, until, points)
    return Curve(
        tuple(
            tally(errors, lengths=lengths, seen=seen, rule=rule.at(float(t)), parts=parts)
            for t in at
        )
    )
