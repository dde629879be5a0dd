"""Trains the stages of a cascade in turn, each on the errors of the one before."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.deeppose import Cascade
from poseviewer.models.pose_trunk import early_layers
from poseviewer.training.batches import Batches
from poseviewer.training.checkpoint import DECODED, TrainingProgress, initialise
from poseviewer.training.dataset import load_people, summary
from poseviewer.training.evaluate import refiner
from poseviewer.training.heatmaps import BeliefRun, epoch_people
from poseviewer.training.movenet import load_movenet
from poseviewer.training.parts import PER_PERSON, PartBatches, Spread, spread
from poseviewer.training.recipe import place_loss
from poseviewer.training.run import begin, follow

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard
    from poseviewer.models.mobilenet_v2 import MobileNetV2
    from poseviewer.models.pose_trunk import PoseTrunk
    from poseviewer.training.batches import Batch
    from poseviewer.training.recipe import Plan


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
    begin(plan)
    cascade = _Cascade(card, plan, start=start, command=command)
    reached, scores = TrainingProgress(), dict[str, object]()
    for number in range(plan.first_stage, len(card.stages)):
        run = cascade.learn(number, before=reached, resume=resume)
        scores = run.scores or scores
        reached += run.progress
    return scores or run.export()


class CascadeStage(nn.Module):
    """The network of one stage with the statistics it learns from, as a checkpoint holds them.

    Args:
        network: Images to coordinates.
        joints: k.
    """

    mean: Tensor
    """(k, 2), see `parts.Spread`; zero in the first stage."""

    covariance: Tensor
    """(k, 2, 2)."""

    def __init__(self, network: nn.Module, *, joints: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(joints, 2))
        self.register_buffer("covariance", torch.zeros(joints, 2, 2))

    def forward(self, image: Tensor) -> Tensor:
        """The network's answer."""
        answer: Tensor = self.network(image)
        return answer


class StageRun(BeliefRun):
    """A stage of a cascade that learns from images of people or of their parts.

    Args:
        card: Of the cascade.
        plan: How, with the budget of this stage alone.
        cascade: Whose stage it is.
        number: Which, 0-based.
        before: How far the stages before have come.
        run: As of `BeliefRun`.
    """

    module: CascadeStage

    def __init__(
        self,
        card: ModelCard,
        plan: Plan,
        *,
        cascade: Cascade,
        number: int,
        before: TrainingProgress,
        **run: Any,
    ) -> None:
        stage = CascadeStage(cascade.networks[number], joints=len(card.stages[0].channels))
        if number:
            stage.mean.copy_(cascade.mean[number - 1])
            stage.covariance.copy_(cascade.covariance[number - 1])
        super().__init__(card, plan, module=stage, name=f"{card.name}.stage{number + 1}", **run)
        self._cascade, self._number, self._before = cascade, number, before
        self._near = 0.2 / card.coords.sigma if number else _NEAR

    def resume(self) -> None:
        """As of `Run`, with the statistics that the checkpoint holds."""
        super().resume()
        if self._number:
            self._cascade.mean[self._number - 1] = self.module.mean
            self._cascade.covariance[self._number - 1] = self.module.covariance

    def side(self) -> int:
        """Side of the input: the same throughout."""
        return self.card.coords.side if self._number else self.card.input_size[0]

    def early(self) -> list[nn.Module]:
        """As of `Run`."""
        return early_layers(self.module.network)

    def loss(self, answer: Tensor, batch: Batch) -> Tensor:  # type: ignore[override]
        """Distance of the coordinates, and honesty of their confidence."""
        side = batch.images.shape[1]
        box = np.array([[-0.5, -0.5, side, side]])
        target = self.card.coords.encode(batch.joints, box).astype(np.float32)
        return place_loss(
            answer,
            torch.from_numpy(target),
            present=torch.from_numpy(batch.present),
            weight=torch.from_numpy(batch.weight),
            near=self._near,
        )

    def averaged(self) -> dict[str, Tensor]:
        """The network's averaged tensors, by their names in it."""
        named = self.average.tensors.items()
        return {k.removeprefix("network."): v for k, v in named if k.startswith("network.")}

    def tensors(self) -> dict[str, Tensor]:
        """Those of the whole cascade, this stage's averaged."""
        own = {f"networks.{self._number}.{k}": v for k, v in self.averaged().items()}
        every = self._cascade.state_dict().items()
        return {k: v for k, v in every if v.is_floating_point()} | own

    @property
    def reached(self) -> TrainingProgress:
        """Over all stages so far."""
        return self._before + self.progress

    def facts(self) -> dict[str, object]:
        """As of `Run`, with the rule of coordinates."""
        facts = super().facts()
        return facts | {"rule": str(facts["rule"]).replace(DECODED, "coordinates of each stage")}


class _Cascade:
    """Trains the stages of one cascade in turn."""

    def __init__(self, card: ModelCard, plan: Plan, *, start: Path | None, command: str) -> None:
        self.card, self.plan = card, plan
        module = card.build()
        assert isinstance(module, Cascade)
        self.module = module
        # A file of a whole cascade has weights for the later stages too.
        self._inherit = not _start_from(module, start, trunk=plan.trunk)
        self._mirror = load_skeleton(card.skeleton).mirror
        self._crowd = epoch_people(load_people(plan.data, split="train", labels=plan.labels), plan)
        self._run = partial(
            StageRun,
            card,
            cascade=module,
            held_out=load_people(plan.data, split="val"),
            start=start,
            command=command,
        )
        log.info("learning from %s", summary(self._crowd))

    def learn(self, number: int, *, before: TrainingProgress, resume: bool) -> StageRun:
        """Train one stage to the end of its budget and put its averaged weights in its place."""
        checkpoint = self.plan.out / f"{self.card.name}.stage{number + 1}.checkpoint.pt"
        resume = resume and (number == 0 or checkpoint.is_file())
        if number and not resume:
            self._prepare(number)
        run = self._run(self._plan_of(number), number=number, before=before)
        if resume:
            run.resume()
        batches = self._batches(number, run.module, seed=self.plan.seed + run.progress.step)
        run.images_per_epoch = batches.epoch
        if run.done < 1:
            follow(run, batches)
        self.module.networks[number].load_state_dict(run.averaged(), strict=False)
        return run

    def _prepare(self, number: int) -> None:
        """Give a later stage the weights and the error statistics of the one before."""
        if self._inherit:
            _take_over(self.module.networks[number], self.module.networks[number - 1])
        rng = np.random.default_rng(self.plan.seed + number)
        found = spread(
            refiner(self.module, self.card),
            [p for p in self._crowd if p.source != "empty"],
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

    def _plan_of(self, number: int) -> Plan:
        """The plan with the minutes of one stage."""
        if self.plan.minutes is None:
            return self.plan
        later = len(self.card.stages) - max(self.plan.first_stage, 1)
        first = 0 if self.plan.first_stage else _FIRST
        share = first if number == 0 else (1 - first) / later
        return replace(self.plan, minutes=self.plan.minutes * share)

    def _batches(self, number: int, stage: CascadeStage, *, seed: int) -> Batches:
        if number == 0:
            return Batches(
                self._crowd,
                size=self.plan.batch,
                mirror=self._mirror,
                seed=seed,
                side=self.card.input_size[0],
            )
        return PartBatches(
            self._crowd,
            size=self.plan.batch * PER_PERSON,
            card=self.card,
            mirror=self._mirror,
            seed=seed,
            spread=Spread(stage.mean.double().numpy(), stage.covariance.double().numpy()),
        )


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
