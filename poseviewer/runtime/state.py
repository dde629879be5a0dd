"""The state of the program: frozen values that threads and window share."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from poseviewer.core.annotation import (
    NO_ANNOTATIONS,
    NOTHING_SHOWN,
    Annotations,
    ShownDrawings,
    shown_drawings,
)
from poseviewer.core.correction import NONE, Corrections
from poseviewer.core.look import DisplayState, Look
from poseviewer.runtime.sections import (
    SECTION_OF,
    AngleState,
    NetworkState,
    PeopleState,
    ReadingState,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageSpec
    from poseviewer.core.video_choice import VideoFacts
    from poseviewer.runtime.jobs import Progress, QueuedExport, Recording
    from poseviewer.runtime.sections import Decoding, RegionMode

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera that can be opened."""

    location: str
    """Such as `camera:0`."""

    title: str
    """The maker's name for it."""

    modes: tuple[tuple[tuple[int, int], tuple[float, ...]], ...] = ()
    """Sizes, each with its frames per second, as the device lists them; empty where unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceInfo:
    """What is open."""

    name: str
    location: str
    size: tuple[int, int]
    rate: float
    live: bool

    times: NDArray[np.float64]
    """Seconds of each frame after the first (frames of a clip,); empty for a feed."""

    video: VideoFacts | None = None
    """What there is to choose of a video file; None for anything else."""

    @property
    def count(self) -> int:
        """Frames of a clip; 0 for a feed."""
        return len(self.times)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as the window shows it; the card without the network."""

    name: str
    title: str
    family: str
    skeleton: Skeleton
    stages: tuple[StageSpec, ...]
    input_size: tuple[int, int]
    parameters: int
    licence: str
    source: str
    trained: bool
    """Whether weights are at hand."""
    calibrated: bool = False
    """Whether the confidence of a joint is a probability, and its visibility is known."""
    lacking: str = ""
    """What to do where no weights are at hand, in a sentence."""
    imported: bool = False
    """Whether it was imported, so that it can be removed."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the two networks are that Automatic picks from."""

    fast: float
    """Seconds a frame of one person takes the fast one, from its pixels to its joints."""

    accurate: float
    """The same of the accurate one."""

    made_with: str
    """What was measured: hashes of the weights, engine, device, precision and cores."""

    fast_int8: float = 0.0
    """The fast one in int8; 0 where that was not measured."""

    accurate_int8: float = 0.0
    """The accurate one in int8; 0 where that was not measured."""

    threads: int = 0
    """More than half the cores, with which the fast one was measured too; 0 where it was not."""

    gain: float = 1.0
    """How many times as fast it is with them."""


@dataclass(frozen=True, slots=True)
class WriterInfo:
    """A kind of data that an export can write."""

    name: str
    """In `records.open.WRITERS`."""

    title: str

    missing: tuple[str, ...] = ()
    """Packages that it needs and that are not installed."""


@dataclass(frozen=True, slots=True)
class Playback:
    """The position of playback, and how it plays."""

    playing: bool = False
    index: int = 0
    """The number of the frame that was last asked for or reached."""
    speed: float = 1.0
    """0.1 to 4; negative never: backwards play is stepping."""
    loop: bool = False
    start: int | None = None
    """In mark, included."""
    end: int | None = None
    """Out mark, included."""
    every_frame: bool = False
    """Playing waits for the analysis of each frame; off skips frames to keep the clip's time."""
    lost: bool = False
    """The device or stream of a feed gives nothing any more, or nothing yet again."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of a feed is stored to go back to; the limit that is reached first applies."""

    seconds: float = 10.0
    megabytes: int = 512
    """Of pixels as they came: packing them as JPEG took 0.7 (VGA) to 17 ms (full HD) a frame
    when measured, storing them 0.03 to 0.24 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The stored last seconds of a frozen feed."""

    index: NDArray[np.int64]
    """(n,) the feed's own frame numbers, rising; a stream may skip some."""

    seconds: NDArray[np.float64]
    """(n,) the feed's own times."""

    bytes: int
    """Of the stored pixels."""

    def position(self, index: int) -> int:
        """The position of frame number `index`, 0-based; of the nearest before it if not stored."""
        return max(int(np.searchsorted(self.index, index, side="right")) - 1, 0)

    def behind(self, index: int) -> float:
        """Seconds from the frame numbered `index` to the newest stored one."""
        return float(self.seconds[-1] - self.seconds[self.position(index)])


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers for the performance display, over the last two seconds."""

    source_rate: float = 0.0
    inference_rate: float = 0.0
    age: float = 0.0
    """Median seconds from capture to the result being published."""
    network: float = 0.0
    """Median seconds of the network alone."""
    drops: int = 0
    """Frames of a feed that a newer one replaced before inference, since the network runs."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the person at the screen."""

    number: int
    """Rises by one; a bar shows those it has not shown."""
    level: Level
    text: str
    topic: str = ""
    """What it is about, such as `export`; a newer notice about the same replaces it."""


