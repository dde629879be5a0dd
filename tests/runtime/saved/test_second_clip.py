"""A second clip beside the first one: what is saved of it is shown, in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.runtime.saved.conftest import COUNT, FileClip
from tests.runtime.saved.test_window import analyse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poseviewer.runtime.beside_look import BesideAnswer
    from tests.runtime.conftest import Desk


def answer(desk: Desk, *, frame: int) -> BesideAnswer:
    """The answer that shows a frame of the second clip."""

    def there(_state: object) -> bool:
        found = desk.session.second_clip().answer
        return found is not None and found.seen.frame.index == frame

    desk.until(there)
    found = desk.session.second_clip().answer
    assert found is not None
    return found


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another file than `path`."""
    made = tmp_path / "other.mp4"
    made.write_bytes(bytes(range(255, -1, -1)) * 40)
    return made


@pytest.fixture
def desk(window: Callable[..., Desk], path: Path, other: Path) -> Desk:
    """A session with one clip open and another one analysed before."""
    before = window()
    before.sources[str(other)] = lambda: FileClip(other)
    before.session.open(str(other))
    analyse(before, other)
    before.session.close()
    made = window()
    made.sources[str(other)] = lambda: FileClip(other)
    made.session.open(str(path))
    made.until(lambda s: s.source is not None and s.result is not None)
    return made


def test_what_is_saved_of_it_is_shown_in_step(desk: Desk, other: Path) -> None:
    session = desk.session
    assert session.analysed_clips() == (("other.mp4", str(other)),)
    assert session.second_clip().answer is None
    session.change("angles", second=str(other))
    first = answer(desk, frame=0)
    assert first.seen.result is not None
    assert first.seen.result.frame is first.seen.frame
    assert first.history is not None
    assert first.history.index.tolist() == list(range(COUNT))
    # The steps of both clips are the same, so ten frames on is ten frames on.
    session.seek(10)
    assert answer(desk, frame=10).beside.clip == str(other)
    session.change("angles", second_offset=float(FileClip(other).time(20).seconds))
    session.seek(0)
    assert answer(desk, frame=20).history is first.history
    # Measured anew where it is defined otherwise how, as the first clip is.
    session.change("angles", facing="left")

    def anew(_state: object) -> bool:
        found = session.second_clip().answer
        return found is not None and found.history is not first.history

    desk.until(anew)
    session.change("angles", second="")
    assert session.second_clip().answer is None


def test_of_one_that_is_not_analysed_the_network_is_asked(
    window: Callable[..., Desk], path: Path, other: Path
) -> None:
    desk = window()
    desk.sources[str(other)] = lambda: FileClip(other, 5)
    desk.session.open(str(path))
    desk.until(lambda s: s.source is not None and s.result is not None)
    desk.session.change("angles", second=str(other))
    found = answer(desk, frame=0)
    assert found.history is None
    assert found.seen.result is not None
    desk.session.seek(100)
    assert answer(desk, frame=4).seen.note == "has ended"


def test_what_cannot_be_opened_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.session.change("angles", second=str(tmp_path / "gone.mp4"))
    desk.until(lambda _: "does not exist" in desk.session.second_clip().state)
    assert desk.session.second_clip().answer is None
