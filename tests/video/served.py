"""Local senders of a transport stream, for sources that listen to the network."""

from __future__ import annotations

import base64
import contextlib
import itertools
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broadcast:
    """An HTTP server that sends a transport stream over and over, until it is told to drop.

    With `once`, it serves the file as a web server does: its length said, sent a single time.
    """

    def __init__(self, path: Path, *, once: bool = False) -> None:
        self._coded = path.read_bytes()
        self._open = threading.Event()
        self._open.set()
        broadcast = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not broadcast._open.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "video/mp2t")
                if once:
                    self.send_header("Content-Length", str(len(broadcast._coded)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    if once:
                        self.wfile.write(broadcast._coded)
                    else:
                        broadcast._send(self.wfile)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.location = f"http://127.0.0.1:{self._server.server_port}/live.ts"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _send(self, out) -> None:
        step = 188 * 20
        while self._open.is_set():
            for at in range(0, len(self._coded), step):
                if not self._open.is_set():
                    return
                out.write(self._coded[at : at + step])
                time.sleep(0.005)

    def drop(self) -> None:
        """Hang up on everybody, and refuse new calls."""
        self._open.clear()

    def resume(self) -> None:
        """Take calls again."""
        self._open.set()

    def close(self) -> None:
        self.drop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def broadcast(path: Path, *, once: bool = False) -> Iterator[Broadcast]:
    sender = Broadcast(path, once=once)
    try:
        yield sender
    finally:
        sender.close()


@contextlib.contextmanager
def datagrams(path: Path, *, scheme: str = "udp") -> Iterator[str]:
    """Send a transport stream to a UDP port over and over, bare or by RTP; yields its address."""
    coded, port, done = path.read_bytes(), free_port(), threading.Event()
    step = 188 * 7
    packets = [coded[at : at + step] for at in range(0, len(coded), step)]
    if scheme == "rtp":
        packets = list(_rtp_packets(coded))

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not done.is_set():
                for packet in packets:
                    if done.wait(0.002):
                        return
                    out.sendto(packet, ("127.0.0.1", port))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        done.set()
        thread.join()


@contextlib.contextmanager
def web(
    files: Mapping[str, bytes],
    *,
    redirects: Mapping[str, str] = {},
    password: str = "",
    length: bool = True,
) -> Iterator[str]:
    """Serve a few files over HTTP, with `name:password` only; yields the folder's address.

    Whole files only, as simple servers do; without `length`, the end alone says how long they are.
    """
    wanted = "Basic " + base64.b64encode(password.encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/").partition("?")[0]
            if password and self.headers["Authorization"] != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.end_headers()
                return
            if name in redirects:
                self.send_response(302)
                self.send_header("Location", redirects[name])
                self.end_headers()
                return
            if name not in files:
                self.send_error(404)
                return
            self.send_response(200)
            if length:
                self.send_header("Content-Length", str(len(files[name])))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(files[name])

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def tcp_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer every TCP connection by `serve`, one after the other; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                if not done.is_set():
                    serve(connection)

    thread = threading.Thread(target=run)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port
    finally:
        done.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            pass
        thread.join()
        listener.close()


@contextlib.contextmanager
def rtsp(path: Path) -> Iterator[str]:
    """Serve a transport stream by RTSP over its own TCP connection (RFC 2326, 10.12)."""
    coded = path.read_bytes()

    def serve(connection: socket.socket) -> None:
        asked = connection.makefile("rb")
        while line := asked.readline():
            method = line.split()[0].decode()
            head = dict(_headers(asked))
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {head['cseq']}\r\nSession: 1\r\n"
            body = ""
            if method == "DESCRIBE":
                body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\n"
                answer += f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
            if method == "SETUP":
                answer += f"Transport: {head['transport']}\r\n"
            connection.sendall(f"{answer}\r\n{body}".encode())
            if method == "PLAY":
                for packet in itertools.chain.from_iterable(
                    map(_rtp_packets, itertools.repeat(coded))
                ):
                    connection.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                    time.sleep(0.002)

    with tcp_server(serve) as port:
        yield f"rtsp://127.0.0.1:{port}/live"


def _headers(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if not line.strip():
            return
        name, _, value = line.decode().partition(":")
        yield name.lower(), value.strip()


def _rtp_packets(coded: bytes) -> Iterator[bytes]:
    """Cut a transport stream into RTP packets, seven of its own each (RFC 2250)."""
    for number, at in enumerate(range(0, len(coded), 188 * 7)):
        yield struct.pack(">BBHII", 0x80, 33, number, number * 900, 7) + coded[at : at + 188 * 7]
