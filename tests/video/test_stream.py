"""Network streams: the newest picture, silence, and coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video import stream as stream_module
from poseviewer.video.stream import StreamFeed
from tests.video.numbered import number_in, write_clip
from tests.video.served import broadcast, datagrams, free_port
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.frame import Frame


@pytest.fixture
def live(tmp_path: Path) -> Path:
    path = tmp_path / "live.ts"
    write_clip(path, count=90, options={"g": "10", "tune": "zerolatency"})
    return path


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "_RETRY_SECONDS", 0.1)


def until_a_frame(feed: StreamFeed) -> Frame:
    came: list[Frame] = []

    def looked() -> bool:
        came.extend(filter(None, [feed.read(timeout=0.2)]))
        return bool(came)

    assert until(looked)
    return came[0]


def test_pictures_come_over_http(live: Path) -> None:
    with broadcast(live) as sender, StreamFeed(sender.location) as feed:
        seen = [number_in(until_a_frame(feed).pixels) for _ in range(10)]
        assert all(0 <= number < 90 for number in seen)
        assert len(set(seen)) > 5
        assert feed.name == sender.location
        assert feed.rate == pytest.approx(30, rel=0.1)


def test_pictures_come_over_udp_joined_in_the_middle(live: Path) -> None:
    with datagrams(live) as location, StreamFeed(location) as feed:
        assert until_a_frame(feed).size == (192, 108)


def test_a_dropped_stream_says_so_and_comes_back(live: Path) -> None:
    with broadcast(live) as sender, StreamFeed(sender.location, read_timeout=1.0) as feed:
        before = until_a_frame(feed)
        sender.drop()
        assert until(lambda: (feed.read(timeout=0.1), feed.trouble)[1])
        assert "silent" in feed.trouble
        sender.resume()
        while feed.trouble:
            until_a_frame(feed)
        after = until_a_frame(feed)
        assert after.index > before.index
        assert after.time.exact > before.time.exact


def test_a_recording_over_http_plays_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, count=30, rate=60, container_options={"movflags": "faststart"})
    numbers = []

    def play() -> None:
        for _ in range(2000):
            frame = feed.read(timeout=0.5)
            if frame is not None:
                numbers.append(number_in(frame.pixels))

    with broadcast(path, once=True) as sender, StreamFeed(sender.location) as feed:
        with pytest.raises(PoseViewerError, match="has ended"):
            play()
        with pytest.raises(PoseViewerError, match="has ended"):
            feed.read(timeout=0)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 29


def test_nobody_answers() -> None:
    with pytest.raises(PoseViewerError, match="cannot be opened: connection refused"):
        StreamFeed(f"http://127.0.0.1:{free_port()}/", open_timeout=60)


def test_silence_is_given_up() -> None:
    with pytest.raises(PoseViewerError, match="cannot be opened: no"):
        StreamFeed(f"udp://127.0.0.1:{free_port()}", open_timeout=0.5, read_timeout=0.3)


def test_what_answers_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"<html>no video here</html>" * 50)
    with (
        broadcast(path) as sender,
        pytest.raises(PoseViewerError, match=r"not a video|no answer|no picture"),
    ):
        StreamFeed(sender.location, open_timeout=2, read_timeout=1)


def test_a_password_is_not_shown(live: Path) -> None:
    with broadcast(live) as sender:
        secret = sender.location.replace("http://", "http://me:secret@")
        with StreamFeed(secret) as feed:
            assert feed.name == sender.location
            assert feed.location == secret
