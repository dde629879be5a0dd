"""The estimator of imported networks, whose stages differ in kind and in how cells lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from poseviewer.core.affine import apply, compose
from poseviewer.core.pose import Poses
from poseviewer.pipeline.estimate import Estimator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from poseviewer.codec.points import PointsCodec
    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate import EstimatorOptions, Network


class PointsEstimator(Estimator):
    """An imported network with its decoder. Stateless, as every estimator.

    Arguments as of `Estimator`. A network that finds everybody is shown one region.
    """

    def __init__(
        self, card: ModelCard, engine: Network, **options: Unpack[EstimatorOptions]
    ) -> None:
        super().__init__(card, engine, **options)
        self._codec = cast("PointsCodec", card.codec)
        self.everybody = self._codec.everybody

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate the people in `region` of `frame`; arguments as of `Estimator`."""
        shown = () if self.everybody else others
        return super().estimate(frame, region, request, others=shown, captured=captured)

    def quick_estimate(
        self, frame: Frame, regions: Sequence[Box]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The pose in each of some regions.

        Returns:
            Frame pixels (n, k, 2) and scores (n, k).
        """
        last = self._last
        found = []
        for region in regions:
            batch, to_frame = self._cropper.cut(frame.pixels, [region])
            maps = self._beliefs(batch, [last])
            found.append(self._stage(last, maps[0], to_frame, [region]))
        return np.concatenate([p.xy for p in found]), np.concatenate([p.score for p in found])

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        stages = (self._stage(n, one, to_frame, regions) for n, one in enumerate(maps))
        return tuple(stages), ()

    def _stage(
        self,
        number: int,
        maps: NDArray[np.float32],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> Poses:
        """Where one stage has the joints of the person in each region, or of everybody."""
        spec = self.card.stages[number]
        # A peak is one person's; which of several people it is, nothing tells.
        alone = spec.kind == "points" or not self.everybody
        found = self._decoded(number, maps) if alone else None
        if found is None:
            return Poses.nobody(self.skeleton)
        cells, score = found
        each = len(cells) // max(len(to_frame), 1)
        xy = np.empty(cells.shape, np.float32)
        for person, affine in enumerate(to_frame):
            those = slice(person * each, (person + 1) * each)
            xy[those] = apply(self._to_frame(number, maps.shape, affine), cells[those])
        xy[~(score > 0)] = np.nan
        score = np.nan_to_num(score).clip(0, 1)
        score[np.isnan(xy[..., 0])] = 0.0
        box = np.array([(r.x, r.y, r.width, r.height) for r in regions], np.float32)
        boxes = np.repeat(box[: len(to_frame)], each, axis=0)
        return self._posed(xy, score, boxes)

    def _posed(
        self, xy: NDArray[np.float32], score: NDArray[np.float32], boxes: NDArray[np.float32]
    ) -> Poses:
        """People without a number; boxes (n, 4) are what the network was shown of each."""
        return Poses(xy, score, boxes, np.full(len(xy), -1), self.skeleton)

    def _to_frame(
        self, number: int, shape: tuple[int, ...], to_frame: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if not self.card.stages[number].meaning.mapped:
            return to_frame
        return compose(to_frame, self._codec.to_input((shape[-2], shape[-1])))
