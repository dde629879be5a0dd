"""From discs, offsets and displacements to people: PersonLab's greedy decoder.

Papandreou et al., ECCV 2018, section 3.1.2, as the published PoseNet reads its maps: the surest
cell of any joint starts a person, who grows joint by joint along a tree (docs/facts/networks.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, hypot
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.parsing import Candidates, LimbScores, LimbVerdict, Parsing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Limb

    Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Growth:
    """The rules by which people grow."""

    threshold: float = 0.5
    """Belief from which on a cell may start a person."""

    near: float = 20.0
    """Input pixels within which the same joint of two people is one place."""

    refinements: int = 2
    """How often a place is moved by the offset of the nearest cell after each displacement."""

    most: int = 20
    """People, at most."""


PUBLISHED = Growth()
"""Those of the published PoseNet."""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """What people grow from."""

    discs: NDArray[np.float32]
    """(k, h, w) belief in each joint, 0 to 1."""

    offsets: NDArray[np.float32]
    """(2 k, h, w) input pixels to the joint, x before y."""

    forth: NDArray[np.float32]
    """(2 edges, h, w) input pixels from the start of each edge to its end."""

    back: NDArray[np.float32]
    """(2 edges, h, w) input pixels from the end of each edge to its start."""

    stride: int
    """Input pixels from cell to cell; the first cell lies on pixel (0, 0)."""

    def cell(self, place: Place) -> tuple[int, int]:
        """Row and column of the cell nearest to a place."""
        height, width = self.discs.shape[1:]
        row, column = floor(place[1] / self.stride + 0.5), floor(place[0] / self.stride + 0.5)
        return min(max(row, 0), height - 1), min(max(column, 0), width - 1)

    def snapped(self, joint: int, place: Place) -> Place:
        """Where the offset of the nearest cell says that a joint is."""
        row, column = self.cell(place)
        x, y = self.offsets[2 * joint : 2 * joint + 2, row, column].tolist()
        return column * self.stride + x, row * self.stride + y

    def belief(self, joint: int, place: Place) -> float:
        """The belief in a joint at the nearest cell."""
        return float(self.discs[joint][self.cell(place)])


@dataclass(slots=True)
class _Grown:
    """A person: places and beliefs by joint, and the edges in the order of growth."""

    places: dict[int, Place]
    beliefs: dict[int, float]
    edges: list[int] = field(default_factory=list)
    trails: list[list[Place]] = field(default_factory=list)
    score: float = 0.0


def grow(maps: Maps, *, limbs: Sequence[Limb], rules: Growth) -> Parsing:
    """Everybody in one picture, in input pixels, with the seeds that were refused.

    Args:
        maps: Of the picture.
        limbs: The edges of the tree, from the root outwards; `channel` is that of a
            displacement's x.
        rules: How people grow.
    """
    people: list[_Grown] = []
    refused: list[tuple[int, Place, float]] = []
    for joint, row, column in _queue(maps.discs, rules.threshold):
        if len(people) == rules.most:
            break
        middle = float(column * maps.stride), float(row * maps.stride)
        seed = maps.snapped(joint, middle)
        belief = float(maps.discs[joint, row, column])
        if any(_within(person.places[joint], seed, rules.near) for person in people):
            refused.append((joint, seed, belief))
            continue
        person = _Grown({joint: seed}, {joint: belief})
        for number in reversed(range(len(limbs))):
            _walk(maps, person, limbs, number, forward=False, times=rules.refinements)
        for number in range(len(limbs)):
            _walk(maps, person, limbs, number, forward=True, times=rules.refinements)
        own = (
            belief
            for one, belief in person.beliefs.items()
            if not any(_within(p.places[one], person.places[one], rules.near) for p in people)
        )
        person.score = sum(own) / len(maps.discs)
        people.append(person)
    return _parsing(people, refused, limbs, joints=len(maps.discs), times=rules.refinements)


def _queue(discs: NDArray[np.float32], threshold: float) -> list[tuple[int, int, int]]:
    """Joint, row and column of the cells that may start a person, the surest first.

    A cell may where no neighbour is surer. Equal ones come in the order of reading, so that the
    order of channels changes nothing.
    """
    height, width = discs.shape[1:]
    padded = np.pad(discs, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    windows = [padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    joint, y, x = np.nonzero((discs >= threshold) & (discs >= np.maximum.reduce(windows)))
    order = np.lexsort((joint, x, y, -discs[joint, y, x]))
    found: list[tuple[int, int, int]] = list(
        zip(joint[order].tolist(), y[order].tolist(), x[order].tolist(), strict=True)
    )
    return found


def _within(a: Place, b: Place, reach: float) -> bool:
    return hypot(a[0] - b[0], a[1] - b[1]) <= reach


def _walk(
    maps: Maps,
    person: _Grown,
    limbs: Sequence[Limb],
    number: int,
    *,
    forward: bool,
    times: int,
) -> None:
    """Add the joint at the far end of an edge, where only the near end is there."""
    limb = limbs[number]
    source, target = (limb.start, limb.end) if forward else (limb.end, limb.start)
    if source not in person.places or target in person.places:
        return
    x, y = person.places[source]
    row, column = maps.cell((x, y))
    ways = maps.forth if forward else maps.back
    dx, dy = ways[limb.channel : limb.channel + 2, row, column].tolist()
    trail = [(x + dx, y + dy)]
    for _ in range(times):
        trail.append(maps.snapped(target, trail[-1]))
    person.places[target] = trail[-1]
    person.beliefs[target] = maps.belief(target, trail[-1])
    person.edges.append(number)
    person.trails.append(trail)


def _parsing(
    people: list[_Grown],
    refused: list[tuple[int, Place, float]],
    limbs: Sequence[Limb],
    *,
    joints: int,
    times: int,
) -> Parsing:
    """The people and refused seeds as tables."""
    rows = [(j, p.places[j], p.beliefs[j], n) for n, p in enumerate(people) for j in p.places]
    rows += [(*seed, -1) for seed in refused]
    rows.sort(key=lambda row: row[0])
    table = np.full((len(people), joints), -1, np.intp)
    for at, (joint, _, _, owner) in enumerate(rows):
        if owner >= 0:
            table[owner, joint] = at
    candidates = Candidates(
        np.array([row[0] for row in rows], np.intp),
        np.array([row[1] for row in rows], np.float64).reshape(-1, 2),
        np.array([row[2] for row in rows], np.float32),
    )
    edges = [(n, edge) for n, person in enumerate(people) for edge in person.edges]
    whose, along = np.array(edges, np.intp).reshape(-1, 2).T
    start = np.array([limb.start for limb in limbs], np.intp)[along]
    end = np.array([limb.end for limb in limbs], np.intp)[along]
    a, b = table[whose, start], table[whose, end]
    walked = LimbScores(
        along,
        a,
        b,
        np.minimum(candidates.score[a], candidates.score[b]),
        np.ones(len(along), np.float32),
    )
    score = np.array([person.score for person in people], np.float32)
    best = np.argsort(-score, kind="stable")
    trails = [trail for person in people for trail in person.trails]
    return Parsing(
        candidates,
        walked,
        np.arange(len(along)),
        np.full(len(along), LimbVerdict.TAKEN, np.int8),
        table[best],
        score[best],
        np.array(trails, np.float64).reshape(-1, times + 1, 2),
    )
