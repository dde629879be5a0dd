"""Where resources and weights lie: the one place that knows."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _root(folder: str) -> Path:
    """The folder `resources` or `weights`: environment, frozen bundle, wheel, checkout."""
    chosen = os.environ.get(f"POSEVIEWER_{folder.upper()}")
    places = [Path(chosen)] if chosen else []
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        places.append(Path(frozen) / folder)
    places += [_PACKAGE / "_assets" / folder, _PACKAGE.parent / folder]
    for place in places:
        if place.is_dir():
            return place
    return places[-1]


def resource(name: str) -> Path:
    """The path of a file or folder under resources/, whether it exists or not."""
    return _root("resources") / name


def weights(name: str) -> Path:
    """The path of a file under the weights/ that ship, whether it exists or not."""
    return _root("weights") / name


def user_folder(kind: str) -> Path:
    """The user's own folder for `cache`, `config` or `data`, made if missing.

    Follows the XDG variables on Linux and the platform's custom elsewhere;
    POSEVIEWER_HOME overrides all of them.
    """
    home = os.environ.get("POSEVIEWER_HOME")
    if home:
        folder = Path(home) / kind
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "PoseViewer" / kind
    elif sys.platform == "darwin":
        library = {"cache": "Caches", "config": "Preferences", "data": "Application Support"}
        folder = Path.home() / "Library" / library[kind] / "PoseViewer"
    else:
        fallback = {"cache": ".cache", "config": ".config", "data": ".local/share"}
        base = os.environ.get(f"XDG_{kind.upper()}_HOME") or str(Path.home() / fallback[kind])
        folder = Path(base) / "poseviewer"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
