"""Writes down what can be seen of a training run, for `poseviewer watch`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.training_record import ENDING, PICTURES, coded
from poseviewer.training.augment import plain
from poseviewer.training.dataset import figures
from poseviewer.training.evaluate import report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.dataset import LabelledPerson

_GROWTH = 1.1
"""Factor from one recorded step to the next: what is early changes fast."""

_MOMENTS = 2.0
"""The same for maps and accuracy, which take a while."""

_JUDGED = 40
"""Held-out people of each source that accuracy is measured on, at most."""

_SEED = 7
"""Of the mannequins that maps are drawn on."""

_PICTURE = 64
"""Side of the pictures in the file, pixels."""


class Recorder:
    """The record of one run.

    Args:
        out: Folder of the run.
        card: What learns.
        side: Of the input at which maps and accuracy are taken.
        every: Whether every stage is supervised.
        held_out: People that are not learnt from, by source.
    """

    def __init__(
        self,
        out: Path,
        *,
        card: ModelCard,
        side: int,
        every: bool,
        held_out: dict[str, list[LabelledPerson]],
    ) -> None:
        self.path = out / f"{card.name}{ENDING}"
        self._card = replace(card, input_size=(side, side))
        self._every = every
        self._people = {source: group[:_JUDGED] for source, group in held_out.items()}
        # Not held-out people: a record may be given to others, and photos have owners.
        self._shown = figures(PICTURES, backgrounds=(), seed=_SEED)
        self._next, self._moment = 1.0, 1.0
        self._layers: list[tuple[str, Tensor]] = []

    def begin(self, module: nn.Module) -> None:
        """Write the first line, in place of a record that is there."""
        named = layers(module)
        stage_of = stages_of(module, [w for _, w in named], side=self._card.input_size[0])
        # From the input to the output, stage by stage: modules list them otherwise.
        used = [place for place, stage in enumerate(stage_of) if stage >= 0]
        order = sorted(used, key=lambda place: stage_of[place])
        self._layers = [named[place] for place in order]
        side, area = (_PICTURE, _PICTURE), cv2.INTER_AREA
        small = [cv2.resize(one, side, interpolation=area) for one in self._pictures()]
        head = {
            "kind": "begin",
            "model": self._card.name,
            "supervised": "every" if self._every else "last",
            "stages": [spec.name for spec in self._card.stages],
            "layers": [name for name, _ in self._layers],
            "stage_of": [stage_of[place] for place in order],
            "pictures": coded(np.asarray(small, np.uint8)),
        }
        self.path.write_text(json.dumps(head) + "\n", encoding="utf-8")
        self.moment(module, step=0)

    def due(self, step: int) -> bool:
        """Whether step number `step`, from 1, is written down."""
        return step >= self._next

    def step(self, losses: Sequence[float], *, step: int) -> None:
        """Write a step down, after its gradients were found; see `due`."""
        self._next = max(step * _GROWTH, step + 1.0)
        grads = [weights.grad for _, weights in self._layers]
        sizes = [0.0 if grad is None else float(grad.abs().mean()) for grad in grads]
        self._write(
            kind="step",
            step=step,
            losses=[float(f"{loss:.4g}") for loss in losses],
            gradients=[float(f"{size:.3g}") for size in sizes],
        )

    def moment_due(self, step: int) -> bool:
        """Whether maps and accuracy are written down after step number `step`."""
        return step >= self._moment

    def moment(self, module: nn.Module, *, step: int) -> None:
        """Write down accuracy and maps after a step."""
        self._moment = max(step * _MOMENTS, step + 1.0)
        scores = report(module, self._people, card=self._card)
        counted = np.array([float(str(one["joints"])) for one in scores.values()])
        pck = np.array([one["pck@0.2"] for one in scores.values()], np.float64)
        pooled = counted @ pck / counted.sum()
        self._write(kind="judged", step=step, pck=pooled.round(4).tolist())
        self._write(kind="maps", step=step, maps=coded(self._maps(module)))

    def _maps(self, module: nn.Module) -> NDArray[np.uint8]:
        images = np.stack(self._pictures())
        device = next(module.parameters()).device
        with torch.inference_mode():
            stages = module(torch.from_numpy(self._card.normalisation.apply(images)).to(device))
        joints = len(load_skeleton(self._card.skeleton).joints)
        highest = [stage[:, :joints].float().amax(dim=1).cpu().numpy() for stage in stages]
        return np.asarray(np.clip(np.stack(highest, axis=1) * 255, 0, 255), np.uint8)

    def _pictures(self) -> list[NDArray[np.uint8]]:
        return [plain(one, size=self._card.input_size[0]).image for one in self._shown]

    def _write(self, **entry: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def layers(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Name and weights of every layer that learns a matrix or more, as the module lists them."""
    return [
        (name.removesuffix(".weight"), tensor)
        for name, tensor in module.named_parameters()
        if tensor.dim() > 1 and tensor.requires_grad
    ]


def stages_of(module: nn.Module, weights: Sequence[Tensor], *, side: int) -> list[int]:
    """The first stage whose answer depends on each of some weights; -1 where none does."""
    device = next(module.parameters()).device
    module.eval()
    stages = module(torch.rand(1, 3, side, side, device=device))
    found = [-1] * len(weights)
    for number in reversed(range(len(stages))):
        grads = torch.autograd.grad(
            stages[number].sum(), list(weights), retain_graph=True, allow_unused=True
        )
        for place, grad in enumerate(grads):
            if grad is not None:
                found[place] = number
    return found
