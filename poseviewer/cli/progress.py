"""Progress of long work on stderr: one updated line on a terminal, sparse lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from poseviewer.core.percent import percent

if TYPE_CHECKING:
    from collections.abc import Callable

_LIVELY = 0.1
_SPARSE = 10.0


class ProgressLine:
    """Shows how far work has come and how long it will take.

    Args:
        total: Steps in all; None where it is unknown.
        unit: What one step is.
        stream: Where to write; stderr where None.
        clock: Seconds that only rise.
    """

    def __init__(
        self,
        total: int | None,
        *,
        unit: str = "frames",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._every = _LIVELY if self._terminal else _SPARSE
        self._began = self._shown = clock()
        self._width = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self._clock() - self._began

    def update(self, done: int) -> None:
        """Show that `done` steps are done, unless something was shown just before."""
        now = self._clock()
        if now - self._shown < self._every:
            return
        self._shown = now
        self._write(self.sentence(done))

    def sentence(self, done: int) -> str:
        """The text after `done` steps."""
        rate = done / self.elapsed if self.elapsed > 0 else 0.0
        if self._total is None:
            return f"{done} {self._unit}, {rate:.1f} a second"
        left = duration((self._total - done) / rate) if rate else "?"
        return (
            f"{percent(done / max(self._total, 1)):>4} %  {done} of {self._total} {self._unit}, "
            f"{rate:.1f} a second, {left} left"
        )

    def clear(self) -> None:
        """Clear the line, so that the next output starts on an empty one."""
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _write(self, text: str) -> None:
        if self._terminal:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = max(self._width, len(text))
        else:
            self._stream.write(text.strip() + "\n")
        self._stream.flush()


def duration(seconds: float) -> str:
    """`seconds` as people write it: 0:07, 12:30, 1:02:03."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
