"""The networks that a whole body needs beside that of the body, and what runs them together.

MediaPipe Holistic zooms: a network looks for the hand in a first crop and another reads it in a
second; so for the face (`modules/holistic_landmark`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from poseviewer.codec.look import COLOURS
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import Normalisation
from poseviewer.models.graph_files.adapted import StoredGraph
from poseviewer.models.graph_files.signature import sides, signature
from poseviewer.models.openvino_engine import OpenVinoEngine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard, Precision
    from poseviewer.models.graph_files.description import Description

PartName = Literal["hand_look", "hand", "face_look", "face"]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the networks."""

    name: PartName

    files: tuple[str, ...]
    """What its file is called in what MediaPipe publishes, without the ending."""

    side: int
    """Of its input, pixels."""

    numbers: tuple[int, ...]
    """How many numbers each tensor has that is read; of tensors of one size the first counts."""

    title: str
    normalisation: Normalisation

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the input, pixels."""
        return self.side, self.side


_UNIT = Normalisation()
_SIGNED = Normalisation(mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))

PARTS: tuple[Part, ...] = (
    Part("hand_look", ("hand_recrop",), 256, (4,), "re-crop of a hand", _UNIT),
    Part("hand", ("hand_landmark_full", "hand_landmark_lite"), 224, (63, 1), "hand", _UNIT),
    Part(
        "face_look", ("face_detection_short_range",), 128, (14336, 896), "detector of a face",
        _SIGNED,
    ),
    Part("face", ("face_landmark",), 192, (1404, 1), "face", _UNIT),
)  # fmt: skip
"""In the order in which they look."""


BODY, WHOLE = "blazepose-33", "holistic-203"
"""Skeletons of the body, and of all of it."""


WHERE: tuple[PartName, ...] = ("hand_look", "hand", "hand_look", "hand", "face_look", "face")
"""Which network each of `zoom_stages` is of."""


def zoom_stages(first: int) -> tuple[StageSpec, ...]:
    """The stages that follow those of the body: of each part where to look, and what is there.

    Args:
        first: Number of the first of them.
    """
    stages: list[StageSpec] = []
    for part in load_skeleton(WHOLE).details:
        at = first + len(stages)
        stages.append(StageSpec(f"{part.name} look", "look", 1, COLOURS, at + 1))
        stages.append(StageSpec(f"{part.name} zoom", "zoom", 1, COLOURS, at))
    return tuple(stages)


class PartGraph:
    """The graph of a part on disk, shown (1, 3, h, w); see `models.graphs.Graph`.

    Args:
        path: The .xml that OpenVINO wrote.
        part: Which.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self.path, self.part = path, part

    def shaped(self, shape: tuple[int, ...], ov: Any) -> Any:
        """The network as a model with the tensors that are read, each (1, numbers).

        Raises:
            RuntimeError: It is another network.
        """
        op = ov.opset13
        model = ov.Core().read_model(self.path)
        if not fits(model, self.part):
            msg = f"{self.path.name} is no {self.part.title}"
            raise RuntimeError(msg)
        picture = op.parameter(list(shape), np.float32, name="picture")
        order = op.constant(np.array([0, 2, 3, 1]))
        model.inputs[0].replace(op.transpose(picture, order).output(0))
        left = list(model.outputs)
        results = []
        for count in self.part.numbers:
            found = next(one for one in left if _count(one) == count)
            left.remove(found)
            flat = op.constant(np.array([1, count]))
            source = found.get_node().input_value(0)
            results.append(op.result(op.reshape(op.convert(source, "f32"), flat, False)))
        return ov.Model(results, [picture], self.part.name)


def fits(model: Any, part: Part) -> bool:
    """Whether a graph has the input and the outputs of a part."""
    about = signature(model)
    if [one.shape for one in about.inputs] != [(1, part.side, part.side, 3)]:
        return False
    have = [_count(one) for one in model.outputs]
    return all(have.count(count) >= part.numbers.count(count) for count in part.numbers)


def _count(port: Any) -> int:
    shape = sides(port.get_partial_shape())
    return int(np.prod(shape)) if min(shape, default=0) > 0 else -1


class ZoomGraph(StoredGraph):
    """The graph of a body, with those of the parts that it is zoomed into.

    Args:
        path: The .xml of the body.
        description: Of the body.
        joints: How many the body has.
        parts: The graphs of hands and face.
    """

    def __init__(
        self,
        path: Path,
        description: Description,
        *,
        joints: int,
        parts: Mapping[PartName, PartGraph],
    ) -> None:
        super().__init__(path, description, joints=joints)
        self.parts = dict(parts)


@dataclass(frozen=True, slots=True)
class _Described:
    name: str
    input_size: tuple[int, int]


class ZoomEngine:
    """Runs the network of a body, and by name those of hands and face.

    Args:
        body: Runs the body's.
        graph: Has those of the parts.
        precision: As of `OpenVinoEngine`.
        threads: As of `OpenVinoEngine`.

    Raises:
        OpenVinoError: One cannot be compiled.
    """

    def __init__(
        self, body: OpenVinoEngine, graph: ZoomGraph, *, precision: Precision, threads: int | None
    ) -> None:
        self._body = body
        self.name, self.device, self.label = body.name, body.device, body.label
        self.precision: Precision = body.precision
        self.notice = body.notice
        self._parts = {
            name: OpenVinoEngine(
                part,
                card=_Described(part.part.title, part.part.input_size),
                precision=precision,
                threads=threads,
            )
            for name, part in graph.parts.items()
        }

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """The maps of the body's stages; see `Engine.run`."""
        return self._body.run(batch, wanted)

    def look(self, part: PartName, crop: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """What a part's network answers to one crop (1, 3, h, w): flat tensors."""
        return [one[0] for one in self._parts[part].run(crop)]


def graph_engine(
    card: ModelCard, *, precision: Precision, threads: int | None
) -> OpenVinoEngine | ZoomEngine:
    """What runs a network that was imported as a graph, and the parts of a whole body.

    Raises:
        OpenVinoError: OpenVINO is not installed, or does not run it.
    """
    graph = card.graph
    assert graph is not None
    further = graph.further if isinstance(graph, StoredGraph) else 0
    body = OpenVinoEngine(graph, card=card, precision=precision, threads=threads, further=further)
    if not isinstance(graph, ZoomGraph):
        return body
    return ZoomEngine(body, graph, precision=precision, threads=threads)


def parts_among(names: Iterable[str]) -> dict[PartName, str] | None:
    """The names, of those in an archive, that lead to the parts; None where one is missing."""
    stems = {name.rpartition("/")[2].rpartition(".")[0]: name for name in names}
    found: dict[PartName, str] = {}
    for part in PARTS:
        name = next((stems[file] for file in part.files if file in stems), None)
        if name is None:
            return None
        found[part.name] = name
    return found
