"""From scored limbs to people: the two greedy assemblies of OpenPose (docs/facts/networks.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.parsing import LimbVerdict, Parsing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.parsing import Rules
    from poseviewer.core.parsing import Candidates, LimbScores
    from poseviewer.core.skeleton import Skeleton

_FEET = ("toe", "heel")
_LEGS = ("hip", "knee", "ankle")
_FEW_LEGS = 4
_TELLING = 4
"""Limbs from which on a person's own tell how long a further one may be."""


@dataclass(slots=True)
class _Assembled:
    """A person while it grows."""

    parts: dict[int, int] = field(default_factory=dict)
    """Candidate of each joint."""

    score: float = 0.0

    limbs: list[int] = field(default_factory=list)
    """Those that joined it."""

    sizes: list[float] = field(default_factory=list)
    """Length of each of them, relative to what is usual for the limb."""


class _People:
    """People while they grow.

    Args:
        candidates: What joints are made of.
        limbs: The scored connections.
        skeleton: Which joints the limbs join.
        rules: How long a limb may be.
    """

    def __init__(
        self, candidates: Candidates, limbs: LimbScores, *, skeleton: Skeleton, rules: Rules
    ) -> None:
        self.taken: list[int] = []
        self.verdict = np.where(limbs.score > 0, LimbVerdict.RIVAL, LimbVerdict.FAINT).astype(
            np.int8
        )
        self._sizes = _sizes(candidates, limbs, rules)
        self._stretch = rules.stretch
        self._peaks: list[float] = candidates.score.tolist()
        self._limb: list[int] = limbs.limb.tolist()
        self._start: list[int] = limbs.start.tolist()
        self._end: list[int] = limbs.end.tolist()
        self._score: list[float] = limbs.score.tolist()
        self._skeleton = skeleton
        self._owner: dict[int, _Assembled] = {}

    @property
    def found(self) -> list[_Assembled]:
        """All people, each once."""
        return list({id(person): person for person in self._owner.values()}.values())

    def join(self, number: int, *, merge: bool) -> None:
        """Let one scored limb start a person, or add to one, or with `merge` unite two."""
        limb = self._skeleton.limbs[self._limb[number]]
        a, b = self._start[number], self._end[number]
        first, second = self._owner.get(a), self._owner.get(b)
        if self._too_long(number, first, second):
            self.verdict[number] = LimbVerdict.LONG
            return
        if first is None and second is None:
            joined = not limb.spare and self._add(_Assembled(), limb.start, a)
            joined = joined and self._add(self._owner[a], limb.end, b)
        elif second is None and first is not None:
            joined = self._add(first, limb.end, b)
        elif first is None and second is not None:
            joined = self._add(second, limb.start, a)
        else:
            joined = merge and self._unite(a, b, spare=limb.spare)
        if joined:
            person = self._owner[a]
            person.score += self._score[number]
            person.limbs.append(number)
            if self._sizes:
                person.sizes.append(self._sizes[number])
            self.verdict[number] = LimbVerdict.TAKEN
            self.taken.append(number)

    def _too_long(self, number: int, *people: _Assembled | None) -> bool:
        """Whether a limb is longer than the others of a person whom it would join allow."""
        return any(
            person is not None
            and len(person.sizes) >= _TELLING
            and self._sizes[number] > self._stretch * median(person.sizes)
            for person in people
        )

    def _add(self, person: _Assembled, joint: int, candidate: int) -> bool:
        if joint in person.parts:
            return False
        person.parts[joint] = candidate
        person.score += self._peaks[candidate]
        self._owner[candidate] = person
        return True

    def _unite(self, a: int, b: int, *, spare: bool) -> bool:
        first, second = self._owner[a], self._owner[b]
        if first is second:
            return True
        if spare or first.parts.keys() & second.parts.keys():
            return False
        first.parts |= second.parts
        first.score += second.score
        first.limbs += second.limbs
        first.sizes += second.sizes
        for candidate in second.parts.values():
            self._owner[candidate] = first
        return True


