"""Which clips a batch is of (files, folders, patterns, lists), and the names of their outputs."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listed, read_text, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENDINGS = frozenset({
    ".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg",
    ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv",
})  # fmt: skip
"""What files of a folder are taken as clips; others have to be named."""

_LIST = ".csv"
_PATH, _NAME = "path", "name"
_TAKEN = frozenset({"summary", "report"})
"""Names whose data could be taken for that of the whole batch."""

_MOST_BYTES = 256 << 20
_CELL = 1 << 14


@dataclass(frozen=True, slots=True)
class BatchClip:
    """A clip of a batch."""

    location: str

    name: str
    """What its outputs are called, without an ending; from the output folder on."""

    options: tuple[str, ...] = ()
    """Of the command `export`, for this clip alone."""


def found_clips(
    inputs: Sequence[str], *, recursive: bool = False, columns: Iterable[str] = ()
) -> tuple[BatchClip, ...]:
    """Every clip that the inputs name, once for the same options, each with a name of its own.

    Args:
        inputs: Clips, folders of clips, patterns such as `day?/*.mp4`, lists as .csv.
        recursive: Whether folders in folders are looked into.
        columns: Options of `export` that a list may have columns of, without dashes.

    Raises:
        PoseViewerError: An input names nothing, or a list cannot be read.
    """
    allowed = frozenset(columns)
    found: dict[tuple[str, tuple[str, ...]], tuple[Path, str | None, tuple[str, ...]]] = {}
    for text in inputs:
        for location, inside, options in _named(text, recursive=recursive, columns=allowed):
            key = os.path.abspath(location), options
            found.setdefault(key, (location, inside, options))
    stems = [inside or location.stem for location, inside, _ in found.values()]
    names = _distinct(stems, [location.suffix[1:] for location, _, _ in found.values()])
    return tuple(
        BatchClip(str(location), name, options)
        for (location, _, options), name in zip(found.values(), names, strict=True)
    )


def _named(
    text: str, *, recursive: bool, columns: frozenset[str]
) -> Iterator[tuple[Path, str | None, tuple[str, ...]]]:
    """Location, name where one follows from where it lies, and options of each clip."""
    path = Path(text)
    if path.suffix.lower() == _LIST and path.is_file():
        for row in read_list(path, columns=columns):
            yield Path(row.location), row.name or None, row.options
    elif path.is_dir():
        yield from ((file, inside, ()) for file, inside in _in_folder(path, recursive=recursive))
    elif path.exists() or not has_magic(text):
        if not path.exists() and not text.startswith("mannequin-clip:"):
            msg = f"{text} does not exist: check the name."
            raise PoseViewerError(msg)
        yield path, None, ()
    else:
        matches = sorted(glob(text, recursive=True))
        if not matches:
            msg = f"Nothing is called like {text}: check the pattern."
            raise PoseViewerError(msg)
        for match in map(Path, matches):
            if match.is_dir():
                found = _in_folder(match, recursive=recursive)
                yield from ((file, f"{match.name}/{inside}", ()) for file, inside in found)
            else:
                yield match, None, ()


def _in_folder(folder: Path, *, recursive: bool) -> list[tuple[Path, str]]:
    """The clips of a folder, and their places in it without an ending."""
    files = sorted(
        file
        for file in (folder.rglob("*") if recursive else folder.iterdir())
        if file.suffix.lower() in ENDINGS
        and file.is_file()
        # What a program is writing.
        and not file.name.startswith(".")
    )
    if not files:
        deeper = "" if recursive else "; --recursive looks into the folders in it"
        msg = f"There are no clips in {folder}{deeper}."
        raise PoseViewerError(msg)
    return [(file, file.relative_to(folder).with_suffix("").as_posix()) for file in files]


def _distinct(stems: Sequence[str], endings: Sequence[str]) -> list[str]:
    """A name for each stem that no other has, whatever the case of letters."""
    count: dict[str, int] = {}
    for stem in stems:
        count[stem.casefold()] = count.get(stem.casefold(), 0) + 1
    names: list[str] = []
    taken = set(_TAKEN)
    for stem, ending in zip(stems, endings, strict=True):
        wanted = f"{stem}_{ending}" if count[stem.casefold()] > 1 and ending else stem
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def read_list(path: Path, *, columns: frozenset[str]) -> tuple[BatchClip, ...]:
    """Read a list of clips: a table with a column `path`, perhaps `name`, and one for each option.

    Cells are between commas, semicolons or tabs. Paths count from the folder of the list.

    Args:
        path: The list.
        columns: Options that may have a column.

    Raises:
        PoseViewerError: It is no such list.
    """
    with reading(path.name, kind="a list of clips"):
        text = read_text(path, most=_MOST_BYTES)
        head = text.partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        names = [name.strip() for name in rows.fieldnames or ()]
        if _PATH not in names:
            msg = f"it has no column {_PATH}"
            raise ValueError(msg)
        unknown = [name for name in names if name not in {_PATH, _NAME, *columns}]
        if unknown:
            msg = f"it has a column {listed(unknown)}, which is no option of export"
            raise ValueError(msg)
        rows.fieldnames = names
        return tuple(clip for row in rows if (clip := _of_row(row, path.parent)) is not None)


def _of_row(row: dict[str, str | None], folder: Path) -> BatchClip | None:
    """The clip of a row; None of an empty one."""
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    if None in row or any(len(cell) > _CELL or "\0" in cell for cell in cells.values()):
        msg = "a row has more cells than there are columns, or one that is too long"
        raise ValueError(msg)
    location = cells.pop(_PATH)
    if not location:
        return None
    named = Path(cells.pop(_NAME, ""))
    if named.is_absolute() or ".." in named.parts:
        msg = f"the name {named} leads out of the output folder"
        raise ValueError(msg)
    # As one word, so that no value is taken for an option.
    options = tuple(f"--{option}={value}" for option, value in cells.items() if value)
    place = location if location.startswith("mannequin-clip:") else str(folder / location)
    return BatchClip(place, named.as_posix() if named.parts else "", options)
