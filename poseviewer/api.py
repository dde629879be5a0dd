"""PoseViewer from Python: what `import poseviewer` offers.

    import poseviewer

    table = poseviewer.analyse("clip.mp4")
    table.curve("left knee")                 # degrees, one value a frame, NaN where not measured
    table.joints["left_wrist"]               # x, y and score, one row for each person and frame

    net = poseviewer.load_network("hourglass-lite")
    answer = net(image)                      # RGB, uint8 (height, width, 3)
    answer.stages[0].values                  # belief maps of the first stage (joints, h, w)

    poseviewer.export("clip.mp4", "annotated.mp4", data=["csv"])

Frames, stages and pixels are counted from 0; (0, 0) is the centre of the top-left pixel. What goes
wrong for a reason that a person can mend is a `PoseViewerError` of one sentence.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.angle import FacingChoice
from poseviewer.core.composite import LAYOUTS, PLOTTED, SIDES, SIZES, Composite
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import parse_filter
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.repetitions import RepetitionChoice
from poseviewer.core.stage import Request
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.core.video_choice import VideoChoice
from poseviewer.records.table import Table, table_of
from poseviewer.runtime.export_look import USUAL
from poseviewer.runtime.jobs import CAPTIONS, ExportJob
from poseviewer.runtime.sections import Decoding
from poseviewer.runtime.state import AppState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Unpack

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.composite import CompositeLayout
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.video_choice import Deinterlacing
    from poseviewer.models.card import ModelCard
    from poseviewer.runtime.jobs import Progress
    from poseviewer.video.source import Clip

__all__ = [
    "ExportOptions",
    "Freeze",
    "Network",
    "Options",
    "PoseViewerError",
    "Slow",
    "Table",
    "analyse",
    "export",
    "load_network",
    "networks",
    "open_clip",
]

_FINEST = 100_000
"""The largest denominator of a ratio: `0.1` is a tenth, not the nearest binary fraction."""

_MOST = {"line_width": 10, "text_size": 10}

Region = Literal["whole", "follow", "people"]


class Options(TypedDict, total=False):
    """How frames are analysed: keyword arguments of `analyse`, `load_network` and `export`."""

    region: Region | Box
    """What the network is shown: the whole frame, the person followed from frame to frame
    (`follow`, the default), everybody, each followed alone (`people`), or a box in frame pixels."""

    track_window: float
    """Seconds over which two numbers that mean one person are found out; 0, the default, for
    never."""

    gate: float
    """Confidence, 0 to 1, below which a joint is drawn weak and left out of angles; 0.3."""

    facing: FacingChoice
    """The way people face, which sets the signs of angles: `right` (the default), `left`, or
    `auto`, detected from the frame."""

    angles: tuple[AngleSpec, ...]
    """Custom angles, measured beside the standard ones."""

    decoding: Decoding
    """How a joint's place is read from its belief map: `argmax`, `quarter` or `dark` (the
    default), or with the other joints of the person by `tree`."""

    flip: bool
    """Average with the mirrored input: steadier, twice the work."""

    smooth: bool
    """Steady the joints of a clip by a One Euro filter (the default), as the window draws them; raw
    ones are always there too. A single image has nothing to be smoothed with."""

    engine: Literal["auto", "torch", "openvino"]
    device: Literal["auto", "cpu", "cuda", "mps"]
    precision: Literal["fp32", "bf16", "int8"]


class ExportOptions(Options, total=False):
    """What `export` takes besides: the options of `poseviewer export`, by their names."""

    picture: bool
    """False writes `data` alone, named after `output`."""

    store: bool
    """Use what is saved of the clip, and save what is found, as the command and the window do; off
    where not given."""

    layout: CompositeLayout
    """Compose the frame with the stages of `joints` and the curves of `plot`: `side` by side,
    `presenter` (16:9) or `portrait` (9:16)."""

    joints: Sequence[str]
    """Joints whose stages a layout shows, such as `left_knee`; all at once where none is named."""

    plot: Sequence[str]
    """Angles whose curves a layout shows, such as `left knee`; none where empty. Both knees."""

    size: tuple[int, int]
    """Width and height, pixels, that the picture is fitted into, or that a layout has."""

    rate: Fraction | float
    """Constant frames a second; the source's own times where not given."""

    speed: Fraction | float
    """How fast the clip plays: 0.25 is slow motion. Sound keeps its pitch, data its true times."""

    slow: Sequence[Slow]
    """Ranges of frames with a speed of their own: `Slow(first, last, Fraction(1, 4))`."""

    interpolate: bool
    """In slow motion, move skeletons between two frames, linearly in time; pixels repeat."""

    freeze: Sequence[Freeze]
    """Frames that stand still: `Freeze(frame, seconds, title, stages)`."""

    forming: Fraction | float
    """Play the stages of the frame `start` one after another, each for so many seconds."""

    quality: Literal["high", "medium", "small"]
    """Of a video: x264's CRF 18 (the default), 23 or 28, or what looks like it."""

    encoder: str
    """What encodes a video: `auto` (the default) takes hardware that works here, else software;
    `software`, or a family of hardware such as `nvenc`."""

    draw: Sequence[str]
    """What is drawn, of skeleton, numbers, corrections, drawings (those of the window), boxes,
    arrows, uncertainty, and what is written, of figures, time, legend; by default the first
    four."""

    corrected: bool
    """Draw and write people as a person has corrected them in the window (the default), else as
    the network gave them."""

    prominence: float
    """Degrees by which the peaks of repetitions stand out; by default 40 % of an angle's range."""

    apart: float
    """Seconds from one repetition's peak to the next, at least."""

    lowest: bool
    """Whether the peaks of repetitions are the least values of an angle."""

    field: str
    """The limb whose part affinity field lies over the picture in place of a belief map, such as
    `neck-nose`, or `all`; of the last stage, or of `stage`."""

    ghost: int
    """0-based stage whose skeleton is drawn thin; by default that of `stage`."""

    arcs: Sequence[str]
    """Angles drawn as arcs, such as `left knee`."""

    line_width: float
    """Of strokes and dots, times what suits the size of the picture: 0.1 to 10."""

    text_size: float
    """Of letters, likewise."""

    beside: str
    """Another network, whose answers on the same frames are a second half of the picture."""

    beside_clip: str | Path
    """Another clip as the second half, in step with the first; before its begin and after its end
    it holds its first and its last frame."""

    beside_offset: Fraction | float
    """Seconds into the other clip at which the first one begins; below 0 it begins later."""

    truth: str | Path
    """Draw the true skeleton and each joint's error: a file of labels, or `auto` for what lies
    beside the clip or the mannequin itself knows."""

    poses: str | Path
    """File or folder of the poses that another program found, in place of a network's."""

    scale: float
    """Metres per pixel, for data in metres; else it follows from `height`."""

    video_stream: int
    """Which video stream of the file, counted from 1; the largest where not given."""

    deinterlace: Deinterlacing
    """Of interlaced frames: `off`, `frame` (the default) or `field`, as `open_clip` has it."""


