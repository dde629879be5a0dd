"""People's boxes to the answers of a detector and back: one class, so that both stay the same.

Every cell of some maps, one for each stride, says how likely a person is about it and how far the
edges of their box are (Tian et al., "FCOS", ICCV 2019), so a box is exact to a fraction of a cell.
The cells of all maps stand in one row, the finest map first, each map line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.detection import Detections, Verdict, overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTWARDS = (-1.0, -1.0, 1.0, 1.0)
"""Which way the four edges of a box lie from a point inside it."""

STRIDES = (8, 16, 32, 64)
"""Input pixels per cell of the maps of our detector."""

_LONG = 4.0
"""Strides that half of the longer side of a box measures at most, where its person is encoded."""

_SAME = 0.7
"""Intersection over union with a better candidate from which on it is the same look at someone."""

_PART = 0.5
"""Share of the smaller of two boxes in the other from which on a candidate that is too faint is no
more than another look at that one."""


@dataclass(frozen=True, slots=True)
class DetectionCodec:
    """Scores of cells and their distances to edges."""

    strides: tuple[int, ...] = STRIDES
    """Input pixels per cell of each map."""

    floor: float = 0.05
    """Least score of a candidate."""

    most: int = 50
    """Candidates of a frame."""

    def cells(self, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the cells are that look at an input of `size` (width, height).

        Returns:
            Their points (n, 2) in input pixels, and their strides (n,).
        """
        points, strides = [], []
        for stride in self.strides:
            columns, rows = (-(-side // stride) for side in size)
            x, y = np.meshgrid(np.arange(columns), np.arange(rows))
            points.append(np.column_stack([x.ravel(), y.ravel()]) * stride - 0.5)
            strides.append(np.full(rows * columns, float(stride)))
        return np.concatenate(points), np.concatenate(strides)

    def encode(
        self, boxes: NDArray[np.floating], joints: NDArray[np.floating], *, size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What a perfect network would answer, of each person through a cell of their own.

        Args:
            boxes: (n, 4) left, top, right, bottom in input pixels.
            joints: (n, 4), those of their joints.
            size: Input width and height, pixels.

        Returns:
            Scores (1, cells), and the distances (8, cells) in pixels from each cell outwards to
            the edges of both boxes.
        """
        points, strides = self.cells(size)
        score, edges = np.zeros((1, len(points))), np.zeros((8, len(points)))
        for both in np.concatenate([boxes, joints], axis=1).reshape(-1, 2, 4):
            middle, half = (both[0, :2] + both[0, 2:]) / 2, (both[0, 2:] - both[0, :2]).max() / 2
            wide_enough = np.flatnonzero(strides * _LONG >= half)
            stride = strides[wide_enough[0]] if len(wide_enough) else strides[-1]
            free = (strides == stride) & (score[0] == 0)
            near = np.where(free, ((points - middle) ** 2).sum(1), np.inf)
            cell = int(near.argmin())
            score[0, cell] = 1.0
            edges[:, cell] = ((both - np.tile(points[cell], 2)) * np.array(OUTWARDS)).ravel()
        return score.astype(np.float32), edges.astype(np.float32)

    def decode(
        self,
        score: NDArray[np.floating],
        edges: NDArray[np.floating],
        *,
        size: tuple[int, int],
        threshold: float,
        overlap: float = 0.6,
    ) -> Detections:
        """Everybody in a frame, and every candidate that was refused.

        From the best to the faintest, a candidate is taken unless it overlaps one that was taken
        before. Cells that say nearly the same as a better one are no candidates, nor are those
        below the threshold within or about one.

        Args:
            score: (1, cells), 0 to 1.
            edges: (8, cells) pixels outwards, those of the visible box first.
            size: Input width and height, pixels.
            threshold: Least score of a person.
            overlap: Most intersection over union of two people.

        Returns:
            Boxes in input pixels, within the input.
        """
        likely = np.asarray(score[0], np.float32)
        cells = np.flatnonzero(likely >= self.floor)
        cells = cells[np.argsort(-likely[cells], kind="stable")]
        points, _ = self.cells(size)
        distances = np.asarray(edges, np.float64)[:, cells].T.reshape(-1, 2, 4)
        both = np.tile(points[cells], 2)[:, None] + distances * np.array(OUTWARDS)
        width, height = size
        both = both.clip(-0.5, np.array([width, height] * 2) - 0.5)
        kept = self._different(both[:, 0], faint=likely[cells] < threshold)
        cells, both = cells[kept], both[kept]
        return _judged(both[:, 0], both[:, 1], likely[cells], threshold=threshold, overlap=overlap)

    def _different(
        self, boxes: NDArray[np.float64], *, faint: NDArray[np.bool_]
    ) -> NDArray[np.intp]:
        """Which of the boxes (n, 4), the best first, do not repeat a better one."""
        kept: list[int] = []
        left = np.arange(len(boxes))
        while len(left) and len(kept) < self.most:
            first, left = int(left[0]), left[1:]
            kept.append(first)
            one, others = boxes[[first]], boxes[left]
            repeats = overlaps(one, others)[0] > _SAME
            left = left[~(repeats | faint[left] & (_within(one, others) > _PART))]
        return np.array(kept, np.intp)


def _within(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of the smaller of two boxes lies in the other (n,), of one (1, 4) with each."""
    low, high = np.maximum(one[:, :2], others[:, :2]), np.minimum(one[:, 2:], others[:, 2:])
    least = np.minimum((one[:, 2:] - one[:, :2]).prod(1), (others[:, 2:] - others[:, :2]).prod(1))
    both: NDArray[np.float64] = (high - low).clip(min=0).prod(1) / least.clip(min=1e-9)
    return both


def _judged(
    boxes: NDArray[np.float64],
    joints: NDArray[np.float64],
    score: NDArray[np.float32],
    *,
    threshold: float,
    overlap: float,
) -> Detections:
    """Candidates, the best first, with what becomes of each."""
    shared = overlaps(boxes, boxes)
    verdict = np.full(len(score), Verdict.TAKEN, np.int8)
    rival, why = np.full(len(score), -1, np.intp), np.zeros(len(score))
    taken: list[int] = []
    for i, value in enumerate(score):
        if value < threshold:
            verdict[i] = Verdict.FAINT
            continue
        if taken:
            nearest = taken[int(shared[i, taken].argmax())]
            if shared[i, nearest] > overlap:
                verdict[i], rival[i], why[i] = Verdict.OVERLAPS, nearest, shared[i, nearest]
                continue
        taken.append(i)
    return Detections(boxes, joints, score, verdict, rival, why)
