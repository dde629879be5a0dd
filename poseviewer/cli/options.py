"""Options that several commands share, and the choices they amount to."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, get_args

from poseviewer.core.affine import Box
from poseviewer.runtime.state import Choices, Decoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SOURCES = (
    "a video file, a picture, a folder of pictures, camera:0, an rtsp://, http:// or udp:// "
    "address, or mannequin: for the built-in test figure"
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
    """The options that say how a frame is analysed."""
    group = parser.add_argument_group("analysis")
    group.add_argument(
        "--model",
        default=Choices().model,
        metavar="NAME",
        help="network; `poseviewer models` lists them (%(default)s)",
    )
    group.add_argument("--engine", default="auto", choices=("auto", "torch", "openvino"))
    group.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    group.add_argument(
        "--precision", default="fp32", choices=("fp32", "bf16"), help="bf16 is faster, coarser"
    )
    group.add_argument(
        "--decoding",
        default=Choices().decoding,
        choices=get_args(Decoding),
        help="how a joint is read from its belief map (%(default)s)",
    )
    group.add_argument(
        "--flip", action="store_true", help="average with the mirrored input: steadier, slower"
    )
    group.add_argument(
        "--region",
        type=region,
        default="follow",
        metavar="WHERE",
        help="what the network is shown: whole (the frame), follow (the person) or a box "
        "X,Y,WIDTH,HEIGHT in frame pixels (%(default)s)",
    )
    group.add_argument(
        "--gate",
        type=fraction,
        default=Choices().gate,
        metavar="CONFIDENCE",
        help="weaker joints are drawn weak and left out of angles (%(default)s)",
    )
    group.add_argument(
        "--facing",
        default="right",
        choices=("right", "left"),
        help="where the person faces; sets the signs of angles (%(default)s)",
    )


def choices(args: argparse.Namespace) -> Choices:
    """What the analysis options of `args` ask for."""
    box = args.region if isinstance(args.region, Box) else None
    return Choices(
        model=args.model,
        engine=args.engine,
        device=args.device,
        precision=args.precision,
        decoding=args.decoding,
        flip=args.flip,
        region="box" if box else args.region,
        box=box,
        gate=args.gate,
        facing=args.facing,
    )


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
