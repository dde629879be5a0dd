"""What a person has made of a clip, in the file of the clip: written at every change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    import sqlite3

    from poseviewer.runtime.saved.file import SavedFile

T = TypeVar("T")


class SavedEdits(ABC, Generic[T]):
    """One value of a clip that a person changes step by step.

    Args:
        file: Of the clip.
        none: The value of a clip of which nothing is saved.
    """

    def __init__(self, file: SavedFile, *, none: T) -> None:
        self._file, self._none, self._lock = file, none, Lock()
        self.value = none
        """What the file has, as far as is known."""

    @abstractmethod
    def _read(self, connection: sqlite3.Connection) -> T:
        """The value that a file has; raise ValueError where it cannot be."""

    @abstractmethod
    def _write(self, connection: sqlite3.Connection, before: T, after: T) -> None:
        """Write the difference of two values."""

    def load(self) -> T:
        """Read it; `none` where it cannot be read, of which a sentence was said."""
        try:
            with self._file.reading() as connection:
                if connection is not None:
                    self.value = self._read(connection)
        except PoseViewerError:
            self.value = self._none
        return self.value

    def write(self, value: T) -> None:
        """Save the difference to what was saved, in one transaction.

        Where another window writes, or nothing can be written, it is saved with the next change.
        """
        with self._lock:
            try:
                with self._file.writing() as connection:
                    self._write(connection, self.value, value)
            except PoseViewerError:
                return
            self.value = value
