"""What several commands share: options, places in a clip, loading, and guarding files."""

from __future__ import annotations

import argparse
import math
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from poseviewer.core.affine import Box
from poseviewer.core.angle import FacingChoice
from poseviewer.core.angle_file import own_angles_path, read_angles, usable_angles
from poseviewer.core.composite import SIDES
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import parse_filter
from poseviewer.core.repetitions import PROMINENCES, TIMES_APART, USUAL_APART
from poseviewer.core.video_choice import DEFAULT_CHOICE, Deinterlacing, VideoChoice
from poseviewer.runtime.sections import LONGEST_WINDOW, Decoding
from poseviewer.runtime.state import AppState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from poseviewer.core.angle import AngleSpec
    from poseviewer.plugins import PluginTable
    from poseviewer.runtime.analysis import Analyst
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.sections import NetworkState
    from poseviewer.video.source import Clip, Feed, Source

SOURCES = (
    "a video file, a picture, a folder of pictures, camera:0, screen:, an rtsp://, http:// or "
    "udp:// address, mannequin: for the built-in test figure, or a location of a plug-in"
)


_FASTEST = 1000

_ANALYSIS = (
    "model",
    "engine",
    "device",
    "precision",
    "decoding",
    "flip",
    "smooth",
    "region",
    "track_window",
    "gate",
    "facing",
    "custom",
    "filter",
    "prominence",
    "apart",
    "lowest",
)


def said(sentence: str) -> None:
    """Tell the person something on stderr."""
    print(f"poseviewer: {sentence}", file=sys.stderr)


def add_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    *,
    summary: str,
    example: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """Add a parser for the command `name`, whose help ends with an example."""
    return subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary}. {more}".strip(),
        epilog=f"example: {example}",
        formatter_class=_Help,
    )


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps an example on the lines it was written on, but wraps the description."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("example:"):
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


class _AngleFile(argparse.Action):
    """Stores the angles of a file in `custom`, and the file in `angles_path`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        namespace.angles_path, namespace.custom = values


def add_analysis_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for how a frame is analysed; those not given stay out of the result."""
    usual = AppState()
    group = parser.add_argument_group("analysis", argument_default=argparse.SUPPRESS)
    group.add_argument(
        "--model",
        metavar="NAME",
        help=f"network; `poseviewer models` lists them ({usual.network.model})",
    )
    group.add_argument("--engine", choices=("auto", "torch", "openvino"), help="what runs it")
    group.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), help="where it runs")
    group.add_argument(
        "--precision",
        choices=("fp32", "bf16", "int8"),
        help="bf16 and int8 are faster and coarser; int8 needs OpenVINO on the CPU "
        f"({usual.network.precision})",
    )
    group.add_argument(
        "--decoding",
        choices=get_args(Decoding),
        help=f"how a joint is read from its belief map; tree: all of a person together "
        f"({usual.reading.decoding})",
    )
    group.add_argument(
        "--flip",
        action="store_true",
        help="average with the mirrored input: steadier, slower",
    )
    group.add_argument(
        "--smooth",
        action=argparse.BooleanOptionalAction,
        help="steady the joints of a sequence by a One Euro filter, as the window draws them; "
        f"raw joints are always written too ({'on' if usual.reading.smooth else 'off'})",
    )
    group.add_argument(
        "--region",
        type=region,
        metavar="WHERE",
        help="what the network is shown: whole (the frame), follow (the person), people "
        "(all people, each followed alone) or a box X,Y,WIDTH,HEIGHT in frame pixels "
        f"({usual.reading.region})",
    )
    group.add_argument(
        "--track-window",
        type=within(0, LONGEST_WINDOW, what="seconds"),
        metavar="SECONDS",
        help="over so long, of two numbers whose poses lie on each other drop the less sure one; 0 "
        f"leaves that out ({usual.reading.track_window:g})",
    )
    group.add_argument(
        "--gate",
        type=fraction,
        metavar="CONFIDENCE",
        help=f"weaker joints are drawn weak and left out of angles ({usual.reading.gate})",
    )
    group.add_argument(
        "--facing",
        choices=get_args(FacingChoice),
        help=f"where the person faces; sets the signs of angles ({usual.angles.facing})",
    )
    group.add_argument(
        "--angles",
        dest="custom",
        type=angle_file,
        action=_AngleFile,
        metavar="FILE",
        help="angles of your own, as TOML (angles.toml in the settings folder)",
    )


def add_video_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for what a video file is opened as."""
    group = parser.add_argument_group("video file")
    group.add_argument(
        "--video-stream",
        type=counting,
        metavar="N",
        help="which of its video streams, counted from 1; by default the largest",
    )
    group.add_argument(
        "--deinterlace",
        choices=get_args(Deinterlacing),
        default=DEFAULT_CHOICE.deinterlace,
        help="interlaced frames: off leaves the fields woven, frame makes a whole frame of each, "
        "field makes two, at twice the rate (%(default)s)",
    )


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that leaves saved results alone."""
    parser.add_argument(
        "--no-store",
        action="store_true",
        help="save nothing of what is analysed, and use nothing that was saved",
    )


