"""The video streams of a container: which there are, and which is the main one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.stream import Disposition

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_ASIDE = Disposition.attached_pic | Disposition.timed_thumbnails
"""What accompanies a video: cover art and pictures for a timeline."""


@dataclass(frozen=True, slots=True)
class Track:
    """A video stream of a file."""

    number: int
    """Among the video streams of the file, from 0."""

    size: tuple[int, int]
    """Width and height as stored; 0 where only decoding tells."""

    codec: str
    """Its name, such as `h264`."""

    title: str
    """What the file calls it; empty where it has no name."""

    def __str__(self) -> str:
        """Return the stream in words; people count from 1."""
        name = f" “{self.title}”" if self.title else ""
        return f"{self.number + 1}{name} ({self.size[0]} x {self.size[1]}, {self.codec})"


def tracks(container: InputContainer) -> tuple[Track, ...]:
    """Return the video streams that can be shown, in the order of the file."""
    return tuple(
        Track(
            number,
            (stream.codec_context.width, stream.codec_context.height),
            stream.codec_context.name,
            stream.metadata.get("title", ""),
        )
        for number, stream in enumerate(container.streams.video)
        if _decodable(stream) and not stream.disposition & _ASIDE
    )


def chosen(container: InputContainer, number: int | None, *, name: str) -> VideoStream:
    """Return the video stream `number`, or the main one: the largest, and the default of equals.

    Raises:
        PoseViewerError: There is none, no such one, or none that can be decoded here.
    """
    streams = container.streams.video
    found = tracks(container)
    if number is not None:
        if any(one.number == number for one in found):
            return streams[number]
        known = "; ".join(map(str, found)) or "none"
        msg = f"{name} has no video stream {number + 1}; there are: {known}."
        raise PoseViewerError(msg)
    if not found:
        shown = [stream for stream in streams if not stream.disposition & _ASIDE]
        if shown:
            msg = f"{name} is coded in a way that cannot be decoded here: convert it to H.264."
        else:
            what = "sound but no picture" if container.streams.audio else "no picture"
            msg = f"{name} has {what}: choose a video."
        raise PoseViewerError(msg)

    def worth(one: Track) -> tuple[int, bool]:
        default = streams[one.number].disposition & Disposition.default
        return one.size[0] * one.size[1], bool(default)

    return streams[max(found, key=worth).number]


def _decodable(stream: VideoStream) -> bool:
    return getattr(stream, "codec_context", None) is not None
