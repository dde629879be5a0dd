"""The plan of a training run, the losses and the learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a training run."""

    data: Path
    """Folder of the data pack."""

    out: Path
    """Where checkpoint, weights and reports go."""

    labels: tuple[Path, ...] = ()
    """COCO keypoint tables to learn from besides, such as corrected frames."""

    labels_repeats: int = 20
    """How often an epoch has the people of `labels`: they are few, and what is to be learnt."""

    minutes: float | None = None
    """Training time to spread the schedule over; or else `epochs`."""

    epochs: float | None = None
    batch: int = 32
    rate: float = 1e-3
    trunk_rate: float = 0.3
    """Of the trunk, relative to `rate`: it has learnt already."""

    decay: float = 0.05
    """Of convolution weights only."""

    trunk: Path | None = None
    """A MoveNet that the trunk starts from, see `movenet.load_movenet`; chance where None."""

    teacher: Path | None = None
    """A MoveNet MultiPose that labels people and joints without a label, see `teacher.taught`."""

    average: float = 0.999
    """Decay of the weights' moving average, per step."""

    warm_up: float = 0.03
    """Share of the budget over which the rate rises."""

    small_until: float = 0.7
    """Share of the budget spent at a smaller side."""

    small: float = 0.8
    """That side, relative to the card's; rounded to a multiple of 32."""

    first_stage: int = 0
    """The 0-based stage of a cascade with which learning begins; those before stay as they
    start."""

    freeze: bool = True
    """Whether the trunk stays as it starts down to stride 4."""

    coco_repeats: int = 3
    """How often a person of the few photos is seen per epoch."""

    mannequins: float = 0.0
    """Share of rendered figures among the people of an epoch."""

    save_minutes: float = 8.0
    threads: int = 2
    device: str = "cpu"
    """Where the network learns, as PyTorch names it."""

    workers: int = 0
    """Processes that draw the pictures, for networks that find several people; 0 for a thread."""

    judged: bool = True
    """Whether what is written is measured, which takes the processor minutes each time."""

    watched: bool = False
    """Whether what can be seen of the run is written down, see `recorder`."""

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


def field_loss(
    stages: Sequence[Tensor],
    is_field: Sequence[bool],
    *,
    fields: tuple[Tensor, Tensor],
    beliefs: tuple[Tensor, Tensor],
    every: bool = True,
) -> Tensor:
    """Squared error of fields and beliefs, the rare cells of limbs and peaks counting more.

    Args:
        stages: Predicted maps (n, c, h, w), one per stage.
        is_field: Which of them are fields.
        fields: The maps wanted and what each of their cells counts, both (n, 2 limbs, h, w).
        beliefs: The same of beliefs (n, k + 1, h, w), the last of them the background.
        every: Whether every stage counts, else the last of fields and the last of beliefs.
    """
    peaks = torch.cat([beliefs[0][:, :-1], 1 - beliefs[0][:, -1:]], dim=1)
    # A limb has some twenty cells where a peak has five.
    cells = {True: (1 + 3 * fields[0].abs()) * fields[1], False: (1 + 9 * peaks) * beliefs[1]}
    target = {True: fields[0], False: beliefs[0]}
    scale = {True: 100 / fields[1].sum().clamp(min=1), False: 100 / beliefs[1].sum().clamp(min=1)}
    chosen = list(zip(stages, is_field, strict=True))
    if not every:
        chosen = list({kind: (stage, kind) for stage, kind in chosen}.values())
    losses = [
        (cells[kind] * (stage.float() - target[kind]).square()).sum() * scale[kind]
        for stage, kind in chosen
    ]
    return torch.stack(losses).sum()


def learning_rate(plan: Plan, done: float) -> float:
    """The rate after a share `done` of the budget: linear warm-up, then a cosine to 0."""
    if done < plan.warm_up:
        return plan.rate * max(done / plan.warm_up, 0.01)
    rest = min((done - plan.warm_up) / (1 - plan.warm_up), 1.0)
    return plan.rate * max(0.5 * (1 + math.cos(math.pi * rest)), 1e-3)


def place_loss(
    answer: Tensor, target: Tensor, *, present: Tensor, weight: Tensor, near: float
) -> Tensor:
    """Huber's loss of coordinates, and how well a joint's confidence predicts its error.

    The paper squares; here an error past a twentieth of the box counts by its length, since a
    left leg taken for the right one would outweigh the rest of the batch.

    Args:
        answer: (n, k, 1, 2 or 3), of a network.
        target: (n, k, 2) in sides of the box.
        present: (n, k) joints that have a place.
        weight: (n, k); 0 leaves a joint out.
        near: The error at which confidence ought to be 0.6, in sides of the box.
    """
    answer = answer[:, :, 0].float()
    counted = weight * present
    away = F.smooth_l1_loss(answer[..., :2], target, beta=0.05, reduction="none").sum(-1)
    loss = 10 * (away * counted).sum() / counted.sum().clamp(min=1)
    if answer.shape[-1] == 2:
        return loss
    apart = (answer[..., :2].detach() - target).square().sum(-1)
    sure = present * torch.exp(-apart / (2 * near**2))
    honest = F.binary_cross_entropy_with_logits(answer[..., 2], sure, reduction="none")
    return loss + (honest * weight).sum() / weight.sum().clamp(min=1)
