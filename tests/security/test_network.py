"""A session on a file opens no socket and looks no name up, in Python or below."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.quiet_session import _SYSCALL, CANNOT
from tests.video.numbered import write_clip

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() not in _SYSCALL,
    reason="needs Linux, which filters system calls",
)


def session(*commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Run commands of the program in a process without a network."""
    # Proxies would be asked by code that looks for them.
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.quiet_session", json.dumps(commands)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode == CANNOT:
        pytest.skip("this system filters no calls")
    return done


@pytest.mark.slow
def test_a_session_on_a_file_uses_no_network(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    write_clip(clip, count=4, size=(192, 192))
    picture, data = tmp_path / "window.png", tmp_path / "poses.jsonl"
    done = session(
        ["models"],
        ["run", str(clip), "-o", str(data), "--engine", "openvino"],
        ["export", str(clip), "-o", str(tmp_path / "out.mp4"), "--engine", "torch",
         "--data", "csv,json", "--heatmap", "head_top"],
        ["view", str(clip), "--screenshot", str(picture)],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(data.read_text().splitlines()) == 4
    assert (tmp_path / "out.mp4").stat().st_size > 0
    assert (tmp_path / "out.csv").is_file()
    assert picture.stat().st_size > 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import socket; socket.getaddrinfo('localhost', 80)", 3),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", 3),
        ("import urllib.request as r; r.urlopen('http://127.0.0.1:9')", 3),
        ("import ctypes; ctypes.CDLL(None).socket(2, 1, 0)", -signal.SIGSYS),
        ("import ctypes; ctypes.CDLL(None).socket(10, 2, 0)", -signal.SIGSYS),
        ("import av; av.open('http://127.0.0.1:9/a')", -signal.SIGSYS),
        (
            "import ctypes, threading as t\n"
            "one = t.Thread(target=ctypes.CDLL(None).socket, args=(2, 1, 0))\n"
            "one.start(); one.join()",
            -signal.SIGSYS,
        ),
        ("import ctypes; assert ctypes.CDLL(None).socket(1, 1, 0) > 0", 0),
    ],
)
def test_a_use_of_the_network_would_be_seen(code: str, status: int) -> None:
    assert session(["python", code]).returncode == status
