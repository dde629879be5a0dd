"""The card of a network: what goes in, what each stage returns, where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np

from poseviewer.codec.coords import CoordsCodec
from poseviewer.codec.dynamic import DynamicCodec
from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.offsets import OffsetCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.codec.points import PointsCodec
from poseviewer.core.affine import stage_to_input
from poseviewer.core.assets import weights
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.facts import graph_exported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.graphs import Graph

Precision = Literal["fp32", "bf16", "int8"]
"""What an engine calculates in."""

DEVICE_TITLES = {"cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU"}
"""What a person reads of a processor."""

_WIDEST = 3.0
"""The most extreme shape of an input; what is longer is shown with more around it."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How RGB bytes become a network's input: (px - mean) / scale per channel."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Subtracted, 0 to 255, in the network's channel order."""

    scale: tuple[float, float, float] = (255.0, 255.0, 255.0)
    """Divided by, in the network's channel order."""

    order: Literal["rgb", "bgr"] = "rgb"
    """The network's channel order; frames are always RGB."""

    def apply(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB bytes (n, h, w, 3) as the network wants them, float32 (n, 3, h, w)."""
        pixels = images[..., ::-1] if self.order == "bgr" else images
        planes = np.moveaxis(pixels, -1, 1).astype(np.float32)
        planes -= np.array(self.mean, np.float32).reshape(3, 1, 1)
        planes /= np.array(self.scale, np.float32).reshape(3, 1, 1)
        return planes


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A network, what goes in, what comes out of every stage, and where it is from."""

    name: str
    """Short name, as typed on the command line."""

    title: str
    """One line for people: what it is and after which paper."""

    family: str
    """`hourglass`, `cpm`, `deeppose`, `openpose`, `hrnet`, `vitpose`, `personlab`, or a name of its
    own."""

    skeleton: str
    """Name under resources/skeletons, or the path of a file like those; gives the order of the
    joints' channels."""

    input_size: tuple[int, int]
    """Width and height of the input, pixels; see `width_step`."""

    normalisation: Normalisation

    codec: HeatmapCodec | FieldCodec | OffsetCodec | CoordsCodec | PointsCodec | DynamicCodec
    """Turns joints into what a stage returns and back."""

    stages: tuple[StageSpec, ...]
    """One entry per tensor that the module returns, in order."""

    weights: str | Path | None
    """Stem of the files under weights/ that ship, or the file itself where it was imported;
    None where there is none."""

    licence: str
    """Of the weights where they ship, else of our code."""

    source: str
    """The paper, and what the weights were trained on."""

    parameters: int
    """Trainable parameters of the module."""

    build: Callable[[], nn.Module]
    """Makes the module with random weights; it maps float32 (n, 3, h, w), normalised, to a
    tuple of (n, channels, h / stride, w / stride), one per stage; of a cascade to
    (n, joints, 1, numbers), what each stage's network answers to that picture."""

    width_step: int | None = None
    """Where set, the network takes any width that divides by it, and the input's width follows
    the shape of what it is shown while the height stays (OpenPose, released code)."""

    corner_step: int | None = None
    """Where set, the longer side of the input stays, and the other one follows the shape of what it
    is shown; both are a multiple of it and one pixel more, so that cells lie on both ends."""

    region_margin: float = 1.35
    """Side of the square that a network for one person is shown, over the longer side of the box
    that the person detector puts about the joints. Tighter ones are finer on photos of COCO's val
    part (1.25: PCK@0.1 0.62, 1.5: 0.59), wider ones hold on to more of squat.mp4."""

    complete: bool = False
    """Whether `build` returns the trained module itself, so that no file of weights is needed."""

    fetched_as: str = ""
    """Name under which `resources/models.toml` has weights that others published of it."""

    graph: Graph | None = None
    """The network itself, where it was imported as a graph: OpenVINO alone runs it, and there is
    no module to `build`."""

    @property
    def everybody(self) -> bool:
        """Whether it finds all people in a picture by itself."""
        if isinstance(self.codec, PointsCodec):
            return self.codec.everybody
        return isinstance(self.codec, FieldCodec | OffsetCodec | DynamicCodec)

    @property
    def confirmed(self) -> bool:
        """Whether the person detector is asked about everybody that it finds."""
        if isinstance(self.codec, DynamicCodec):
            return self.codec.surely is not None
        return isinstance(self.codec, FieldCodec) and self.codec.rules.surely is not None

    def input_for(self, aspect: float) -> tuple[int, int]:
        """Width and height of the input that shows a region of width / height = `aspect`."""
        width, height = self.input_size
        if self.corner_step is not None:
            longer, step = max(width, height), self.corner_step
            bounded = min(max(aspect, 1 / _WIDEST), _WIDEST)
            shorter = ceil((longer * min(bounded, 1 / bounded) - 1) / step) * step + 1
            return (longer, shorter) if bounded >= 1 else (shorter, longer)
        if self.width_step is not None:
            bounded = min(max(aspect, 1 / _WIDEST), _WIDEST)
            width = max(round(bounded * height / self.width_step), 1) * self.width_step
        return width, height

    def to_input(self, number: int) -> NDArray[np.float64]:
        """2x3 affine from the cells of a stage, by its 0-based number, to pixels of the input."""
        stride = self.stages[number].stride
        if isinstance(self.codec, HeatmapCodec) and self.codec.stride == stride:
            return self.codec.to_input
        if isinstance(self.codec, OffsetCodec):
            # A cell lies on its first pixel (TensorFlow's padding).
            return np.array([[float(stride), 0.0, 0.0], [0.0, float(stride), 0.0]])
        return stage_to_input(stride)

    @property
    def background(self) -> bool:
        """Whether the last belief map of each stage is one of the background."""
        return not isinstance(self.codec, CoordsCodec) and self.codec.background

    @property
    def heatmaps(self) -> HeatmapCodec:
        """The codec of a network of belief maps.

        Raises:
            TypeError: Its stages are of another kind.
        """
        return _codec(self, HeatmapCodec)

    @property
    def fields(self) -> FieldCodec:
        """The codec of a network of beliefs and part affinity fields, which finds several people.

        Raises:
            TypeError: Its stages are of another kind.
        """
        return _codec(self, FieldCodec)

    @property
    def offsets(self) -> OffsetCodec:
        """The codec of a network of discs, offsets and displacements.

        Raises:
            TypeError: Its stages are of another kind.
        """
        return _codec(self, OffsetCodec)

    @property
    def coords(self) -> CoordsCodec:
        """The codec of a cascade of coordinates.

        Raises:
            TypeError: Its stages are of another kind.
        """
        return _codec(self, CoordsCodec)

    @property
    def weights_path(self) -> Path | None:
        """Where the weights should lie, whether they are there or not."""
        if isinstance(self.weights, str):
            return weights(f"{self.weights}.safetensors")
        return self.weights

    @property
    def trained(self) -> bool:
        """Whether weights are at hand, or what was exported of them."""
        path = self.weights_path
        if self.complete or path is None:
            return self.complete
        return path.is_file() or (isinstance(self.weights, str) and graph_exported(path))

    @property
    def published(self) -> bool:
        """Whether weights of ours belong to it, which not every installation has."""
        return isinstance(self.weights, str) and weights(f"{self.weights}.json").is_file()

    @property
    def lacking(self) -> str:
        """What to do where there are no weights, in a sentence."""
        if self.published:
            return (
                f"The model {self.name} is not in this installation: get it by Model > Get "
                f"networks or `poseviewer models get {self.name}`, or choose another."
            )
        ways = [
            "import a file by Model > Import network or `poseviewer models import FILE`",
            # Nothing makes what displacements and imported graphs are trained on.
            f"or train it by `poseviewer train {self.name}`",
        ]
        if isinstance(self.codec, OffsetCodec | PointsCodec):
            ways = [f"or {ways[0]}"]
        if self.fetched_as:
            get = f"`poseviewer models get {self.fetched_as}`"
            ways.insert(0, f"get {self.fetched_as} by Model > Get networks or {get}")
        return f"The model {self.name} has no weights here: {', '.join(ways).removeprefix('or ')}."


_Codec = TypeVar("_Codec", HeatmapCodec, FieldCodec, OffsetCodec, CoordsCodec)


def _codec(card: ModelCard, kind: type[_Codec]) -> _Codec:
    if not isinstance(card.codec, kind):
        msg = f"{card.name} has a {type(card.codec).__name__}, not a {kind.__name__}"
        raise TypeError(msg)
    return card.codec


def later(module: str, name: str, /, **settings: Any) -> Callable[[], nn.Module]:
    """A `build` that imports its module only when called: listing cards must not import torch.

    Args:
        module: Under poseviewer.models.
        name: The class or function there.
        settings: Its keyword arguments.
    """
    return partial(_built, module, name, settings)


def _built(module: str, name: str, settings: dict[str, Any]) -> nn.Module:
    make = getattr(import_module(f"poseviewer.models.{module}"), name)
    return cast("nn.Module", make(**settings))


def lenses(count: int, *, word: str, codec: HeatmapCodec, skeleton: str) -> tuple[StageSpec, ...]:
    """The stages of a network that was trained to answer at its end only.

    Args:
        count: Modules or blocks, each of which is read as if it were the last.
        word: What one is called.
        codec: Of the belief maps.
        skeleton: Its joints are the maps.
    """
    channels = load_skeleton(skeleton).joints
    return tuple(
        StageSpec(f"{word} {i + 1}", "heatmap", codec.stride, channels, supervised=i + 1 == count)
        for i in range(count)
    )
