"""The training loop: every stage supervised, a cosine over a budget, weights kept safe.

Recipe: models.md section 11 and what was measured on CPU cores. Most of the budget runs at
a smaller side with the trunk's early layers as they start: 2.8 times the
images a second, and a network that has seen little gains more from images than from pixels.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.batches import Batch, Batches
from poseviewer.training.dataset import figures, load_people, nobody, summary
from poseviewer.training.evaluate import report
from poseviewer.training.recipe import belief_loss
from poseviewer.training.run import Run, follow

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
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
    run = BeliefRun(card, plan, start=start, images_per_epoch=len(crowd), held_out=held_out)
    if resume:
        run.resume()
    batches = Batches(
        crowd,
        size=plan.batch,
        mirror=load_skeleton(card.skeleton).mirror,
        seed=plan.seed + run.progress.step,
        side=run.side(),
    )
    return follow(run, batches, command=command)


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


class BeliefRun(Run[Batch]):
    """A network of belief maps that learns from people."""

    def __init__(
        self,
        card: ModelCard,
        plan: Plan,
        *,
        start: Path | None,
        images_per_epoch: int,
        held_out: dict[str, list[Person]],
    ) -> None:
        super().__init__(card, plan, start=start, images_per_epoch=images_per_epoch)
        self._held_out = held_out

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
        target = torch.from_numpy(maps).contiguous(memory_format=torch.channels_last)
        return target, torch.from_numpy(weight.astype(np.float32))
