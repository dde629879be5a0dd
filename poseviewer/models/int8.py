"""Networks in 8-bit integers, made from the graph when it is compiled, and the ranges for it.

Every convolution reads its input in 256 even steps over a range that was measured once on pictures
of the training data (uniform affine quantisation, Jacob et al., CVPR 2018), and its weights in 255
even steps a channel. Sums, residuals and resizing stay in 32-bit floats. So a network needs two
numbers a convolution beside its weights, and no second file of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import facts
from poseviewer.models.openvino_core import openvino_core

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from poseviewer.models.facts import HasWeights

Ranges = tuple[tuple[float, float] | None, ...]
"""The least and the greatest input of every convolution, in the order of `_convolutions`; None of
one that stays in 32-bit floats."""

_STEPS = 255


def stored_ranges(card: HasWeights) -> Ranges | None:
    """The ranges that the JSON card beside the weights holds; None where it holds none.

    Raises:
        PoseViewerError: The file is no such card.
    """
    found = facts(card).get("int8")
    if found is None:
        return None
    pairs = zip(found["low"], found["high"], strict=True)
    return tuple(None if low is None else (low, high) for low, high in pairs)


def quantised(model: Any, ranges: Ranges, ov: Any) -> Any:
    """Turn a graph into one that OpenVINO compiles in 8-bit integers.

    Args:
        model: As `Graph.shaped` gives it; it is changed.
        ranges: Of its convolutions.
        ov: The module openvino.

    Returns:
        The same model.

    Raises:
        RuntimeError: The ranges are those of another network, or OpenVINO cannot fold the graph.
    """
    ops = ov.opset13
    found = _convolutions(_folded(model, ov))
    if len(found) != len(ranges):
        msg = f"it has {len(found)} convolutions, and there are ranges of {len(ranges)}"
        raise RuntimeError(msg)
    for node, measured in zip(found, ranges, strict=True):
        if measured is None:
            continue
        low, high = (ops.constant(np.float32(end)) for end in _with_zero(*measured))
        eight = ops.fake_quantize(node.input_value(0), low, high, low, high, _STEPS + 1)
        top = _weight_range(node)
        ends = [ops.constant(end) for end in (-top, top)]
        weights = ops.fake_quantize(node.input_value(1), *ends, *ends, _STEPS)
        node.input(0).replace_source_output(eight.output(0))
        node.input(1).replace_source_output(weights.output(0))
    model.validate_nodes_and_infer_types()
    return model


def measure_ranges(
    model: Any, batches: Iterable[NDArray[np.float32]], ov: Any, *, depthwise: bool = True
) -> Ranges:
    """Measure the least and the greatest input of every convolution.

    Args:
        model: As `Graph.shaped` gives it; it is changed.
        batches: Inputs (n, 3, h, w) of the model's shape, normalised.
        ov: The module openvino.
        depthwise: Whether those of each channel alone get ranges too.

    Raises:
        PoseViewerError: There are no batches.
    """
    nodes = _convolutions(_folded(model, ov))
    read = [node.input_value(0) for node in nodes]
    places = [(value.get_node().get_friendly_name(), value.get_index()) for value in read]
    # Several may read the same tensor, which is one output.
    outputs = dict(zip(places, read, strict=True))
    watched = ov.Model(list(outputs.values()), model.get_parameters())
    exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = openvino_core(ov).compile_model(watched, "CPU", exact).create_infer_request()
    seen: list[list[tuple[float, float]]] = []
    for batch in batches:
        request.infer([np.ascontiguousarray(batch)])
        tensors = [request.get_output_tensor(i).data for i in range(len(outputs))]
        seen.append([(float(one.min()), float(one.max())) for one in tensors])
    if not seen:
        msg = "There is no picture to measure the ranges of int8 on."
        raise PoseViewerError(msg)
    ends = np.array(seen)
    whole = np.column_stack([ends[..., 0].min(axis=0), ends[..., 1].max(axis=0)])
    number = {place: at for at, place in enumerate(outputs)}
    # As many digits as the steps can tell apart.
    return tuple(
        _short(*whole[number[place]]) if depthwise or not _grouped(node) else None
        for place, node in zip(places, nodes, strict=True)
    )


def _short(low: float, high: float) -> tuple[float, float]:
    return float(f"{low:.5g}"), float(f"{high:.5g}")


def _folded(model: Any, ov: Any) -> Any:
    """The model with normalisation layers folded into the convolutions, in 32-bit numbers."""
    try:
        # What the converters of OpenVINO end with; it has no public name.
        from openvino._offline_transformations import apply_moc_transformations
    except ImportError as error:
        msg = "this version of OpenVINO cannot fold a graph"
        raise RuntimeError(msg) from error
    for node in model.get_ops():
        if node.get_type_name() == "Convert":
            stored = node.input_value(0).get_node()
            if stored.get_type_name() == "Constant" and stored.get_element_type() == ov.Type.f16:
                wide = ov.opset13.constant(stored.data.astype(np.float32))
                node.output(0).replace(wide.output(0))
    apply_moc_transformations(model, cf=True)
    return model


def _convolutions(model: Any) -> list[Any]:
    """Every convolution after those that it depends on, from the first output to the last.

    The order follows from the structure of the graph alone, so a graph that was read from a file
    and one that was just converted have the same.
    """
    found, met = [], set()
    for result in model.get_results():
        # Depth first, without recursion: a network is deeper than Python's stack.
        waiting = [(result, 0)]
        while waiting:
            node, port = waiting.pop()
            if port == 0:
                name = node.get_friendly_name()
                if name in met:
                    continue
                met.add(name)
            if port < node.get_input_size():
                waiting += [(node, port + 1), (node.input_value(port).get_node(), 0)]
            elif node.get_type_name() in ("Convolution", "GroupConvolution"):
                found.append(node)
    return found


def _grouped(node: Any) -> bool:
    return bool(node.get_type_name() == "GroupConvolution")


def _with_zero(low: float, high: float) -> tuple[float, float]:
    """A range of `_STEPS` even steps, one of which is exactly zero, as padding is zero."""
    low, high = min(low, 0.0), max(high, 1e-6)
    below = round(-low / (high - low) * _STEPS)
    if below in (0, _STEPS):
        return (0.0, high) if below == 0 else (low, 0.0)
    step = max(-low / below, high / (_STEPS - below))
    return -step * below, step * (_STEPS - below)


def _weight_range(node: Any) -> NDArray[np.float32]:
    """The greatest weight of each output channel, as even steps shall reach it.

    Processors without instructions for 8-bit sums (VNNI) add the products of two neighbouring
    input channels in 16 bits, which overflow if both weights are great. There the range is wider,
    everywhere, so that a network answers the same on every processor.
    """
    weights: NDArray[np.float32] = node.input_value(1).get_node().data.astype(np.float32)
    grouped = _grouped(node)
    kept = 2 if grouped else 1
    size = np.abs(weights)
    top = size.max(axis=tuple(range(kept, size.ndim)), keepdims=True)
    if not grouped:
        pairs = np.pad(size, [(0, 0), (0, size.shape[1] % 2), (0, 0), (0, 0)])
        both = (pairs[:, ::2] + pairs[:, 1::2]).max(axis=(1, 2, 3), keepdims=True)
        top = np.maximum(top, both)
    return np.asarray(np.maximum(top, 1e-8), np.float32)
