"""From belief maps and fields to candidates and scored limbs.

Rules and thresholds are those of the released C++ code (docs/facts/networks.md). It enlarges
every map eightfold before it looks at pixels; here peaks are found among cells and refined
within them, and fields are read between cells, which says the same for a hundredth of the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.belief import summits
from poseviewer.core.parsing import Candidates, LimbScores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Limb

Assembly = Literal["best_first", "limb_by_limb"]

_MOST_SAMPLES, _FEWEST_SAMPLES = 25, 5
_NEAR = 1 / 150


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds of a parsing; the defaults are those of OpenPose's library."""

    peak: float = 0.05
    """Belief above which a peak is a candidate."""

    sample: float = 0.05
    """Agreement of field and direction above which a sample counts."""

    share: float = 0.95
    """Of a limb's samples, those that must count: more than this."""

    samples: int | None = None
    """Along a limb, both ends included; None for 5 to 25 by its length, without the end."""

    every_sample: bool = False
    """Whether a limb's score is the mean of all its samples, else of those that count."""

    length: float | None = None
    """Limbs longer than this share of the map's height lose score; None for none."""

    parts: int = 3
    """Joints a person has at least."""

    mean: float = 0.4
    """Score per joint a person has at least."""

    assembly: Assembly = "best_first"
    """All limbs in one list by score (the library on a GPU), or limb by limb in the skeleton's
    order (the library on a CPU, and the paper)."""

    most: int = 40
    """Candidates per joint, at most."""

    lengths: tuple[float, ...] = ()
    """Length of each of the skeleton's limbs, relative to each other; empty where limbs are not
    checked against those of the same person."""

    stretch: float = 2.2
    """How many times as long as the person's other limbs make likely a limb may be."""

    peaks: float = 0.1
    """What the two peaks count beside a limb's score where the best limbs come first."""

    surely: float | None = None
    """Half the score per joint and the score of the person detector's candidate that a person
    has together at least; None where no detector is asked."""


OPENPOSE = Rules()
"""The library for COCO and BODY_25."""

OPENPOSE_MPI = Rules(peak=0.6, sample=0.01)
"""The library for MPI."""

OPENPOSE_MPI_4 = Rules(peak=0.3, sample=0.01)
"""The library for MPI cut after four stages."""

REFERENCE = Rules(
    peak=0.1,
    share=0.8,
    samples=10,
    every_sample=True,
    length=0.5,
    assembly="limb_by_limb",
)
"""The reference in MATLAB and Python, which gave the paper's COCO numbers."""

LIGHTWEIGHT = Rules(peak=0.1, share=0.8, samples=10, mean=0.2, assembly="limb_by_limb")
"""Lightweight OpenPose (Osokin 2018)."""


def local_peaks(
    maps: NDArray[np.float32], *, above: float, most: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cells higher than their eight neighbours; of equal neighbours the first counts.

    Args:
        maps: (k, h, w).
        above: The value that a peak exceeds.
        most: Peaks per map, at most; the highest stay.

    Returns:
        Map, row and column of each, rising.
    """
    joint, y, x = np.nonzero(summits(maps, above=above))
    if len(joint) and np.bincount(joint).max() > most:
        order = np.lexsort((-maps[joint, y, x], joint))
        rank = np.arange(len(order)) - np.searchsorted(joint, joint[order])
        kept = np.sort(order[rank < most])
        joint, y, x = joint[kept], y[kept], x[kept]
    return joint, y, x


def weigh(
    fields: NDArray[np.float32],
    candidates: Candidates,
    *,
    limbs: Sequence[Limb],
    stride: int,
    rules: Rules,
) -> LimbScores:
    """Score every connection of two candidates that some limb allows by the field along it.

    Args:
        fields: (2 limbs, h, w).
        candidates: In cells.
        limbs: Which joints are connected and where their fields are.
        stride: Input pixels per cell, for the number of samples.
        rules: Thresholds.
    """
    limb, start, end = _pairs(candidates, limbs)
    channel = np.array([one.channel for one in limbs], np.intp)[limb]
    way = candidates.xy[end] - candidates.xy[start]
    length = np.linalg.norm(way, axis=1)
    unit = way / np.maximum(length, 1e-9)[:, None]
    part, counted = _steps(np.abs(way).max(axis=1, initial=0.0) * stride, rules)
    places = candidates.xy[start][:, None] + part[..., None] * way[:, None]
    sampled = _between(fields, channel, places)
    agreement = (sampled * unit[:, None]).sum(axis=2)
    kept = (agreement > rules.sample) & counted
    used = counted if rules.every_sample else kept
    share = kept.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    mean = (agreement * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1)
    score = np.where(share > rules.share, mean, 0.0)
    height, width = fields.shape[1:]
    if rules.length is not None:
        score += np.minimum(rules.length * height / np.maximum(length, 1e-9) - 1, 0.0)
        score = np.maximum(score, 0.0)
    # Two joints on one spot have no direction between them, and still belong together.
    near = length < np.sqrt(width * height) * _NEAR
    score[near] = rules.peak + 1e-6
    return LimbScores(limb, start, end, score.astype(np.float32), share.astype(np.float32))


def _pairs(
    candidates: Candidates, limbs: Sequence[Limb]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Limb, start and end of every connection that could be."""
    rows: list[NDArray[np.intp]] = [np.empty((3, 0), np.intp)]
    for number, limb in enumerate(limbs):
        a, b = (
            np.arange(*np.searchsorted(candidates.joint, [joint, joint + 1]))
            for joint in (limb.start, limb.end)
        )
        grid = np.empty((3, len(a) * len(b)), np.intp)
        grid[0], grid[1], grid[2] = number, np.repeat(a, len(b)), np.tile(b, len(a))
        rows.append(grid)
    limb_number, start, end = np.concatenate(rows, axis=1)
    return limb_number, start, end


def _steps(
    reach: NDArray[np.floating], rules: Rules
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Where along each limb its samples lie (m, samples), 0 to 1, and which of them count.

    Args:
        reach: (m,) the longer of the two extents of each limb, input pixels.
        rules: Thresholds.
    """
    if rules.samples is not None:
        part = np.linspace(0.0, 1.0, rules.samples)
        return np.tile(part, (len(reach), 1)), np.ones((len(reach), rules.samples), np.bool_)
    count = np.clip(np.rint(np.sqrt(5 * reach)), _FEWEST_SAMPLES, _MOST_SAMPLES)[:, None]
    number = np.arange(_MOST_SAMPLES)
    return number / count, number < count


def _between(
    fields: NDArray[np.float32], channel: NDArray[np.intp], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Field vectors (m, samples, 2) at places between cells, bilinear; the edge repeats."""
    height, width = fields.shape[1:]
    x = np.clip(places[..., 0], 0, width - 1)
    y = np.clip(places[..., 1], 0, height - 1)
    left = np.minimum(x.astype(np.intp), max(width - 2, 0))
    top = np.minimum(y.astype(np.intp), max(height - 2, 0))
    fx, fy = x - left, y - top
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    # Components beside each other, so that one look-up fetches a vector.
    vectors = np.moveaxis(fields.reshape(-1, 2, height, width), 1, -1)
    row = channel[:, None] // 2
    above = vectors[row, top, left] * (1 - fx)[..., None] + vectors[row, top, right] * fx[..., None]
    below = vectors[row, low, left] * (1 - fx)[..., None] + vectors[row, low, right] * fx[..., None]
    mixed: NDArray[np.float64] = above * (1 - fy)[..., None] + below * fy[..., None]
    return mixed