def chosen_video(args: argparse.Namespace) -> VideoChoice:
    """What a video file is opened as."""
    track = None if args.video_stream is None else args.video_stream - 1
    return VideoChoice(track, args.deinterlace)


def opened(
    location: str, args: argparse.Namespace, *, say: Callable[[str], None] = said
) -> Clip | Feed:
    """Open a source as `args` choose, and say what should be known of it.

    Raises:
        PoseViewerError: It cannot be opened.
    """
    from poseviewer.video.open import open_source

    source = open_source(location, choice=chosen_video(args))
    if source.remarks:
        say(source.remarks)
    return source


def add_range_options(parser: argparse.ArgumentParser) -> None:
    """Add --start and --end, the first and the last frame."""
    parser.add_argument(
        "--start",
        type=moment,
        metavar="WHEN",
        help="first frame: a frame number counted from 0 (120) or a time (4.5s, 0:04.5)",
    )
    parser.add_argument("--end", type=moment, metavar="WHEN", help="last frame, included")


def add_filter_option(parser: argparse.ArgumentParser) -> None:
    """Add the options that filter whole curves and say what counts as a repetition."""
    parser.add_argument(
        "--filter",
        type=curve_filter,
        default=argparse.SUPPRESS,
        metavar="FILTER",
        help="what is done to angles over time, beside the raw ones: "
        "butterworth,order=4,cutoff=6 or median,window=5 or hampel,window=5,threshold=3, each "
        "also with fill=linear (pchip, cubic),longest=0.2",
    )
    parser.add_argument(
        "--prominence",
        type=within(*PROMINENCES, what="degrees"),
        default=argparse.SUPPRESS,
        metavar="DEGREES",
        help="how far a repetition's peak stands out of an angle's curve; by default 40 %% of its "
        "range",
    )
    parser.add_argument(
        "--apart",
        type=within(*TIMES_APART, what="seconds"),
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help=f"the least time from one repetition's peak to the next ({USUAL_APART:g})",
    )
    parser.add_argument(
        "--lowest",
        action="store_true",
        default=argparse.SUPPRESS,
        help="the peaks of repetitions are the least values of an angle",
    )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The choices that were made on the command line, by their names in `AppState`."""
    made = {name: getattr(args, name) for name in _ANALYSIS if hasattr(args, name)}
    if isinstance(made.get("region"), Box):
        made |= {"region": "box", "box": made["region"]}
    return made


def chosen_state(args: argparse.Namespace) -> AppState:
    """The state that the analysis options of `args` ask for; defaults where they say nothing.

    Angles of the person's own file that cannot be used are left out, with a word on stderr.
    """
    made = given(args)
    if "custom" not in made:
        made["custom"], trouble = usable_angles(own_angles_path())
        if trouble:
            print(f"poseviewer: {trouble}", file=sys.stderr)
    return AppState().choosing(**made)


def angle_file(text: str) -> tuple[Path, tuple[AngleSpec, ...]]:
    """A file and the angles that it defines.

    Raises:
        argparse.ArgumentTypeError: There is none, or it is broken.
    """
    path = Path(text)
    if not path.is_file():
        msg = f"{text} does not exist"
        raise argparse.ArgumentTypeError(msg)
    try:
        return path, read_angles(path)
    except PoseViewerError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def curve_filter(text: str) -> str:
    """A filter, as `AngleState.filter` holds it.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        return parse_filter(text).text
    except PoseViewerError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def region(text: str) -> str | Box:
    """`whole`, `follow`, `people`, or the box that `X,Y,WIDTH,HEIGHT` means.

    Raises:
        argparse.ArgumentTypeError: It is none of them.
    """
    if text in ("whole", "follow", "people"):
        return text
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError:
        width = height = 0.0
    if width <= 0 or height <= 0:
        msg = f"{text!r} is neither whole, follow, people nor X,Y,WIDTH,HEIGHT"
        raise argparse.ArgumentTypeError(msg)
    # A person counts pixels: 0 is the left edge of the first one, which lies at -0.5.
    return Box(x - 0.5, y - 0.5, width, height)


def fraction(text: str) -> float:
    """A number from 0 to 1.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        msg = f"{text!r} is not a number from 0 to 1"
        raise argparse.ArgumentTypeError(msg)
    return value


def positive(text: str) -> float:
    """A finite number above 0.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        msg = f"{text!r} is not a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return value


