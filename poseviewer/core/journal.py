"""The journal of files being written, by which a later process finds what a killed one left.

Every job has a file of its own in the user's folder, locked while its process lives: where the
lock can be had, the process is dead, however it ended and whatever has its number now. Where the
user's folder cannot be written to, there is no journal, and the job runs without.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from poseviewer.core.assets import user_folder
from poseviewer.core.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Kind = Literal["export", "recording", "project"]

PART = re.compile(r"\.poseviewer-[0-9a-f]{16}\.part(\.\w+)?")
"""Names of temporary files; nothing else is ever removed on the word of a journal."""

_PATIENCE = 5.0
"""Seconds that a job waits for the lock of its own journal, which a reader has for a moment."""

EXCLUSIVE = os.O_RDWR | os.O_CREAT | os.O_EXCL
"""Opens a file that did not exist, and follows no link."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file or folder being written."""

    part: Path
    """Its temporary name."""

    path: Path
    """The name that it gets at the end."""

    replaces: str | None = None
    """Of a folder, the pattern of the files in it that give way; None for a file."""


class Entry:
    """The journal of one job, while it runs.

    Args:
        kind: `export` is removed when its process has died; a `recording`, and a `project` that was
            not saved, are offered to the user.
    """

    def __init__(self, kind: Kind) -> None:
        self._file = -1
        with suppress(OSError):
            folder = _folder()
            folder.mkdir(mode=0o700, exist_ok=True)
            self._path = folder / f"{secrets.token_hex(8)}.json"
            # It gets its name when it is locked: a reader would take it for a dead one's before.
            # Windows renames no open file; there it is locked when a reader has seen it is empty.
            made = self._path if sys.platform == "win32" else self._path.with_suffix(".new")
            self._file = os.open(made, EXCLUSIVE | os.O_APPEND, 0o600)
            late = time.monotonic() + _PATIENCE
            while not try_lock(self._file) and time.monotonic() < late:
                time.sleep(0.005)
            self._write({"kind": kind})
            if made != self._path:
                made.rename(self._path)

    def add(self, output: Output) -> None:
        """Note an output that is about to be made."""
        about = {"part": os.path.abspath(output.part), "path": os.path.abspath(output.path)}
        self._write(about | {"replaces": output.replaces})

    def commit(self, backups: Sequence[Path]) -> None:
        """Note that every output is complete and gets its name from here on.

        Args:
            backups: What is replaced, under temporary names; removed at the end.
        """
        self._write({"backups": [os.path.abspath(path) for path in backups]})

    def close(self) -> None:
        """Remove the journal: the job has ended."""
        if self._file >= 0:
            _remove_open(self._path, self._file)
            self._file = -1

    def release(self) -> None:
        """Leave the journal for a later process, as if this one had died."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, facts: dict[str, Any]) -> None:
        if self._file >= 0:
            with suppress(OSError):
                os.write(self._file, json.dumps(facts).encode() + b"\n")


class DeadEntry:
    """The journal of a job whose process died; locked until `close` or `release`."""

    def __init__(self, path: Path, file: int) -> None:
        self._path, self._file = path, file
        self.kind: str = "export"
        self.outputs: list[Output] = []
        self.backups: list[Path] | None = None
        """What was replaced; None where the outputs were not complete."""
        with os.fdopen(os.dup(file), encoding="utf-8", errors="replace") as text:
            for line in text:
                # The last line may be torn.
                with suppress(ValueError, TypeError, KeyError):
                    self._read(json.loads(line))

    def _read(self, facts: dict[str, Any]) -> None:
        if "kind" in facts:
            self.kind = str(facts["kind"])
        elif "backups" in facts:
            self.backups = [_part(path) for path in facts["backups"]]
        else:
            replaces = facts["replaces"]
            output = Output(_part(facts["part"]), Path(facts["path"]), replaces and str(replaces))
            self.outputs.append(output)

    def close(self) -> None:
        """Remove the journal: nothing is left to be done."""
        if self._file >= 0:
            _remove_open(self._path, self._file)
            self._file = -1

    def release(self) -> None:
        """Leave the journal for another time."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def dead_entries() -> Iterator[DeadEntry]:
    """Open the journal of every job whose process has died."""
    with suppress(OSError):
        for path in sorted(_folder().glob("*.json")):
            if path.is_symlink():
                continue
            try:
                file = os.open(path, os.O_RDWR)
            except OSError:
                continue
            dead = False
            with suppress(OSError):
                dead = try_lock(file)
            if dead:
                yield DeadEntry(path, file)
            else:
                os.close(file)


def _remove_open(path: Path, file: int) -> None:
    """Remove a journal and close it."""
    # While it is locked, so that none takes it for a dead one's; Windows removes no open file.
    with suppress(OSError):
        path.unlink()
    os.close(file)
    with suppress(OSError):
        path.unlink()


def _folder() -> Path:
    return user_folder("data") / "unfinished"


def _part(path: object) -> Path:
    """`path` if it is a temporary name; raise ValueError otherwise."""
    found = Path(str(path))
    if PART.fullmatch(found.name) is None:
        msg = f"{found} is no temporary name"
        raise ValueError(msg)
    return found