class Network:
    """A network that is ready to be asked about single images; one thread uses it at a time."""

    def __init__(self, state: AppState) -> None:
        from poseviewer.runtime.factories import load_network

        self._state = state
        self._loaded = load_network(state.network)
        self._estimator = self._loaded.estimator(state.reading)

    @property
    def card(self) -> ModelCard:
        """What the network is: input, stages, skeleton, licence."""
        return self._loaded.card

    @property
    def engine(self) -> str:
        """What runs it, such as `OpenVINO fp32, CPU`."""
        return self._loaded.label

    def __call__(self, image: NDArray[np.uint8] | Frame) -> FrameResult:
        """Everything the network says about one image.

        Args:
            image: RGB, uint8 (height, width, 3), or a frame of a clip.

        Returns:
            Poses, angles, and in `stages` the maps of every stage, each with the 2x3 affine
            `to_frame` from its cells (x, y) to pixels of the image.

        Raises:
            ValueError: The image has another shape or type.
        """
        from poseviewer.pipeline.follow import single_frame
        from poseviewer.runtime.factories import follower, goniometer

        if not isinstance(image, Frame):
            image = Frame(np.array(image), 0, Timestamp(0, Fraction(1)))
        state = self._state
        found = single_frame(image, self._estimator, follower(state.reading), Request())
        return goniometer(state.reading, state.angles).measured(found)


