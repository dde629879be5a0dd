"""Interlaced frames made whole: FFmpeg's bwdif, which looks at the frame before and after."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.filter import Graph

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_TOP_FIRST = (2, 5)
"""FFmpeg's numbers of the field orders that show the upper field first."""


class Deinterlacer:
    """Makes whole frames of interlaced ones; each depends on three pictures and nothing else."""

    def __init__(self, *, order: int = 0, both: bool = False) -> None:
        """Make a filter.

        Args:
            order: FFmpeg's number of the order of fields as the container has it, believed for
                pictures that say nothing themselves; 0 or 1 where it names none.
            both: Make two frames of each picture, one of each field in the order of time.
        """
        self._forced = order if order > 1 else 0
        self._both = both
        self._graph: Graph | None = None
        self._next = -1
        """The picture that the graph was given last, with the one before it."""

    def needed(self, picture: VideoFrame) -> bool:
        """Return whether a picture is interlaced."""
        return bool(picture.interlaced_frame or self._forced)

    def frames(
        self,
        number: int,
        picture: VideoFrame,
        *,
        before: VideoFrame | None,
        after: VideoFrame | None,
    ) -> list[VideoFrame]:
        """Return the whole frames of a picture: one, or two where there are to be both.

        Args:
            number: Its place among the pictures of the stream.
            picture: An interlaced picture.
            before: The picture before it; None at the start.
            after: The picture after it; None at the end.
        """
        before, after = (one if _alike(one, picture) else None for one in (before, after))
        if self._graph is None or self._next != number or before is None:
            # The very first picture of a graph is treated differently from those that follow.
            self._graph = self._build(picture)
            for earlier in filter(None, (before, picture)):
                self._graph.vpush(earlier)
            self._made()
        self._graph.vpush(after)
        made = self._made()
        self._next = number + 1
        if after is None:
            self._graph = None
        return made

    def forget(self) -> None:
        """Release the pictures held."""
        self._graph = None

    def _build(self, picture: VideoFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=Fraction(1, 1000),
        )
        options = {
            "mode": "send_field" if self._both else "send_frame",
            "deint": "all" if self._forced else "interlaced",
            "parity": "auto",
        }
        if self._forced:
            options["parity"] = "tff" if self._forced in _TOP_FIRST else "bff"
        graph.link_nodes(source, graph.add("bwdif", **options), graph.add("buffersink"))
        graph.configure()
        return graph

    def _made(self) -> list[VideoFrame]:
        made: list[VideoFrame] = []
        while self._graph is not None:
            try:
                made.append(self._graph.vpull())
            except (av.BlockingIOError, av.EOFError):
                break
        return made


def _alike(one: VideoFrame | None, other: VideoFrame) -> bool:
    """Return whether two pictures can be compared line by line."""
    return one is not None and (one.width, one.height, one.format.name) == (
        other.width,
        other.height,
        other.format.name,
    )
