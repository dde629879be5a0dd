"""A server of files on this machine that fails in the ways servers fail."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


class FilesServer:
    """Serves `files` by the path of their address; `faults` says how the next answers go wrong.

    A fault is `cut` (half of what was asked for, then the end), `stall` (half, then nothing until
    the server is closed), `dead` (nothing until then), `no ranges` (always all of it, and no word
    of ranges), `bare` (no length is given), `other range`, or a status such as 404.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.faults: list[str | int] = []
        self.ranges: list[str | None] = []
        """What each request asked for."""
        self.sent_on = ""
        """Where every request is sent on to, if anywhere."""
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(40)


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[FilesServer]

    def do_GET(self) -> None:
        owner = self.owner
        fault = owner.faults.pop(0) if owner.faults else ""
        asked = self.headers.get("Range")
        owner.ranges.append(asked)
        if owner.sent_on:
            self.send_response(302)
            self.send_header("Location", owner.sent_on)
            self.end_headers()
            return
        data = owner.files.get(self.path)
        if isinstance(fault, int) or data is None:
            self.send_error(fault if isinstance(fault, int) else 404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if fault == "no ranges":
            start = 0
        if asked and start >= len(data):
            self.send_error(416)
            return
        self._head(fault, data, start)
        self._body(fault, data[start:])

    def _head(self, fault: str | int, data: bytes, start: int) -> None:
        self.send_response(206 if start else 200)
        if start:
            first = 0 if fault == "other range" else start
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if fault != "bare":
            length = "many" if fault == "odd length" else str(len(data) - start)
            self.send_header("Content-Length", length)
        self.end_headers()

    def _body(self, fault: str | int, data: bytes) -> None:
        parts = {"cut": 2, "stall": 2, "dead": len(data) + 1}
        with suppress(ConnectionError):  # A client that refuses the rest hangs up.
            self.wfile.write(data[: len(data) // parts[fault]] if fault in parts else data)
            self.wfile.flush()
        if fault in ("stall", "dead"):
            self.owner.released.wait(120)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""
