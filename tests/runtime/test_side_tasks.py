"""What works beside the network: nothing of one clip or person is given out as another's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.joint_travel import TravelFinder
from poseviewer.runtime.reviewer import Reviewer
from poseviewer.runtime.similar_poses import SimilarPoses
from poseviewer.runtime.state import AppState, SourceInfo
from poseviewer.runtime.truth_comparison import TruthComparison
from poseviewer.truth.frames import Truth
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SKELETON = load_skeleton("mpii-16")
COUNT = 30


def poses_at(index: int, seed: int) -> Poses:
    """Two people who move, differently in each clip."""
    rng = np.random.default_rng(seed)
    xy = 100 + 60 * rng.random((2, 16, 2)) + 10 * np.sin(index / 3 + seed)
    xy[1] += 300
    return Poses(
        xy.astype(np.float32),
        np.full((2, 16), 0.9, np.float32),
        np.ones((2, 4), np.float32),
        np.array([0, 1]),
        SKELETON,
    )


@dataclass(eq=False)
class Analysed:
    """The results of a clip, as far as those who work beside the network look at them."""

    seed: int
    analysed: bool = True
    history: AngleHistory = field(default_factory=lambda: AngleHistory(()))

    def __post_init__(self) -> None:
        self.found = {}
        for index in range(COUNT):
            poses = poses_at(index, self.seed)
            frame = Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, 25)))
            angles = measure(poses, specs=())
            box = Box(0, 0, 1, 1)
            self.found[index] = FrameResult(frame, poses, (poses,), angles, (), box)

    def plotted(self) -> dict[int, FrameResult]:
        return self.found


def state(*, focus: int | None = None) -> AppState:
    source = SourceInfo("a.mp4", "/a.mp4", (640, 480), 25.0, False, np.arange(COUNT) / 25)
    made = AppState(source=source).choosing(joint="left_wrist")
    return replace(made, people=replace(made.people, focus=focus))


TRUTH = Truth("truth.csv", None, COUNT, lambda index: poses_at(index, 5), SKELETON, range(COUNT))


def _similar(task: SimilarPoses, results: Analysed, state: AppState) -> object:
    return task.look(results, state, others=None)[0]


def _travel(task: TravelFinder, results: Analysed, state: AppState) -> object:
    return task.look(results, state)


def _review(task: Reviewer, results: Analysed, state: AppState) -> object:
    del state
    return task.look(results)


def _truth(task: TruthComparison, results: Analysed, state: AppState) -> object:
    return task.look(TRUTH, results, state)


KINDS = {
    "similar": (SimilarPoses, _similar),
    "travel": (TravelFinder, _travel),
    "review": (Reviewer, _review),
    "truth": (TruthComparison, _truth),
}


@pytest.fixture(params=KINDS)
def looking(request) -> Iterator[Callable[[Analysed, AppState], object]]:
    """What asks one of those tasks."""
    kind, look = KINDS[request.param]
    task = kind(lambda: None)
    yield lambda results, state: look(task, results, state)
    for thread in task.close():
        thread.join()


def test_nothing_of_one_clip_stands_under_the_name_of_another(looking):
    """Nobody looked while the other one was opened, as where the dock lay behind another."""
    one, other = Analysed(0), Analysed(1)
    assert until(lambda: looking(one, state()) is not None)
    assert looking(other, state()) is None
    assert until(lambda: looking(other, state()) is not None)


@pytest.mark.parametrize("looking", ["similar", "travel", "truth"], indirect=True)
def test_nothing_of_one_person_stands_under_the_name_of_another(looking):
    results = Analysed(0)
    assert until(lambda: looking(results, state(focus=0)) is not None)
    assert looking(results, state(focus=1)) is None
    assert until(lambda: looking(results, state(focus=1)) is not None)
