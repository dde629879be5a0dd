"""What a batch does with one clip, and what became of it: a small file that other machines read.

It lies in the output folder under `clips/`. A clip is done where its file says so, of the same clip
and the same options, and every output is there; whichever process or machine wrote it.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file, write_errors
from poseviewer.core.reading import (
    listing,
    mapping,
    number,
    read_json,
    reading,
    whole,
    word,
)
from poseviewer.runtime.clip_results import without_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from poseviewer.core.result import FrameResult

RECORDS = "clips"
"""The folder of these files, in the output folder."""

VERSION = 1
CURVE = 240
"""Points of a curve, at most."""

_STATES = ("started", "done", "failed")
_MOST_OUTPUTS = 64
_MOST_ANGLES = 512
_THUMBNAIL = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_DEGREES = 1e5
_LONG = 1e12


@dataclass(frozen=True, slots=True)
class BatchTask:
    """One clip of a batch; goes to other processes and machines."""

    location: str
    """Of the clip."""

    name: str
    """What its outputs are called in the folder, without an ending; may hold slashes."""

    folder: str
    """Where outputs go."""

    options: tuple[str, ...] = ()
    """As the command `export` takes them."""

    ending: str = ""
    """Of the picture, such as `.mp4`; empty for data alone."""

    threads: int = 1
    """Of the network."""

    saving: str | None = ""
    """Folder of saved results; the user's own where empty, none where None."""

    redo: bool = False
    """Whether to do again what is done."""

    @property
    def output(self) -> Path:
        """What the picture is called, or what data is named after."""
        return Path(self.folder) / (self.name + (self.ending or ".data"))

    @property
    def record(self) -> Path:
        """The file that says what became of it."""
        return Path(self.folder) / RECORDS / f"{self.name}.json"

    @property
    def asked(self) -> tuple[str, ...]:
        """What decides about the outputs: options and ending."""
        return (*self.options, self.ending)


@dataclass(frozen=True, slots=True)
class Span:
    """An angle over a clip, degrees."""

    low: float
    high: float
    mean: float
    measured: int
    """Frames that have it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clip."""

    location: str
    name: str
    asked: tuple[str, ...]
    """Options and ending that it was done with."""
    state: str = "started"
    """`started`, `done` or `failed`."""
    stamp: tuple[int, int] = (0, 0)
    """Size and time of change (ns) of the file."""
    error: str = ""
    """Why it failed, in a sentence."""
    outputs: tuple[str, ...] = ()
    """Files and folders, from the output folder on."""
    network: str = ""
    size: tuple[int, int] = (0, 0)
    """Width and height, pixels."""
    frames: int = 0
    seconds: float = 0.0
    """From the first frame to the last."""
    took: float = 0.0
    """Seconds of work."""
    reused: int = 0
    """Frames whose results had been saved."""
    people: int = 0
    """Most people in a frame."""
    found: int = 0
    """Frames with a person."""
    confidence: float = 0.0
    """Mean score of the joints of the person in focus, 0 to 1."""
    angles: dict[str, Span] = field(default_factory=dict)
    """Of the person in focus."""
    times: tuple[float, ...] = ()
    """Seconds of the points of `curves`."""
    curves: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    """Degrees of some angles; None where one was not measured."""
    thumbnail: str = ""
    """A small WebP with the skeleton drawn, base64."""
    skipped: bool = False
    """Whether it was done before; not in the file."""

    @classmethod
    def of(cls, task: BatchTask, **fields: Any) -> Self:
        """The outcome of a task, of which nothing is known but that it was begun."""
        return cls(task.location, task.name, task.asked, stamp=stamp(task.location), **fields)

    @property
    def light(self) -> Self:
        """It without picture and points of curves, which the file has: of many to be held."""
        return replace(self, thumbnail="", times=(), curves=dict.fromkeys(self.curves, ()))

    def write(self, task: BatchTask) -> None:
        """Write the file of a task.

        Raises:
            PoseViewerError: It cannot be written.
        """
        table = {"version": VERSION} | asdict(self)
        del table["skipped"]
        with write_errors(task.record):
            task.record.parent.mkdir(parents=True, exist_ok=True)
        save_file(task.record, json.dumps(table))


def stamp(location: str) -> tuple[int, int]:
    """Size and time of change (ns) of a file; zeros where it is none."""
    try:
        state = Path(location).stat()
    except (OSError, ValueError):
        return 0, 0
    return state.st_size, state.st_mtime_ns


def outcome_of(task: BatchTask) -> Outcome | None:
    """What the file of a task says; None where there is none, or it cannot be read."""
    if not task.record.is_file():
        return None
    with suppress(PoseViewerError):
        return read_outcome(task.record)
    return None


def finished(task: BatchTask) -> Outcome | None:
    """The outcome of a task that is done; None where there is still something to do."""
    known = None if task.redo else outcome_of(task)
    if known is None or known.state != "done":
        return None
    same = (known.name, known.location, known.asked, known.stamp) == (
        task.name, task.location, task.asked, stamp(task.location)
    )  # fmt: skip
    complete = all((Path(task.folder) / name).exists() for name in known.outputs)
    return replace(known, skipped=True) if same and complete else None


