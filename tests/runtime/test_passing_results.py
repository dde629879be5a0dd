"""The analysis for commands: what passes is not held."""

from __future__ import annotations

import gc
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.result import FrameResult
from poseviewer.models import registry
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.runtime.passing_results import PassingResults, passing_analyst
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.saved import analysis
from poseviewer.runtime.saved.library import Saving
from poseviewer.runtime.state import AppState
from tests.dots import CARD, Dots, loader
from tests.pipeline.test_track import frame, poses
from tests.runtime.saved.conftest import FileClip

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 200
HELD = 2 * analysis.CHUNK + 32
"""Results at a time: the row that is written, the one that is read, and those on their way."""


def held() -> int:
    return sum(type(each) is FrameResult for each in gc.get_objects())


@pytest.mark.parametrize("saves", [False, True])
def test_results_of_a_long_clip_are_not_held(
    saves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "card", lambda _: CARD)
    monkeypatch.setattr(analysis, "PERIOD", 0.0)
    file = tmp_path / "walk.mp4"
    file.write_bytes(b"a clip of its own")
    clip, state = FileClip(file, COUNT, size=(64, 48)), AppState()
    saving = Saving(tmp_path / "results") if saves else None
    gc.collect()  # What tests before have left would be collected meanwhile.
    before = held()
    for reused in (0, COUNT if saves else 0):
        with passing_analyst(
            clip, state, loader=loader(Dots()), saving=saving, complain=pytest.fail
        ) as analyst:
            analyst.begin(0, COUNT - 1, instead=True)
            most = 0
            with closing(analyst.sequence(clip, 0, COUNT - 1, pixels=True)) as results:
                for number, _ in enumerate(results):
                    if number % 20 == 0:
                        most = max(most, held() - before)
            assert analyst.reused == reused
            assert 0 < most < HELD < COUNT


def test_an_analysis_numbers_by_the_window_that_is_chosen() -> None:
    """The commands' and the window's."""
    body = np.random.default_rng(3).uniform(0, 100, (len(poses([]).skeleton.joints), 2))
    copy = body + np.random.default_rng(4).normal(0, 9, body.shape)
    for seconds, last in ((0.0, [0, 1]), (1.0, [0, -1])):
        state = AppState().choosing(track_window=seconds)
        for results in (PassingResults(state), ResultStore().of(state.key)):
            course = results.course(0, 9, follower=RegionFollower, instead=True)
            for index in range(6):
                found = course.tracker.apply(poses([body, copy]), frame=frame(index))
            assert found.track.tolist() == last
