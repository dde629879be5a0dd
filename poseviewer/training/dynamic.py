"""Trains a network that generates a keypoint head for each person (FCPose)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
import torch.nn.functional as F

from poseviewer.core.affine import apply
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import grouped
from poseviewer.evaluation.assess import assess
from poseviewer.models.dynamic_head import STRIDE, coordinates, keypoint_maps
from poseviewer.models.fcpose_lite import FINE
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.training.batches import Stream
from poseviewer.training.checkpoint import initialise
from poseviewer.training.heatmaps import rendered
from poseviewer.training.movenet import WIDTHS, MoveNet, load_movenet
from poseviewer.training.run import Run, begin, learn
from poseviewer.training.scene_batches import Mixed, random_window
from poseviewer.training.scenes import rendered_scenes, scenes_of, summary
from poseviewer.training.teacher import Teacher, taught
from poseviewer.truth.readers import read_pack, read_photos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.codec.heatmap import Decoding
    from poseviewer.models.card import ModelCard
    from poseviewer.models.fcpose_lite import FCPoseLite
    from poseviewer.training.recipe import Plan
    from poseviewer.training.scenes import TrainingScene
    from poseviewer.truth.labelled import TruthSet

log = logging.getLogger(__name__)

_PHOTOS = 10
"""How much more often a photo is used than a single person's crop: it shows several."""

_FINER = 2
"""How much finer than the maps the places are that the softmax is taught."""

_MAPS, _WAYS = 2.5, 0.75
"""Weights of the losses of places and of directions, those of the released FCPose."""

_SOFT = 6.0
"""Steepness of the loss of the directions."""

_FEWEST = 3
"""Joints in view that a person must have to be learnt from."""

_MOST = 48
"""People of a batch, for the sake of memory."""

_AGAIN, _POOL = 3, 32
"""How many of the last batches are learnt from again beside each new one, and among how many: most
of the time of a step goes into the trunk."""

_NEAR = 0.15
"""How far from the middle of a person MoveNet's centre is looked for, in sizes of the person."""

_TINY = 1e-6

_MEASURES = ("AP", "AP50", "AP75", "AR", "PCK@0.2")


@dataclass(frozen=True, slots=True, eq=False)
class PeopleBatch:
    """n random views of scenes with the people in them."""

    images: NDArray[np.uint8]
    """RGB (n, side, side, 3)."""

    picture: NDArray[np.int64]
    """(people,) which view a person is in."""

    joints: NDArray[np.float32]
    """(people, k, 2) input pixels."""

    seen: NDArray[np.bool_]
    """(people, k) joints that are labelled and in view."""


class PeopleBatches(Stream[PeopleBatch]):
    """Batches of random square views of scenes.

    Args:
        scenes: Repeated as often as they are to be seen per epoch.
        mirror: For each joint the one that a flip turns it into.
        size: Batch size.
        seed: Of the random numbers.
        side: Side of the input, pixels.
    """

    def __init__(
        self,
        scenes: Sequence[TrainingScene],
        *,
        mirror: Sequence[int],
        size: int,
        seed: int,
        side: int,
    ) -> None:
        super().__init__(len(scenes), size=size, seed=seed, side=side)
        self._scenes, self._mirror = Mixed(scenes), list(mirror)

    def _make(self, chosen: NDArray[np.intp]) -> PeopleBatch:
        images, picture, joints, seen = [], [], [], []
        for number, index in enumerate(chosen.tolist()):
            image, places, there = self._view(self._scenes.one(index, self._rng))
            images.append(image)
            counted = np.flatnonzero(there.sum(axis=1) >= _FEWEST)
            picture += [number] * len(counted)
            joints.append(places[counted])
            seen.append(there[counted])
        places, there = np.concatenate(joints), np.concatenate(seen)
        some = np.sort(self._rng.permutation(len(places))[:_MOST])
        return PeopleBatch(
            np.stack(images),
            np.array(picture, np.int64)[some],
            places[some].astype(np.float32),
            there[some],
        )

    def _view(
        self, scene: TrainingScene
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.bool_]]:
        image, affine, flip = random_window(scene, scene.pixels(), size=self.side, rng=self._rng)
        joints, seen = apply(affine, scene.joints), scene.seen
        if flip:
            joints, seen = joints[:, self._mirror], seen[:, self._mirror]
        inside = ((joints > -0.5) & (joints < self.side - 0.5)).all(axis=2)
        return image, joints, seen & inside