def read_outcome(path: Path) -> Outcome:
    """Read a file that `Outcome.write` wrote.

    Raises:
        PoseViewerError: It is none.
    """
    with reading(path.name, kind="what became of a clip"):
        table = mapping(read_json(path), "the file")
        whole(table["version"], "the version", low=VERSION, high=VERSION)
        state, thumbnail = table["state"], table["thumbnail"]
        if state not in _STATES:
            msg = "its state is none that is known"
            raise ValueError(msg)
        if not isinstance(thumbnail, str) or not _THUMBNAIL.fullmatch(thumbnail):
            msg = "its picture is none"
            raise ValueError(msg)
        times = _curve(table["times"])
        return Outcome(
            location=word(table["location"], "the clip"),
            name=word(table["name"], "a name"),
            asked=tuple(_text(each) for each in listing(table["asked"], "the options")),
            state=state,
            stamp=_pair(table["stamp"], high=1 << 63),
            error=_text(table["error"]),
            outputs=tuple(
                word(each, "an output")
                for each in listing(table["outputs"], "the outputs")[:_MOST_OUTPUTS]
            ),
            network=_text(table["network"]),
            size=_pair(table["size"], high=1 << 20),
            frames=whole(table["frames"], "a count", low=0, high=1 << 32),
            seconds=number(table["seconds"], "a duration", low=0, high=_LONG),
            took=number(table["took"], "a duration", low=0, high=_LONG),
            reused=whole(table["reused"], "a count", low=0, high=1 << 32),
            people=whole(table["people"], "a count", low=0, high=1 << 20),
            found=whole(table["found"], "a count", low=0, high=1 << 32),
            confidence=number(table["confidence"], "a score", low=0, high=1),
            angles=_spans(mapping(table["angles"], "the angles")),
            times=tuple(value for value in times if value is not None),
            curves={
                word(name, "an angle"): _curve(values)
                for name, values in mapping(table["curves"], "the curves").items()
            },
            thumbnail=thumbnail,
        )


def _text(value: Any) -> str:
    """A text that may be empty."""
    return value if value == "" else word(value, "a text")


def _pair(value: Any, *, high: int) -> tuple[int, int]:
    first, second = listing(value, "a pair")
    return whole(first, "a number", low=0, high=high), whole(second, "a number", low=0, high=high)


def _spans(table: dict[str, Any]) -> dict[str, Span]:
    if len(table) > _MOST_ANGLES:
        msg = "it has too many angles"
        raise ValueError(msg)
    low, high = -_DEGREES, _DEGREES
    return {
        word(name, "an angle"): Span(
            number(one["low"], "an angle", low=low, high=high),
            number(one["high"], "an angle", low=low, high=high),
            number(one["mean"], "an angle", low=low, high=high),
            whole(one["measured"], "a count", low=0, high=1 << 32),
        )
        for name, one in table.items()
    }


def _curve(values: Any) -> tuple[float | None, ...]:
    found = listing(values, "a curve")
    if len(found) > CURVE:
        msg = "a curve is too long"
        raise ValueError(msg)
    return tuple(
        None if value is None else number(value, "a value", low=-_LONG, high=_LONG)
        for value in found
    )


class Digest:
    """What the report says of a clip, gathered while its results pass; memory does not grow.

    Args:
        plotted: Names of the angles whose curves are shown.
    """

    def __init__(self, plotted: Sequence[str]) -> None:
        self._plotted = plotted
        self._frames = self._found = self._people = 0
        self._scores = 0.0
        self._sums: dict[str, list[float]] = {}
        """By angle: least, greatest, sum, count."""
        self._points: list[tuple[float, tuple[float | None, ...]]] = []
        self._every = 1
        self._first: float | None = None
        self._last = 0.0
        self.best: FrameResult | None = None
        """The surest result without pixels, for the picture."""
        self._best = -1.0

    def add(self, result: FrameResult) -> None:
        """Take the next result."""
        seconds = result.frame.time.seconds
        self._first = seconds if self._first is None else self._first
        self._last = seconds
        count = len(result.poses)
        degrees: dict[str, float] = {}
        if count:
            score = float(result.poses.score[0].mean())
            self._scores += score
            self._found += 1
            if score > self._best:
                self.best, self._best = without_pixels(result), score
            names = (spec.name for spec in result.angles.specs)
            for name, value in zip(names, result.angles.degrees[0].tolist(), strict=True):
                if math.isfinite(value):
                    degrees[name] = value
                    self._sum(name, value)
        self._people = max(self._people, count)
        if not self._frames % self._every:
            rounded = tuple(
                None if (value := degrees.get(name)) is None else round(value, 1)
                for name in self._plotted
            )
            self._points.append((round(seconds - self._first, 3), rounded))
            if len(self._points) > CURVE:
                del self._points[1::2]
                self._every *= 2
        self._frames += 1

    def _sum(self, name: str, value: float) -> None:
        one = self._sums.setdefault(name, [value, value, 0.0, 0])
        one[0], one[1] = min(one[0], value), max(one[1], value)
        one[2] += value
        one[3] += 1

    def fields(self) -> dict[str, Any]:
        """The fields of an `Outcome` that it knows."""
        return {
            "frames": self._frames,
            "seconds": self._last - (self._first or 0.0),
            "people": self._people,
            "found": self._found,
            "confidence": self._scores / self._found if self._found else 0.0,
            "angles": {
                name: Span(low, high, total / count, int(count))
                for name, (low, high, total, count) in self._sums.items()
            },
            "times": tuple(seconds for seconds, _ in self._points),
            "curves": {
                name: tuple(values[at] for _, values in self._points)
                for at, name in enumerate(self._plotted)
                if name in self._sums
            },
        }
