"""The estimator: one frame and one region in, poses, maps and angles of every stage out."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypedDict

import numpy as np

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.points import PointsCodec
from poseviewer.codec.springs import SpringTree
from poseviewer.core.affine import apply, compose, invert
from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.convergence import answering
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.core.stage import StageOutput
from poseviewer.core.uncertainty import covariance, moved, rounded
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.joint_states import edges_of, evidence, reader_of
from poseviewer.pipeline.track import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.heatmap import Decoding
    from poseviewer.core.affine import Box
    from poseviewer.core.angle import Facing
    from poseviewer.core.detection import Detections, Sighting
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.stage import Request
    from poseviewer.models.card import ModelCard

FEWEST = 3
"""Joints that must pass the gate before there is a person: an angle needs three."""


class Network(Protocol):
    """What the estimator needs of an engine."""

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps (n, channels, h, w) of the wanted stages, in order; None means all."""


class NumbersOnly:
    """A network that fails where it computes NaN or infinity, which would read as nobody.

    Of each map the middle row is looked at: what is wrong with a weight is wrong in every cell.

    Args:
        engine: What runs it.
        name: Of the network.
    """

    def __init__(self, engine: Network, name: str) -> None:
        self._engine = engine
        self._name = name

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of the wanted stages, as the network answers them.

        Raises:
            PoseViewerError: They are not numbers.
        """
        maps = self._engine.run(batch, wanted)
        if not all(np.isfinite(one[:, :, one.shape[2] // 2]).all() for one in maps):
            msg = (
                f"{self._name} computed values that are not numbers: its weights may be damaged. "
                "Get, import or train it again, or choose another network."
            )
            raise PoseViewerError(msg)
        return maps


class PersonFinder(Protocol):
    """Finds people in a whole frame."""

    def find(self, frame: Frame) -> Detections:
        """All candidates in a frame; boxes in frame pixels."""

    def begin(self, frame: Frame) -> Callable[[], Detections]:
        """`find` beside what this thread does next; what is returned waits for the answer."""

    def support(self, found: Detections, boxes: Sequence[Box]) -> list[float]:
        """How surely it saw a person in each of `boxes`, 0 to 1."""

    def people(
        self, frame: Frame, estimator: Estimator, *, most: int = 1, near: Box | None = None
    ) -> Sighting:
        """Up to `most` people whom `estimator` confirms, the one who overlaps `near` first."""


class EstimatorOptions(TypedDict, total=False):
    """What every estimator takes besides card and engine, see `Estimator`."""

    decoding: Decoding
    flip: bool
    gate: float
    facing: Facing


class Estimator:
    """A network with its decoder. Stateless: a frame and a region always give the same result.

    Its buffers are its own, so one thread uses it at a time.

    Args:
        card: What the network promises.
        engine: What runs it.
        decoding: How peaks are refined; `tree` places the joints of a person together, by springs
            (`codec.springs`), where a network has a belief map of one person.
        flip: Average with the mirrored input (Newell et al., ECCV 2016).
        gate: Joints below this confidence are left out of angles, and a pose with fewer than
            three joints above it counts as nobody.
        facing: The direction people face in the image.
    """

    everybody = False
    """Whether it finds all people in the region, so that none has to be followed."""

    finder: PersonFinder | None = None
    """Finds people in a whole frame, where there is one; used by the same thread."""

    def __init__(
        self,
        card: ModelCard,
        engine: Network,
        *,
        decoding: Decoding = "dark",
        flip: bool = False,
        gate: float = 0.2,
        facing: Facing = "right",
    ) -> None:
        self.card = card
        self.skeleton = load_skeleton(card.skeleton)
        self.body = self.skeleton.body
        """The joints that say where people are, those of `quick_estimate`."""
        self.specs = offered_angles(self.skeleton)
        self._engine: Network = NumbersOnly(engine, card.name)
        self._decoding = decoding
        self._flip = flip
        self._gate = gate
        self._facing = facing
        self._cropper = Cropper(card.input_size, normalisation=card.normalisation)
        self._last = answering(card.stages)[-1]
        self._reader = reader_of(card)
        joints = common_names(self.skeleton.joints)
        self._tree = SpringTree(joints) if decoding == "tree" else None

    def estimate(
        self,
        frame: Frame,
        region: Box,
        request: Request,
        *,
        others: Sequence[Box] = (),
        captured: float = 0.0,
    ) -> FrameResult:
        """Estimate the people in `region` of `frame`.

        Args:
            frame: The frame.
            region: What to show the network; it is grown to the input's aspect.
            request: Which maps to return and which generation the answer belongs to.
            others: Regions of further people, run in the same batch: their poses follow
                that of `region`, whose maps are returned.
            captured: `time.perf_counter()` when the frame was taken.
        """
        start = perf_counter()
        batch, to_frame = self._cropper.cut(frame.pixels, [region, *others])
        cropped = perf_counter()
        maps = self._beliefs(batch, None)
        answered = perf_counter()
        regions = [self._cropper.fitted(one) for one in (region, *others)]
        stage_poses, parsings = self._read(maps, to_frame, regions)
        poses = self._judged(stage_poses[self._last], maps, to_frame, frame.size)
        poses = self._surely(self._measured(poses, maps, to_frame))
        stages = tuple(
            StageOutput(
                spec,
                values[0].copy(),
                self._to_frame(number, values.shape, to_frame[0]),
                number,
                weight=self._weight(number, maps),
            )
            for number, (spec, values) in enumerate(zip(self.card.stages, maps, strict=True))
            if request.wants(number)
        )
        seconds = {
            "crop": cropped - start,
            "network": answered - cropped,
            "codec": perf_counter() - answered,
        }
        return self._result(
            frame, poses, stage_poses, stages, regions, seconds, request, captured, parsings
        )

    def _result(
        self,
        frame: Frame,
        poses: Poses,
        stage_poses: tuple[Poses, ...],
        stages: tuple[StageOutput, ...],
        regions: Sequence[Box],
        seconds: Mapping[str, float],
        request: Request,
        captured: float,
        parsings: tuple[Parsing, ...] = (),
    ) -> FrameResult:
        """What was decoded, with its angles and what they cost."""
        start = perf_counter()
        angles = measure(poses, specs=self.specs, gate=self._gate, facing=self._facing)
        return FrameResult(
            frame,
            poses,
            stage_poses,
            angles,
            stages,
            regions[0],
            {**seconds, "angles": perf_counter() - start},
            request.generation,
            captured,
            parsings=parsings,
            others=tuple(regions[1:]),
        )

    def quick_estimate(
        self, frame: Frame, regions: Sequence[Box]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The final pose in each of some regions, to find out where people are.

        Returns:
            Frame pixels (n, k, 2) and scores (n, k) of the k joints of the body.
        """
        last = self._last
        xy, score = [], []
        # One by one: batches save nothing on a CPU and keep engines that are compiled for
        # a single picture from compiling again.
        for region in regions:
            batch, (to_frame,) = self._cropper.cut(frame.pixels, [region])
            maps = self._beliefs(batch, [last])[-1]
            (cells,), (found,) = self.card.heatmaps.decode(maps, method="quarter")
            back = self._to_frame(last, maps.shape, to_frame)
            xy.append(apply(back, cells).astype(np.float32))
            score.append(np.clip(found, 0, 1))
        return np.stack(xy), np.stack(score)

    def _beliefs(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None
    ) -> list[NDArray[np.float32]]:
        """The maps of every wanted stage (n, channels, h, w), averaged with the mirror's."""
        maps = self._engine.run(batch, wanted)
        if not self._flip:
            return maps
        # The engine may answer in the same memory again.
        maps = [stage.copy() for stage in maps]
        mirrored = self._engine.run(np.ascontiguousarray(batch[..., ::-1]), wanted)
        numbers = range(len(self.card.stages)) if wanted is None else sorted(wanted)
        for number, straight, other in zip(numbers, maps, mirrored, strict=True):
            back = self.card.stages[number].meaning.mirrored(
                other, codec=self.card.codec, mirror=self.skeleton.mirror
            )
            # What has no mirror image stays as it was answered.
            if back is not None:
                straight += back
                straight *= 0.5
        return maps

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        """The poses of each stage, decoded by its kind, and the parsings."""
        count = len(regions)
        box = np.array([(r.x, r.y, r.width, r.height) for r in regions], np.float32)
        nobody = np.full(count, -1)
        # Maps of one shape all at once: for maps this small the calls cost more than the numbers.
        kinds = [spec.meaning for spec in self.card.stages]
        alike = len({(kind.name, *m.shape) for kind, m in zip(kinds, maps, strict=True)}) == 1
        poses: list[Poses] = []
        for number, stack in enumerate([np.concatenate(maps)] if alike else maps):
            found = self._decoded(number, stack)
            if found is None:
                poses.append(Poses.nobody(self.skeleton))
                continue
            cells, score = found
            xy = np.empty(cells.shape, np.float32)
            for person, affine in enumerate(to_frame):
                back = self._to_frame(number, stack.shape, affine)
                xy[person::count] = apply(back, cells[person::count])
            # An empty map has a highest cell too, but it means nothing.
            xy[score <= 0] = np.nan
            score = score.clip(0, 1)
            poses += [
                Poses(xy[at : at + count], score[at : at + count], box, nobody, self.skeleton)
                for at in range(0, len(xy), count)
            ]
        return tuple(poses), ()

    def _decoded(
        self, number: int, maps: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
        """Where a stage has the joints, as `StageKind.decode` returns it."""
        spec, codec = self.card.stages[number], self.card.codec
        if (
            self._tree is not None
            and isinstance(codec, (HeatmapCodec, PointsCodec))
            and spec.kind == "heatmap"
        ):
            return self._tree.decode(maps, sigma=codec.sigma, background=codec.background)
        return spec.meaning.decode(maps, codec=codec, method=self._decoding)

    def _judged(
        self,
        poses: Poses,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        size: tuple[int, int],
    ) -> Poses:
        """The poses with probabilities for scores, and with what can be seen, where it is known.

        Args:
            poses: Of the last stage.
            maps: Of every stage.
            to_frame: From input to frame, by person.
            size: Of the frame.
        """
        if self._reader is None:
            return poses
        edges = np.stack([edges_of(affine, size) for affine in to_frame])
        confidence, states = self._reader.read(
            evidence(maps, codec=self.card.heatmaps, mirror=self.skeleton.mirror, edges=edges)
        )
        beyond = (poses.xy < -0.5) | (poses.xy > np.array(size) - 0.5)
        states[beyond.any(axis=-1) | ~poses.found] = Visibility.OUTSIDE
        gone = states == Visibility.OUTSIDE
        xy = np.where(gone[..., None], np.float32(np.nan), poses.xy)
        confidence[gone] = 0.0
        return replace(poses, xy=xy, score=confidence, visibility=states)

    def _measured(
        self,
        poses: Poses,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
    ) -> Poses:
        """The poses with the covariance of the belief around each joint, where there are maps.

        Args:
            poses: A row per region.
            maps: Of every stage.
            to_frame: From input to frame, by region.
        """
        number = self._last
        if self.card.stages[number].kind != "heatmap" or not len(poses):
            return poses
        found = np.empty((*poses.score.shape, 3), np.float32)
        for row, affine in enumerate(to_frame):
            back = self._to_frame(number, maps[number].shape, affine)
            cells = apply(invert(back), poses.xy[row].astype(np.float64))
            found[row] = moved(covariance(maps[number][row, : len(cells)], cells), back)
        return replace(poses, covariance=rounded(found))

    def _surely(self, poses: Poses) -> Poses:
        """The poses that pass the gate, without duplicates."""
        sure = (poses.score >= self._gate).sum(axis=1) >= FEWEST
        poses = poses if sure.all() else poses.only(sure)
        single = distinct(poses.body)
        return poses if single.all() else poses.only(single)

    def _weight(
        self,
        number: int,  # noqa: ARG002 - for networks whose maps mean nothing in some cells
        maps: list[NDArray[np.float32]],  # noqa: ARG002
    ) -> NDArray[np.float32] | None:
        """How much the numbers of a stage count in each cell (subjects, h, w); None where all do.

        Args:
            number: Of the stage.
            maps: Of every stage.
        """
        return None

    def _to_frame(
        self,
        number: int,
        shape: tuple[int, ...],  # noqa: ARG002 - for networks whose cells lie otherwise
        to_frame: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """The affine from what a stage answers to the frame.

        Args:
            number: Of the stage.
            shape: Of its maps (n, channels, h, w).
            to_frame: From input pixels to frame pixels.
        """
        return compose(to_frame, self.card.to_input(number))