def analyse(
    clip: str | Path | Clip,
    *,
    model: str = "hourglass-lite",
    start: int = 0,
    end: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[Options],
) -> Table:
    """Find people, joints and angles in every frame of a clip, in order.

    Args:
        clip: Path of a video, picture or folder of pictures, or another location as
            `open_clip` takes it; or an open clip, which stays open.
        model: Name of the network; `networks()` lists them.
        start: First frame.
        end: Last frame, included; None for the last of the clip.
        progress: Called after each frame with how many are done, and of how many.
        **options: See `Options`.

    Raises:
        PoseViewerError: The clip or the network cannot be used.
        IndexError: A bound lies outside the clip.
    """
    from poseviewer.pipeline.run import run
    from poseviewer.runtime.factories import follower, goniometer, load_network, smoother

    state = _state(model, options)
    opened = open_clip(clip) if isinstance(clip, str | Path) else clip
    try:
        results = run(
            opened,
            load_network(state.network).estimator(state.reading),
            follower(state.reading),
            start=start,
            end=end,
            goniometer=goniometer(state.reading, state.angles),
            smoother=smoother(state.reading),
            track_window=state.reading.track_window,
        )
        last = len(opened) - 1 if end is None else end
        return table_of(_counted((one for _, one in results), last - start + 1, progress))
    finally:
        if opened is not clip:
            opened.close()


def export(
    clip: str | Path,
    output: str | Path,
    *,
    model: str = "hourglass-lite",
    start: int = 0,
    end: int | None = None,
    overlay: bool = True,
    stage: int | None = None,
    heatmap: str | None = None,
    data: Sequence[str] = (),
    data_stage: int | None = None,
    height: float | None = None,
    filter: str = "none",
    audio: bool = True,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[ExportOptions],
) -> Path:
    """Write a clip as the window shows it, and data beside it; all of it, or nothing.

    Args:
        clip: Location, as `open_clip` takes it.
        output: What to write: .mp4, .mkv, .mov or .webm for a clip, .gif, .apng or .webp for what
            repeats, `frames/%06d.png` (or .jpg) for a picture per frame, .png for one frame.
        model: Name of the network.
        start: First frame.
        end: Last frame, included; None for the last of the clip (for a .png, for `start`).
        overlay: Draw the skeleton; without it the picture stays bare.
        stage: 0-based stage whose map is laid over the picture and whose skeleton is drawn
            thin; the last one where only `heatmap` is given.
        heatmap: Joint whose belief map is laid over the picture, such as `left_wrist`; all
            joints where only `stage` is given.
        data: Kinds of data: `csv`, `json`, `trc` and others that `poseviewer export --help` lists,
            and those of plug-ins.
        data_stage: 0-based stage whose answer the data holds; None for the last one.
        height: Stature of the person in metres, for data in metres.
        filter: What is done to written curves, beside the raw ones.
        audio: Take the sound along, encoded anew where the file cannot hold it as it is.
        overwrite: Replace files that exist; the clip itself is never replaced.
        progress: Called with how many frames are done, and of how many.
        **options: See `ExportOptions` and `Options`.

    Returns:
        The path of the output.

    Raises:
        PoseViewerError: It cannot be written; nothing is left behind.
    """
    from poseviewer.models.registry import card
    from poseviewer.records.open import guard
    from poseviewer.runtime.export import export_clip
    from poseviewer.runtime.export_look import drawn_look, map_look, truth_path
    from poseviewer.runtime.export_queue import inputs_of, outputs_of
    from poseviewer.runtime.factories import load_network as load_network_of
    from poseviewer.runtime.passing_results import passing_analyst
    from poseviewer.runtime.saved.library import saving_of

    analysis: Options = {}
    analysis.update({name: options[name] for name in Options.__annotations__ if name in options})  # type: ignore[literal-required, typeddict-item]
    repeated = RepetitionChoice(
        options.get("prominence", 0.0), options.get("apart", 0.0), options.get("lowest", False)
    )
    state = _state(model, analysis).choosing(filter=parse_filter(filter).text, **asdict(repeated))
    chosen = card(model)
    _check_export(options, overlay=overlay, stage=stage, heatmap=heatmap, data=data)
    look = drawn_look(
        map_look(chosen, gate=state.reading.gate, stage=stage, heatmap=heatmap),
        chosen,
        draw=options.get("draw", USUAL),
        field=options.get("field"),
        stage=stage,
        ghost=options.get("ghost"),
        arcs=options.get("arcs", ()),
    )
    job = _export_job(Path(output), look, options)
    job = replace(
        job,
        start=start,
        end=end,
        overlay=overlay,
        data=tuple(data),
        data_stage=data_stage,
        height=height,
        audio=audio,
        replace=overwrite,
    )
    written = outputs_of(job)
    guard(written, source=str(clip), force=overwrite, others=inputs_of(job, location=str(clip)))
    source = open_clip(
        clip,
        video_stream=options.get("video_stream"),
        deinterlace=options.get("deinterlace", "frame"),
    )
    try:
        if "truth" in options:
            truth_path(options["truth"], source)
    except BaseException:
        source.close()
        raise

    def report(step: Progress) -> None:
        if progress is not None:
            progress(step.done, step.total)

    saving = saving_of(source.location) if options.get("store") else None
    with passing_analyst(
        source, state, loader=load_network_of, saving=saving, complain=warnings.warn
    ) as analyst:
        return export_clip(
            job, state, str(clip), progress=report, opener=lambda _: source, analyst=analyst
        )


