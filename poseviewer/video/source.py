"""The two kinds of source: a clip, which can be asked for any frame, and a feed, which runs on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.core.frame import Frame, Timestamp
    from poseviewer.core.pose import Poses
    from poseviewer.core.video_choice import VideoFacts


class Source(ABC):
    """A source of frames; sets its attributes when it is opened.

    Not thread-safe: one thread owns it at a time.
    """

    name: str
    """What to call it in a title: a file's name, a camera's, a stream's address."""

    location: str
    """What `open_source` was given, so that it can be opened again."""

    size: tuple[int, int]
    """Width and height of every frame, upright, in pixels."""

    rate: float
    """Frames per second: the average of a clip, the promised rate of a feed; 0 if unknown."""

    notice: str | None = None
    """One sentence the person should know about what was opened."""

    details: tuple[str, ...] = ()
    """Clauses about what is not shown exactly as it is stored, such as pixels made square."""

    video: VideoFacts | None = None
    """What there is to choose; None for what is no video file."""

    @property
    def remarks(self) -> str:
        """`notice` and `details` in one paragraph; empty where there is nothing to say."""
        said = f"{self.name}: {'; '.join(self.details)}." if self.details else ""
        return " ".join(filter(None, (self.notice, said)))

    @abstractmethod
    def close(self) -> None:
        """Release the file or device; safe to call twice."""

    def truth(self, index: int) -> Poses | None:  # noqa: ARG002 - most sources know no truth
        """Return the true poses in frame `index`, where the source knows them."""
        return None

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the source."""
        self.close()


class Clip(Source):
    """A finite source. Frame N is the same pixels however it is reached."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of frames that can be read; at least 1."""

    @abstractmethod
    def time(self, index: int) -> Timestamp:
        """Return the container's time of frame `index`.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """

    def end(self, index: int) -> Fraction:
        """Return when frame `index` leaves the screen, in seconds of the container's clock.

        Where nothing says it of the last frame, it stays as long as the others do on average.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        if index < len(self) - 1:
            return self.time(index + 1).exact
        last = self.time(index).exact
        if index:
            return last + (last - self.time(0).exact) / index
        return last + (Fraction(1) / Fraction(self.rate) if self.rate > 0 else 1)

    @abstractmethod
    def read(self, index: int) -> Frame:
        """Return frame `index`, exactly.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
            PoseViewerError: The file cannot be read there.
        """

    def frames(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """Yield frames `start` to `end`, both included, in order; `end` None is the last one.

        Raises:
            IndexError: A bound is outside 0 .. len - 1.
            PoseViewerError: The file cannot be read there.
        """
        last = len(self) - 1 if end is None else end
        for index in range(start, last + 1):
            yield self.read(index)

    def index_at(self, seconds: float) -> int:
        """Return the number of the frame that is on screen `seconds` after the first one."""
        origin = self.time(0).exact
        low, high = 0, len(self) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if float(self.time(middle).exact - origin) <= seconds + 1e-9:
                low = middle
            else:
                high = middle - 1
        return low

    def at_hand(self, index: int) -> bool:  # noqa: ARG002 - no frame of the default needs others
        """Return whether frame `index` can be read without reading many others first."""
        return True

    def prefetch(self, index: int) -> bool:  # noqa: ARG002 - the default has nothing to do
        """Do a little work ahead of `index`, going backwards; whether more is left to do."""
        return False


class Feed(Source):
    """An endless source: a camera, a stream, the mannequin. The newest frame is what counts."""

    trouble: str | None = None
    """One sentence about why no frames come; None while they do."""

    @abstractmethod
    def read(self, timeout: float = 1.0) -> Frame | None:
        """Return the next frame, waiting for it; None when none came within `timeout` seconds.

        A feed that lost its device keeps trying to get it back and answers None meanwhile;
        `trouble` then says what is wrong.

        Raises:
            PoseViewerError: The feed has ended for good.
        """

    def skip(self, timeout: float = 1.0) -> Frame | None:
        """Let the next frame pass that nothing wants, at less cost than `read` where possible.

        Returns:
            The frame, where it came at the full cost; else None.

        Raises:
            PoseViewerError: The feed has ended for good.
        """
        return self.read(timeout)
