"""What a person chooses of a video file: its stream, and what is done to interlaced frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Deinterlacing = Literal["off", "frame", "field"]


@dataclass(frozen=True, slots=True)
class VideoChoice:
    """How a video file is opened; pictures and feeds know no such choice."""

    track: int | None = None
    """Number of the video stream among those of the file, from 0; None for the main one."""

    deinterlace: Deinterlacing = "frame"
    """Of interlaced frames: `off` shows both fields woven; `frame` makes one whole frame of each;
    `field` makes two, one of each field, at twice the rate."""


DEFAULT_CHOICE = VideoChoice()


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What there is to choose of an open video file, and what was chosen."""

    choice: VideoChoice = DEFAULT_CHOICE

    track: int = 0
    """Number of the stream that is shown."""

    tracks: tuple[tuple[int, str], ...] = ()
    """The video streams: number, and description in words."""

    interlaced: bool = False
    """Whether frames consist of two fields."""
