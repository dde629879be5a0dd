"""A measure's rule, what it counted, and the one number made of it.

Numbers of different papers differ by rule, by threshold side, by kind of mean and by the joints
that count (models.md section 8), so none of them leaves here without all four.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Side = Literal["<=", "<"]
"""Whether an error equal to the threshold is right."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an answer is right."""

    name: str
    """Of the measure, such as `PCK`."""

    error: str
    """What is compared, such as `error`."""

    length: str
    """What the threshold is a share of, such as `torso`."""

    threshold: float
    """The largest share of the length that is right."""

    side: Side = "<="

    @property
    def title(self) -> str:
        """Short, such as `PCK@0.2`."""
        return f"{self.name}@{self.threshold:g}"

    def __str__(self) -> str:
        """In full, such as `PCK@0.2: error <= 0.2 x torso`."""
        return f"{self.title}: {self.error} {self.side} {self.threshold:g} x {self.length}"

    def at(self, threshold: float) -> Rule:
        """The same rule with another threshold."""
        return replace(self, threshold=threshold)

    def right(self, error: NDArray[np.floating], length: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which errors are right; NaN, an answer that was not given, is wrong."""
        limit = self.threshold * length
        answer: NDArray[np.bool_] = error <= limit if self.side == "<=" else error < limit
        return answer


@dataclass(frozen=True, slots=True)
class Score:
    """One number, and all that another must share to be compared with it."""

    value: float
    """0 to 1, NaN where nothing counted."""

    rule: str
    """In full."""

    mean: str
    """How parts became one number, such as `pooled over 14 joints`."""

    counted: int
    """Labelled joints (or limbs) of all people."""

    def __str__(self) -> str:
        """In full, for people."""
        return f"{100 * self.value:.2f} % ({self.rule}; {self.mean}; {self.counted:,} counted)"


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many answers were right, by joint (or limb)."""

    rule: Rule

    parts: tuple[str, ...]
    """Names, such as `right_knee`."""

    right: NDArray[np.int64]
    """(k,)."""

    counted: NDArray[np.int64]
    """(k,) labelled ones."""

    noun: str = "joints"
    """What the parts are."""

    @property
    def each(self) -> NDArray[np.float64]:
        """Share right of each part (k,), NaN where none is labelled."""
        share = np.full(len(self.parts), np.nan)
        np.divide(self.right, self.counted, out=share, where=self.counted > 0)
        return share

    def mean(self, parts: Sequence[str] | None = None) -> Score:
        """The mean of the parts' shares: each part weighs the same."""
        chosen = self._chosen(parts)
        shares = self.each[chosen]
        known = shares[np.isfinite(shares)]
        value = float(known.mean()) if len(known) else float("nan")
        return self._score(value, f"mean of {len(known)} {self.noun}", chosen)

    def pooled(self, parts: Sequence[str] | None = None) -> Score:
        """All right answers over all labels: a part that is labelled more often weighs more."""
        chosen = self._chosen(parts)
        total = int(self.counted[chosen].sum())
        value = int(self.right[chosen].sum()) / total if total else float("nan")
        labelled = int((self.counted[chosen] > 0).sum())
        return self._score(value, f"pooled over {labelled} {self.noun}", chosen)

    def _chosen(self, parts: Sequence[str] | None) -> list[int]:
        if parts is None:
            return list(range(len(self.parts)))
        return [self.parts.index(part) for part in parts]

    def _score(self, value: float, mean: str, chosen: list[int]) -> Score:
        return Score(value, str(self.rule), mean, int(self.counted[chosen].sum()))


def tally(
    errors: NDArray[np.floating],
    *,
    lengths: NDArray[np.floating],
    seen: NDArray[np.bool_],
    rule: Rule,
    parts: tuple[str, ...],
    noun: str = "joints",
) -> Tally:
    """Count right answers.

    Args:
        errors: (n, k) distances; NaN where no answer was given, which is wrong.
        lengths: (n,) or (n, k) what the threshold is a share of, in the same unit; where it is
            NaN nothing counts.
        seen: (n, k) what is labelled; the rest does not count.
        rule: When an error is right.
        parts: k names.
        noun: What the parts are.
    """
    wide = np.broadcast_to(lengths if lengths.ndim == 2 else lengths[:, None], errors.shape)
    counted = seen & np.isfinite(wide)
    right = rule.right(errors, wide) & counted
    return Tally(rule, parts, right.sum(axis=0), counted.sum(axis=0), noun)
