"""What a person should know of how a video file is shown, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.video.colour import is_square, shown_size
from poseviewer.video.hdr import transfer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.video.frame import VideoFrame

    from poseviewer.core.video_choice import VideoFacts
    from poseviewer.video.pts_index import PtsIndex

_DEINTERLACED = {
    "off": "it is interlaced and shown as it is, with both fields woven into one frame",
    "frame": "it is interlaced: one whole frame is made of each two fields",
    "field": "it is interlaced: a whole frame is made of each field, at twice the rate",
}


def details(
    index: PtsIndex,
    video: VideoFacts,
    first: VideoFrame,
    *,
    shape: Fraction,
    apart: bool,
    asked: bool,
) -> tuple[str, ...]:
    """Return what is not shown exactly as it is stored; clauses without a full stop.

    Args:
        index: Of the stream.
        video: Its choices.
        first: Its first picture.
        shape: Width of its pixels over their height.
        apart: Whether its fields are pictures of their own.
        asked: Whether the stream was chosen by the person.
    """
    found = [*_streams(video, asked), *_shape(first, shape, apart), *_fields(video, apart)]
    return (*found, *_colours(first), *_times(index))


def _streams(video: VideoFacts, asked: bool) -> Iterator[str]:
    if len(video.tracks) > 1:
        which = "" if asked else ", the largest,"
        known = "; ".join(text for _, text in video.tracks)
        count = len(video.tracks)
        yield f"of {count} video streams, number {video.track + 1}{which} is shown: {known}"


def _shape(first: VideoFrame, shape: Fraction, apart: bool) -> Iterator[str]:
    if not is_square(shape) and not apart:
        width, height = shown_size(first, shape)
        yield (
            f"its pixels are not square ({shape.numerator}:{shape.denominator}), so "
            f"{first.width} x {first.height} is shown as {width} x {height}"
        )


def _fields(video: VideoFacts, apart: bool) -> Iterator[str]:
    if apart:
        yield "it is interlaced and coded field by field: each field is shown as a frame"
    elif video.interlaced:
        yield _DEINTERLACED[video.choice.deinterlace]
    elif video.choice.deinterlace == "field":
        yield "it is not interlaced, so its frames are shown as they are"


def _colours(first: VideoFrame) -> Iterator[str]:
    transfer = transfer_of(first)
    if transfer == "wide gamut":
        yield "its colours (BT.2020) are mapped to those of an ordinary screen"
    elif transfer:
        yield f"its high dynamic range ({transfer}) is mapped to that of an ordinary screen"


def _times(index: PtsIndex) -> Iterator[str]:
    if restarts := len(index.shifts[1:]):
        times = "once" if restarts == 1 else f"{restarts} times"
        yield f"its clock starts over or jumps {times}, and time goes on here"
    if index.shared:
        yield "several frames have one time in it, and are spread evenly"
    if index.assumed_rate and len(index) > 1:
        yield f"nothing in it says how fast it plays, so {index.rate:g} frames a second are assumed"
