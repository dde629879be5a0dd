"""A byte-bounded cache of decoded pictures, which drops the least recently used."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class PictureCache:
    """Decoded pictures by frame number, as the decoder gave them (compact YUV, not copied)."""

    def __init__(self, limit: int) -> None:
        """Make an empty cache.

        Args:
            limit: Bytes to hold; at least one picture is always held.
        """
        self._limit = limit
        self._held: OrderedDict[int, VideoFrame] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def __len__(self) -> int:
        """Return the number of pictures held."""
        return len(self._held)

    def __contains__(self, number: int) -> bool:
        """Return whether picture `number` is held; does not count as use."""
        return number in self._held

    def room_for(self, picture: VideoFrame) -> int:
        """Return how many pictures like this one the cache can hold."""
        return max(1, self._limit // max(1, size_of(picture)))

    def get(self, number: int) -> VideoFrame | None:
        """Return picture `number`, which becomes the most recently used, or None."""
        picture = self._held.get(number)
        if picture is not None:
            self._held.move_to_end(number)
        return picture

    def put(self, number: int, picture: VideoFrame) -> None:
        """Hold a picture, dropping the least recently used where there is no room."""
        old = self._held.pop(number, None)
        if old is not None:
            self._bytes -= size_of(old)
        self._held[number] = picture
        self._bytes += size_of(picture)
        while self._bytes > self._limit and len(self._held) > 1:
            self._drop()

    def trim(self, count: int) -> None:
        """Drop all but the `count` most recently used."""
        while len(self._held) > count:
            self._drop()

    def clear(self) -> None:
        """Drop everything."""
        self._held.clear()
        self._bytes = 0

    def _drop(self) -> None:
        _, dropped = self._held.popitem(last=False)
        self._bytes -= size_of(dropped)


def size_of(picture: VideoFrame) -> int:
    """Return the bytes of a decoded picture's planes."""
    return sum(plane.buffer_size for plane in picture.planes)
