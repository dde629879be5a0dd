"""Trains a network of belief maps on a GPU for some minutes, from a pack of people.

    python -m poseviewer.training.gpu_heatmaps --model NAME --data PACK --out OUT --minutes 8

All pictures lie on the device, and views of them are drawn there; a batch costs no work of the
processor. The weights are the moving average, written every two minutes. Without a GPU the same
runs on the processor, to train trained weights a little further: a checkpoint, written as often,
lets it be stopped and resumed, and `poseviewer eval` judges what it wrote.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torsos
from poseviewer.models.pose_trunk import early_layers
from poseviewer.models.registry import card as card_named
from poseviewer.training.checkpoint import (
    DECODED,
    Average,
    TrainingProgress,
    export,
    hardware,
    initialise,
    load_checkpoint,
    save_checkpoint,
)
from poseviewer.training.gpu_pack import ABSENT, OCCLUDED, SOURCES, VISIBLE, load_crowd
from poseviewer.training.gpu_views import Camera, nominal
from poseviewer.training.optimizer import Optimizer
from poseviewer.training.recipe import belief_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.gpu_pack import Crowd
    from poseviewer.training.gpu_views import Views

log = logging.getLogger(__name__)

SHARES = {"lspet": 0.58, "coco": 0.17, "exercise": 0.18, "clips": 0.04, "nobody": 0.03}
"""How much of a batch comes from each source."""

EARLY = 0.5
"""What the loss of a stage counts that is not the last."""

MISSING = 2.0
"""What the map of a joint that is not in the view counts, beside one that is: its cells lack the
weight of a peak."""

_WARM_UP = 0.04
_SMALL = 5 / 6
"""The side of the input to begin with, relative to the card's."""

_SAVE_SECONDS = 120.0
_LAST_SECONDS = 25.0
"""Kept for the last validation."""

_NO_MORE_SAVES = 0.9
"""Share of the time after which only the last weights are written."""

_ZOOMS = {"nominal": 1.0, "tight": 1.2}
"""Crops of validation: the pack's, and those of a margin 1.2 times narrower."""