@dataclass(frozen=True, slots=True)
class TruthInfo:
    """The ground truth that is known of what is open."""

    name: str
    """Of the file, or of the source that knows its own."""

    count: int
    """Frames with labels; 0 for all."""

    from_file: bool

    places: bool = True
    """Whether it knows where joints are, and not only angles."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The angles measured so far, in order of time."""

    specs: tuple[AngleSpec, ...]
    index: NDArray[np.int64]
    """(n,) frame numbers, rising."""
    seconds: NDArray[np.float64]
    """(n,) since the first frame of a clip, since the opening of a feed."""
    degrees: NDArray[np.float32]
    """(n, angles) raw; NaN where not measurable."""
    confidence: NDArray[np.float32]
    """(n,) mean joint score of the person."""


@dataclass(frozen=True, slots=True)
class ResultKey:
    """What a raw result depends on besides its frame.

    Not on the gate, the filters, the person in focus or the definitions of angles:
    those are applied to stored poses.
    """

    network: NetworkState
    decoding: Decoding
    flip: bool
    region: RegionMode
    box: Box | None
    track_window: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A result together with the network, engine and choices that it was made with."""

    result: FrameResult

    model: ModelInfo
    """The network that gave it."""

    engine: str
    """What ran it, such as `OpenVINO fp32, CPU`."""

    key: ResultKey

    sequential: bool
    """Whether it belongs to a sequential analysis (tracking, smoothing) or to a live feed, rather
    than to this frame alone."""

    screen: tuple[Frame, NDArray[np.uint32]] | None = None
    """A frame, and its pixels (h, w) as 0xffRRGGBB, which a window shows as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class AppState:
    """The whole state at one moment: what is chosen, and what came of it.

    Widgets draw the state they are given. A choice is changed by `Session.change` alone.
    """

    # What a person has chosen.
    network: NetworkState = field(default_factory=NetworkState)
    reading: ReadingState = field(default_factory=ReadingState)
    angles: AngleState = field(default_factory=AngleState)
    people: PeopleState = field(default_factory=PeopleState)
    display: DisplayState = field(default_factory=DisplayState)

    # Where we are.
    source: SourceInfo | None = None
    playback: Playback = Playback()
    past: Past | None = None
    """What can be gone back to while a feed is frozen; None while it runs, and for a clip.
    `playback` then counts as the feed does, and `playing` means that the past is replayed."""

    # What came of it.
    frame: Frame | None = None
    """The newest frame; may be newer than the answer while the network is busy or absent."""
    answer: Answer | None = None
    """The newest answer; see `in_force` for whether it answers what is asked now."""
    loaded: ModelInfo | None = None
    """The network that runs; None until it is loaded."""
    engine: str = ""
    """What runs it, such as `OpenVINO fp32, CPU`."""
    models: tuple[ModelInfo, ...] = ()
    engines: tuple[str, ...] = ()
    """Engines that can be chosen here."""
    devices: tuple[str, ...] = ()
    writers: tuple[WriterInfo, ...] = ()
    """Kinds of data that an export can write, those of plug-ins last."""
    speed: Speed | None = None
    """The latest measurement; it may have been made with another engine than runs now."""
    pick: str = ""
    """Which network Automatic has picked and why, in one sentence; empty before it has."""
    busy: str = ""
    """What is being opened or loaded, or empty."""
    stats: Stats = Stats()
    notices: tuple[Notice, ...] = ()
    """The last few."""
    export: Progress | None = None
    """How far the export is that was last written at."""
    exports: tuple[QueuedExport, ...] = ()
    """The exports that were asked for, in the order in which they are written."""
    analysis: Progress | None = None
    """How far the sequential analysis has come through the clip."""
    analysed: int = 0
    """How many frames of the clip have been analysed in sequence under the present choices."""
    recording: Recording | None = None
    """What is being recorded; None while nothing is."""
    truth: TruthInfo | None = None
    """The ground truth that is known; None where there is none."""
    corrections: Corrections = NONE
    """What a person has put right in the answers for the clip."""
    annotations: Annotations = NO_ANNOTATIONS
    """What a person has written and drawn on the clip."""
    steps: tuple[str, ...] = ()
    """What was changed since the source was opened, such as `confidence gate`, oldest first."""
    steps_done: int = 0
    """How many of `steps` are in force: the others were undone."""

    @property
    def undo(self) -> str:
        """What `Session.undo` undoes; empty for nothing."""
        return self.steps[self.steps_done - 1] if self.steps_done else ""

    @property
    def redo(self) -> str:
        """What `Session.redo` does again; empty for nothing."""
        return self.steps[self.steps_done] if self.steps_done < len(self.steps) else ""

    def choosing(self, **choices: Any) -> AppState:
        """This state with other choices, each a field of one of the sections.

        A model that is named ends Automatic.

        Raises:
            TypeError: No section has such a field.
        """
        if "model" in choices:
            choices = {"automatic": False, **choices}
        sections: dict[str, dict[str, Any]] = {}
        for name, value in choices.items():
            if name not in SECTION_OF:
                msg = f"there is no choice {name!r}"
                raise TypeError(msg)
            sections.setdefault(SECTION_OF[name], {})[name] = value
        changed = {name: replace(getattr(self, name), **f) for name, f in sections.items()}
        return replace(self, **changed)

    def choice(self, name: str) -> Any:
        """The value of a choice, by its name."""
        return getattr(getattr(self, SECTION_OF[name]), name)

    @property
    def key(self) -> ResultKey:
        """The choices that raw results depend on."""
        r = self.reading
        box = r.box if r.region == "box" else None
        return _key(self.network, r.decoding, r.flip, r.region, box, r.track_window)

    @property
    def result(self) -> FrameResult | None:
        """The newest result; may be of another frame or other choices than those on screen."""
        return None if self.answer is None else self.answer.result

    @property
    def model(self) -> ModelInfo | None:
        """The network that made the result; before the first result the one that is loaded."""
        return self.loaded if self.answer is None else self.answer.model

    @property
    def live(self) -> bool:
        """Whether frames come from a feed that runs."""
        return (
            self.source is not None
            and self.source.live
            and self.past is None
            and not self.playback.lost
        )

    @property
    def stale(self) -> str:
        """What an outdated answer is of, such as `of frame 419`; empty where it is current.

        While frames run the newest answer belongs to the frame that is shown with it.
        """
        if self.answer is None:
            return ""
        if self.answer.key != self.key:
            other = self.answer.key.network.model != self.network.model
            return f"of {self.answer.model.name}" if other else "of the previous choices"
        shown, _ = self.shown
        if shown is not None and shown.index != self.answer.result.frame.index:
            return f"of frame {self.answer.result.frame.index}"
        return ""

    @property
    def shown_corrections(self) -> Corrections:
        """The corrections of what is shown and measured; none where the network's own is shown."""
        return NONE if self.display.said == "network" else self.corrections

    @property
    def shown(self) -> tuple[Frame | None, FrameResult | None]:
        """The frame to show and the result to draw on it, both of the same frame.

        While frames run, the newest analysed one is shown, so that frame and skeleton move
        together; standing still, the frame asked for is shown at once and its result follows.
        """
        frame, result = self.frame, self.result
        if self.source is None:
            return None, None
        if result is None or self.answer is None or self.answer.key != self.key:
            return frame, None
        if frame is None or result.frame.index == frame.index:
            return result.frame, result
        if (self.playback.playing or self.live) and not self.busy:
            return result.frame, result
        return frame, None

    @property
    def mirrored(self) -> bool:
        """Whether the window shows the frame as in a mirror."""
        return self.display.mirror and self.source is not None and self.source.live

    @property
    def screen(self) -> NDArray[np.uint32] | None:
        """The pixels of the frame that is shown as 0xffRRGGBB, where they are at hand."""
        made = None if self.answer is None else self.answer.screen
        return None if made is None or made[0] is not self.shown[0] else made[1]

    @property
    def waiting(self) -> bool:
        """Whether the answer for the present frame and choices is still to come."""
        if self.source is None or self.frame is None or self.playback.lost:
            return False
        return self.shown[1] is None

    @property
    def look(self) -> Look:
        """What a painter draws."""
        drawn = NOTHING_SHOWN
        if self.source is not None:
            drawn = _drawn(self.annotations, self.source)
        return _look(self.display, self.reading.gate, self.people.hidden, self.people.names, drawn)


