"""Network streams: RTSP, HTTP, UDP and the like, newest frame first, reconnecting when lost."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from poseviewer.core.address import redacted
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.colour import RgbConverter
from poseviewer.video.container import NETWORK, address_container
from poseviewer.video.letterbox import letterbox
from poseviewer.video.source import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.frame import VideoFrame

SCHEMES = frozenset(NETWORK)
"""Of addresses that can be opened; `//` follows."""

_MICROSECOND = Fraction(1, 1_000_000)
_LOW_LATENCY = {
    "flags": "low_delay",
    "probesize": "500000",
    "analyzeduration": "1000000",
}
_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A picture as it was decoded, which becomes a frame when it is read."""

    picture: VideoFrame
    index: int
    time: Timestamp


class StreamFeed(Feed):
    """One network stream. Its own thread empties the network, so that `read` gets the newest."""

    def __init__(
        self,
        location: str,
        *,
        open_timeout: float = 10.0,
        read_timeout: float = 5.0,
    ) -> None:
        """Connect and wait for the first picture.

        Args:
            location: The stream's address.
            open_timeout: Seconds to wait for the connection and the first picture.
            read_timeout: Seconds of silence after which the stream counts as lost.

        Raises:
            PoseViewerError: Nothing answers, or what answers is no video.
        """
        self.location = location
        self.name = redacted(location)
        self._timeouts = (open_timeout, read_timeout)
        self._news = threading.Condition()
        self._newest: _Arrived | None = None
        self._taken = -1
        self._index = 0
        self._reason: str | None = None
        self._ended = False
        self._stop = threading.Event()
        self._opened = time.monotonic()
        self._converter: RgbConverter | None = None
        self.size = (0, 0)
        self.rate = 0.0
        self._thread = threading.Thread(target=self._run, name=f"stream {self.name}", daemon=True)
        self._thread.start()
        with self._news:
            self._news.wait_for(lambda: self._newest or self._reason or self._ended, open_timeout)
            connected, reason = self._newest is not None, self._reason
        if not connected:
            self.close()
            msg = f"{self.name} cannot be opened: {reason or 'no picture came in time'}."
            raise PoseViewerError(msg)

    def read(self, timeout: float = 1.0) -> Frame | None:
        """Return the newest frame not read yet, or None when none came within `timeout` seconds."""
        newest = self._next(timeout)
        if newest is None or self._converter is None:
            return None
        try:
            pixels = letterbox(self._converter.convert(newest.picture), size=self.size)
        except av.FFmpegError as error:
            self._lost(_reason(error))
            return None
        return Frame(pixels, newest.index, newest.time)

    def skip(self, timeout: float = 1.0) -> None:
        """Let the next picture pass unconverted; those after it need it decoded."""
        self._next(timeout)

    def _next(self, timeout: float) -> _Arrived | None:
        with self._news:
            self._news.wait_for(lambda: self._fresh() or self._ended, timeout)
            if self._fresh() and self._newest is not None:
                self._taken = self._newest.index
                return self._newest
            if self._ended:
                msg = f"{self.name} has ended."
                raise PoseViewerError(msg)
            return None

    def close(self) -> None:
        """Stop listening; safe to call twice."""
        self._stop.set()
        # A connection that hangs closes itself at its timeout, which is not waited for.
        self._thread.join(timeout=0.5)

    def _fresh(self) -> bool:
        return self._newest is not None and self._newest.index > self._taken

    def _run(self) -> None:
        """Connect, publish pictures and connect again, until closed."""
        while not self._stop.is_set():
            try:
                with self._connect() as container:
                    finished = self._listen(container)
            except (av.FFmpegError, OSError, PoseViewerError) as error:
                finished = False
                self._lost(_reason(error))
            if finished:
                with self._news:
                    self._ended = True
                    self._news.notify_all()
                return
            self._stop.wait(_RETRY_SECONDS)

    def _connect(self) -> InputContainer:
        options = dict(_LOW_LATENCY)
        scheme = self.location.partition(":")[0].lower()
        if not scheme.startswith("http"):
            # Drops what arrived while the stream was examined; a recording would lose its start.
            options["fflags"] = "nobuffer"
        if scheme.startswith("rtsp"):
            # Over UDP a lost packet smears the picture until the next key frame.
            options["rtsp_transport"] = "tcp"
        return address_container(self.location, options=options, timeout=self._timeouts)

    def _listen(self, container: InputContainer) -> bool:
        """Publish pictures until the stream stops; whether that is its proper end."""
        if not container.streams.video:
            msg = "it carries no picture"
            raise PoseViewerError(msg)
        stream = container.streams.video[0]
        # Frame threads would hold pictures back.
        stream.thread_type = "SLICE"
        self.rate = float(stream.average_rate or stream.guessed_rate or 0)
        recorded = container.duration is not None
        start: tuple[float, float] | None = None
        for picture in self._pictures(container):
            if recorded and picture.time is not None:
                # A recording arrives faster than it plays.
                start = start or (picture.time, time.monotonic())
                ahead = picture.time - start[0] - (time.monotonic() - start[1])
                self._stop.wait(max(0.0, ahead))
            self._publish(picture)
        if not recorded:
            self._lost("it has stopped sending")
        return recorded

    def _pictures(self, container: InputContainer) -> Iterator[VideoFrame]:
        for packet in container.demux(video=0):
            if self._stop.is_set():
                return
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                # Joined in the middle, or a packet was lost: the next key frame heals it.
                continue

    def _publish(self, picture: VideoFrame) -> None:
        if self._converter is None:
            self._converter = RgbConverter(picture)
            self.size = self._converter.size
        passed = round((time.monotonic() - self._opened) * 1_000_000)
        with self._news:
            self._newest = _Arrived(picture, self._index, Timestamp(passed, _MICROSECOND))
            self._index += 1
            self._reason = self.trouble = None
            self._news.notify_all()

    def _lost(self, reason: str) -> None:
        with self._news:
            self._reason = reason
            self.trouble = f"{self.name} is silent: {reason}; it is tried again every second."
            self._news.notify_all()


def _reason(error: Exception) -> str:
    if isinstance(error, av.ExitError):
        return "no answer in time"
    if isinstance(error, av.HTTPUnauthorizedError):
        return "it asks for a name and a password; write them before the host, as name:password@"
    if isinstance(error, av.InvalidDataError):
        return "what it sends is not a video"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()


def open_stream(
    location: str,
    *,
    rate: float | None = None,  # noqa: ARG001 - a stream has its own
    size: tuple[int, int] | None = None,  # noqa: ARG001
) -> StreamFeed:
    """The stream at a network address.

    Raises:
        PoseViewerError: Nothing answers there, or what answers is no video.
    """
    return StreamFeed(location)
