"""Encoding beside painting: the pictures of one thread are written by another."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from poseviewer.runtime.writer_thread import WriterThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.frame import Timestamp
    from poseviewer.video.moving import FrameWriter

_WAITING = 2
"""Pictures that may wait: enough for both threads to be busy, and little memory."""


@runtime_checkable
class ConvertingWriter(Protocol):
    """A writer whose frames another thread may convert before they are written."""

    def converted(self, pixels: NDArray[np.uint8]) -> Any:
        """A frame as the encoder takes it."""

    def write_converted(self, frame: Any, *, time: Timestamp) -> None:
        """Write one frame that `converted` gave."""


class WriterBeside:
    """A writer that gives its pictures to another one on a thread of its own.

    Args:
        writer: Encodes and writes them.
        behind: As of `WriterThread`.
    """

    def __init__(self, writer: FrameWriter, *, behind: bool = False) -> None:
        self._writer = writer
        self._thread = _Encoder(writer, behind=behind)
        self._thread.start()

    @property
    def notice(self) -> str | None:
        """That of the writer."""
        return self._writer.notice

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        """Queue a picture, which may be drawn over at once.

        Raises:
            Exception: What the writer raised at an earlier one.
        """
        self._thread.put(self._thread.taken(pixels, time))

    def finish(self) -> None:
        """Write what waits, and complete the output.

        Raises:
            Exception: What the writer raised.
        """
        self._thread.finish()
        self._writer.finish()

    def abort(self) -> None:
        """Stop; safe to call at any time."""
        self._thread.cancel()
        self._thread.join()
        self._writer.abort()


class _Encoder(WriterThread["Callable[[], None]"]):
    """Writes pictures in their order."""

    def __init__(self, writer: FrameWriter, *, behind: bool) -> None:
        super().__init__("encoder", fewest=_WAITING, behind=behind)
        self._writer = writer
        self._spare: deque[NDArray[np.uint8]] = deque(maxlen=_WAITING + 1)

    def taken(self, pixels: NDArray[np.uint8], time: Timestamp) -> Callable[[], None]:
        """What writes a picture; its pixels are free afterwards."""
        if isinstance(self._writer, ConvertingWriter):
            # Converted here: encoding takes longest, and what is converted is half as large.
            frame = self._writer.converted(pixels)
            return partial(self._writer.write_converted, frame, time=time)
        return partial(self._write_copy, self._copied(pixels), time)

    def write(self, item: Callable[[], None]) -> None:
        """Write one picture."""
        item()

    def _write_copy(self, pixels: NDArray[np.uint8], time: Timestamp) -> None:
        self._writer.write(pixels, time=time)
        self._spare.append(pixels)

    def _copied(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy, in memory of a picture that is written where there is some of its size."""
        try:
            made = self._spare.popleft()
        except IndexError:
            return pixels.copy()
        if made.shape != pixels.shape:
            return pixels.copy()
        np.copyto(made, pixels)
        return made
