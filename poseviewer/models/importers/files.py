"""Checkpoint files: their tensors and, where there is one, their graph, whatever the format.

Read are torch files (nothing in them is executed), safetensors, and, without Caffe or TensorFlow,
.caffemodel (docs/facts/files.md) and frozen graphs.
"""

from __future__ import annotations

import mmap
import os
import pickle
import re
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.graphdef import Graph, is_graph, read_graph
from poseviewer.models.importers.wire import DamagedError, fields, shaped, varints
from poseviewer.models.weights import read_safetensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

Shapes = dict[str, tuple[int, ...]]
"""The shape of every tensor by its name."""

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
# A Torch7 stream begins with the type of its first object, a table or a torch object.
_TORCH7 = (b"\x03\x00\x00\x00", b"\x04\x00\x00\x00")
_HDF5 = b"\x89HDF"


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a checkpoint file holds."""

    kind: str
    """Of the file, for people, such as `Caffe model`."""

    tensors: dict[str, torch.Tensor]
    """By the file's own names, without prefixes that all of them share."""

    graph: Graph | None = None
    """What to do with them, where the file says it."""

    @property
    def shapes(self) -> Shapes:
        """The shape of every tensor."""
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}


def read_contents(path: Path) -> Contents:
    """Read a checkpoint; its first bytes say what it is, whatever its name.

    Raises:
        PoseViewerError: It is not there, damaged, of a format that is not read here, or a
            pickle that wants more than tensors.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        msg = f"{path} cannot be opened: {error.strerror or error}."
        raise PoseViewerError(msg) from error
    if head.startswith((_ZIP, _PICKLE)):
        return Contents("PyTorch checkpoint", torch_tensors(path))
    if head[8:9] == b"{":
        return Contents("safetensors file", without_prefixes(read_safetensors(path)))
    for start, what in ((_TORCH7, "a Torch7"), (_HDF5, "an HDF5")):
        if head.startswith(start):
            msg = (
                f"{path.name} is {what} file, which PoseViewer does not read; look for the same "
                "network saved by PyTorch."
            )
            raise PoseViewerError(msg)
    return _protobuf(path)


def _protobuf(path: Path) -> Contents:
    message = _mapped(path)
    try:
        if is_caffe(message):
            return Contents("Caffe model", _tensors(caffe_tensors(message)))
        if is_graph(message):
            graph = read_graph(message)
            return Contents("TensorFlow graph", _tensors(graph.constants), graph)
    except DamagedError as error:
        msg = f"{path.name} is damaged: it {error}."
        raise PoseViewerError(msg) from error
    msg = (
        f"{path.name} is no checkpoint that PoseViewer reads; it reads PyTorch (.pth, .pt, .tar), "
        "safetensors, Caffe (.caffemodel) and frozen TensorFlow graphs (.pb)."
    )
    raise PoseViewerError(msg)


def _mapped(path: Path) -> memoryview:
    """A file's bytes, read as they are looked at: a clip given by mistake is not read at all."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _tensors(arrays: dict[str, NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    # The file's bytes are read-only, a tensor is not.
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


# Where training programs put the state dictionary, beside optimizers and counters.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
# What wrappers put before every name: DataParallel, Lightning and trainers' own modules.
_PREFIXES = ("module.", "model.", "net.")
_WANTED = re.compile(r"GLOBAL ([\w.]+\w)")
_REASON = re.compile(r"WeightsUnpickler error: *([^\n]+?)\.?(?:\n|$)")
# What readers of damaged bytes raise.
_FAILURES = (
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
    except _FAILURES as error:
        msg = f"{path.name} cannot be read as a torch file: {_clause(error)}."
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


def _clause(error: Exception) -> str:
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


# NetParameter: layer, and layers as files before 2015 call it.
_LAYER, _OLD_LAYER = 100, 2
# Where name and blobs stand in LayerParameter and in V1LayerParameter.
_PARTS = {_LAYER: (1, 7), _OLD_LAYER: (4, 6)}
# BlobProto
_SHAPE, _FLOATS, _DOUBLES = 7, 5, 8
_OLD_DIMS = (1, 2, 3, 4)

_ROLES = ("weight", "bias")


def is_caffe(message: memoryview) -> bool:
    """Whether these bytes are a NetParameter with weights, judged by their first layers."""
    try:
        for field in fields(message):
            if field.number in _PARTS:
                _name, blobs = _PARTS[field.number]
                if any(part.number == blobs for part in fields(field.payload)):
                    return True
    except DamagedError:
        return False
    return False


def caffe_tensors(message: memoryview) -> dict[str, NDArray[np.float32]]:
    """Weights by `layer.weight` and `layer.bias`, shaped as torch shapes them.

    Args:
        message: The bytes of a .caffemodel.

    Raises:
        DamagedError: They are none, or end early.
    """
    tensors: dict[str, NDArray[np.float32]] = {}
    for field in fields(message):
        if field.number in _PARTS:
            tensors |= _layer(field.payload, *_PARTS[field.number])
    if not tensors:
        msg = "holds no layer with weights"
        raise DamagedError(msg)
    return tensors


def _layer(message: memoryview, name: int, blobs: int) -> dict[str, NDArray[np.float32]]:
    called, found = "", []
    for field in fields(message):
        if field.number == name:
            called = field.text()
        elif field.number == blobs:
            found.append(_blob(field.payload))
    if len(found) > len(_ROLES):
        msg = f"has {len(found)} tensors in layer {called}, where a weight and a bias should be"
        raise DamagedError(msg)
    return {f"{called}.{role}": blob for role, blob in zip(_ROLES, found, strict=False)}


def _blob(message: memoryview) -> NDArray[np.float32]:
    dims: list[int] = []
    old: dict[int, int] = {}
    runs: list[NDArray[np.float32]] = []
    for field in fields(message):
        if field.number == _SHAPE:
            dims = [
                dim for part in fields(field.payload) if part.number == 1 for dim in varints(part)
            ]
        elif field.number in _OLD_DIMS:
            old[field.number] = field.signed()
        elif field.number == _FLOATS:
            runs.append(field.array("<f4").astype(np.float32, copy=False))
        elif field.number == _DOUBLES:
            runs.append(field.array("<f8").astype(np.float32))
    numbers = runs[0] if len(runs) == 1 else np.concatenate([np.zeros(0, np.float32), *runs])
    if old and not dims:
        dims = [old.get(number, 1) for number in _OLD_DIMS]
        # Old files give every blob four dimensions; a bias has one.
        if dims[:3] == [1, 1, 1]:
            dims = dims[3:]
    return shaped(numbers, dims or [numbers.size]).astype(np.float32, copy=False)
