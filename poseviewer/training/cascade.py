"""Training of a cascade: its stages in turn, each on what the one before leaves to be done."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.deeppose import Cascade
from poseviewer.training.batches import Batches
from poseviewer.training.checkpoint import (
    DECODED,
    Average,
    Progress,
    card_facts,
    export,
    initialise,
    load_checkpoint,
    save_checkpoint,
)
from poseviewer.training.dataset import load_people, summary
from poseviewer.training.evaluate import refiner, report
from poseviewer.training.heatmaps import everybody
from poseviewer.training.movenet import load_movenet
from poseviewer.training.optimizer import Optimizer
from poseviewer.training.parts import PER_PERSON, PartBatches, Spread, spread
from poseviewer.training.recipe import learning_rate, place_loss

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard
    from poseviewer.models.mobilenet_v2 import MobileNetV2
    from poseviewer.models.pose_trunk import PoseTrunk
    from poseviewer.training.batches import Batch
    from poseviewer.training.recipe import Plan


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


log = logging.getLogger(__name__)

_FIRST = 0.5
"""Share of the minutes that the first stage gets; the later ones share the rest."""

_NEAR = 0.045
"""A fifth of the torso in sides of the person's box, which is about 4.5 torsos wide."""


def train_cascade(
    card: ModelCard,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    command: str = "",
) -> dict[str, object]:
    """Train every stage of a cascade in turn; writes into `plan.out` as it goes.

    Args:
        card: Of the cascade.
        plan: How; `minutes` are those of all stages together, `epochs` those of each, `batch` the
            people of a step (four sub-images of each in the later stages).
        resume: Go on from the checkpoints in `plan.out`.
        start: A safetensors file whose matching tensors are taken first: of a cascade, or of a
            network with the trunk of the first stage.
        command: What the user typed, for the card of the weights.

    Returns:
        The last validation report, by source.

    Raises:
        PoseViewerError: The data pack or a checkpoint is not there.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    run = _CascadeRun(card, plan, start=start, command=command)
    for number in range(plan.first_stage, len(card.stages)):
        run.learn(number, resume=resume and (number == 0 or run.checkpoint(number).is_file()))
    return run.report()


class _CascadeRun:
    """The moving parts of one training run."""

    def __init__(self, card: ModelCard, plan: Plan, *, start: Path | None, command: str) -> None:
        self.card, self.plan = card, plan
        module = card.build()
        assert isinstance(module, Cascade)
        self.module = module
        self._command = command
        self._start = start
        # A file of a whole cascade has weights for the later stages too.
        self._inherit = not _start_from(module, start, trunk=plan.trunk)
        self._mirror = load_skeleton(card.skeleton).mirror
        self._held_out = load_people(plan.data, split="val")
        self._crowd = everybody(load_people(plan.data, split="train"), plan)
        self._total = Progress()
        self._scores: dict[str, object] = {}
        log.info("learning from %s", summary(self._crowd))

    def checkpoint(self, number: int) -> Path:
        return self.plan.out / f"{self.card.name}.stage{number + 1}.checkpoint.pt"

    def learn(self, number: int, *, resume: bool) -> None:
        """Train one stage to the end of its budget and put its averaged weights in its place."""
        network = self.module.networks[number]
        if number and not resume:
            self._prepare(number)
        stage = Stage(network, joints=len(self._mirror))
        if number:
            stage.mean.copy_(self.module.mean[number - 1])
            stage.covariance.copy_(self.module.covariance[number - 1])
        later = len(self.card.stages) - max(self.plan.first_stage, 1)
        first = 0 if self.plan.first_stage else _FIRST
        share = first if number == 0 else (1 - first) / later
        plan = self.plan
        if plan.minutes is not None:
            plan = replace(plan, minutes=plan.minutes * share)
        learner = Learner(stage, plan, near=_NEAR if number == 0 else 0.2 / self._sigma)
        if resume:
            learner.resume(self.checkpoint(number))
            if number:
                self.module.mean[number - 1] = stage.mean
                self.module.covariance[number - 1] = stage.covariance
            log.info("stage %d goes on from step %d", number + 1, learner.progress.step)
        batches, epoch = self._batches(number, stage, seed=plan.seed + learner.progress.step)
        if learner.done(epoch) < 1:
            with batches:
                last_saved = time.monotonic()
                while learner.done(epoch) < 1:
                    learner.step(batches.take(), self.card, epoch=epoch)
                    if time.monotonic() - last_saved > plan.save_minutes * 60:
                        self._save(number, learner)
                        last_saved = time.monotonic()
            self._save(number, learner)
        network.load_state_dict(learner.averaged, strict=False)
        for field in ("step", "seconds", "images"):
            reached = getattr(self._total, field) + getattr(learner.progress, field)
            setattr(self._total, field, reached)

    @property
    def _sigma(self) -> float:
        return self.card.coords.sigma

    def _prepare(self, number: int) -> None:
        """What a later stage starts from: the weights and the errors of the one before."""
        if self._inherit:
            _take_over(self.module.networks[number], self.module.networks[number - 1])
        rng = np.random.default_rng(self.plan.seed + number)
        found = spread(
            refiner(self.module, self.card),
            [p for p in self._crowd if p.source != "nobody"],
            card=self.card,
            mirror=self._mirror,
            stages=number,
            rng=rng,
        )
        self.module.mean[number - 1] = torch.from_numpy(found.mean)
        self.module.covariance[number - 1] = torch.from_numpy(found.covariance)
        deviation = np.sqrt(np.trace(found.covariance, axis1=1, axis2=2) / 2)
        log.info(
            "stage %d leaves the joints %.2f torsos away (%.2f to %.2f)",
            number, deviation.mean(), deviation.min(), deviation.max(),
        )  # fmt: skip

    def _batches(self, number: int, stage: Stage, *, seed: int) -> tuple[Batches, int]:
        """What a stage learns from, and how many images an epoch has."""
        if number == 0:
            whole = Batches(
                self._crowd,
                size=self.plan.batch,
                mirror=self._mirror,
                seed=seed,
                side=self.card.input_size[0],
            )
            return whole, len(self._crowd)
        parts = PartBatches(
            self._crowd,
            size=self.plan.batch * PER_PERSON,
            card=self.card,
            mirror=self._mirror,
            seed=seed,
            spread=Spread(stage.mean.double().numpy(), stage.covariance.double().numpy()),
        )
        return parts, parts.epoch

    def _save(self, number: int, learner: Learner) -> None:
        learner.save(self.checkpoint(number))
        tensors = {k: v for k, v in self.module.state_dict().items() if v.is_floating_point()}
        tensors |= {f"networks.{number}.{k}": v for k, v in learner.averaged.items()}
        self._export(tensors, learner.progress)

    def report(self) -> dict[str, object]:
        """The last validation; anew where nothing was learnt."""
        if not self._scores:
            self._export(self.module.state_dict(), Progress())
        return self._scores

    def _export(self, tensors: dict[str, Tensor], now: Progress) -> None:
        """Validate and write the cascade of some tensors."""
        judged = self.card.build()
        judged.load_state_dict(tensors, strict=False)
        scores = report(judged, self._held_out, card=self.card)
        for source, table in scores.items():
            log.info("%s PCK@0.2 by stage %s", source, table["pck@0.2"])
        reached = Progress(
            step=self._total.step + now.step,
            seconds=self._total.seconds + now.seconds,
            images=self._total.images + now.images,
        )
        facts = card_facts(self.card, self.plan, reached, command=self._command, start=self._start)
        rule = str(facts["rule"]).replace(DECODED, "coordinates of each stage")
        facts |= {"rule": rule, "validation": scores}
        export(self.plan.out, name=self.card.name, tensors=tensors, facts=facts)
        self._scores = dict(scores)


def _start_from(module: Cascade, start: Path | None, *, trunk: Path | None) -> bool:
    """Fill what can be filled; says whether that was the later stages too."""
    first = module.networks[0]
    if trunk is not None:
        for network in module.networks:
            load_movenet(cast("MobileNetV2 | PoseTrunk", network.trunk), trunk)
        log.info("trunk starts from %s", trunk.stem)
    if start is None:
        return False
    taken = initialise(module, start) or initialise(first, start)
    log.info("%d tensors taken from %s", len(taken), start.name)
    return any(name.startswith("networks.1.") for name in taken)


def _take_over(network: nn.Module, donor: nn.Module) -> None:
    """Start a network from the tensors of another that have its names and shapes."""
    wanted = network.state_dict()
    given = donor.state_dict()
    same = {k: v for k, v in given.items() if k in wanted and v.shape == wanted[k].shape}
    network.load_state_dict(same, strict=False)
