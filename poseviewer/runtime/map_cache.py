"""The maps of frames that are stored, as many as there is room for."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseviewer.core.affine import Box
    from poseviewer.core.stage import StageOutput
    from poseviewer.runtime.state import ResultKey


class MapCache:
    """A cache of the maps of frames, limited in size; the least recently used are dropped first.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int) -> None:
        self._lock = Lock()
        self._limit = limit
        self._maps: OrderedDict[tuple[ResultKey, int], tuple[Box, tuple[StageOutput, ...]]] = (
            OrderedDict()
        )
        self._bytes = 0

    def put(self, key: ResultKey, index: int, region: Box, stages: tuple[StageOutput, ...]) -> None:
        """Store the maps of a region of a frame, in place of those of another region of it."""
        with self._lock:
            self._drop(key, index)
            self._maps[key, index] = region, stages
            self._bytes += _bytes(stages)
            while self._bytes > self._limit and len(self._maps) > 1:
                self._drop(*next(iter(self._maps)))

    def get(self, key: ResultKey, index: int, region: Box) -> tuple[StageOutput, ...]:
        """The maps of a region of a frame; empty where they are not stored."""
        with self._lock:
            there, stages = self._maps.get((key, index), (None, ()))
            if there != region:
                return ()
            self._maps.move_to_end((key, index))
            return stages

    def _drop(self, key: ResultKey, index: int) -> None:
        _, stages = self._maps.pop((key, index), (None, ()))
        self._bytes -= _bytes(stages)


def _bytes(stages: tuple[StageOutput, ...]) -> int:
    return sum(stage.values.nbytes for stage in stages)
