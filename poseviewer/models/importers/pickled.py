"""A torch checkpoint's tensors, from whatever it is wrapped in; nothing in it is executed."""

from __future__ import annotations

import pickle
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

import torch

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Where training programs put the state dictionary, beside optimizers and counters.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
# What wrappers put before every name: DataParallel, Lightning and trainers' own modules.
_PREFIXES = ("module.", "model.", "net.")
_WANTED = re.compile(r"GLOBAL ([\w.]+\w)")
_REASON = re.compile(r"WeightsUnpickler error: *([^\n]+?)\.?(?:\n|$)")
# Whatever a reader of damaged bytes stumbles over.
_STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def torch_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file that torch.save wrote, zip or legacy, without common prefixes.

    Raises:
        PoseViewerError: The file is damaged, asks for more than tensors, or holds none.
    """
    try:
        with warnings.catch_warnings():
            # Old storages make torch warn of its own plans.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise PoseViewerError(_refusal(path, error)) from error
    except _STUMBLES as error:
        msg = f"{path.name} cannot be read as a torch file: {_stumble(error)}."
        raise PoseViewerError(msg) from error
    tensors = unwrapped(content)
    if not tensors:
        msg = f"{path.name} holds no dictionary of tensors, so there is nothing to import."
        raise PoseViewerError(msg)
    return tensors


def unwrapped(content: Any) -> dict[str, torch.Tensor]:
    """The named tensors inside a checkpoint; empty where there are none."""
    if not isinstance(content, dict):
        return {}
    for name in _WRAPPERS:
        if isinstance(content.get(name), dict) and (inner := unwrapped(content[name])):
            return inner
    tensors = {
        key: value
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
    return without_prefixes(tensors)


def without_prefixes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors without the prefixes that all their names share."""
    kept = dict(tensors)
    while kept:
        shared = [p for p in _PREFIXES if all(key.startswith(p) for key in kept)]
        if not shared:
            break
        kept = {key.removeprefix(shared[0]): value for key, value in kept.items()}
    return kept


def _stumble(error: Exception) -> str:
    """What went wrong while reading, as a clause for people."""
    text = str(error).strip()
    if "inline_container" in text or "PytorchStreamReader" in text:
        return "it is another kind of zip archive, or damaged"
    return text.split("\n", 1)[0].rstrip(".") or f"it is damaged ({type(error).__name__})"


def _refusal(path: Path, error: Exception) -> str:
    """Why a pickle that wants more than tensors is not opened."""
    wanted = _WANTED.search(str(error))
    if wanted is not None:
        return (
            f"{path.name} asks for {wanted[1]} when it is opened, which could run anything, so it "
            "stays closed; save its state_dict alone where you trust it, and import that."
        )
    reason = _REASON.search(str(error))
    why = reason[1] if reason else str(error).strip().split("\n", 1)[0].rstrip(".")
    return f"{path.name} cannot be read as a file of tensors: {why or 'it is damaged'}."
