"""Network streams: RTSP, HTTP, UDP and the like, newest frame first, reconnecting when lost."""

from __future__ import annotations

import errno
import math
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

_SEGMENTED = frozenset({"dash", "hls"})
"""Formats that come as files of some seconds each."""

_STEP = 1.0
"""Seconds between two pictures of segments; a longer step is a gap or a new clock."""

_LATE = 0.5
"""Seconds behind its time from which on a picture sets a new pace, instead of a rush after it."""

_NEAR = 1.0
"""Seconds before the end of a recording that count as its end."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A picture as it was decoded, which becomes a frame when it is read."""

    picture: VideoFrame
    index: int
    time: Timestamp


class _Pace:
    """When pictures that arrive faster than they play are due.

    Args:
        step: Most seconds from one picture to the next; a longer step begins anew.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self._last = 0.0
        self._start: float | None = None

    def wait(self, time: float, now: float) -> float:
        """Return the seconds to wait at `now` for the picture of `time`, both in seconds."""
        start, step = self._start, time - self._last
        if start is None or not 0 <= step <= self._step or now - start - time > _LATE:
            start = now - time
        self._start, self._last = start, time
        return max(0.0, start + time - now)


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
            except Exception as error:  # noqa: BLE001 - a decoder's surprise must be told too
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
        segmented = container.format.name in _SEGMENTED
        # A playlist has a size, whether it goes on or not.
        recorded = container.duration is not None or (not segmented and container.size > 0)
        pace = _Pace(_STEP if segmented else math.inf) if recorded or segmented else None
        last: float | None = None
        try:
            for picture in self._pictures(container):
                last = picture.time
                if pace is not None and last is not None:
                    self._stop.wait(pace.wait(last, time.monotonic()))
                self._publish(picture)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            # Without a length in the answer, FFmpeg takes every end for an early one.
            if not _at_end(container, last):
                raise PoseViewerError(_broken_off(container, last)) from error
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


def _at_end(container: InputContainer, time: float | None) -> bool:
    """Return whether the picture of `time` is one of the last of a recording."""
    if container.duration is None or time is None:
        return False
    start = container.start_time or 0
    return time >= (start + container.duration) / av.time_base - _NEAR


def _broken_off(container: InputContainer, time: float | None) -> str:
    """Why a connection gave no more; `time` of the last picture, None where there was none."""
    if time is None and container.duration is not None:
        return (
            "it has to be read from its end, which this server does not allow; "
            "download it and open the file"
        )
    return "the connection has broken off"


def _reason(error: Exception) -> str:
    if isinstance(error, av.ExitError):
        return "no answer in time"
    if isinstance(error, av.HTTPUnauthorizedError):
        return "it asks for a name and a password; write them before the host, as name:password@"
    # A page whose length is not said counts as broken off.
    if isinstance(error, av.InvalidDataError) or getattr(error, "errno", None) == errno.EIO:
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
