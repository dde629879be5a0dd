"""What FFmpeg opens beyond what it was asked to open: nothing of another kind."""

from __future__ import annotations

import ast
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

import poseviewer
from poseviewer.core.errors import PoseViewerError
from poseviewer.video import container
from poseviewer.video import stream as stream_module
from poseviewer.video.container import NETWORK, address_container, device_container, file_container
from poseviewer.video.open import open_source
from poseviewer.video.stream import StreamFeed
from tests.video.canary import (
    WatchedFile,
    WatchedPort,
    bound_meanwhile,
    watched_file,
    watched_port,
)
from tests.video.numbered import number_in, write_clip
from tests.video.served import broadcast, datagrams, rtsp, tcp_server, web

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.ts"
    write_clip(path, count=40, options={"g": "10", "tune": "zerolatency"})
    return path


@pytest.fixture
def secret(clip: Path) -> Iterator[WatchedFile]:
    with watched_file(clip) as watch:
        yield watch


@pytest.fixture
def port() -> Iterator[WatchedPort]:
    with watched_port() as watch:
        yield watch


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "_RETRY_SECONDS", 0.1)


def hls(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"


def hls_key(target: str) -> str:
    key = f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"'
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{key}\n#EXTINF:1,\nx.ts\n#EXT-X-ENDLIST\n"


def hls_map(target: str) -> str:
    start = f'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="{target}"\n'
    return f"{start}#EXTINF:1,\nx.ts\n#EXT-X-ENDLIST\n"


def hls_master(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n"


def script(target: str) -> str:
    return f"ffconcat version 1.0\nfile '{target}'\n"


def dash(target: str) -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp2t">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    )


FORMS = {
    "m3u8": (hls, hls_key, hls_map, hls_master),
    "ffconcat": (script,),
    "mpd": (dash,),
}
WRITTEN = [(form, ending) for ending, forms in FORMS.items() for form in forms]

FILES = (
    "file://{0}",
    "file:{0}",
    "{0}",
    "concat:{0}|{0}",
    "concatf:{0}",
    "subfile,,start,0,end,5000,,:{0}",
    "crypto:{0}",
    "crypto+file://{0}",
    "cache:{0}",
    "async:{0}",
    "unix:{0}",
    "pipe:0",
    "data:video/mp2t;base64,R0A=",
)
ADDRESSES = tuple(
    f"{scheme}://127.0.0.1:{{0}}/x.ts"
    for scheme in ("tcp", "udp", "rtmp", "rtsp", "ftp", "gopher", "tls", "rtp", "srt", "mmst")
)


def refused(location: str) -> str:
    """The sentence by which `location` is refused."""
    opened = partial(StreamFeed, open_timeout=1.0) if "://" in location else open_source
    with pytest.raises(PoseViewerError) as error, opened(location):
        pass
    return str(error.value)


def sent(body: str, ending: str, way: str):
    """Serve a text over HTTP, or by a plain TCP connection."""
    if way == "http":
        return web({f"p.{ending}": body.encode()})

    def serve(connection: socket.socket) -> None:
        connection.sendall(body.encode())

    return tcp_server(serve)


def address(served: str | int, ending: str) -> str:
    return (
        f"{served}/p.{ending}"
        if isinstance(served, str)
        else f"tcp://127.0.0.1:{served}/p.{ending}"
    )


@pytest.mark.parametrize("way", ["http", "tcp"])
@pytest.mark.parametrize(("form", "ending"), WRITTEN)
def test_no_stream_reads_a_file(form, ending: str, way: str, secret: WatchedFile) -> None:
    for target in FILES:
        with sent(form(target.format(secret.path)), ending, way) as served:
            refused(address(served, ending))
        assert not secret.touched, target


@pytest.mark.parametrize("way", ["http", "tcp"])
@pytest.mark.parametrize(("form", "ending"), WRITTEN)
def test_no_stream_calls_an_address_of_another_kind(
    form, ending: str, way: str, port: WatchedPort
) -> None:
    targets = [*ADDRESSES, "http://127.0.0.1:{0}/x.ts"]
    if way == "http":
        # HTTP itself is spoken over TCP and TLS: what may follow one may follow all three.
        targets = [one for one in targets if one.partition(":")[0] not in ("tcp", "tls", "http")]
    for target in targets:
        with (
            sent(form(target.format(port.number)), ending, way) as served,
            bound_meanwhile(port) as bound,
        ):
            refused(address(served, ending))
        assert (port.calls, bound) == (0, []), target


@pytest.mark.parametrize(("form", "ending"), WRITTEN)
def test_no_file_leads_to_the_network(form, ending: str, tmp_path: Path, port: WatchedPort) -> None:
    path = tmp_path / f"p.{ending}"
    for target in (*ADDRESSES, "http://127.0.0.1:{0}/x.ts", "https://127.0.0.1:{0}/x.ts"):
        path.write_text(form(target.format(port.number)))
        with bound_meanwhile(port) as bound:
            sentence = refused(str(path))
        assert (port.calls, bound) == (0, []), target
        assert "names other files or addresses" in sentence


@pytest.mark.parametrize("way", ["file", "http", "tcp"])
def test_a_session_description_opens_no_port(way: str, tmp_path: Path, port: WatchedPort) -> None:
    body = (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=video {port.number} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    with bound_meanwhile(port) as bound:
        if way == "file":
            (tmp_path / "p.sdp").write_text(body)
            assert "names other files or addresses" in refused(str(tmp_path / "p.sdp"))
        else:
            with sent(body, "sdp", way) as served:
                refused(address(served, "sdp"))
    assert bound == []


def test_a_redirection_reads_no_file(secret: WatchedFile) -> None:
    for target in (f"file://{secret.path}", str(secret.path), f"concat:{secret.path}"):
        with web({}, redirects={"p.ts": target}) as folder:
            refused(f"{folder}/p.ts")
        assert not secret.touched


def test_a_script_beside_a_clip_reads_neither_above_it_nor_elsewhere(
    tmp_path: Path, clip: Path, secret: WatchedFile
) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (tmp_path / "above.ts").write_bytes(clip.read_bytes())
    secret.touched  # noqa: B018 - the copy has just read it
    for target in (str(secret.path), "../above.ts"):
        (folder / "p.ffconcat").write_text(script(target))
        refused(str(folder / "p.ffconcat"))
    assert not secret.touched


def test_canaries_sing_without_the_limits(secret: WatchedFile, port: WatchedPort) -> None:
    # What the limits are for: without them a stream has a file read and an address called.
    for target in (f"file://{secret.path}", f"http://127.0.0.1:{port.number}/x.ts"):
        with sent(hls(target), "m3u8", "tcp") as served:
            try:
                av.open(address(served, "m3u8"), timeout=20).close()
            except av.FFmpegError:
                continue
    assert secret.touched
    assert port.calls > 0


def test_playlists_of_what_may_be_opened_play(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(clip.read_bytes())
    for name, form in (("p.m3u8", hls), ("p.ffconcat", script)):
        (tmp_path / name).write_text(form("a.ts"))
        with open_source(str(tmp_path / name)) as opened:
            assert number_in(opened.read(3).pixels) == 3
    files = {"p.m3u8": hls("a.ts").encode(), "a.ts": clip.read_bytes()}
    with web(files) as folder, StreamFeed(f"{folder}/p.m3u8") as feed:
        assert number_in(feed.read(2.0).pixels) < 40
    with web(files, redirects={"q.m3u8": "/p.m3u8"}) as folder:
        StreamFeed(f"{folder}/q.m3u8").close()


def test_a_playlist_without_end_ends(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "_PATIENCE", (0.5, 0.5))
    (tmp_path / "a.ts").write_bytes(clip.read_bytes())
    (tmp_path / "p.m3u8").write_text(hls("a.ts").replace("#EXT-X-ENDLIST\n", ""))
    with file_container(tmp_path / "p.m3u8") as opened:
        assert sum(packet.size > 0 for packet in _until_silent(opened)) == 40
    for text in (hls("a.ts").replace("#EXT-X-ENDLIST\n", ""), hls_master("p.m3u8")):
        (tmp_path / "p.m3u8").write_text(text)
        assert "is a playlist without an end" in refused(str(tmp_path / "p.m3u8"))


def _until_silent(opened: InputContainer) -> Iterator[Packet]:
    with suppress(av.FFmpegError):
        yield from opened.demux(video=0)


def test_streams_of_every_scheme_that_can_be_served_here_play(clip: Path) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(clip.read_bytes())

    for served in (rtsp, datagrams, partial(datagrams, scheme="rtp")):
        with served(clip) as location, StreamFeed(location) as feed:
            assert feed.size == (192, 108)
    with broadcast(clip) as sender, StreamFeed(sender.location) as feed:
        assert feed.size == (192, 108)
    with tcp_server(serve) as number, StreamFeed(f"TCP://127.0.0.1:{number}") as feed:
        assert feed.size == (192, 108)


def test_an_unknown_scheme_is_not_opened() -> None:
    with pytest.raises(KeyError):
        address_container("gopher://127.0.0.1/x", options={}, timeout=(1.0, 1.0))
    assert "file" not in ",".join(NETWORK.values())


def test_a_device_opens_nothing_else(clip: Path, secret: WatchedFile) -> None:
    assert file_container(clip).streams.video
    assert secret.touched
    with pytest.raises(av.FFmpegError):
        device_container(str(clip), kind="mpegts", options={})
    assert not secret.touched


def test_nothing_is_opened_elsewhere() -> None:
    found = []
    package = Path(poseviewer.__file__).parent
    for path in package.rglob("*.py"):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)) if "av.open" in source else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open":
                mode = ast.literal_eval(node.args[1])
                found.append((path.relative_to(package).as_posix(), mode))
    assert sorted(found) == [
        *[("video/container.py", "r")] * 3,
        ("video/encoders.py", "w"),
        ("video/moving.py", "w"),
        ("video/writer.py", "w"),
    ]
