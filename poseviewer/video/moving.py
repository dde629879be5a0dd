"""Pictures that move without being videos, numbered pictures, and a constant rate for any of them.

| ending | what | limits |
|---|---|---|
| .gif | GIF, each frame with its own palette | no sound; at most 25 frames a second |
| .apng | animated PNG, lossless | no sound |
| .webp | animated WebP | no sound |
| `%06d.png`, `%06d.jpg` | a picture per frame, in a folder | no sound, no times |

All have the methods of `ClipWriter`, and appear with the other outputs of a job or not at all.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import av
import av.filter
import cv2
import numpy as np
from av.video.stream import VideoStream

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors
from poseviewer.core.frame import Timestamp
from poseviewer.core.numbered import every_number, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet

_FAST_GIF = Fraction(1, 25)
_CENTISECOND = Fraction(1, 100)
_MILLISECOND = Fraction(1, 1000)
_JPEG_QUALITY = 95

ANIMATIONS = {".gif": "gif", ".apng": "apng", ".webp": "webp"}
"""Endings, and what FFmpeg calls their formats."""


class FrameWriter(Protocol):
    """Takes the frames of a clip in the order of their times."""

    @property
    def notice(self) -> str | None:
        """What a person should know of the result."""

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        """Write one frame, H x W x 3 RGB."""

    def finish(self) -> None:
        """Complete the output."""

    def abort(self) -> None:
        """Stop; safe to call at any time."""


class Animation:
    """A GIF, an animated PNG or an animated WebP, repeated for ever.

    Args:
        path: What it will be called.
        size: Width and height of every frame.
        outputs: The outputs that it is one of.
        end: When the last picture of a GIF ends, on the clock of the others; None for as long
            after it as it comes after the one before.

    Raises:
        PoseViewerError: The folder cannot be written to.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: tuple[int, int],
        outputs: OutputSet,
        end: Fraction | None = None,
    ) -> None:
        self.path = path
        self._size = size
        self._format = ANIMATIONS[path.suffix.lower()]
        self._gif = self._format == "gif"
        self._base = _CENTISECOND if self._gif else _MILLISECOND
        self._origin: Fraction | None = None
        self._last: Fraction | None = None
        self._end, self._moment, self._step = end, Fraction(0), _FAST_GIF
        self._held: av.Packet[VideoStream] | None = None
        """The last of a GIF; how long it stands is known when the next one comes."""
        self._before: NDArray[np.uint8] | None = None
        self._standing: Fraction | None = None
        """Until when the last picture stands, where it was given again."""
        self._dropped = 0
        self._done = False
        options = {"plays": "0"} if self._format == "apng" else {"loop": "0"}
        with self._errors():
            part = outputs.file(path)
            self._out = av.open(str(part), "w", format=self._format, options=options)
        codec = {"webp": "libwebp_anim"}.get(self._format, self._format)
        stream = self._out.add_stream(codec, rate=round(1 / self._base))
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = {"gif": "pal8", "apng": "rgb24", "webp": "bgra"}[self._format]
        self._stream.codec_context.time_base = self._base
        self._graph = _palette(size, self._base) if self._gif else None

    @property
    def notice(self) -> str | None:
        """How many frames had no room in time; None where all had."""
        if not self._dropped:
            return None
        return (
            f"{self.path.name} leaves out {self._dropped} frames: a GIF shows at most 25 a second."
        )

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        """Write one frame; one that comes too soon after the last is left out.

        Raises:
            PoseViewerError: The disk is full or failed.
        """
        exact = time.exact
        if self._origin is None:
            self._origin = exact
        else:
            self._step = exact - self._moment
        self._moment = exact
        if self._gif and self._last is not None and exact - self._last < _FAST_GIF * 9 / 10:
            self._dropped += 1
            return
        # What does not change stands longer; only the end of the last one must be written.
        if self._before is not None and np.array_equal(pixels, self._before):
            self._standing = exact
            return
        self._before, self._standing = pixels.copy(), None
        self._put(pixels, exact)

    def _put(self, pixels: NDArray[np.uint8], exact: Fraction) -> None:
        assert self._origin is not None
        self._last = exact
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts = round((exact - self._origin) / self._base)
        frame.time_base = self._base
        with self._errors():
            if self._graph is None:
                self._mux(frame)
                return
            self._graph.push(frame)
            self._drain()

    def finish(self) -> None:
        """Complete the file.

        Raises:
            PoseViewerError: No frame was written, or the disk is full or failed.
        """
        if self._done:
            return
        if self._origin is None:
            self.abort()
            msg = f"{self.path.name} was not written: there was no frame to write."
            raise PoseViewerError(msg)
        if self._standing is not None and self._before is not None and not self._gif:
            self._put(self._before, self._standing)
        with self._errors():
            if self._graph is not None:
                self._graph.push(None)
                self._drain()
            self._mux(None)
            if self._held is not None and self._last is not None:
                end = self._moment + self._step if self._end is None else self._end
                self._held.duration = max(round((end - self._last) / self._base), 1)
                self._out.mux(self._held)
            self._out.close()
        self._done = True

    def abort(self) -> None:
        """Stop; the partial file goes with its outputs."""
        if not self._done:
            self._done = True
            with contextlib.suppress(av.FFmpegError, OSError):
                self._out.close()

    def _drain(self) -> None:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if isinstance(frame, av.VideoFrame):
                self._mux(frame)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            if not self._gif:
                self._out.mux(packet)
                continue
            if self._held is not None:
                self._out.mux(self._held)
            self._held = packet

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with write_errors(self.path):
                yield
        except av.FFmpegError as error:
            msg = f"Cannot write {self.path}: {error.strerror or error}; choose another folder."
            raise PoseViewerError(msg) from error


