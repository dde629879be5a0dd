"""A training run: a step, a budget, a checkpoint; what is learnt is left to its kinds."""

from __future__ import annotations

import logging
import math
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

import torch

from poseviewer.training.checkpoint import (
    Average,
    Progress,
    card_facts,
    export,
    initialise,
    load_checkpoint,
    save_checkpoint,
)
from poseviewer.training.movenet import load_movenet
from poseviewer.training.optimizer import Optimizer
from poseviewer.training.recipe import learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.pose_trunk import PoseTrunk
    from poseviewer.training.batches import Stream
    from poseviewer.training.recipe import Plan

log = logging.getLogger(__name__)


class Pictures(Protocol):
    """A batch of whatever kind."""

    @property
    def images(self) -> NDArray[np.uint8]:
        """RGB (n, size, size, 3)."""


_Kind = TypeVar("_Kind", bound=Pictures)


class Run(ABC, Generic[_Kind]):
    """The moving parts of one training run.

    Args:
        card: Which network.
        plan: How.
        start: A safetensors file whose matching tensors are taken first.
        images_per_epoch: For budgets of epochs.
    """

    def __init__(
        self, card: ModelCard, plan: Plan, *, start: Path | None, images_per_epoch: int
    ) -> None:
        self.card, self.plan, self.progress = card, plan, Progress()
        self._per_epoch = images_per_epoch
        module = card.build()
        _start_from(module, start, trunk=plan.trunk)
        self.module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.module, decay=plan.average)
        if plan.freeze:
            for part in self._early():
                part.requires_grad_(requires_grad=False)
        self.optimizer = Optimizer(
            self.module, rate=plan.rate, decay=plan.decay, trunk_rate=plan.trunk_rate
        )
        self._start = start
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
        full = min(self.card.input_size)
        return (
            round(full * self.plan.small / 32) * 32 if self.done < self.plan.small_until else full
        )

    @abstractmethod
    def loss(self, stages: tuple[Tensor, ...], batch: _Kind) -> Tensor:
        """How wrong the stages' answers to a batch are."""

    @abstractmethod
    def judge(self, module: nn.Module) -> dict[str, dict[str, object]]:
        """How right a network is on the held-out pictures, by source."""

    def facts(self, *, command: str) -> dict[str, object]:
        """What the card of the weights tells besides their accuracy."""
        return card_facts(self.card, self.plan, self.progress, command=command, start=self._start)

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises:
            PoseViewerError: It is not there or not of this network.
        """
        self.progress = load_checkpoint(
            self._checkpoint, module=self.module, average=self.average, optimizer=self.optimizer
        )
        log.info("going on from step %d", self.progress.step)

    def step(self, batch: _Kind) -> None:
        """Learn from a batch."""
        began = time.monotonic()
        self._prepare()
        rate = learning_rate(self.plan, self.done)
        image = torch.from_numpy(self.card.normalisation.apply(batch.images))
        with torch.autocast("cpu", torch.bfloat16):
            stages = self.module(image.contiguous(memory_format=torch.channels_last))
        loss = self.loss(stages, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        self.optimizer.step(rate=rate)
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

    def _early(self) -> list[nn.Module]:
        return cast("PoseTrunk", self.module.trunk).early()

    def _prepare(self) -> None:
        self.module.train()
        if self.plan.freeze:
            for part in self._early():
                part.eval()

    def save(self, *, command: str) -> dict[str, object]:
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
        scores = self.judge(judged.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        export(
            self.plan.out,
            name=self.card.name,
            tensors=self.average.tensors,
            facts={**self.facts(command=command), "validation": scores},
        )
        return dict(scores)


def follow(run: Run[_Kind], batches: Stream[_Kind], *, command: str) -> dict[str, object]:
    """Learn from batches until the budget is spent; returns the last validation report."""
    with batches:
        last_saved = time.monotonic()
        while run.done < 1:
            batches.side = run.side()
            run.step(batches.take())
            if time.monotonic() - last_saved > run.plan.save_minutes * 60:
                run.save(command=command)
                last_saved = time.monotonic()
    return run.save(command=command)


def _start_from(module: nn.Module, start: Path | None, *, trunk: Path | None) -> None:
    if trunk is not None:
        load_movenet(cast("PoseTrunk", module.trunk), trunk)
        log.info("trunk starts from %s", trunk.stem)
    if start is not None:
        log.info("%d tensors taken from %s", len(initialise(module, start)), start.name)
