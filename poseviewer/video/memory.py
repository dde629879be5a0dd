"""Frames in memory as a clip, such as the last seconds of a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.frame import Frame
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poseviewer.core.frame import Timestamp


class MemoryClip(Clip):
    """Frames in their order. `read` numbers them by position, `frames` as their feed did."""

    def __init__(self, frames: Sequence[Frame], *, name: str, rate: float) -> None:
        """Make a clip of frames.

        Args:
            frames: At least one, times rising, all of one size.
            name: What to call it.
            rate: Frames per second; 0 if unknown.
        """
        self.kept = tuple(frames)
        """With the numbers they had in their feed."""
        self.name = self.location = name
        self.size, self.rate = self.kept[0].size, rate

    def __len__(self) -> int:
        """Return how many frames there are."""
        return len(self.kept)

    def time(self, index: int) -> Timestamp:
        """Return the feed's own time of the frame at position `index`.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        if not 0 <= index < len(self.kept):
            msg = f"{self.name} holds {len(self.kept)} frames; there is no position {index}"
            raise IndexError(msg)
        return self.kept[index].time

    def read(self, index: int) -> Frame:
        """Return the frame at position `index`, numbered by it.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        time = self.time(index)
        return Frame(self.kept[index].pixels, index, time)

    def frames(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """Iterate over the frames at positions `start` to `end`, numbered as in their feed."""
        last = len(self) - 1 if end is None else end
        self.time(start), self.time(last)
        return iter(self.kept[start : last + 1])

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
