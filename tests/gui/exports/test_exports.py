"""The Exports dock, and the window over several exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QDesktopServices

from poseviewer.gui.dialogs.leave import LeaveDialog
from poseviewer.runtime.jobs import ExportJob, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from poseviewer.gui.exports.dock import ExportsDock
    from poseviewer.gui.window.window import Window
    from tests.gui.fake_session import FakeSession

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot: QtBot, clip_window: Window, session: FakeSession, tmp_path: Path) -> ExportsDock:
    """The dock over an export that is written and two that wait."""
    for name in ("one", "two", "three"):
        session.export(ExportJob(tmp_path / f"{name}.mp4"))
    clip_window.actions_by_name["exports"].trigger()
    assert clip_window.docks is not None
    found = clip_window.docks.exports
    qtbot.waitUntil(lambda: found.seen and len(found.rows) == 3)
    return found


def names(dock: ExportsDock) -> list[str]:
    return [row.name.toolTip().rsplit("/", 1)[-1] for row in dock.rows.values()]


def texts(dock: ExportsDock) -> list[str]:
    return [row.about.toolTip().split("\n")[0] for row in dock.rows.values()]


def shown(dock: ExportsDock, place: int) -> set[str]:
    row = list(dock.rows.values())[place]
    return {name for name, button in row.buttons.items() if button.isVisible()}


def press(dock: ExportsDock, place: int, button: str) -> None:
    list(dock.rows.values())[place].buttons[button].click()


def test_an_empty_list_says_what_to_do(qtbot: QtBot, clip_window: Window) -> None:
    clip_window.actions_by_name["exports"].trigger()
    assert clip_window.docks is not None
    dock = clip_window.docks.exports
    qtbot.waitUntil(lambda: dock.seen)
    assert "press E" in dock.why_empty(dock.state)


def test_every_export_is_listed_with_what_can_be_done(
    qtbot: QtBot, dock: ExportsDock, session: FakeSession
) -> None:
    session.progress(Progress(30, 300, seconds_left=12.0))
    qtbot.waitUntil(lambda: texts(dock) == ["10 %, 12 s left", "Waiting", "Waiting"])
    assert names(dock) == ["one.mp4", "two.mp4", "three.mp4"]
    assert shown(dock, 0) == {"pause", "cancel"}
    assert shown(dock, 1) == {"later", "pause", "cancel"}
    assert shown(dock, 2) == {"earlier", "pause", "cancel"}
    assert next(iter(dock.rows.values())).bar.value() == 100


def test_order_pause_cancel_and_remove(
    qtbot: QtBot, dock: ExportsDock, session: FakeSession
) -> None:
    press(dock, 2, "earlier")
    qtbot.waitUntil(lambda: names(dock) == ["one.mp4", "three.mp4", "two.mp4"])
    press(dock, 0, "pause")
    qtbot.waitUntil(lambda: texts(dock)[0] == "Paused at 0 %")
    assert shown(dock, 0) == {"resume", "cancel"}
    press(dock, 0, "resume")
    qtbot.waitUntil(lambda: texts(dock)[0] == "0 %")
    press(dock, 2, "cancel")
    qtbot.waitUntil(lambda: texts(dock)[2].startswith("Cancelled"))
    assert shown(dock, 2) == {"remove"}
    session.progress(Progress(300, 300, finished=True, output="one.mp4"))
    # The next has begun; what has ended goes down.
    qtbot.waitUntil(lambda: names(dock) == ["three.mp4", "two.mp4", "one.mp4"])
    assert texts(dock)[2] == "Written, 300 frames"
    assert session.state.exports[1].status == "running"
    press(dock, 2, "remove")
    qtbot.waitUntil(lambda: names(dock) == ["three.mp4", "two.mp4"])
    dock.clear.click()
    qtbot.waitUntil(lambda: names(dock) == ["three.mp4"])
    assert not dock.clear.isVisible()


def test_a_failure_is_told_in_its_row(
    qtbot: QtBot, dock: ExportsDock, session: FakeSession
) -> None:
    session.progress(Progress(3, 300, finished=True, error="The disk is full."))
    qtbot.waitUntil(lambda: texts(dock)[2] == "The disk is full.")
    assert shown(dock, 2) == {"remove"}
    assert list(dock.rows.values())[2].about.property("failed") is True


def test_its_folder_is_shown(
    qtbot: QtBot,
    dock: ExportsDock,
    session: FakeSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    session.progress(Progress(300, 300, finished=True))
    qtbot.waitUntil(lambda: "folder" in shown(dock, 2))
    press(dock, 2, "folder")
    assert opened == [str(tmp_path)]


def test_a_key_pauses_and_goes_on(
    qtbot: QtBot, dock: ExportsDock, clip_window: Window, session: FakeSession
) -> None:
    action = clip_window.actions_by_name["pause_export"]
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    assert session.state.exports[0].status == "paused"
    qtbot.waitUntil(lambda: action.text() == "Go on exporting")
    qtbot.waitUntil(lambda: "Export paused (1 of 3)" in clip_window.status._work.text())
    action.trigger()
    assert session.state.exports[0].status == "running"


def test_closing_asks_about_all_of_them(qtbot: QtBot, own_window: Window, tmp_path: Path) -> None:
    session: FakeSession = own_window.bridge.session  # type: ignore[assignment]
    own_window.open("/videos/walk.mp4")
    for name in ("one", "two"):
        session.export(ExportJob(tmp_path / f"{name}.mp4"))
    session.exports.pause()
    own_window.close()
    assert own_window.isVisible()
    (dialog,) = [one for one in own_window.findChildren(LeaveDialog) if one.isVisible()]
    assert "2 exports" in dialog.text()
    dialog.wait.click()
    # What was paused would never be written.
    assert session.state.exports[0].status == "running"
    session.progress(Progress(9, 9, finished=True))
    assert own_window.isVisible()
    session.progress(Progress(9, 9, finished=True))
    qtbot.waitUntil(lambda: not own_window.isVisible())


def test_a_failure_keeps_the_window_open(qtbot: QtBot, own_window: Window, tmp_path: Path) -> None:
    session: FakeSession = own_window.bridge.session  # type: ignore[assignment]
    own_window.open("/videos/walk.mp4")
    session.export(ExportJob(tmp_path / "one.mp4"))
    own_window.close()
    (dialog,) = [one for one in own_window.findChildren(LeaveDialog) if one.isVisible()]
    dialog.wait.click()
    session.progress(Progress(3, 9, finished=True, error="The disk is full."))
    qtbot.waitUntil(lambda: "disk is full" in own_window.notices.text)
    qtbot.wait(50)
    assert own_window.isVisible()
    # Nothing waits any more: now it closes at once.
    own_window.close()
    assert not own_window.isVisible()
