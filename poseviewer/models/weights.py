"""Weights on disk and in a module: safetensors only, checked, in float32."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import reading
from poseviewer.models.eight_bits import unpacked
from poseviewer.models.facts import check_digest, facts

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard


_LARGEST_HEADER = 16 << 20


def trained_module(card: ModelCard) -> nn.Module:
    """The network of a card with its weights, float32, in evaluation mode.

    Raises:
        PoseViewerError: There are no weights, or the file is damaged or not of this network.
    """
    if card.complete or card.graph is not None:
        return card.build().eval()
    path = card.weights_path
    if path is None or not path.is_file():
        raise PoseViewerError(card.lacking)
    known = facts(card)
    if isinstance(card.weights, str):
        module = card.build()
    else:
        # What an imported network is made of stands in a file.
        with reading(path.with_suffix(".json").name, kind="a card of a model"):
            with torch.device("meta"):
                planned = card.build()
            budget = MemoryBudget(path.name)
            for tensor in planned.state_dict().values():
                budget.take(4 * tensor.numel())
            module = card.build()
    load_weights(module, path, sha256=known.get("sha256"))
    return module.eval()


def load_weights(module: nn.Module, path: Path, *, sha256: str | None = None) -> None:
    """Fill a module from a safetensors file of exactly its tensors, of any float type.

    Args:
        module: Takes the numbers as its own type; counters of batch norm may be missing.
        path: The file.
        sha256: What the file must hash to, where known.

    Raises:
        PoseViewerError: The file cannot be read, was changed, is not of this network, or holds NaN
            or infinity.
    """
    if sha256 is not None:
        check_digest(path, sha256)
    tensors = read_safetensors(path)
    wanted = module.state_dict()
    counters = {key for key in wanted if key.endswith(".num_batches_tracked")}
    missing = sorted(wanted.keys() - tensors.keys() - counters)
    unknown = sorted(tensors.keys() - wanted.keys())
    shapes = [k for k in wanted.keys() & tensors.keys() if wanted[k].shape != tensors[k].shape]
    if missing or unknown or shapes:
        msg = (
            f"{path.name} is not of this network: {len(missing)} tensors are missing, "
            f"{len(unknown)} unknown, {len(shapes)} of another shape"
            f" (first: {(missing + unknown + shapes)[0]})."
        )
        raise PoseViewerError(msg)
    if not all(bool(torch.isfinite(one).all()) for one in tensors.values()):
        msg = (
            f"{path.name} holds weights that are not numbers: it is damaged; import or train anew."
        )
        raise PoseViewerError(msg)
    module.load_state_dict(tensors, strict=False)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; those that are stored in eight bits as floats.

    Raises:
        PoseViewerError: It cannot be read.
    """
    with reading(path.name, kind="a safetensors file"):
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = int.from_bytes(file.read(8), "little")
        # The file, and what is made of it.
        budget = MemoryBudget(path.name)
        budget.take(2 * size)
        if header > min(size, _LARGEST_HEADER):
            msg = "its header is longer than it can be"
            raise ValueError(msg)
        # Not `load_file`, which leaves some hundred objects behind each time, and maps the file, so
        # that one which is cut off meanwhile would end the process.
        tensors = load(path.read_bytes())
        budget.take(4 * sum(one.numel() for one in tensors.values() if one.dtype == torch.int8))
        return unpacked(tensors)