def _check_export(
    options: ExportOptions,
    *,
    overlay: bool,
    stage: int | None,
    heatmap: str | None,
    data: Sequence[str],
) -> None:
    """See that the options of an export go together.

    Raises:
        PoseViewerError: Two of them do not.
    """
    field = "field" in options
    over = field or "ghost" in options or stage is not None or heatmap is not None
    slowed = "slow" in options or options.get("speed", 1) < 1
    for wrong, words in (
        (options.get("interpolate") and not slowed, "interpolate is of slow motion: give speed"),
        (field and heatmap is not None, "heatmap and field lie over each other: choose one"),
        (over and not overlay, "Without overlay there is nothing for heatmap and stage to draw on"),
        (over and "poses" in options, "poses brings no stages for heatmap and stage"),
        ("beside_offset" in options and "beside_clip" not in options,
         "beside_offset is of beside_clip"),
        ("beside" in options and "beside_clip" in options,
         "Beside a clip stands either another network or another clip"),
        ("beside" in options and not overlay,
         "Without overlay there is nothing that two networks could differ in"),
        (not options.get("picture", True) and not data,
         "Without picture there is nothing to write: name the data"),
    ):  # fmt: skip
        if wrong:
            msg = f"{words}."
            raise PoseViewerError(msg)


def _export_job(output: Path, look: Look, options: ExportOptions) -> ExportJob:
    """What the options of an export ask for.

    Raises:
        PoseViewerError: One of them is out of its range.
    """
    from poseviewer.core.beside import Beside
    from poseviewer.models.registry import card

    composite = None
    if (layout := options.get("layout")) is not None:
        if layout not in LAYOUTS:
            msg = f"There is no layout called {layout!r}; choose {', '.join(LAYOUTS)}."
            raise PoseViewerError(msg)
        composite = Composite(
            layout,
            options.get("size", SIZES[layout]),
            tuple(options.get("joints", ())),
            tuple(options.get("plot", PLOTTED)),
        )
    size = options.get("size")
    if size is not None and not all(SIDES[0] <= side <= SIDES[1] for side in size):
        msg = f"A picture has sides of {SIDES[0]} to {SIDES[1]} pixels, not {size}."
        raise PoseViewerError(msg)
    beside = None
    if "beside" in options:
        beside = Beside(network=card(options["beside"]).name)
    elif "beside_clip" in options:
        offset = Fraction(options.get("beside_offset", 0)).limit_denominator(_FINEST)
        beside = Beside(clip=str(options["beside_clip"]), offset=offset)
    truth, draw = options.get("truth"), options.get("draw", ())
    rate, forming = options.get("rate"), options.get("forming")
    return ExportJob(
        output,
        look=replace(look, truth=truth is not None),
        metres_per_pixel=options.get("scale"),
        truth=None if truth in (None, "auto") else Path(str(truth)),
        size=None if composite else size,
        rate=None if rate is None else _ratio("rate", rate),
        speed=_ratio("speed", options.get("speed", 1)),
        slow=tuple(
            replace(one, speed=_ratio("speed", one.speed)) for one in options.get("slow", ())
        ),
        interpolate=options.get("interpolate", False),
        corrected=options.get("corrected", True),
        freezes=tuple(
            replace(one, seconds=_ratio("seconds", one.seconds))
            for one in options.get("freeze", ())
        ),
        captions=tuple(name for name in CAPTIONS if name in draw),
        line_width=float(_ratio("line_width", options.get("line_width", 1))),
        text_size=float(_ratio("text_size", options.get("text_size", 1))),
        quality=options.get("quality", "high"),
        encoder=options.get("encoder", "auto"),
        picture=options.get("picture", True),
        composite=composite,
        forming=None if forming is None else _ratio("forming", forming),
        beside=beside,
        poses=Path(options["poses"]) if "poses" in options else None,
    )


