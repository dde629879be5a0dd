"""What the stages of a graph cost and see, by its operations and the shapes of their tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from poseviewer.models.graph_files.adapted import StoredGraph
from poseviewer.models.graph_files.signature import multiplications, sides, source_name
from poseviewer.models.graph_files.zooms import WHERE, ZoomGraph
from poseviewer.models.openvino_engine import openvino_module

if TYPE_CHECKING:
    from poseviewer.models.graphs import Graph

_ALL = ("MatMul", "ReduceMean", "ReduceSum", "ReduceMax", "Softmax", "TopK", "GatherND")
"""Operations whose numbers may depend on every cell."""


def graph_measure(graph: Graph, size: tuple[int, int]) -> tuple[tuple[int, float], ...]:
    """Multiply-accumulates and side of the receptive field, input pixels, of every stage.

    Args:
        graph: The network.
        size: Input width and height, pixels.
    """
    found = _of_outputs(graph, size)
    if isinstance(graph, StoredGraph) and graph.further:
        found = found[: -graph.further]
    if not isinstance(graph, ZoomGraph):
        return tuple(found)
    cost = max(cost for cost, _ in found)
    for name in WHERE:
        more = _of_outputs(graph.parts[name], graph.parts[name].part.input_size)
        cost += max(part for part, _ in more)
        found.append((cost, math.inf))
    return tuple(found)


def _of_outputs(graph: Graph, size: tuple[int, int]) -> list[tuple[int, float]]:
    """The same of every tensor that a graph answers."""
    model = graph.shaped((1, 3, size[1], size[0]), openvino_module())
    reach: dict[str, tuple[float, float]] = {}
    for op in model.get_ordered_ops():
        if op.get_type_name() == "Constant":
            continue
        before = [reach[name] for name in map(source_name, op.input_values()) if name in reach]
        if before or op.get_type_name() == "Parameter":
            for output in op.outputs():
                reach[source_name(output)] = _after(op, before)
    found = []
    for output in model.outputs:
        source = output.get_node().input_value(0)
        side, _ = reach.get(source_name(source), (math.inf, 1.0))
        found.append((sum(multiplications(op) for op in _behind(source.get_node())), side))
    return found


def _after(op: Any, before: list[tuple[float, float]]) -> tuple[float, float]:
    """Side of the receptive field and step between cells, input pixels, behind an operation."""
    kind = op.get_type_name()
    if not before:
        return 1.0, 1.0
    side, step = max(one[0] for one in before), max(one[1] for one in before)
    if kind in ("Convolution", "GroupConvolution"):
        about = op.get_attributes()
        kernel = sides(op.get_input_partial_shape(1))[-1]
        reached = (kernel - 1) * about["dilations"][-1]
        return side + reached * step, step * about["strides"][-1]
    if kind in ("MaxPool", "AvgPool"):
        about = op.get_attributes()
        return side + (about["kernel"][-1] - 1) * step, step * about["strides"][-1]
    if kind in ("ConvolutionBackpropData", "Interpolate"):
        given, made = (
            sides(s) for s in (op.get_input_partial_shape(0), op.get_output_partial_shape(0))
        )
        if len(given) == len(made) == 4 and min(*given, *made) > 0:
            return side + step, step * given[-1] / made[-1]
    return (math.inf if kind in _ALL else side), step


def _behind(node: Any) -> list[Any]:
    """An operation and all that it depends on."""
    seen: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.get_friendly_name() not in seen:
            seen[one.get_friendly_name()] = one
            waiting += [value.get_node() for value in one.input_values()]
    return list(seen.values())
