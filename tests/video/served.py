"""Local senders of a transport stream, for sources that listen to the network."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
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
def datagrams(path: Path) -> Iterator[str]:
    """Send a transport stream to a UDP port over and over; yields the port's address."""
    coded, port, done = path.read_bytes(), free_port(), threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not done.is_set():
                for at in range(0, len(coded), 188 * 7):
                    if done.wait(0.002):
                        return
                    out.sendto(coded[at : at + 188 * 7], ("127.0.0.1", port))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield f"udp://127.0.0.1:{port}"
    finally:
        done.set()
        thread.join()
