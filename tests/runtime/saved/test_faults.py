"""Damaged files, full disks, other programs' tables: one sentence, and the analysis goes on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from poseviewer.runtime.saved import file as module
from poseviewer.runtime.saved.file import MIGRATIONS, connect
from poseviewer.runtime.saved.library import Saving, saved_file
from tests.runtime.saved.conftest import COUNT, FileClip
from tests.runtime.saved.test_window import analyse, results, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runtime.conftest import Desk

    Window = Callable[..., Desk]


@pytest.fixture
def saved(window: Window, path: Path, saving: Saving) -> Path:
    """The file of a clip of which 100 frames are saved."""
    desk = window()
    analyse(desk, path, until=100)
    desk.session.close()
    (made,) = saving.folder.iterdir()
    return made


def notices(desk: Desk) -> str:
    return "\n".join(notice.text for notice in desk.session.state.notices)


def test_a_damaged_file_is_set_aside(window: Window, path: Path, saved: Path) -> None:
    for number, damage in enumerate((b"no database", saved.read_bytes()[:9000]), start=1):
        saved.write_bytes(damage)
        desk = window()
        desk.session.open(str(path))
        desk.until(lambda _, desk=desk: "set aside" in notices(desk))
        aside = saved.with_name(f"{saved.stem}.damaged-{number}")
        assert aside.read_bytes() == damage
        assert aside.name in notices(desk)
        analyse(desk, path, until=20)
        desk.session.close()
        assert saved.is_file()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunks SET poses = zeroblob(100)",
        "UPDATE chunks SET detail = curves",
        "UPDATE chunks SET measures = x''",
        "DELETE FROM chunks WHERE first > 0",
        "UPDATE analyses SET state = zeroblob(3)",
        "UPDATE analyses SET next = 1000000",
        "UPDATE analyses SET state = x'7801abae0500017500f9'",
        "UPDATE chunks SET count = 3000",
        "CREATE TRIGGER evil AFTER INSERT ON chunks BEGIN DELETE FROM analyses; END",
        "CREATE VIEW more AS SELECT 1",
        "PRAGMA application_id = 3",
    ],
)
def test_values_that_cannot_be(window: Window, path: Path, saved: Path, statement: str) -> None:
    with closing(sqlite3.connect(saved)) as connection:
        connection.execute(statement)
        connection.commit()
    desk = window()
    analyse(desk, path, until=20)
    desk.until(lambda s: s.analysed >= 20)
    found = results(desk)[:20]
    assert [result.frame.index for result in found] == list(range(20))
    assert all(len(result.poses) == 1 for result in found)
    assert "set aside" in notices(desk)


def test_a_newer_file_is_left_alone(window: Window, path: Path, saved: Path) -> None:
    with closing(sqlite3.connect(saved)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = saved.read_bytes()
    desk = window()
    analyse(desk, path, until=10)
    desk.session.close()
    assert saved.read_bytes() == before


def test_an_older_file_is_brought_up_to_date(
    window: Window, path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = (*MIGRATIONS, "CREATE TABLE marks (frame INTEGER NOT NULL) STRICT;")
    monkeypatch.setattr(module, "MIGRATIONS", later)
    module._expected.cache_clear()
    desk = window()
    desk.session.open(str(path))
    desk.until(lambda s: s.analysed == 100)
    with closing(sqlite3.connect(saved)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    monkeypatch.undo()
    module._expected.cache_clear()


def test_a_full_disk(
    window: Window, path: Path, saving: Saving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(where: Path) -> sqlite3.Connection:
        connection = connect(where)
        connection.execute("PRAGMA max_page_count = 12")
        return connection

    monkeypatch.setattr(module, "connect", small)
    desk = window()
    analyse(desk, path)
    assert "cannot be saved" in notices(desk)
    assert "full" in notices(desk)
    assert len([n for n in desk.session.state.notices if "cannot be saved" in n.text]) == 1
    assert len(results(desk)) == COUNT


def test_a_folder_that_cannot_be_made(window: Window, path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = window(saving=Saving(tmp_path / "file" / "results"))
    analyse(desk, path, until=20)
    assert "cannot be saved" in notices(desk)
    assert len(results(desk)) == 20


def test_two_windows_on_one_clip(window: Window, path: Path) -> None:
    first, second = window(), window()
    second.session.open(str(path))
    second.until(lambda s: s.answer is not None)
    analyse(first, path, until=90)
    first.session.close()
    analyse(second, path)
    assert second.engine.runs < 90
    third = window(saving=None)
    analyse(third, path)
    same(tuple(results(second)), tuple(results(third)))


def test_another_engine_begins_again(window: Window, path: Path, saved: Path) -> None:
    desk = window()
    desk.engine.label = "Dots, another"
    analyse(desk, path)
    assert desk.engine.runs >= COUNT
    desk.session.close()
    with closing(sqlite3.connect(saved)) as connection:
        rows = connection.execute("SELECT engine, next FROM analyses").fetchall()
    assert rows == [("Dots, another", COUNT)]


def test_other_weights_or_content_are_another_analysis(
    window: Window, path: Path, saved: Path
) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    desk = window()
    analyse(desk, path, until=5)
    assert desk.engine.runs >= 5
    assert len(list(saved.parent.glob("*.sqlite"))) == 2


def test_beside_the_clip(window: Window, path: Path, saving: Saving) -> None:
    desk = window(saving=Saving(saving.folder, beside=True))
    analyse(desk, path, until=10)
    desk.session.close()
    made = path.with_name("walk.mp4.poses.sqlite")
    assert made.is_file()
    assert not saving.folder.exists()


def test_a_part_does_not_take_the_place_of_the_whole(
    window: Window, path: Path, saved: Path
) -> None:
    first = window()
    first.session.open(str(path))
    first.until(lambda s: s.analysed == 100)
    first.session.mark(120, 139)
    first.until(lambda s: s.playback.start == 120)
    first.session.analyse()
    first.until(lambda s: s.analysed == 20 and s.analysis.finished)
    first.session.close()
    second = window()
    second.session.open(str(path))
    second.until(lambda s: s.analysed == 100)


def test_the_oldest_goes_first_and_is_announced(path: Path, saved: Path) -> None:
    other = saved.with_name("f" * 32 + ".sqlite")
    other.write_bytes(saved.read_bytes())
    os.utime(saved, (1000, 1000))
    size = saved.stat().st_size
    assert Saving(saved.parent, limit=size * 3).trim() == ""

    told = Saving(saved.parent, limit=int(size * 2.1)).trim()
    assert "are removed first" in told
    assert path.name in told
    assert saved.is_file()

    tight = Saving(saved.parent, limit=int(size * 1.9))
    assert "were removed" in tight.trim() or not saved.exists()
    assert not saved.exists()
    assert other.is_file()
    # The last one stays, and nothing goes that was not announced.
    assert Saving(saved.parent, limit=1).trim() == ""
    assert other.is_file()


def test_a_file_that_a_window_has_open_stays(window: Window, path: Path, saved: Path) -> None:
    other = saved.with_name("f" * 32 + ".sqlite")
    other.write_bytes(saved.read_bytes())
    desk = window()
    analyse(desk, path)
    os.utime(saved, (1000, 1000))
    for _ in range(2):
        Saving(saved.parent, limit=100).trim()
    assert saved.is_file()


def test_nothing_but_files_is_saved(window: Window, saving: Saving, tmp_path: Path) -> None:
    desk = window()
    desk.sources["gone"] = lambda: FileClip(tmp_path / "gone.mp4")
    desk.session.open("gone")
    desk.until(lambda s: s.answer is not None)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert not saving.folder.exists()


def test_what_is_read_is_whole(saved: Path) -> None:
    file = saved_file(saved)
    with closing(file), file.reading() as connection:
        assert connection is not None
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)
