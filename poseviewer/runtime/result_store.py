"""The answers of one source under every set of choices."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from poseviewer.core.correction import NONE
from poseviewer.runtime.clip_results import ClipResults
from poseviewer.runtime.map_cache import MapCache
from poseviewer.runtime.saved.analysis import SavedAnalysis

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.correction import Corrections
    from poseviewer.runtime.saved.file import SavedFile
    from poseviewer.runtime.state import ResultKey, SourceInfo
MAP_BYTES = 256 * 2**20
"""Bytes of maps that are stored over all choices; poses and angles have no such limit."""


class ResultStore:
    """Every answer of one source; its methods may be called from any thread.

    Args:
        source: What is open; None for nothing.
        map_bytes: Bytes of maps that are stored.
        file: Where sequential analyses are saved; None for nowhere.
        made: Called with answers that were just made, and may have something saved to load.
    """

    def __init__(
        self,
        source: SourceInfo | None = None,
        *,
        map_bytes: int = MAP_BYTES,
        file: SavedFile | None = None,
        made: Callable[[ClipResults], None] = lambda _: None,
    ) -> None:
        self._lock = Lock()
        self._source, self._file, self._made = source, file, made
        self._maps = MapCache(map_bytes)
        self._by_key: dict[ResultKey, ClipResults] = {}
        self._corrections = NONE

    def of(self, key: ResultKey) -> ClipResults:
        """The answers made with the choices `key`; empty at first."""
        with self._lock:
            found = self._by_key.get(key)
            if found is not None:
                return found
            saved = None if self._file is None else SavedAnalysis(self._file, key)
            found = self._by_key[key] = ClipResults(key, self._source, self._maps, saved=saved)
            found.correct(self._corrections)
        if saved is not None:
            self._made(found)
        return found

    def correct(self, corrections: Corrections) -> None:
        """Correct all answers; see `ClipResults.correct`."""
        with self._lock:
            self._corrections = corrections
            for found in self._by_key.values():
                found.correct(corrections)

    def close(self) -> None:
        """Close the file; what reads it later opens it again."""
        if self._file is not None:
            self._file.close()
