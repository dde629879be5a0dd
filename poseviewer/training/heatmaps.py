"""Trains a network of belief maps on single people, every stage supervised.

Recipe: docs/facts/training.md. Most of the budget runs at a smaller side with the trunk's early
layers as they start: 2.8 times the images a second, and a network that has seen little gains more
from images than from pixels.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.batches import Batch, Batches
from poseviewer.training.dataset import empty_windows, figures, load_people, summary
from poseviewer.training.evaluate import report
from poseviewer.training.recipe import belief_loss
from poseviewer.training.recorder import Recorder
from poseviewer.training.run import Run, begin, follow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.dataset import LabelledPerson
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
    begin(plan)
    people = load_people(plan.data, split="train", skeleton=card.skeleton, labels=plan.labels)
    held_out = load_people(plan.data, split="val", skeleton=card.skeleton)
    crowd = epoch_people(people, plan)
    log.info("learning from %s", summary(crowd))
    run = BeliefRun(
        card,
        plan,
        held_out=held_out,
        images_per_epoch=len(crowd),
        start=start,
        command=command,
    )
    if resume:
        run.resume()
    if plan.watched:
        run.watch()
    batches = Batches(
        crowd,
        size=plan.batch,
        mirror=load_skeleton(card.skeleton).mirror,
        seed=plan.seed + run.progress.step,
        side=run.side(),
    )
    return follow(run, batches)


def epoch_people(people: dict[str, list[LabelledPerson]], plan: Plan) -> list[LabelledPerson]:
    """The people of an epoch: the pack's and labelled ones, empty windows, rendered figures."""
    rng = np.random.default_rng(plan.seed)
    crowd = people["lspet"] + people["coco"] * plan.coco_repeats
    crowd += people.get("labels", []) * plan.labels_repeats
    empty = empty_windows(people["coco"], count=len(crowd) // 40, rng=rng)
    crowd += empty
    joints = len(crowd[0].joints)
    return crowd + rendered(plan, among=len(crowd), backgrounds=empty, joints=joints)


def rendered(
    plan: Plan, *, among: int, backgrounds: Sequence[LabelledPerson], joints: int = 14
) -> list[LabelledPerson]:
    """Rendered figures, repeated until they are the plan's share of an epoch.

    Args:
        plan: Gives the share and the seed.
        among: How many people the epoch has besides.
        backgrounds: As of `dataset.figures`.
        joints: As of `dataset.figures`.
    """
    wanted = round(among * plan.mannequins / (1 - plan.mannequins))
    made = figures(
        min(wanted, _MOST_FIGURES), backgrounds=backgrounds, seed=plan.seed, joints=joints
    )
    return (made * (wanted // max(len(made), 1) + 1))[:wanted]


class BeliefRun(Run[Batch]):
    """A network of belief maps that learns from people.

    Args:
        card: Which network.
        plan: How.
        held_out: People to judge it on, by source.
        run: As of `Run`.
    """

    def __init__(
        self, card: ModelCard, plan: Plan, *, held_out: dict[str, list[LabelledPerson]], **run: Any
    ) -> None:
        super().__init__(card, plan, **run)
        self._held_out = held_out
        self._recorder: Recorder | None = None

    def watch(self) -> None:
        """Write down from now on what can be seen of the run."""
        plan = self.plan
        self._recorder = Recorder(
            plan.out, card=self.card, side=self.side(), every=plan.supervise_all,
            held_out=self._held_out,
        )  # fmt: skip
        self._recorder.begin(self.module, step=self.progress.step)

    def after_backward(self, stages: tuple[Tensor, ...], batch: Batch) -> None:
        """Write the step down where it is its turn."""
        recorder, step = self._recorder, self.progress.step + 1
        if recorder is None:
            return
        if recorder.due(step):
            target, weight = self._target(batch)
            with torch.no_grad():
                losses = [
                    float(belief_loss((one,), target, weight, background=self.card.background))
                    for one in stages
                ]
            recorder.step(losses, step=step)
        if recorder.moment_due(step):
            # The weights before this step's change: those that the gradients are of.
            recorder.moment(self.module, step=step)
            self._prepare()

    def loss(self, stages: tuple[Tensor, ...], batch: Batch) -> Tensor:
        """Squared error of every supervised stage."""
        target, weight = self._target(batch)
        return belief_loss(
            stages,
            target,
            weight,
            background=self.card.background,
            every=self.plan.supervise_all,
        )

    def judge(self, module: nn.Module) -> dict[str, dict[str, object]]:
        """PCK of every stage on the held-out people, by source."""
        scores = report(module, self._held_out, card=self.card)
        for source, table in scores.items():
            log.info("%s PCK@0.2 by stage %s", source, table["pck@0.2"])
        return scores

    def _target(self, batch: Batch) -> tuple[Tensor, Tensor]:
        side = batch.images.shape[1]
        maps = self.card.heatmaps.encode(batch.joints, size=(side, side), present=batch.present)
        weight = batch.weight
        if self.card.background:
            # Where a joint is not labelled the background is not known near it either.
            known = (batch.weight > 0).all(axis=1, keepdims=True)
            weight = np.concatenate([weight, np.where(known, 1.0, 0.2)], axis=1)
        target = self.tensor(maps).contiguous(memory_format=torch.channels_last)
        return target, self.tensor(weight.astype(np.float32))
