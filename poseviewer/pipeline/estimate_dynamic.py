"""The estimator of networks that generate a keypoint head for each person (FCPose)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from poseviewer.codec.dynamic import DynamicCodec, coordinates, keypoint_maps, softmax
from poseviewer.core.affine import apply
from poseviewer.core.heads import Heads
from poseviewer.core.pose import Poses
from poseviewer.core.uncertainty import covariance, moved, rounded
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.estimate_people import support
from poseviewer.pipeline.heads import MADE, filters_stage, personal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate import EstimatorOptions, Network


class DynamicEstimator(Estimator):
    """A network of generated heads with its decoder. Stateless, as every estimator.

    Arguments as of `Estimator`. The mirror image is not averaged: in it other people may come
    first. With the decoding `argmax` joints stay in the middle of the highest cell, and directions
    count for nothing.
    """

    everybody = True

    _looking: Callable[[], Detections] | None = None
    """Gives what the detector sees in the frame that is being read; it looks on its own thread."""

    _seen: Detections | None = None

    def __init__(
        self, card: ModelCard, engine: Network, **options: Unpack[EstimatorOptions]
    ) -> None:
        super().__init__(card, engine, **options)
        self._flip = False
        self._codec = cast("DynamicCodec", card.codec)
        number = filters_stage(card.stages)
        assert number is not None
        self._filters = number

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),  # noqa: ARG002 - one look holds everybody
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate all people in `region`, best person first; the maps are that person's.

        The input is as wide as the region's shape asks for.
        """
        size = self.card.input_for(region.width / region.height)
        if size != self._cropper.size:
            self._cropper = Cropper(size, normalisation=self.card.normalisation)
        asked = self.finder is not None and self._codec.surely is not None
        self._looking = self.finder.begin(frame) if self.finder is not None and asked else None
        if request.stages:
            # Whose maps are shown may change later: all that they are made of stays together.
            chain = range(self._filters, self._filters + MADE)
            request = replace(request, stages=request.stages.union(chain))
        result = super().estimate(frame, region, request, captured=captured)
        return personal(replace(result, detections=self._seen))

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],  # noqa: ARG002 - a person's box is about the place of the head
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        self._seen = None if self._looking is None else self._looking()
        heads = Heads.of(maps[self._filters][0])
        rows = np.flatnonzero(heads.score >= self._codec.least)
        nobody = Poses.nobody(self.skeleton)
        poses = [nobody] * len(maps)
        if not len(rows):
            return tuple(poses), ()
        place, reach, stride = heads.place[rows], heads.reach[rows], self._codec.stride
        bases, ways = (maps[self._filters + step][0] for step in (2, 5))
        away = coordinates(place, reach, shape=bases.shape[1:], stride=stride)
        belief = softmax(keypoint_maps(heads.shape, heads.numbers[rows], bases, away)[2])
        peaks, joints, score = self._codec.decode(belief, ways, reach)
        score = score * np.sqrt(heads.score[rows])[:, None]
        back = self._to_frame(self._last, maps[-1].shape, to_frame[0])
        sure = score.mean(axis=1)
        order = np.argsort(-sure, kind="stable")
        if self._seen is not None and self._codec.surely is not None:
            # What looks like a person to one of the two only is none.
            sure = sure / 2 + support(apply(back, joints), self._seen)
            order = np.argsort(-sure, kind="stable")
            order = order[sure[order] >= self._codec.surely]
        scale = float(np.hypot(*to_frame[0][:, 0]))
        side = (reach * scale)[:, None]
        boxes = np.concatenate([apply(to_frame[0], place) - side / 2, side, side], axis=1)
        # The stage of directions has the cells from which they lead to the joints.
        answers = (peaks, peaks if self._decoding == "argmax" else joints)
        for number, cells in zip((self._last - 1, self._last), answers, strict=True):
            poses[number] = Poses(
                apply(back, cells[order]).astype(np.float32),
                score[order],
                boxes[order].astype(np.float32),
                np.full(len(order), -1),
                self.skeleton,
                covariance=self._spread(belief[order], cells[order], back),
            )
        return tuple(poses), ()

    def _spread(
        self, belief: NDArray[np.float32], cells: NDArray[np.float64], back: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """The covariance (people, k, 3) of the belief around each joint, frame pixels squared."""
        spreads = np.empty((*cells.shape[:2], 3))
        for row, (one, at) in enumerate(zip(belief, cells, strict=True)):
            spreads[row] = covariance(one, at)
        return rounded(moved(spreads, back))

    def _measured(
        self,
        poses: Poses,
        maps: list[NDArray[np.float32]],  # noqa: ARG002 - known since `_read`
        to_frame: list[NDArray[np.float64]],  # noqa: ARG002
    ) -> Poses:
        return poses
