"""What the window and the threads tell each other: frozen values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.look import Look

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.angle import AngleSpec, FacingChoice
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageSpec

RegionMode = Literal["whole", "box", "follow", "people"]
Decoding = Literal["quarter", "dark", "argmax"]
Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything a person can choose about how a frame is analysed."""

    model: str = "hourglass-lite"

    engine: str = "auto"
    """`auto`, `torch` or `openvino`."""

    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `mps`."""

    precision: str = "fp32"
    """`fp32` or `bf16`."""

    decoding: Decoding = "dark"

    flip: bool = False
    """Average with the mirrored input: steadier, twice the work."""

    region: RegionMode = "follow"
    """The whole frame, the dragged `box`, the person followed from the last pose, or `people`:
    everybody, each followed alone and all looked at in one batch. A network that looks for
    everybody itself is shown the whole frame or the box."""

    box: Box | None = None
    """The dragged region, frame pixels; used when `region` is `box`."""

    gate: float = 0.2
    """Joints below this confidence are drawn weak and left out of angles."""

    facing: FacingChoice = "right"

    angles: tuple[AngleSpec, ...] = ()
    """The person's own, measured beside the standard ones."""

    smooth: bool = False
    """One Euro filter on the joints shown; the raw result is always kept."""

    min_cutoff: float = 1.5
    """Of that filter: Hz at rest."""

    beta: float = 0.02
    """Of that filter: Hz gained per frame pixel per second."""

    d_cutoff: float = 1.0
    """Of that filter: Hz of the filter on the speed."""

    filter: str = "none"
    """What is done to whole curves of angles, as `core.filters.parse_filter` reads it."""

    mirror: bool = False
    """Show a camera as a mirror would."""

    focus: int | None = None
    """Number of the person whose maps and angles are shown; None for who is surest."""

    locked: bool = False
    """Whether nobody else's angles stand in while the person in focus is away."""


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


@dataclass(frozen=True, slots=True)
class Transport:
    """Where in the clip we are and how we move."""

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


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of a feed is kept to go back to; whichever bound is reached first holds."""

    seconds: float = 10.0
    megabytes: int = 512
    """Of pixels as they came: packing them as JPEG took 0.7 (VGA) to 17 ms (full HD) a frame
    when measured, keeping them 0.03 to 0.24 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The last seconds of a feed that stands still: what one can go back to."""

    index: NDArray[np.int64]
    """(n,) the feed's own frame numbers, rising; a stream may skip some."""

    seconds: NDArray[np.float64]
    """(n,) the feed's own times."""

    bytes: int
    """Of pixels that are held."""

    def position(self, index: int) -> int:
        """Where frame number `index` lies, 0-based; the nearest before it if it is not kept."""
        return max(int(np.searchsorted(self.index, index, side="right")) - 1, 0)

    def behind(self, index: int) -> float:
        """Seconds from the frame numbered `index` to the newest one kept."""
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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come."""

    done: int
    total: int
    seconds_left: float | None = None
    finished: bool = False
    error: str | None = None
    """One sentence, when it ended badly or was cancelled."""
    output: str = ""
    """Where the result lies."""
    notice: str | None = None
    """One sentence worth knowing about the result, such as why its sound is missing."""

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return self.done / self.total if self.total else 0.0


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
    """Of `csv`, `json`."""
    look: Look = field(default_factory=Look)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to write."""

    output: Path
    start: int = 0
    end: int | None = None
    """Last frame, included; None for the last of the clip."""
    look: Look = field(default_factory=Look)
    overlay: bool = True
    """Off leaves the picture bare."""
    data: tuple[str, ...] = ()
    """Of `csv`, `json`; written beside the video."""
    audio: bool = True
    truth: Path | None = None
    """File of the ground truth to draw; None for what is known without."""


@dataclass(frozen=True, slots=True)
class TruthInfo:
    """The ground truth that is known of what is open."""

    name: str
    """Of the file, or of the source that knows its own."""

    count: int
    """Frames with labels; 0 for all."""

    from_file: bool


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


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Everything the window shows, at one moment."""

    source: SourceInfo | None = None
    frame: Frame | None = None
    """The newest picture; may be newer than `result` while the network is busy or absent."""
    result: FrameResult | None = None
    """The newest analysis; `result.frame` is the picture it belongs to."""
    transport: Transport = Transport()
    stats: Stats = Stats()
    choices: Choices = Choices()
    models: tuple[ModelInfo, ...] = ()
    model: ModelInfo | None = None
    """The one that runs; None until it is loaded."""
    engine: str = ""
    """What runs it, such as `OpenVINO fp32, CPU`."""
    engines: tuple[str, ...] = ()
    """Engines that can be chosen here."""
    devices: tuple[str, ...] = ()
    busy: str = ""
    """What is being loaded, or empty."""
    notices: tuple[Notice, ...] = ()
    """The last few."""
    export: Progress | None = None
    analysis: Progress | None = None
    """How far `analyse` has come through the clip."""
    recording: Recording | None = None
    """What is being recorded; None while nothing is."""
    past: Past | None = None
    """What can be gone back to while a feed is frozen; None while it runs, and for a clip.
    `transport` then counts as the feed does, and `playing` means that the past is replayed."""
    truth: TruthInfo | None = None
    """The ground truth that is known; None where there is none."""

    @property
    def still(self) -> tuple[Frame | None, FrameResult | None]:
        """The picture that stands on screen and the result that belongs to it."""
        if self.source is None or self.result is None or self.frame is None:
            return (self.frame if self.source is not None else None), None
        if self.source.live and self.past is None:
            # The newest picture of a feed has no result yet; what is seen is the last that has.
            return self.result.frame, self.result
        same = self.result.frame.index == self.frame.index
        return self.frame, self.result if same else None
