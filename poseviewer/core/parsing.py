"""How people were assembled from the peaks and part affinity fields of one stage."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
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


@dataclass(frozen=True, slots=True, eq=False)
class Parsing:
    """Candidates, scored limbs, the limbs that were taken and the people they make."""

    candidates: Candidates

    limbs: LimbScores

    taken: NDArray[np.intp]
    """(t,) numbers of the limbs that joined people, in the order of the assembly; some belong
    to people that were dropped in the end."""

    people: NDArray[np.intp]
    """(p, k) candidate of every joint, -1 where there is none; best person first."""

    score: NDArray[np.float32]
    """(p,) peaks and limbs of each person, added up."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.taken, self.people, self.score):
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
        return replace(self, candidates=moved)

    def only(self, kept: NDArray[np.bool_]) -> Parsing:
        """Return the same with only some of the people (p,)."""
        return replace(self, people=self.people[kept], score=self.score[kept])


def _freeze(table: Candidates | LimbScores) -> None:
    length = len(table)
    for field in fields(table):
        array = getattr(table, field.name)
        if len(array) != length:
            msg = f"{field.name} must have {length} rows, got {len(array)}"
            raise ValueError(msg)
        array.flags.writeable = False
