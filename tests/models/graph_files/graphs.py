"""Small ONNX graphs with the inputs and outputs of published networks, and random numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Maker:
    """Puts a graph together, node by node."""

    shape: tuple[int, ...]
    """Of the input."""

    kind: int = TensorProto.FLOAT
    nhwc: bool = False
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    numbers: list[onnx.TensorProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def __post_init__(self) -> None:
        """Begin with the picture as real numbers, channels first."""
        self.node("Cast", ["input"], "real", to=TensorProto.FLOAT)
        order = [0, 3, 1, 2] if self.nhwc else [0, 1, 2, 3]
        self.node("Transpose", ["real"], "picture", perm=order)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input."""
        height, width = self.shape[1:3] if self.nhwc else self.shape[2:4]
        return width, height

    def node(self, op: str, inputs: list[str], output: str, **settings: object) -> str:
        """Add a node of one output."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **settings))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add numbers."""
        self.numbers.append(numpy_helper.from_array(values, name))
        return name

    def maps(self, name: str, channels: int, *, stride: int, given: str = "picture") -> str:
        """Maps of one convolution, small where the input is in bytes."""
        deep = self.shape[3] if self.nhwc else self.shape[1]
        deep = deep if given == "picture" else 8
        # Of many numbers a sum would depend on their order.
        first = min(stride, 8)
        spread = 0.3 / (deep * first * first) ** 0.5
        kernel = self.rng.normal(0, spread, (channels, deep, first, first)).astype(np.float32)
        weights = self.constant(f"{name}/weights", kernel)
        bias = self.constant(f"{name}/bias", self.rng.normal(0, 1, channels).astype(np.float32))
        steps = {"strides": [first, first], "kernel_shape": [first, first]}
        small = name if first == stride else f"{name}/small"
        self.node("Conv", [given, weights, bias], small, **steps)
        if first < stride:
            rest = [stride // first, stride // first]
            self.node("AveragePool", [small], name, strides=rest, kernel_shape=rest)
        return name

    def reshaped(self, given: str, name: str, shape: list[int]) -> str:
        """The same numbers in another shape."""
        return self.node("Reshape", [given, self.constant(f"{name}/shape", np.array(shape))], name)

    def linear(self, given: str, name: str, inside: int, outside: int) -> str:
        """A product along the last axis."""
        matrix = self.rng.normal(0, inside**-0.5, (inside, outside)).astype(np.float32)
        return self.node("MatMul", [given, self.constant(f"{name}/matrix", matrix)], name)

    def output(self, name: str, shape: list[int | str]) -> None:
        """Name an output."""
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def write(self, path: Path) -> Path:
        """Save the graph."""
        given = helper.make_tensor_value_info("input", self.kind, self.shape)
        graph = helper.make_graph(self.nodes, "network", [given], self.outputs, self.numbers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 9
        onnx.checker.check_model(model)
        onnx.save_model(model, path)
        return path


def hrnet(path: Path, *, joints: int = 17) -> Path:
    """Maps of a quarter of 192 x 256 after a layer of features."""
    make = Maker((1, 3, 256, 192))
    make.node("Relu", [make.maps("stem", 8, stride=2)], "features")
    make.maps("output", joints, stride=2, given="features")
    make.output("output", [1, joints, 64, 48])
    return make.write(path)


def vitpose(path: Path) -> Path:
    """The same with an attention before the maps."""
    make = Maker((1, 3, 256, 192))
    make.node("Softmax", [make.maps("patches", 8, stride=4)], "attention", axis=1)
    make.maps("output_0", 17, stride=1, given="attention")
    make.output("output_0", [1, 17, 64, 48])
    return make.write(path)


def rtmpose(path: Path, *, joints: int = 17, size: tuple[int, int] = (192, 256)) -> Path:
    """Two rows of bins a joint, two bins a pixel."""
    width, height = size
    make = Maker((1, 3, height, width))
    cells = (height // 32) * (width // 32)
    flat = make.reshaped(make.maps("maps", joints, stride=32), "flat", [1, joints, cells])
    for name, side in (("simcc_x", width), ("simcc_y", height)):
        make.linear(flat, name, cells, 2 * side)
        make.output(name, [1, joints, 2 * side])
    return make.write(path)


def yolo(path: Path, *, joints: int = 17, chosen: bool = False) -> Path:
    """Rows of a box, its confidence and joints; with a class, and chosen already, where told."""
    make = Maker((1, 3, 320, 320))
    wide = (6 if chosen else 5) + 3 * joints
    flat = make.reshaped(make.maps("maps", wide, stride=32), "flat", [1, wide, 100])
    # Boxes of some 80 pixels, wherever, and confidences of 0 to 1.
    gain = np.full((1, wide, 1), 8, np.float32)
    shift = make.rng.uniform(40, 280, (1, wide, 100)).astype(np.float32)
    shift[:, 2:4] = shift[:, :2] + 80 if chosen else 80
    sure = [4, *range(wide - 3 * joints + 2, wide, 3)]
    gain[:, sure], shift[:, sure] = 0.01, make.rng.uniform(0, 1, (len(sure), 100))
    big = make.node("Mul", [flat, make.constant("gain", gain)], "big")
    moved = make.node("Add", [big, make.constant("shift", shift)], "output0_raw")
    if chosen:
        make.node("Transpose", [moved], "output0", perm=[0, 2, 1])
        make.output("output0", [1, 100, wide])
    else:
        make.node("Identity", [moved], "output0")
        make.output("output0", [1, wide, 100])
    return make.write(path)


def rtmo(path: Path) -> Path:
    """Boxes with confidences, and joints of each, as RTMO's exports have them."""
    make = Maker((1, 3, 320, 320))
    flat = make.reshaped(make.maps("maps", 56, stride=80), "flat", [1, 56, 16])
    shift = make.rng.uniform(40, 240, (1, 56, 16)).astype(np.float32)
    shift[:, 2:4], shift[:, 4] = shift[:, :2] + 80, make.rng.uniform(0, 1, 16)
    # It is shown bytes, so its maps are large.
    gain = np.full((1, 56, 1), 0.05, np.float32)
    gain[:, 4] = 1e-4
    big = make.node("Mul", [flat, make.constant("gain", gain)], "big")
    moved = make.node("Add", [big, make.constant("shift", shift)], "moved")
    rows = make.node("Transpose", [moved], "rows", perm=[0, 2, 1])
    begin, end, axis = (make.constant(n, np.array([v])) for n, v in (("b", 0), ("e", 5), ("a", 2)))
    make.node("Slice", [rows, begin, end, axis], "dets")
    last = make.constant("l", np.array([56]))
    joints = make.node("Slice", [rows, end, last, axis], "joints")
    make.reshaped(joints, "keypoints", [1, 16, 17, 3])
    make.output("dets", [1, 16, 5])
    make.output("keypoints", [1, 16, 17, 3])
    return make.write(path)


def movenet(path: Path, *, side: int = 192) -> Path:
    """Whole numbers in, one person's y, x and confidence in shares out."""
    make = Maker((1, side, side, 3), kind=TensorProto.INT32, nhwc=True)
    mean = make.maps("maps", 51, stride=side)
    make.node("Sigmoid", [mean], "shares")
    make.reshaped("shares", "output_0", [1, 1, 17, 3])
    make.output("output_0", [1, 1, 17, 3])
    return make.write(path)


def sleap(path: Path, *, joints: int = 5) -> Path:
    """Peaks of one animal in grey pictures of bytes, as sleap-nn exports them."""
    make = Maker((1, 1, 64, 96), kind=TensorProto.UINT8)
    maps = make.maps("confmaps", joints, stride=4)
    flat = make.reshaped(maps, "flat", [1, joints, 16 * 24])
    make.node("ReduceMax", [flat], "peak_vals", axes=[2], keepdims=0)
    index = make.node("ArgMax", [flat], "index", axis=2, keepdims=0)
    across = make.constant("across", np.array(24))
    x, y = make.node("Mod", [index, across], "x"), make.node("Div", [index, across], "y")
    axis = make.constant("axis", np.array([2]))
    pairs = [make.node("Unsqueeze", [one, axis], f"{one}/1") for one in (x, y)]
    both = make.node("Concat", pairs, "cells", axis=2)
    real = make.node("Cast", [both], "cells/real", to=TensorProto.FLOAT)
    make.node("Mul", [real, make.constant("stride", np.array(4, np.float32))], "peaks")
    make.output("peaks", [1, joints, 2])
    make.output("peak_vals", [1, joints])
    return make.write(path)


def deeplabcut(path: Path, *, joints: int = 4) -> Path:
    """Maps and offsets of one animal, as DeepLabCut 3 gives them."""
    make = Maker((1, 3, 128, 160))
    make.maps("heatmap", joints, stride=8)
    make.maps("locref", 2 * joints, stride=8)
    make.output("heatmap", [1, joints, 16, 20])
    make.output("locref", [1, 2 * joints, 16, 20])
    return make.write(path)


def unknown(path: Path) -> Path:
    """A network that classifies."""
    make = Maker((1, 3, 64, 64))
    make.reshaped(make.maps("maps", 10, stride=64), "classes", [1, 10])
    make.output("classes", [1, 10])
    return make.write(path)


def wordy(path: Path) -> Path:
    """A network that takes no picture but ten numbers of each of four words."""
    make = Maker((1, 10, 2, 2))
    make.reshaped("picture", "answer", [1, 40])
    make.output("answer", [1, 40])
    return make.write(path)


def fixed(path: Path, side: int, answers: dict[str, np.ndarray]) -> Path:
    """A graph shown (1, side, side, 3) that answers the same to every picture."""
    make = Maker((1, side, side, 3), nhwc=True)
    make.node("ReduceMean", ["picture"], "mean", keepdims=0)
    make.node("Mul", ["mean", make.constant("nothing", np.zeros((), np.float32))], "zero")
    for name, values in answers.items():
        known = make.constant(f"{name}/values", values.astype(np.float32))
        make.node("Add", [known, "zero"], name)
        make.output(name, list(values.shape))
    return make.write(path)


def blazepose(
    path: Path,
    points: np.ndarray,
    *,
    world: np.ndarray | None = None,
    seen: float = 1.0,
) -> Path:
    """BlazePose, with 39 points (39, 5) of x, y, z and two logits, and places in metres (39, 3)."""
    return fixed(
        path,
        256,
        {
            "Identity": points.reshape(1, 195),
            "Identity_1": np.full((1, 1), seen),
            "Identity_2": np.zeros((1, 256, 256, 1)),
            "Identity_3": np.zeros((1, 64, 64, 39)),
            "Identity_4": (np.zeros((39, 3)) if world is None else world).reshape(1, 117),
        },
    )


def holistic(
    folder: Path,
    *,
    look: tuple[float, float, float, float] = (128, 128, 128, 192),
    presence: float = 0.9,
    face: float = 5.0,
) -> dict[str, Path]:
    """The networks of hands and face by the names of their files.

    Args:
        folder: Where they are written.
        look: Centre and scale point of the re-crop of a hand, pixels of its crop from its edge.
        presence: Of a hand.
        face: Logit of a face.
    """
    hand = np.zeros((21, 3))
    hand[:, :2] = 112
    hand[4, :2] = 112, 12
    mesh = np.zeros((468, 3))
    mesh[:, :2] = 96
    offsets = np.zeros((1, 896, 16))
    logits = np.full((1, 896, 1), -20.0)
    # The anchor at 60, 60 pixels: eyes 20 apart, the rest of the face below.
    logits[0, 2 * (7 * 16 + 7)] = 3.0
    offsets[0, 2 * (7 * 16 + 7)] = (
        *(0, 0, 40, 40), *(-10, -10), *(10, -10), *(0, 0), *(0, 10), *(-10, 0), *(10, 0),
    )  # fmt: skip
    nets: dict[str, tuple[int, dict[str, np.ndarray]]] = {
        "hand_recrop": (256, {"crop": np.array(look).reshape(1, 1, 1, 4)}),
        "hand_landmark_full": (
            224,
            {
                "Identity": hand.reshape(1, 63),
                "Identity_1": np.full((1, 1), presence),
                "Identity_2": np.full((1, 1), 0.3),
                "Identity_3": np.ones((1, 63)),
            },
        ),
        "face_detection_short_range": (128, {"regressors": offsets, "classificators": logits}),
        "face_landmark": (
            192,
            {"mesh": mesh.reshape(1, 1, 1, 1404), "flag": np.full((1, 1, 1, 1), face)},
        ),
    }
    return {
        name: fixed(folder / f"{name}.onnx", side, answers)
        for name, (side, answers) in nets.items()
    }
