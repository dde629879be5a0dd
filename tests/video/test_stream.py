"""Network streams: the newest picture, silence, and coming back."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video import stream as stream_module
from poseviewer.video.file import FileClip
from poseviewer.video.stream import StreamFeed
from tests.video.numbered import number_in, numbered, write_clip
from tests.video.served import broadcast, datagrams, free_port, tcp_server, web
from tests.waiting import until

if TYPE_CHECKING:
    import socket
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


def test_a_playlist_plays_at_the_pace_of_its_pictures(tmp_path: Path) -> None:
    segments = {"hls_time": "1", "hls_flags": "omit_endlist", "hls_list_size": "0"}
    options = {"g": "30", "tune": "zerolatency"}
    write_clip(tmp_path / "live.m3u8", count=90, options=options, container_options=segments)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(files) == 4, "a playlist and three segments"
    seen: list[tuple[int, float]] = []

    def ran() -> bool:
        frame = feed.read(timeout=0.2)
        if frame is not None:
            seen.append((number_in(frame.pixels), frame.time.seconds))
        return bool(seen) and seen[-1][0] > 80

    with web(files) as folder, StreamFeed(f"{folder}/live.m3u8") as feed:
        assert until(ran)
    # Each segment arrives at once: the angles over time would be those of a rush.
    (first, begun), (last, ended) = seen[0], seen[-1]
    assert ended - begun > (last - first) / 30 - 0.2


def test_a_transport_stream_of_some_length_plays_at_its_pace_and_ends(live: Path) -> None:
    times = []

    def play() -> None:
        for _ in range(2000):
            frame = feed.read(timeout=0.5)
            if frame is not None:
                times.append((number_in(frame.pixels), frame.time.seconds))

    with (
        broadcast(live, once=True) as sender,
        StreamFeed(sender.location) as feed,
        pytest.raises(PoseViewerError, match="has ended"),
    ):
        play()
    (first, begun), (last, ended) = times[0], times[-1]
    assert last == 89
    assert ended - begun > (last - first) / 30 - 0.2


def test_a_recording_whose_length_is_not_said_ends_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, count=30, rate=60, container_options={"movflags": "faststart"})

    def play() -> None:
        for _ in range(200):
            feed.read(timeout=0.1)
            assert feed.trouble is None

    with (
        web({"clip.mp4": path.read_bytes()}, length=False) as folder,
        StreamFeed(f"{folder}/clip.mp4") as feed,
        pytest.raises(PoseViewerError, match="has ended"),
    ):
        play()


def test_a_recording_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, count=90, rate=60, container_options={"movflags": "faststart"})
    coded = path.read_bytes()
    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(coded)}\r\n\r\n".encode()

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head + coded[: len(coded) // 2])

    with (
        tcp_server(serve) as port,
        StreamFeed(f"http://127.0.0.1:{port}/clip.mp4") as feed,
    ):
        assert until(lambda: (feed.read(timeout=0.1), feed.trouble)[1])
        assert "is silent: the connection has broken off; it is tried" in str(feed.trouble)


def test_a_recording_that_has_to_be_read_from_its_end_says_so(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, count=60, size=(640, 360), options={"qp": "0"})
    assert path.stat().st_size > 2**20, "more than is read ahead"
    with (
        web({"clip.mp4": path.read_bytes()}) as folder,
        pytest.raises(PoseViewerError, match="from its end, which this server does not allow"),
    ):
        StreamFeed(f"{folder}/clip.mp4")


def test_a_page_whose_length_is_not_said_is_no_video() -> None:
    page = b"<!doctype html><html>" + b"<p>Sign in</p>" * 500
    with (
        web({"login": page}, length=False) as folder,
        pytest.raises(PoseViewerError, match="cannot be opened: what it sends is not a video"),
    ):
        StreamFeed(f"{folder}/login")


def test_pictures_of_a_camera_that_writes_exif_come_upright(tmp_path: Path) -> None:
    path = tmp_path / "camera.mjpeg"
    pixels = cv2.cvtColor(numbered(7, size=(192, 108)), cv2.COLOR_RGB2BGR)
    turned = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
    exif = b"Exif\0\0" + struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    coded = cv2.imencode(".jpg", turned)[1].tobytes()
    marker = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path.write_bytes((coded[:2] + marker + coded[2:]) * 50)
    with FileClip(str(path)) as clip:
        assert number_in(clip.read(3).pixels) == 7
    with broadcast(path) as sender, StreamFeed(sender.location) as feed:
        assert number_in(until_a_frame(feed).pixels) == 7


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
