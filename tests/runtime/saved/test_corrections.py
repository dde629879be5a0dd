"""Corrections in the file of a clip: there at once, whoever ends, and apart from every analysis."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.correction import (
    Corrections,
    Exchange,
    JointCorrection,
    Removal,
    SideSwap,
    Who,
)
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.library import ENDING, saved_file
from tests.runtime.saved.conftest import COUNT
from tests.runtime.saved.test_window import analyse

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.runtime.saved.library import Saving
    from tests.runtime.conftest import Desk

WHO = Who(0, 101.25, 60.5)
EDITS = Corrections(
    (
        JointCorrection(3, "left_wrist", WHO, "moved", (10.5, 20.25)),
        JointCorrection(3, "nose", WHO, "occluded", (1.0, 2.0)),
        JointCorrection(4, "nose", replace(WHO, number=-1), "absent"),
    ),
    (SideSwap(5, 9, WHO),),
    (Exchange(0, 2, 7), Removal(2, 8, 11)),
)


def saved_in(saving: Saving) -> Path:
    (found,) = saving.folder.glob(f"*{ENDING}")
    return found


def read(path: Path) -> Corrections:
    with closing(saved_file(path)) as file:
        return SavedCorrections(file).load()


def test_what_is_written_is_read_and_only_differences_are_written(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(saved_file(path)) as file:
        saved = SavedCorrections(file)
        for edits in (EDITS, Corrections(EDITS.joints[:1]), Corrections(), EDITS):
            saved.write(edits)
            assert read(path) == edits


def test_a_correction_is_there_when_the_clip_is_opened_again(
    window: Callable[..., Desk], path: Path, saving: Saving
) -> None:
    first = window()
    analyse(first, path)
    first.session.seek(40)
    first.shown(40)
    first.until(lambda s: s.shown[1] is not None and s.answer.sequential)
    first.session.correcting.place(0, 9, (11.0, 12.0))
    edits = first.session.state.corrections
    # Written before the call has come back: nothing waits for a good end.
    assert read(saved_in(saving)) == edits
    first.session.close()

    second = window()
    second.session.open(str(path))
    second.until(lambda s: s.analysed == COUNT)
    second.session.seek(40)
    state = second.until(
        lambda s: s.result is not None and s.result.frame.index == 40 and s.result.network
    )
    assert state.corrections == edits
    assert state.result.poses.xy[0, 9].tolist() == [11, 12]
    assert state.steps == ()
    # What the network said is in the file as it was.
    with closing(saved_file(saved_in(saving))) as file:
        from poseviewer.runtime.saved.analysis import archive_of, entries

        raw = archive_of(file, entries(file)[1][0]).at(40)
    assert raw.poses.xy[0, 9].tolist() == state.result.network.xy[0, 9].tolist()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE corrected_joints SET kind = 'guessed'",
        "UPDATE corrected_joints SET x = 1e300 WHERE x IS NOT NULL",
        "UPDATE corrected_joints SET frame = -1",
        "UPDATE corrected_joints SET x = NULL, y = NULL WHERE kind = 'moved'",
        "UPDATE corrected_sides SET person_x = 9e999",
        "UPDATE corrected_people SET kind = 'forgotten'",
    ],
)
def test_values_that_cannot_be_set_the_file_aside(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "clip.sqlite"
    with closing(saved_file(path)) as file:
        SavedCorrections(file).write(EDITS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    assert read(path) == Corrections()
    assert list(tmp_path.glob("*.damaged-1"))


def test_a_full_folder_loses_analyses_before_corrections(
    window: Callable[..., Desk], path: Path, saving: Saving
) -> None:
    desk = window()
    analyse(desk, path)
    desk.session.correcting.mark(0, 3, "wrong")
    edits = desk.session.state.corrections
    desk.session.close()
    small = replace(saving, limit=1)
    (saving.folder / "next-to-go.txt").write_text(saved_in(saving).name)
    small.trim()
    assert read(saved_in(saving)) == edits
    with closing(sqlite3.connect(saved_in(saving))) as connection:
        assert connection.execute("SELECT count(*) FROM chunks").fetchone() == (0,)


_CHILD = """
import sys
from dataclasses import replace
from contextlib import closing
from poseviewer.core.correction import Corrections
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.library import saved_file
from tests.runtime.saved.test_corrections import EDITS
saved, edits = SavedCorrections(saved_file(__import__("pathlib").Path(sys.argv[1]))), Corrections()
for frame in range(100000):
    edits = edits.adding([replace(EDITS.joints[0], frame=frame)])
    saved.write(edits)
    print(frame, flush=True)
"""


def test_killed_at_any_moment_nothing_done_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    for until in (0, 3, 17):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(path)], stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        assert child.stdout is not None
        done = -1
        while done < until:
            done = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split("\n")
        done = max([done, *(int(line) for line in rest[:-1])])
        child.wait()
        child.stdout.close()
        assert [one.frame for one in read(path).joints][: done + 1] == list(range(done + 1))
