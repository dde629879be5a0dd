"""Options that several commands share, and the choices they amount to."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, get_args

from poseviewer.core.affine import Box
from poseviewer.core.angle import Facing
from poseviewer.runtime.state import Choices, Decoding

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = (
    "a video file, a picture, a folder of pictures, camera:0, an rtsp://, http:// or udp:// "
    "address, or mannequin: for the built-in test figure"
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
        help="what the network is shown: whole (the frame), follow (the person) or a box "
        f"X,Y,WIDTH,HEIGHT in frame pixels ({usual.region})",
    )
    group.add_argument(
        "--gate",
        type=fraction,
        metavar="CONFIDENCE",
        help=f"weaker joints are drawn weak and left out of angles ({usual.gate})",
    )
    group.add_argument(
        "--facing",
        choices=get_args(Facing),
        help=f"where the person faces; sets the signs of angles ({usual.facing})",
    )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The choices that were made on the command line, by their names in `Choices`."""
    made = {name: getattr(args, name) for name in _ANALYSIS if hasattr(args, name)}
    if isinstance(made.get("region"), Box):
        made |= {"region": "box", "box": made["region"]}
    return made


def choices(args: argparse.Namespace) -> Choices:
    """What the analysis options of `args` ask for; the usual where they say nothing."""
    return Choices(**given(args))


def region(text: str) -> str | Box:
    """`whole`, `follow`, or the box that `X,Y,WIDTH,HEIGHT` means.

    Raises:
        argparse.ArgumentTypeError: It is none of them.
    """
    if text in ("whole", "follow"):
        return text
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError:
        width = height = 0.0
    if width <= 0 or height <= 0:
        msg = f"{text!r} is neither whole, follow nor X,Y,WIDTH,HEIGHT"
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
