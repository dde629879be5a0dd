"""Files that name other files: HLS and DASH playlists, session descriptions, FFmpeg's scripts."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAMES_OTHERS = (b"#EXTM3U", b"ffconcat", b"v=0")
_DASH = b"<MPD"
_HEAD = 1024

_QUOTED = re.compile(r"""["'>]([^"'<>]+)["'<]""")
"""A name in an attribute or between two tags."""

_NUMBERED = re.compile(r"\$[^$]*\$")
"""Part of a name in DASH that stands for many: `$Number%05d$`."""

_DEEPEST = 16
"""Folders in a name."""

_MOST, _MOST_SEEN = 1000, 20_000
"""Files that name others, of one source, and files among which a numbered name is looked for."""

_READ = 4 * 2**20
"""Bytes of a playlist that are looked at."""


def is_playlist(path: Path) -> bool:
    """Return whether a file is an HLS playlist."""
    return _beginning(path, 16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"#EXTM3U")


def has_end(path: Path) -> bool:
    """Return whether an HLS playlist ends (RFC 8216, section 4.3.3.4), in all its variants.

    A variant that is a list of variants itself counts as endless, one on the network is passed
    over: it is never opened from a file.
    """
    lines = _lines(path)
    if not any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        return "#EXT-X-ENDLIST" in lines
    names = [line for line in lines if line and line[0] != "#"]
    here = [_lines(path.parent / name) for name in names if "://" not in name]
    return bool(names) and all("#EXT-X-ENDLIST" in variant for variant in here)


def names_others(path: Path) -> bool:
    """Return whether a file is a playlist, a session description or a script of FFmpeg."""
    head = _beginning(path, _HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(_NAMES_OTHERS) or _DASH in head


def named_files(path: Path) -> set[Path]:
    """Return the files on this machine that a file names, and those that they name in turn.

    Whatever could be a name and is one of a file counts. Empty for a file that names none.
    """
    found: set[Path] = set()
    left = [path]
    for _ in range(_MOST):
        if not left:
            break
        playlist = left.pop()
        if names_others(playlist):
            fresh = set(_named(playlist)) - found
            found |= fresh
            left += fresh
    return found


def _named(playlist: Path) -> Iterator[Path]:
    for line in _lines(playlist):
        names = [line, *_QUOTED.findall(line)]
        if line.startswith("file"):
            # As FFmpeg's scripts quote: 'it'\''s.mp4'. What is not quoted well names nothing.
            with suppress(ValueError):
                names += shlex.split(line)[1:]
        for name in names:
            plain = name.removeprefix("file:")
            places = (
                _matching(playlist.parent, plain) if "$" in plain else [playlist.parent / plain]
            )
            with suppress(OSError, ValueError):
                yield from (place for place in places if place.is_file())


def _matching(folder: Path, name: str) -> list[Path]:
    """Paths that a name with `$Number$` and the like may stand for; each part within its folder."""
    found = [folder]
    for part in name.split("/")[:_DEEPEST]:
        if "$" not in part:
            found = [place / part for place in found]
            continue
        wanted = re.compile(".*".join(map(re.escape, _NUMBERED.split(part))))
        with suppress(OSError, ValueError):
            inside = (one for place in found if place.is_dir() for one in place.iterdir())
            found = [one for one in islice(inside, _MOST_SEEN) if wanted.fullmatch(one.name)]
    return found


def _lines(path: Path) -> list[str]:
    text = _beginning(path, _READ).decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines()]


def _beginning(path: Path, size: int) -> bytes:
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(size)
    except (OSError, ValueError):
        return b""
