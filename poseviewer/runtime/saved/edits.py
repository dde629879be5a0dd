"""What a person has made of a clip, in the file of the clip: written at every change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from poseviewer.runtime.saved.file import SavedFile

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")


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
        self._seen: tuple[sqlite3.Connection, int] | None = None
        self._complained = False

    @abstractmethod
    def _read(self, connection: sqlite3.Connection) -> T:
        """The value that a file has; raise ValueError where it cannot be."""

    @abstractmethod
    def _write(self, connection: sqlite3.Connection, before: T, after: T) -> None:
        """Write the difference of two values."""

    def _with_others(
        self,
        connection: sqlite3.Connection,  # noqa: ARG002 - where rows do not depend on each other
        mine: T,
    ) -> tuple[T, T]:
        """What the file may have by another window, and what it is to have with `mine`."""
        return self.value, mine

    def _readable(self, rows: Iterable[S], read: Callable[[S], R]) -> Iterator[R]:
        """What `read` makes of rows; one that is not what it should be is left out and stays."""
        for row in rows:
            try:
                yield read(row)
            except (ValueError, TypeError, ArithmeticError, LookupError, PoseViewerError):
                if not self._complained:
                    self._complained = True
                    self._file.say(
                        f"A row of the corrections or annotations of {self._file.clip.name} in "
                        f"{self._file.path.name} cannot be read, and is left out; all others count."
                    )

    def load(self) -> T:
        """Read it; `none` where it cannot be read, of which a sentence was said."""
        try:
            with self._file.reading() as connection:
                if connection is not None:
                    self.value = self._read(connection)
        except PoseViewerError:
            self.value = self._none
        return self.value

    def write(self, value: T) -> T:
        """Save the difference to what was saved, in one transaction.

        Where another window writes, or nothing can be written, it is saved with the next change.

        Returns:
            What is in force now: with what another window has saved meanwhile.
        """
        with self._lock:
            try:
                with self._file.writing() as connection:
                    before = self.value
                    # Another number whenever another connection has written.
                    (version,) = connection.execute("PRAGMA data_version").fetchone()
                    if self._seen != (connection, version):
                        before, value = self._with_others(connection, value)
                    self._write(connection, before, value)
                self._seen = connection, version
            except PoseViewerError:
                return value
            self.value = value
            return value