def train_dynamic(
    card: ModelCard,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    command: str = "",
) -> dict[str, object]:
    """Train a network that generates heads; writes into `plan.out` as it goes.

    What MoveNet brings stays as it is: only the bases, the directions and the controller learn.

    Args:
        card: Which network.
        plan: How; `batch` in pictures, `trunk` a MoveNet MultiPose.
        resume: Go on from the checkpoint in `plan.out`.
        start: A safetensors file whose matching tensors are taken first.
        command: What the user typed, for the card of the weights.

    Returns:
        The last validation report, by source.

    Raises:
        PoseViewerError: The data pack, the MoveNet or the checkpoint is not there.
    """
    begin(plan)
    skeleton = load_skeleton(card.skeleton)
    crops, photos = (scenes_of(truth, skeleton) for truth in read_pack(plan.data, split="train"))
    if plan.teacher is not None:
        stored = plan.out / f"{card.name}.taught.npz"
        photos = taught(photos, Teacher(plan.teacher), skeleton, stored=stored)
    scenes = crops + photos * (plan.coco_repeats * _PHOTOS)
    made = rendered(plan, among=len(scenes), backgrounds=[])
    scenes += rendered_scenes(made, skeleton)
    log.info("learning from pictures: %s", summary(scenes))
    run = DynamicRun(
        card,
        plan,
        held_out=read_photos(plan.data, split="val") if plan.judged else None,
        images_per_epoch=len(scenes),
        start=start,
        command=command,
        module=_started(card, plan, start),
    )

    def stream(seed: int, side: int) -> Stream[PeopleBatch]:
        return PeopleBatches(scenes, mirror=skeleton.mirror, size=plan.batch, seed=seed, side=side)

    return learn(run, stream, resume=resume)


def _started(card: ModelCard, plan: Plan, start: Path | None) -> nn.Module:
    """The network with the weights that it begins with."""
    module = cast("FCPoseLite", card.build())
    if plan.trunk is not None:
        finder = MoveNet(width=WIDTHS["multipose"])
        load_movenet(finder, plan.trunk)
        for ours, theirs in (
            (module.trunk, finder.trunk),
            (module.centre_hidden, finder.others[0]),
            (module.centres, finder.centres),
            (module.ways, finder.ways),
        ):
            ours.load_state_dict(theirs.state_dict())
        module.begin_with(finder.heatmaps.weight.flatten(1))
        log.info("people are found as %s finds them", plan.trunk.stem)
    if start is not None:
        log.info("%d tensors taken from %s", len(initialise(module, start)), start.name)
    return module


class DynamicRun(Run[PeopleBatch]):
    """A network whose controller, bases and directions learn from whole pictures.

    Args:
        card: Which network.
        plan: How.
        held_out: Photos to judge it on; None for a plan that measures nothing.
        run: As of `Run`.
    """

    module: FCPoseLite

    def __init__(
        self, card: ModelCard, plan: Plan, *, held_out: TruthSet | None, **run: Any
    ) -> None:
        super().__init__(card, plan, **run)
        self._held_out = held_out
        self._rng = np.random.default_rng(plan.seed)
        self._said: dict[int, tuple[PeopleBatch, Tensor]] = {}
        """The last batches, with what the trunk says of them, by `id`."""

    def early(self) -> list[nn.Module]:
        """What MoveNet brings: it finds the people, and the heads read its features."""
        module = self.module
        return [module.trunk, module.centre_hidden, module.centres, module.ways]

    def step(self, batch: PeopleBatch) -> None:
        """Learn from a batch, and again from some before it: for those the trunk has worked."""
        super().step(batch)
        for number in self._rng.permutation(list(self._said))[:_AGAIN].tolist():
            super().step(self._said[number][0])

    def _pyramid(self, image: Tensor, batch: PeopleBatch) -> Tensor:
        """What the trunk, which does not learn, says of a batch."""
        if id(batch) not in self._said:
            with torch.no_grad():
                self._said[id(batch)] = batch, self.module.trunk.pyramid(image)
            if len(self._said) > _POOL:
                del self._said[next(iter(self._said))]
        return self._said[id(batch)][1]

    def answer(self, image: Tensor, batch: PeopleBatch) -> tuple[Tensor, ...]:
        """The maps (people, k, h, w) of the labelled people, and their directions."""
        bases, away, features, centres, ways = self.module.look_at(self._pyramid(image, batch))
        joints, seen = self.tensor(batch.joints), self.tensor(batch.seen)
        picture = self.tensor(batch.picture)
        at = torch.cat([picture[:, None], nearest_centres(centres[:, 0], picture, joints, seen)], 1)
        numbers, place, reach = self.module.speak(features, ways, at)
        with torch.autocast(image.device.type, enabled=False):
            shared = bases.float()[picture]
            shape = shared.shape[2], shared.shape[3]
            cells = coordinates(place, reach.float(), shape=shape, stride=STRIDE)
            *_, maps = keypoint_maps(self.module.head, numbers.float(), shared, cells)
        ends = away.float()[picture]
        return maps, ends.reshape(len(ends), -1, 2, *shape)

    def loss(self, stages: tuple[Tensor, ...], batch: PeopleBatch) -> Tensor:
        """Cross-entropy of each joint's place, and how far the directions end from the joint."""
        return keypoint_loss(
            *stages, joints=self.tensor(batch.joints), seen=self.tensor(batch.seen)
        )

    def judge(self, module: nn.Module) -> dict[str, dict[str, object]]:
        """AP and PCK on the held-out photos, shown whole."""
        assert self._held_out is not None
        engine = TorchEngine(module)
        last = len(grouped(self.card.stages)) - 1
        ways: tuple[Decoding, ...] = ("argmax", "dark")
        found = [
            assess(
                estimator_of(self.card, engine, decoding=one), self._held_out, stages=[last]
            ).stages[0]
            for one in ways
        ]
        table: dict[str, object] = {"people": len(self._held_out.people)}
        for name in _MEASURES:
            table[name] = [round(stage.scores[name].value, 4) for stage in found]
        log.info("coco AP %s, AP50 %s", table["AP"], table["AP50"])
        return {"coco": table}

    def facts(self) -> dict[str, object]:
        """As of `Run`, with the rule of these numbers."""
        rule = (
            "COCO keypoint AP and AR (OKS 0.50:0.05:0.95; people ranked by the mean of their "
            "joints' scores) and PCK@0.2 of matched people on the val photos of the pack, shown "
            "whole at the card's height, single scale, no flip; of the peaks alone, then "
            "with directions"
        )
        return {**super().facts(), "rule": rule}