@lru_cache(maxsize=4)
def _key(network: NetworkState, *choices: Any) -> ResultKey:
    network = replace(network, automatic=False, own_precision=False, threads=0)
    return ResultKey(network, *choices)


# Every dock asks for both at every state.
@lru_cache(maxsize=4)
def _look(
    display: DisplayState,
    gate: float,
    hidden: tuple[int, ...],
    names: tuple[tuple[int, str], ...],
    drawn: ShownDrawings,
) -> Look:
    shown = {field.name: getattr(display, field.name) for field in fields(DisplayState)}
    return Look(**shown, gate=gate, hidden=hidden, names=names, drawn=drawn)


@lru_cache(maxsize=4)
def _drawn(annotations: Annotations, source: SourceInfo) -> ShownDrawings:
    return shown_drawings(annotations, source.times)


_PASSING = ("frame", "stats", "playback")
_STEADY = tuple(field.name for field in fields(AppState) if field.name not in _PASSING)


def same_to_see(before: AppState, after: AppState) -> bool:
    """Whether two states of frames that run differ only in a frame whose analysis is awaited.

    While frames run, the newest analysed one is shown; with its result come the figures of how
    fast they run, and the position.
    """
    if not after.playback.playing or before.shown[0] is not after.shown[0]:
        return False
    if any(getattr(before, name) is not getattr(after, name) for name in _STEADY):
        return False
    return before.playback == replace(after.playback, index=before.playback.index)


_LATER = (*_PASSING, "answer")


def only_later(before: AppState, after: AppState) -> bool:
    """Whether frames run, and nothing but frames and answers came between two states."""
    return (
        after.playback.playing
        and before.playback == replace(after.playback, index=before.playback.index)
        and all(
            getattr(before, name) is getattr(after, name) for name in _STEADY if name not in _LATER
        )
    )
