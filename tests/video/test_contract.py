"""What every source promises, held against every source."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.video.camera import CameraFeed
from poseviewer.video.open import open_source
from poseviewer.video.source import Clip, Feed
from tests.video.fake_camera import FakeCamera
from tests.video.numbered import numbered, write_clip
from tests.video.served import broadcast, datagrams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIZE = (192, 108)


def _video(name: str, **options) -> Callable[[Path, ExitStack], Clip]:
    def make(folder: Path, stack: ExitStack) -> Clip:
        write_clip(folder / name, count=20, **options)
        return open_source(str(folder / name))

    return make


def _still(folder: Path, stack: ExitStack) -> Clip:
    cv2.imwrite(str(folder / "still.png"), numbered(3, size=SIZE))
    return open_source(str(folder / "still.png"))


def _folder(folder: Path, stack: ExitStack) -> Clip:
    for number in range(12):
        cv2.imwrite(str(folder / f"frame{number}.png"), numbered(number, size=SIZE))
    return open_source(str(folder), rate=10)


def _mannequin_clip(folder: Path, stack: ExitStack) -> Clip:
    return open_source("mannequin-clip:192x108@30x12")


CLIPS = {
    "mp4": _video("clip.mp4", options={"g": "5", "bf": "2"}),
    "mkv": _video("clip.mkv"),
    "avi": _video("clip.avi", codec="mpeg4"),
    "ts": _video("clip.ts"),
    "one frame": _video("one.mp4", pts=[0]),
    "gif": _video("clip.gif", codec="gif", pixel_format="rgb8"),
    "still": _still,
    "folder": _folder,
    "mannequin": _mannequin_clip,
}


def _camera(folder: Path, stack: ExitStack) -> Feed:
    return CameraFeed(0, open_capture=FakeCamera().open)


def _mannequin(folder: Path, stack: ExitStack) -> Feed:
    return open_source("mannequin:192x108@60")


def _http(folder: Path, stack: ExitStack) -> Feed:
    write_clip(folder / "live.ts", count=60, options={"g": "10", "tune": "zerolatency"})
    return open_source(stack.enter_context(broadcast(folder / "live.ts")).location)


def _udp(folder: Path, stack: ExitStack) -> Feed:
    write_clip(folder / "live.ts", count=60, options={"g": "10", "tune": "zerolatency"})
    return open_source(stack.enter_context(datagrams(folder / "live.ts")))


FEEDS = {"camera": _camera, "mannequin": _mannequin, "http": _http, "udp": _udp}


@pytest.fixture(params=CLIPS)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clip]:
    with ExitStack() as stack:
        yield stack.enter_context(CLIPS[request.param](tmp_path, stack))


@pytest.fixture(params=FEEDS)
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Feed]:
    with ExitStack() as stack:
        yield stack.enter_context(FEEDS[request.param](tmp_path, stack))


def test_a_clip_says_what_it_is(clip: Clip) -> None:
    assert isinstance(clip, Clip)
    assert len(clip) >= 1
    assert clip.size == SIZE
    assert clip.name
    assert clip.rate >= 0
    assert clip.notice is None


def test_a_clip_can_be_opened_again_by_its_location(clip: Clip) -> None:
    with open_source(clip.location) as again:
        assert len(again) == len(clip)
        assert np.array_equal(again.read(0).pixels, clip.read(0).pixels)


def test_frames_know_their_number_time_and_size(clip: Clip) -> None:
    for number, frame in enumerate(clip.frames()):
        assert frame.index == number
        assert frame.time == clip.time(number)
        assert frame.size == clip.size
        assert isinstance(frame.time.time_base, Fraction)


def test_times_rise(clip: Clip) -> None:
    times = [clip.time(index).exact for index in range(len(clip))]
    assert all(a < b for a, b in itertools.pairwise(times))


def test_a_frame_is_the_same_from_both_directions(clip: Clip) -> None:
    forward = [frame.pixels.tobytes() for frame in clip.frames()]
    for index in reversed(range(len(clip))):
        clip.prefetch(index)
        assert clip.read(index).pixels.tobytes() == forward[index]


def test_pixels_are_read_only_and_stay_as_they_are(clip: Clip) -> None:
    first = clip.read(0)
    before = first.pixels.copy()
    for _ in clip.frames():
        pass
    assert np.array_equal(first.pixels, before)
    with pytest.raises(ValueError, match="read-only"):
        first.pixels[0, 0] = 0


def test_a_range_includes_both_ends(clip: Clip) -> None:
    last = len(clip) - 1
    middle = last // 2
    assert [frame.index for frame in clip.frames(middle, last)] == list(range(middle, last + 1))


def test_frames_outside_are_refused(clip: Clip) -> None:
    for index in (-1, len(clip)):
        with pytest.raises(IndexError):
            clip.read(index)
        with pytest.raises(IndexError):
            clip.time(index)


def test_index_at_finds_the_frame_on_screen(clip: Clip) -> None:
    origin = clip.time(0).exact
    for index in range(len(clip)):
        assert clip.index_at(float(clip.time(index).exact - origin)) == index
    assert clip.index_at(-1) == 0
    assert clip.index_at(1e6) == len(clip) - 1


def test_a_source_can_be_closed_twice(clip: Clip) -> None:
    clip.close()
    clip.close()


def test_a_feed_gives_numbered_frames_with_rising_times(feed: Feed) -> None:
    assert isinstance(feed, Feed)
    frames = []
    while len(frames) < 5:
        frame = feed.read(timeout=10)
        assert frame is not None
        frames.append(frame)
    assert all(frame.size == feed.size == SIZE for frame in frames)
    numbers = [frame.index for frame in frames]
    assert numbers == sorted(set(numbers))
    times = [frame.time.exact for frame in frames]
    assert times == sorted(times)
    assert not frames[0].pixels.flags.writeable
    assert feed.trouble is None
    assert feed.name
    assert feed.rate >= 0


def test_a_feed_can_be_closed_twice(feed: Feed) -> None:
    feed.close()
    feed.close()
