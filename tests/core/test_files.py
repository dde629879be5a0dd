"""Outputs that appear whole, together, or not at all."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import (
    OutputSet,
    atomic_output,
    partial_path,
    save_file,
    write_failure,
    write_file,
)

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_gets_its_name_when_it_is_complete(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "o.txt"
    path.write_text("old")
    with atomic_output(path, durable=durable) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.suffix == ".txt"
    assert contents(tmp_path) == {"o.txt": "new"}


def test_a_failure_leaves_what_was_there_and_other_partial_files(tmp_path: Path) -> None:
    path = tmp_path / "o.txt"
    path.write_text("old")
    other = partial_path(path)
    other.write_text("another writer's")
    with pytest.raises(KeyboardInterrupt), atomic_output(path) as part:  # noqa: PT012
        part.write_text("half")
        raise KeyboardInterrupt
    assert contents(tmp_path) == {"o.txt": "old", other.name: "another writer's"}
    write_file(path, b"new")
    assert contents(tmp_path) == {"o.txt": "new", other.name: "another writer's"}


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "o.txt"
    with atomic_output(path) as first, atomic_output(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert contents(tmp_path) == {"o.txt": "first"}


def test_several_outputs_appear_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with OutputSet() as outputs:
        for name in "ab":
            outputs.file(tmp_path / name).write_text("new")
        assert (tmp_path / "a").read_text() == "old"
        assert not (tmp_path / "b").exists()
    assert contents(tmp_path) == {"a": "new", "b": "new"}


def test_where_one_cannot_get_its_name_all_is_as_before(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "x_1.json").write_text("old")
    (tmp_path / "taken").mkdir()
    before = contents(tmp_path)
    with pytest.raises(OSError), OutputSet() as outputs:  # noqa: PT011, PT012
        for name in ("a", "b"):
            outputs.file(tmp_path / name).write_text("new")
        folder = outputs.folder(tmp_path / "json", replaces="x_*.json")
        (folder / "x_2.json").write_text("new")
        outputs.file(tmp_path / "taken").write_text("new")
    assert contents(tmp_path) == before
    assert (tmp_path / "taken").is_dir()


def test_a_folder_takes_new_files_and_keeps_those_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "json"
    for number in (1, 2):
        with OutputSet() as outputs:
            part = outputs.folder(folder, replaces="x_*.json")
            (part / f"x_{number}.json").write_text("new")
            assert not (folder / f"x_{number}.json").exists()
        (folder / "notes.txt").write_text("mine")
    assert contents(folder) == {"x_2.json": "new", "notes.txt": "mine"}
    assert os.listdir(tmp_path) == ["json"]


def test_only_files_of_its_names_keep_a_job_out_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")

    def add(name: str) -> None:
        with OutputSet(replace=False) as outputs:
            (outputs.folder(folder, replaces="x_*.png") / name).write_text("new")

    add("x_1.png")
    assert contents(folder) == {"x_1.png": "new", "notes.txt": "mine"}
    for name in ("x_2.png", "notes.txt"):
        with pytest.raises(FileExistsError):
            add(name)
    assert contents(folder) == {"x_1.png": "new", "notes.txt": "mine"}


def test_a_file_where_the_folder_should_be_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "json").write_text("a file")
    with pytest.raises(OSError), OutputSet() as outputs:  # noqa: PT011, PT012
        outputs.file(tmp_path / "a").write_text("new")
        outputs.folder(tmp_path / "json", replaces="*")
    assert contents(tmp_path) == {"json": "a file"}


def test_a_file_a_person_asked_for_fails_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        PoseViewerError, match=r"o.txt was not written .* does not exist: choose another"
    ):
        save_file(tmp_path / "no" / "o.txt", "text")


@pytest.mark.parametrize(("code", "there"), [(32, False), (5, True)])
def test_windows_says_that_a_file_is_open_elsewhere(tmp_path: Path, code: int, there: bool) -> None:
    path = tmp_path / "angles.csv"
    if there:
        path.write_text("old")
    error = PermissionError(errno.EACCES, "Access is denied")
    error.winerror = code  # type: ignore[attr-defined]
    assert "has it open" in write_failure(path, error)


def test_windows_says_that_a_folder_may_not_be_written_to(tmp_path: Path) -> None:
    error = PermissionError(errno.EACCES, "Access is denied")
    error.winerror = 5  # type: ignore[attr-defined]
    assert "may not be written to" in write_failure(tmp_path / "angles.csv", error)
