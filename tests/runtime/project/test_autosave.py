"""The copy that outlives a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import settle
from poseviewer.runtime.project.autosave import Autosave, projects_folder, unsaved_projects
from poseviewer.runtime.project.value import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of the test's own."""
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def parts(folder: Path) -> list[str]:
    """Names in a folder that look like copies."""
    return [path.name for path in folder.glob(".poseviewer-*.part.poseviewer")]


def die(*, path: str) -> None:
    """Have another process write two copies of a project, and end without tidying up."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from poseviewer.runtime.project.autosave import Autosave\n"
        "from poseviewer.runtime.project.value import Project\n"
        "copy = Autosave()\n"
        "for notes in ('first', 'second'):\n"
        "    copy.write(Project('k', notes=notes), Path(sys.argv[1]) if sys.argv[1] else None)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, path], check=False, env=dict(os.environ))
    assert ended.returncode == -9


def test_a_copy_lies_beside_the_project_until_it_is_removed(tmp_path: Path) -> None:
    """One, hidden, however often it is written; one that follows the project elsewhere."""
    copy, path = Autosave(), tmp_path / "p.poseviewer"
    copy.write(Project("k"), path)
    copy.write(Project("k", notes="x"), path)
    assert len(parts(tmp_path)) == 1
    assert unsaved_projects() == []  # its process lives
    (tmp_path / "other").mkdir()
    copy.write(Project("k"), tmp_path / "other" / "p.poseviewer")
    assert (parts(tmp_path), len(parts(tmp_path / "other"))) == ([], 1)
    copy.remove()
    assert parts(tmp_path / "other") == []


def test_what_a_killed_process_left_is_offered_until_it_is_decided(tmp_path: Path) -> None:
    """The latest copy, under the name of its project; commands leave it alone."""
    path = tmp_path / "p.poseviewer"
    die(path=str(path))
    assert settle() == []
    (found,) = unsaved_projects()
    assert (found.path, found.title, found.read()) == (
        path,
        "p",
        (Project("k", notes="second"), ""),
    )
    found.found.release()
    (again,) = unsaved_projects()
    again.found.remove()
    assert (unsaved_projects(), parts(tmp_path)) == ([], [])


def test_a_project_without_a_file_has_its_copy_in_the_data_folder() -> None:
    """It has no path when it comes back."""
    die(path="")
    (found,) = unsaved_projects()
    assert (found.path, found.title) == (None, "Untitled")
    assert found.read()[0].notes == "second"
    found.found.remove()
    assert parts(projects_folder()) == []


def test_where_the_folder_cannot_be_written_to_the_copy_lies_in_the_data_folder(
    tmp_path: Path,
) -> None:
    """And where that cannot be either, one sentence says so."""
    path = tmp_path / "gone" / "p.poseviewer"
    copy = Autosave()
    copy.write(Project("k"), path)
    assert len(parts(projects_folder())) == 1
    copy.remove()
    projects_folder().rmdir()
    projects_folder().write_text("")
    with pytest.raises(PoseViewerError, match="was not saved"):
        copy.write(Project("k"), path)
