"""The SQLite file of one clip: opening, checking, setting aside (form: docs/facts/saved.md).

Several windows may have it open: readers see whole transactions, and writers wait for each other.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from traceback import clear_frames
from typing import TYPE_CHECKING

from poseviewer.core.assets import make_private
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.journal import EXCLUSIVE
from poseviewer.core.reading import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APPLICATION = 0x50565352
"""Of SQLite's header: says that the file is of this kind."""

MIGRATIONS = (
    """
    CREATE TABLE clip (
        id INTEGER PRIMARY KEY CHECK (id = 1), identity TEXT NOT NULL, name TEXT NOT NULL,
        location TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        rate REAL NOT NULL, frames INTEGER NOT NULL, seconds REAL NOT NULL
    ) STRICT;
    CREATE TABLE analyses (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, begin INTEGER NOT NULL,
        next INTEGER NOT NULL, choices TEXT NOT NULL, engine TEXT NOT NULL,
        program TEXT NOT NULL, state BLOB NOT NULL, changed REAL NOT NULL, UNIQUE (key, begin)
    ) STRICT;
    CREATE TABLE chunks (
        analysis INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
        first INTEGER NOT NULL, count INTEGER NOT NULL, measured_by TEXT NOT NULL,
        curves BLOB NOT NULL, measures BLOB NOT NULL, poses BLOB NOT NULL, detail BLOB NOT NULL,
        PRIMARY KEY (analysis, first)
    ) STRICT;
    """,
    """
    CREATE TABLE corrected_joints (
        frame INTEGER NOT NULL, joint TEXT NOT NULL, person INTEGER NOT NULL,
        person_x REAL NOT NULL, person_y REAL NOT NULL, kind TEXT NOT NULL, x REAL, y REAL,
        PRIMARY KEY (frame, joint, person, person_x, person_y)
    ) STRICT;
    CREATE TABLE corrected_sides (
        first INTEGER NOT NULL, last INTEGER NOT NULL, person INTEGER NOT NULL,
        person_x REAL NOT NULL, person_y REAL NOT NULL
    ) STRICT;
    CREATE TABLE corrected_people (
        place INTEGER PRIMARY KEY, kind TEXT NOT NULL, person INTEGER NOT NULL,
        other INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE calibration (
        id INTEGER PRIMARY KEY CHECK (id = 1), ax REAL NOT NULL, ay REAL NOT NULL,
        bx REAL NOT NULL, by REAL NOT NULL, metres REAL NOT NULL
    ) STRICT;
    CREATE TABLE drawings (
        kind TEXT NOT NULL, points TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        text TEXT NOT NULL, stop INTEGER
    ) STRICT;
    CREATE TABLE key_frames (frame INTEGER PRIMARY KEY, comment TEXT NOT NULL) STRICT;
    CREATE TABLE notes (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL) STRICT;
    """,
    """
    CREATE TABLE agreements (
        place INTEGER PRIMARY KEY, project TEXT NOT NULL, digest TEXT NOT NULL
    ) STRICT;
    """,
)
"""What brings a file from each version to the next; an empty one is of version 0."""

_LONGEST = 64 << 20
"""Bytes of a value, at most."""

_PATIENCE = 2.0
"""Seconds that a writer waits for another."""

_BEYOND_REPAIR = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR,
                  sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}  # fmt: skip
_WRONG = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)
"""What reading a value that should not be there may raise."""

_WAITS = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """The clip that a file belongs to."""

    identity: str
    name: str
    location: str
    size: tuple[int, int]
    rate: float
    frames: int
    seconds: float


class Damaged(PoseViewerError):
    """The file cannot be read, and was set aside."""


class Busy(PoseViewerError):
    """Another window writes at the moment; try again."""


