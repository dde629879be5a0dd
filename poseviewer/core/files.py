"""Files that appear under their names only when they are complete.

Each is written beside its place under a temporary name that nobody can guess, made so that no
link is followed, and renamed at the end. Only that temporary file is ever removed. Where a
process is killed, a later one finds what it left: see `poseviewer.core.journal`.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.journal import EXCLUSIVE, DeadEntry, Entry, Output, dead_entries
from poseviewer.core.locks import open_for_lock, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from poseviewer.core.journal import Kind

_LONGEST_SUFFIX = 32
"""Bytes of a suffix that a temporary name takes over; one that is longer may be no suffix."""

_PATIENCE = 5.0
"""Seconds that a commit waits for another one in the same folder."""

_DENIED, _SHARING = 5, 32
"""What Windows says of a file that is open elsewhere, or that may not be touched."""

_exports: WeakSet[OutputSet] = WeakSet()
"""Those that are being written."""


def partial_path(path: Path) -> Path:
    """Return an unused, hidden name beside `path` with the same ending, which fits everywhere."""
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= _LONGEST_SUFFIX else ""
    return path.with_name(f".poseviewer-{secrets.token_hex(8)}.part{suffix}")


class OutputSet:
    """The outputs of one job, which appear together or not at all.

    As a context manager it commits on leaving, or discards when an exception passes.

    Args:
        durable: Flush every file to the disk before it gets its name.
        replace: Whether a file that has the name by then may be replaced.
        kind: What long work writes; stands in the journal. None for what takes a moment. A
            `recording`, which cannot be made again, replaces nothing and takes a free name.
    """

    def __init__(
        self, *, durable: bool = False, replace: bool = True, kind: Kind | None = None
    ) -> None:
        self._durable, self._replace = durable, replace
        self._numbered = kind == "recording"
        self._outputs: list[Output] = []
        self._lock = RLock()
        self._entry = Entry(kind) if kind is not None else None
        if kind == "export":
            _exports.add(self)

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
        """Add a file and return the temporary name to write it under; it is there, empty.

        Raises:
            OSError: It cannot be made.
        """
        output = self._added(Output(partial_path(path), path))
        os.close(os.open(output.part, EXCLUSIVE, 0o666))
        return output.part

    def folder(self, path: Path, *, replaces: str) -> Path:
        """Add the files of a folder and return a temporary folder to write them into.

        Args:
            path: Where the files go; other files there stay.
            replaces: Pattern of the files there that are removed.

        Raises:
            OSError: The temporary folder cannot be made.
        """
        output = self._added(Output(partial_path(path), path, replaces))
        output.part.mkdir()
        return output.part

    def _added(self, output: Output) -> Output:
        if self._entry is not None:
            self._entry.add(output)
        self._outputs.append(output)
        return output

    def commit(self) -> tuple[Path, ...]:
        """Give every output its name, replacing what had it. The files must be closed.

        Returns:
            The names, in the order of the outputs.

        Raises:
            FileExistsError: One would have to be replaced and must not.
            OSError: One cannot get its name; then all is as it was before the job.
        """
        with self._lock, _locked({output.path.parent for output in self._outputs}):
            if self._numbered:
                self._outputs = [replace(one, path=free_name(one.path)) for one in self._outputs]
            paths = tuple(output.path for output in self._outputs)
            self._commit()
        self.discard()
        return paths

    def _commit(self) -> None:
        moves = [move for output in self._outputs for move in _moves(output)]
        if self._durable:
            for part in (part for part, _ in moves if part.is_file()):
                with part.open("r+b") as file:
                    os.fsync(file.fileno())
        backups = [(old, partial_path(old)) for old in self._giving_way(moves)]
        if self._entry is not None and len(moves) > 1:
            self._entry.commit([backup for _, backup in backups])
        renamings = [*backups, *moves]
        try:
            for source, target in renamings:
                os.replace(source, target)
        except BaseException:
            # Ctrl-C may come between any two of them, too.
            for source, target in reversed(renamings):
                if os.path.lexists(target) and not os.path.lexists(source):
                    with suppress(OSError):
                        os.replace(target, source)
            raise
        _remove(backup for _, backup in backups)

    def _giving_way(self, moves: Sequence[tuple[Path, Path]]) -> list[Path]:
        """List the files that are moved away before the others come.

        Raises:
            FileExistsError: There is one that must not be replaced.
        """
        replaced = [old for output in self._outputs for old in _replaced(output)]
        # A folder that is there takes files: not itself is in the way, but files of these names.
        there = [*replaced, *(path for _, path in moves if os.path.lexists(path))]
        if there and not self._replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), there[0])
        if len(moves) > 1:
            # A folder never takes the place of a file.
            files = [path for part, path in moves if part.is_file() and path.is_file()]
            replaced += [path for path in files if path not in replaced]
        return replaced

    def discard(self) -> None:
        """Remove what was not committed; safe to call at any time, from any thread."""
        with self._lock:
            _remove(output.part for output in self._outputs)
            self._outputs.clear()
            if self._entry is not None:
                self._entry.close()


def discard_exports() -> None:
    """Discard every export that is being written: the process is about to end."""
    for outputs in list(_exports):
        outputs.discard()


def settle(kind: Kind = "recording") -> list[Unfinished]:
    """Remove what exports of dead processes left, or complete what only lacked its names.

    Args:
        kind: Of what cannot be made again, that which is returned; the rest waits.

    Returns:
        The recordings, or projects, of dead processes; `keep`, `remove` or `release` each.
    """
    found = []
    for entry in dead_entries():
        if entry.backups is not None:
            for source, target in (move for output in entry.outputs for move in _moves(output)):
                with suppress(OSError):
                    os.replace(source, target)
            _remove(entry.backups)
        unfinished = Unfinished(entry)
        if entry.kind == kind and unfinished.paths:
            found.append(unfinished)
        elif entry.kind in ("recording", "project") and unfinished.paths:
            unfinished.release()
        else:
            unfinished.remove()
    return found


class Unfinished:
    """A recording, or changes of a project, whose process died before they were saved.

    Args:
        entry: Its journal.
    """

    def __init__(self, entry: DeadEntry) -> None:
        self._entry = entry
        self._outputs = [one for one in entry.outputs if _size(one.part)]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The names that its files were to get."""
        return tuple(output.path for output in self._outputs)

    @property
    def parts(self) -> tuple[Path, ...]:
        """The names that its files have now."""
        return tuple(output.part for output in self._outputs)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(_size(output.part) for output in self._outputs)

    def keep(self) -> tuple[Path, ...]:
        """Give every file its name, or a free one like it, and return them.

        Raises:
            PoseViewerError: One cannot get a name; it is offered again next time.
        """
        kept = []
        for output in self._outputs:
            path = free_name(output.path)
            with write_errors(path):
                if path.suffix == ".csv":
                    _cut_torn_row(output.part)
                os.replace(output.part, path)
            kept.append(path)
        self.remove()
        return tuple(kept)

    def remove(self) -> None:
        """Remove its files."""
        _remove(output.part for output in self._entry.outputs)
        self._entry.close()

    def release(self) -> None:
        """Leave it for another time."""
        self._entry.release()