def assemble(
    candidates: Candidates, limbs: LimbScores, *, skeleton: Skeleton, rules: Rules
) -> Parsing:
    """Assemble people greedily from candidates and scored limbs.

    Args:
        candidates: Sorted by joint.
        limbs: Every scored connection.
        skeleton: Its limbs give the order, and which of them only add.
        rules: Which assembly, and what a person needs.
    """
    people = _People(candidates, limbs, skeleton=skeleton, rules=rules)
    if rules.assembly == "best_first":
        for number in _best_first(candidates, limbs, rules.peaks):
            people.join(number, merge=True)
    else:
        for number in _limb_by_limb(limbs):
            people.join(number, merge=False)
    kept = _kept(people.found, skeleton, rules)
    for person in people.found:
        if not any(person is one for one in kept):
            people.verdict[person.limbs] = LimbVerdict.NOBODY
    kept.sort(key=lambda person: -person.score)
    table = np.full((len(kept), len(skeleton.joints)), -1, np.intp)
    for row, person in enumerate(kept):
        table[row, list(person.parts)] = list(person.parts.values())
    score = np.array([person.score for person in kept], np.float32)
    taken = np.array(people.taken, np.intp)
    return Parsing(candidates, limbs, taken, people.verdict, table, score)


def _sizes(candidates: Candidates, limbs: LimbScores, rules: Rules) -> list[float]:
    """The length of each scored limb relative to what is usual for it; empty where unchecked."""
    if not rules.lengths:
        return []
    length = np.linalg.norm(candidates.xy[limbs.end] - candidates.xy[limbs.start], axis=1)
    sizes: list[float] = (length / np.array(rules.lengths)[limbs.limb]).tolist()
    return sizes


def _best_first(candidates: Candidates, limbs: LimbScores, share: float) -> list[int]:
    """Every limb with a score, the best first."""
    peaks = candidates.score[limbs.start] + candidates.score[limbs.end]
    rank = limbs.score + share * peaks
    order: NDArray[np.intp] = np.argsort(-rank, kind="stable")
    found: list[int] = order[limbs.score[order] > 0].tolist()
    return found


def _limb_by_limb(limbs: LimbScores) -> list[int]:
    """For each limb in turn its best connections, every candidate at one of them at most."""
    order: Sequence[int] = np.lexsort((-limbs.score, limbs.limb)).tolist()
    number, score = limbs.limb.tolist(), limbs.score.tolist()
    start, end = limbs.start.tolist(), limbs.end.tolist()
    used: set[tuple[int, bool, int]] = set()
    found = []
    for i in order:
        ends = {(number[i], False, start[i]), (number[i], True, end[i])}
        if score[i] > 0 and not ends & used:
            used |= ends
            found.append(i)
    return found


def _kept(people: list[_Assembled], skeleton: Skeleton, rules: Rules) -> list[_Assembled]:
    """Select the people with enough joints and a high enough score.

    Feet do not count, for the same foot is easily found as the left and the right one, nor
    does a leg or two alone; unless there is no other person.
    """
    feet = {i for i, name in enumerate(skeleton.joints) if name.endswith(_FEET)}
    kept = [p for p in people if _is_person(p, rules, without=feet, skeleton=skeleton)]
    if feet and not kept:
        kept = [p for p in people if _is_person(p, rules, without=set(), skeleton=skeleton)]
    return kept


def _is_person(person: _Assembled, rules: Rules, *, without: set[int], skeleton: Skeleton) -> bool:
    counted = [joint for joint in person.parts if joint not in without]
    if len(counted) < rules.parts or person.score < rules.mean * len(counted):
        return False
    legs = all(skeleton.joints[joint].endswith(_LEGS) for joint in counted)
    return not (without and legs and len(counted) <= _FEW_LEGS)
