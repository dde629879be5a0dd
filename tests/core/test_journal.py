"""What a killed process left is found again; what a living one writes is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.files import OutputSet, discard_exports, settle

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from poseviewer.core import files
from poseviewer.core.files import OutputSet
folder = Path(sys.argv[1])
{body}
os.kill(os.getpid(), 9)
"""


def killed(folder: Path, body: str) -> None:
    """Run `body`, and kill its process."""
    code = KILLED.format(body=textwrap.dedent(body))
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=False, capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


WRITTEN = """
outputs = OutputSet(kind="{kind}")
for name in "ab":
    outputs.file(folder / name).write_text("new")
made = outputs.folder(folder / "json", replaces="x_*")
(made / "x_1").write_text("new")
"""


def test_an_export_that_was_killed_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    killed(tmp_path, WRITTEN.format(kind="export"))
    assert len(names(tmp_path)) == 4
    assert settle() == []
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize("after", range(4))
def test_a_renaming_that_was_cut_short_is_finished(tmp_path: Path, after: int) -> None:
    """Killed between any two renamings: all outputs are there in the end, and nothing else."""
    for name in "ab":
        (tmp_path / name).write_text("old")
    body = WRITTEN.format(kind="export") + textwrap.dedent(f"""
        done, rename = [], os.replace
        def counting(*paths):
            if len(done) == {after}:
                os.kill(os.getpid(), 9)
            done.append(rename(*paths))
        files.os.replace = counting
        outputs.commit()
        """)
    killed(tmp_path, body)
    assert settle() == []
    assert names(tmp_path) == ["a", "b", "json"]
    assert [(tmp_path / name).read_text() for name in "ab"] == ["new", "new"]
    assert names(tmp_path / "json") == ["x_1"]


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    outputs = OutputSet(kind="export")
    outputs.file(tmp_path / "a").write_text("half")
    elsewhere = "from poseviewer.core.files import settle; print(len(settle()))"
    done = subprocess.run(
        [sys.executable, "-c", elsewhere], check=True, capture_output=True, text=True
    )
    assert done.stdout == "0\n"
    assert len(names(tmp_path)) == 1
    outputs.commit()
    assert names(tmp_path) == ["a"]


def test_a_recording_waits_for_an_answer(tmp_path: Path) -> None:
    killed(tmp_path, WRITTEN.format(kind="recording"))
    (first,) = settle()
    assert [path.name for path in first.paths] == ["a", "b", "json"]
    assert settle() == [], "a second window is not asked at the same time"
    first.release()
    (again,) = settle()
    (tmp_path / "a").write_text("made meanwhile")
    assert [path.name for path in again.keep()] == ["a (2)", "b", "json"]
    assert settle() == []
    assert names(tmp_path) == ["a", "a (2)", "b", "json"]


def test_only_temporary_files_are_removed(tmp_path: Path, home: Path) -> None:
    """A journal that was tampered with names no file that can be lost."""
    victim = tmp_path / "precious"
    victim.write_text("mine")
    folder = home / "data" / "unfinished"
    folder.mkdir(parents=True)
    lines = (
        '{"kind": "export"}',
        f'{{"part": "{victim}", "path": "{victim}", "replaces": null}}',
        f'{{"backups": ["{victim}"]}}',
        "torn",
    )
    (folder / "0.json").write_text("\n".join(lines))
    (folder / "1.json").write_bytes(b"\xff\x00[[[[")
    (folder / "2.json").symlink_to(victim)
    assert settle() == []
    assert victim.read_text() == "mine"
    assert names(folder) == ["2.json"]


def test_exports_are_discarded_when_the_process_ends(tmp_path: Path) -> None:
    outputs = OutputSet(kind="export")
    outputs.file(tmp_path / "a").write_text("half")
    discard_exports()
    assert names(tmp_path) == []
    outputs.commit()
    assert names(tmp_path) == []


@pytest.mark.parametrize("home_is", ["a file", "nowhere"])
def test_without_a_home_there_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home_is: str
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("POSEVIEWER_HOME", str(blocked if home_is == "a file" else "/proc/none"))
    outputs = OutputSet(kind="export")
    outputs.file(tmp_path / "a").write_text("new")
    outputs.commit()
    assert names(tmp_path) == ["a", "file"]
    assert settle() == []


def test_a_temporary_name_cannot_be_guessed_and_no_link_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    found = {OutputSet().file(tmp_path / "a.txt").name for _ in range(20)}
    assert len(found) == 20
    assert all(len(name) == len(".poseviewer-.part.txt") + 16 for name in found)
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    (tmp_path / f".poseviewer-{'0' * 16}.part.txt").symlink_to(victim)
    with pytest.raises(FileExistsError):
        OutputSet().file(tmp_path / "a.txt")
    assert victim.read_text() == "mine"


def test_a_long_suffix_is_no_part_of_the_temporary_name(tmp_path: Path) -> None:
    path = tmp_path / ("a." + "x" * 250)
    with OutputSet() as outputs:
        outputs.file(path).write_text("new")
    assert os.listdir(tmp_path) == [path.name]
