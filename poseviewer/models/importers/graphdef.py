"""Frozen TensorFlow graphs, read without TensorFlow: constants in torch's layout, and steps.

Messages: tensorflow/core/framework/{graph,node_def,attr_value,tensor}.proto.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.models.importers.wire import (
    MOST_NODES,
    DamagedError,
    Field,
    fields,
    shaped,
    varints,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_NODE = 1
# Of one another; copies that copy each other in a circle end here too.
_MOST_COPIES = 64
# Numbers of a constant that the file writes as one; more would only fill the memory.
_LARGEST = 1 << 24
_TYPES = {1: "<f4", 3: "<i4"}
_CONV = {"Conv2D": (3, 2, 0, 1), "DepthwiseConv2dNative": (2, 3, 0, 1)}
_KINDS = {
    "Add": "add",
    "BiasAdd": "bias",
    "ConcatV2": "concat",
    "Conv2D": "conv",
    "DepthwiseConv2dNative": "conv",
    "FusedBatchNorm": "norm",
    "MaxPool": "maximum",
    "Relu": "relu",
    "Relu6": "relu6",
    "ResizeBilinear": "resize",
}


@dataclass(frozen=True, slots=True)
class GraphStep:
    """One operation on maps (n, channels, h, w)."""

    name: str
    """Of its result, as in the file."""

    kind: str
    """`conv`, `bias`, `norm`, `relu`, `relu6`, `add`, `concat`, `maximum` or `resize`."""

    inputs: tuple[str, ...]
    """Results of earlier steps, or `image`; a resize's second one gives the size."""

    constants: tuple[str, ...] = ()
    """Tensors: of a conv its kernel, of a bias itself, of a norm scale, shift, mean, variance."""

    stride: int = 1

    size: tuple[int, ...] = ()
    """Kernel of a maximum, or the height and width that a resize makes."""

    same: bool = False
    """Whether the edges are padded so that the result is the input's size over the stride."""

    dilation: int = 1

    epsilon: float = 0.0
    """Added to a norm's variance."""

    batch: bool = False
    """Whether a norm uses the statistics of the picture itself and not stored ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """The steps of a network and the tensors they use."""

    steps: tuple[GraphStep, ...]
    """In the order of the file, in which a frozen graph can run; the picture is called `image`."""

    constants: dict[str, NDArray[np.float32]]
    """Kernels (out, in / groups, h, w) and vectors (channels,), by name."""

    def reaching(self, *outputs: str) -> tuple[GraphStep, ...]:
        """The steps that some results need."""
        wanted, kept = set(outputs), []
        for step in reversed(self.steps):
            if step.name in wanted:
                wanted.update(step.inputs)
                kept.append(step)
        return tuple(reversed(kept))


def as_json(steps: tuple[GraphStep, ...]) -> list[dict[str, Any]]:
    """Steps as JSON holds them, without what is at its default."""
    usual = asdict(GraphStep("", "", ()))
    return [{k: v for k, v in asdict(s).items() if usual[k] != v} for s in steps]


def from_json(steps: list[dict[str, Any]]) -> tuple[GraphStep, ...]:
    """The steps that `as_json` wrote."""

    def thawed(step: dict[str, Any]) -> dict[str, Any]:
        return {k: tuple(v) if isinstance(v, list) else v for k, v in step.items()}

    return tuple(GraphStep(**thawed(step)) for step in steps)


def tensor_name(name: str) -> str:
    """A graph's name as a module may call a tensor."""
    return name.replace(".", "_")


