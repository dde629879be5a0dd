"""Analyses that are killed while they are saved, and two at a time."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.angle import offered_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.models import registry
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.saved.analysis import archive_of, entries
from poseviewer.runtime.saved.library import results_folder, saved_files
from poseviewer.runtime.state import AppState
from tests.dots import CARD, DotsClip
from tests.faults.conftest import ROUNDS
from tests.waiting import LONG, until

if TYPE_CHECKING:
    import random
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Child = Callable[..., subprocess.Popen[str]]

FRAMES = 200


@pytest.fixture
def walk(tmp_path: Path) -> str:
    """A clip that takes some seconds to analyse."""
    made = tmp_path / "walk.mp4"
    job = ExportJob(made, overlay=False)
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    return str(made)


@pytest.fixture(autouse=True)
def dots_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of dots is the only one there is."""
    monkeypatch.setattr(registry, "card", lambda _: CARD)


def saved() -> list[NDArray[np.float32]]:
    """Joints and angles of all frames that are saved; the file is whole."""
    files = saved_files(results_folder())
    if not files:
        return []
    (file,) = files
    with closing(file):
        try:
            _, found = entries(file)
        except PoseViewerError as error:
            if "no saved results" not in str(error):
                raise
            # Killed before the first transaction.
            return []
        if not found:
            return []
        with file.reading() as connection:
            assert connection is not None
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        archive = archive_of(file, found[0])
        archive.curves(angles=len(offered_angles(archive.model.skeleton)))
        return [archive.at(index).poses.xy for index in range(len(archive))]  # type: ignore[union-attr]


@pytest.mark.slow
def test_an_analysis_that_is_killed_again_and_again(
    walk: str, child: Child, chance: random.Random, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing that was saved is lost, and the end is what one run would have found."""
    before = 0
    for _ in range(2 + 2 * min(ROUNDS, 5)):
        process = child("analyse", walk)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "working", process.communicate()[1]
        time.sleep(chance.uniform(0, 1))
        process.kill()
        process.communicate()
        now = len(saved())
        assert now >= before
        before = now
    process = child("analyse", walk)
    assert until(lambda: saved() or process.poll() is not None)
    process.kill()
    process.communicate()
    assert len(saved()) >= max(before, 1)
    process = child("analyse", walk)
    out, err = process.communicate(timeout=LONG)
    assert out.split() == ["working", "done"], err
    parts = saved()

    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "another"))
    out, err = child("analyse", walk).communicate(timeout=LONG)
    assert out.split() == ["working", "done"], err
    whole = saved()
    assert len(parts) == len(whole) == FRAMES
    np.testing.assert_array_equal(np.concatenate(parts), np.concatenate(whole))


@pytest.mark.slow
def test_two_at_a_time(walk: str, child: Child) -> None:
    """Both come to the end, and one of them may take over what the other has found."""
    processes = [child("analyse", walk) for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=LONG)
        assert out.split() == ["working", "done"], err
    assert len(saved()) == FRAMES
