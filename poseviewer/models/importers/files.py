"""Checkpoint files: their tensors and, where there is one, their graph, whatever the format.

Read are torch files (nothing in them is executed), safetensors, and, without Caffe or TensorFlow,
.caffemodel (docs/facts/files.md), frozen graphs, and the convolutions of TensorFlow.js graphs.
"""

from __future__ import annotations

import mmap
import os
import pickle
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.serialization import safe_globals

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import reading
from poseviewer.models.importers.graphdef import Graph, is_graph, read_graph
from poseviewer.models.importers.pickled import UnwantedError, check_torch_file
from poseviewer.models.importers.tfjs import convolutions
from poseviewer.models.importers.wire import MOST_NODES, DamagedError, fields, shaped, varints
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
    with reading(path.name, kind="a checkpoint"):
        contents = _by_start(path, head)
        _check_tensors(contents.tensors, path.name)
    return contents


def _by_start(path: Path, head: bytes) -> Contents:
    """Read a file by what its first bytes say it is."""
    if head.startswith((_ZIP, _PICKLE)):
        return Contents("PyTorch checkpoint", torch_tensors(path))
    if head[8:9] == b"{":
        return Contents("safetensors file", without_prefixes(read_safetensors(path)))
    if head.lstrip().startswith(b"{"):
        return Contents("TensorFlow.js network", _tensors(convolutions(path)))
    for start, what in ((_TORCH7, "a Torch7"), (_HDF5, "an HDF5")):
        if head.startswith(start):
            msg = (
                f"{path.name} is {what} file, which PoseViewer does not read; look for the same "
                "network saved by PyTorch."
            )
            raise PoseViewerError(msg)
    return _protobuf(path)


def _check_tensors(tensors: Mapping[str, torch.Tensor], name: str) -> None:
    """Check that tensors are plain numbers in this computer's memory, within the budget.

    Raises:
        ValueError: One is not; the text is a clause.
        PoseViewerError: In float32, all together would take more memory than the budget.
    """
    budget = MemoryBudget(name)
    for key, tensor in tensors.items():
        plain = tensor.layout is torch.strided and tensor.device.type == "cpu"
        if not plain or tensor.is_quantized or tensor.is_complex() or tensor.is_nested:
            msg = f"its {key} is no plain tensor of real numbers"
            raise ValueError(msg)
        # One number can stand for a tensor full of it.
        budget.take(4 * tensor.numel())


def _protobuf(path: Path) -> Contents:
    try:
        # An error holds on to what is here; Windows removes no file that is mapped.
        with _mapped(path) as message:
            MemoryBudget(path.name).take(len(message))
            if is_caffe(message):
                return Contents("Caffe model", _tensors(caffe_tensors(message)))
            if is_graph(message):
                graph = read_graph(message, budget=MemoryBudget(path.name))
                return Contents("TensorFlow graph", _tensors(graph.constants), graph)
    except DamagedError as error:
        msg = f"{path.name} is damaged: it {error}."
        raise PoseViewerError(msg) from error
    msg = (
        f"{path.name} is no checkpoint or graph that PoseViewer reads; it reads checkpoints of "
        "PyTorch (.pth, .pt, .tar), safetensors, Caffe (.caffemodel), frozen TensorFlow graphs "
        "(.pb) and PoseNet's .json, and graphs as .onnx, .tflite, .task or TensorFlow.js."
    )
    raise PoseViewerError(msg)


