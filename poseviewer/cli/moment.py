"""A place in a clip as a person types it: a frame number or a time."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from poseviewer.video.source import Clip

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
