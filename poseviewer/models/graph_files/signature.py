"""What a graph shows of itself: its inputs and outputs, and the tensors inside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poseviewer.models.graph_files.description import Layout

Shape = tuple[int, ...]
"""Sides of a tensor; -1 where one is open."""

_MAPS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "MaxPool", "AvgPool")
"""Operations whose tensors have their channels first, whatever file they are from."""

_SILENT = ("Constant", "Parameter", "Result", "ShapeOf", "Convert")
"""Operations that compute nothing from the picture."""

_MOVING = ("Transpose", "Pad", "Reshape", "Squeeze", "Unsqueeze", "Slice", "StridedSlice", "Split")
"""Operations that only move numbers."""

_FEWEST_CELLS = 3
_NARROW = 160
"""Channels of maps that may be read; more are features."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output."""

    name: str
    """As the file calls it."""

    source: str
    """The operation that it comes from."""

    shape: Shape
    kind: str
    """Type of its numbers, such as `f32`."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor inside a graph that can be shown as maps."""

    source: str
    """Name of its operation; see `Inner.source`."""

    operation: str
    """Kind of its operation, such as `Convolution`."""

    shape: Shape
    """(1, a, b, c)."""

    layout: Layout

    likely: str
    """Why it is worth a look; empty where nothing says so."""

    @property
    def channels(self) -> int:
        """How many maps it has."""
        return self.shape[1] if self.layout == "nchw" else self.shape[3]

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of its maps."""
        shape = self.shape
        return (shape[2], shape[3]) if self.layout == "nchw" else (shape[1], shape[2])


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of a graph."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    operations: frozenset[str]
    """Names of its operations."""

    parameters: int
    """Numbers in its constants of real numbers."""

    def output(self, name: str) -> Port | None:
        """The output of this name."""
        return next((one for one in self.outputs if one.name == name), None)


def signature(model: Any) -> Signature:
    """The inputs and outputs of an OpenVINO model."""
    ops = model.get_ordered_ops()
    constants = (op for op in ops if op.get_type_name() == "Constant")
    real = (op.output(0) for op in constants if op.get_output_element_type(0).is_real())
    return Signature(
        tuple(_port(one, one.get_node().get_friendly_name()) for one in model.inputs),
        tuple(_port(one, source_name(one.get_node().input_value(0))) for one in model.outputs),
        frozenset(op.get_friendly_name() for op in ops),
        sum(_count(sides(one.get_partial_shape())) for one in real),
    )


def source_name(output: Any) -> str:
    """The name of an output of an operation, as `Inner.source` has it."""
    name = str(output.get_node().get_friendly_name())
    return name if output.get_node().get_output_size() == 1 else f"{name}:{output.get_index()}"


def found(model: Any, name: str) -> Any:
    """The output of a tensor's or an operation's name.

    Raises:
        LookupError: There is none.
    """
    for one in model.outputs:
        if name in one.get_names() or name in _without_port(one.get_names()):
            return one.get_node().input_value(0)
    plain, _, port = name.rpartition(":")
    for op in model.get_ordered_ops():
        if op.get_type_name() in ("Result", "Constant"):
            continue
        for i, output in enumerate(op.outputs()):
            called = op.get_friendly_name()
            if (called == name and i == 0) or (called == plain and port == str(i)):
                return output
            if name in output.get_names():
                return output
    msg = f"the graph has no tensor called {name!r}"
    raise LookupError(msg)


def tensors(model: Any, *, aspect: float) -> tuple[Tensor, ...]:
    """The tensors of a graph that can be shown as maps, in the order of the graph.

    Args:
        model: With shapes that are known.
        aspect: Width over height of its input.
    """
    layouts: dict[str, Layout] = {}
    given: list[Tensor] = []
    for op in model.get_ordered_ops():
        if op.get_type_name() in _SILENT:
            continue
        for output in op.outputs():
            shape = sides(output.get_partial_shape())
            if len(shape) != 4 or min(shape) < 1 or shape[0] != 1:
                continue
            layout = _layout(op, shape, layouts, aspect)
            name = source_name(output)
            layouts[name] = layout
            tensor = Tensor(name, op.get_type_name(), shape, layout, "")
            if min(tensor.cells) >= _FEWEST_CELLS and _fits(tensor.cells, aspect):
                given.append(tensor)
    layers = [one for one in given if one.operation not in _MOVING]
    likely = {
        one.source: _likely(one, after)
        for one, after in zip_longest(layers, layers[1:])
        if one is not None
    }
    return tuple(replace(one, likely=likely.get(one.source, "")) for one in given)


def _likely(one: Tensor, after: Tensor | None) -> str:
    """Why a tensor is worth a look, by the one that comes after it."""
    if one.operation in ("Sigmoid", "Softmax") and one.channels <= _NARROW:
        return "maps of few channels"
    if after is None or after.cells != one.cells:
        return "the last of a block"
    return ""


def sides(shape: Any) -> Shape:
    """Sides of a partial shape; -1 where one is open, empty where nothing is known."""
    if shape.rank.is_dynamic:
        return ()
    return tuple(-1 if one.is_dynamic else int(one.get_length()) for one in shape)


def input_layout(shape: Shape) -> Layout:
    """Whether the channels of a picture stand last or first."""
    return "nhwc" if len(shape) == 4 and shape[3] in (1, 3) and shape[1] not in (1, 3) else "nchw"


def _port(output: Any, source: str) -> Port:
    names = sorted(output.get_names(), key=lambda name: (":" in name, "/" in name, len(name)))
    name = names[0] if names else source
    kind = output.get_element_type().to_string()
    return Port(_plain(name), source, sides(output.get_partial_shape()), kind)


def _plain(name: str) -> str:
    """A tensor's name without the `:0` of TensorFlow."""
    return name.removesuffix(":0")


