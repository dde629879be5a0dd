"""What a session saves, another one shows, and goes on with to the last digit."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from poseviewer.core.skeleton import Skeleton
from tests.runtime.saved.conftest import COUNT, FileClip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runtime.conftest import Desk

NOT_COMPARED = {"timings", "generation", "captured", "pixels"}


def same(one: Any, other: Any, where: str = "result") -> None:
    """Check that two values are equal to the last bit."""
    assert type(one) is type(other), where
    if isinstance(one, Skeleton):
        assert one is other, where
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, where)
    elif is_dataclass(one):
        for field in fields(one):
            if field.name not in NOT_COMPARED:
                same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{where}[{number}]")
    else:
        assert one == other, where


def analyse(desk: Desk, path: Path, *, until: int = COUNT) -> None:
    """Analyse up to a frame, and stop there."""
    if desk.session.state.source is None:
        desk.session.open(str(path))
    desk.until(lambda s: s.source is not None and s.result is not None)
    desk.session.mark(0, until - 1)
    desk.until(lambda s: s.playback.end == until - 1)
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished and s.analysed >= until)


def results(desk: Desk) -> list[Any]:
    """Every result that the session has, in order."""
    found = desk.session._coordinator.found
    return [found.get(index).result for index in range(found.analysed)]  # type: ignore[union-attr]


@pytest.fixture
def whole(window: Callable[..., Desk], path: Path) -> Desk:
    """A session that has analysed the clip at one go and saved nothing."""
    desk = window(saving=None)
    analyse(desk, path)
    return desk


def test_opening_shows_what_was_saved(window: Callable[..., Desk], path: Path, whole: Desk) -> None:
    first = window()
    analyse(first, path)
    first.session.close()
    path = path.rename(path.with_name("renamed.mp4"))

    second = window()
    second.sources[str(path)] = lambda: FileClip(path)
    second.session.open(str(path))
    state = second.until(lambda s: s.analysed == COUNT and s.answer is not None)

    assert state.answer.sequential
    same(tuple(results(second)), tuple(results(whole)))
    same(second.session.history(), whole.session.history())
    same(second.session.people.seen(), whole.session.people.seen())


def test_a_closed_run_goes_on_as_if_it_had_never_stopped(
    window: Callable[..., Desk], path: Path, whole: Desk
) -> None:
    for until in (50, 51, 117):
        desk = window()
        analyse(desk, path, until=until)
        desk.session.close()
    last = window()
    analyse(last, path)

    assert last.engine.runs < 60
    same(tuple(results(last)), tuple(results(whole)))
    same(last.session.history(), whole.session.history())
    same(last.session.people.seen(), whole.session.people.seen())


def test_each_choice_shows_its_own(window: Callable[..., Desk], path: Path) -> None:
    first = window()
    analyse(first, path, until=40)
    first.session.change("reading", decoding="argmax")
    first.until(lambda s: not s.analysed)
    first.session.mark(0, 19)
    first.session.analyse()
    first.until(lambda s: s.analysed == 20 and s.analysis.finished)
    first.session.close()

    second = window()
    second.session.open(str(path))
    second.until(lambda s: s.analysed == 40)
    second.session.change("reading", decoding="argmax")
    second.until(lambda s: s.analysed == 20)
    second.session.change("reading", decoding="dark")
    second.until(lambda s: s.analysed == 40)


def test_other_settings_measure_what_was_saved_anew(
    window: Callable[..., Desk], path: Path, whole: Desk
) -> None:
    first = window()
    analyse(first, path, until=100)
    first.session.close()
    for gate in (0.6, 0.6, 0.3):
        desk = window()
        desk.session.change("reading", gate=gate)
        desk.session.open(str(path))
        desk.until(lambda s: s.analysed == 100)
        desk.session.close()
    last = window()
    analyse(last, path)
    same(tuple(results(last)), tuple(results(whole)))
    same(last.session.history(), whole.session.history())

    for desk in (last, whole):
        desk.session.change("reading", gate=0.7, smooth=False)
        desk.until(
            lambda s, desk=desk: desk.session._coordinator.found.agree_with(s.reading, s.angles)
        )
    same(tuple(results(last)), tuple(results(whole)))
    same(last.session.history(), whole.session.history())


def test_saved_results_are_compared_with_ground_truth(
    window: Callable[..., Desk], path: Path, whole: Desk
) -> None:
    first = window()
    analyse(first, path, until=60)
    first.session.close()
    second = window()
    analyse(second, path, until=61)
    wanted, found = (desk.session._coordinator.found.plotted() for desk in (whole, second))
    assert list(found) == list(range(61)) == list(dict(found))
    for index in found:
        same(found[index], wanted[index])
        assert found[index] is second.session._coordinator.found.plotted()[index]
    assert 61 not in found


def test_only_the_user_may_read_what_is_saved(
    window: Callable[..., Desk], path: Path, tmp_path: Path
) -> None:
    desk = window()
    analyse(desk, path, until=10)
    files = list((tmp_path / "results").iterdir())
    assert files
    assert all(file.stat().st_mode & 0o077 == 0 for file in [tmp_path / "results", *files])
