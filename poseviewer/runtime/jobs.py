"""What a person asks to be written, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from poseviewer.core.look import Look

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.beside import Beside
    from poseviewer.core.composite import Composite
    from poseviewer.core.timeline import Freeze, Slow


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come."""

    done: int
    total: int
    seconds_left: float | None = None
    finished: bool = False
    error: str | None = None
    """One sentence, when it ended badly or was cancelled."""
    cancelled: bool = False
    """It ended early because the person asked for that."""
    output: str = ""
    """Where the result lies."""
    network: str = ""
    """Name of the network of an analysis, which may not be the one chosen meanwhile."""
    notice: str | None = None
    """One sentence worth knowing about the result, such as why its sound is missing."""

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return self.done / self.total if self.total else 0.0


ExportStatus = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class QueuedExport:
    """An export that was asked for: it waits, is being written, or has ended."""

    number: int
    """Rises by one with each that is asked for."""
    source: str
    """Name of what is read."""
    location: str
    """Of what is read."""
    outputs: tuple[Path, ...]
    """Every file and folder that it writes, the video first."""
    inputs: tuple[Path, ...] = ()
    """Files and folders that it reads besides."""
    status: ExportStatus = "waiting"
    progress: Progress = Progress(0, 0)

    @property
    def output(self) -> Path:
        """The video, or what stands in its place."""
        return self.outputs[0]

    @property
    def pending(self) -> bool:
        """Whether it has not ended."""
        return self.status in ("waiting", "running", "paused")

    @property
    def begun(self) -> bool:
        """Whether it was ever written at."""
        return self.progress.total > 0


@dataclass(frozen=True, slots=True)
class Recording:
    """A live source being written to a file."""

    path: str
    seconds: float = 0.0
    """Of video written so far."""
    frames: int = 0
    overruns: int = 0
    """Frames that found no room in a queue and are missing."""


@dataclass(frozen=True, slots=True)
class RecordJob:
    """What a recording writes beside the video as it came."""

    annotated: bool = False
    """A second video of the frames that were analysed, as the screen shows them."""
    data: tuple[str, ...] = ()
    """Names in `records.open.WRITERS`."""
    look: Look = field(default_factory=Look)


CAPTIONS = ("figures", "time", "legend")
"""Texts that an export can have: source and network, the frame's true time, what is drawn."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to write."""

    output: Path
    start: int = 0
    end: int | None = None
    """Last frame, included; None for the last of the clip."""
    look: Look = field(default_factory=Look)
    overlay: bool = True
    """False leaves the frames without drawing."""
    picture: bool = True
    """False writes the data alone, named after `output`."""
    data: tuple[str, ...] = ()
    """Names in `records.open.WRITERS`; written beside the video."""
    data_stage: int | None = None
    """The 0-based stage whose answer the data holds; None for the last one."""
    metres_per_pixel: float | None = None
    """The scale of data in metres; None where unknown."""
    height: float | None = None
    """Stature of the person in metres, from which the scale is taken where it is not given."""
    audio: bool = True
    smooth: bool | None = None
    """Whether joints are smoothed, where that differs from what is chosen."""
    truth: Path | None = None
    """File of the ground truth to draw; None for what is known without."""
    size: tuple[int, int] | None = None
    """Width and height that the picture is fitted into; those of the source where None."""
    rate: Fraction | None = None
    """Constant frames a second; the source's own times where None."""
    speed: Fraction = Fraction(1)
    """How fast it plays where no slow range says otherwise."""
    slow: tuple[Slow, ...] = ()
    """Ranges that play at a speed of their own."""
    interpolate: bool = False
    """Whether slow motion moves skeletons between two frames, linearly in time; pixels repeat."""
    freezes: tuple[Freeze, ...] = ()
    """Frames that stand still for a while."""
    captions: tuple[str, ...] = ()
    """What is written on the picture: of `CAPTIONS`."""
    line_width: float = 1.0
    """Of strokes and dots, relative to what suits the size that is written."""
    text_size: float = 1.0
    """Of letters, likewise."""
    quality: str = "high"
    """Of a video: one of `video.writer.QUALITIES`."""
    encoder: str = "auto"
    """Of a video: `auto`, `software`, or one of `video.encoders.HARDWARE`."""
    composite: Composite | None = None
    """Compose the frame with stages and angles; None for the frame alone."""
    forming: Fraction | None = None
    """Play the stages of one frame one after another, each for so many seconds; None for a
    clip."""
    beside: Beside | None = None
    """Another network or another clip beside it; data is of the first one."""
    poses: Path | None = None
    """File of poses that another program found, taken in place of a network's."""
    corrected: bool = True
    """Whether people are written as a person has corrected them, else as the network gave them."""
    replace: bool = True
    """Whether files that have the names when all is written may be replaced."""
