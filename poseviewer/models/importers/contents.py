"""A checkpoint file's tensors and, where it has one, its graph, whatever its format."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.caffe import caffe_tensors, is_caffe
from poseviewer.models.importers.graphdef import Graph, is_graph, read_graph
from poseviewer.models.importers.pickled import torch_tensors, without_prefixes
from poseviewer.models.importers.wire import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
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
        return Contents("safetensors file", _safetensors(path))
    for start, what in ((_TORCH7, "a Torch7"), (_HDF5, "an HDF5")):
        if head.startswith(start):
            msg = (
                f"{path.name} is {what} file, which PoseViewer does not read; look for the same "
                "network saved by PyTorch."
            )
            raise PoseViewerError(msg)
    return _protobuf(path)


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return without_prefixes(load_file(path))
    except (OSError, SafetensorError) as error:
        msg = f"{path.name} cannot be read as safetensors: {error}."
        raise PoseViewerError(msg) from error


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