class SavedFile:
    """The file of one clip, made when something is saved; called from any thread.

    Args:
        path: Of the file.
        clip: What it is of.
        complain: Called with one sentence when saving ends, or the file was set aside.
    """

    def __init__(self, path: Path, *, clip: ClipFacts, complain: Callable[[str], None]) -> None:
        self.path, self.clip = path, clip
        self._complain = complain
        self._locks = {"read": RLock(), "write": RLock()}
        self._connections: dict[str, sqlite3.Connection] = {}
        self.refused = False
        """Whether nothing is written any more: the disk is full, or may not be written to."""

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read by; None where there is no file.

        Raises:
            PoseViewerError: It cannot be read; a damaged one is set aside.
        """
        with self._locks["read"], self._watched():
            there = "read" in self._connections or self.path.is_file()
            # One that another window is about to make is still empty.
            yield self._connection("read") if there and not self._empty() else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; all of it is saved, or nothing.

        Raises:
            Busy: Another window writes.
            PoseViewerError: It cannot be written; a damaged one is set aside.
        """
        with self._locks["write"], self._watched():
            connection = self._connection("write")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def say(self, text: str) -> None:
        """Say one sentence about the file."""
        self._complain(one_sentence(text))

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        for use, lock in self._locks.items():
            with lock:
                connection = self._connections.pop(use, None)
                if connection is not None:
                    connection.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (PoseViewerError, GeneratorExit):
            raise
        except (sqlite3.Error, *_WRONG) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _WAITS:
                msg = f"The saved results of {self.clip.name} are being written by another window."
                raise Busy(msg) from error
            if isinstance(error, OSError) or (code and code not in _BEYOND_REPAIR):
                raise PoseViewerError(self._refuse(error)) from error
            raise Damaged(self._set_aside(error)) from error

    def _refuse(self, error: Exception) -> str:
        """Save nothing from now on; returns the sentence that was said once."""
        text = one_sentence(
            f"The results of {self.clip.name} cannot be saved in {self.path.parent}: "
            f"{reason(error)}; the analysis goes on in memory."
        )
        if not self.refused:
            self.refused = True
            self._complain(text)
        return text

    def _set_aside(self, error: Exception) -> str:
        """Rename a damaged file; returns the sentence that was said."""
        # Windows renames no open file, and where the error came from there are cursors that keep
        # it open. What another thread still reads by ends with its work.
        clear_frames(error.__traceback__)
        for use, lock in self._locks.items():
            if not lock.acquire(blocking=False):
                continue
            with suppress(KeyError, sqlite3.Error):
                self._connections.pop(use).close()
            lock.release()
        self._connections.clear()
        number, aside = 1, self.path
        while aside.exists():
            aside = self.path.with_name(f"{self.path.stem}.damaged-{number}")
            number += 1
        with suppress(OSError):
            self.path.rename(aside)
        for ending in ("-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self.path}{ending}").unlink()
        text = one_sentence(
            f"The saved results of {self.clip.name} are damaged ({reason(error)}), so they were "
            f"set aside as {aside.name} in {aside.parent}; analyse the clip again."
        )
        self._complain(text)
        return text

    def _connection(self, use: str) -> sqlite3.Connection:
        if use not in self._connections:
            if use == "write":
                self._make()
            connection = connect(self.path)
            try:
                self._check(connection, write=use == "write")
            except BaseException:
                connection.close()
                raise
            self._connections[use] = connection
            with suppress(OSError):
                # What was opened last is removed last.
                os.utime(self.path)
        return self._connections[use]

    def _empty(self) -> bool:
        """Whether the file has no tables yet."""
        if "read" in self._connections:
            return False
        with closing(connect(self.path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            return not version and not tables

    def _make(self) -> None:
        """Make the file where there is none; only the user may read it."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self.path, EXCLUSIVE, 0o600))
        make_private(self.path)

    def _check(self, connection: sqlite3.Connection, *, write: bool) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            msg = (
                f"The saved results of {self.clip.name} were written by a newer PoseViewer; "
                "they are left as they are."
            )
            self.refused = True
            raise PoseViewerError(msg)
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            migrate(connection, version)
            clip = self.clip
            connection.execute(
                "INSERT INTO clip VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET name = excluded.name, location = excluded.location "
                # One that is opened by its path alone does not know the clip.
                "WHERE excluded.identity != ''",
                (clip.identity, _text(clip.name), _text(clip.location), *clip.size,
                 clip.rate, clip.frames, clip.seconds),
            )  # fmt: skip
        else:
            migrate(connection, version)
        check_tables(connection)


def _text(name: str) -> str:
    """A name as SQLite takes it; one of a file may be no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def connect(path: Path) -> sqlite3.Connection:
    """Open a file of unknown origin: nothing that it says is executed."""
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0",
                   "foreign_keys = ON"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file from `version` to the newest one, in one transaction."""
    if version == len(MIGRATIONS):
        return
    steps = "".join(MIGRATIONS[version:])
    about = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {len(MIGRATIONS)};"
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another window may have done it meanwhile.
        (now,) = connection.execute("PRAGMA user_version").fetchone()
        if now == version:
            for statement in (steps + about).split(";"):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def check_tables(connection: sqlite3.Connection) -> None:
    """Check that a file has our tables and nothing else; raise ValueError otherwise."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION or _schema(connection) != _expected():
        msg = "it holds other tables than it should"
        raise ValueError(msg)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return frozenset((kind, name, " ".join(sql.split())) for kind, name, sql in rows)


@cache
def _expected() -> frozenset[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, 0)
        return _schema(connection)
