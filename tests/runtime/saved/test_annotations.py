"""Annotations in the file of a clip: row by row, beside another window's, and undone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import pytest

from poseviewer.core.annotation import NO_ANNOTATIONS, Annotations, KeyFrame
from poseviewer.draw.sheet import PAGE
from poseviewer.runtime.saved.annotations import SavedAnnotations
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.file import APPLICATION, MIGRATIONS
from poseviewer.runtime.saved.library import remove_analyses, saved_file
from tests.core.test_annotation import EVERYTHING, LINE, WATCH
from tests.runtime.saved.test_corrections import EDITS, saved_in
from tests.runtime.saved.test_window import analyse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poseviewer.runtime.saved.library import Saving
    from tests.runtime.conftest import Desk


def read(path: Path) -> Annotations:
    with closing(saved_file(path)) as file:
        return SavedAnnotations(file).load()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(saved_file(path)) as file:
        saved = SavedAnnotations(file)
        for value in (EVERYTHING, Annotations(notes="else"), NO_ANNOTATIONS, EVERYTHING):
            saved.write(value)
            assert read(path) == value


def test_two_windows_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    start = Annotations(drawings=(LINE,), key_frames=(KeyFrame(4), KeyFrame(9)))
    with closing(saved_file(path)) as one, closing(saved_file(path)) as other:
        first, second = SavedAnnotations(one), SavedAnnotations(other)
        first.write(start)
        second.load()
        first.write(replace(start, drawings=(LINE, WATCH), key_frames=(KeyFrame(4),)))
        second.write(replace(start, key_frames=(KeyFrame(4, "low"), KeyFrame(9)), notes="n"))
    assert read(path) == Annotations(
        drawings=(LINE, WATCH), key_frames=(KeyFrame(4, "low"),), notes="n"
    )


def test_a_file_with_corrections_alone_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("".join(MIGRATIONS[:2]))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 2")
        connection.execute("INSERT INTO corrected_sides VALUES (5, 9, 0, 101.25, 60.5)")
        connection.commit()
    assert read(path) == NO_ANNOTATIONS
    with closing(saved_file(path)) as file:
        SavedAnnotations(file).write(EVERYTHING)
        assert SavedCorrections(file).load().sides == EDITS.sides
    assert read(path) == EVERYTHING


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE drawings SET kind = 'circle'",
        "UPDATE drawings SET points = '[[1, 2]'",
        "UPDATE drawings SET points = '[[1e999, 2]]' WHERE kind = 'text'",
        "UPDATE drawings SET first = last + 1",
        "UPDATE key_frames SET frame = -1 WHERE frame = 4",
        "UPDATE calibration SET metres = 9e999",
        "UPDATE notes SET text = printf('%.*c', 200000, 'x')",
    ],
)
def test_what_cannot_be_is_left_out_and_all_else_counts(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(saved_file(path)) as file:
        SavedAnnotations(file).write(EVERYTHING)
        SavedCorrections(file).write(EDITS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    known = read(path)
    parts = {"drawings", "key_frames", "calibration", "notes"}
    (hit,) = {part for part in parts if part in statement.split("SET")[0]}
    assert getattr(known, hit) != getattr(EVERYTHING, hit)
    for part in parts - {hit}:
        assert getattr(known, part) == getattr(EVERYTHING, part)
    with closing(saved_file(path)) as file:
        assert SavedCorrections(file).load() == EDITS


def test_a_full_folder_does_not_lose_them(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(saved_file(path)) as file:
        SavedAnnotations(file).write(EVERYTHING)
    remove_analyses(path)
    assert read(path) == EVERYTHING


def test_a_session_saves_undoes_and_opens_them_again(
    window: Callable[..., Desk], path: Path, saving: Saving
) -> None:
    first = window()
    first.session.open(str(path))
    first.until(lambda s: s.source is not None)
    first.session.annotate("line drawn", Annotations(drawings=(LINE,)))
    first.session.annotate("notes", EVERYTHING)
    # Written before the call has come back: nothing waits for a good end.
    assert read(saved_in(saving)) == EVERYTHING
    first.session.undo()
    assert first.session.state.annotations == Annotations(drawings=(LINE,))
    assert first.session.state.steps == ("line drawn", "notes")
    assert read(saved_in(saving)) == Annotations(drawings=(LINE,))
    first.session.redo()
    first.session.close()

    second = window()
    second.session.open(str(path))
    state = second.until(lambda s: s.source is not None)
    assert state.annotations == EVERYTHING
    assert state.steps == ()


def test_a_session_writes_its_key_frames(
    window: Callable[..., Desk], path: Path, tmp_path: Path
) -> None:
    desk = window()
    analyse(desk, path)
    marked = Annotations(key_frames=(KeyFrame(5, "first"), KeyFrame(90)))
    desk.session.annotate("key frames", marked)
    out = tmp_path / "sheet.png"
    desk.session.contact_sheet(out)
    desk.until(lambda s: any("sheet.png" in notice.text for notice in s.notices))
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape[1] == PAGE[0]
