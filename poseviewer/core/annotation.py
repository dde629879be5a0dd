"""What a person has written and drawn on a clip: calibration, drawings, key frames, notes.

`Annotations` is one value for a whole clip, as `core.correction.Corrections` is. Each part checks
itself when it is made, so that one that exists can be saved.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from math import dist
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from poseviewer.core.reading import PLACE_LIMIT, listing, mapping, number, whole, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

DrawingKind = Literal["line", "angle", "text", "stopwatch"]

POINTS: dict[DrawingKind, int] = {"line": 2, "angle": 3, "text": 1, "stopwatch": 1}
"""How many points a drawing of each kind has."""

LAST_FRAME = 1 << 32
LONGEST_TEXT = 1000
"""Characters of a drawing's text or a key frame's comment, at most."""

LONGEST_NOTES = 100_000
_MOST = 10_000
"""Drawings, and key frames, that a clip has at most."""

_LONGEST_METRES = 1e5
_UNITS = {"mm": 0.001, "cm": 0.01, "m": 1.0}

Point = tuple[float, float]


def _point(value: Any) -> Point:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        msg = "a place is no pair of numbers"
        raise ValueError(msg)
    x, y = (number(each, "a place", low=-PLACE_LIMIT, high=PLACE_LIMIT) for each in value)
    return x, y


def _text(value: Any, what: str, *, longest: int = LONGEST_TEXT) -> str:
    return value if value == "" else word(value, what, longest=longest)


def writable(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """What a person has typed, as a file can hold it: no broken letters, and not too many."""
    return text.encode("utf-8", "replace").decode()[:longest].strip()


def _frame(value: Any) -> int:
    return whole(value, "a frame", low=0, high=LAST_FRAME)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A length in the frame that is known.

    Raises:
        ValueError: The points are one, or a number cannot be.
    """

    a: Point
    """Frame pixels."""

    b: Point

    metres: float
    """From `a` to `b`."""

    def __post_init__(self) -> None:
        """Check all of it."""
        object.__setattr__(self, "a", _point(self.a))
        object.__setattr__(self, "b", _point(self.b))
        metres = number(self.metres, "a length in metres", low=1e-6, high=_LONGEST_METRES)
        object.__setattr__(self, "metres", metres)
        if dist(self.a, self.b) < 1e-3:
            msg = "the two ends of the known length are one point"
            raise ValueError(msg)

    @property
    def metres_per_pixel(self) -> float:
        """How long a pixel is where the length lies."""
        return self.metres / dist(self.a, self.b)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Something that is drawn over some frames of a clip.

    Raises:
        ValueError: Its points are too many or too few, or a number cannot be.
    """

    kind: DrawingKind

    points: tuple[Point, ...]
    """Frame pixels: of a `line` both ends; of an `angle` an end, the vertex, the other end; of a
    `text` or a `stopwatch` the top left of its box."""

    first: int
    """It is shown from this frame on; a stopwatch shows 0 in it."""

    last: int
    """The last frame in which it is shown."""

    text: str = ""
    """What a text says; beside any other the name of it."""

    stop: int | None = None
    """Where a stopwatch stops; it shows that time from there on. None: it runs to `last`."""

    def __post_init__(self) -> None:
        """Check all of it."""
        if self.kind not in get_args(DrawingKind):
            msg = f"{self.kind!r} is no kind of drawing"
            raise ValueError(msg)
        object.__setattr__(self, "points", tuple(map(_point, self.points)))
        if len(self.points) != POINTS[self.kind]:
            msg = f"a drawing of kind {self.kind} has {POINTS[self.kind]} points"
            raise ValueError(msg)
        if _frame(self.first) > _frame(self.last):
            msg = "a drawing ends before it begins"
            raise ValueError(msg)
        if self.stop is not None:
            whole(self.stop, "where a stopwatch stops", low=self.first, high=LAST_FRAME)
            if self.kind != "stopwatch":
                msg = f"a drawing of kind {self.kind} does not stop"
                raise ValueError(msg)
        _text(self.text, "a text")

    def shown(self, frame: int) -> bool:
        """Return whether it is drawn in a frame."""
        return self.first <= frame <= self.last


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A frame that matters, with what is to be said of it.

    Raises:
        ValueError: It is no frame, or the comment no text.
    """

    frame: int
    comment: str = ""

    def __post_init__(self) -> None:
        """Check all of it."""
        _frame(self.frame)
        _text(self.comment, "a comment")


def _by_place(one: Drawing) -> tuple[Any, ...]:
    return one.first, one.last, one.kind, one.points, one.text, -1 if one.stop is None else one.stop