def names(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def ratio(text: str) -> Fraction:
    """An exact number above 0: `0.25`, `1/4` or `30000/1001`.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value <= _FASTEST:
        msg = f"{text!r} is not a number above 0 and up to {_FASTEST}"
        raise argparse.ArgumentTypeError(msg)
    return value.limit_denominator(100_000)


def size(text: str) -> tuple[int, int]:
    """Width and height: `1280x720`.

    Raises:
        argparse.ArgumentTypeError: It is none, or cannot be written.
    """
    found = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    least, most = SIDES
    if not all(least <= side <= most for side in sides):
        msg = f"{text!r} is not a size such as 1280x720, with sides of {least} to {most}"
        raise argparse.ArgumentTypeError(msg)
    return sides


def within(low: float, high: float, *, what: str) -> Callable[[str], float]:
    """A reader of numbers from `low` to `high`, which raises `argparse.ArgumentTypeError`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            msg = f"{text!r} is no number of {what} from {low:g} to {high:g}"
            raise argparse.ArgumentTypeError(msg)
        return value

    return read


def counting(text: str) -> int:
    """A whole number from 1 up.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a whole number from 1 up"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def one_of(known: PluginTable) -> Any:
    """A reader of comma-separated names that must all be `known`."""

    def read(text: str) -> tuple[str, ...]:
        names: Sequence[str] = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            if name not in known:
                msg = f"{name!r} is not one of {', '.join(known.names)}"
                raise argparse.ArgumentTypeError(msg)
        return tuple(dict.fromkeys(names))

    return read


_FRAME = re.compile(r"\d+")
_SECONDS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)s")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)")


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame number, or seconds after the first frame."""

    text: str
    """As it was typed."""

    frame: int | None = None
    """0-based; None when a time was typed."""

    seconds: float = 0.0

    def index(self, clip: Clip) -> int:
        """The 0-based frame of `clip` that is on screen at this moment.

        Raises:
            PoseViewerError: The clip is over by then.
        """
        last = len(clip) - 1
        if self.frame is not None:
            if self.frame <= last:
                return self.frame
            msg = f"{clip.name} has frames 0 to {last}, so there is no frame {self.frame}."
            raise PoseViewerError(msg)
        length = float(clip.time(last).exact - clip.time(0).exact)
        step = length / last if last else 0.0
        if self.seconds > length + step:
            msg = f"{clip.name} is {length + step:.2f} s long, so there is nothing at {self.text}."
            raise PoseViewerError(msg)
        return clip.index_at(self.seconds)


def moment(text: str) -> Moment:
    """The moment that `text` means: `120` (frame), `1.5s`, `0:01.5` or `1:02:03` (time).

    Raises:
        argparse.ArgumentTypeError: It means none.
    """
    if _FRAME.fullmatch(text):
        return Moment(text, int(text))
    if found := _SECONDS.fullmatch(text):
        return Moment(text, seconds=float(found[1]))
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(found[1] or 0), int(found[2]), float(found[3])
        return Moment(text, seconds=(hours * 60 + minutes) * 60 + seconds)
    msg = f"{text!r} is neither a frame number (120) nor a time (4.5s, 0:04.5)"
    raise argparse.ArgumentTypeError(msg)


def span(clip: Clip, *, start: Moment | None, end: Moment | None) -> tuple[int, int]:
    """The first and the last frame of a range, both included.

    Raises:
        PoseViewerError: A bound lies outside the clip, or the range is backwards.
    """
    first = start.index(clip) if start else 0
    last = end.index(clip) if end else len(clip) - 1
    if first > last:
        msg = f"The range starts at frame {first}, after its end at frame {last}: swap the two."
        raise PoseViewerError(msg)
    return first, last


def decoding_notice(state: AppState) -> str:
    """Say in a sentence that joints are not decoded as was asked for; empty where they are.

    Raises:
        PoseViewerError: There is no such model.
    """
    from poseviewer.models.registry import card
    from poseviewer.pipeline.estimators import applied

    model, wanted = state.network.model, state.reading.decoding
    if wanted == "dark" or applied(card(model), wanted) == wanted:
        return ""
    return (
        f"{model} has no belief map for every joint of one person, so --decoding {wanted} places "
        f"its joints as --decoding {applied(card(model), wanted)} does."
    )


def load(network: NetworkState, *, threads: int | None = None) -> Loaded:
    """Load a network; warn on stderr where another engine runs than was asked for.

    Args:
        network: Which, and what runs it.
        threads: CPU threads; half the cores where None.

    Raises:
        PoseViewerError: There is no such model, it has no weights here, or no engine runs it.
    """
    from poseviewer.runtime.factories import load_network

    loaded = load_network(network, threads=threads)
    if loaded.notice:
        said(loaded.notice)
    return loaded


@contextmanager
def analysis_of(
    source: Source,
    state: AppState,
    args: argparse.Namespace,
    *,
    loader: Loader | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = said,
) -> Iterator[Analyst]:
    """What analyses a clip within the block, from what is saved of it unless `--no-store`.

    Args:
        source: The clip.
        state: The choices.
        args: Of the command.
        loader: Loads the network; `load` where None.
        folder: Where analyses are saved; the user's own folder where None.
        say: Called with one sentence when saving ends.
    """
    from poseviewer.runtime.passing_results import passing_analyst
    from poseviewer.runtime.saved.library import saving_of

    if notice := decoding_notice(state):
        say(notice)
    saving = None if args.no_store else saving_of(source.location, folder=folder)
    loader = loader or load
    with passing_analyst(source, state, loader=loader, saving=saving, complain=say) as analyst:
        yield analyst
