"""The small card of a graph: what it is shown, and what its tensors mean.

A graph says the shapes of its inputs and outputs, not what they are. The description says that: it
is recognised by `known`, read from a JSON or TOML file, or put together in the window.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from poseviewer.codec.points import Grid
from poseviewer.core.reading import (
    listing,
    mapping,
    number,
    read_json,
    read_text,
    reading,
    whole,
    word,
)
from poseviewer.models.card import Normalisation

if TYPE_CHECKING:
    from pathlib import Path

Layout = Literal["nchw", "nhwc"]
"""Whether the channels of maps stand before their rows and columns, or after them."""

AnswerKind = Literal["heatmaps", "offsets", "simcc", "points", "people"]
"""What joints are read from: the peaks of maps; the same moved by offsets; two rows of bins a
joint; numbers of one person; rows of numbers, one a candidate."""

StageUse = Literal["heatmap", "vectors", "map", "features"]
"""How an inner tensor is shown: kinds of stages."""

ANSWERS: tuple[AnswerKind, ...] = get_args(AnswerKind)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
GRIDS: tuple[Grid, ...] = get_args(Grid)
USES: tuple[StageUse, ...] = get_args(StageUse)

_LARGEST_SIDE = 8192
_MOST_JOINTS = 1024
_MOST_STAGES = 64
_FILE = 1 << 20
"""Bytes of a description at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the joints are in what the graph answers."""

    kind: AnswerKind

    outputs: tuple[str, ...]
    """Names of tensors. Of `heatmaps` the maps; of `offsets` maps and offsets; of `simcc` the bins
    across and down; of `points` the numbers, or the places and their confidences; of `people` the
    rows, or boxes and joints."""

    layout: Layout = "nchw"
    """Of the maps."""

    logits: bool = False
    """Whether a sigmoid makes the confidences (or the maps) of the numbers."""

    grid: Grid = "centres"
    """Where cells lie on the input."""

    sigma: float = 2.0
    """Standard deviation of a peak, cells."""

    numbers: str = "xys"
    """What the numbers of one joint are, in order: `x`, `y`, a depth `z` on their scale, the
    confidence `s`, others `_`."""

    halves: bool = False
    """Of `offsets`: whether one axis of all joints comes before the other, instead of pairs."""

    start: int = 0
    """Where in a row the first joint's numbers begin."""

    unit: float = 1.0
    """Input pixels of one: 1 for pixels, 0 for shares of width and height."""

    last: bool = False
    """Whether the rows of `people` are the last axis, (numbers, rows)."""

    box: str = ""
    """What the first numbers of a row (or of a box) are: letters of `xywh` about the middle, of
    `lurd` for the edges left, up, right, down; `s` for the person's confidence, `_` for others.
    `@` and a number say where they begin, as in `uldrs@51`."""

    least: float = 0.3
    """The person's confidence from which a row is a person."""

    overlap: float = 0.65
    """Intersection over union from which two boxes are one person; 1 where the graph has chosen."""

    gate: str = ""
    """Of one person: the tensor that says whether anybody is seen, 0 to 1; empty without one."""

    axis: tuple[int, ...] = ()
    """Of `points`: numbers of the two that say how the body lies, its middle and a point above it
    on the circle around all of it; such a network is shown the person upright."""

    world: str = ""
    """Of `points`: the tensor of x, y, z in metres of every joint; empty without one."""