def _without_port(names: set[str]) -> set[str]:
    return {_plain(name) for name in names}


def _count(shape: Shape) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def _layout(op: Any, shape: Shape, layouts: dict[str, Layout], aspect: float) -> Layout:
    """Where the channels of a tensor stand, by its operation, its inputs and its shape."""
    kind = op.get_type_name()
    if kind in _MAPS:
        return "nchw"
    first, last = _fits(shape[2:], aspect), _fits(shape[1:3], aspect)
    if first != last:
        return "nchw" if first else "nhwc"
    for value in op.input_values():
        before = layouts.get(source_name(value))
        if before is not None:
            turned: Layout = "nhwc" if before == "nchw" else "nchw"
            return turned if kind == "Transpose" else before
    return "nchw"


def _fits(cells: Shape, aspect: float) -> bool:
    """Whether sides (h, w) have the aspect of the input, by a cell."""
    return abs(cells[1] - cells[0] * aspect) <= max(aspect, 1.0)


def parameters_of(op: Any) -> int:
    """Numbers of the constants that go into an operation, at once or as another type."""
    count = 0
    for value in op.input_values():
        node = value.get_node()
        while node.get_type_name() in ("Convert", "Reshape", "Transpose"):
            node = node.input_value(0).get_node()
        if node.get_type_name() == "Constant" and node.get_output_element_type(0).is_real():
            count += _count(sides(node.get_output_partial_shape(0)))
    return count


def multiplications(op: Any) -> int:
    """Multiply-accumulates of an operation, where its shapes are known; else 0."""
    kind = op.get_type_name()
    if kind not in ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "MatMul"):
        return 0
    result = sides(op.get_output_partial_shape(0))
    weights = sides(op.get_input_partial_shape(1))
    given = sides(op.get_input_partial_shape(0))
    if not result or not weights or min((*result, *weights, *given)) < 0:
        return 0
    if kind == "Convolution":
        return _count(result) * _count(weights[1:])
    if kind == "GroupConvolution":
        return _count(result) * _count(weights[2:])
    if kind == "ConvolutionBackpropData":
        return _count(given) * _count(weights[1:])
    return _count(result) * given[-2 if op.get_attributes().get("transpose_a") else -1]