def _ratio(name: str, value: Fraction | float) -> Fraction:
    """An exact number above 0, as the command reads it.

    Raises:
        PoseViewerError: It is not one.
    """
    most = _MOST.get(name, 1000)
    if not 0 < value <= most:
        msg = f"{name} is a number above 0 and up to {most}, not {value}."
        raise PoseViewerError(msg)
    return Fraction(value).limit_denominator(_FINEST)


def load_network(name: str = "hourglass-lite", **options: Unpack[Options]) -> Network:
    """Load a network, to ask it about single images; takes seconds.

    Args:
        name: As `networks()` lists it.
        **options: See `Options`.

    Raises:
        PoseViewerError: There is no such network, it has no weights here, or no engine runs it.
    """
    return Network(_state(name, options))


def networks() -> tuple[ModelCard, ...]:
    """The cards of all networks: those that ship, those of plug-ins, and imported ones."""
    from poseviewer.models.registry import cards

    return cards()


def open_clip(
    location: str | Path, *, video_stream: int | None = None, deinterlace: Deinterlacing = "frame"
) -> Clip:
    """Open a video, a picture, a folder of pictures, or another source that has an end.

    Frame N is the same pixels however it is reached, and times are the container's own. Close the
    clip, or use it in a `with` statement:

        with poseviewer.open_clip("clip.mp4") as clip:
            print(len(clip), clip.size, clip.read(120).time.seconds)

    Args:
        location: A path, `mannequin-clip:640x480@30x300`, or a location of a plug-in.
        video_stream: Which video stream of a file, counted from 1; the largest where None.
        deinterlace: Of interlaced frames: `off` leaves both fields woven, `frame` makes a whole
            frame of each, `field` makes two, at twice the rate.

    Raises:
        PoseViewerError: It cannot be opened, has no such stream, or it is live.
    """
    from poseviewer.video.open import open_source
    from poseviewer.video.source import Clip

    track = None if video_stream is None else video_stream - 1
    source = open_source(str(location), choice=VideoChoice(track, deinterlace))
    if isinstance(source, Clip):
        return source
    source.close()
    msg = f"{location} is live and has no end: name a file, or record it first."
    raise PoseViewerError(msg)


def _state(model: str, options: Options) -> AppState:
    """The state whose choices are `options`.

    Raises:
        PoseViewerError: One of the words is unknown.
    """
    words = {"region": Region, "decoding": Decoding, "facing": FacingChoice}
    made: dict[str, Any] = dict(options)
    for name, known in words.items():
        value = made.get(name)
        if isinstance(value, str) and value not in get_args(known):
            msg = f"There is no {name} called {value!r}; choose {', '.join(get_args(known))}."
            raise PoseViewerError(msg)
    if isinstance(made.get("region"), Box):
        made |= {"region": "box", "box": made["region"]}
    if "angles" in made:
        made["custom"] = made.pop("angles")
    return AppState().choosing(model=model, **made)


def _counted(
    results: Iterable[FrameResult], total: int, progress: Callable[[int, int], None] | None
) -> Iterator[FrameResult]:
    for done, result in enumerate(results, 1):
        yield result
        if progress is not None:
            progress(done, total)