@dataclass(frozen=True, slots=True)
class Inner:
    """A tensor that is shown as a stage before the answer."""

    source: str
    """Name of the operation or tensor, `:` and the number of its output where it has several."""

    title: str

    use: StageUse = "features"

    layout: Layout = "nchw"

    logits: bool = False
    """Whether a sigmoid is applied."""

    flipped: bool = False
    """Whether vectors are written y before x."""

    halves: bool = False
    """Whether all of one axis come before all of the other, instead of pairs."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a graph is shown and what comes out of it."""

    title: str
    """One line for people."""

    skeleton: str
    """Name of a skeleton that comes with the program; empty where `joints` are its own."""

    size: tuple[int, int]
    """Input width and height, pixels."""

    answer: Answer

    input: str = ""
    """Name of the input; the only one where empty."""

    layout: Layout = "nchw"
    """Of the input."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (255.0, 255.0, 255.0)
    order: Literal["rgb", "bgr"] = "rgb"

    joints: tuple[str, ...] = ()
    """Names of joints that no skeleton of the program has in this order."""

    bones: tuple[tuple[int, int], ...] = ()
    """Pairs of numbers of `joints`."""

    stages: tuple[Inner, ...] = ()
    """Tensors that are shown, in order."""

    margin: float = 1.35
    """Side of what a network of one person is shown, over the box around the person."""

    licence: str = "not stated in the file; ask its author"

    source: str = "imported"

    @property
    def normalisation(self) -> Normalisation:
        """How bytes become the graph's numbers."""
        return Normalisation(mean=self.mean, scale=self.scale, order=self.order)


def as_json(description: Description) -> dict[str, Any]:
    """The description as JSON holds it; what is as usual is left out."""
    plain = asdict(description)
    usual = {f.name: f.default for f in fields(Description)}
    plain = {key: value for key, value in plain.items() if value != usual.get(key, ...)}
    answers = {f.name: f.default for f in fields(Answer)}
    plain["answer"] = {
        key: value for key, value in plain["answer"].items() if value != answers.get(key, ...)
    }
    # Tuples become lists.
    made: dict[str, Any] = json.loads(json.dumps(plain))
    return made


def from_json(value: Any) -> Description:
    """The description that JSON or TOML holds.

    Raises:
        ValueError: It is none, or an entry is not what it should be; a clause.
    """
    table = dict(mapping(value, "it"))
    unknown = sorted(table.keys() - {f.name for f in fields(Description)})
    if unknown:
        msg = f"it has the unknown entry {unknown[0]!r}"
        raise ValueError(msg)
    answer = _answer(mapping(table["answer"], "its answer"))
    stages = [_inner(mapping(one, "a stage")) for one in listing(table.get("stages", []), "stages")]
    if len(stages) > _MOST_STAGES:
        msg = f"it has more than {_MOST_STAGES} stages"
        raise ValueError(msg)
    joints = tuple(word(one, "a joint", longest=80) for one in table.get("joints", ()))
    if len(joints) > _MOST_JOINTS or len(set(joints)) < len(joints):
        msg = f"it has more than {_MOST_JOINTS} joints, or two of one name"
        raise ValueError(msg)
    width, height = (
        whole(side, "a side of its input", low=8, high=_LARGEST_SIDE)
        for side in listing(list(table["size"]), "its size")
    )
    made = Description(
        title=word(table["title"], "its title", longest=300),
        skeleton=_text(table.get("skeleton", ""), "its skeleton"),
        size=(width, height),
        answer=answer,
        input=_text(table.get("input", ""), "its input"),
        layout=_among(table.get("layout", "nchw"), LAYOUTS, "its layout"),
        order=_among(table.get("order", "rgb"), ("rgb", "bgr"), "its order"),
        joints=joints,
        bones=tuple(_bone(bone, len(joints)) for bone in table.get("bones", ())),
        stages=tuple(stages),
        margin=number(table.get("margin", 1.35), "its margin", low=0.5, high=5),
    )
    if bool(made.skeleton) == bool(made.joints):
        msg = "it names either a skeleton or joints"
        raise ValueError(msg)
    return replace(
        made,
        mean=_three(table.get("mean", made.mean), "its mean", low=-1e6),
        scale=_three(table.get("scale", made.scale), "its scale", low=1e-6),
        licence=word(table.get("licence", made.licence), "its licence", longest=1000),
        source=word(table.get("source", made.source), "its source", longest=1000),
    )


