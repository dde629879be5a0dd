"""The files that a location is read from, which nothing may be written over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from poseviewer.core.assets import user_folder, weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.numbered import is_numbered
from poseviewer.video.playlist import named_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def spare_inputs(paths: Iterable[Path], *, source: str, others: Iterable[Path | None] = ()) -> None:
    """See that no output is a file that is read, by whatever name or link it is reached.

    Args:
        paths: Files, folders and patterns of numbered pictures that are about to be written.
        source: What is read, as `open_source` takes it; empty where nothing is.
        others: Files that are read besides, such as one of ground truth, and folders of them;
            None is passed over.

    Raises:
        PoseViewerError: An output is an input, a picture of an input folder, a file that an
            input names, or one of this program's own, or it lies among those pictures and would
            replace some of them.
    """
    pictures: list[Path] = []
    read: dict[tuple[int, int] | None, str] = {}
    for other in others:
        if other is not None:
            read |= {_identity(file): "read as well" for file in (other, *_files(other))}
    # An empty path is the folder that one is in.
    if source:
        plain, pictures = _plain(source), list(_pictures(source))
        read |= {_identity(file): "a picture of the source" for file in pictures}
        read |= {_identity(file): "named by the source" for file in named_files(plain)}
        read[_identity(plain)] = "the source itself"
        if plain.suffix.lower() in _picture_suffixes():
            pictures.append(plain)
    own = {_identity(folder) for folder in _own_folders()} - {None}
    among = {_identity(file.parent) for file in pictures} - {None}
    for path in paths:
        folder = path.parent if is_numbered(path) else path
        if among and _identity(folder) in among:
            msg = (
                f"{folder} holds the pictures of the source: choose another folder for {path.name}."
            )
            raise PoseViewerError(msg)
        identity = _identity(path)
        if identity is not None and identity in read:
            msg = f"{path} is {read[identity]}: give the output another name."
            raise PoseViewerError(msg)
        if identity is not None and any(_identity(one) in own for one in path.resolve().parents):
            msg = f"{path} is PoseViewer's own: give the output another name."
            raise PoseViewerError(msg)


def _picture_suffixes() -> frozenset[str]:
    # Imported when it is needed: it brings OpenCV.
    from poseviewer.video.stills import IMAGE_SUFFIXES

    return IMAGE_SUFFIXES


def _plain(location: str) -> Path:
    """The path that a location names; no file where it names a device or a stream."""
    path = Path(location)
    if location.startswith("file:") and not path.exists():
        return Path(unquote(urlparse(location).path))
    return path


def _pictures(location: str) -> Iterator[Path]:
    """The pictures of a folder; none of anything else."""
    # Imported when it is needed: it brings OpenCV.
    from poseviewer.video.stills import IMAGE_SUFFIXES

    return (file for file in _files(_plain(location)) if file.suffix.lower() in IMAGE_SUFFIXES)


def _files(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where it is none."""
    try:
        return list(folder.iterdir())
    except (OSError, ValueError):
        return []


def _own_folders() -> Iterator[Path]:
    """Where settings, custom angles and weights lie, which are read without being named."""
    yield user_folder("config")
    yield user_folder("data") / "models"
    yield weights("")


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from all others, links followed; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
