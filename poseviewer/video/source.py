"""The two kinds of source: a clip, which can be asked for any frame, and a feed, which runs on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from poseviewer.core.frame import Frame, Timestamp
    from poseviewer.core.pose import Poses


class Source(ABC):
    """Somewhere frames come from. Not thread-safe: one thread owns it at a time."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What to call it in a title: a file's name, a camera's, a stream's address."""

    @property
    @abstractmethod
    def location(self) -> str:
        """What `open_source` was given, so that it can be opened again."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of every frame, upright, in pixels."""

    @property
    @abstractmethod
    def rate(self) -> float:
        """Frames per second: the average of a clip, the promised rate of a feed; 0 if unknown."""

    @property
    def notice(self) -> str | None:
        """One sentence the person should know about what was opened, or None."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Give back the file or device; safe to call twice."""

    def __enter__(self) -> Source:
        """The source itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the source."""
        self.close()


class Clip(Source):
    """A finite source. Frame N is the same pixels however it is reached."""

    @abstractmethod
    def __len__(self) -> int:
        """How many frames can be read; at least 1."""

    @abstractmethod
    def time(self, index: int) -> Timestamp:
        """The container's time of frame `index`.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """

    @abstractmethod
    def read(self, index: int) -> Frame:
        """Frame `index`, exactly.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
            PoseViewerError: The file cannot be read there.
        """

    def frames(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """Frames `start` to `end`, both included, in order; `end` None is the last one.

        Raises:
            IndexError: A bound is outside 0 .. len - 1.
            PoseViewerError: The file cannot be read there.
        """
        last = len(self) - 1 if end is None else end
        for index in range(start, last + 1):
            yield self.read(index)

    def index_at(self, seconds: float) -> int:
        """The number of the frame that is on screen `seconds` after the first one."""
        origin = self.time(0).exact
        low, high = 0, len(self) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if float(self.time(middle).exact - origin) <= seconds + 1e-9:
                low = middle
            else:
                high = middle - 1
        return low

    def prefetch(self, index: int) -> bool:  # noqa: ARG002 - the default has nothing to do
        """Do a little work ahead of `index`, going backwards; whether more is left to do."""
        return False

    def truth(self, index: int) -> Poses | None:  # noqa: ARG002 - most clips know no truth
        """The true poses in frame `index`, where the source knows them."""
        return None


class Feed(Source):
    """An endless source: a camera, a stream, the mannequin. The newest frame is what counts."""

    @abstractmethod
    def read(self, timeout: float = 1.0) -> Frame | None:
        """The next frame, waiting for it; None when none came within `timeout` seconds.

        A feed that lost its device keeps trying to get it back and answers None meanwhile;
        `trouble` then says what is wrong.

        Raises:
            PoseViewerError: The feed has ended for good.
        """

    @property
    def trouble(self) -> str | None:
        """One sentence about why no frames come, or None while all is well."""
        return None

    def truth(self, index: int) -> Poses | None:  # noqa: ARG002 - most feeds know no truth
        """The true poses in frame `index`, where the source knows them."""
        return None
