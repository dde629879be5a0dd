"""A window that is killed while its project is changed, copied and saved."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.runtime.project.autosave import unsaved_projects
from poseviewer.runtime.project.file import read_project
from tests.faults.conftest import ROOT

if TYPE_CHECKING:
    import random
    from pathlib import Path

CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from poseviewer.gui.app import application
from tests.gui.conftest import opened
from poseviewer.gui.settings import Settings

application()
window = opened(Settings(Path(sys.argv[1]) / "window.ini"))
keeper = window.project
keeper.timer.setInterval(1)
written = keeper._autosave.write
number = 0

def write(project, path):
    written(project, path)
    print(f"copied {project.notes}", flush=True)

def work():
    global number
    number += 1
    keeper.write_notes(str(number))
    if number % 4 == 0:
        keeper.save()
        print(f"saved {number}", flush=True)

keeper._autosave.write = write
window.open(sys.argv[2])
keeper._write(Path(sys.argv[3]), None)
print("saved 0", flush=True)
timer = QTimer(interval=int(sys.argv[4]))
timer.timeout.connect(work)
timer.start()
application().exec()
"""


@pytest.mark.slow
def test_of_a_killed_window_no_more_is_lost_than_since_the_last_copy(
    home: Path, tmp_path: Path, chance: random.Random
) -> None:
    """The file is whole, and with what is offered it has all that was copied or saved."""
    clip, path, said = tmp_path / "walk.mp4", tmp_path / "p.poseviewer", tmp_path / "said"
    clip.write_bytes(b"clip")
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(home), str(clip), str(path), "8"],
            cwd=ROOT,
            stdout=out,
        )
        wanted = chance.randint(1, 40)
        while said.read_bytes().count(b"\n") < wanted:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(chance.random() / 20)
        process.kill()
        process.wait()
    lines = said.read_text().splitlines(keepends=True)
    told = [int(line.split()[1]) for line in lines if line.endswith("\n") and line.split()[1:]]
    found = unsaved_projects()
    notes = [read_project(path)[0].notes, *(one.read()[0].notes for one in found)]
    assert max(int(text or 0) for text in notes) >= max(told)
    assert all(one.path == path for one in found)
    for one in found:
        one.found.remove()
    assert {entry.name for entry in tmp_path.iterdir()} >= {"walk.mp4", "p.poseviewer"}
