"""One stage of a cascade as it learns."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.training.checkpoint import Average, Progress, load_checkpoint, save_checkpoint
from poseviewer.training.optimizer import Optimizer
from poseviewer.training.recipe import learning_rate, place_loss

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard
    from poseviewer.training.batches import Batch
    from poseviewer.training.recipe import Plan

log = logging.getLogger(__name__)


class Stage(nn.Module):
    """The network of one stage with the statistics it learns from, as they are kept together.

    Args:
        network: Images to coordinates.
        joints: k.
    """

    mean: Tensor
    """(k, 2), see `parts.Spread`; nought in the first stage."""

    covariance: Tensor
    """(k, 2, 2)."""

    def __init__(self, network: nn.Module, *, joints: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(joints, 2))
        self.register_buffer("covariance", torch.zeros(joints, 2, 2))

    def early(self) -> list[nn.Module]:
        """The layers that stay as they start."""
        trunk = getattr(self.network, "trunk", None)
        return [] if trunk is None else list(trunk.early())


class Learner:
    """The network of one stage, its average, its optimizer and how far they have come.

    Args:
        stage: What learns.
        plan: How, with the budget of this stage alone.
        near: The error at which confidence ought to be 0.6, in sides of the box.
    """

    def __init__(self, stage: Stage, plan: Plan, *, near: float) -> None:
        self._stage, self._plan, self._near = stage, plan, near
        self.progress = Progress()
        self._average = Average(stage, decay=plan.average)
        if plan.freeze:
            for part in stage.early():
                part.requires_grad_(requires_grad=False)
        self._optimizer = Optimizer(
            stage, rate=plan.rate, decay=plan.decay, trunk_rate=plan.trunk_rate
        )
        self._loss = float("nan")

    @property
    def averaged(self) -> dict[str, Tensor]:
        """The network's averaged tensors, by their names in it."""
        named = self._average.tensors.items()
        return {k.removeprefix("network."): v for k, v in named if k.startswith("network.")}

    def done(self, epoch: int) -> float:
        """Share of the budget that is spent."""
        if self._plan.minutes is not None:
            return self.progress.seconds / (60 * self._plan.minutes)
        return self.progress.images / (epoch * (self._plan.epochs or 1))

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            PoseViewerError: It is not there or not of this stage.
        """
        self.progress = load_checkpoint(
            path, module=self._stage, average=self._average, optimizer=self._optimizer
        )

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        save_checkpoint(
            path,
            module=self._stage,
            average=self._average,
            optimizer=self._optimizer,
            progress=self.progress,
        )

    def step(self, batch: Batch, card: ModelCard, *, epoch: int) -> None:
        """Learn from a batch.

        Args:
            batch: Joints in pixels of its pictures.
            card: Of the cascade.
            epoch: Images of an epoch.
        """
        began = time.monotonic()
        self._stage.train()
        if self._plan.freeze:
            for part in self._stage.early():
                part.eval()
        rate = learning_rate(self._plan, self.done(epoch))
        side = batch.images.shape[1]
        box = np.array([[-0.5, -0.5, side, side]])
        target = card.coords.encode(batch.joints, box).astype(np.float32)
        image = torch.from_numpy(card.normalisation.apply(batch.images))
        with torch.autocast("cpu", torch.bfloat16):
            answer = self._stage.network(image.contiguous(memory_format=torch.channels_last))
        loss = place_loss(
            answer,
            torch.from_numpy(target),
            present=torch.from_numpy(batch.present),
            weight=torch.from_numpy(batch.weight),
            near=self._near,
        )
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._stage.parameters(), 1.0)
        self._optimizer.step(rate=rate)
        self._average.update(step=self.progress.step)
        taken = time.monotonic() - began
        self._count(len(batch.images), taken, loss.item())
        if self.progress.step % 50 == 0:
            log.info(
                "step %d  %.1f %%  loss %.3f  rate %.1e  %.0f images/s",
                self.progress.step, 100 * self.done(epoch), self._loss, rate,
                len(batch.images) / taken,
            )  # fmt: skip

    def _count(self, images: int, taken: float, loss: float) -> None:
        self.progress.step += 1
        self.progress.images += images
        # A machine that slept, or swapped, must not eat the budget in one step.
        self.progress.seconds += min(taken, 10.0)
        self._loss = loss if math.isnan(self._loss) else 0.98 * self._loss + 0.02 * loss
