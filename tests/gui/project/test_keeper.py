"""Projects at the window: opened, saved, closed, and what is asked meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication

from poseviewer.core.annotation import Annotations
from poseviewer.core.correction import NONE
from poseviewer.gui.project.dialogs import (
    ConflictDialog,
    MissingDialog,
    OverwriteDialog,
    SaveDialog,
)
from poseviewer.runtime.project.autosave import projects_folder
from poseviewer.runtime.project.file import read_project, write_project
from poseviewer.runtime.project.work import digest
from tests.runtime.project.test_file import CORRECTED, NOD

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog
    from pytestqt.qtbot import QtBot

    from poseviewer.gui.window.window import Window
    from tests.gui.fake_session import FakeSession

LONG = 40_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: Window) -> Path:
    """A user's folder of the test's own, and no project."""
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))
    window.project._forget()
    return tmp_path


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    """Two files that the fake session takes for clips."""
    paths = [tmp_path / "clips" / f"{name}.mp4" for name in ("walk", "squat")]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(path.name.encode())
    return [str(path) for path in paths]


def settle() -> None:
    """Let the window hear of the new state."""
    for _ in range(3):
        QCoreApplication.processEvents()


def show(window: Window, location: str) -> None:
    """Open something, as a person does."""
    window.open(location)
    settle()


def asked(window: Window, kind: type[QDialog]) -> QDialog:
    """The dialog of a kind that is open."""
    settle()
    (found,) = [one for one in window.findChildren(kind) if one.isVisible()]
    return found


def answer(window: Window, kind: type[QDialog], button: str) -> None:
    """Press a button of a dialog, which closes it."""
    getattr(asked(window, kind), button).click()
    settle()


def test_all_that_was_done_to_a_clip_is_back_after_the_project_was_closed(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """Choices, marks, names, angles, corrections, annotations, the frame and the layout."""
    show(window, clips[0])
    session.change("reading", gate=0.55)
    session.change("people", names=((0, "Ana"),))
    followed = {"height": 1.81, "second_offset": -0.48}
    session.change("angles", custom=(NOD,), second=clips[1], **followed)
    session.mark(10, 200)
    session.correct("wrist moved", CORRECTED)
    session.annotate("noted", Annotations(notes="left knee"))
    session.seek(42)
    window.workspaces.switch("Measure")
    settle()
    path = tmp_path / "knees.poseviewer"
    window.project._write(path, None)
    before = session.state
    assert window.windowTitle() == "walk.mp4 – knees[*] – PoseViewer"  # noqa: RUF001
    assert not window.isWindowModified()
    window.project.close_project()
    settle()
    assert session.state.source is None
    assert window.windowTitle() == "PoseViewer"
    session.change("reading", gate=0.1)
    session.change("angles", height=0.0, second="", second_offset=0.0)
    window.workspaces.switch("Inspect")
    show(window, str(path))
    settle()
    state = session.state
    assert state.reading.gate == 0.55
    for name in ("people", "angles", "corrections", "annotations"):
        assert getattr(state, name) == getattr(before, name), name
    assert (state.playback.start, state.playback.end, state.playback.index) == (10, 200, 42)
    assert window.workspaces.now == "Measure"
    assert state.steps == ()
    assert not window.project.unsaved
    assert window.settings.recent_projects == [str(path)]


def test_a_second_clip_that_is_gone_is_named(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """The project opens without it, and a sentence stands there once its clip is shown."""
    show(window, clips[0])
    session.change("angles", second=clips[1])
    settle()
    path = tmp_path / "p.poseviewer"
    window.project._write(path, None)
    window.project.close_project()
    Path(clips[1]).unlink()
    show(window, str(path))
    assert session.state.angles.second == ""
    texts = [notice.text for notice in session.state.notices]
    assert "The second clip, squat.mp4, was not found." in texts


def test_a_change_marks_the_title_and_undoing_it_does_not(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    """What is only looked at is no change."""
    show(window, clips[0])
    window.project._write(tmp_path / "p.poseviewer", None)
    session.mark(3, 9)
    qtbot.waitUntil(window.isWindowModified, timeout=LONG)
    session.undo()
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    session.seek(9)
    session.change("display", opacity=0.2)
    settle()
    assert not window.project.unsaved


def test_closing_asks_whether_changes_are_saved(
    own_window: Window, clips: list[str], tmp_path: Path
) -> None:
    """Cancel stays, Save saves and closes."""
    window = own_window
    show(window, clips[0])
    path = tmp_path / "p.poseviewer"
    window.project._write(path, None)
    window.bridge.session.mark(3, 9)
    settle()
    window.close()
    asked(window, SaveDialog).reject()
    settle()
    assert window.isVisible()
    assert read_project(path)[0].clips[0].end is None
    window.close()
    answer(window, SaveDialog, "save")
    assert not window.isVisible()
    assert read_project(path)[0].clips[0].end == 9


def test_discarded_changes_are_gone_and_leave_no_copy(
    own_window: Window, clips: list[str], tmp_path: Path
) -> None:
    """The file is as it was."""
    window = own_window
    show(window, clips[0])
    path = tmp_path / "p.poseviewer"
    window.project._write(path, None)
    before = path.read_bytes()
    window.project.write_notes("x")
    window.project._copy(wait=True)
    assert list(tmp_path.glob(".poseviewer-*"))
    window.close()
    answer(window, SaveDialog, "discard")
    assert (path.read_bytes(), window.isVisible()) == (before, False)
    assert not list(tmp_path.glob(".poseviewer-*"))


def test_without_a_project_nobody_is_asked(own_window: Window, clips: list[str]) -> None:
    """A clip with marks is shown and left as ever; yet a copy of the marks outlives a crash."""
    window = own_window
    show(window, clips[0])
    window.project._copy(wait=True)
    assert not projects_folder().is_dir()
    window.bridge.session.mark(3, 9)
    settle()
    window.project._copy(wait=True)
    (copy,) = projects_folder().iterdir()
    assert read_project(copy)[0].clips[0].end == 9
    window.close()
    assert not window.isVisible()
    assert not list(projects_folder().iterdir())


def test_a_save_that_fails_is_one_sentence_and_loses_nothing(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """The project is still unsaved, and the old file is there."""
    show(window, clips[0])
    path = tmp_path / "p.poseviewer"
    window.project._write(path, None)
    window.project.write_notes("x")
    window.project._write(tmp_path / "gone" / "p.poseviewer", None)
    assert "was not saved because the folder" in session.state.notices[-1].text
    assert (window.project.path, window.project.unsaved) == (path, True)
    assert read_project(path)[0].notes == ""


def test_each_clip_of_a_project_has_what_belongs_to_it(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """Marks and corrections come and go with their clips; each clip is there once."""
    show(window, clips[0])
    session.mark(3, 9)
    session.correct("wrist moved", CORRECTED)
    settle()
    window.project.add([clips[1], clips[0]])
    assert [clip.title for clip in window.project.clips] == ["walk.mp4", "squat.mp4"]
    window.project.step(1)
    settle()
    assert session.state.source is not None
    assert session.state.source.location == clips[1]
    assert (session.state.playback.start, session.state.corrections) == (None, NONE)
    session.mark(20, 30)
    window.project.step(1)
    settle()
    assert (session.state.playback.start, session.state.corrections) == (3, CORRECTED)
    window.project._write(tmp_path / "p.poseviewer", None)
    read, _ = read_project(tmp_path / "p.poseviewer")
    assert [(clip.start, clip.end) for clip in read.clips] == [(3, 9), (20, 30)]
    window.project.remove(0)
    settle()
    assert session.state.source is None
    assert [clip.title for clip in window.project.clips] == ["squat.mp4"]


def test_a_clip_opened_in_a_project_becomes_part_of_it(
    window: Window, clips: list[str], tmp_path: Path
) -> None:
    """A live source does not."""
    show(window, clips[0])
    window.project._write(tmp_path / "p.poseviewer", None)
    show(window, "camera:0")
    assert (len(window.project.clips), window.project.unsaved) == (1, False)
    show(window, clips[1])
    assert (len(window.project.clips), window.project.unsaved) == (2, True)


def project_of(window: Window, clips: list[str], path: Path) -> None:
    """Save a project of both clips, the second corrected, and close it."""
    show(window, clips[0])
    window.project.add(clips[1:])
    window.project.step(1)
    settle()
    window.bridge.session.correct("wrist moved", CORRECTED)
    settle()
    window.project._write(path, None)
    window.project.close_project()
    settle()


def test_a_clip_that_is_missing_is_asked_for(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """Another file is refused; the right one is taken under any name."""
    path, away = tmp_path / "p.poseviewer", tmp_path / "clips" / "away.avi"
    project_of(window, clips, path)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    moved = Path(clips[1]).rename(elsewhere / "renamed.avi")
    show(window, str(path))
    dialog = asked(window, MissingDialog)
    assert isinstance(dialog, MissingDialog)
    away.write_bytes(b"another")
    dialog.take(dialog.chosen, str(away))
    assert "another clip" in dialog.says.text()
    dialog.take(dialog.chosen, str(moved))
    settle()
    assert session.state.source is not None
    assert session.state.source.location == str(moved)
    assert session.state.corrections == CORRECTED
    assert not window.project.unsaved


@pytest.mark.parametrize("left_out", [True, False])
def test_a_project_opens_without_a_clip(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path, left_out: bool
) -> None:
    """Left out, it is gone from the project; else it stays, and is looked for again."""
    path = tmp_path / "p.poseviewer"
    project_of(window, clips, path)
    Path(clips[1]).unlink()
    show(window, str(path))
    dialog = asked(window, MissingDialog)
    assert isinstance(dialog, MissingDialog)
    (dialog.leave_out if left_out else dialog.go_on).click()
    settle()
    assert session.state.source is not None
    assert session.state.source.location == clips[0]
    assert len(window.project.clips) == 2 - left_out
    assert window.project.unsaved is left_out
    if not left_out:
        assert window.project.missing == {1}
        window.project.show_clip(1)
        asked(window, MissingDialog).reject()
        settle()


@pytest.mark.parametrize("whose", ["here", "project"])
def test_where_both_were_corrected_a_person_is_asked_once(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path, whose: str
) -> None:
    """Either can be had; the other is one step away."""
    path = tmp_path / "p.poseviewer"
    show(window, clips[0])
    session.correct("wrist moved", CORRECTED)
    settle()
    window.project._write(path, None)
    window.project.close_project()
    settle()
    other = Annotations(notes="made here")

    def corrected_here(location: str, **rest: object) -> None:
        type(session).open(session, location)
        session.publish(annotations=other)
        session.agreed = ()

    session.open = corrected_here  # type: ignore[method-assign,assignment]
    try:
        show(window, str(path))
    finally:
        del session.open
    answer(window, ConflictDialog, whose)
    expected = (CORRECTED, Annotations()) if whose == "project" else (NONE, other)
    assert (session.state.corrections, session.state.annotations) == expected
    assert window.project.unsaved is (whose == "here")
    if whose == "project":
        session.undo()
        assert session.state.annotations == other
    window.project._write(path, None)
    made = digest(session.state.corrections, session.state.annotations)
    assert session.agreed[-1][1] == made


def test_a_file_that_another_program_has_changed_is_not_replaced_unasked(
    window: Window, clips: list[str], tmp_path: Path
) -> None:
    """It can be replaced all the same."""
    path = tmp_path / "p.poseviewer"
    show(window, clips[0])
    window.project._write(path, None)
    window.project.write_notes("mine")
    write_project(path, read_project(path)[0].with_clip(0, window.project.clips[0]))
    path.write_text(path.read_text().replace('"notes": ""', '"notes": "theirs"'))
    window.project.save()
    asked(window, OverwriteDialog).reject()
    settle()
    assert read_project(path)[0].notes == "theirs"
    window.project.save()
    answer(window, OverwriteDialog, "replace")
    assert read_project(path)[0].notes == "mine"
    window.project.write_notes("mine again")
    window.project.save()
    assert read_project(path)[0].notes == "mine again"


def test_a_damaged_project_is_one_sentence_and_leaves_what_is_open(
    window: Window, session: FakeSession, clips: list[str], tmp_path: Path
) -> None:
    """The clip on screen stays."""
    show(window, clips[0])
    path = tmp_path / "p.poseviewer"
    path.write_text("{")
    show(window, str(path))
    assert session.state.notices[-1].text == (
        "p.poseviewer is not a project of PoseViewer that can be read: it is not JSON in line 1; "
        "choose another file."
    )
    assert session.state.source is not None
    assert window.project.title == ""
