"""Weights on disk and in a module: safetensors only, checked, in float32."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.card import ModelCard


def facts(card: ModelCard) -> dict[str, Any]:
    """Read the JSON card beside the weights: hash, data, training, accuracy.

    Empty where no weights are at hand.

    Raises:
        PoseViewerError: The file is not JSON.
    """
    path = card.weights_path
    if path is None or not path.with_suffix(".json").is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"The card {path.with_suffix('.json').name} beside the weights is not JSON: {error}."
        raise PoseViewerError(msg) from error
    return found


def trained_module(card: ModelCard) -> nn.Module:
    """The network of a card with its weights, float32, in evaluation mode.

    Raises:
        PoseViewerError: There are no weights, or the file is damaged or not of this network.
    """
    if card.complete:
        return card.build().eval()
    path = card.weights_path
    if path is None or not path.is_file():
        msg = f"The model {card.name} has no weights here; train or import some, or choose another."
        raise PoseViewerError(msg)
    module = card.build()
    load_weights(module, path, sha256=facts(card).get("sha256"))
    return module.eval()


def load_weights(module: nn.Module, path: Path, *, sha256: str | None = None) -> None:
    """Fill a module from a safetensors file of exactly its tensors, of any float type.

    Args:
        module: Takes the numbers as its own type; counters of batch norm may be missing.
        path: The file.
        sha256: What the file must hash to, where known.

    Raises:
        PoseViewerError: The file cannot be read, was changed, or is not of this network.
    """
    if sha256 is not None and digest(path) != sha256:
        msg = f"{path.name} is not the file that its card describes; fetch or train it again."
        raise PoseViewerError(msg)
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
    module.load_state_dict(tensors, strict=False)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises:
        PoseViewerError: It cannot be read.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        msg = f"{path.name} cannot be read as safetensors: {error}."
        raise PoseViewerError(msg) from error


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
