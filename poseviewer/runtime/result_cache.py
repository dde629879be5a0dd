"""Results already worked out, so that coming back to a frame gives the very same answer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Hashable

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request

LIMIT = 256 * 2**20
"""Bytes of maps and poses that are kept."""

_OVERHEAD = 8192
"""Bytes of a result without its maps: poses of a few stages, angles, objects."""


class ResultCache:
    """Results by frame number and choices, up to a number of bytes; the least used goes first."""

    def __init__(self, *, limit: int = LIMIT) -> None:
        self._lock = Lock()
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[tuple[int, Hashable], FrameResult] = OrderedDict()

    def put(self, key: Hashable, result: FrameResult, *, most: int | None = None) -> None:
        """Keep `result` without its picture, unless a richer one of the frame is kept already.

        Args:
            key: The choices it was made under.
            result: What to keep.
            most: How many results may be kept, whatever their size; any number where None.
        """
        place = (result.frame.index, key)
        blank = Frame(np.zeros((1, 1, 3), np.uint8), result.frame.index, result.frame.time)
        with self._lock:
            old = self._kept.pop(place, None)
            if old is not None:
                self._bytes -= _size(old)
                if {s.number for s in old.stages} > {s.number for s in result.stages}:
                    result = old
            self._kept[place] = replace(result, frame=blank, smoothed=None)
            self._bytes += _size(result)
            while len(self._kept) > 1 and (
                self._bytes > self._limit or (most is not None and len(self._kept) > most)
            ):
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= _size(oldest)

    def get(
        self, key: Hashable, frame: Frame, request: Request, *, captured: float = 0.0
    ) -> FrameResult | None:
        """The kept result of `frame` under the choices `key`, as an answer to `request`.

        It may lack wanted maps; see `answers`.
        """
        with self._lock:
            place = (frame.index, key)
            kept = self._kept.get(place)
            if kept is None:
                return None
            self._kept.move_to_end(place)
        return replace(kept, frame=frame, generation=request.generation, captured=captured)

    def kept(self, key: Hashable) -> list[FrameResult]:
        """Every kept result under the choices `key`, without its picture."""
        with self._lock:
            return [result for (_, under), result in self._kept.items() if under == key]

    def clear(self) -> None:
        """Forget everything: another source was opened."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


def answers(result: FrameResult, request: Request) -> bool:
    """Whether `result` holds every map that `request` wants."""
    held = {stage.number for stage in result.stages}
    return all(number in held for number in range(len(result.stage_poses)) if request.wants(number))


def _size(result: FrameResult) -> int:
    return _OVERHEAD + sum(stage.values.nbytes for stage in result.stages)
