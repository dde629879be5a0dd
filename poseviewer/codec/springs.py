"""Pictorial structures: joints on a tree of springs, placed together and exactly.

The energy of a pose is the sum of what each joint's place costs in its belief map and of what the
springs cost (Fischler & Elschlager, 1973). On a tree its minimum is found exactly, in a time that
is linear in cells, with distance transforms (Felzenszwalb & Huttenlocher, IJCV 2005, section 4).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.assets import resource
from poseviewer.core.reading import listing, mapping, number, read_text, reading, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST = 1e-4
"""The belief below which a cell costs no more: no joint is so surely elsewhere."""

_LONGEST_FILE = 1 << 16
_FARTHEST, _TIGHTEST, _LOOSEST = 10.0, 0.01, 10.0


@dataclass(frozen=True, slots=True)
class Spring:
    """Where a joint is, seen from its parent, and how far it strays: in torsos, x and y apart."""

    parent: str

    child: str

    mean: tuple[float, float]

    deviation: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Springs:
    """A tree of springs and the sizes of people."""

    springs: tuple[Spring, ...]
    """The first starts at the root; parents come before their children."""

    torsos: tuple[float, ...]
    """Lengths of a torso, in longer sides of what a network is shown, that are tried."""

    slack: float = 1.0
    """Factor on all deviations. Beliefs are no probabilities: taken for some, they bear less than
    they are worth against springs."""

    @property
    def joints(self) -> tuple[str, ...]:
        """All joints, the root first."""
        return (self.springs[0].parent, *(spring.child for spring in self.springs))


@cache
def load_springs() -> Springs:
    """Load the springs that ship, as `poseviewer.training.springs` learnt them.

    Raises:
        PoseViewerError: The file cannot be read, or its springs are no tree.
    """
    path = resource("springs.toml")
    with reading(path.name, kind="a file of springs", advice="install the program again"):
        table = tomllib.loads(read_text(path, most=_LONGEST_FILE))
        known = [word(listing(table["springs"], "its springs")[0]["parent"], "a parent")]
        springs = []
        for row in table["springs"]:
            spring = _spring(mapping(row, "a spring"))
            if spring.parent not in known or spring.child in known:
                msg = f"its springs are no tree at {spring.child}"
                raise ValueError(msg)
            known.append(spring.child)
            springs.append(spring)
        torsos = [number(v, "a torso", low=0.01, high=1) for v in listing(table["torsos"], "it")]
        slack = number(table["slack"], "its slack", low=0.1, high=100)
        return Springs(tuple(springs), tuple(torsos), slack)


def _spring(row: dict[str, object]) -> Spring:
    mean = [number(v, "a mean", low=-_FARTHEST, high=_FARTHEST) for v in listing(row["mean"], "it")]
    spread = [
        number(v, "a deviation", low=_TIGHTEST, high=_LOOSEST)
        for v in listing(row["deviation"], "it")
    ]
    parent, child = (word(row[key], "a joint") for key in ("parent", "child"))
    (x, y), (across, down) = mean, spread
    return Spring(parent, child, (x, y), (across, down))


def distance_transform(
    costs: NDArray[np.float64], weight: NDArray[np.float64], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find the least of `costs[q] + weight * (q - p - offset)**2` over q, for every p.

    The lower envelope of one parabola a cell (Felzenszwalb & Huttenlocher, Theory of Computing
    2012, algorithm 1), of all rows at once.

    Args:
        costs: (m, n).
        weight: (m,), above 0.
        offset: (m,) cells, any number.

    Returns:
        (m, n).
    """
    rows, count = np.arange(len(costs)), costs.shape[1]
    high = costs / weight[:, None] + np.arange(count) ** 2
    # Of each row: the parabolas of its envelope, and from where on each is the lowest.
    lowest = np.zeros((len(costs), count), np.intp)
    start = np.full((len(costs), count + 1), np.inf)
    start[:, 0] = -np.inf
    top = np.zeros(len(costs), np.intp)
    meets = np.empty(len(costs))
    for q in range(1, count):
        hidden = rows
        while len(hidden):
            last = lowest[hidden, top[hidden]]
            meets[hidden] = (high[hidden, q] - high[hidden, last]) / (2 * (q - last))
            hidden = hidden[meets[hidden] <= start[hidden, top[hidden]]]
            top[hidden] -= 1
        top += 1
        lowest[rows, top], start[rows, top], start[rows, top + 1] = q, meets, np.inf
    places = np.arange(count) + offset[:, None]
    nearest = np.empty_like(lowest)
    at = np.zeros(len(costs), np.intp)
    for p in range(count):
        while (beyond := start[rows, at + 1] < places[:, p]).any():
            at += beyond
        nearest[:, p] = lowest[rows, at]
    away = nearest - places
    transformed: NDArray[np.float64] = costs[rows[:, None], nearest] + weight[:, None] * away**2
    return transformed


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What passed along a tree, for n sets of maps and its j joints, the root first.

    Costs are negative logarithms, each up to a constant of its map.
    """

    torso: NDArray[np.float64]
    """(n,) cells that a torso is long: the length of those tried that costs least."""

    evidence: NDArray[np.float64]
    """(n, j, h, w) what a place costs in the joint's own map."""

    messages: NDArray[np.float64]
    """(n, j, h, w) what each place of the parent costs all joints beyond the spring; 0 at the root,
    which has no parent."""

    collected: NDArray[np.float64]
    """(n, j, h, w) evidence and the messages of the joint's children; at the root it is what the
    best pose with the root there costs."""

    cells: NDArray[np.intp]
    """(n, j, 2) x and y of the pose that costs least."""


