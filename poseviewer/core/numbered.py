"""Names that stand for numbered pictures, such as `frames/%06d.png`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PATTERN = re.compile(r"%0?(\d{0,2})d")
_ENDINGS = (".png", ".jpg", ".jpeg")


def is_numbered(path: Path) -> bool:
    """Return whether a path stands for a picture per frame."""
    return path.suffix.lower() in _ENDINGS and bool(_PATTERN.search(path.name))


def numbered(path: Path, number: int) -> str:
    """Return the name of one of the pictures."""
    return _PATTERN.sub(lambda digits: f"{number:0{digits[1] or 1}d}", path.name)


def beside(path: Path, ending: str) -> Path:
    """Return where a file lies that belongs to an output: its stem with another ending.

    Of numbered pictures it is what their names have in common, else the name of their folder.
    """
    stem = path.stem
    if is_numbered(path):
        stem = _PATTERN.sub("", stem).strip("_-. ") or path.absolute().parent.name or "pictures"
    return path.with_name(stem + ending)


def present(path: Path) -> bool:
    """Return whether there is something of this name, or any of the pictures it stands for."""
    if is_numbered(path):
        return any(path.parent.glob(every_number(path)))
    return path.exists()


def every_number(path: Path) -> str:
    """Return the pattern of the names of all of them, as `Path.glob` takes it."""
    return _PATTERN.sub(lambda digits: "[0-9]" * int(digits[1] or 1), path.name)
