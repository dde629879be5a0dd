"""Playlists: with an end they are clips, without one they are refused, and nothing hangs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.open import open_source
from poseviewer.video.playlist import has_end
from tests.video.numbered import number_in, write_clip

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n"
VARIANT = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clip(tmp_path / "part.ts", count=30, options={"g": "10"})
    (tmp_path / "ended.m3u8").write_text(f"{HEAD}part.ts\n#EXT-X-ENDLIST\n")
    (tmp_path / "live.m3u8").write_text(f"{HEAD}part.ts\n")
    return tmp_path


@pytest.mark.parametrize("name", ["ended.m3u8", "variants.m3u8"])
def test_a_playlist_with_an_end_is_a_clip(folder: Path, name: str) -> None:
    (folder / "variants.m3u8").write_text(f"{VARIANT}ended.m3u8\n")
    with open_source(str(folder / name)) as clip:
        assert len(clip) == 30
        assert [number_in(clip.read(n).pixels) for n in (29, 3, 17)] == [29, 3, 17]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}part.ts\n",
        f"{HEAD}missing.ts\n",
        HEAD,
        f"{HEAD}part.ts\n#EXT-X-PLAYLIST-TYPE:EVENT\n",
        f"{VARIANT}live.m3u8\n",
        f"{VARIANT}ended.m3u8\n{VARIANT}live.m3u8\n",
        f"{VARIANT}odd.m3u8\n",
    ],
)
@pytest.mark.parametrize("name", ["odd.m3u8", "odd.mp4", "odd"])
def test_one_without_an_end_is_refused_at_once(folder: Path, text: str, name: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(PoseViewerError, match=f"{name} is a playlist without an end"):
        open_source(str(folder / name))


def test_other_files_are_no_playlists(folder: Path) -> None:
    assert not has_end(folder / "part.ts")
    assert not has_end(folder)
    assert not has_end(folder / "nothing")


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(PoseViewerError, match="neither a file nor a folder"):
        open_source(str(tmp_path / "pipe.mp4"))
