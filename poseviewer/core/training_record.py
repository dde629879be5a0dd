"""What was seen of a training run: a file of one JSON object a line, which grows as it goes on.

The first line says what learns, with pictures of mannequins; the others are losses with gradients,
accuracy on held-out people, or belief maps on the pictures. A file that ends within a line is whole
up to there, so it can be read while it is written. A number that is none, as of a training that
diverges, is null.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import sys
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import (
    json_cost,
    listing,
    mapping,
    numbers,
    read_bytes,
    reading,
    whole,
    word,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

ENDING = ".training.jsonl"

PICTURES = 4
"""Of mannequins, on which the maps are drawn, at most."""

_LARGEST = 64 << 20
_KINDS = "step", "judged", "maps"
_MOST_LAYERS, _MOST_STAGES, _LARGEST_SIDE = 2_000, 32, 512


class NothingRecordedError(PoseViewerError):
    """Nothing is recorded of a run yet."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Nothing is recorded in {name} yet: it appears as soon as it is.")


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Belief maps on the pictures at one moment."""

    step: int
    beliefs: NDArray[np.uint8]
    """(p, stages, h, w) the highest belief of any joint, 0 to 255 for 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRecord:
    """A training run, as far as it has come."""

    model: str
    supervised: str
    """`every` stage, or the `last` one alone."""
    stages: tuple[str, ...]
    layers: tuple[str, ...]
    """Names of the layers with weights, from the input to the output."""
    stage_of: NDArray[np.int64]
    """(layers,) the first stage whose answer each layer is part of, from 0."""
    pictures: NDArray[np.uint8]
    """(p, h, w, 3) RGB."""
    steps: NDArray[np.int64]
    """(n,) rising."""
    losses: Reals
    """(n, stages); those of stages that are not supervised are measured all the same. NaN where
    one is no number."""
    gradients: Reals
    """(n, layers) mean size of the loss's gradient, before it is limited; NaN as in `losses`."""
    judged: NDArray[np.int64]
    """(m,) steps after which accuracy was measured."""
    pck: Reals
    """(m, stages) PCK@0.2 on held-out people, 0 to 1; NaN where nobody is held out."""
    maps: tuple[Maps, ...]


def coded(array: NDArray[np.uint8]) -> dict[str, Any]:
    """An array as JSON has it."""
    packed = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
    return {"shape": list(array.shape), "data": packed}


def _decoded(value: Any, what: str, *, dimensions: int, budget: MemoryBudget) -> NDArray[np.uint8]:
    table = mapping(value, what)
    shape = [whole(n, what, low=1, high=_LARGEST_SIDE) for n in listing(table["shape"], what)]
    size = int(np.prod(shape))
    if len(shape) != dimensions or size > _LARGEST:
        msg = f"{what} have an impossible size"
        raise ValueError(msg)
    budget.take(size)
    try:
        packed = base64.b64decode(word(table["data"], what, longest=_LARGEST), validate=True)
        # One byte more tells an array that is too long from one that fits.
        plain = zlib.decompressobj().decompress(packed, size + 1)
    except (binascii.Error, zlib.error):
        plain = b""
    if len(plain) != size:
        msg = f"{what} are damaged"
        raise ValueError(msg)
    return np.frombuffer(plain, np.uint8).reshape(shape)


def read_training(path: Path) -> TrainingRecord:
    """Read what was recorded so far.

    Raises:
        NothingRecordedError: Its first line is not there yet.
        PoseViewerError: It cannot be read, or is no such file.
    """
    with reading(path.name, kind="the record of a training run"):
        text = read_bytes(path, most=_LARGEST)
        # The last line may be half written.
        lines = text[: text.rfind(b"\n") + 1].splitlines()
        if not lines:
            raise NothingRecordedError(path.name)
        budget = MemoryBudget(path.name)
        budget.take(json_cost(text))
        record = _begun(_entry(lines[0]), budget)
        found: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
        for line in lines[1:]:
            entry = _entry(line)
            kind = word(entry["kind"], "a kind")
            if kind not in _KINDS:
                msg = f"it has a line of a kind that is not known, {kind!r}"
                raise ValueError(msg)
            found[kind].append(entry)
        return _filled(record, found, budget)


def _entry(line: bytes) -> dict[str, Any]:
    """A line as a table; what Python writes for numbers that are none becomes null."""
    return mapping(json.loads(line, parse_constant=lambda _: None), "a line")


def _begun(head: dict[str, Any], budget: MemoryBudget) -> TrainingRecord:
    stages = tuple(word(name, "a stage") for name in listing(head["stages"], "stages"))
    layers = tuple(word(name, "a layer") for name in listing(head["layers"], "layers"))
    stage_of = [
        whole(n, "a stage", low=0, high=len(stages) - 1)
        for n in listing(head["stage_of"], "the stages of layers")
    ]
    too_many = len(stages) > _MOST_STAGES or len(layers) > _MOST_LAYERS
    if too_many or not stages or not layers or len(stage_of) != len(layers):
        msg = "its layers and stages do not fit"
        raise ValueError(msg)
    pictures = _decoded(head["pictures"], "pictures", dimensions=4, budget=budget)
    if len(pictures) > PICTURES or pictures.shape[-1] != 3:
        msg = "its pictures are none"
        raise ValueError(msg)
    none = np.empty(0, np.int64)
    return TrainingRecord(
        word(head["model"], "the network"), word(head["supervised"], "what is supervised"),
        stages, layers, np.array(stage_of, np.int64), pictures,
        none, np.empty((0, len(stages))), np.empty((0, len(layers))),
        none, np.empty((0, len(stages))), (),
    )  # fmt: skip


def _filled(
    record: TrainingRecord, found: dict[str, list[Any]], budget: MemoryBudget
) -> TrainingRecord:
    stages, layers = len(record.stages), len(record.layers)

    def steps(kind: str) -> NDArray[np.int64]:
        rows = [whole(one["step"], "a step", low=0, high=1 << 40) for one in found[kind]]
        made = np.array(rows, np.int64)
        if (np.diff(made) <= 0).any():
            msg = "its steps do not rise"
            raise ValueError(msg)
        return made

    def rows(kind: str, name: str, width: int, *, most: float) -> Reals:
        made = [_figures(one[name], name, width=width, most=most) for one in found[kind]]
        return np.array(made).reshape(-1, width)

    places = steps("maps").tolist()
    maps = []
    for step, one in zip(places, found["maps"], strict=True):
        beliefs = _decoded(one["maps"], "maps", dimensions=4, budget=budget)
        if beliefs.shape[:2] != (len(record.pictures), stages):
            msg = "its maps are not of its stages"
            raise ValueError(msg)
        maps.append(Maps(step, beliefs))
    largest = sys.float_info.max
    return replace(
        record,
        steps=steps("step"), losses=rows("step", "losses", stages, most=largest),
        gradients=rows("step", "gradients", layers, most=largest),
        judged=steps("judged"), pck=rows("judged", "pck", stages, most=1.0), maps=tuple(maps),
    )  # fmt: skip


def _figures(value: Any, name: str, *, width: int, most: float) -> Reals:
    """Numbers of a line; NaN for those that are null."""
    row = listing(value, name)
    found = numbers([0 if one is None else one for one in row], name, shape=(width,), most=most)
    found[[one is None for one in row]] = math.nan
    return found
