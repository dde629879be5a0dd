"""Names of an export: proposed, remembered, and never replaced without asking."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.gui.dialogs import export_names
from poseviewer.gui.dialogs.export import ExportDialog
from poseviewer.gui.dialogs.export_names import ReplaceDialog, proposed
from poseviewer.runtime.jobs import ExportJob, QueuedExport
from poseviewer.runtime.state import Playback, SourceInfo, WriterInfo
from tests.dots import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from poseviewer.gui.window.window import Window
    from tests.gui.fake_session import FakeSession

pytestmark = pytest.mark.gui

TIMES = np.arange(30) / 30


def source_in(folder: Path) -> SourceInfo:
    clip = folder / "walk.mp4"
    clip.touch()
    return SourceInfo(clip.name, str(clip), (640, 480), 30.0, False, TIMES)


def dialog_of(
    qtbot: QtBot, source: SourceInfo, *, queue: Callable[[], tuple[QueuedExport, ...]] = tuple
) -> tuple[ExportDialog, list[ExportJob]]:
    made = ExportDialog(
        source=source,
        transport=Playback(),
        look=Look(),
        folder="",
        writers=[WriterInfo("csv", "csv")],
        stages=STAGES,
        queue=queue,
    )
    qtbot.addWidget(made)
    asked: list[ExportJob] = []
    made.chosen.connect(asked.append)
    return made, asked


def question(dialog: ExportDialog) -> ReplaceDialog:
    (found,) = [one for one in dialog.findChildren(ReplaceDialog) if one.isVisible()]
    return found


@pytest.mark.parametrize("data", [False, True])
def test_a_file_is_replaced_only_when_that_is_agreed_to(
    qtbot: QtBot, tmp_path: Path, data: bool
) -> None:
    dialog, asked = dialog_of(qtbot, source_in(tmp_path))
    dialog.output.setText(str(tmp_path / "out.mp4"))
    dialog.data["csv"].setChecked(data)
    there = tmp_path / ("out_about.json" if data else "out.mp4")
    there.write_text("from before")
    dialog.open()
    dialog.accept()
    assert asked == []
    assert there.name in question(dialog).informativeText()
    question(dialog).reject()
    assert asked == []
    assert dialog.isVisible()
    dialog.accept()
    question(dialog).replace.click()
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0].replace
    assert not dialog.isVisible()


def test_what_appears_meanwhile_is_not_replaced(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, asked = dialog_of(qtbot, source_in(tmp_path))
    dialog.accept()
    assert not asked[0].replace


def test_the_name_of_an_export_that_waits_is_taken(qtbot: QtBot, tmp_path: Path) -> None:
    source = source_in(tmp_path)
    queue = [QueuedExport(1, "walk.mp4", source.location, (tmp_path / "walk_pose.mp4",))]
    dialog, _ = dialog_of(qtbot, source, queue=lambda: tuple(queue))
    assert dialog.output.text() == str(tmp_path / "walk_pose (2).mp4")
    dialog.output.setText(str(tmp_path / "walk_pose.mp4"))
    assert "Another export is to write walk_pose.mp4" in dialog.summary.text()
    assert not dialog._save.isEnabled()
    queue.clear()
    dialog.output.setText(str(tmp_path / "x.mp4"))
    dialog.output.setText(str(tmp_path / "walk_pose.mp4"))
    assert dialog._save.isEnabled()


def test_a_free_name_is_proposed(tmp_path: Path) -> None:
    source = source_in(tmp_path)
    assert proposed(source, "", queue=()) == tmp_path / "walk_pose.mp4"
    (tmp_path / "walk_pose.mkv").touch()
    assert proposed(source, "", queue=()) == tmp_path / "walk_pose (2).mp4"
    pictures = QueuedExport(1, "walk", "walk", (tmp_path / "walk_pose (2)" / "%06d.png",))
    assert proposed(source, "", queue=[pictures]) == tmp_path / "walk_pose (3).mp4"


def test_the_folder_is_one_that_can_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, videos, last = (tmp_path / name for name in ("home", "videos", "last"))
    for folder in (home, videos, last):
        folder.mkdir()
    shut: set[Path] = set()
    access = os.access
    monkeypatch.setattr(
        "os.access", lambda path, mode: Path(path) not in shut and access(path, mode)
    )
    monkeypatch.setattr(export_names, "videos_folder", lambda: videos)
    monkeypatch.setattr(Path, "home", lambda: home)
    source = source_in(tmp_path)
    for expected in (last, tmp_path, videos, home):
        assert proposed(source, str(last), queue=()).parent == expected
        shut.add(expected)
    camera = SourceInfo("camera", "camera:0", (640, 480), 30.0, False, TIMES)
    shut.clear()
    assert proposed(camera, "", queue=()).parent == videos
    assert proposed(source, str(tmp_path / "gone"), queue=()).parent == tmp_path


def test_folder_and_ticks_are_there_again_the_next_time(
    qtbot: QtBot, clip_window: Window, session: FakeSession, tmp_path: Path
) -> None:
    def ask() -> ExportDialog:
        clip_window.actions_by_name["export"].trigger()
        return next(one for one in clip_window.findChildren(ExportDialog) if one.isVisible())

    dialog = ask()
    dialog.output.setText(str(tmp_path / "out.mp4"))
    dialog.audio.setChecked(False)
    dialog.overlay.setChecked(False)
    dialog.accept()
    qtbot.waitUntil(lambda: clip_window.findChild(ExportDialog) is None)
    again = ask()
    assert Path(again.output.text()).parent == tmp_path
    assert (again.audio.isChecked(), again.overlay.isChecked()) == (False, False)
    # The second one is listed where it can be seen.
    assert clip_window.docks is not None
    assert not clip_window.docks.exports.seen
    again.accept()
    docks = clip_window.docks
    qtbot.waitUntil(lambda: docks.exports.seen)
    assert [job.output.stem for _, job in session.calls if isinstance(job, ExportJob)] == [
        "out",
        "walk_pose",
    ]
