"""The files of all clips: where they lie, what is in them, and which go when they are too many."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from poseviewer.core.assets import make_private, user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listed, read_text
from poseviewer.runtime.saved.analysis import entries
from poseviewer.runtime.saved.annotations import SavedAnnotations
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.file import ClipFacts, SavedFile, connect
from poseviewer.runtime.saved.identity import clip_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.runtime.state import SourceInfo

ENDING = ".sqlite"
BESIDE = ".poses.sqlite"
"""Ending of a file that lies beside its clip, after the clip's own name."""

LIMIT = 2 << 30
"""Bytes that all files in the user's folder have together, at most, unless chosen otherwise."""

_GIGABYTE = 1 << 30
_NEARLY = 0.9
"""Share of the limit above which a notice names what is removed next."""

_NEXT = "next-to-go.txt"
_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Saving:
    """How analyses are saved."""

    folder: Path
    """Where the files lie."""

    beside: bool = False
    """Whether they lie beside their clips instead."""

    limit: int = LIMIT
    """Bytes that the files in `folder` have together, at most."""

    def file_of(self, source: SourceInfo, *, complain: Callable[[str], None]) -> SavedFile | None:
        """The file of a clip; None where nothing of it can be saved.

        Args:
            source: The clip.
            complain: Called with one sentence when saving ends.
        """
        identity = clip_identity(source)
        if not identity:
            return None
        clip = ClipFacts(
            identity, source.name, source.location, source.size, source.rate, source.count,
            float(source.times[-1]),
        )  # fmt: skip
        path = self.folder / f"{identity[:32]}{ENDING}"
        if self.beside:
            location = Path(source.location)
            path = location.with_name(location.name + BESIDE)
        return SavedFile(path, clip=clip, complain=complain)

    def clips(self, most: int = 20) -> tuple[tuple[str, str], ...]:
        """Name and location of the clips whose files lie in `folder`, the latest first.

        Args:
            most: How many.
        """
        found = []
        for file in saved_files(self.folder)[:most]:
            with closing(file), suppress(PoseViewerError):
                clip, analyses = entries(file)
                if analyses:
                    found.append((clip.name, clip.location))
        return tuple(found)

    def trim(self) -> str:
        """Remove what was announced, and announce what goes next, where there is too much.

        A file that a window writes at the moment stays.

        Returns:
            One sentence on either; empty where there is room.
        """
        files = sorted(self.folder.glob(f"*{ENDING}"), key=_changed)
        sizes = {path: _size(path) for path in files}
        total = sum(sizes.values())
        announced, removed = self._announced(), []
        for path in files:
            if total > self.limit and path.name in announced and not _in_use(path):
                removed.append(_name(path))
                total -= sizes.pop(path)
                remove_analyses(path)
        going: list[Path] = []
        left = total
        for path in sizes:
            if left > _NEARLY * self.limit and len(going) < len(sizes) - 1:
                going.append(path)
                left -= sizes[path]
        self._announce(going)
        limit = f"{self.limit / _GIGABYTE:.3g} GB"
        if going:
            return (
                f"Saved results take {total / _GIGABYTE:.2g} of {limit}; when they pass it, those "
                f"of {listed(map(_name, going))} are removed first (Preferences, Files)."
            )
        if removed:
            return f"Saved results passed {limit}: those of {listed(removed)} were removed."
        return ""

    def _announced(self) -> set[str]:
        """Names of the files that a notice has named."""
        try:
            text = read_text(self.folder / _NEXT, most=1 << 20)
        except (OSError, ValueError):
            return set()
        return set(text.splitlines())

    def _announce(self, files: list[Path]) -> None:
        path = self.folder / _NEXT
        with suppress(OSError):
            if files:
                path.write_text("\n".join(file.name for file in files), encoding="utf-8")
                make_private(path)
            else:
                path.unlink()


def saved_files(folder: Path) -> list[SavedFile]:
    """Every file of a folder of saved analyses, the one used last first."""
    paths = sorted(folder.glob(f"*{ENDING}"), key=_changed, reverse=True)
    return [saved_file(path) for path in paths]


def saved_file(path: Path) -> SavedFile:
    """The file at a path, whatever clip it is of; what goes wrong with it is raised, not said."""
    clip = ClipFacts("", path.name, "", (1, 1), 0.0, 1, 0.0)
    return SavedFile(path, clip=clip, complain=lambda _: None)


def remove_file(path: Path) -> None:
    """Remove a file with what SQLite has beside it.

    Raises:
        OSError: It cannot be removed.
    """
    path.unlink()
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def remove_analyses(path: Path) -> None:
    """Remove a file; one with a person's work stays, without its analyses.

    Corrections and annotations are such work.

    Raises:
        OSError: It cannot be removed.
    """
    with closing(saved_file(path)) as file:
        worked_on = bool(SavedCorrections(file).load()) or bool(SavedAnnotations(file).load())
    if not worked_on:
        remove_file(path)
        return
    with closing(connect(path)) as connection, suppress(sqlite3.Error):
        connection.execute("DELETE FROM analyses")
        connection.execute("VACUUM")


def _name(path: Path) -> str:
    """What the clip of a file is called."""
    file = saved_file(path)
    try:
        return entries(file)[0].name
    except PoseViewerError:
        return path.name
    finally:
        file.close()


def _size(path: Path) -> int:
    wal = Path(f"{path}-wal")
    return sum(each.stat().st_size for each in (path, wal) if each.is_file())


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def _in_use(path: Path) -> bool:
    """Whether a window may have the file open: its log goes when the last one closes it."""
    log = Path(f"{path}-wal")
    return log.is_file() and time() - _changed(log) < _A_DAY


def saving_of(location: str, *, folder: Path | None = None) -> Saving:
    """How a command saves the analysis of a clip: beside it where there is a file already.

    Args:
        location: Of the clip.
        folder: Where files lie; the user's own where None.
    """
    if folder is not None:
        return Saving(folder)
    try:
        beside = Path(location + BESIDE).is_file()
    except (OSError, ValueError):
        beside = False
    return Saving(results_folder(), beside)


def results_folder() -> Path:
    """The folder of saved analyses, in the user's data; it need not be there."""
    return user_folder("data") / "results"