class SpringTree:
    """The springs of a skeleton's joints.

    Joints of the tree that the skeleton lacks, as the neck of COCO's, may be anywhere.

    Args:
        joints: Of the skeleton, in the order of the maps.
        springs: Those that ship where None.
    """

    def __init__(self, joints: Sequence[str], springs: Springs | None = None) -> None:
        springs = springs or load_springs()
        names = springs.joints
        self._torsos = np.array(springs.torsos)
        self.nodes: NDArray[np.intp] = np.array(
            [row for row, name in enumerate(names) if name in joints], np.intp
        )
        """(m,) rows of the tree's joints that the skeleton has."""
        self.channels: NDArray[np.intp] = np.array(
            [joints.index(names[row]) for row in self.nodes], np.intp
        )
        """(m,) where they are among the skeleton's."""
        self._parent = np.array([0, *(names.index(spring.parent) for spring in springs.springs)])
        self._mean = np.array([(0.0, 0.0), *(spring.mean for spring in springs.springs)])
        spread = np.array([(1.0, 1.0), *(spring.deviation for spring in springs.springs)])
        self._spread = spread * springs.slack
        depth = np.zeros(len(names), np.intp)
        for row in range(1, len(names)):
            depth[row] = depth[self._parent[row]] + 1
        self._levels = [np.flatnonzero(depth == d) for d in range(1, int(depth.max()) + 1)]

    def solve(self, maps: NDArray[np.floating]) -> Solved:
        """Place all joints at once.

        Args:
            maps: (n, k or more, h, w) beliefs in the order of the skeleton.
        """
        count, _, height, width = maps.shape
        evidence = np.zeros((count, len(self._parent), height, width))
        evidence[:, self.nodes] = -np.log(np.maximum(maps[:, self.channels], LEAST))
        sizes = self._torsos * max(height, width)
        # Every size of every set of maps, as if each were a set.
        torso = np.tile(sizes, count)
        collected, messages = self._collect(np.repeat(evidence, len(sizes), axis=0), torso)
        # Springs are distributions: looser ones, of longer torsos, are lower everywhere.
        lowest = collected[:, 0].min(axis=(1, 2)) + 2 * (len(self.nodes) - 1) * np.log(torso)
        best = lowest.reshape(count, -1).argmin(axis=1) + np.arange(count) * len(sizes)
        torso, collected, messages = torso[best], collected[best], messages[best]
        return Solved(torso, evidence, messages, collected, self._place(collected, torso))

    def _collect(
        self, evidence: NDArray[np.float64], torso: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is collected and the messages, from the leaves to the root."""
        collected, messages = evidence, np.zeros_like(evidence)
        for level in reversed(self._levels):
            messages[:, level] = self._through(collected[:, level], level, torso)
            for node in level:
                collected[:, self._parent[node]] += messages[:, node]
        return collected, messages

    def _through(
        self,
        costs: NDArray[np.float64],
        level: NDArray[np.intp],
        torso: NDArray[np.float64],
        *,
        away: bool = False,
    ) -> NDArray[np.float64]:
        """Costs (n, m, h, w) at the far ends of m springs as costs at their near ends.

        Args:
            costs: Of the children; of the parents where `away`.
            level: (m,) the children.
            torso: (n,) cells.
            away: Whether they pass to the children.
        """
        for axis, name in ((0, -1), (1, -2)):
            offset = np.outer(torso, self._mean[level, axis]) * (-1 if away else 1)
            weight = 0.5 / np.outer(torso, self._spread[level, axis]) ** 2
            lines = np.moveaxis(costs, name, -1)
            shape = lines.shape
            each = shape[2]
            done = distance_transform(
                lines.reshape(-1, shape[3]),
                np.repeat(weight.ravel(), each),
                np.repeat(offset.ravel(), each),
            )
            costs = np.moveaxis(done.reshape(shape), -1, name)
        return costs

    def _place(
        self, collected: NDArray[np.float64], torso: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """The pose (n, j, 2) of least cost: the root first, then each joint for its parent."""
        count, _, height, width = collected.shape
        cells = np.zeros((count, len(self._parent), 2), np.intp)
        x, y = np.arange(width), np.arange(height)[:, None]
        for node in (0, *(row for level in self._levels for row in level.tolist())):
            costs = collected[:, node]
            if node:
                middle = cells[:, self._parent[node]] + torso[:, None] * self._mean[node]
                weight = 0.5 / (torso[:, None] * self._spread[node]) ** 2
                costs = (
                    costs
                    + weight[:, 0, None, None] * (x - middle[:, 0, None, None]) ** 2
                    + weight[:, 1, None, None] * (y - middle[:, 1, None, None]) ** 2
                )
            best = costs.reshape(count, -1).argmin(axis=1)
            cells[:, node, 1], cells[:, node, 0] = np.divmod(best, width)
        return cells

    def way_back(self, solved: Solved) -> NDArray[np.float64]:
        """Find what the best pose with a joint in a cell costs, of every joint (n, j, h, w).

        The cell where a joint costs least is its place in the pose of least cost, unless several
        poses cost the same.
        """
        total = solved.collected.copy()
        for level in self._levels:
            parents = self._parent[level]
            # What the parent hears from everywhere but this child.
            others = total[:, parents] - solved.messages[:, level]
            total[:, level] += self._through(others, level, solved.torso, away=True)
        return total

    def marginals(self, solved: Solved) -> NDArray[np.float64]:
        """Find how probable each cell is for each joint, over all poses (n, j, h, w).

        The same two passes with sums in place of minima. Each map adds up to 1.
        """
        total, messages = -solved.evidence, np.zeros_like(solved.evidence)
        for level in reversed(self._levels):
            for node in level.tolist():
                messages[:, node] = self._summed(total[:, node], node, solved.torso)
                total[:, self._parent[node]] += messages[:, node]
        for level in self._levels:
            for node in level.tolist():
                others = total[:, self._parent[node]] - messages[:, node]
                total[:, node] += self._summed(others, node, solved.torso, away=True)
        shares = np.exp(total - total.max(axis=(2, 3), keepdims=True))
        probable: NDArray[np.float64] = shares / shares.sum(axis=(2, 3), keepdims=True)
        return probable

    def _summed(
        self,
        logs: NDArray[np.float64],
        node: int,
        torso: NDArray[np.float64],
        *,
        away: bool = False,
    ) -> NDArray[np.float64]:
        """As `_through` for one spring, of logarithms (n, h, w) that are summed over."""
        shares = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
        for axis, name in ((0, -1), (1, -2)):
            cells = np.arange(shares.shape[name])
            # (n, parent, child)
            apart = cells[None, None] - cells[None, :, None]
            apart = apart - (torso * self._mean[node, axis])[:, None, None]
            kernel = np.exp(-0.5 * (apart / (torso * self._spread[node, axis])[:, None, None]) ** 2)
            lines = np.moveaxis(shares, name, -1)
            lines = lines @ (kernel if away else np.moveaxis(kernel, 1, 2))
            shares = np.moveaxis(lines, -1, name)
        found: NDArray[np.float64] = np.log(np.maximum(shares, np.finfo(np.float64).tiny))
        return found

    def decode(
        self, maps: NDArray[np.float32], *, sigma: float, background: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Place the joints of the tree together, and all others at their peaks.

        Args:
            maps: (n, channels, h, w).
            sigma: Of a peak, cells, for the step from the middle of a cell (DARK).
            background: Whether the last map is one of the background.

        Returns:
            Cells (n, k, 2) and the belief there (n, k): that of the network, which the springs
            do not raise, but at least `LEAST`.
        """
        codec = HeatmapCodec(1, sigma, background)
        cells, score = codec.decode(maps, method="dark", blur=True)
        if not len(self.nodes):
            return cells, score
        found = self.solve(maps).cells[:, self.nodes]
        x, y = found[..., 0], found[..., 1]
        people = np.repeat(np.arange(len(maps)), len(self.nodes))
        own = maps[:, self.channels]
        flat = np.ascontiguousarray(own, np.float32).reshape(-1, *own.shape[2:])
        peaks = (np.arange(len(flat)), y.ravel(), x.ravel())
        exact = found + codec.refine(flat, peaks, method="dark", blur=True).reshape(found.shape)
        cells[:, self.channels] = exact
        channels = np.tile(self.channels, len(maps))
        score[people, channels] = np.maximum(flat[peaks], LEAST)
        return cells, score
