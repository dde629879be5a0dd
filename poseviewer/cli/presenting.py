"""Options of `poseviewer export` for its times and for what is drawn and written on the picture."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from poseviewer.cli.options import Moment, counting, moment, names, positive, ratio
from poseviewer.core.beside import Beside
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.runtime.export_look import DRAWN, USUAL
from poseviewer.runtime.jobs import CAPTIONS

if TYPE_CHECKING:
    from poseviewer.video.source import Clip

_LARGEST = 10


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast a clip plays, and ranges with a speed of their own."""

    usual: Fraction = Fraction(1)
    ranges: tuple[tuple[Fraction, Moment, Moment], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A moment that stands still."""

    when: Moment
    seconds: Fraction
    title: str
    stages: bool


def add_time_options(form: argparse._ArgumentGroup) -> None:
    """Add the options for slow motion and frames that stand still."""
    form.add_argument(
        "--speed",
        type=speeds,
        default=Speeds(),
        metavar="TIMES[@FROM-TO]",
        help="0.25 is slow motion, 0.25@2s-3.5s of that range only; several between commas. Sound "
        "keeps its pitch, data its true times",
    )
    form.add_argument(
        "--interpolate",
        action="store_true",
        help="in slow motion, move skeletons between two frames, linearly in time; pixels repeat",
    )
    form.add_argument(
        "--freeze",
        type=standing,
        action="append",
        default=[],
        metavar="WHEN=SECONDS[,stages][:TITLE]",
        help="let the frame at WHEN stand still, with a title over it and with its stages playing "
        "one after another if asked for; give it again for further ones",
    )


def add_drawing_options(drawn: argparse._ArgumentGroup) -> None:
    """Add the options for what is drawn and written on the picture."""
    drawn.add_argument(
        "--draw",
        type=drawings,
        default=USUAL,
        metavar="NAMES",
        help=f"what is drawn, of {', '.join((*DRAWN, *CAPTIONS))}, or none ({','.join(USUAL)})",
    )
    drawn.add_argument(
        "--field",
        metavar="LIMB",
        help="lay the part affinity field of a limb over the picture in place of a belief map, "
        "such as neck-nose, or of `all`",
    )
    drawn.add_argument(
        "--ghost",
        type=counting,
        metavar="K",
        help="draw the skeleton of stage K thin, counted from 1; by default that of --stage",
    )
    drawn.add_argument(
        "--arcs", type=names, default=(), metavar="ANGLES", help="angles drawn as arcs, such as "
        "'left knee,right hip'",
    )  # fmt: skip
    for name, what in (("--line-width", "strokes and dots"), ("--text-size", "letters")):
        drawn.add_argument(
            name,
            type=_times,
            default=1.0,
            metavar="TIMES",
            help=f"of {what}, relative to what suits the size of the picture (1)",
        )


def add_beside_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for what stands beside the clip."""
    group = parser.add_argument_group(
        "beside it", "A second half of the picture; data and sound are the first half's."
    )
    other = group.add_mutually_exclusive_group()
    other.add_argument("--beside", metavar="NETWORK", help="another network on the same frames")
    other.add_argument(
        "--beside-clip",
        metavar="FILE",
        help="another clip, in step with the first; before its begin and after its end it holds "
        "its first and last frame",
    )
    group.add_argument(
        "--beside-offset",
        type=_seconds,
        default=Fraction(0),
        metavar="SECONDS",
        help="where the other clip is when the first begins; -2 lets it begin two seconds later",
    )


def chosen_beside(args: argparse.Namespace) -> Beside | None:
    """What stands beside the clip; None for nothing.

    Raises:
        PoseViewerError: There is no such network.
    """
    if args.beside_offset and not args.beside_clip:
        args.usage("--beside-offset is of --beside-clip")
    if args.beside is None and args.beside_clip is None:
        return None
    if args.beside is not None:
        from poseviewer.models.registry import card

        if args.no_overlay:
            args.usage("--no-overlay leaves nothing that two networks could differ in")
        return Beside(network=card(args.beside).name)
    return Beside(clip=args.beside_clip, offset=args.beside_offset)


def slow_ranges(wanted: Speeds, clip: Clip) -> tuple[Slow, ...]:
    """The frames that play at a speed of their own.

    Raises:
        PoseViewerError: A bound lies outside the clip.
    """
    return tuple(
        Slow(begin.index(clip), end.index(clip), speed) for speed, begin, end in wanted.ranges
    )


def freezes(wanted: list[Standing], clip: Clip) -> tuple[Freeze, ...]:
    """The frames that stand still.

    Raises:
        PoseViewerError: A moment lies outside the clip, or one stands too long.
    """
    return tuple(Freeze(one.when.index(clip), one.seconds, one.title, one.stages) for one in wanted)


def speeds(text: str) -> Speeds:
    """Speeds such as `0.25`, `0.5@2s-3s` or `2,0.25@100-200`.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    usual, ranges = Fraction(1), []
    for part in text.split(","):
        factor, at, bounds = part.partition("@")
        if not at:
            usual = ratio(factor)
            continue
        begin, dash, end = bounds.partition("-")
        if not dash:
            msg = f"{part!r} names no range such as 0.25@2s-3.5s"
            raise argparse.ArgumentTypeError(msg)
        ranges.append((ratio(factor), moment(begin), moment(end)))
    return Speeds(usual, tuple(ranges))


def standing(text: str) -> Standing:
    """A moment that stands still, such as `2.5s=3`, `120=4,stages:How it decides`.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    when, equals, rest = text.partition("=")
    if not equals:
        msg = f"{text!r} says not how long, such as 2.5s=3:A title"
        raise argparse.ArgumentTypeError(msg)
    length, _, title = rest.partition(":")
    seconds, comma, extra = length.partition(",")
    if comma and extra.strip() != "stages":
        msg = f"{extra!r} is not `stages`; a title follows a colon"
        raise argparse.ArgumentTypeError(msg)
    return Standing(
        moment(when), ratio(seconds.strip().removesuffix("s")), title.strip(), bool(comma)
    )


def drawings(text: str) -> tuple[str, ...]:
    """Names of what is drawn and written; none of `none`.

    Raises:
        argparse.ArgumentTypeError: There is another one.
    """
    wanted = () if text.strip() == "none" else names(text)
    known = (*DRAWN, *CAPTIONS)
    for name in wanted:
        if name not in known:
            msg = f"{name!r} is not one of {', '.join(known)}, none"
            raise argparse.ArgumentTypeError(msg)
    return wanted


def _seconds(text: str) -> Fraction:
    try:
        value = Fraction(text.strip().removesuffix("s"))
    except (ValueError, ZeroDivisionError):
        msg = f"{text!r} is not a number of seconds"
        raise argparse.ArgumentTypeError(msg) from None
    return value.limit_denominator(100_000)


def _times(text: str) -> float:
    value = positive(text)
    if not 1 / _LARGEST <= value <= _LARGEST:
        msg = f"{text!r} is not from 0.1 to {_LARGEST}"
        raise argparse.ArgumentTypeError(msg)
    return value