@dataclass(frozen=True, slots=True)
class Annotations:
    """All that was written and drawn on one clip; each drawing, and each key frame, once.

    Raises:
        ValueError: There are too many, or the notes are no text.
    """

    calibration: Calibration | None = None

    drawings: tuple[Drawing, ...] = ()
    """In the order of their first frames."""

    key_frames: tuple[KeyFrame, ...] = ()
    """In order; of two of one frame the later is taken."""

    notes: str = ""

    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        """Put all in its order, so that equal annotations are equal values."""
        drawings = tuple(sorted(dict.fromkeys(self.drawings), key=_by_place))
        by_frame = {one.frame: one for one in self.key_frames}
        object.__setattr__(self, "drawings", drawings)
        object.__setattr__(self, "key_frames", tuple(by_frame[n] for n in sorted(by_frame)))
        if max(len(drawings), len(by_frame)) > _MOST:
            msg = f"there are more than {_MOST} drawings or key frames"
            raise ValueError(msg)
        _text(self.notes, "the notes", longest=LONGEST_NOTES)
        fields = (self.calibration, self.drawings, self.key_frames, self.notes)
        object.__setattr__(self, "_hash", hash(fields))

    def __hash__(self) -> int:
        """Found once: every look at the state asks for it."""
        return self._hash

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return self != NO_ANNOTATIONS

    @property
    def metres_per_pixel(self) -> float | None:
        """How long a pixel is, by the known length; None where there is none."""
        return None if self.calibration is None else self.calibration.metres_per_pixel

    def replaced(self, old: Drawing | None, new: Drawing | None) -> Annotations:
        """These, with one drawing in place of another; None for none."""
        left = (one for one in self.drawings if one != old)
        return replace(self, drawings=(*left, *(() if new is None else (new,))))

    def with_key_frame(self, frame: int, comment: str | None) -> Annotations:
        """These, with a frame as a key frame that has this comment; None for no key frame."""
        left = (one for one in self.key_frames if one.frame != frame)
        new = () if comment is None else (KeyFrame(frame, comment),)
        return replace(self, key_frames=(*left, *new))

    def comment(self, frame: int) -> str | None:
        """What is said of a key frame; None where the frame is none."""
        return next((one.comment for one in self.key_frames if one.frame == frame), None)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON takes it; `annotations_from_json` is the other way."""
        return {
            "calibration": None if self.calibration is None else asdict(self.calibration),
            "drawings": [asdict(one) for one in self.drawings],
            "key_frames": [asdict(one) for one in self.key_frames],
            "notes": self.notes,
        }


NO_ANNOTATIONS = Annotations()
"""Nothing is written or drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownDrawings:
    """The drawings of a clip, with what a painter has to know of the clip."""

    drawings: tuple[Drawing, ...] = ()

    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    """Seconds of every frame (n,), for stopwatches."""

    metres_per_pixel: float | None = None

    calibration: Calibration | None = None
    """The known length, where it is drawn too."""

    def at(self, frame: int) -> tuple[Drawing, ...]:
        """The drawings of a frame."""
        return tuple(one for one in self.drawings if one.shown(frame))

    def seconds(self, watch: Drawing, frame: int) -> float:
        """What a stopwatch shows in a frame."""
        last = len(self.times) - 1
        end = frame if watch.stop is None else min(frame, watch.stop)
        return float(self.times[min(end, last)] - self.times[min(watch.first, last)])


NOTHING_SHOWN = ShownDrawings()
"""No drawing is shown."""


def shown_drawings(annotations: Annotations, times: NDArray[np.float64]) -> ShownDrawings:
    """What a painter has to know of the drawings of a clip.

    Args:
        annotations: Of the clip.
        times: Seconds of every frame (n,).
    """
    if not annotations.drawings or not len(times):
        return NOTHING_SHOWN
    return ShownDrawings(annotations.drawings, times, annotations.metres_per_pixel)


def annotations_from_json(value: Any) -> Annotations:
    """What `Annotations.to_json` made; names that are not known are passed over.

    Raises:
        ValueError: It is something else, or one of it is not what it should be.
    """
    table = mapping(value, "the annotations")
    calibration = table.get("calibration")
    return Annotations(
        None if calibration is None else calibration_of(calibration),
        tuple(map(drawing_of, _several(table, "drawings"))),
        tuple(map(key_frame_of, _several(table, "key_frames"))),
        table.get("notes", ""),
    )


def _several(table: dict[str, Any], name: str) -> list[Any]:
    return listing(table.get(name, []), f"its {name.replace('_', ' ')}")


def metres_of(text: str) -> float:
    """The length that `0.5`, `0.5 m`, `50 cm` or `500 mm` mean, with a point or a comma.

    Raises:
        ValueError: It is none, or not above 0; the message is a sentence.
    """
    typed = text.strip().lower().replace(",", ".")
    unit = next((one for one in _UNITS if typed.endswith(one)), "m")
    try:
        return number(
            float(typed.removesuffix(unit)) * _UNITS[unit], "a length", low=1e-6,
            high=_LONGEST_METRES,
        )  # fmt: skip
    except ValueError:
        msg = "Write a length such as 0.5 m, 50 cm or 500 mm."
        raise ValueError(msg) from None


def calibration_of(value: Any) -> Calibration:
    """A calibration from JSON; raise ValueError where it is none."""
    table = mapping(value, "a calibration")
    return Calibration(table.get("a", ()), table.get("b", ()), table.get("metres", 0.0))


def drawing_of(value: Any) -> Drawing:
    """A drawing from JSON; raise ValueError where it is none."""
    table = mapping(value, "a drawing")
    points = tuple(map(_point, listing(table.get("points"), "the points of a drawing")))
    return Drawing(
        table.get("kind", ""), points, table.get("first", -1), table.get("last", -1),
        table.get("text", ""), table.get("stop"),
    )  # fmt: skip


def key_frame_of(value: Any) -> KeyFrame:
    """A key frame from JSON; raise ValueError where it is none."""
    table = mapping(value, "a key frame")
    return KeyFrame(table.get("frame", -1), table.get("comment", ""))
