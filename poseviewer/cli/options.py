"""Options that several commands share, and the choices they amount to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from poseviewer.core.affine import Box
from poseviewer.core.angle import FacingChoice
from poseviewer.core.angle_file import own_angles_path, read_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import parse_filter
from poseviewer.runtime.state import Choices, Decoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.angle import AngleSpec

SOURCES = (
    "a video file, a picture, a folder of pictures, camera:0, screen:, an rtsp://, http:// or "
    "udp:// address, or mannequin: for the built-in test figure"
)


_ANALYSIS = (
    "model",
    "engine",
    "device",
    "precision",
    "decoding",
    "flip",
    "region",
    "gate",
    "facing",
    "angles",
    "filter",
)


def add_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    *,
    summary: str,
    example: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """A parser for the command `name`, whose help ends with an example."""
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


def add_analysis_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how a frame is analysed; those not given stay out of the result."""
    usual = Choices()
    group = parser.add_argument_group("analysis", argument_default=argparse.SUPPRESS)
    group.add_argument(
        "--model",
        metavar="NAME",
        help=f"network; `poseviewer models` lists them ({usual.model})",
    )
    group.add_argument("--engine", choices=("auto", "torch", "openvino"), help="what runs it")
    group.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), help="where it runs")
    group.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        help=f"bf16 is faster and coarser ({usual.precision})",
    )
    group.add_argument(
        "--decoding",
        choices=get_args(Decoding),
        help=f"how a joint is read from its belief map ({usual.decoding})",
    )
    group.add_argument(
        "--flip",
        action="store_true",
        help="average with the mirrored input: steadier, slower",
    )
    group.add_argument(
        "--region",
        type=region,
        metavar="WHERE",
        help="what the network is shown: whole (the frame), follow (the person), people "
        "(everybody, each followed alone) or a box X,Y,WIDTH,HEIGHT in frame pixels "
        f"({usual.region})",
    )
    group.add_argument(
        "--gate",
        type=fraction,
        metavar="CONFIDENCE",
        help=f"weaker joints are drawn weak and left out of angles ({usual.gate})",
    )
    group.add_argument(
        "--facing",
        choices=get_args(FacingChoice),
        help=f"where the person faces; sets the signs of angles ({usual.facing})",
    )
    group.add_argument(
        "--angles",
        type=angle_file,
        metavar="FILE",
        help="angles of your own, as TOML (angles.toml in the settings folder)",
    )


def add_filter_option(parser: argparse.ArgumentParser) -> None:
    """The option that says what is done to whole curves."""
    parser.add_argument(
        "--filter",
        type=curve_filter,
        default=argparse.SUPPRESS,
        metavar="FILTER",
        help="what is done to angles over time, beside the raw ones: "
        "butterworth,order=4,cutoff=6 or median,window=5 or hampel,window=5,threshold=3, each "
        "also with fill=linear (pchip, cubic),longest=0.2",
    )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The choices that were made on the command line, by their names in `Choices`."""
    made = {name: getattr(args, name) for name in _ANALYSIS if hasattr(args, name)}
    if isinstance(made.get("region"), Box):
        made |= {"region": "box", "box": made["region"]}
    return made


def choices(args: argparse.Namespace) -> Choices:
    """What the analysis options of `args` ask for; the usual where they say nothing.

    Raises:
        PoseViewerError: The person's own file of angles is broken.
    """
    made = given(args)
    if "angles" not in made:
        made["angles"] = read_angles(own_angles_path())
    return Choices(**made)


def angle_file(text: str) -> tuple[AngleSpec, ...]:
    """The angles that a file defines.

    Raises:
        argparse.ArgumentTypeError: There is none, or it is broken.
    """
    path = Path(text)
    if not path.is_file():
        msg = f"{text} does not exist"
        raise argparse.ArgumentTypeError(msg)
    try:
        return read_angles(path)
    except PoseViewerError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def curve_filter(text: str) -> str:
    """A filter, as `Choices.filter` holds it.

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


def counting(text: str) -> int:
    """A whole number from 1 up.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a whole number from 1 up"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def one_of(*known: str) -> Any:
    """A reader of comma-separated names that must all be `known`."""

    def read(text: str) -> tuple[str, ...]:
        names: Sequence[str] = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            if name not in known:
                msg = f"{name!r} is not one of {', '.join(known)}"
                raise argparse.ArgumentTypeError(msg)
        return tuple(dict.fromkeys(names))

    return read
