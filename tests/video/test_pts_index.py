"""The index: rising times, the right key frames, and an honest end."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.video.cursor import Cursor
from tests.video.numbered import write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.video.pts_index import PtsIndex


def index_of(path: Path) -> PtsIndex:
    cursor = Cursor(str(path))
    cursor.close()
    return cursor.index


def test_times_and_key_frames_of_a_plain_clip(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=40, options={"g": "10", "bf": "2"})
    index = index_of(tmp_path / "clip.mp4")
    assert len(index) == 40
    assert np.array_equal(np.diff(index.pts), np.full(39, index.pts[1]))
    assert np.array_equal(index.key, np.arange(40) // 10)
    assert [index.first_of(key) for key in range(4)] == [0, 10, 20, 30]
    assert index.end * index.time_base == Fraction(40, 30)
    assert index.rate == 30
    assert index.places is None
    assert not index.cut_short


def test_leading_pictures_of_an_open_gop_need_the_key_frame_before(tmp_path: Path) -> None:
    options = {"x265-params": "keyint=12:open-gop=1:bframes=3:b-adapt=0:log-level=none"}
    write_clip(tmp_path / "open.mp4", count=48, codec="libx265", options=options)
    index = index_of(tmp_path / "open.mp4")
    assert all(index.key_ids[key] <= pts for key, pts in zip(index.key, index.pts, strict=True))
    assert np.all(np.diff(index.key) >= 0)


def test_a_frame_is_found_by_its_time_only(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=5)
    index = index_of(tmp_path / "clip.mp4")
    assert [index.number(int(pts)) for pts in index.pts] == [0, 1, 2, 3, 4]
    assert index.number(int(index.pts[2]) + 1) is None
    assert index.number(10**9) is None


def test_sound_is_passed_over(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=20, sound="aac")
    assert len(index_of(tmp_path / "clip.mp4")) == 20


@pytest.mark.parametrize("name", ["raw.h264", "b.avi"])
def test_streams_without_times_are_ordered_by_their_decoder(tmp_path: Path, name: str) -> None:
    write_clip(tmp_path / name, count=30, options={"bf": "3", "g": "10"})
    index = index_of(tmp_path / name)
    assert index.places is not None
    assert len(index) == 30
    assert index.rate == 30
    assert index.end * index.time_base == 1
    assert np.array_equal(index.key, np.arange(30) // 10)


def test_one_frame_has_no_rate(tmp_path: Path) -> None:
    write_clip(tmp_path / "one.mp4", count=1)
    assert index_of(tmp_path / "one.mp4").rate == 0
