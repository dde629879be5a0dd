"""The estimator of all people at once: assembled from belief maps and part affinity fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply, invert
from poseviewer.core.pose import Poses
from poseviewer.core.stage import last_heatmap
from poseviewer.core.uncertainty import covariance, moved, rounded
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request


_WITHIN = 0.6
"""Share of a person's joints that lie in the box of a candidate who is the same person."""

_GROWN = 0.1
"""How far such a box is enlarged on every side, relative to its longer side."""

_AROUND = 8
"""Cells around a joint in which belief is about it, at most; 3 at least."""

_PART = 0.35
"""How far that reaches, relative to the longer side of all joints of the person."""

_ALIKE = 0.4, 2.5
"""The longer side of the person's own box, relative to the candidate's."""


class CrowdEstimator(Estimator):
    """A network of beliefs and part affinity fields with its decoder. Stateless, as every one.

    A stage of fields and its partner of beliefs are decoded together and have the same poses.
    Where the card wants it and there is a detector, that confirms the people of every stage.
    Arguments as of `Estimator`.
    """

    everybody = True

    _looking: Callable[[], Detections] | None = None
    """Waits for the detector, which looks at the frame beside the network."""

    _seen: Detections | None = None
    """What it sees in the frame that is being read."""

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),  # noqa: ARG002 - one look holds everybody
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate all people in `region`, best person first.

        The input is as wide as the region's shape asks for, so that nothing is squeezed and
        little is added.
        """
        size = self.card.input_for(region.width / region.height)
        if size != self._cropper.size:
            self._cropper = Cropper(size, normalisation=self.card.normalisation)
        asked = self.finder if self.card.confirmed else None
        self._looking = None if asked is None else asked.begin(frame)
        result = super().estimate(frame, region, request, captured=captured)
        return replace(result, detections=self._seen)

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        self._seen = None if self._looking is None else self._looking()
        parsed: dict[tuple[int, int], Parsing] = {}
        poses, parsings = [], []
        for number, spec in enumerate(self.card.stages):
            partner = number if spec.partner is None else spec.partner
            pair = (number, partner) if spec.meaning.subject == "limb" else (partner, number)
            if pair not in parsed:
                fields, beliefs = (maps[i][0] for i in pair)
                found = self.card.fields.decode(fields, beliefs, method=self._decoding, blur=True)
                found = found.moved(self._to_frame(number, fields.shape, to_frame[0]))
                least = self.card.fields.rules.surely
                if self._seen is not None and least is not None:
                    found = found.confirmed(support(found.joints()[0], self._seen), least=least)
                parsed[pair] = found
            parsings.append(parsed[pair])
            poses.append(self._poses(parsed[pair], regions[0]))
        return tuple(poses), tuple(parsings)

    def _measured(
        self,
        poses: Poses,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
    ) -> Poses:
        """The poses with the covariance of the belief around each joint.

        One map has everybody's: of a joint counts what lies near it (`_AROUND`, `_PART`), and
        nearer than to the same joint of anyone else.
        """
        number = last_heatmap(self.card.stages)
        if number is None or not len(poses):
            return poses
        back = self._to_frame(number, maps[number].shape, to_frame[0])
        cells = apply(invert(back), poses.xy.astype(np.float64))
        near, at = around(maps[number][0], cells)
        found = covariance(near.reshape(-1, *near.shape[-2:]), at.reshape(-1, 2))
        spreads = moved(found, back).reshape(*poses.score.shape, 3)
        return replace(poses, covariance=rounded(spreads))

    def _poses(self, parsing: Parsing, region: Box) -> Poses:
        xy, score = parsing.joints()
        box = np.array([region.x, region.y, region.width, region.height], np.float32)
        return Poses(
            xy.astype(np.float32),
            np.clip(score, 0, 1),
            np.tile(box, (len(parsing), 1)),
            np.full(len(parsing), -1),
            self.skeleton,
        )


def around(
    maps: NDArray[np.float32], cells: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What of each joint's map belongs to each person.

    Args:
        maps: (k or more, h, w).
        cells: (p, k, 2) of the joints; NaN where one is missing.

    Returns:
        Maps (p, k, s, s) of the cells around each joint, 0 where they belong to another person or
        lie outside the map, and the places (p, k, 2) of the joints in them.
    """
    height, width = maps.shape[1:]
    reach = np.arange(-_AROUND, _AROUND + 1)
    middle = np.rint(np.nan_to_num(cells)).astype(np.int64)
    x = middle[..., 0, None, None] + reach
    y = middle[..., 1, None, None] + reach[:, None]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    joints = np.arange(cells.shape[1])[:, None, None]
    near = np.where(inside, maps[joints, y.clip(0, height - 1), x.clip(0, width - 1)], 0)
    there = np.isfinite(cells)
    extent = np.where(there, cells, -np.inf).max(axis=1) - np.where(there, cells, np.inf).min(
        axis=1
    )
    radius = (_PART * extent.max(axis=1)).clip(3, _AROUND)
    near *= np.hypot(reach, reach[:, None]) <= radius[:, None, None, None]
    for other in cells:
        way = other - cells
        distance = np.hypot(way[..., 0], way[..., 1])
        # Beyond that the line half way between the two does not cross the cells.
        close = np.nonzero((distance > 0) & (distance < 4 * _AROUND))
        (dx, dy), half = way[close].T[..., None, None], (other + cells)[close] / 2
        along = (x[close] - half[:, 0, None, None]) * dx + (y[close] - half[:, 1, None, None]) * dy
        near[close] *= along <= 0
    return near.astype(np.float32), cells - middle + _AROUND


def support(xy: NDArray[np.floating], seen: Detections) -> NDArray[np.float64]:
    """The best score (p,) of the candidates who may be each person; 0 where there is none.

    A candidate may be a person most of whose joints lie in its box and who is about as large. Also
    those count that the detector itself refused: what is weak by itself can confirm.

    Args:
        xy: (p, k, 2) frame pixels, NaN where a joint is missing.
        seen: Boxes in frame pixels.
    """
    if not len(xy) or not len(seen.score):
        return np.zeros(len(xy))
    low, high = seen.joints[:, :2], seen.joints[:, 2:]
    side = (high - low).max(axis=1).clip(min=1.0)
    edge = _GROWN * side[:, None]
    at = xy[:, None]
    inside = ((at >= (low - edge)[:, None]) & (at <= (high + edge)[:, None])).all(-1)
    joints = np.isfinite(xy[..., 0]).sum(axis=1)[:, None]
    within = inside.sum(-1) / np.maximum(joints, 1)
    extent = (np.nanmax(xy, axis=1) - np.nanmin(xy, axis=1)).max(axis=1)[:, None] / side
    same = (within >= _WITHIN) & (extent > _ALIKE[0]) & (extent < _ALIKE[1])
    best: NDArray[np.float64] = np.where(same, seen.score, 0.0).max(axis=1)
    return best
