"""Processes that do the tasks of a batch, and die."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from poseviewer.runtime.batch.pool import cores, in_processes, usual_jobs
from poseviewer.runtime.batch.task import BatchTask, outcome_of
from tests.batch_work import lethal, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_processes() -> Iterator[None]:
    """Fail a test that leaves a process."""
    yield
    assert multiprocessing.active_children() == []


def tasks(folder: Path, *names: str) -> list[BatchTask]:
    return [BatchTask(f"/nowhere/{name}.mp4", name, str(folder)) for name in names]


def test_each_task_is_done_once_and_one_that_kills_is_reported(tmp_path: Path) -> None:
    given = tasks(tmp_path, "a", "fatal", "b", "c", "d")
    found = {one.name: one for one in in_processes(given, lethal, jobs=2)}
    assert sorted(found) == ["a", "b", "c", "d", "fatal"]
    assert {name for name, one in found.items() if one.state == "done"} == {"a", "b", "c", "d"}
    dead = found["fatal"]
    assert dead.state == "failed"
    assert "died 2 times (exit status 7)" in dead.error
    assert outcome_of(given[1]) == dead


def test_what_is_closed_early_ends_its_processes(tmp_path: Path) -> None:
    with closing(in_processes(tasks(tmp_path, "a", "b", "c"), waiting, jobs=2)) as found:
        assert next(found).name == "a"
        assert multiprocessing.active_children()


def test_as_many_processes_as_cores() -> None:
    assert 1 <= usual_jobs() <= cores()
