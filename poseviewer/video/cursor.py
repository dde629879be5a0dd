"""A decoder in a video file: seeks to a key frame and returns pictures from there on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import av

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.container import file_container
from poseviewer.video.pts_index import PtsIndex, count_stream, index_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Enough to keep a machine busy; more only delays the first picture after a seek.
_MAX_THREADS = 8


class DamageError(Exception):
    """The stream is damaged, so that only careful decoding gives the same pixels each time."""


class Cursor:
    """One container and its decoder, moving forward picture by picture.

    Concealed damage looks different with several threads, and after an unbroken run than
    after a seek. A careful cursor decodes with one thread, so that what it hands out depends
    on nothing but the key frame it started from; any other stops at the first damage.
    """

    def __init__(self, path: str, *, index: PtsIndex | None = None, careful: bool = False) -> None:
        """Open a file.

        Args:
            path: The file.
            index: Its index where it is known; else it is made, which reads the file once.
            careful: Decode damaged pictures too, always the same way.

        Raises:
            PoseViewerError: The file cannot be opened, or has no pictures.
        """
        self._path = path
        self.careful = careful
        self._container, self._stream = _open(path, careful=careful)
        self._fresh = True
        if index is None:
            index = index_stream(self._container, self._stream)
            self._fresh = False
            if not index.timed:
                self._reopen()
                index = count_stream(self._container, self._stream)
                self._fresh = False
        self.index = index
        self.next = 0
        """The frame expected next."""
        self.last: VideoFrame | None = None
        """The picture handed out last since the last seek."""
        self.key = 0
        """The key frame whose group is being decoded."""
        self._landed: int | None = None
        self._pictures: Iterator[VideoFrame] = iter(())
        self.seek(0)

    @property
    def codec(self) -> str:
        """The codec's name, such as `h264`."""
        return self._stream.codec_context.name

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height that the file says its pictures have, pixels."""
        return self._stream.codec_context.width, self._stream.codec_context.height

    def seek(self, key: int) -> None:
        """Go to key frame `key` of the index, or to an earlier one where that is impossible."""
        self.last, self.key, self._landed = None, key, None
        self._pictures = iter(())
        if not self.index.timed or key <= 0:
            self._rewind()
            return
        wanted, step = int(self.index.key_pts[key]), 0
        while key - step > 0:
            landed = self._land(int(self.index.key_pts[key - step]), wanted)
            if landed is not None:
                self._pictures = self._decode(landed)
                self.next, self._landed = self.index.first_of(key), wanted
                return
            step = step * 2 + 1
        self._rewind()

    def missed(self, picture: VideoFrame | None) -> bool:
        """Return whether decoding could not begin here, judged by the first `picture` after a seek.

        The key frame itself must come out of the decoder: where it does not, it is damaged
        or only begins a gradual refresh, and decoding must start earlier.
        """
        if self._landed is None:
            return False
        return picture is None or picture.pts is None or picture.pts > self._landed

    def advance(self) -> tuple[int, VideoFrame] | None:
        """Return the next decodable picture and its number, or None at the end.

        Pictures that the index does not show are passed over; a frame that cannot be
        decoded is missing from the numbers.

        Raises:
            DamageError: The cursor is not careful and met damage.
        """
        for picture in self._pictures:
            number: int | None
            if self.index.timed:
                number = None if picture.pts is None else self.index.number(picture.pts)
            else:
                number = self.next if self.next < len(self.index) else None
            if number is None or (self.last is not None and number < self.next):
                continue
            if picture.is_corrupt and not self.careful:
                raise DamageError
            self.next, self.last = number + 1, picture
            return number, picture
        return None

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        self._pictures = iter(())
        self.last = None
        self._container.close()

    def _land(self, aim: int, wanted: int) -> Iterator[Packet[VideoStream]] | None:
        """Seek to `aim`; packets from the key frame `wanted` on, or None where it was missed."""
        self._fresh = False
        try:
            self._container.seek(aim, stream=self._stream, backward=True)
            packets = self._container.demux(self._stream)
            for packet in packets:
                if not packet.is_keyframe or packet.pts is None or packet.pts < wanted:
                    continue
                return _chain(packet, packets) if packet.pts == wanted else None
        except (av.FFmpegError, OSError):
            return None
        return None

    def _rewind(self) -> None:
        """Go to the very beginning, by opening the file anew where that is the only sure way."""
        if not self._fresh:
            self._reopen()
        self._fresh = False
        self.next = 0
        self._pictures = self._decode(self._container.demux(self._stream))

    def _reopen(self) -> None:
        self._container.close()
        self._container, self._stream = _open(self._path, careful=self.careful)
        self._fresh = True

    def _decode(self, packets: Iterator[Packet[VideoStream]]) -> Iterator[VideoFrame]:
        """Yield every picture that can be decoded from `packets`, damaged ones passed over."""
        decoder = self._stream.codec_context
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                packet = None
            try:
                yield from decoder.decode(packet)
            except av.EOFError:
                return
            except av.FFmpegError as error:
                if not self.careful:
                    raise DamageError from error
            if packet is None:
                return


def _chain(
    first: Packet[VideoStream], rest: Iterator[Packet[VideoStream]]
) -> Iterator[Packet[VideoStream]]:
    yield first
    yield from rest


def _open(path: str, *, careful: bool) -> tuple[InputContainer, VideoStream]:
    """Open a file for its pictures.

    Raises:
        PoseViewerError: It is no video, or has sound only, or an unknown codec.
    """
    name = os.path.basename(path)
    try:
        container = file_container(path, options={"fflags": "+genpts"})
    except (av.FFmpegError, OSError, UnicodeError) as error:
        msg = f"{name} cannot be opened as a video: {_reason(error)}."
        raise PoseViewerError(msg) from error
    try:
        return container, _choose(container, name, careful=careful)
    except PoseViewerError:
        container.close()
        raise


def _choose(container: InputContainer, name: str, *, careful: bool) -> VideoStream:
    """Return the stream of pictures that a player would show, ready to decode."""
    # FFmpeg shows any plain text as a film of a terminal.
    if container.format.name == "tty":
        msg = f"{name} is a text file, not a video."
        raise PoseViewerError(msg)
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not streams:
        what = "sound but no picture" if container.streams.audio else "no picture"
        msg = f"{name} has {what}: choose a video."
        raise PoseViewerError(msg)
    stream = max(streams, key=lambda each: bool(each.disposition & av.stream.Disposition.default))
    if getattr(stream, "codec_context", None) is None:
        msg = f"{name} is coded in a way that cannot be decoded here: convert it to H.264."
        raise PoseViewerError(msg)
    # Slice threading would switch error concealment off and show memory that was never written.
    stream.thread_type = "FRAME"
    stream.thread_count = 1 if careful else min(_MAX_THREADS, os.cpu_count() or 1)
    if not careful:
        stream.codec_context.options = {"err_detect": "explode"}
    return stream


def _reason(error: Exception) -> str:
    """Return FFmpeg's description of what is wrong, as part of a sentence."""
    if isinstance(error, av.InvalidDataError):
        return "it is not a video, or its header is damaged"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