def _mapped(path: Path) -> memoryview:
    """A file's bytes, read as they are looked at: a clip given by mistake is not read at all."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    # The file's bytes are read-only, a tensor is not.
    return {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}


# Where training programs put the state dictionary, beside optimizers and counters.
_WRAPPERS = (
    "state_dict", "model_state_dict", "model", "net", "network", "weights", "module", "params",
    "ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "params_ema", "ema",
)  # fmt: skip
_DEEPEST = 8
# What wrappers put before every name: DataParallel, Lightning, averages and trainers' own modules.
_PREFIXES = (
    "module.", "model.", "net.", "network.", "state_dict.", "ema_model.", "model_ema.", "ema.",
    "online_model.", "pl_module.", "_forward_module.",
)  # fmt: skip
# What torch.compile and sharding put into names, at any place.
_INSIDE = re.compile(
    r"(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."
)
# Counters that stand beside averaged weights without their prefix.
_COUNTERS = {"n_averaged", "num_updates", "initted", "step", "decay"}
_AVERAGES = ("ema_model.", "model_ema.", "ema.")
_DAMAGE = re.compile(r"inline_container|PytorchStreamReader")

# Types of single numbers of NumPy that stand beside the weights: a loss, an epoch, an accuracy.
_NUMPY_SCALARS: list[Any] = [
    (np.float64(0).__reduce__()[0], "numpy.core.multiarray.scalar"),
    np.float64(0).__reduce__()[0],
    np.dtype,
    *{type(np.dtype(letter)) for letter in "?bBhHiIlLqQefdg"},
]


def torch_content(path: Path) -> Any:
    """What a file that torch.save wrote holds; nothing in it is executed.

    Raises:
        PoseViewerError: It is damaged, asks for more than tensors and plain values, or would take
            more memory than the budget.
    """
    with reading(path.name, kind="a file of tensors"):
        try:
            check_torch_file(path)
            with warnings.catch_warnings(), safe_globals(_NUMPY_SCALARS):
                # Old storages make torch warn of its own plans.
                warnings.simplefilter("ignore")
                return torch.load(path, map_location="cpu", weights_only=True)
        except UnwantedError as wanted:
            msg = (
                f"{path.name} asks for {wanted} when it is opened, which could run anything, so "
                "it stays closed; save its state_dict alone where you trust it, and import that."
            )
            raise PoseViewerError(msg) from wanted
        except (RuntimeError, pickle.UnpicklingError) as error:
            # Torch's own words are pages long.
            raise ValueError(_damage(error)) from error


def torch_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file that torch.save wrote, zip or legacy, without common prefixes.

    Raises:
        PoseViewerError: The file is damaged, asks for more than tensors, or holds none.
    """
    content = torch_content(path)
    tensors = unwrapped(content)
    if not tensors:
        msg = f"{path.name} holds no dictionary of tensors, so there is nothing to import."
        raise PoseViewerError(msg)
    return tensors


def _damage(error: Exception) -> str:
    return "it is another kind of zip archive, or damaged" if _DAMAGE.search(str(error)) else ""


def unwrapped(content: Any) -> dict[str, torch.Tensor]:
    """The named tensors inside a checkpoint; empty where there are none."""
    return _unwrapped(content, ())


def _unwrapped(content: Any, outside: tuple[Any, ...]) -> dict[str, torch.Tensor]:
    # A dictionary may hold itself.
    if not isinstance(content, dict) or len(outside) > _DEEPEST:
        return {}
    if any(content is one for one in outside):
        return {}
    for name in _WRAPPERS:
        if isinstance(content.get(name), dict):
            inner = _unwrapped(content[name], (*outside, content))
            if inner:
                return inner
    tensors = {
        key: value
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
    return without_prefixes(tensors)


def without_prefixes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors without the prefixes that all their names share.

    Of weights and their running average under two prefixes, the average is taken.
    """
    kept = {_INSIDE.sub("", key): value for key, value in tensors.items()}
    if any("." in key for key in kept):
        kept = {key: value for key, value in kept.items() if key not in _COUNTERS}
    while kept:
        kept = _average(kept)
        shared = [p for p in _PREFIXES if all(key.startswith(p) for key in kept)]
        if not shared:
            break
        kept = {key.removeprefix(shared[0]): value for key, value in kept.items()}
    return kept


def _average(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The averaged half of tensors that are there twice; all of them where they are not."""
    for prefix in _AVERAGES:
        average = {key: value for key, value in tensors.items() if key.startswith(prefix)}
        names = {key.removeprefix(prefix) for key in average}
        others = tensors.keys() - average.keys()
        for other in _PREFIXES:
            if average and others and names == {key.removeprefix(other) for key in others}:
                return average
    return tensors


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
            if len(tensors) > MOST_NODES:
                msg = f"has more than {MOST_NODES} layers"
                raise DamagedError(msg)
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
