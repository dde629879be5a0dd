"""Files as published ones are written: made from the oracles' layouts, and byte by byte."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
import torch

from poseviewer.models.importers.files import Contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

Shapes = dict[str, tuple[int, ...]]


def key_layout(shared: Path, name: str) -> Shapes:
    """The shape of every tensor of one kind of checkpoint."""
    told = json.loads((shared / "oracles" / "keylayouts" / f"{name}.json").read_text())
    return {key: tuple(shape) for key, shape in told["keys"].items()}


def caffe_layout(shared: Path, name: str) -> Shapes:
    """The shape of every blob of a released Caffe net, by our names of them."""
    told = json.loads((shared / "oracles" / "layer_tables" / f"{name}.json").read_text())
    shapes: Shapes = {}
    for layer in told["layers"]:
        if layer["type"] == "conv":
            kernel = (layer["kernel"], layer["kernel"])
            shapes[f"{layer['name']}.weight"] = (layer["cout"], layer["cin"], *kernel)
            shapes[f"{layer['name']}.bias"] = (layer["cout"],)
        elif layer["type"] == "prelu":
            shapes[f"{layer['name']}.weight"] = (layer["cout"],)
    return shapes


def weightless(shapes: Shapes, *, kind: str = "PyTorch checkpoint") -> Contents:
    """Contents of these shapes that take no memory."""
    return Contents(kind, {k: torch.empty(s, device="meta") for k, s in shapes.items()})


def random_tensors(shapes: Shapes, *, seed: int = 0) -> dict[str, torch.Tensor]:
    """Tensors of these shapes, small enough that a deep network neither dies nor explodes."""
    draw = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in shapes.items():
        numbers = torch.randn(shape, generator=draw)
        if name.endswith("running_var"):
            numbers = 0.5 + numbers.abs()
        elif len(shape) > 1:
            numbers *= (2.0 / np.prod(shape[1:])) ** 0.5
        tensors[name] = numbers
    return tensors


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def chunk(field: int, payload: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def blob(values: NDArray[np.float32], *, old: bool = False, packed: bool = True) -> bytes:
    """A BlobProto; `old` gives it the four dimensions of files before 2015."""
    if old:
        shape = (1,) * (4 - values.ndim) + values.shape
        dims = b"".join(number(i + 1, n) for i, n in enumerate(shape))
    else:
        dims = chunk(7, chunk(1, b"".join(varint(n) for n in values.shape)))
    if packed:
        return dims + chunk(5, values.astype("<f4").tobytes())
    loose = (varint(5 << 3 | 5) + struct.pack("<f", value) for value in values.ravel())
    return dims + b"".join(loose)


def caffemodel(
    tensors: Mapping[str, NDArray[np.float32]], *, old: bool = False, packed: bool = True
) -> bytes:
    """A .caffemodel with these blobs, and a layer without any."""
    layers: dict[str, list[bytes]] = {}
    for name, values in tensors.items():
        layers.setdefault(name.rpartition(".")[0], []).append(
            blob(np.asarray(values, np.float32), old=old, packed=packed)
        )
    message = chunk(1, b"a net")
    layer, called, blobs = (2, 4, 6) if old else (100, 1, 7)
    for name, found in [*layers.items(), ("relu", [])]:
        kind = number(5, 4) if old else chunk(2, b"Convolution")
        body = chunk(called, name.encode()) + kind + b"".join(chunk(blobs, b) for b in found)
        message += chunk(layer, body)
    return message
