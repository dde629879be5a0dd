"""Networks in the packages of npm, which are archives of tar.

MediaPipe's hold some networks as files and others end to end in one, whose loader, a script, says
in JSON where each begins (`NAME_packed_assets.data` and `NAME_packed_assets_loader.js`). Graphs of
TensorFlow.js come with the files of their numbers.
"""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listing, mapping, reading, whole, word
from poseviewer.models.importers.tfjs import is_tfjs, shards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ENDINGS = (".onnx", ".tflite", ".lite")
"""Of files that hold a graph."""

_MOST_MEMBERS = 4096
_SCRIPT = 1 << 20
"""Bytes of a loader at most."""

_GRAPH = 8 << 20
"""Bytes of the JSON of a graph at most."""

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
            suffix = PurePosixPath(info.name).suffix.lower()
            if suffix in ENDINGS or (suffix == ".json" and _is_graph(archive, info)):
                found[info.name] = Place(info.name)
            elif info.name.endswith(_LOADER) and info.size <= _SCRIPT:
                data = info.name.removesuffix(_LOADER) + _DATA
                found |= _packed(_bytes(archive, info), data)
    return found


def pack(path: Path, files: Sequence[Path]) -> None:
    """Write an archive of files; equal names and contents make equal bytes.

    Args:
        path: Of the archive, a `.tgz`.
        files: What it will hold, each under its own name.
    """
    with (
        gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for one in files:
            info = tarfile.TarInfo(one.name)
            info.size = one.stat().st_size
            with one.open("rb") as file:
                archive.addfile(info, file)


def write_members(path: Path, targets: Mapping[str, Path]) -> None:
    """Write networks of an archive, by name, to paths of our own.

    Raises:
        PoseViewerError: One is not there, or larger than the budget.
    """
    known = graphs_in(path)
    places = [(known[name], target) for name, target in targets.items() if name in known]
    if len(places) < len(targets):
        msg = f"{path.name} holds no network of that name; choose another."
        raise PoseViewerError(msg)
    _write(path, places)
    # The numbers of a graph of TensorFlow.js lie in the folder of its JSON, under names it says.
    for place, target in places:
        if target.suffix == ".json":
            folder = PurePosixPath(place.file).parent
            beside = [(Place(str(folder / one.name)), one) for one in shards(target)]
            _write(path, beside)


def _write(path: Path, places: Sequence[tuple[Place, Path]]) -> None:
    """Write parts of an archive to paths of our own."""
    wanted = {place.file for place, _ in places}
    with _members(path) as members:
        for archive, info in members:
            if info.name not in wanted:
                continue
            MemoryBudget(path.name).take(info.size)
            data = _bytes(archive, info)
            wanted.discard(info.name)
            for place, target in places:
                if place.file == info.name:
                    target.write_bytes(data[place.start : place.stop])
        if wanted:
            msg = "it lacks a file that it should hold"
            raise ValueError(msg)


@contextmanager
def _members(path: Path) -> Iterator[Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]]:
    """The files of an archive, in turn; what fails while they are used becomes one sentence."""
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


def _is_graph(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bool:
    """Whether a JSON file is a graph of TensorFlow.js."""
    if info.size > _GRAPH:
        return False
    with suppress(ValueError, RecursionError):
        return is_tfjs(json.loads(_bytes(archive, info)))
    return False


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
