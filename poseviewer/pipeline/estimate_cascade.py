"""The estimator of a cascade: each stage is shown a closer crop around each joint.

DeepPose (Toshev & Szegedy, CVPR 2014), section 3.2: the crops of a later stage come from the
frame itself, so that they hold more detail than the first stage was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageOutput
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate import Estimator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate import EstimatorOptions, Network

_MIRRORED = np.array([-1.0, 1.0, 1.0], np.float32)
"""Factors of a joint's numbers in the mirrored image."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one stage was shown and what it answered."""

    numbers: NDArray[np.float32]
    """(k, 2 or 3), as the network answered them."""

    boxes: NDArray[np.float64]
    """(k, 4) x, y, width, height in frame pixels of the box that each joint was looked for in."""

    xy: NDArray[np.float64]
    """(k, 2) frame pixels."""

    score: NDArray[np.float32]
    """(k,) confidence."""

    crops: NDArray[np.float32]
    """(1 or k, 3, h, w) the network's input; valid until the next frame."""

    to_frame: tuple[NDArray[np.float64], ...]
    """2x3 affine from the pixels of each crop to frame pixels."""


class Refiner:
    """The stages of a cascade, one after the other. Owns its buffers, so one thread uses it.

    Args:
        card: Of a cascade.
        engine: Runs the network of the one stage that is wanted.
        flip: Average with the mirrored crops.
    """

    def __init__(self, card: ModelCard, engine: Network, *, flip: bool = False) -> None:
        self._codec = card.coords
        self._engine = engine
        self._flip = flip
        self._stages = len(card.stages)
        sides = [card.input_size, *[(self._codec.side,) * 2] * (self._stages - 1)]
        self._croppers = [Cropper(size, normalisation=card.normalisation) for size in sides]
        self._mirror = load_skeleton(card.skeleton).mirror
        self.seconds = {"crop": 0.0, "network": 0.0}
        """Seconds of the last `run`, by step."""

    def run(
        self,
        pixels: NDArray[np.uint8],
        region: Box,
        *,
        stages: int | None = None,
    ) -> list[Step]:
        """Every stage's step for the person in a region of a frame.

        Args:
            pixels: RGB (h, w, 3).
            region: Where the person is; grown to the aspect of the first stage's input.
            stages: How many of them; all where None.
        """
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        fitted = self._croppers[0].fitted(region)
        person = np.array([fitted.x, fitted.y, fitted.width, fitted.height])
        steps = [self._look(pixels, 0, person[None])]
        for number in range(1, self._stages if stages is None else stages):
            boxes = self._codec.boxes(steps[-1].xy, person=person)
            steps.append(self._look(pixels, number, boxes))
        return steps

    def _look(self, pixels: NDArray[np.uint8], number: int, boxes: NDArray[np.float64]) -> Step:
        start = perf_counter()
        crops, to_frame = self._croppers[number].cut(pixels, [Box(*box) for box in boxes.tolist()])
        cropped = perf_counter()
        numbers = self._numbers(crops, number)
        self.seconds["crop"] += cropped - start
        self.seconds["network"] += perf_counter() - cropped
        read = self._codec.refine if number else self._codec.decode
        xy, score = read(numbers, boxes)
        everyone = np.broadcast_to(boxes, (len(numbers), 4))
        return Step(numbers, everyone, xy, score, crops, tuple(to_frame))

    def _numbers(self, crops: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        """The answers that count, (k, 2 or 3)."""
        numbers = _pairs(self._engine.run(crops, [number])[0])
        if self._flip:
            mirrored = np.ascontiguousarray(crops[..., ::-1])
            # In the mirrored crop of joint i lies what a mirror makes of its name.
            other = _pairs(self._engine.run(mirrored, [number])[0], of=self._mirror)
            numbers += other * _MIRRORED[: self._codec.numbers]
            numbers /= 2
        return numbers


def _pairs(answers: NDArray[np.float32], *, of: Sequence[int] = ()) -> NDArray[np.float32]:
    """Of answers (n, k, 1, 2 or 3) to one crop all joints', of those to k crops joint i's to i.

    Args:
        answers: As the network gave them.
        of: For each joint the one whose answer counts; itself where empty.
    """
    joints = np.arange(answers.shape[1])
    crops = np.zeros_like(joints) if len(answers) == 1 else joints
    chosen: NDArray[np.float32] = answers[crops, np.asarray(of if len(of) else joints), 0]
    return chosen


class CascadeEstimator(Estimator):
    """A cascade with its decoder, for one person. Stateless, as every estimator.

    The poses of its stages are y^1, y^2 and so on.

    Args:
        card: Of a cascade.
        engine: Runs the network of one stage.
        options: As of `Estimator`. `decoding` has no meaning here, as there are no peaks; `flip`
            averages with the mirrored crops.
    """

    def __init__(
        self, card: ModelCard, engine: Network, **options: Unpack[EstimatorOptions]
    ) -> None:
        super().__init__(card, engine, **options)
        self._refiner = Refiner(card, self._engine, flip=self._flip)

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate the person in `region` of `frame`.

        Arguments as of `Estimator`. The crops of one person's joints are a batch already, so
        people follow one another.
        """
        start = perf_counter()
        steps = self._refiner.run(frame.pixels, region)
        stages = tuple(
            self._output(number, step) for number, step in enumerate(steps) if request.wants(number)
        )
        seconds = self._refiner.seconds
        people = [steps]
        for other in others:
            people.append(self._refiner.run(frame.pixels, other))
            seconds = {hop: seconds[hop] + more for hop, more in self._refiner.seconds.items()}
        regions = [self._cropper.fitted(one) for one in (region, *others)]
        stage_poses = tuple(self._poses(same, regions) for same in zip(*people, strict=True))
        poses = self._surely(stage_poses[-1])
        seconds = {**seconds, "codec": perf_counter() - start - sum(seconds.values())}
        return self._result(frame, poses, stage_poses, stages, regions, seconds, request, captured)

    def _poses(self, steps: Sequence[Step], regions: list[Box]) -> Poses:
        """The poses of one stage."""
        return Poses(
            np.stack([step.xy for step in steps]).astype(np.float32),
            np.stack([step.score for step in steps]),
            np.array([(r.x, r.y, r.width, r.height) for r in regions], np.float32),
            np.full(len(steps), -1),
            self.skeleton,
        )

    def quick_estimate(
        self, frame: Frame, regions: Sequence[Box]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The first stage's pose in each of some regions, which is enough to find people.

        Returns:
            Frame pixels (n, k, 2) and scores (n, k).
        """
        steps = [self._refiner.run(frame.pixels, region, stages=1)[0] for region in regions]
        xy = np.stack([step.xy.astype(np.float32) for step in steps])
        return xy, np.stack([step.score for step in steps])

    def _output(self, number: int, step: Step) -> StageOutput:
        spec = self.card.stages[number]
        x, y, width, height = step.boxes[0].tolist()
        # Later boxes differ by their centres only, and displacements do not depend on those.
        centre = (x + width / 2, y + height / 2) if number == 0 else (0.0, 0.0)
        to_frame = np.array([[width, 0.0, centre[0]], [0.0, height, centre[1]]])
        return StageOutput(spec, step.numbers[:, None], to_frame, number)