def nearest_centres(centres: Tensor, picture: Tensor, joints: Tensor, seen: Tensor) -> Tensor:
    """Where MoveNet is surest of a person, near the middle of the joints.

    Args:
        centres: (n, h, w), 0 to 1.
        picture: (people,) number of the picture.
        joints: (people, k, 2) input pixels.
        seen: (people, k) joints that count.

    Returns:
        Row and column (people, 2).
    """
    far = torch.where(seen[..., None], joints, float("inf")).amin(1)
    high = torch.where(seen[..., None], joints, -float("inf")).amax(1)
    middle, size = (far + high) / 2, (high - far).amax(1)
    height, width = centres.shape[1:]
    y, x = (torch.arange(n, device=joints.device) * FINE + (FINE - 1) / 2 for n in (height, width))
    away = torch.hypot(x - middle[:, 0, None, None], y[:, None] - middle[:, 1, None, None])
    near = away <= (_NEAR * size).clamp(min=FINE)[:, None, None]
    # Of cells that say nothing, the one in the middle.
    sure = torch.where(near, centres[picture].float() + _TINY, 0) - _TINY * away
    cell = sure.flatten(1).argmax(1)
    return torch.stack([torch.div(cell, width, rounding_mode="floor"), cell % width], dim=1)


def keypoint_loss(maps: Tensor, away: Tensor, *, joints: Tensor, seen: Tensor) -> Tensor:
    """What FCPose learns from (Mao et al., CVPR 2021): places, and directions under the softmax.

    Args:
        maps: (people, k, h, w) before the softmax.
        away: (people, k, 2, h, w) input pixels from a cell to the joint, x first.
        joints: (people, k, 2) input pixels.
        seen: (people, k) joints that count; the others are left out.
    """
    count = seen.sum().clamp(min=1)
    height, width = maps.shape[2:]
    finer = F.interpolate(maps, scale_factor=float(_FINER), mode="bilinear", align_corners=False)
    cells = torch.floor((joints + 0.5) / (STRIDE // _FINER)).long()
    columns, rows = (cells[..., i].clamp(0, n * _FINER - 1) for i, n in ((0, width), (1, height)))
    right = rows * width * _FINER + columns
    surprise = torch.logsumexp(finer.flatten(2), -1) - finer.flatten(2).gather(
        2, right[..., None]
    ).squeeze(-1)
    places = (surprise * seen).sum() / count
    belief = maps.flatten(2).softmax(-1).view_as(maps)
    y, x = (
        torch.arange(n, device=maps.device) * STRIDE + (STRIDE - 1) / 2 for n in (height, width)
    )
    ends = away + torch.stack(torch.meshgrid(x, y, indexing="xy"))
    apart = torch.linalg.vector_norm(ends - joints[..., None, None], dim=2)
    expected = (belief * apart).sum((2, 3))
    low = torch.where(seen[..., None], joints, float("inf")).amin(1)
    high = torch.where(seen[..., None], joints, -float("inf")).amax(1)
    size = ((high - low).sum(1) / 2).clamp(min=STRIDE)
    off = torch.tanh(_SOFT * expected / size[:, None])
    return _MAPS * places + _WAYS * (off * seen).sum() / count
