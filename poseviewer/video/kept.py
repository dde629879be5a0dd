"""Frames that were kept in memory, as a clip: the last seconds of a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.frame import Frame
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poseviewer.core.frame import Timestamp


class KeptClip(Clip):
    """Frames in their order. Asked for by position, given with it; `frames` keeps the numbers."""

    def __init__(self, frames: Sequence[Frame], *, name: str, rate: float) -> None:
        """Make a clip of frames.

        Args:
            frames: At least one, times rising, all of one size.
            name: What to call it.
            rate: Frames per second; 0 if unknown.
        """
        self.kept = tuple(frames)
        """With the numbers they had in their feed."""
        self._name, self._rate = name, rate

    @property
    def name(self) -> str:
        """As it was given."""
        return self._name

    @property
    def location(self) -> str:
        """The same: memory has no address."""
        return self._name

    @property
    def size(self) -> tuple[int, int]:
        """Of the first frame."""
        return self.kept[0].size

    @property
    def rate(self) -> float:
        """As it was given."""
        return self._rate

    def __len__(self) -> int:
        """How many frames are kept."""
        return len(self.kept)

    def time(self, index: int) -> Timestamp:
        """The feed's own time of the frame at position `index`.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        if not 0 <= index < len(self.kept):
            msg = f"{self.name} keeps {len(self.kept)} frames; there is no position {index}"
            raise IndexError(msg)
        return self.kept[index].time

    def read(self, index: int) -> Frame:
        """The frame at position `index`, numbered by it.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        time = self.time(index)
        return Frame(self.kept[index].pixels, index, time)

    def frames(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """The frames at positions `start` to `end`, with the numbers they had in their feed."""
        last = len(self) - 1 if end is None else end
        self.time(start), self.time(last)
        return iter(self.kept[start : last + 1])

    def close(self) -> None:
        """Nothing to give back."""
