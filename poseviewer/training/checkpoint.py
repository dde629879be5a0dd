"""The files of a training run: a checkpoint to resume from, and weights to ship."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, atomic_output
from poseviewer.core.reading import reading
from poseviewer.models.facts import read_facts
from poseviewer.models.importers.files import torch_content
from poseviewer.models.weights import read_safetensors

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.optimizer import Optimizer
    from poseviewer.training.recipe import Plan

DECODED = "DARK decoding after half its smoothing"
"""How validation reads joints from belief maps; see `codec.heatmap.SMOOTHING`."""


@dataclass(slots=True)
class TrainingProgress:
    """How far a training run has come."""

    step: int = 0
    seconds: float = 0.0
    """Of training, over all runs."""

    images: int = 0

    def __add__(self, other: TrainingProgress) -> TrainingProgress:
        """Both together."""
        return TrainingProgress(
            self.step + other.step, self.seconds + other.seconds, self.images + other.images
        )


class Average:
    """The exponential moving average of a module's parameters and buffers.

    Args:
        module: Whose tensors are followed; they must stay where they are.
        decay: Share of the average that stays at each step once warm.
    """

    def __init__(self, module: nn.Module, *, decay: float) -> None:
        followed = {k: v for k, v in module.state_dict().items() if v.is_floating_point()}
        self.tensors = {key: value.detach().clone() for key, value in followed.items()}
        self._followed = list(followed.values())
        self._decay = decay

    @torch.no_grad()
    def update(self, *, step: int) -> None:
        """Follow the module by one step; early steps are followed more closely."""
        keep = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.tensors.values()), self._followed, 1 - keep)

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over the averages of an earlier run.

        Raises:
            KeyError: One is missing.
        """
        for key, value in self.tensors.items():
            value.copy_(tensors[key])


def save_checkpoint(
    path: Path,
    *,
    module: nn.Module,
    average: Average,
    optimizer: Optimizer | torch.optim.Optimizer,
    progress: TrainingProgress,
) -> None:
    """Write everything that resuming needs, under a temporary name first."""
    state = {
        "module": module.state_dict(),
        "average": average.tensors,
        "optimizer": optimizer.state_dict(),
        "progress": asdict(progress),
    }
    with atomic_output(path, durable=True) as part:
        torch.save(state, part)


def load_checkpoint(
    path: Path,
    *,
    module: nn.Module,
    average: Average,
    optimizer: Optimizer | torch.optim.Optimizer,
) -> TrainingProgress:
    """Fill module, average and optimizer from a checkpoint.

    Raises:
        PoseViewerError: The file is not there or not a checkpoint of this network.
    """
    if not path.is_file():
        msg = f"There is no checkpoint at {path}; leave --resume out to start anew."
        raise PoseViewerError(msg)
    with reading(path, kind="a checkpoint of this network", advice="leave --resume out"):
        saved = torch_content(path)
        module.load_state_dict(saved["module"])
        average.restore(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        return TrainingProgress(**saved["progress"])


def export(
    folder: Path, *, name: str, tensors: dict[str, Tensor], facts: dict[str, object]
) -> Path:
    """Write `name`.safetensors (fp16) and its card `name`.json; returns the former's path.

    Args:
        folder: Where to.
        name: Stem of both files.
        tensors: State dict; counters are left out.
        facts: The card's content; the SHA-256 of the weights is added.
    """
    path = folder / f"{name}.safetensors"
    halves = {
        key: value.half().contiguous()
        for key, value in tensors.items()
        if value.is_floating_point()
    }
    with OutputSet(durable=True) as outputs:
        part = outputs.file(path)
        save_file(halves, part, metadata={"format": "pt", "model": name})
        # safetensors writes for the owner only, and these files are to be packed and read by all.
        part.chmod(0o644)
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
        card = {"model": name, "sha256": digest, "bytes": part.stat().st_size, **facts}
        text = json.dumps(card, indent=2) + "\n"
        outputs.file(folder / f"{name}.json").write_text(text, encoding="utf-8")
    return path


def initialise(module: nn.Module, path: Path) -> frozenset[str]:
    """Copy from a safetensors file every tensor that matches by name and shape.

    Returns:
        The names that matched.
    """
    wanted = module.state_dict()
    found = {
        key: value.to(wanted[key].dtype)
        for key, value in read_safetensors(path).items()
        if key in wanted and wanted[key].shape == value.shape
    }
    module.load_state_dict(found, strict=False)
    return frozenset(found)


def card_facts(
    card: ModelCard, plan: Plan, progress: TrainingProgress, *, command: str, start: Path | None
) -> dict[str, object]:
    """The content of the card of trained weights, besides their accuracy."""
    more = f" and {plan.mannequins:.0%} rendered figures of our own" if plan.mannequins else ""
    if plan.teacher:
        more += f"; people and joints without a label, by {plan.teacher.stem} (Google, Apache-2.0)"
    where = hardware(torch.device(plan.device), threads=plan.threads)
    return {
        "title": card.title,
        "command": command,
        "data": "LSPET (Johnson & Everingham 2011; Flickr photos, research use) and people of "
        f"COCO 2017 (labels CC BY 4.0, photos under their owners' Flickr licences){more}",
        "start": "; ".join(_origins(plan, start)) or "chance",
        "minutes": round(progress.seconds / 60, 1),
        "images": progress.images,
        "steps": progress.step,
        "hardware": f"{where}, bfloat16 autocast",
        "rule": "PCK, error <= share x |left shoulder - right hip| of the truth (other diagonal "
        "where one is unlabelled), pooled over labelled joints; val split of the pack; nominal "
        f"crop, single scale, no flip, {DECODED}",
    }


def hardware(device: torch.device, *, threads: int | None = None) -> str:
    """What a network learnt on, for the card of its weights."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {threads} threads" if threads else "CPU"


def _origins(plan: Plan, start: Path | None) -> list[str]:
    """Where the first weights came from, back to those that others trained."""
    origins = []
    if plan.trunk is not None:
        origins.append(f"trunk of {plan.trunk.stem} (Google, Apache-2.0; trained on COCO train)")
    if start is not None:
        card = start.with_suffix(".json")
        before = read_facts(card).get("start", "") if card.is_file() else ""
        origins.append(f"{start.stem} (from {before})" if before else start.stem)
    return origins
