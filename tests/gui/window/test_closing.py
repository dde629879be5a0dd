"""The window while it is closed, and what it finds of one that was killed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.files import settle
from poseviewer.gui.dialogs.leave import LeaveDialog
from poseviewer.gui.dialogs.recovered import RecoveredDialog
from poseviewer.gui.window.offers import offer_recordings
from poseviewer.runtime.jobs import ExportJob, Progress
from poseviewer.video.file import FileClip

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from poseviewer.gui.window.window import Window
    from tests.gui.fake_session import FakeSession

pytestmark = pytest.mark.gui

RECORDING = """
import os, signal, sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from poseviewer.core.files import OutputSet
from poseviewer.core.frame import Timestamp
from poseviewer.video.writer import ClipWriter
path = Path(sys.argv[1])
table = OutputSet(kind="recording").file(path.with_suffix(".csv"))
table.write_text("frame,x\\n0,1\\n1,")
writer = ClipWriter(path, size=(64, 48), time_base=Fraction(1, 30), rate=30, lasting=True)
noise = np.random.default_rng(0)
for number in range(int(sys.argv[2])):
    pixels = noise.integers(0, 255, (48, 64, 3), np.uint8)
    writer.write(pixels, time=Timestamp(number, Fraction(1, 30)))
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Records, and is killed."""


def killed_recording(path: Path, frames: int = 200) -> None:
    subprocess.run([sys.executable, "-c", RECORDING, str(path), str(frames)], check=False)


@pytest.fixture
def exporting(own_window: Window, tmp_path: Path) -> FakeSession:
    """The session of a window in which an export runs."""
    session: FakeSession = own_window.bridge.session  # type: ignore[assignment]
    own_window.open("/videos/walk.mp4")
    session.export(ExportJob(tmp_path / "o.mp4"))
    return session


def asked(window: Window, kind: type) -> list:
    return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]


def test_closing_asks_while_an_export_runs(own_window: Window, exporting: FakeSession) -> None:
    own_window.close()
    assert own_window.isVisible()
    (dialog,) = asked(own_window, LeaveDialog)
    dialog.reject()
    assert own_window.isVisible()
    assert ("close",) not in exporting.calls
    exporting.cancel_export()


def test_closing_can_cancel_the_export(
    qtbot: QtBot, own_window: Window, exporting: FakeSession
) -> None:
    own_window.close()
    (dialog,) = asked(own_window, LeaveDialog)
    dialog.cancel.click()
    qtbot.waitUntil(lambda: not own_window.isVisible())
    assert ("close",) in exporting.calls


def test_closing_can_wait_for_the_export(
    qtbot: QtBot, own_window: Window, exporting: FakeSession
) -> None:
    own_window.close()
    (dialog,) = asked(own_window, LeaveDialog)
    dialog.wait.click()
    assert own_window.isVisible()
    assert "closes when" in own_window.notices.text
    exporting.progress(Progress(9, 9, finished=True))
    qtbot.waitUntil(lambda: not own_window.isVisible())
    assert ("close",) in exporting.calls


def test_a_request_to_end_does_not_ask(own_window: Window, exporting: FakeSession) -> None:
    own_window.leave()
    assert not own_window.isVisible()
    assert ("close",) in exporting.calls


def test_settings_are_saved_when_no_thread_works_any_more(
    own_window: Window, exporting: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saving is many short calls of Qt, each of which waits for the threads that work."""
    sync = own_window.settings.sync
    monkeypatch.setattr(
        own_window.settings, "sync", lambda: (exporting.calls.append(("saved",)), sync())
    )
    own_window.leave()
    assert [call for call in exporting.calls if call in (("close",), ("saved",))] == [
        ("close",),
        ("saved",),
    ]


@pytest.mark.parametrize("answer", ["keep", "remove", "later"])
def test_a_recording_that_was_cut_off_is_offered(
    qtbot: QtBot, own_window: Window, tmp_path: Path, answer: str
) -> None:
    path = tmp_path / "live.mp4"
    killed_recording(path)
    assert not path.exists()
    offer_recordings(own_window.context)
    (dialog,) = asked(own_window, RecoveredDialog)
    assert "live.mp4" in dialog.informativeText()
    path.write_text("made meanwhile")
    if answer == "later":
        dialog.reject()
        assert len(settle()) == 2
        return
    getattr(dialog, answer).click()
    qtbot.waitUntil(lambda: not asked(own_window, RecoveredDialog))
    there = sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(("live", ".")))
    assert not settle()
    assert path.read_text() == "made meanwhile"
    if answer == "remove":
        assert there == ["live.mp4"]
        return
    assert there == ["live (2).mp4", "live.csv", "live.mp4"]
    assert (tmp_path / "live.csv").read_text() == "frame,x\n0,1\n"
    with FileClip(str(tmp_path / "live (2).mp4")) as clip:
        # Half a second is not yet written.
        assert 180 <= len(clip) <= 200
    qtbot.waitUntil(lambda: "Kept" in own_window.notices.text)


def test_a_recording_without_a_picture_is_not_offered(own_window: Window, tmp_path: Path) -> None:
    killed_recording(tmp_path / "live.mp4", frames=0)
    (left,) = [file for file in tmp_path.iterdir() if file.suffix == ".mp4"]
    offer_recordings(own_window.context)
    assert not left.exists()


def test_settings_that_cannot_be_saved_are_said_once(own_window: Window, home: Path) -> None:
    session = own_window.bridge.session
    own_window.settings.path.unlink(missing_ok=True)
    own_window.settings.path.mkdir()
    session.change("reading", gate=0.5)
    own_window.saving.save()
    session.change("reading", gate=0.6)
    own_window.saving.save()
    said = [notice.text for notice in session.state.notices]
    assert said == [
        f"Your choices are not saved, because {own_window.settings.path} cannot be written to."
    ]
