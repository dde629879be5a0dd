"""One frame, one answer, on real clips: by jump, step, play, analysis, `run` and export."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.pipeline.run import run
from poseviewer.runtime.factories import follower, goniometer, load_network, smoother
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.video.open import open_source
from tests.runtime.conftest import Desk
from tests.tables import tables, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.factories import Loaded
    from poseviewer.video.source import Source

pytestmark = pytest.mark.slow

STATE = AppState().choosing(
    model="hourglass-lite", precision="fp32", region="follow", smooth=True, facing="auto"
)

RANGES = {
    "squat.mp4": (286, 30),
    "mmaction_structuralize.mp4": (100, 30),
    "sports2d_demo.mp4": (40, 8),
    "pose2sim_single_cam03.mp4": (30, 8),
    "intel_one_by_one.mp4": (100, 8),
    "opencv_vtest.avi": (200, 8),
}
"""By clip: the first frame, and how many."""


class Real(Desk):
    """A session with real clips."""

    def _open(self, location: str) -> Source:
        return open_source(location)

    def begin(self, clip: str) -> None:
        """Open a clip anew: nothing is known of it."""
        before = self.session.state.source
        self.session.open(clip)
        self.until(lambda s: s.source is not None and s.source is not before and s.frame)

    def jumped(self, order: Iterable[int]) -> dict[int, FrameResult]:
        """Results of frames that are jumped to."""
        found = {}
        for index in order:
            self.session.seek(index)
            found[index] = self.result(index)
        return found

    def stepped(self, start: int, end: int) -> dict[int, FrameResult]:
        """Results of the frames from `start` to `end`, one after another, and back again."""
        found = self.jumped([start])
        for index in range(start + 1, end + 1):
            self.session.step(1)
            found[index] = self.result(index)
        for index in range(end - 1, start - 1, -1):
            self.session.step(-1)
            same(self.result(index), found[index])
        return found

    def played(self, start: int, end: int) -> dict[int, FrameResult]:
        """Results of the frames from `start` to `end`, played without leaving any out."""
        self.session.mark(start, end)
        self.session.seek(start)
        self.result(start)
        self.session.set_every_frame(True)
        self.seen.clear()
        self.session.play()
        self.until(lambda s: not s.playback.playing and s.playback.index == end)
        self.result(end)
        shown = [result for _, result in (state.shown for state in self.seen) if result]
        found = {result.frame.index: result for result in shown}
        assert sorted(found) == list(range(start, end + 1))
        return found

    def result(self, index: int) -> FrameResult:
        """The result that is shown with a frame, once it is there."""
        result = self.shown(index).shown[1]
        assert result is not None
        return result


@pytest.fixture(scope="module")
def network() -> Loaded:
    return load_network(STATE.network)


@pytest.fixture(scope="module")
def session(network: Loaded) -> Iterator[Real]:
    # One network for the inference thread, and one for whatever runs beside it.
    networks = [network, load_network(STATE.network)]
    made = Real(None, {})  # type: ignore[arg-type]
    made.start(loader=lambda _: networks.pop() if len(networks) > 1 else network, state=STATE)
    yield made
    made.session.close()


def same(one: FrameResult, other: FrameResult) -> None:
    """Fail where two results differ in the last digit of anything."""
    assert one.region == other.region
    for ours, theirs in (
        (one.poses, other.poses),
        (one.shown, other.shown),
        *zip(one.stage_poses, other.stage_poses, strict=True),
    ):
        np.testing.assert_array_equal(ours.xy, theirs.xy)
        np.testing.assert_array_equal(ours.score, theirs.score)
        np.testing.assert_array_equal(ours.visibility, theirs.visibility)
        np.testing.assert_array_equal(ours.track, theirs.track)
    np.testing.assert_array_equal(one.angles.degrees, other.angles.degrees)
    assert one.angles.facing == other.angles.facing


def all_same(some: dict[int, FrameResult], others: dict[int, FrameResult]) -> None:
    for index, result in some.items():
        same(result, others[index])


@pytest.mark.parametrize("name", RANGES)
def test_every_way_to_a_frame_gives_its_one_answer(
    session: Real, network: Loaded, shared: Path, tmp_path: Path, name: str
) -> None:
    clip = str(shared / "videos" / name)
    start, count = RANGES[name]
    end, middle = start + count - 1, start + min(count // 2, 8)
    order = random.Random(name).sample(range(start, end + 1), count)

    # Before an analysis: from the frame alone.
    session.begin(clip)
    jumped = session.jumped(order)
    assert any(len(result.poses) for result in jumped.values())
    session.begin(clip)
    all_same(session.stepped(start, middle), jumped)
    all_same(session.played(middle + 1, end), jumped)
    assert session.session.state.answer is not None
    assert not session.session.state.answer.sequential

    # After it: the analysis, whose frames follow on each other.
    session.session.mark(start, end)
    session.session.analyse()
    state = session.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert state.analysis is not None
    assert state.analysis.error is None
    assert state.analysed == count
    session.until(lambda s: s.answer is not None and s.answer.sequential)
    with open_source(clip) as source:
        pairs = run(
            source,  # type: ignore[arg-type]
            network.estimator(STATE.reading),
            follower(STATE.reading),
            start=start,
            end=end,
            goniometer=goniometer(STATE.reading, STATE.angles),
            smoother=smoother(STATE.reading),
        )
        straight = {frame.index: result for frame, result in pairs}
    all_same(session.jumped(order), straight)
    all_same(session.stepped(start, middle), straight)
    all_same(session.played(start, end), straight)
    history = session.session.history()
    assert history.index.tolist() == list(range(start, end + 1))
    for row, index in enumerate(history.index.tolist()):
        if len(straight[index].poses):
            np.testing.assert_array_equal(history.degrees[row], straight[index].angles.degrees[0])

    # The export says the same, digit for digit.
    folder = tmp_path / "export"
    folder.mkdir()
    session.session.export(
        ExportJob(folder / "o.mp4", start=start, end=end, overlay=False, data=("csv",))
    )
    state = session.until(
        lambda s: s.export is not None and s.export.finished and str(folder) in s.export.output
    )
    assert state.export is not None
    assert state.export.error is None
    assert written(folder) == tables(tmp_path / "run", straight.values())
