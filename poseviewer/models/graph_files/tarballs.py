"""Networks in the packages of npm, which are archives of tar.

MediaPipe's hold some networks as files and others end to end in one, whose loader, a script, says
in JSON where each begins (`NAME_packed_assets.data` and `NAME_packed_assets_loader.js`).
"""

from __future__ import annotations

import json
import re
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.reading import listing, mapping, reading, whole, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ENDINGS = (".onnx", ".tflite", ".lite")
"""Of files that hold a graph."""

_MOST_MEMBERS = 4096
_SCRIPT = 1 << 20
"""Bytes of a loader at most."""

_DATA, _LOADER = "_packed_assets.data", "_packed_assets_loader.js"
_FILES = re.compile(rb'"files"\s*:\s*(\[.{0,65536}?\])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a network lies in an archive."""

    file: str
    """Of the archive."""

    start: int = 0
    stop: int | None = None
    """The byte after its last one; the end of the file where None."""


def graphs_in(path: Path) -> dict[str, Place]:
    """Return the networks of an archive by name, such as `package/a.tflite`.

    One in packed assets is named `package/NAME_packed_assets.data/a.tflite`.

    Raises:
        PoseViewerError: It is no archive.
    """
    found: dict[str, Place] = {}
    with _members(path) as members:
        for archive, info in members:
            if PurePosixPath(info.name).suffix.lower() in ENDINGS:
                found[info.name] = Place(info.name)
            elif info.name.endswith(_LOADER) and info.size <= _SCRIPT:
                data = info.name.removesuffix(_LOADER) + _DATA
                found |= _packed(_bytes(archive, info), data)
    return found


def extract(path: Path, targets: Mapping[str, Path]) -> None:
    """Write networks of an archive, by name, to paths of our own.

    Raises:
        PoseViewerError: One is not there, or larger than the budget.
    """
    places = {name: place for name, place in graphs_in(path).items() if name in targets}
    wanted = {place.file for place in places.values()}
    written = set()
    with _members(path) as members:
        for archive, info in members:
            if info.name not in wanted:
                continue
            MemoryBudget(path.name).take(info.size)
            data = _bytes(archive, info)
            for name, place in places.items():
                if place.file == info.name:
                    targets[name].write_bytes(data[place.start : place.stop])
                    written.add(name)
        if written != set(targets):
            msg = "it lacks a network that it should hold"
            raise ValueError(msg)


@contextmanager
def _members(path: Path) -> Iterator[Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]]:
    """The files of an archive, one after the other; what fails while they are used is told."""
    with reading(path.name, kind="an archive of networks"):
        try:
            with tarfile.open(path, "r:gz") as archive:
                yield _files(archive, path.name)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            msg = "it is a damaged archive"
            raise ValueError(msg) from error


def _files(
    archive: tarfile.TarFile, name: str
) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    budget = MemoryBudget(name)
    for number, info in enumerate(archive):
        if number == _MOST_MEMBERS:
            msg = f"it holds more than {_MOST_MEMBERS} files"
            raise ValueError(msg)
        # To pass over a file is to unpack it.
        budget.take(max(info.size, 0))
        if info.isreg():
            yield archive, info


def _bytes(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    data = b"" if file is None else file.read(info.size)
    if len(data) != info.size:
        msg = "it ends within a file"
        raise ValueError(msg)
    return data


def _packed(script: bytes, data: str) -> dict[str, Place]:
    """The networks that a loader's script names."""
    match = _FILES.search(script)
    rows = [] if match is None else listing(json.loads(match.group(1)), "its files")
    found = {}
    for row in rows:
        about = mapping(row, "a file")
        name = PurePosixPath(word(about["filename"], "a name", longest=1000)).name
        start = whole(about["start"], "where a file begins", low=0, high=1 << 40)
        stop = whole(about["end"], "where a file ends", low=start, high=1 << 40)
        if PurePosixPath(name).suffix.lower() in ENDINGS:
            found[f"{data}/{name}"] = Place(data, start, stop)
    return found
