"""Where resources, weights and the user's own files lie."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def _root(folder: str) -> Path:
    """Return the folder `resources` or `weights` of environment, bundle, wheel or checkout."""
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
    """Return the path of a file or folder under resources/, whether it exists or not."""
    return _root("resources") / name


def weights(name: str) -> Path:
    """Return the path of a file of weights of ours, whether it exists or not.

    It lies under the weights/ that ship, or, where an installation lacks it and it was fetched, in
    the user's data folder.
    """
    shipped = _root("weights") / name
    if shipped.exists():
        return shipped
    fetched = fetched_folder() / name
    return fetched if fetched.is_file() else shipped


def fetched_folder() -> Path:
    """Return the folder of weights of ours that were fetched, whether it exists or not."""
    return user_folder("data") / "weights"


def beside_weights(path: Path, name: str) -> Path:
    """Return where a file that belongs to weights lies, whether it exists or not.

    Args:
        path: Of the weights. What belongs to fetched ones lies with those that ship.
        name: Of the file.
    """
    return _root("weights") / name if path.parent == fetched_folder() else path.with_name(name)


def user_folder(kind: str) -> Path:
    """Return the user's own folder for `cache`, `config` or `data`, made if that can be done.

    It is where the platform has it, or lies in the folder POSEVIEWER_HOME. Nobody else on the
    machine may look into it: what was opened, and when, is the user's own business. Where it
    cannot be made, what is written there is not saved, and the program runs.
    """
    # Imported when it is needed, as nothing else here needs it.
    import platformdirs

    home = os.environ.get("POSEVIEWER_HOME")
    chosen = getattr(platformdirs, f"user_{kind}_dir")("poseviewer", appauthor=False)
    folder = Path(home) / kind if home else Path(chosen)
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(folder)
    return folder


def make_private(path: Path) -> None:
    """Take the permissions of everybody but the owner from a file or folder, where it has any."""
    # On Windows the user's profile is private as it is.
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            path.chmod(mode & 0o700)
