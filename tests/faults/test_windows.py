"""A window or a recording that is killed or asked to end while it works."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.gui.settings import Settings
from poseviewer.runtime.recording.unfinished import unfinished_recordings
from poseviewer.video.file import FileClip
from tests.faults.outputs import hidden
from tests.waiting import LONG

if TYPE_CHECKING:
    import random
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Child = Callable[..., subprocess.Popen[str]]


def said(process: subprocess.Popen[str]) -> str:
    """The first line that the child says; it is killed if it is silent for too long."""
    assert process.stdout is not None
    patience = threading.Timer(LONG, process.kill)
    patience.start()
    try:
        return process.stdout.readline().strip()
    finally:
        patience.cancel()


@pytest.mark.slow
def test_a_recording_that_is_killed(tmp_path: Path, child: Child, chance: random.Random) -> None:
    """It is found again, with the annotated video and the data, and can be played."""
    process = child("record", tmp_path / "live.mp4")
    assert said(process) == "recording", process.communicate()[1]
    time.sleep(chance.uniform(0, 3))
    process.kill()
    process.communicate()
    kept = [path for one in unfinished_recordings() for path in one.keep()]
    assert hidden(tmp_path) == []
    assert {path.name for path in kept} <= {
        "live.mp4", "live_pose.mp4", "live.csv", "live_angles.csv",
    }  # fmt: skip
    for path in kept:
        if path.suffix == ".mp4":
            with FileClip(str(path)) as clip:
                assert sum(1 for _ in clip.frames()) == len(clip) > 0
        else:
            assert path.read_text().endswith("\n")
    # A piece lasts half a second, and the child had said that 40 frames were written.
    assert (tmp_path / "live.mp4") in kept


@pytest.mark.slow
@pytest.mark.gui
@pytest.mark.parametrize("work", ["export", "record"])
def test_a_window_that_is_asked_to_end(
    clip: str, tmp_path: Path, child: Child, chance: random.Random, work: str
) -> None:
    """It does not ask: an export leaves nothing, a recording is finished."""
    number = chance.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    process = child("window", tmp_path / "out.mp4", work, clip)
    assert said(process) == "working", process.communicate()[1]
    time.sleep(chance.uniform(0, 0.5))
    process.send_signal(number)
    told = process.communicate(timeout=LONG)[1]
    assert process.returncode == 128 + number, told
    assert "Traceback" not in told
    assert hidden(tmp_path) == []
    names = {path.name for path in tmp_path.iterdir()}
    if work == "record":
        assert names == {"out.mp4", "out_report.json"}
        with FileClip(str(tmp_path / "out.mp4")) as made:
            assert sum(1 for _ in made.frames()) == len(made) > 0
    else:
        written = {"out.mp4", "out.csv", "out_angles.csv", "out_about.json"}
        assert names in (set(), written)


@pytest.mark.slow
@pytest.mark.gui
def test_a_window_that_is_asked_to_end_while_it_holds_a_lock(
    clip: str, tmp_path: Path, child: Child
) -> None:
    """A signal may come in the middle of anything; what it asks for waits until all is free."""
    process = child("window", tmp_path / "o.mp4", "locked", clip)
    told = process.communicate(timeout=LONG)[1]
    assert process.returncode == 143, told


@pytest.mark.slow
@pytest.mark.gui
def test_two_windows_on_one_clip(
    clip: str, home: Path, tmp_path: Path, child: Child, chance: random.Random
) -> None:
    """Both save their settings into one file; one is killed, and the file can still be read."""
    windows = [child("window", tmp_path / "o.mp4", "nothing", clip) for _ in range(2)]
    for process in windows:
        assert said(process) == "working", process.communicate()[1]
    time.sleep(chance.uniform(0, 1.5))
    windows[0].kill()
    windows[1].send_signal(signal.SIGTERM)
    windows[0].communicate()
    told = windows[1].communicate(timeout=LONG)[1]
    assert windows[1].returncode == 143, told
    assert "Traceback" not in told
    stored = Settings(home / "config" / "window.ini")
    assert 0 <= stored.state.reading.gate <= 1
    assert stored.recent == [clip]