def is_graph(message: memoryview) -> bool:
    """Whether these bytes begin like a GraphDef: a node that names itself and its operation."""
    try:
        for field in fields(message):
            parts = {part.number for part in fields(field.payload)}
            return field.number == _NODE and {1, 2} <= parts
    except DamagedError:
        pass
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A NodeDef."""

    name: str
    op: str
    inputs: list[str]
    attributes: Mapping[str, memoryview]
    """The bytes of each AttrValue."""

    def number(self, name: str, part: int) -> int:
        """The varint `part` of an attribute; 0 where it is not there."""
        field = self.payload(name, part)
        return 0 if field is None else field.value

    def payload(self, name: str, part: int) -> Field | None:
        """The field `part` of an attribute."""
        for field in fields(self.attributes.get(name, memoryview(b""))):
            if field.number == part:
                return field
        return None

    def plane(self, name: str) -> tuple[int, int]:
        """Height and width of a list of four (NHWC)."""
        inside = self.payload(name, 1)
        numbers = [n for f in fields(inside.payload) for n in varints(f)] if inside else []
        if not numbers:
            return (1, 1)
        if len(numbers) != 4:
            msg = f"has {len(numbers)} numbers in {name} of {self.name}, where 4 should be"
            raise DamagedError(msg)
        return (numbers[1], numbers[2])


def read_graph(message: memoryview, *, budget: MemoryBudget | None = None) -> Graph:
    """The steps and constants of a frozen graph.

    Args:
        message: The bytes of the file.
        budget: What its constants are counted to.

    Raises:
        DamagedError: It ends early, or has an operation that is not known here.
        PoseViewerError: Unfolded, its constants would take more memory than the budget.
    """
    nodes: list[_Node] = []
    for field in fields(message):
        if field.number == _NODE:
            if len(nodes) >= MOST_NODES:
                msg = f"has more than {MOST_NODES} nodes"
                raise DamagedError(msg)
            nodes.append(_node(field.payload))
    budget = budget or MemoryBudget("The graph")
    constants = {node.name: _constant(node, budget) for node in nodes if node.op == "Const"}
    same = {node.name: node.inputs[0] for node in nodes if node.op == "Identity" and node.inputs}
    shapes = {node.name: node.inputs[0] for node in nodes if node.op == "Shape" and node.inputs}
    sizes = {
        node.name: shapes[node.inputs[0]]
        for node in nodes
        if node.op == "StridedSlice" and node.inputs and node.inputs[0] in shapes
    }
    steps: list[GraphStep] = []
    used: dict[str, NDArray[np.float32]] = {}
    for node in nodes:
        node.inputs[:] = [_origin(name, same) for name in node.inputs]
        if node.op in _KINDS:
            step = _step(node, constants, sizes)
            steps.append(step)
            used |= {name: _laid_out(name, node.op, constants) for name in step.constants}
        elif node.op not in ("Const", "Identity", "Placeholder", "Shape", "StridedSlice"):
            msg = f"has the operation {node.op}, which PoseViewer does not know"
            raise DamagedError(msg)
    return Graph(tuple(steps), used)


def _origin(name: str, same: Mapping[str, str]) -> str:
    """The node that a name stands for, through copies of it."""
    name = name.removesuffix(":0")
    for _ in range(_MOST_COPIES):
        if name not in same:
            break
        name = same[name].removesuffix(":0")
    return name


def _step(
    node: _Node, constants: Mapping[str, NDArray[np.generic]], sizes: Mapping[str, str]
) -> GraphStep:
    kind = _KINDS[node.op]
    maps = tuple(name for name in node.inputs if name not in constants)
    tensors = tuple(name for name in node.inputs if name in constants)
    settings: dict[str, Any] = {}
    if kind in ("conv", "bias", "norm"):
        settings["constants"] = tensors
    if kind in ("conv", "maximum"):
        padding = node.payload("padding", 2)
        settings["stride"] = node.plane("strides")[0]
        settings["same"] = padding is not None and padding.text() == "SAME"
    if kind == "conv":
        settings["dilation"] = node.plane("dilations")[0]
    if kind == "maximum":
        settings["size"] = node.plane("ksize")
    if kind == "norm":
        epsilon = node.payload("epsilon", 4)
        settings["epsilon"] = 1e-4 if epsilon is None else epsilon.single()
        settings["batch"] = bool(node.number("is_training", 5))
    if kind == "resize":
        if node.number("align_corners", 5):
            msg = f"aligns corners in {node.name}, which PoseViewer does not do"
            raise DamagedError(msg)
        if tensors:
            settings["size"] = tuple(int(n) for n in constants[tensors[0]])
        maps = tuple(sizes.get(name, name) for name in maps)
    return GraphStep(node.name, kind, maps, **settings)


def _laid_out(
    name: str, op: str, constants: Mapping[str, NDArray[np.generic]]
) -> NDArray[np.float32]:
    """A constant as torch wants it: kernels (out, in / groups, h, w)."""
    numbers = np.asarray(constants[name], np.float32)
    if op in _CONV:
        if numbers.ndim != 4:
            msg = f"has a kernel {name} of {numbers.ndim} dimensions"
            raise DamagedError(msg)
        numbers = numbers.transpose(_CONV[op])
        if op != "Conv2D":
            # A depthwise kernel (c, m, h, w) makes m maps of each channel.
            numbers = numbers.reshape(-1, 1, *numbers.shape[2:])
    return np.ascontiguousarray(numbers)


def _node(message: memoryview) -> _Node:
    node = _Node("", "", [], {})
    name = op = ""
    attributes: dict[str, memoryview] = {}
    for field in fields(message):
        if field.number == 1:
            name = field.text()
        elif field.number == 2:
            op = field.text()
        elif field.number == 3:
            node.inputs.append(field.text())
        elif field.number == 5:
            pair = {part.number: part for part in fields(field.payload)}
            if 1 in pair and 2 in pair:
                attributes[pair[1].text()] = pair[2].payload
    return _Node(name, op, node.inputs, attributes)


def _constant(node: _Node, budget: MemoryBudget) -> NDArray[np.generic]:
    """The tensor of a Const node, float32 or int32."""
    value = node.payload("value", 8)
    if value is None:
        msg = f"has a constant {node.name} without a value"
        raise DamagedError(msg)
    kind, dims = 1, []
    runs: list[NDArray[np.generic]] = [np.zeros(0, np.float32)]
    for field in fields(value.payload):
        if field.number == 1:
            kind = field.value
        elif field.number == 2:
            dims = [_length(part) for part in fields(field.payload) if part.number == 2]
        elif field.number == 4:
            runs.append(field.array(_TYPES.get(kind, "<f4")))
        elif field.number == 5:
            runs.append(field.array("<f4"))
        elif field.number == 7:
            runs.append(np.array(varints(field), np.int32))
    if kind not in _TYPES:
        # Strings and the like are never weights.
        return np.zeros(0, np.float32)
    numbers = np.concatenate(runs[1:] or runs).astype(_TYPES[kind])
    if numbers.size == 1 and dims and min(dims) > 0 and math.prod(dims) <= _LARGEST:
        # One number stands for a tensor full of it.
        numbers = np.broadcast_to(numbers, math.prod(dims))
    # As it is stored, laid out as torch wants it, and as a tensor.
    budget.take(3 * numbers.nbytes)
    return shaped(numbers, dims)


def _length(dim: Field) -> int:
    found = [part.signed() for part in fields(dim.payload) if part.number == 1]
    return found[-1] if found else 0
