"""One door to every source: a location in words becomes a clip or a feed."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.camera import CameraFeed
from poseviewer.video.file import FileClip
from poseviewer.video.stills import IMAGE_SUFFIXES, FolderClip, StillClip
from poseviewer.video.stream import SCHEMES, StreamFeed

if TYPE_CHECKING:
    from poseviewer.video.source import Clip, Feed

# Two letters at least: one letter and a colon is a Windows drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)

_CAMERA = re.compile(r"(\d+)(?:@(\d+)x(\d+))?(?:@(\d+(?:\.\d+)?))?")


def open_source(
    location: str, *, rate: float | None = None, size: tuple[int, int] | None = None
) -> Clip | Feed:
    """Open whatever `location` names.

    Args:
        location: Path of a video, an image or a folder of images; `camera:0` or
            `camera:0@1280x720@30`; an address such as `rtsp://host/stream`; `screen:` or
            `screen:x,y,width,height@30`; `mannequin:640x480@30` (endless) or
            `mannequin-clip:640x480@30x120` (so many frames).
        rate: Frames per second wanted of a camera, a folder of images or the mannequin.
        size: Width and height wanted of a camera or the mannequin.

    Raises:
        PoseViewerError: It cannot be opened; the sentence says why and what to do.
    """
    scheme = _SCHEME.match(location)
    if scheme is None or os.path.exists(location):
        return _open_path(Path(location), rate=rate)
    name, rest = scheme[1].lower(), location[scheme.end() :]
    if name == "file":
        return _open_path(Path(unquote(urlparse(location).path)), rate=rate)
    if name == "camera":
        return _open_camera(rest, rate=rate, size=size)
    if name == "screen":
        # Imported when it is asked for, as few do.
        from poseviewer.video.screen import ScreenFeed, ScreenPlace

        return ScreenFeed(ScreenPlace.parse(rest))
    if name in {"mannequin", "mannequin-clip"}:
        return _open_mannequin(location, rate=rate, size=size)
    if name in SCHEMES and rest.startswith("//"):
        return StreamFeed(location)
    if rest.startswith("//"):
        known = ", ".join(sorted(SCHEMES | {"camera", "file", "mannequin", "screen"}))
        msg = f"{location} cannot be opened: {name} is none of {known}."
        raise PoseViewerError(msg)
    return _open_path(Path(location), rate=rate)


def _open_path(path: Path, *, rate: float | None) -> Clip:
    if not path.exists():
        msg = f"{path} does not exist: check the name."
        raise PoseViewerError(msg)
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        msg = f"{path} may not be read by you: change its permissions."
        raise PoseViewerError(msg)
    if path.is_dir():
        return FolderClip(str(path), rate=rate)
    if path.is_file() and path.stat().st_size == 0:
        msg = f"{path.name} is empty: it has no bytes."
        raise PoseViewerError(msg)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return StillClip(str(path))
    return FileClip(str(path))


def _open_camera(rest: str, *, rate: float | None, size: tuple[int, int] | None) -> Feed:
    wanted = _CAMERA.fullmatch(rest)
    if wanted is None:
        msg = (
            f"camera:{rest} names no camera: write camera:0 for the first one, or "
            "camera:0@1280x720@30 to ask for a size and a rate."
        )
        raise PoseViewerError(msg)
    number, width, height, pace = wanted.groups()
    if width and size is None:
        size = (int(width), int(height))
    if pace and rate is None:
        rate = float(pace)
    return CameraFeed(int(number), size=size, rate=rate)


def _open_mannequin(
    location: str, *, rate: float | None, size: tuple[int, int] | None
) -> Clip | Feed:
    # Named and not imported: the mannequin lies above the sources it is one of, and its
    # renderer has tables of its own to load, which nobody else should wait for.
    module = import_module("poseviewer.mannequin.source")
    opened: Clip | Feed = module.open_mannequin(location, rate=rate, size=size)
    return opened
