"""Graphs of TensorFlow.js: a JSON file with the graph, and its numbers in files of bytes beside it.

Such a graph is TensorFlow's own, written in JSON, with three operations that only TensorFlow.js
has: a convolution, a depthwise one and a product that add a bias and apply an activation. Taken
apart, they are TensorFlow's, and the graph is one that OpenVINO reads.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import (
    listing,
    mapping,
    number,
    read_bytes,
    read_json,
    reading,
    whole,
    word,
)
from poseviewer.models.importers.wire import MOST_NODES, packed, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Node = dict[str, Any]

_KIND = "a network of TensorFlow.js"
# Numbers of DataType in TensorFlow's types.proto.
_TYPES = {
    "DT_FLOAT": 1,
    "DT_DOUBLE": 2,
    "DT_INT32": 3,
    "DT_UINT8": 4,
    "DT_INT8": 6,
    "DT_STRING": 7,
    "DT_INT64": 9,
    "DT_BOOL": 10,
    "DT_HALF": 19,
}
_STORED = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "uint8": "|u1", "uint16": "<u2"}
_NAMES = {"f": "DT_FLOAT", "i": "DT_INT32", "b": "DT_BOOL", "u": "DT_UINT8"}
_FUSED = {
    "_FusedConv2D": "Conv2D",
    "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative",
    "_FusedMatMul": "MatMul",
}
# Of height, width, in and out; a depthwise one has channels, and how many are made of each.
_KERNELS = {"_FusedConv2D": (3, 2, 0, 1), "FusedDepthwiseConv2dNative": (2, 3, 0, 1)}
_ACTIVATIONS = {"Relu", "Relu6", "Elu", "Sigmoid", "Tanh"}
# A shard lies beside the JSON: its name is no path.
_SHARD = re.compile(r"[\w.][\w. -]*")
_LARGEST_INT = 1 << 62
_LARGEST_SIDE = 1 << 24


def is_tfjs(content: Any) -> bool:
    """Whether what a JSON file holds is a graph of TensorFlow.js."""
    return (
        isinstance(content, dict)
        and isinstance(content.get("modelTopology"), dict)
        and isinstance(content["modelTopology"].get("node"), list)
        and isinstance(content.get("weightsManifest"), list)
    )


def shards(path: Path) -> tuple[Path, ...]:
    """The files of numbers that belong to a JSON.

    Raises:
        PoseViewerError: It is no such file, or names others than those beside it.
    """
    with reading(path.name, kind=_KIND):
        groups = listing(read_json(path)["weightsManifest"], "its weightsManifest")
        return tuple(shard for group in groups for shard in _paths(path, mapping(group, "a group")))


def read_tfjs(path: Path) -> tuple[list[Node], dict[str, NDArray[np.generic]]]:
    """The nodes of a graph, and its tensors by name; numbers in half precision are widened.

    Args:
        path: The JSON file; its numbers lie beside it.

    Raises:
        PoseViewerError: A file is not there, no such network, or larger than the budget.
    """
    with reading(path.name, kind=_KIND):
        content = mapping(read_json(path), "it")
        nodes = listing(mapping(content["modelTopology"], "its graph")["node"], "its nodes")
        if len(nodes) > MOST_NODES:
            msg = f"it has more than {MOST_NODES} nodes"
            raise ValueError(msg)
        manifest = listing(content["weightsManifest"], "its weightsManifest")
        return [mapping(node, "a node") for node in nodes], _weights(path, manifest)


def graph_def(path: Path) -> bytes:
    """A graph of TensorFlow.js as a frozen graph of TensorFlow.

    Raises:
        PoseViewerError: As `read_tfjs`, or it has an operation that cannot be taken apart.
    """
    nodes, weights = read_tfjs(path)
    with reading(path.name, kind=_KIND):
        parts = (part for node in nodes for part in _apart(node, weights))
        return b"".join(tagged(1, part) for part in parts)


def convolutions(path: Path) -> dict[str, NDArray[np.generic]]:
    """Kernels and biases of the joined convolutions, as `node.weight` and `node.bias`.

    Args:
        path: As `read_tfjs` takes it.

    Returns:
        Kernels (out, in, h, w), of depthwise ones (channels, 1, h, w), as torch has them.
    """
    nodes, weights = read_tfjs(path)
    found: dict[str, NDArray[np.generic]] = {}
    with reading(path.name, kind=_KIND):
        for node in nodes:
            axes = _KERNELS.get(word(node["op"], "an operation"))
            if axes is None:
                continue
            name = word(node["name"], "the name of a node")
            _, kernel, bias, *_ = (
                word(one, "an input") for one in listing(node["input"], "inputs")
            )
            found[f"{name}.weight"] = weights[kernel].transpose(axes)
            found[f"{name}.bias"] = weights[bias]
    return found


def _paths(path: Path, group: Node) -> Iterator[Path]:
    for name in listing(group["paths"], "the files of its numbers"):
        if not _SHARD.fullmatch(word(name, "the name of a file", longest=255)):
            msg = f"it names {name!r}, which does not lie beside it"
            raise ValueError(msg)
        yield path.parent / name


def _weights(path: Path, manifest: list[Any]) -> dict[str, NDArray[np.generic]]:
    found: dict[str, NDArray[np.generic]] = {}
    budget = MemoryBudget(path.name)
    for group in manifest:
        data = b"".join(_shard(path, one) for one in _paths(path, mapping(group, "a group")))
        start = 0
        for entry in listing(group["weights"], "its tensors"):
            shape = [
                whole(side, "a side of a tensor", low=0, high=_LARGEST_SIDE)
                for side in listing(entry["shape"], "the shape of a tensor")
            ]
            budget.take(4 * math.prod(shape))
            values, start = _tensor(entry, data, start, shape)
            found[word(entry["name"], "the name of a tensor")] = values.reshape(shape)
    return found


def _shard(path: Path, shard: Path) -> bytes:
    if not shard.exists():
        msg = (
            f"{path.name} cannot be read without {shard.name}, the file of its numbers; "
            "put it beside."
        )
        raise PoseViewerError(msg)
    return read_bytes(shard)


def _tensor(
    entry: Node, data: bytes, start: int, shape: list[int]
) -> tuple[NDArray[np.generic], int]:
    """A tensor's numbers, and where the next one's begin."""
    coded = entry.get("quantization")
    stored = word((coded or entry)["dtype"], "a type of number")
    count = math.prod(shape)
    if stored != "float16" and stored not in _STORED:
        msg = f"it holds numbers of the unknown type {stored!r}"
        raise ValueError(msg)
    kind_stored = np.dtype(_STORED.get(stored, "<f2"))
    if start + count * kind_stored.itemsize > len(data):
        msg = "the files of its numbers end early"
        raise ValueError(msg)
    values: NDArray[Any] = np.frombuffer(data, kind_stored, count, start)
    start += values.nbytes
    if coded and stored != "float16":
        scale = number(coded["scale"], "a scale", low=-1e30, high=1e30)
        values = values * np.float32(scale) + np.float32(coded["min"])
    if coded or stored == "float16":
        kind = np.int32 if entry["dtype"] == "int32" else np.float32
        return values.astype(kind), start
    return values, start


# GraphDef, NodeDef, AttrValue and TensorProto of TensorFlow, field by field.


def _apart(node: Node, weights: dict[str, NDArray[np.generic]]) -> Iterator[bytes]:
    """A node as the nodes of TensorFlow that it is."""
    name, op = word(node["name"], "the name of a node"), word(node["op"], "an operation")
    inputs = [word(one, "an input") for one in listing(node.get("input", []), "inputs")]
    attributes = mapping(node.get("attr", {}), "its attributes")
    if op == "Const":
        values = weights[name]
        kind = packed(6, _TYPES[_NAMES[values.dtype.kind]])
        yield _node(name, op, [], {"dtype": kind, "value": tagged(8, _tensor_proto(values))})
        return
    coded = {key: _attribute(mapping(value, key)) for key, value in attributes.items()}
    if op not in _FUSED:
        yield _node(name, op, inputs, coded)
        return
    fused = [_bytes(one).decode() for one in _list(attributes, "fused_ops", "s")]
    number_type = {"T": coded["T"]}
    plain = {key: value for key, value in coded.items() if key not in _OWN}
    here = name if not fused else f"{name}/{_FUSED[op]}"
    yield _node(here, _FUSED[op], inputs[:2], plain)
    for at, step in enumerate(fused, start=1):
        there = name if at == len(fused) else f"{name}/{step}"
        if step == "BiasAdd":
            yield _node(there, "BiasAdd", [here, inputs[2]], number_type)
        elif step == "LeakyRelu":
            alpha = attributes.get("leakyrelu_alpha", {"f": 0.2})
            yield _node(there, step, [here], number_type | {"alpha": _attribute(alpha)})
        elif step in _ACTIVATIONS:
            yield _node(there, step, [here], number_type)
        else:
            msg = f"it joins {step} to an operation, which is not known here"
            raise ValueError(msg)
        here = there


_OWN = {"fused_ops", "num_args", "num_host_args", "epsilon", "leakyrelu_alpha", "TArgs"}
"""Attributes of what TensorFlow.js joins, which TensorFlow's own operation lacks."""