@runtime_checkable
class TellsOcclusion(Protocol):
    """A network that also learns which joints are hidden."""

    def stages_and_occlusion(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Belief maps of every stage, and logits of each joint being hidden where its peak is."""


class Trainer:
    """One network, what it learns from, and how far it has come.

    Args:
        card: Which network.
        train: Whom it learns from.
        val: Whom it is judged on.
        minutes: From `began` until the last weights are written.
        began: By `time.monotonic`.
        batch: Views a step.
        rate: Highest learning rate.
        trunk_rate: Of the trunk, relative to the others'.
        average: Decay of the moving average, per step.
        small_until: Share of the time spent at a smaller side.
        judging: Whether it measures what it saves, which takes a processor minutes each time.
        device: Where to work.
        starts: Safetensors files whose matching tensors are taken first, in turn.
        teacher: A trained network of the same joints whose maps are learnt beside the labels.
    """

    def __init__(
        self,
        card: ModelCard,
        *,
        train: Crowd,
        val: Crowd,
        minutes: float,
        began: float,
        batch: int,
        rate: float,
        trunk_rate: float,
        average: float = 0.999,
        small_until: float = 0.35,
        judging: bool = True,
        device: torch.device,
        starts: Sequence[Path],
        teacher: Teacher | None = None,
    ) -> None:
        self.card, self.device, self.batch, self._rate = card, device, batch, rate
        self.skeleton = load_skeleton(card.skeleton)
        self._val, self._began, self._seconds = val, began, 60 * minutes
        self._small_until, self._judging = small_until, judging
        counts = torch.bincount(train.source.cpu(), minlength=len(SOURCES)).clamp(min=1)
        shares = torch.tensor([SHARES[name] for name in SOURCES]) / counts
        self._camera = Camera(train, shares=shares[train.source.cpu()], skeleton=self.skeleton)
        module = _built(card)
        for start in starts:
            log.info("%d tensors from %s", len(initialise(module, start)), start.name)
        self._teacher = teacher
        self.module = module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = Average(self.module, decay=average)
        self._optimizer = Optimizer(self.module, rate=rate, decay=0.05, trunk_rate=trunk_rate)
        self._judged = card.build().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step, self.images = 0, 0
        self.history: list[dict[str, object]] = []

    @property
    def done(self) -> float:
        """Share of the time that is spent."""
        last = _LAST_SECONDS if self._judging else 0.0
        return self.seconds / (self._seconds - last)

    @property
    def seconds(self) -> float:
        """Spent so far, over all runs."""
        return time.monotonic() - self._began

    def learn(self) -> Tensor:
        """One step; returns the loss, which may still be on its way."""
        done = self.done
        full = self.card.input_size[0]
        side = round(full * _SMALL / 32) * 32 if done < self._small_until else full
        with torch.no_grad():
            views = self._camera.draw(self.batch, side=side)
            image = self._input(views.images)
        self.module.train()
        loss = self._loss(image, views)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        self._optimizer.step(rate=self._rate * _schedule(done))
        self._average.update(step=self.step)
        self.step += 1
        self.images += self.batch
        return loss.detach()

    def _loss(self, image: Tensor, views: Views) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16):
            if isinstance(self.module, TellsOcclusion):
                stages, hidden = self.module.stages_and_occlusion(image)
            else:
                stages, hidden = self.module(image), None
        target, weight = targets(self.card, views)
        if self._teacher is not None:
            target, weight = self._taught(views, target, weight)
        losses = [
            belief_loss((stage,), target, weight, background=self.card.background)
            for stage in stages
        ]
        beliefs = EARLY * torch.stack(losses[:-1]).sum() + losses[-1]
        if hidden is None:
            return beliefs
        labelled = (views.state == VISIBLE) | (views.state == OCCLUDED)
        near = target[:, : hidden.shape[1]] * (labelled * (views.weight > 0))[..., None, None]
        wrong = F.binary_cross_entropy_with_logits(
            hidden.float(),
            (views.state == OCCLUDED).float()[..., None, None].expand_as(hidden),
            reduction="none",
        )
        occlusion = (wrong * near).sum() / near.sum().clamp(min=1)
        return beliefs + 0.1 * occlusion

    def _taught(self, views: Views, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Target and weight half way to what the teacher sees in the same views.

        Of a joint without a label the teacher's map counts alone.
        """
        assert self._teacher is not None
        maps = self._teacher(views.images)
        known = (weight > 0)[..., None, None]
        return torch.where(known, (target + maps) / 2, maps), torch.where(weight > 0, weight, 0.5)

    def _input(self, images: Tensor) -> Tensor:
        return _normalised(self.card, images)

    def judge(self) -> dict[str, object]:
        """How right the averaged weights are, by source, crop and stage."""
        self._judged.load_state_dict(self._average.tensors, strict=False)
        self._judged.eval()
        scores: dict[str, object] = {}
        for name in ("lspet", "coco", "exercise"):
            people = self._val.of(name)
            if len(people):
                scores[name] = {
                    crop: judged(
                        self._judged, people, card=self.card, zoom=zoom, prepare=self._input
                    )
                    for crop, zoom in _ZOOMS.items()
                }
        return scores

    def save(self, out: Path, *, command: str) -> None:
        """Validate, and write weights and what is known of them."""
        minutes = self.seconds / 60
        scores = self.judge() if self._judging else {}
        log.info("after %.1f minutes, %d views: %s", minutes, self.images, _short(scores))
        self.history.append({"minutes": round(minutes, 2), "images": self.images, **scores})
        facts: dict[str, object] = {
            "title": self.card.title,
            "command": command,
            "minutes": round(minutes, 1),
            "images": self.images,
            "steps": self.step,
            "hardware": f"{hardware(self.device)}, bfloat16 autocast",
            "decoding": DECODED,
            "validation": scores,
            "history": self.history[:-1],
        }
        export(out, name=self.card.name, tensors=self._average.tensors, facts=facts)

    def checkpoint(self, path: Path) -> None:
        """Write all that `resume` needs."""
        save_checkpoint(
            path,
            module=self.module,
            average=self._average,
            optimizer=self._optimizer,
            progress=TrainingProgress(self.step, self.seconds, self.images),
        )

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint; the time that it had spent counts.

        Raises:
            PoseViewerError: It is not there or not one of this network.
        """
        before = load_checkpoint(
            path, module=self.module, average=self._average, optimizer=self._optimizer
        )
        self.step, self.images = before.step, before.images
        self._began -= before.seconds


class Teacher:
    """A trained network, asked for its last belief maps of a view and of its mirror image.

    Args:
        card: Which network.
        weights: Its safetensors file.
        device: Where it works.

    Raises:
        PoseViewerError: The file cannot be read.
    """

    def __init__(self, card: ModelCard, weights: Path, *, device: torch.device) -> None:
        module = card.build()
        initialise(module, weights)
        self._module = module.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mirror = torch.tensor(load_skeleton(card.skeleton).mirror, device=device)
        self._card = card

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Belief maps (n, k, h, w) of pictures (n, 3, side, side), 0 to 255."""
        both = torch.cat([images, images.flip(3)])
        with torch.autocast(images.device.type, torch.bfloat16):
            maps = self._module(_normalised(self._card, both))[-1].float()
        plain, mirrored = maps.chunk(2)
        return cast("Tensor", ((plain + mirrored.flip(3)[:, self._mirror]) / 2).clamp(0, 1))


def _normalised(card: ModelCard, images: Tensor) -> Tensor:
    """Pixels as the input of a network."""
    norm = card.normalisation
    mean, scale = (
        torch.tensor(values, device=images.device)[:, None, None]
        for values in (norm.mean, norm.scale)
    )
    return ((images - mean) / scale).contiguous(memory_format=torch.channels_last)


def _built(card: ModelCard) -> nn.Module:
    """A network whose trunk, if it has one, stays as it starts down to stride 4."""
    module = card.build()
    for part in early_layers(module):
        part.requires_grad_(requires_grad=False)
    return module


def targets(card: ModelCard, views: Views) -> tuple[Tensor, Tensor]:
    """Belief maps (n, c, h, w) to learn and what each counts (n, c).

    Absent joints have empty maps, hidden ones the peak of any other.
    """
    codec, side = card.heatmaps, views.images.shape[-1]
    present = (views.state == VISIBLE) | (views.state == OCCLUDED)
    cells = (views.joints - (codec.stride - 1) / 2) / codec.stride
    # What is unknown or absent may lie anywhere.
    cells = torch.where(present[..., None], cells, torch.full_like(cells, -1e3))
    line = torch.arange(side // codec.stride, device=cells.device)
    dx = (line - cells[..., :1]) / codec.sigma
    dy = (line - cells[..., 1:]) / codec.sigma
    maps = torch.exp(-dy * dy / 2)[..., :, None] * torch.exp(-dx * dx / 2)[..., None, :]
    absent = views.state == ABSENT
    weight = torch.where(present | absent, views.weight, 0.0)
    counted = torch.where(absent, MISSING * weight, weight)
    if card.background:
        # Where a joint is not labelled the background is not known near it either.
        known = (weight > 0).all(1, keepdim=True)
        counted = torch.cat([counted, torch.where(known, 1.0, 0.2)], 1)
        maps = torch.cat([maps, (1 - maps.amax(1, keepdim=True)).clamp(0, 1)], 1)
    return maps, counted


def judged(
    module: nn.Module,
    people: Crowd,
    *,
    card: ModelCard,
    zoom: float,
    prepare: Callable[[Tensor], Tensor],
    batch: int = 64,
) -> dict[str, object]:
    """PCK@0.2 and @0.1 of every stage over labelled joints, and how well peaks tell presence.

    Args:
        module: In evaluation mode.
        people: Val, of one source.
        card: Of the network.
        zoom: See `gpu_views.nominal`.
        prepare: Pixels to the network's input.
        batch: Pictures at once.
    """
    names = load_skeleton(card.skeleton).joints
    side = card.input_size[0]
    found, heights = [], []
    views = nominal(people, side=side, zoom=zoom)
    for start in range(0, len(people), batch):
        with torch.inference_mode():
            stages = module(prepare(views.images[start : start + batch]))
        maps = torch.stack(stages).float().cpu().numpy()
        cells, height = card.heatmaps.decode(maps, method="dark", blur=True)
        found.append(card.heatmaps.to_pixels(cells))
        heights.append(height)
    pixels, height = np.concatenate(found, 1), np.concatenate(heights, 1)
    truth, state, weight = (
        part.cpu().numpy() for part in (views.joints, views.state, views.weight)
    )
    placed = (state == VISIBLE) | (state == OCCLUDED)
    # Joints beyond a tight crop cannot be found.
    inside = ((truth > -0.5) & (truth < side - 0.5)).all(-1)
    seen = placed & (weight >= 1)
    lengths = torsos(truth, seen=seen, names=names, either=True)
    apart = np.linalg.norm(pixels - truth, axis=-1) / lengths[:, None]

    def share(chosen: NDArray[np.bool_], limit: float) -> list[float | None]:
        counted = chosen & np.isfinite(lengths)[:, None]
        return [_rounded((stage <= limit)[counted]) for stage in apart]

    body = np.arange(len(names)) < 14
    each = [
        _rounded((apart[-1] <= 0.2)[:, k][seen[:, k] & np.isfinite(lengths)])
        for k in range(len(names))
    ]
    taught = placed & (weight < 1)
    missing = (state == ABSENT) & body
    return {
        "joints": int((seen & body & np.isfinite(lengths)[:, None]).sum()),
        "pck@0.2": share(seen & body, 0.2),
        "pck@0.1": share(seen & body, 0.1),
        "pck@0.2 of face and feet": share((seen | taught) & ~body, 0.2),
        "per_joint": each,
        "apart from absent": _separation(
            height[-1][seen & body & inside], height[-1][missing | (seen & body & ~inside)]
        ),
        "height": [_mean(height[-1][seen & body & inside]), _mean(height[-1][missing])],
    }


def _separation(present: NDArray[np.float32], absent: NDArray[np.float32]) -> float | None:
    """The chance that a present joint's peak is higher than an absent one's (AUC)."""
    if not len(present) or not len(absent):
        return None
    order = np.sort(absent)
    below = np.searchsorted(order, present) + np.searchsorted(order, present, side="right")
    return round(float(below.mean() / 2 / len(order)), 4)


def _rounded(right: NDArray[np.bool_]) -> float | None:
    return round(float(right.mean()), 4) if len(right) else None


def _mean(values: NDArray[np.float32]) -> float | None:
    return round(float(values.mean()), 3) if len(values) else None


def _short(scores: dict[str, object]) -> str:
    """For the log: PCK by stage."""
    parts = []
    for source, crops in scores.items():
        for crop, table in cast("dict[str, dict[str, object]]", crops).items():
            parts.append(
                f"\n  {source} {crop}: {table['pck@0.2']} fine {table['pck@0.1']} face and feet "
                f"{cast('list[float]', table['pck@0.2 of face and feet'])[-1]} presence "
                f"{table['apart from absent']} {table['height']}"
            )
    return "".join(parts)


def _schedule(done: float) -> float:
    """Of the highest rate: a linear rise, then a cosine."""
    if done < _WARM_UP:
        return max(done / _WARM_UP, 0.02)
    rest = min((done - _WARM_UP) / (1 - _WARM_UP), 1.0)
    return max(0.5 * (1 + math.cos(math.pi * rest)), 1e-3)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--trunk-rate", type=float, default=0.3)
    parser.add_argument("--most", type=int, help="pictures of each part of the pack")
    parser.add_argument("--init", type=Path, nargs="*")
    parser.add_argument(
        "--teacher", metavar="NAME", help="a trained network whose maps are learnt as well"
    )
    parser.add_argument(
        "--teacher-weights",
        type=Path,
        metavar="FILE",
        help="its safetensors; those that ship where left out",
    )
    parser.add_argument("--average", type=float, default=0.999)
    parser.add_argument("--small-until", type=float, default=0.35)
    parser.add_argument("--side", type=int, help="of the input, pixels; the card's where left out")
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--unjudged", action="store_true", help="measure nothing on the way")
    parser.add_argument("--resume", action="store_true", help="from the checkpoint in --out")
    return parser


def _checkpoint(out: Path, card: ModelCard) -> Path:
    return out / f"{card.name}.checkpoint.pt"


def _follow(trainer: Trainer, out: Path, *, command: str) -> None:
    """Learn until the time is over, saving as it goes."""
    saved = logged = time.monotonic()
    images = 0
    while trainer.done < 1:
        loss = trainer.learn()
        now = time.monotonic()
        if now - logged > 30:
            value = loss.item()
            log.info(
                "%.0f s  step %d  loss %.3f  %.0f views/s",
                trainer.seconds,
                trainer.step,
                value,
                (trainer.images - images) / (now - logged),
            )
            logged, images = now, trainer.images
        if now - saved > _SAVE_SECONDS and trainer.done < _NO_MORE_SAVES:
            trainer.save(out, command=command)
            trainer.checkpoint(_checkpoint(out, trainer.card))
            saved = time.monotonic()
    trainer.save(out, command=command)


def main(argv: Sequence[str] | None = None) -> None:
    """Train as the command line says."""
    began = time.monotonic()
    args = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format=f"{args.model} %(message)s", stream=sys.stdout)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.manual_seed(0)
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    args.out.mkdir(parents=True, exist_ok=True)
    train, val = (
        load_crowd(args.data, split=split, device=device, most=args.most)
        for split in ("train", "val")
    )
    log.info(
        "%d to learn from, %d to judge, %.0f s", len(train), len(val), time.monotonic() - began
    )
    card = card_named(args.model)
    if args.side:
        card = replace(card, input_size=(args.side, args.side))
    teacher = None
    if args.teacher:
        known = card_named(args.teacher)
        path = args.teacher_weights or known.weights_path
        if path is None:
            msg = f"{args.teacher} ships no weights; name them with --teacher-weights."
            raise PoseViewerError(msg)
        teacher = Teacher(known, path, device=device)
    trainer = Trainer(
        card,
        train=train,
        val=val,
        minutes=args.minutes,
        began=began,
        batch=args.batch,
        rate=args.rate,
        trunk_rate=args.trunk_rate,
        average=args.average,
        small_until=args.small_until,
        judging=not args.unjudged,
        device=device,
        teacher=teacher,
        starts=sorted(args.data.rglob("start-*.safetensors")) if args.init is None else args.init,
    )
    if args.resume:
        trainer.resume(_checkpoint(args.out, card))
        # Else it drew the views of the first run again.
        torch.manual_seed(trainer.step)
    command = "python -m poseviewer.training.gpu_heatmaps " + " ".join(
        argv if argv is not None else sys.argv[1:]
    )
    _follow(trainer, args.out, command=command)
    log.info("ended after %.0f s", time.monotonic() - began)


if __name__ == "__main__":
    main()
