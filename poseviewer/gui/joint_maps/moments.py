"""The maps of the last frames that were shown, few enough to be stored; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult

MOST = 8
"""Frames stored."""

MOST_BYTES = 96 << 20
"""Of all of them together."""

_REACH = 3.0
"""Seconds before and after a frame within which others belong into one strip with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame that was shown."""

    result: FrameResult
    """Without the frame's pixels, unless the stages are drawn from them."""

    beneath: NDArray[np.uint8] | None
    """The region in grey (h, w); None where stages are drawn from the frame's pixels."""

    @property
    def index(self) -> int:
        """Number of the frame."""
        return self.result.frame.index

    @property
    def size(self) -> int:
        """Bytes that are stored for it."""
        maps = sum(output.values.nbytes for output in self.result.stages)
        pixels = self.result.frame.pixels
        whole = pixels.nbytes if self.beneath is None else 0
        return maps + whole + (0 if self.beneath is None else self.beneath.nbytes)


class Moments:
    """The latest of them, in order of their frames; the oldest are dropped."""

    def __init__(self, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._key: Hashable = None
        self._stored: dict[int, Moment] = {}
        """By frame, in the order in which they came."""

    def __len__(self) -> int:
        """How many are stored."""
        return len(self._stored)

    @property
    def bytes(self) -> int:
        """What they take together."""
        return sum(moment.size for moment in self._stored.values())

    def keep_for(self, key: Hashable) -> None:
        """Drop everything of another source, network or choice than `key` stands for."""
        if key != self._key:
            self._key = key
            self._stored.clear()

    def clear(self) -> None:
        """Drop everything."""
        self._stored.clear()

    def note(self, result: FrameResult, beneath: NDArray[np.uint8] | None) -> None:
        """Store a frame, in place of an earlier answer of it.

        Args:
            result: What is known of it.
            beneath: As `Moment` has it.
        """
        kept = result
        if beneath is not None:
            # One value that is repeated without memory: the size stays, the pixels go.
            nothing = np.broadcast_to(np.uint8(0), result.frame.pixels.shape)
            kept = replace(result, frame=replace(result.frame, pixels=nothing))
        self._stored.pop(kept.frame.index, None)
        self._stored[kept.frame.index] = Moment(kept, beneath)
        while len(self._stored) > self._most or (
            len(self._stored) > 1 and self.bytes > self._most_bytes
        ):
            del self._stored[next(iter(self._stored))]

    def around(self, result: FrameResult, *, most: int = MOST) -> tuple[Moment, ...]:
        """The nearest in time to a frame, without itself, in the order of their frames."""
        now = result.frame.time.seconds

        def away(moment: Moment) -> float:
            return abs(moment.result.frame.time.seconds - now)

        others = (m for m in self._stored.values() if m.index != result.frame.index)
        near = sorted((m for m in others if away(m) <= _REACH), key=away)
        return tuple(sorted(near[:most], key=lambda moment: moment.index))
