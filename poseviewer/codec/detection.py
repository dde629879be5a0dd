"""People's boxes to the maps of a detector and back: one class, so that both stay the same.

Every person is a peak in a map of centres, as in CenterNet (Zhou et al., "Objects as Points",
2019); the cells around it tell how far the edges of the boxes are, as in TTFNet (Liu et al.,
AAAI 2020), so a box is exact to a fraction of a cell without an offset of the centre.
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


@dataclass(frozen=True, slots=True)
class DetectionCodec:
    """Maps of centres and of distances to edges, of one stride."""

    stride: int = 4
    """Input pixels per cell."""

    spread: float = 0.09
    """Standard deviation of a peak, in widths and heights of the box (TTFNet, section 3.2)."""

    narrowest: float = 0.6
    """Least standard deviation of a peak, cells."""

    floor: float = 0.05
    """Least score of a candidate."""

    most: int = 50
    """Candidates of a frame."""

    def encode(
        self, boxes: NDArray[np.floating], joints: NDArray[np.floating], *, size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """The maps that a perfect network would return.

        Args:
            boxes: (n, 4) left, top, right, bottom in input pixels.
            joints: (n, 4), those of their joints.
            size: Input width and height, pixels.

        Returns:
            Centres (1, h, w), peak 1; the distances (8, h, w) in pixels from each cell outwards to
            the edges of both boxes of the person whose peak is highest there; and what these
            count (h, w), 0 where there is nobody.
        """
        width, height = size[0] // self.stride, size[1] // self.stride
        x, y = (np.arange(n) * self.stride + (self.stride - 1) / 2 for n in (width, height))
        centres, edges = np.zeros((1, height, width)), np.zeros((8, height, width))
        inside = np.zeros((height, width))
        cells = np.stack([*np.meshgrid(x, y)] * 2)
        for both in np.concatenate([boxes, joints], axis=1).reshape(-1, 8):
            middle = (both[:2] + both[2:4]) / 2
            cell = np.floor((middle + 0.5) / self.stride).astype(int)
            column, row = cell.clip(0, (width - 1, height - 1))
            spread = (both[2:4] - both[:2]) * self.spread
            across, down = spread.clip(min=self.narrowest * self.stride)
            peak = np.exp(-(((x - x[column]) / across) ** 2) / 2) * np.exp(
                -(((y[:, None] - y[row]) / down) ** 2) / 2
            )
            peak[peak < LEAST] = 0.0
            here = peak > inside
            away = (both.reshape(2, 4, 1, 1) - cells) * np.array(OUTWARDS)[:, None, None]
            edges = np.where(here, away.reshape(8, height, width), edges)
            inside = np.maximum(inside, peak)
        centres[0] = inside
        return centres.astype(np.float32), edges.astype(np.float32), inside.astype(np.float32)

    def decode(
        self,
        centres: NDArray[np.floating],
        edges: NDArray[np.floating],
        *,
        threshold: float,
        overlap: float = 0.55,
    ) -> Detections:
        """Everybody in a frame, and every candidate that was refused.

        A candidate is a cell that is the highest of 3 x 3. From the best to the faintest, one is
        taken unless it overlaps one that was taken before.

        Args:
            centres: (1, h, w), 0 to 1.
            edges: (8, h, w) pixels outwards, those of the visible box first.
            threshold: Least score of a person.
            overlap: Most intersection over union of two people.

        Returns:
            Boxes in input pixels.
        """
        heat = np.asarray(centres[0], np.float32)
        padded = np.pad(heat, 1, constant_values=-1.0)
        rows, columns = heat.shape
        around = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns)).max((0, 1))
        y, x = np.nonzero((heat >= around) & (heat >= self.floor))
        order = np.argsort(-heat[y, x], kind="stable")[: self.most]
        y, x = y[order], x[order]
        middle = np.stack([x, y, x, y], axis=1) * self.stride + (self.stride - 1) / 2
        distances = np.asarray(edges, np.float64)[:, y, x].T.reshape(-1, 2, 4)
        both = middle[:, None] + distances * np.array(OUTWARDS)
        return _judged(both[:, 0], both[:, 1], heat[y, x], threshold=threshold, overlap=overlap)


LEAST = 0.01
"""Below this a peak has ended."""


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