def read_description(path: Path) -> Description:
    """The description in a JSON or TOML file.

    Raises:
        PoseViewerError: It is none.
    """
    with reading(path.name, kind="a card of a network", advice="correct it or choose another"):
        if path.suffix.lower() == ".toml":
            return from_json(tomllib.loads(read_text(path, most=_FILE)))
        return from_json(read_json(path))


def _answer(table: dict[str, Any]) -> Answer:
    _known(table, Answer)
    outputs = tuple(word(one, "an output") for one in listing(list(table["outputs"]), "outputs"))
    usual = {f.name: f.default for f in fields(Answer)}
    table = {**usual, **table}
    return Answer(
        kind=_among(table["kind"], ANSWERS, "the kind of its answer"),
        outputs=outputs,
        layout=_among(table["layout"], LAYOUTS, "the layout of its answer"),
        logits=_truth(table["logits"], "logits"),
        grid=_among(table["grid"], GRIDS, "its grid"),
        sigma=number(table["sigma"], "its sigma", low=0.1, high=100),
        numbers=_letters(table["numbers"], "xyzs_", "its numbers"),
        halves=_truth(table["halves"], "halves"),
        start=whole(table["start"], "its start", low=0, high=1 << 20),
        unit=number(table["unit"], "its unit", low=0, high=1e6),
        last=_truth(table["last"], "last"),
        box=_text(table["box"], "its box"),
        least=number(table["least"], "its least", low=0, high=1),
        overlap=number(table["overlap"], "its overlap", low=0, high=1),
        gate=_text(table["gate"], "its gate"),
        axis=_axis(table["axis"]),
        world=_text(table["world"], "its world"),
    )


def _inner(table: dict[str, Any]) -> Inner:
    _known(table, Inner)
    return Inner(
        source=word(table["source"], "the source of a stage"),
        title=word(table["title"], "the title of a stage", longest=80),
        use=_among(table.get("use", "features"), USES, "the use of a stage"),
        layout=_among(table.get("layout", "nchw"), LAYOUTS, "the layout of a stage"),
        logits=_truth(table.get("logits", False), "logits"),
        flipped=_truth(table.get("flipped", False), "flipped"),
        halves=_truth(table.get("halves", False), "halves"),
    )


def _known(table: dict[str, Any], kind: type[Answer | Inner]) -> None:
    unknown = sorted(table.keys() - {f.name for f in fields(kind)})
    if unknown:
        msg = f"it has the unknown entry {unknown[0]!r}"
        raise ValueError(msg)


def _text(value: Any, what: str) -> str:
    return word(value, what, longest=1000) if value != "" else ""


_Choice = TypeVar("_Choice", bound=str)


def _among(value: Any, choices: tuple[_Choice, ...], what: str) -> _Choice:
    for choice in choices:
        if value == choice:
            return choice
    msg = f"{what} is none of {', '.join(choices)}"
    raise ValueError(msg)


def _letters(value: Any, allowed: str, what: str) -> str:
    text = word(value, what, longest=64)
    if set(text) - set(allowed) or text.count("x") != 1 or text.count("y") != 1:
        msg = f"{what} are no letters of {allowed} with one x and one y"
        raise ValueError(msg)
    return text


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        msg = f"its {what} is neither true nor false"
        raise ValueError(msg)
    return value


def _axis(value: Any) -> tuple[int, ...]:
    points = listing(list(value), "its axis")
    found = tuple(whole(one, "a point", low=0, high=_MOST_JOINTS) for one in points)
    if len(found) not in (0, 2):
        msg = "its axis is no pair of points"
        raise ValueError(msg)
    return found


def _three(value: Any, what: str, *, low: float) -> tuple[float, float, float]:
    a, b, c = (number(one, what, low=low, high=1e6) for one in listing(list(value), what))
    return a, b, c


def _bone(value: Any, joints: int) -> tuple[int, int]:
    a, b = (whole(one, "a bone", low=0, high=joints - 1) for one in listing(list(value), "a bone"))
    return a, b
