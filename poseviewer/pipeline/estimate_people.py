"""The estimator of all people at once: assembled from belief maps and part affinity fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.pose import Poses
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request


class CrowdEstimator(Estimator):
    """A network of beliefs and part affinity fields with its decoder. Stateless, as every one.

    A stage of fields and its partner of beliefs are decoded together and have the same poses.
    Arguments as of `Estimator`.
    """

    everybody = True

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
        return super().estimate(frame, region, request, captured=captured)

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        parsed: dict[tuple[int, int], Parsing] = {}
        poses, parsings = [], []
        for number, spec in enumerate(self.card.stages):
            partner = number if spec.partner is None else spec.partner
            pair = (number, partner) if spec.meaning.subject == "limb" else (partner, number)
            if pair not in parsed:
                fields, beliefs = (maps[i][0] for i in pair)
                found = self.card.fields.decode(fields, beliefs, method=self._decoding, blur=True)
                parsed[pair] = found.moved(self._to_frame(spec.stride, to_frame[0]))
            parsings.append(parsed[pair])
            poses.append(self._poses(parsed[pair], regions[0]))
        return tuple(poses), tuple(parsings)

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
