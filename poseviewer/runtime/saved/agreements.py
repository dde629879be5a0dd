"""Which projects a clip's corrections and annotations agreed with, in the file of the clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.reading import word
from poseviewer.runtime.saved.edits import SavedEdits

if TYPE_CHECKING:
    import sqlite3

    from poseviewer.runtime.saved.file import SavedFile

Agreements = tuple[tuple[str, str], ...]
"""Keys of projects, each with the digest of what was the same in both; the latest last."""

_MOST = 200


class SavedAgreements(SavedEdits[Agreements]):
    """The agreements of a clip; the oldest are forgotten.

    Args:
        file: Of the clip.
    """

    def __init__(self, file: SavedFile) -> None:
        super().__init__(file, none=())

    def add(self, project: str, digest: str) -> None:
        """Write that clip and project agree now."""
        pair = (project, digest)
        if self.value[-1:] != (pair,):
            self.write((*(one for one in self.value if one != pair), pair)[-_MOST:])

    def _read(self, connection: sqlite3.Connection) -> Agreements:
        query = f"SELECT project, digest FROM agreements ORDER BY place LIMIT {_MOST}"
        return tuple(
            (word(project, "a project", longest=64), word(digest, "a digest", longest=64))
            for project, digest in connection.execute(query)
        )

    def _write(self, connection: sqlite3.Connection, before: Agreements, after: Agreements) -> None:  # noqa: ARG002
        connection.execute("DELETE FROM agreements")
        connection.executemany(
            "INSERT INTO agreements VALUES (?, ?, ?)",
            [(place, *pair) for place, pair in enumerate(after)],
        )
