"""One door to every source: a location in words becomes a clip or a feed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.plugins import PluginTable
from poseviewer.video.file import FileClip
from poseviewer.video.pages import open_book
from poseviewer.video.picture_kinds import is_animated_png
from poseviewer.video.source import Source
from poseviewer.video.stills import IMAGE_SUFFIXES, FolderClip, StillClip
from poseviewer.video.stream import SCHEMES

if TYPE_CHECKING:
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.video.source import Clip, Feed

SOURCES = PluginTable(
    "poseviewer.sources",
    {
        "camera": "poseviewer.video.camera:open_camera",
        "file": "poseviewer.video.open:open_file",
        "mannequin": "poseviewer.mannequin.source:open_mannequin",
        "mannequin-clip": "poseviewer.mannequin.source:open_mannequin",
        "screen": "poseviewer.video.screen:open_screen",
        **dict.fromkeys(sorted(SCHEMES), "poseviewer.video.stream:open_stream"),
    },
)
"""What opens the locations of each scheme: a function `(location, *, rate, size)` that returns a
`Clip` or a `Feed`, where `rate` (frames per second) and `size` (width, height) may be None."""

# Two letters at least: one letter and a colon is a Windows drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)


def open_source(
    location: str,
    *,
    rate: float | None = None,
    size: tuple[int, int] | None = None,
    choice: VideoChoice = DEFAULT_CHOICE,
) -> Clip | Feed:
    """Open whatever `location` names.

    Args:
        location: Path of a video, an image or a folder of images; `camera:0` or
            `camera:0@1280x720@30`; an address such as `rtsp://host/stream`; `screen:` or
            `screen:x,y,width,height@30`; `mannequin:640x480@30` (endless) or
            `mannequin-clip:640x480@30x120` (so many frames).
        rate: Frames per second wanted of a camera, a folder of images or the mannequin.
        size: Width and height wanted of a camera or the mannequin.
        choice: Of a video file: which stream, and what is done to interlaced frames.

    Raises:
        PoseViewerError: It cannot be opened; the sentence says why and what to do.
    """
    found = _SCHEME.match(location)
    if found is None or os.path.exists(location):
        return _open_path(Path(location), rate=rate, choice=choice)
    if found[1].lower() == "file" and location[found.end() :].startswith("//"):
        return _open_path(_path_of(location), rate=rate, choice=choice)
    scheme, rest = found[1].lower(), location[found.end() :]
    remote = rest.startswith("//")
    if scheme in SOURCES and (remote or scheme not in SCHEMES):
        return _open_scheme(scheme, location, rate=rate, size=size)
    if remote:
        known = ", ".join(sorted(SOURCES.names))
        msg = f"{location} cannot be opened: {scheme} is none of {known}."
        raise PoseViewerError(msg)
    return _open_path(Path(location), rate=rate, choice=choice)


def _open_scheme(
    scheme: str, location: str, *, rate: float | None, size: tuple[int, int] | None
) -> Clip | Feed:
    opener = SOURCES.load(scheme)
    try:
        with SOURCES.guarded(scheme):
            opened: Clip | Feed = opener(location, rate=rate, size=size)
            if not isinstance(opened, Source):
                msg = f"it gives a {type(opened).__name__} where a Clip or a Feed is wanted"
                raise TypeError(msg)
    except OSError as error:
        msg = f"{location} cannot be opened: {error.strerror or error}."
        raise PoseViewerError(msg) from error
    return opened


def open_file(
    location: str,
    *,
    rate: float | None = None,
    size: tuple[int, int] | None = None,  # noqa: ARG001 - a file has its own
) -> Clip:
    """The clip at a `file://` address.

    Raises:
        PoseViewerError: It cannot be opened.
    """
    return _open_path(_path_of(location), rate=rate, choice=DEFAULT_CHOICE)


def _path_of(address: str) -> Path:
    return Path(unquote(urlparse(address).path))


def _open_path(path: Path, *, rate: float | None, choice: VideoChoice) -> Clip:
    if not path.exists():
        msg = f"{path} does not exist: check the name."
        raise PoseViewerError(msg)
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        msg = f"{path} cannot be read: you have no permission; change its permissions."
        raise PoseViewerError(msg)
    if path.is_dir():
        return FolderClip(str(path), rate=rate)
    if not path.is_file():
        msg = f"{path} is neither a file nor a folder: save it to a file first."
        raise PoseViewerError(msg)
    if path.stat().st_size == 0:
        msg = f"{path.name} is empty: it has no bytes."
        raise PoseViewerError(msg)
    if path.suffix.lower() in IMAGE_SUFFIXES and not is_animated_png(path):
        return open_book(path, rate=rate) or StillClip(str(path))
    return FileClip(str(path), choice=choice)
