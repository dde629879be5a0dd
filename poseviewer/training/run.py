"""The training run that every kind of network shares: steps, budget, checkpoint, export."""

from __future__ import annotations

import logging
import math
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import torch

from poseviewer.models.pose_trunk import early_layers
from poseviewer.training.batches import Workers
from poseviewer.training.checkpoint import (
    Average,
    TrainingProgress,
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
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.pose_trunk import PoseTrunk
    from poseviewer.training.batches import Source, Stream
    from poseviewer.training.recipe import Plan

log = logging.getLogger(__name__)


class Pictures(Protocol):
    """A batch of any kind."""

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
        images_per_epoch: For budgets of epochs; may be set later, before the first step.
        command: What the user typed, for the card of the weights.
        module: What learns, with its first weights; built from the card if left out.
        name: Stem of the checkpoint; the card's name if left out.
    """

    def __init__(
        self,
        card: ModelCard,
        plan: Plan,
        *,
        images_per_epoch: int = 0,
        start: Path | None = None,
        command: str = "",
        module: nn.Module | None = None,
        name: str | None = None,
    ) -> None:
        self.card, self.plan, self.progress = card, plan, TrainingProgress()
        self.images_per_epoch = images_per_epoch
        if module is None:
            module = card.build()
            _start_from(module, start, trunk=plan.trunk)
        self.device = torch.device(plan.device)
        self.module = module.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.module, decay=plan.average)
        if plan.freeze:
            for part in self.early():
                part.requires_grad_(requires_grad=False)
        self.optimizer = Optimizer(
            self.module, rate=plan.rate, decay=plan.decay, trunk_rate=plan.trunk_rate
        )
        self._start, self._command = start, command
        self._checkpoint = plan.out / f"{name or card.name}.checkpoint.pt"
        self.scores: dict[str, object] = {}
        """The last validation report, by source."""

        self._loss = float("nan")

    @property
    def reached(self) -> TrainingProgress:
        """How much training went into what is exported."""
        return self.progress

    @property
    def done(self) -> float:
        """Share of the budget that is spent."""
        if self.plan.minutes is not None:
            return self.progress.seconds / (60 * self.plan.minutes)
        return self.progress.images / (self.images_per_epoch * (self.plan.epochs or 1))

    def side(self) -> int:
        """Side of the input now, a multiple of 32."""
        full = min(self.card.input_size)
        return (
            round(full * self.plan.small / 32) * 32 if self.done < self.plan.small_until else full
        )

    def answer(self, image: Tensor, batch: _Kind) -> tuple[Tensor, ...]:  # noqa: ARG002
        """What the module says of a batch, for `loss`; its stages unless a run asks for other."""
        return cast("tuple[Tensor, ...]", self.module(image))

    @abstractmethod
    def loss(self, stages: tuple[Tensor, ...], batch: _Kind) -> Tensor:
        """The loss of the module's answer to a batch."""

    def after_backward(self, stages: tuple[Tensor, ...], batch: _Kind) -> None:
        """Look at a step once its gradients are known, before they are limited."""

    @abstractmethod
    def judge(self, module: nn.Module) -> dict[str, dict[str, object]]:
        """Measure a network's accuracy on the held-out images, by source."""

    def tensor(self, values: NDArray[Any]) -> Tensor:
        """Numbers where the network learns."""
        return torch.from_numpy(values).to(self.device)

    def tensors(self) -> dict[str, Tensor]:
        """What is exported: the averaged weights."""
        return self.average.tensors

    def early(self) -> list[nn.Module]:
        """The layers that `plan.freeze` keeps as they start."""
        return early_layers(self.module)

    def facts(self) -> dict[str, object]:
        """What the card of the weights states besides their accuracy."""
        return card_facts(
            self.card, self.plan, self.reached, command=self._command, start=self._start
        )

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
        image = self.tensor(self.card.normalisation.apply(batch.images))
        with torch.autocast(self.device.type, torch.bfloat16):
            stages = self.answer(image.contiguous(memory_format=torch.channels_last), batch)
        loss = self.loss(stages, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self.after_backward(stages, batch)
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
                self.progress.images / self.images_per_epoch,
                self._loss,
                norm,
                rate,
                images / taken,
            )

    def _prepare(self) -> None:
        self.module.train()
        if self.plan.freeze:
            for part in self.early():
                part.eval()

    def save(self) -> dict[str, object]:
        """Write the checkpoint, then `export`."""
        save_checkpoint(
            self._checkpoint,
            module=self.module,
            average=self.average,
            optimizer=self.optimizer,
            progress=self.progress,
        )
        return self.export()

    def export(self) -> dict[str, object]:
        """Validate the averaged weights and write them with their card; returns the report."""
        tensors = self.tensors()
        scores: dict[str, dict[str, object]] = {}
        if self.plan.judged:
            judged = self.card.build()
            judged.load_state_dict(tensors, strict=False)
            scores = self.judge(judged.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        export(
            self.plan.out,
            name=self.card.name,
            tensors=tensors,
            facts={**self.facts(), "validation": scores},
        )
        self.scores = dict(scores)
        return self.scores


def begin(plan: Plan) -> None:
    """Set torch's threads and seed, and make the output folder."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)


def follow(run: Run[_Kind], batches: Source[_Kind]) -> dict[str, object]:
    """Learn from batches until the budget is spent; returns the last validation report."""
    with batches:
        last_saved = time.monotonic()
        while run.done < 1:
            batches.side = run.side()
            run.step(batches.take())
            if time.monotonic() - last_saved > run.plan.save_minutes * 60:
                run.save()
                last_saved = time.monotonic()
    return run.save()


def learn(
    run: Run[_Kind], stream: Callable[[int, int], Stream[_Kind]], *, resume: bool
) -> dict[str, object]:
    """Learn from streams of batches, in processes of their own where the plan has workers.

    Args:
        run: What learns.
        stream: Makes the batches of a seed and a side; may be called in another process.
        resume: Go on from the checkpoint.

    Returns:
        The last validation report.

    Raises:
        PoseViewerError: The checkpoint is not there, or workers are asked for on Windows.
    """
    if resume:
        run.resume()
    seed, side = run.plan.seed + run.progress.step, run.side()
    if not run.plan.workers:
        return follow(run, stream(seed, side))
    seeds = [1000 * number + seed for number in range(run.plan.workers)]
    return follow(run, Workers[_Kind](lambda one: stream(one, side), seeds=seeds, side=side))


def _start_from(module: nn.Module, start: Path | None, *, trunk: Path | None) -> None:
    if trunk is not None:
        load_movenet(cast("PoseTrunk", module.trunk), trunk)
        log.info("trunk starts from %s", trunk.stem)
    if start is not None:
        log.info("%d tensors taken from %s", len(initialise(module, start)), start.name)
