"""A decoder in a video file: seeks to a key frame and returns pictures from there on."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.container import file_container
from poseviewer.video.playlist import has_end, is_playlist
from poseviewer.video.pts_index import index_stream
from poseviewer.video.tracks import chosen, tracks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from poseviewer.video.pts_index import Places, PtsIndex
    from poseviewer.video.tracks import Track

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

    def __init__(
        self,
        path: str,
        *,
        track: int | None = None,
        index: PtsIndex | None = None,
        careful: bool = False,
        distrust: bool = False,
    ) -> None:
        """Open a file.

        Args:
            path: The file.
            track: Number of the video stream among those of the container; None for the main one.
            index: Its index where it is known; else it is made, which reads the file once.
            careful: Decode damaged pictures too, always the same way.
            distrust: Make the index by decoding, since packets were found not to be what is shown.

        Raises:
            PoseViewerError: The file cannot be opened, or has no pictures.
        """
        self._path, self._track = path, track
        self.careful = careful
        self._open()
        self._fresh = True
        if index is None:
            index = index_stream(
                self._container, self._stream, decoded=self._decoded, distrust=distrust
            )
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

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The video streams of the file."""
        return tracks(self._container)

    @property
    def track(self) -> int:
        """Number of the stream that is decoded, as `Track.number`."""
        return self._container.streams.video.index(self._stream)

    @property
    def pixel_shape(self) -> Fraction:
        """Width of a pixel over its height, as the container has it; 0 where it does not say."""
        return self._stream.sample_aspect_ratio or Fraction(0)

    @property
    def field_order(self) -> int:
        """FFmpeg's number of the order of fields: 0 unknown, 1 progressive, above 1 interlaced."""
        return self._stream.codec_context.field_order

    def seek(self, key: int) -> None:
        """Go to key frame `key` of the index, or to an earlier one where that is impossible."""
        self.last, self.key, self._landed = None, key, None
        self._pictures = iter(())
        step = 0
        if self.careful and not self._fresh:
            # What concealment finds in a decoder depends on all that it has met.
            self._reopen()
        while key - step > 0:
            landed = self._land(key - step, int(self.index.key_ids[key]))
            if landed is not None:
                self._pictures = self._decode(landed, self._stream)
                self.next = self._landed = self.index.first_of(key)
                return
            step = step * 2 + 1
        self._rewind()

    def missed(self, number: int | None) -> bool:
        """Return whether decoding could not begin here, judged by the first frame after a seek.

        The key frame itself must come out of the decoder: where it does not, it is damaged
        or only begins a gradual refresh, and decoding must start earlier.
        """
        return self._landed is not None and (number is None or number > self._landed)

    def advance(self) -> tuple[int, VideoFrame] | None:
        """Return the next decodable picture and its number, or None at the end.

        Pictures that the index does not show are passed over; a frame that cannot be
        decoded is missing from the numbers.

        Raises:
            DamageError: The cursor is not careful and met damage.
        """
        for picture in self._pictures:
            number = None if picture.pts is None else self.index.number(picture.pts)
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

    def _land(self, key: int, wanted: int) -> Iterator[Packet[VideoStream]] | None:
        """Seek to `key`; packets from the key frame `wanted` on, or None where it was missed."""
        self._fresh = False
        places, aim = self.index.places, int(self.index.key_ids[key])
        by_bytes = places is not None and places.bytes
        if places is not None:
            if aim not in places.aims:
                return None
            aim = places.aims[aim]
        try:
            self._container.seek(
                aim,
                stream=None if by_bytes else self._stream,
                backward=True,
                unsupported_byte_offset=by_bytes,
            )
            packets = self._container.demux(self._stream)
            if places is not None:
                packets = _recognised(packets, places)
            for packet in packets:
                if not packet.is_keyframe or packet.pts is None or packet.pts < wanted:
                    continue
                return chain([packet], packets) if packet.pts == wanted else None
        except (av.FFmpegError, OSError):
            return None
        return None

    def _rewind(self) -> None:
        """Go to the very beginning, by opening the file anew where that is the only sure way."""
        if not self._fresh:
            self._reopen()
        self._fresh = False
        self.next = 0
        packets = self._container.demux(self._stream)
        if self.index.places is not None:
            packets = _counted(packets, 0)
        self._pictures = self._decode(packets, self._stream)

    def _reopen(self) -> None:
        self._container.close()
        self._open()
        self._fresh = True

    def _open(self) -> None:
        self._container, self._stream = _open(self._path, self._track, careful=self.careful)

    def _decoded(self) -> list[int]:
        """Return the places of packets in the order in which their pictures are shown."""
        while True:
            container, stream = _open(self._path, self._track, careful=self.careful)
            with container:
                pictures = self._decode(_counted(container.demux(stream), 0), stream)
                try:
                    return [one.pts for one in pictures if one.pts is not None]
                except DamageError:
                    self.careful = True

    def _decode(
        self, packets: Iterator[Packet[VideoStream]], stream: VideoStream
    ) -> Iterator[VideoFrame]:
        """Yield every picture that can be decoded from `packets`, damaged ones passed over."""
        decoder = stream.codec_context
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


def _counted(packets: Iterator[Packet[VideoStream]], first: int) -> Iterator[Packet[VideoStream]]:
    """Yield packets with their place in decoding order for a time; the first one is `first`."""
    at = first
    for packet in packets:
        if packet.size:
            packet.pts = packet.dts = at
            at += 1
        yield packet


def _recognised(
    packets: Iterator[Packet[VideoStream]], places: Places
) -> Iterator[Packet[VideoStream]]:
    """Yield packets as `_counted`, from the first one on that is recognised."""
    for packet in packets:
        at = places.serials.get((packet.pos, packet.size))
        if at is not None:
            yield from _counted(chain([packet], packets), at)


def _open(path: str, track: int | None, *, careful: bool) -> tuple[InputContainer, VideoStream]:
    """Open a file for its pictures.

    Raises:
        PoseViewerError: It is no video, or has sound only, or an unknown codec.
    """
    name = os.path.basename(path)
    place = Path(os.path.abspath(path))
    if is_playlist(place) and not has_end(place):
        msg = (
            f"{name} is a playlist without an end, as of a broadcast that still runs: open the "
            "address of the stream, or end the playlist with #EXT-X-ENDLIST."
        )
        raise PoseViewerError(msg)
    try:
        container = file_container(path, options={"fflags": "+genpts"})
    except (av.FFmpegError, OSError, UnicodeError) as error:
        msg = f"{name} cannot be opened as a video: {_reason(error)}."
        raise PoseViewerError(msg) from error
    try:
        # FFmpeg shows any plain text as a film of a terminal.
        if container.format.name == "tty":
            msg = f"{name} is a text file, not a video."
            raise PoseViewerError(msg)
        stream = chosen(container, track, name=name)
    except PoseViewerError:
        container.close()
        raise
    # Slice threading would switch error concealment off and show memory that was never written.
    stream.thread_type = "FRAME"
    stream.thread_count = 1 if careful else min(_MAX_THREADS, os.cpu_count() or 1)
    if not careful:
        stream.codec_context.options = {"err_detect": "explode"}
    return container, stream


def _reason(error: Exception) -> str:
    """Return FFmpeg's description of what is wrong, as part of a sentence."""
    if isinstance(error, av.ExitError):
        return "nothing answered in time"
    if isinstance(error, av.InvalidDataError):
        return "it is not a video, or its header is damaged"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
