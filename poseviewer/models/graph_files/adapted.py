"""A graph with the input and the outputs that the engine expects.

The engine gives (1, 3, h, w) float32 and takes (1, channels, h, w) of every stage. What a graph
wants instead is put before it, and what makes stages of its tensors behind it, as operations of the
graph itself: then one compiled network answers all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.codec.points import grid_to_input
from poseviewer.models.graph_files.signature import found, sides

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.graph_files.description import Answer, Description, Inner

_MOST_PEOPLE = 30
_GREY = (0.299, 0.587, 0.114)
"""Of red, green and blue in a picture of one channel (ITU-R BT.601)."""


class StoredGraph:
    """An imported graph on disk, as `models.graphs.Graph` wants it.

    Args:
        path: The .xml that OpenVINO wrote.
        description: What it is shown and what comes out of it.
        joints: How many the skeleton has.
    """

    def __init__(self, path: Path, description: Description, *, joints: int) -> None:
        self.path, self.description, self.joints = path, description, joints

    @property
    def further(self) -> int:
        """How many tensors follow those of the stages; see `adapted`."""
        answer = self.description.answer
        return (1 + bool(answer.world)) * bool(answer.axis)

    def shaped(self, shape: tuple[int, ...], ov: Any) -> Any:
        """The network as a model of one shape; see `Graph.shaped`."""
        model = ov.Core().read_model(self.path)
        try:
            return adapted(model, self.description, self.joints, shape=shape, ov=ov, further=True)
        except LookupError as error:
            raise RuntimeError(str(error)) from error


def adapted(
    model: Any,
    description: Description,
    joints: int,
    *,
    shape: tuple[int, ...],
    ov: Any,
    further: bool = False,
) -> Any:
    """The graph as the engine expects it: the inner stages, then the answer.

    Args:
        model: As the file has it.
        description: What it is shown and what comes out of it.
        joints: How many the skeleton has.
        shape: Of the picture (1, 3, h, w).
        ov: The module openvino.
        further: Whether what is no stage follows: of points with an axis all of them
            (1, n, numbers), then places in metres (1, n, 3) where there are any.

    Raises:
        LookupError: It lacks a tensor that the description names.
        RuntimeError: OpenVINO cannot put them together.
    """
    build = _Builder(ov, description, joints)
    picture = build.picture(model, shape)
    stages = [build.stage(found(model, one.source), one) for one in description.stages]
    results = [*stages, *build.answer(model)]
    if further:
        results += build.further(model)
    return ov.Model([build.op.result(one) for one in results], [picture], "adapted")


def prepared(model: Any, description: Description) -> None:
    """Give a model the one shape that it is shown, where the file leaves sides open."""
    port = input_port(model, description)
    width, height = description.size
    old = sides(port.get_partial_shape())
    channels = 3
    if len(old) == 4:
        channels = old[3] if description.layout == "nhwc" else old[1]
    channels = 3 if channels < 1 else channels
    nchw = [1, channels, height, width]
    wanted = nchw if description.layout == "nchw" else [1, height, width, channels]
    if list(old) != wanted:
        model.reshape({port: wanted})


def input_port(model: Any, description: Description) -> Any:
    """The input that a picture goes into.

    Raises:
        LookupError: There is none of that name, or several.
    """
    for port in model.inputs:
        names = {*port.get_names(), port.get_node().get_friendly_name()}
        if description.input in {*names, *(name.removesuffix(":0") for name in names)}:
            return port
    if len(model.inputs) == 1 and not description.input:
        return model.inputs[0]
    msg = f"the graph has no input called {description.input!r}"
    raise LookupError(msg)


class _Builder:
    """Puts operations before and behind a graph."""

    def __init__(self, ov: Any, description: Description, joints: int) -> None:
        from openvino import opset13

        self.op: Any = opset13
        self._ov, self._description, self._joints = ov, description, joints

    # -- before the graph -----------------------------------------------------------------

    def picture(self, model: Any, shape: tuple[int, ...]) -> Any:
        """The new input (1, 3, h, w), which takes the place of the graph's."""
        op = self.op
        prepared(model, self._description)
        port = input_port(model, self._description)
        made = op.parameter(list(shape), np.float32, name="picture")
        value = made.output(0)
        wanted = sides(port.get_partial_shape())
        nhwc = self._description.layout == "nhwc"
        if wanted[3 if nhwc else 1] == 1:
            grey = self._constant(np.array(_GREY, np.float32).reshape(1, 3, 1, 1))
            axes = self._constant(np.array([1]))
            value = op.reduce_sum(op.multiply(value, grey), axes, keep_dims=True).output(0)
        if nhwc:
            value = op.transpose(value, self._constant(np.array([0, 2, 3, 1]))).output(0)
        kind = port.get_element_type()
        if not kind.is_real():
            value = op.round(value, "half_to_even").output(0)
        if kind.to_string() != "f32":
            value = op.convert(value, kind.to_string()).output(0)
        port.replace(value)
        return made

    # -- behind it ------------------------------------------------------------------------

    def stage(self, value: Any, inner: Inner) -> Any:
        """A tensor as the maps of a stage (1, channels, h, w)."""
        maps = self._maps(value, inner.layout, logits=inner.logits)
        if inner.use == "heatmap":
            return self._first(maps, self._joints)
        if inner.use == "vectors":
            return self._pairs(maps, flipped=inner.flipped, halves=inner.halves)
        return maps

    def answer(self, model: Any) -> list[Any]:
        """The stages that joints are read from, the last one as points where it has any."""
        answer = self._description.answer
        tensors = [found(model, name) for name in answer.outputs]
        if answer.kind == "heatmaps":
            maps = self._maps(tensors[0], answer.layout, logits=answer.logits)
            return [self._first(maps, self._joints)]
        if answer.kind == "offsets":
            return self._moved(tensors, answer)
        if answer.kind == "simcc":
            return self._bins(tensors, answer)
        if answer.kind == "points":
            return [self._points(model, tensors, answer)]
        return [self._people(tensors, answer)]

    def further(self, model: Any) -> list[Any]:
        """What belongs to points and is no stage; see `adapted`."""
        answer = self._description.answer
        if answer.kind != "points" or not answer.axis:
            return []
        named = [(answer.outputs[0], len(answer.numbers))]
        if answer.world:
            named.append((answer.world, 3))
        return [
            self.op.reshape(
                self.op.convert(found(model, name), "f32"),
                self._constant(np.array([1, -1, each])),
                False,
            )
            for name, each in named
        ]

    def _maps(self, value: Any, layout: str, *, logits: bool) -> Any:
        op = self.op
        value = op.convert(value, "f32").output(0)
        if logits:
            value = op.sigmoid(value).output(0)
        shape = sides(value.get_partial_shape())
        if len(shape) == 3:
            # Maps of one picture that come without its axis.
            value = op.unsqueeze(value, self._constant(np.array([0]))).output(0)
        elif len(shape) != 4:
            msg = f"a tensor of {len(shape)} axes is no map"
            raise RuntimeError(msg)
        if layout == "nhwc":
            value = op.transpose(value, self._constant(np.array([0, 3, 1, 2]))).output(0)
        return value

    def _first(self, value: Any, count: int, axis: int = 1) -> Any:
        """The first `count` along an axis."""
        have = sides(value.get_partial_shape())[axis]
        if have == count:
            return value
        if 0 <= have < count:
            msg = f"it has {have} maps, and the skeleton {count} joints"
            raise RuntimeError(msg)
        one = self._constant(np.array([1]))
        begin, end = self._constant(np.array([0])), self._constant(np.array([count]))
        return self.op.slice(value, begin, end, one, self._constant(np.array([axis]))).output(0)

    def _pairs(self, maps: Any, *, flipped: bool, halves: bool) -> Any:
        """Vectors with x before y, joint by joint."""
        count = sides(maps.get_partial_shape())[1]
        order = np.arange(count)
        if halves:
            order = order.reshape(2, -1).T.reshape(-1)
        if flipped:
            order = order.reshape(-1, 2)[:, ::-1].reshape(-1)
        index = self._constant(order)
        axis = self._constant(np.array(1))
        return self._first(self.op.gather(maps, index, axis).output(0), 2 * self._joints)

    def _moved(self, tensors: list[Any], answer: Answer) -> list[Any]:
        """Maps, offsets, and the peaks of the maps moved by the offsets there."""
        op, k = self.op, self._joints
        maps = self._first(self._maps(tensors[0], answer.layout, logits=answer.logits), k)
        offsets = self._maps(tensors[1], answer.layout, logits=False)
        offsets = self._pairs(offsets, flipped="yx" in answer.numbers, halves=answer.halves)
        _, _, height, width = sides(maps.get_partial_shape())
        score, index = self._highest(op.reshape(maps, self._constant(np.array([1, k, -1])), False))
        flat = op.reshape(offsets, self._constant(np.array([1, k, 2, height * width])), False)
        at = op.unsqueeze(index, self._constant(np.array([2])))
        at = op.broadcast(at, self._constant(np.array([1, k, 2, 1])))
        away = op.gather_elements(flat, at, 3)
        cells = self._columns(index, width)
        affine = grid_to_input(self._description.size, (height, width), answer.grid)
        place = self._placed(cells, affine)
        step = np.full((1, 1, 2, 1), answer.unit, np.float32)
        place = op.add(place, op.multiply(away, self._constant(step)))
        return [maps, offsets, self._joined(place, score)]

    def _bins(self, tensors: list[Any], answer: Answer) -> list[Any]:
        """Rows of bins across and down (1, k, 1, w) and (1, k, h, 1), and their peaks."""
        op, k = self.op, self._joints
        across, down = (
            self._first(op.convert(one, "f32").output(0), self._joints) for one in tensors
        )
        width, height = (sides(one.get_partial_shape())[-1] for one in (across, down))
        x_score, x = self._highest(across)
        y_score, y = self._highest(down)
        affine = grid_to_input(self._description.size, (height, width), answer.grid)
        cells = op.concat([op.convert(x, "f32"), op.convert(y, "f32")], 2)
        cells = op.reshape(cells, self._constant(np.array([1, k, 2, 1])), False)
        score = op.minimum(x_score, y_score)
        across = op.unsqueeze(across, self._constant(np.array([2])))
        down = op.unsqueeze(down, self._constant(np.array([3])))
        return [across, down, self._joined(self._placed(cells, affine), score)]

    def _points(self, model: Any, tensors: list[Any], answer: Answer) -> Any:
        """One person's numbers as (1, k, 1, 3)."""
        op, k = self.op, self._joints
        numbers = op.convert(tensors[0], "f32")
        each = len(answer.numbers)
        flat = op.reshape(numbers, self._constant(np.array([1, -1])), False).output(0)
        begin = self._constant(np.array([answer.start]))
        end = self._constant(np.array([answer.start + k * each]))
        axis = self._constant(np.array([1]))
        flat = op.slice(flat, begin, end, axis, axis)
        rows = op.reshape(flat, self._constant(np.array([1, k, each])), False)
        if len(tensors) > 1:
            sure = op.reshape(
                op.convert(tensors[1], "f32"), self._constant(np.array([1, -1, 1])), False
            )
            rows = op.concat([rows, self._first(sure.output(0), k)], 2)
        score, place = self._read_rows(rows, answer, named=len(tensors) > 1)
        if answer.gate:
            seen = op.reshape(
                op.convert(found(model, answer.gate), "f32"),
                self._constant(np.array([1, 1, 1])),
                False,
            )
            sure = op.greater_equal(seen, self._constant(np.full((1, 1, 1), 0.5, np.float32)))
            score = op.multiply(score, op.convert(sure, "f32"))
        return self._joined(op.reshape(place, self._constant(np.array([1, k, 2, 1])), False), score)

    def _people(self, tensors: list[Any], answer: Answer) -> Any:
        """Rows of numbers as (1, k, people, 3): the surest whose boxes are apart."""
        op, k, each = self.op, self._joints, len(answer.numbers)
        rows = op.convert(tensors[0], "f32").output(0)
        if answer.last:
            rows = op.transpose(rows, self._constant(np.array([0, 2, 1]))).output(0)
        rows = op.squeeze(rows, self._constant(np.array([0]))).output(0)
        letters, _, at = answer.box.partition("@")
        place = int(at or 0)
        box, sure = self._box(rows, letters, place)
        joints = rows
        if len(tensors) > 1:
            several = op.convert(tensors[1], "f32")
            joints = op.reshape(several, self._constant(np.array([-1, k * each])), False).output(0)
        chosen = op.non_max_suppression(
            op.unsqueeze(box, self._constant(np.array([0]))),
            op.reshape(sure, self._constant(np.array([1, 1, -1])), False),
            self._constant(np.array(_MOST_PEOPLE)),
            self._constant(np.array(answer.overlap, np.float32)),
            self._constant(np.array(answer.least, np.float32)),
            box_encoding="corner",
            output_type="i64",
        )
        number = op.gather(
            chosen.output(0), self._constant(np.array(2)), self._constant(np.array(1))
        )
        one = self._constant(np.array([1]))
        begin = self._constant(np.array([answer.start]))
        end = self._constant(np.array([answer.start + k * each]))
        numbers = op.slice(joints, begin, end, one, one)
        numbers = op.gather(numbers, number, self._constant(np.array(0)))
        several = op.reshape(numbers, self._constant(np.array([-1, k, each])), False)
        score, xy = self._read_rows(several, answer, named=False)
        points = op.concat([xy, score], 2)
        turned = op.transpose(points, self._constant(np.array([1, 0, 2])))
        return op.unsqueeze(turned, self._constant(np.array([0]))).output(0)

    # -- pieces ---------------------------------------------------------------------------

    def _box(self, rows: Any, letters: str, start: int) -> tuple[Any, Any]:
        """Left, up, right, down (n, 4) and the person's confidence (n,)."""
        op = self.op

        def column(letter: str) -> Any:
            at = self._constant(np.array(start + letters.index(letter)))
            return op.gather(rows, at, self._constant(np.array(1)))

        if "x" in letters:
            half = self._constant(np.array(0.5, np.float32))
            x, y = column("x"), column("y")
            w, h = op.multiply(column("w"), half), op.multiply(column("h"), half)
            edges = [op.subtract(x, w), op.subtract(y, h), op.add(x, w), op.add(y, h)]
        else:
            edges = [column(letter) for letter in "lurd"]
        axis = self._constant(np.array([1]))
        return op.concat([op.unsqueeze(edge, axis) for edge in edges], 1), column("s")

    def _read_rows(self, rows: Any, answer: Answer, *, named: bool) -> tuple[Any, Any]:
        """Confidences (n, k, 1) and places in input pixels (n, k, 2) of numbers (n, k, each)."""
        op = self.op
        letters = answer.numbers + "s" * named

        def columns(*which: str) -> Any:
            at = self._constant(np.array([letters.index(letter) for letter in which]))
            return op.gather(rows, at, self._constant(np.array(2)))

        width, height = self._description.size
        unit = np.array([answer.unit or width, answer.unit or height], np.float32)
        # What counts in shares, or from the corner of the first pixel, is half a pixel further.
        shift = -0.5 if answer.grid == "centres" else 0.0
        xy = op.multiply(columns("x", "y"), self._constant(unit.reshape(1, 1, 2)))
        xy = op.add(xy, self._constant(np.full((1, 1, 2), shift, np.float32)))
        if "s" in letters:
            score = columns("s")
            return (op.sigmoid(score) if answer.logits else score), xy
        one = op.multiply(columns("x"), self._constant(np.zeros((1, 1, 1), np.float32)))
        return op.add(one, self._constant(np.ones((1, 1, 1), np.float32))), xy

    def _highest(self, rows: Any) -> tuple[Any, Any]:
        """The greatest of the last axis of (1, k, n) and its number, (1, k, 1) each."""
        top = self.op.topk(
            rows, self._constant(np.array(1)), 2, "max", "value", index_element_type="i32"
        )
        return top.output(0), top.output(1)

    def _columns(self, index: Any, width: int) -> Any:
        """Column and row (1, k, 2, 1) of numbers of cells (1, k, 1)."""
        op = self.op
        across = self._constant(np.array(width, np.int32))
        x = op.convert(op.floor_mod(index, across), "f32")
        y = op.floor(op.divide(op.convert(index, "f32"), op.convert(across, "f32")))
        both = op.concat([x, y], 2)
        return op.reshape(both, self._constant(np.array([1, self._joints, 2, 1])), False)

    def _placed(self, cells: Any, affine: np.ndarray[Any, Any]) -> Any:
        """Input pixels (1, k, 2, 1) of cells."""
        scale = np.array([affine[0, 0], affine[1, 1]], np.float32).reshape(1, 1, 2, 1)
        shift = affine[:, 2].astype(np.float32).reshape(1, 1, 2, 1)
        return self.op.add(self.op.multiply(cells, self._constant(scale)), self._constant(shift))

    def _joined(self, place: Any, score: Any) -> Any:
        """Points (1, k, 1, 3) of places (1, k, 2, 1) and confidences (1, k, 1)."""
        op, k = self.op, self._joints
        places = op.reshape(place, self._constant(np.array([1, k, 1, 2])), False)
        sure = op.reshape(score, self._constant(np.array([1, k, 1, 1])), False)
        return op.concat([places, sure], 3).output(0)

    def _constant(self, values: np.ndarray[Any, Any]) -> Any:
        return self.op.constant(values)