def _palette(size: tuple[int, int], base: Fraction) -> av.filter.Graph:
    """The filters that give each frame the 256 colours that suit it best."""
    graph = av.filter.Graph()
    form = av.VideoFormat("rgb24", *size)
    source = graph.add_buffer(width=size[0], height=size[1], format=form, time_base=base)
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=single")
    use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


class PictureSequence:
    """A picture per frame, numbered from the first one's number on.

    Args:
        pattern: Such as `frames/%06d.png`; the folder is made.
        first: The number of the first frame.
        outputs: The outputs that it is one of.
    """

    notice: str | None = None

    def __init__(self, pattern: Path, *, first: int, outputs: OutputSet) -> None:
        self._pattern, self._next = pattern, first
        with write_errors(pattern):
            self._part = outputs.folder(pattern.parent, replaces=every_number(pattern))

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:  # noqa: ARG002
        """Write one picture.

        Raises:
            PoseViewerError: The disk is full or failed.
        """
        name = numbered(self._pattern, self._next)
        self._next += 1
        quality = (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
        options = quality if self._pattern.suffix.lower() != ".png" else ()
        coded = cv2.imencode(
            self._pattern.suffix.lower(), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options
        )[1]
        with write_errors(self._pattern):
            (self._part / name).write_bytes(coded.tobytes())

    def finish(self) -> None:
        """Complete the folder; it is complete with the last picture."""

    abort = finish


class ConstantRate:
    """Gives another writer frames at even times: the newest frame of each moment.

    Args:
        writer: Writes them.
        rate: Frames a second.
        end: When the last frame ends on the source's clock; None for its own moment.
    """

    def __init__(self, writer: FrameWriter, *, rate: Fraction, end: Fraction | None) -> None:
        self._writer, self._rate, self._end = writer, rate, end
        self._origin: Fraction | None = None
        self._count = 0
        self._newest: NDArray[np.uint8] | None = None

    @property
    def notice(self) -> str | None:
        """That of the writer."""
        return self._writer.notice

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        """Write the frame before for every moment until this one."""
        if self._origin is None:
            self._origin = time.exact
        self._fill(time.exact)
        # The caller may draw the next frame into the same array.
        self._newest = pixels.copy()

    def finish(self) -> None:
        """Show the last frame until its end."""
        if self._origin is not None:
            moment = self._origin + self._count / self._rate
            self._fill(max(self._end or moment, moment + 1 / self._rate / 2))
        self._writer.finish()

    def abort(self) -> None:
        """Stop."""
        self._writer.abort()

    def _fill(self, until: Fraction) -> None:
        while self._newest is not None and self._origin is not None:
            if self._origin + self._count / self._rate >= until:
                return
            base = 1 / self._rate
            self._writer.write(self._newest, time=Timestamp(self._count, base))
            self._count += 1