def free_name(path: Path) -> Path:
    """Return `path`, or one numbered from 2 that no file has."""
    free, number = path, 1
    while os.path.lexists(free):
        number += 1
        free = path.with_stem(f"{path.stem} ({number})")
    return free


def _size(path: Path) -> int:
    """Bytes of a file, or of the files of a folder; 0 where there is nothing."""
    try:
        if path.is_dir():
            return sum(file.lstat().st_size for file in path.iterdir())
        return path.lstat().st_size
    except OSError:
        return 0


def _cut_torn_row(path: Path) -> None:
    """Cut a file of text after its last whole line."""
    with path.open("r+b") as file:
        file.truncate(file.read().rfind(b"\n") + 1)


def _remove(parts: Iterable[Path]) -> None:
    """Remove temporary files and folders, as far as they are there."""
    for part in parts:
        try:
            part.unlink()
        except FileNotFoundError:
            continue
        except OSError:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(folders: set[Path]) -> Iterator[None]:
    """Keep other commits out of some folders, so that the outputs of two jobs never mix."""
    with ExitStack() as stack:
        for folder in sorted(folders):
            with suppress(OSError):
                file = open_for_lock(folder)
                stack.callback(os.close, file)
                _lock(file)
        yield


def _lock(file: int) -> None:
    """Wait for the lock of an open folder, but not for ever: it may lie on a broken server."""
    late = time.monotonic() + _PATIENCE
    while not try_lock(file) and time.monotonic() < late:
        time.sleep(0.005)


def _moves(output: Output) -> list[tuple[Path, Path]]:
    """List the renamings of an output, from and to."""
    if output.replaces is not None and output.path.is_dir():
        return [(file, output.path / file.name) for file in sorted(output.part.iterdir())]
    return [(output.part, output.path)]


def _replaced(output: Output) -> list[Path]:
    """List the files of an earlier job in a folder."""
    if output.replaces is None or not output.path.is_dir():
        return []
    return sorted(output.path.glob(output.replaces))


@contextmanager
def atomic_output(
    path: Path, *, durable: bool = False, replace: bool = True, kind: Kind | None = None
) -> Iterator[Path]:
    """Give a temporary name for the block to write under; the file gets its own at the end.

    Args:
        path: What it is called at the end.
        durable: As of `OutputSet`, like `replace` and `kind`.
        replace: See there.
        kind: See there.

    Raises:
        OSError: It cannot get its name; what was there before is still there.
    """
    with OutputSet(durable=durable, replace=replace, kind=kind) as outputs:
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
def write_errors(path: Path, *, fate: str = "was not written") -> Iterator[None]:
    """Turn an `OSError` of the block into a sentence about the output `path` and its `fate`.

    Raises:
        PoseViewerError: Instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise PoseViewerError(write_failure(path, error, fate=fate)) from error


def write_failure(path: Path, error: Exception, *, fate: str = "was not written") -> str:
    """Return why the output `path` was not written, and what to do, in a sentence.

    Args:
        path: The output.
        error: What went wrong.
        fate: What became of it.
    """
    folder = path.parent
    # Windows gives a file that is open no other name, and lets none take its place.
    if getattr(error, "winerror", None) == _SHARING or (
        getattr(error, "winerror", None) == _DENIED and path.is_file()
    ):
        return f"{path.name} {fate} because a program has it open: close it there and try again."
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full, so {path.name} {fate}: make room or choose another folder."
        case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOENT | errno.ENOTDIR:
            why = "may not be written to" if folder.is_dir() else "does not exist"
            return f"{path.name} {fate} because the folder {folder} {why}: choose another."
        case errno.EEXIST:
            return (
                f"{path.name} {fate} because a file of that name appeared meanwhile: "
                "choose another name."
            )
        case errno.ENAMETOOLONG:
            return f"{path.name[:40]}… {fate} because its name is too long: choose a shorter one."
        case errno.EFBIG:
            return f"{path.name} {fate} because files may not grow so large in {folder}."
    reason = (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
    return f"{path.name} {fate}: {reason}."
