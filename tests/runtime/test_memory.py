"""What is closed is released at once, not when the collector comes."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poseviewer.bench.live import resident
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.live import Rewind
from poseviewer.runtime.memory import give_back
from poseviewer.runtime.state import AppState
from poseviewer.video.file import FileClip
from tests.dots import DotsClip
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.core.frame import Frame
    from tests.runtime.conftest import Desk


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing is collected that only a cycle of references holds."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def clip(tmp_path: Path) -> str:
    """A file with many frames, decoded by threads."""
    made = tmp_path / "walk.mp4"
    export_clip(ExportJob(made, overlay=False), AppState(), "", opener=lambda _: DotsClip(60))
    return str(made)


def decoders() -> int:
    """Threads of FFmpeg's decoders in this process."""
    return sum(name.startswith("av:") for name in thread_names())


def thread_names() -> Iterator[str]:
    """Names of this process's threads; one that ends meanwhile is left out."""
    tasks = Path("/proc/self/task")
    for task in tasks.iterdir() if tasks.is_dir() else ():
        with suppress(FileNotFoundError, ProcessLookupError):
            yield (task / "comm").read_text()


def gone(reference: weakref.ref[object]) -> bool:
    return until(lambda: reference() is None)


@pytest.mark.usefixtures("no_collector")
def test_a_closed_clip_leaves_no_decoder(desk: Desk, clip: str) -> None:
    before = decoders()
    made: list[weakref.ref[FileClip]] = []

    def opened() -> FileClip:
        source = FileClip(clip)
        made.append(weakref.ref(source))
        return source

    desk.sources["file"] = opened
    for _ in range(3):
        desk.session.open("file")
        desk.until(lambda s: s.frame is not None and s.source is not None)
        desk.session.seek(40)
        desk.until(lambda s: s.frame is not None and s.frame.index == 40)
        desk.session.close_source()
        desk.until(lambda s: s.source is None)
    assert all(gone(one) for one in made)
    assert until(lambda: decoders() <= before)


@pytest.mark.usefixtures("no_collector")
def test_a_freeze_leaves_no_frames(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[object]] = []
    begin = Rewind.__init__

    def noted(self: Rewind, frames: tuple[Frame, ...], **options: object) -> None:
        made.extend((weakref.ref(self), weakref.ref(frames[0].pixels)))
        begin(self, frames, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Rewind, "__init__", noted)
    feed = desk.sources["feed"]()
    desk.sources["feed"] = lambda: feed
    desk.session.open("feed")
    feed.push()
    desk.until(lambda s: s.frame is not None)
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    desk.session.toggle()
    desk.until(lambda s: s.past is None)
    assert gone(made[0])
    desk.session.close_source()
    desk.until(lambda s: s.source is None)
    desk.seen.clear()
    assert gone(made[1])


def test_freed_memory_goes_back_to_the_system() -> None:
    """Small pieces with one that stays at the end, which alone would hold them all."""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    pieces = [bytes(100_000) for _ in range(1000)]
    last = bytes(100_000)
    full = resident()
    pieces.clear()
    give_back()
    assert resident() < full - 60
    assert len(last) == 100_000


@pytest.mark.parametrize("shared", [False, True])
def test_threads_share_two_arenas(shared: bool) -> None:
    """By glibc's own count, after some threads have held memory at once."""
    script = (
        "import ctypes, threading\n"
        "from poseviewer.runtime.memory import share_arenas\n"
        f"{'share_arenas()' if shared else ''}\n"
        "together = threading.Barrier(9)\n"
        "def hold():\n"
        "    kept = [bytes(2000) for _ in range(1000)]\n"
        "    together.wait()\n"
        "    together.wait()\n"
        "for _ in range(8): threading.Thread(target=hold).start()\n"
        "together.wait()\n"
        "ctypes.CDLL(None).malloc_stats()\n"
        "together.wait()\n"
    )
    if not hasattr(ctypes.CDLL(None), "malloc_stats"):
        pytest.skip("needs glibc")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    arenas = sum(line.startswith("Arena ") for line in done.stderr.splitlines())
    assert arenas <= 2 if shared else arenas > 2
