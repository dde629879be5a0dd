"""The training loop: every stage supervised, a cosine over a budget, weights kept safe.

Recipe: models.md section 11 and what was measured on CPU cores. Most of the budget runs at
a smaller side with the trunk's early layers as ImageNet left them: 2.8 times the
images a second, and a network that has seen little gains more from images than from pixels.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.batches import Batches
from poseviewer.training.checkpoint import (
    Average,
    Progress,
    card_facts,
    export,
    initialise,
    load_checkpoint,
    save_checkpoint,
)
from poseviewer.training.dataset import load_people, nobody, summary
from poseviewer.training.evaluate import report
from poseviewer.training.mannequins import figures
from poseviewer.training.recipe import adamw, belief_loss, learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.efficientnet_lite import EfficientNetLite0
    from poseviewer.training.batches import Batch
    from poseviewer.training.dataset import Person
    from poseviewer.training.recipe import Plan

log = logging.getLogger(__name__)

# Different figures; rendering one takes as long as learning from it.
_MOST_FIGURES = 500


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
    crowd = everybody(people, plan)
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


def everybody(people: dict[str, list[Person]], plan: Plan) -> list[Person]:
    """Whom an epoch shows: the pack's people, windows without anybody, rendered figures."""
    rng = np.random.default_rng(plan.seed)
    crowd = people["lspet"] + people["coco"] * plan.coco_repeats
    empty = nobody(people["coco"], count=len(crowd) // 40, rng=rng)
    crowd += empty
    if plan.mannequins:
        wanted = round(len(crowd) * plan.mannequins / (1 - plan.mannequins))
        made = figures(min(wanted, _MOST_FIGURES), backgrounds=empty, seed=plan.seed)
        crowd += (made * (wanted // len(made) + 1))[:wanted]
    return crowd


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
        self.optimizer = adamw(self.module, plan)
        self._start = start.stem if start else None
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
        maps = self.card.heatmaps.encode(batch.joints, size=(side, side), present=batch.present)
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
        facts = card_facts(self.card, self.plan, self.progress, command=command, start=self._start)
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
