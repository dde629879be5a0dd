"""Things that must not be touched, and say when they are: a file, a TCP port, a UDP port."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.video.served import tcp_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IN_ACCESS, _IN_OPEN = 0x1, 0x20
"""Bits of Linux' inotify(7)."""


class WatchedFile:
    """A file that knows whether anybody has opened it."""

    def __init__(self, path: Path) -> None:
        if not sys.platform.startswith("linux"):
            pytest.skip("needs inotify, which tells of an opened file")
        libc = ctypes.CDLL(None, use_errno=True)
        self.path = path
        self._watch = libc.inotify_init1(os.O_NONBLOCK)
        if libc.inotify_add_watch(self._watch, os.fsencode(path), _IN_ACCESS | _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    @property
    def touched(self) -> bool:
        """Whether it was opened or read since this was asked last."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._watch, 4096))
        return False

    def close(self) -> None:
        os.close(self._watch)


class WatchedPort:
    """A TCP port, and the UDP port of the same number, that know whether they were used."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0

    def serve(self, connection: socket.socket) -> None:
        self.calls += 1
        connection.settimeout(1)
        connection.recv(100)

    @property
    def bound(self) -> bool:
        """Whether a UDP socket of this machine listens at it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", self.number))
            except OSError:
                return True
        return False


@contextlib.contextmanager
def watched_port() -> Iterator[WatchedPort]:
    made = WatchedPort(0)
    with tcp_server(made.serve) as number:
        made.number = number
        yield made


@contextlib.contextmanager
def watched_file(path: Path) -> Iterator[WatchedFile]:
    watch = WatchedFile(path)
    try:
        yield watch
    finally:
        watch.close()


@contextlib.contextmanager
def bound_meanwhile(port: WatchedPort) -> Iterator[list[bool]]:
    """Look every few milliseconds whether the UDP port is bound; the list says so at the end."""
    seen: list[bool] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.01):
            if port.bound:
                seen.append(True)
                return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
