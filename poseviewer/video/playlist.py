"""HLS playlists in files, behind which reading may never end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

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
