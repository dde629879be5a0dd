"""Writes down what can be seen of a training run, for `poseviewer watch`."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import atomic_output
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.training_record import ENDING, PICTURES, coded, read_training
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

log = logging.getLogger(__name__)

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
        self._failed = False

    def begin(self, module: nn.Module, *, step: int = 0) -> None:
        """Write the first line, in place of a record that is there.

        Args:
            module: What learns.
            step: That it goes on from; the record of the same run up to there stays.
        """
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
        lines = self._before(head, step) or [json.dumps(head)]
        with atomic_output(self.path) as part:
            part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.moment(module, step=step)

    def _before(self, head: dict[str, Any], step: int) -> list[str]:
        """The lines of the run that is gone on with, up to `step`; none where it is another."""
        if not step:
            return []
        try:
            read_training(self.path)
        except PoseViewerError:
            return []
        text = self.path.read_text(encoding="utf-8")
        first, *rest = text[: text.rfind("\n")].split("\n")
        # Pictures depend on the side that is learnt at.
        if {**json.loads(first), "pictures": None} != {**head, "pictures": None}:
            return []
        # What was measured at the step itself is about to be measured again.
        last = {"step": step, "judged": step - 1, "maps": step - 1}
        entries = ((json.loads(line), line) for line in rest)
        return [first, *(line for one, line in entries if one["step"] <= last[one["kind"]])]

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
            losses=[_figure(loss, 4) for loss in losses],
            gradients=[_figure(size, 3) for size in sizes],
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
        beliefs = np.nan_to_num(np.stack(highest, axis=1))
        return np.asarray(np.clip(beliefs * 255, 0, 255), np.uint8)

    def _pictures(self) -> list[NDArray[np.uint8]]:
        return [plain(one, size=self._card.input_size[0]).image for one in self._shown]

    def _write(self, **entry: Any) -> None:
        if self._failed:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, allow_nan=False) + "\n")
        except OSError as error:
            # What learns is worth more than its record.
            self._failed = True
            why = error.strerror or str(error)
            log.warning("the training goes on, but is no longer recorded: %s", why.lower())


def _figure(value: float, digits: int) -> float | None:
    """A number with so many digits; None where it is none."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


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