def _node(name: str, op: str, inputs: list[str], attributes: dict[str, bytes]) -> bytes:
    return b"".join(
        [
            tagged(1, name.encode()),
            tagged(2, op.encode()),
            *(tagged(3, one.encode()) for one in inputs),
            *(tagged(5, tagged(1, k.encode()) + tagged(2, v)) for k, v in attributes.items()),
        ]
    )


def _tensor_proto(values: NDArray[np.generic]) -> bytes:
    dims = b"".join(tagged(2, packed(1, side)) for side in values.shape)
    kind = packed(1, _TYPES[_NAMES[values.dtype.kind]])
    return kind + tagged(2, dims) + tagged(4, np.ascontiguousarray(values).tobytes())


def _attribute(value: Node) -> bytes:
    """An AttrValue; texts are base64, and whole numbers may be texts."""
    for key, coded in value.items():
        if key == "list":
            parts = mapping(coded, "a list")
            inside = (_single(k, one) for k, many in parts.items() for one in listing(many, "it"))
            return tagged(1, b"".join(inside))
        return _single(key, coded)
    return b""


def _single(key: str, value: Any) -> bytes:
    if key == "s":
        return tagged(2, _bytes(value))
    if key == "i":
        return packed(3, _whole(value))
    if key == "f":
        inner = number(value, "a number", low=-3e38, high=3e38)
        return b"\x25" + struct.pack("<f", inner)
    if key == "b":
        return packed(5, int(bool(value)))
    if key == "type":
        kind = value if isinstance(value, int) else _TYPES[word(value, "a type")]
        return packed(6, kind)
    if key == "shape":
        dims = listing(mapping(value, "a shape").get("dim", []), "a shape")
        sizes = (packed(1, _whole(mapping(dim, "a side").get("size", 0))) for dim in dims)
        return tagged(7, b"".join(tagged(2, size) for size in sizes))
    msg = f"it has an attribute of the unknown kind {key!r}"
    raise ValueError(msg)


def _whole(value: Any) -> int:
    return whole(int(value), "a whole number", low=-_LARGEST_INT, high=_LARGEST_INT)


def _list(attributes: Node, name: str, kind: str) -> list[Any]:
    found = mapping(mapping(attributes.get(name, {}), name).get("list", {}), name)
    return listing(found.get(kind, []), name)


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else bytes(value)
