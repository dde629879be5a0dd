"""The newest frame is the one that is analysed, however slow the network; and the long run."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.bench.live import resident, slope, soak
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.runtime.state import AppState
from tests.dots import BASE, SIZE, Dots, DotsFeed, loader, picture
from tests.runtime.conftest import Desk
from tests.waiting import LONG

if TYPE_CHECKING:
    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.sections import NetworkState


class Metronome(DotsFeed):
    """A feed of its own pace, which numbers what it has given."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._step, self._due, self.given = 1 / rate, 0.0, -1
        self._pictures = [picture(n) for n in range(5)]

    def read(self, timeout: float = 1.0) -> Frame | None:
        now = time.perf_counter()
        self._due = max(self._due, now - self._step) + self._step
        time.sleep(max(0.0, min(self._due - now, timeout)))
        self.given += 1
        return Frame(self._pictures[self.given % 5], self.given, Timestamp(self.given * 300, BASE))


def test_the_newest_frame_is_always_the_one_analysed(desk: Desk) -> None:
    """A source ten times as fast as the network: what begins is what came last."""
    feed = Metronome(100)
    newest: list[int] = []
    enough = threading.Event()

    def begin() -> None:
        frame = desk.session.state.frame
        newest.append(frame.index if frame is not None else -1)
        time.sleep(0.1)
        if len(newest) > 25:
            enough.set()

    desk.engine.before = begin
    desk.sources["fast"] = lambda: feed
    desk.session.change("reading", region="whole")
    desk.session.open("fast")
    assert enough.wait(LONG)
    desk.engine.before = None
    # The first run only warms the network up.
    asked = sorted({s.result.frame.index for s in desk.seen if s.result is not None})[:24]
    behind = [there - index for there, index in zip(newest[1:], asked, strict=False)]
    # The frame on screen changes at the moment a request is taken; on a busy machine more come
    # before some of the runs, never before all.
    assert sorted(behind[1:])[len(behind) // 4] <= 1
    state = desk.session.state
    # Between two answers some ten frames come; all but the newest are counted as dropped.
    assert state.stats.drops > 3 * len(asked)
    assert state.stats.drops + len(asked) <= feed.given + 2


def test_a_change_of_network_keeps_the_source_and_mixes_no_answers() -> None:
    """No result that the old network gave is shown once another one was chosen."""
    feed = Metronome(100)
    asked: list[int] = []

    def load(network: NetworkState) -> Loaded:
        if network.model == "another":
            asked.append(feed.given)
            time.sleep(0.2)
        return loader(Dots())(network)

    desk = Desk(Dots(), {"fast": lambda: feed}).start(loader=load)
    try:
        desk.session.open("fast")
        desk.until(lambda s: s.result is not None and s.result.frame.index > 5)
        desk.session.change("network", model="another", device="cpu")
        desk.seen.clear()
        state = desk.until(
            lambda s: s.answer is not None and s.answer.key.network.model == "another"
        )
        assert state.playback.playing
        assert state.source is not None
        assert feed.given > asked[0] + 3, "the source ran on while the network was loaded"
        old = [s for s in desk.seen if s.answer is not None and s.answer.key != s.key]
        assert len({s.answer.result.frame.index for s in old if s.answer}) <= 1
        # What the old network said stays known as such, and is drawn on nothing.
        assert all(s.shown[1] is None and s.stale for s in old)
        assert feed.closed == 0
    finally:
        desk.session.close()


def test_a_camera_that_is_unplugged_comes_back_by_itself(desk: Desk) -> None:
    """One sentence each, and the picture goes on by itself."""
    from poseviewer.video.camera import CameraFeed
    from tests.video.fake_camera import FakeCamera

    camera = FakeCamera(size=SIZE)
    desk.sources["camera:0"] = lambda: CameraFeed(0, open_capture=camera.open)
    desk.session.open("camera:0")
    desk.until(lambda s: s.result is not None)
    camera.plugged = False
    state = desk.until(lambda s: s.notices)
    assert [n.text for n in state.notices] == [
        "Camera 0 is gone: plug it in again; it is looked for every second."
    ]
    gone = state.frame
    assert gone is not None
    camera.plugged = True
    state = desk.until(lambda s: "is back" in s.notices[-1].text)
    assert [n.text for n in state.notices] == ["Camera 0 is back."]
    desk.until(lambda s: s.result is not None and s.result.frame.index > gone.index)


def test_a_line_through_the_memory() -> None:
    assert slope([(n, 100 + n * 0.5) for n in range(30)]) == pytest.approx(30.0)
    assert slope([(3.0, 7.0)]) == 0
    assert resident() > 10 or resident() != resident()


@pytest.mark.slow
def test_a_short_soak() -> None:
    """The mechanism of the long run: a 30 Hz source for some seconds."""
    feed = Metronome(30)
    found = soak(AppState(), location="feed", seconds=6, opener=lambda _: feed, loader=loader())
    assert found.threads == ()
    assert found.analysed > 10
    assert found.analysed <= found.numbered + 1
    assert found.analysed + found.dropped <= feed.given + 1
    assert {hop.name for hop in found.hops} >= {"capture", "network", "age"}
    assert all(hop.count == found.analysed for hop in found.hops)
    from poseviewer.cli.bench import soak_lines

    assert "threads left behind   none" in soak_lines(found)
    assert not [t for t in threading.enumerate() if t.name.startswith("poseviewer")]
