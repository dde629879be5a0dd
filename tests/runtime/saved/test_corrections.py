"""Corrections in the file of a clip: there at once, whatever ends, apart from every analysis."""

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
from poseviewer.runtime.saved.file import ClipFacts, SavedFile
from poseviewer.runtime.saved.library import ENDING, saved_file
from tests.runtime.saved.conftest import COUNT
from tests.runtime.saved.test_window import analyse

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.runtime.saved.library import Saving
    from tests.runtime.conftest import Desk

CLIP = ClipFacts("ab" * 32, "walk.mp4", "walk.mp4", (640, 480), 25.0, 30, 1.2)
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
    assert any("Corrected before: 1 joint in 1 frame." in one.text for one in state.notices)
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
def test_a_row_that_cannot_be_is_left_out_and_stays_and_all_others_count(
    tmp_path: Path, statement: str
) -> None:
    path, said = tmp_path / "clip.sqlite", []
    with closing(saved_file(path)) as file:
        SavedCorrections(file).write(EDITS)
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute(statement).rowcount
        connection.commit()
    table = statement.split()[1]
    with closing(SavedFile(path, clip=CLIP, complain=said.append)) as file:
        saved = SavedCorrections(file)
        known = saved.load()
        assert len(known) == len(EDITS) - changed
        (sentence,) = said
        assert "walk.mp4" in sentence
        assert "left out" in sentence
        # What is written from then on is beside it.
        more = JointCorrection(99, "nose", WHO, "wrong")
        after = Corrections((*known.joints, more), (), (Removal(8, 1, 2),))
        saved.write(after)
        assert read(path) == after
        assert len(said) == 1
    with closing(sqlite3.connect(path)) as connection:
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    there = {"corrected_joints": after.joints, "corrected_sides": (),
             "corrected_people": after.people}  # fmt: skip
    assert rows == len(there[table]) + changed


_OTHER = """
import sys
from contextlib import closing
from pathlib import Path
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.library import saved_file
from tests.runtime.saved.test_corrections import EDITS
with closing(saved_file(Path(sys.argv[1]))) as file:
    saved = SavedCorrections(file)
    saved.load()
    print("loaded", flush=True)
    sys.stdin.readline()
    saved.write(EDITS)
    print("written", flush=True)
    sys.stdin.readline()
"""


def test_two_processes_lose_nothing_that_the_other_has_added(tmp_path: Path) -> None:
    path = tmp_path / "clip.sqlite"
    first = Corrections((JointCorrection(1, "neck", WHO, "wrong"),), (SideSwap(0, 3, WHO),),
                        (Removal(5, 0, 9),))  # fmt: skip
    with closing(saved_file(path)) as file:
        SavedCorrections(file).write(first)
    other = subprocess.Popen(
        [sys.executable, "-c", _OTHER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert other.stdin is not None
    assert other.stdout is not None
    with closing(saved_file(path)) as file:
        mine = SavedCorrections(file)
        mine.load()
        assert other.stdout.readline() == "loaded\n"
        added = Corrections(
            (*first.joints, JointCorrection(2, "neck", WHO, "absent")),
            (*first.sides, SideSwap(7, 7, WHO)),
            (*first.people, Exchange(3, 4, 6)),
        )
        assert mine.write(added) == added
        # It takes out what there was at first, and puts its own.
        other.stdin.write("go\n")
        other.stdin.flush()
        assert other.stdout.readline() == "written\n"
        both = read(path)
        assert {*both.joints} == {*EDITS.joints, added.joints[-1]}
        assert {*both.sides} == {*EDITS.sides, SideSwap(7, 7, WHO)}
        assert both.people == (Exchange(3, 4, 6), *EDITS.people)
        # The next change takes over what the other has done.
        one = JointCorrection(40, "nose", WHO, "accepted")
        now = mine.write(added.adding([one]))
        assert now == both.adding([one]) == read(path)
    other.communicate("end\n")
    assert other.returncode == 0


def test_a_window_takes_over_what_another_corrects_and_undoes_its_own_alone(
    window: Callable[..., Desk], path: Path, saving: Saving
) -> None:
    desks = [window(), window()]
    for desk in desks:
        desk.session.open(str(path))
        desk.until(lambda s: s.result is not None and s.result.frame.index == 0)
    first, second = (desk.session for desk in desks)
    first.correcting.mark(0, 3, "wrong")
    second.correcting.mark(0, 5, "wrong")
    assert len(second.state.corrections.joints) == 2
    assert "Another window" in second.state.notices[-1].text
    assert len(first.state.corrections.joints) == 1
    second.undo()
    assert second.state.corrections == first.state.corrections == read(saved_in(saving))
    second.redo()
    first.correcting.mark(0, 3, "accepted")
    kinds = sorted(one.kind for one in first.state.corrections.joints)
    assert kinds == ["accepted", "wrong"]
    first.undo()
    first.undo()
    assert [one.kind for one in read(saved_in(saving)).joints] == ["wrong"]


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
