"""How people were assembled from the peaks and part affinity fields of one stage."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """n places where some person's joint may be: the peaks of the belief maps."""

    joint: NDArray[np.intp]
    """(n,) which joint, rising."""

    xy: NDArray[np.float64]
    """(n, 2) cells, or frame pixels after `Parsing.moved`."""

    score: NDArray[np.float32]
    """(n,) belief at the peak."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        _freeze(self)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.joint)


@dataclass(frozen=True, slots=True, eq=False)
class LimbScores:
    """m connections of two candidates that were scored by the part affinity field along them."""

    limb: NDArray[np.intp]
    """(m,) which of the skeleton's limbs."""

    start: NDArray[np.intp]
    """(m,) number of the candidate at the limb's start."""

    end: NDArray[np.intp]
    """(m,) number of the candidate at its end."""

    score: NDArray[np.float32]
    """(m,) mean agreement of field and direction along the line; 0 where too little agreed."""

    share: NDArray[np.float32]
    """(m,) of the samples along the line, those that agreed, 0 to 1."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        _freeze(self)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.limb)


class LimbVerdict(IntEnum):
    """What became of a connection of two candidates."""

    TAKEN = 0
    """It joins two joints of a person."""

    FAINT = 1
    """Too little of the field along it agrees."""

    RIVAL = 2
    """A better one, or none that may start a person, has a joint of it."""

    LONG = 3
    """It is too long beside the other limbs of the person."""

    NOBODY = 4
    """What it belongs to has too few joints or too low a score for a person."""

    UNSEEN = 5
    """The person detector sees no person in what it belongs to."""


@dataclass(frozen=True, slots=True, eq=False)
class Parsing:
    """Candidates, scored limbs, the limbs that were taken and the people they make."""

    candidates: Candidates

    limbs: LimbScores

    taken: NDArray[np.intp]
    """(t,) numbers of the limbs that joined people, in the order of the assembly; some belong
    to people that were dropped in the end."""

    verdict: NDArray[np.int8]
    """(m,) values of `LimbVerdict`, one for every scored limb."""

    people: NDArray[np.intp]
    """(p, k) candidate of every joint, -1 where there is none; best person first."""

    score: NDArray[np.float32]
    """(p,) peaks and limbs of each person, added up; where a detector confirmed the people, half
    their mean and its score; of people who grew the mean belief in joints that are theirs alone."""

    trail: NDArray[np.float64] | None = None
    """(t, r + 1, 2) of people who grew along displacements: where that of each taken limb pointed,
    and where each of r refinements moved the joint, the last of which is the candidate. None of
    people who were put together from fields."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.taken, self.verdict, self.people, self.score, self.trail):
            if array is not None:
                array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.people)

    def joints(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return places (p, k, 2) and beliefs (p, k); NaN and 0 where a joint is missing."""
        found = self.people >= 0
        xy = np.full((*self.people.shape, 2), np.nan)
        score = np.zeros(self.people.shape, np.float32)
        xy[found] = self.candidates.xy[self.people[found]]
        score[found] = self.candidates.score[self.people[found]]
        return xy, score

    def moved(self, affine: NDArray[np.floating]) -> Parsing:
        """Return the same people with every candidate carried through a 2x3 affine."""
        moved = replace(self.candidates, xy=apply(affine, self.candidates.xy))
        trail = None if self.trail is None else apply(affine, self.trail)
        return replace(self, candidates=moved, trail=trail)

    def only(self, kept: NDArray[np.bool_]) -> Parsing:
        """Return the same with only some of the people (p,)."""
        return replace(self, people=self.people[kept], score=self.score[kept])

    def confirmed(self, support: NDArray[np.floating], *, least: float) -> Parsing:
        """Return the people in whom a detector of people sees one too, the surest first.

        Args:
            support: (p,) its scores, 0 where it sees none.
            least: What half the score per joint and `support` have together at least.
        """
        parts = np.maximum((self.people >= 0).sum(axis=1), 1)
        score = (self.score / parts / 2 + support).astype(np.float32)
        order = np.argsort(-score, kind="stable")
        order = order[score[order] >= least]
        verdict = self.verdict.copy()
        lost = np.delete(np.arange(len(self)), order)
        theirs = np.isin(self.limbs.start, self.people[lost])
        verdict[theirs & (verdict == LimbVerdict.TAKEN)] = LimbVerdict.UNSEEN
        return replace(self, verdict=verdict, people=self.people[order], score=score[order])


def _freeze(table: Candidates | LimbScores) -> None:
    length = len(table)
    for field in fields(table):
        array = getattr(table, field.name)
        if len(array) != length:
            msg = f"{field.name} must have {length} rows, got {len(array)}"
            raise ValueError(msg)
        array.flags.writeable = False
