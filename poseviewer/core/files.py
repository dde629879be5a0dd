"""Files that appear under their names only when they are complete.

Each is written beside its place under a temporary name that no other process and no other output
uses, and renamed at the end. Only that temporary file is ever removed.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Self

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_serial = count(1)


def partial_path(path: Path) -> Path:
    """Return an unused, hidden name beside `path` with the same ending."""
    return path.with_name(f".{path.stem}.{os.getpid()}-{next(_serial)}.part{path.suffix}")


@dataclass(frozen=True, slots=True)
class _Output:
    part: Path
    path: Path
    replaces: str | None = None
    """Of a folder, the pattern of the files in it that give way; None for a file."""


class OutputSet:
    """The outputs of one job, which appear together or not at all.

    As a context manager it commits on leaving, or discards when an exception passes.

    Args:
        durable: Flush every file to the disk before it gets its name.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._outputs: list[_Output] = []

    def __enter__(self) -> Self:
        """Return the set itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        """Commit, or discard when an exception passes."""
        try:
            if kind is None:
                self.commit()
        finally:
            self.discard()

    def file(self, path: Path) -> Path:
        """Add a file and return the temporary name to write it under."""
        self._outputs.append(_Output(partial_path(path), path))
        return self._outputs[-1].part

    def folder(self, path: Path, *, replaces: str) -> Path:
        """Add the files of a folder and return a temporary folder to write them into.

        Args:
            path: Where the files go; other files there stay.
            replaces: Pattern of the files there that are removed.

        Raises:
            OSError: The temporary folder cannot be made.
        """
        output = _Output(partial_path(path), path, replaces)
        output.part.mkdir()
        self._outputs.append(output)
        return output.part

    def commit(self) -> None:
        """Give every output its name, replacing what had it. The files must be closed.

        Raises:
            OSError: One cannot get its name; then all is as it was before the job.
        """
        moves = [move for output in self._outputs for move in _moves(output)]
        if self._durable:
            for part in (part for part, _ in moves if part.is_file()):
                with part.open("r+b") as file:
                    os.fsync(file.fileno())
        replaced = [old for output in self._outputs for old in _replaced(output)]
        if len(moves) > 1:
            # A folder never takes the place of a file.
            files = [path for part, path in moves if part.is_file() and path.is_file()]
            replaced += [path for path in files if path not in replaced]
        undo: list[tuple[Path, Path]] = []
        backups = [(old, partial_path(old)) for old in replaced]
        try:
            for source, target in (*backups, *moves):
                os.replace(source, target)
                undo.append((target, source))
        except OSError:
            for target, source in reversed(undo):
                with suppress(OSError):
                    os.replace(target, source)
            raise
        for _, backup in backups:
            with suppress(OSError):
                backup.unlink()
        self.discard()

    def discard(self) -> None:
        """Remove what was not committed; safe to call at any time."""
        for output in self._outputs:
            if output.replaces is None:
                with suppress(OSError):
                    output.part.unlink()
            else:
                shutil.rmtree(output.part, ignore_errors=True)
        self._outputs.clear()


def _moves(output: _Output) -> list[tuple[Path, Path]]:
    """List the renamings of an output, from and to."""
    if output.replaces is not None and output.path.is_dir():
        return [(file, output.path / file.name) for file in sorted(output.part.iterdir())]
    return [(output.part, output.path)]


def _replaced(output: _Output) -> list[Path]:
    """List the files of an earlier job in a folder."""
    if output.replaces is None or not output.path.is_dir():
        return []
    return sorted(output.path.glob(output.replaces))


@contextmanager
def atomic_output(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a temporary name for the block to write under; the file gets its own at the end.

    Raises:
        OSError: It cannot get its name; what was there before is still there.
    """
    with OutputSet(durable=durable) as outputs:
        yield outputs.file(path)


def write_file(path: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Write a small file whole or not at all; text as UTF-8.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    with atomic_output(path, durable=durable) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def save_file(path: Path, content: bytes | str) -> None:
    """Write a file that a person has asked for, as `write_file` does.

    Raises:
        PoseViewerError: It cannot be written.
    """
    with write_errors(path):
        write_file(path, content)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a sentence about the output `path`.

    Raises:
        PoseViewerError: Instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        msg = f"Cannot write {path}: {error.strerror or error}; choose another folder."
        raise PoseViewerError(msg) from error
