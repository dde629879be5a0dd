"""Long, large and fast clips: an hour of full HD, 8K, and 240 frames a second."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.video.cursor import Cursor
from poseviewer.video.file import DEFAULT_CACHE, FileClip
from tests.dots import CARD, Dots
from tests.video.numbered import number_in, write_clip

if TYPE_CHECKING:
    from pathlib import Path

HOUR, RATE, GROUP = 90_000, 25, 30
"""Frames of an hour, frames a second, and frames of a group, all of which show the same."""


def write_hour(path: Path) -> None:
    """An hour of full HD: one group of frames, encoded once and written three thousand times."""
    write_clip(
        path.with_name("group.mp4"), count=GROUP, size=(1920, 1080), rate=RATE,
        options={"g": str(GROUP), "bf": "0", "preset": "ultrafast"},
    )  # fmt: skip
    with (
        av.open(str(path.with_name("group.mp4"))) as group,
        av.open(str(path), "w") as out,
    ):
        stream = out.add_stream_from_template(group.streams.video[0])
        packets = [packet for packet in group.demux(video=0) if packet.size]
        unit = Fraction(packets[0].time_base)
        ticks = int(1 / (RATE * unit))
        contents = [(bytes(packet), packet.is_keyframe) for packet in packets]
        for number in range(HOUR):
            content, key = contents[number % GROUP]
            packet = av.Packet(content)
            packet.pts = packet.dts = number * ticks
            packet.duration, packet.time_base = ticks, unit
            packet.is_keyframe, packet.stream = key, stream
            out.mux(packet)


@pytest.mark.slow
def test_an_hour_of_full_hd_costs_no_more_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hour(tmp_path / "hour.mp4")
    decoded = []
    advance = Cursor.advance

    def counted(cursor: Cursor) -> object:
        found = advance(cursor)
        decoded.append(found)
        return found

    monkeypatch.setattr(Cursor, "advance", counted)
    with FileClip(str(tmp_path / "hour.mp4")) as clip:
        assert len(clip) == HOUR
        assert clip.time(HOUR - 1).exact == Fraction(HOUR - 1, RATE)
        # Opening decodes what it looks at, however long the clip is.
        assert len(decoded) < GROUP
        costs = []
        for at in (20 * GROUP + 12, HOUR - 20 * GROUP + 12):
            decoded.clear()
            assert number_in(clip.read(at).pixels) == at % GROUP
            sought = len(decoded)
            clip.read(at + 1)
            forward = len(decoded) - sought
            clip.read(at)
            costs.append((sought, forward, len(decoded) - sought - forward))
        assert costs[0] == costs[1] == (13, 1, 0)
        for at in range(HOUR - 90, HOUR):
            assert number_in(clip.read(at).pixels) == at % GROUP
        assert clip._cache.bytes <= DEFAULT_CACHE


@pytest.mark.slow
def test_8k_is_read_stepped_through_and_analysed(tmp_path: Path) -> None:
    size = (7680, 4320)
    write_clip(tmp_path / "large.mp4", count=4, size=size, codec="mpeg4", options={"g": "4"})
    estimator = Estimator(CARD, Dots())
    with FileClip(str(tmp_path / "large.mp4")) as clip:
        assert clip.size == size
        # One picture alone takes 50 MB.
        for at in (0, 3, 2, 1, 2):
            frame = clip.read(at)
            assert number_in(frame.pixels) == at
        assert clip._cache.bytes <= DEFAULT_CACHE
        result = estimator.estimate(frame, Box.whole(size), Request())
    assert len(result.stages) == len(CARD.stages)


def test_240_frames_a_second_are_each_shown_at_their_time(tmp_path: Path) -> None:
    write_clip(tmp_path / "fast.mp4", count=300, rate=240)
    with FileClip(str(tmp_path / "fast.mp4")) as clip:
        assert clip.rate == pytest.approx(240)
        for at in (0, 299, 298, 121, 122, 120, 7):
            frame = clip.read(at)
            assert number_in(frame.pixels) == at
            assert frame.time.exact == Fraction(at, 240)
            assert clip.index_at(at / 240) == at
        assert clip.end(299) == Fraction(300, 240)
