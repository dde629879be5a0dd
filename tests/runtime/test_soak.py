"""The newest frame is the one that is analysed, however slow the network; and the long run."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.bench.soak import resident, slope, soak
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.runtime.state import Choices
from tests.dots import BASE, SIZE, Dots, DotsFeed, loader, picture

if TYPE_CHECKING:
    from tests.runtime.conftest import Desk


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
    feed = Metronome(200)
    seen: list[tuple[int, int]] = []
    enough = threading.Event()
    desk.sources["fast"] = lambda: feed
    desk.session.choose(region="whole")
    follow = desk.session._hub.inference._answer

    def answer(question, order, estimator):  # type: ignore[no-untyped-def]
        newest = desk.session.view().frame
        seen.append((question.frame.index, newest.index if newest else -1))
        time.sleep(0.05)
        if len(seen) >= 25:
            enough.set()
        return follow(question, order, estimator)

    desk.session._hub.inference._answer = answer  # type: ignore[method-assign]
    desk.session.open("fast")
    assert enough.wait(60)
    view = desk.session.view()
    behind = [newest - asked for asked, newest in seen]
    # The frame on screen changes at the moment a question is taken, but never by more than that.
    assert sorted(behind)[len(behind) // 2] <= 1
    numbers = [asked for asked, _ in seen]
    assert numbers == sorted(set(numbers))
    # Between two answers some ten frames come; all but the newest are counted as dropped.
    assert view.stats.drops > 3 * len(seen)
    assert view.stats.drops + len(seen) <= feed.given + 2


def test_a_change_of_network_keeps_the_source_and_mixes_no_answers(desk: Desk) -> None:
    """No result that the old network gave is shown once another one was chosen."""
    feed = Metronome(100)
    desk.sources["fast"] = lambda: feed
    desk.session.open("fast")
    desk.until(lambda v: v.result is not None and v.result.frame.index > 5)
    before = desk.session._hub.inference.order.generation
    asked: list[int] = []

    def swapped(choices: Choices):  # type: ignore[no-untyped-def]
        asked.append(feed.given)
        time.sleep(0.2)
        return loader(Dots())(choices)

    desk.session._hub.inference._loader = swapped
    desk.seen.clear()
    desk.session.choose(model="another", device="cpu")
    view = desk.until(
        lambda v: v.result is not None and v.result.generation > before and not v.busy
    )
    assert view.transport.playing
    assert view.source is not None
    assert feed.given > asked[0] + 3, "the source ran on while the network was loaded"
    old = [
        v.result.frame.index
        for v in desk.seen
        if v.result is not None and v.result.generation == before
    ]
    assert len(set(old)) <= 1, "only the last old answer stays until the first new one"
    assert feed.closed == 0


def test_a_camera_that_is_unplugged_comes_back_by_itself(desk: Desk) -> None:
    """One sentence each, and the picture goes on with a journey of its own."""
    from poseviewer.video.camera import CameraFeed
    from tests.video.fake_camera import FakeCamera

    camera = FakeCamera(size=SIZE)
    desk.sources["camera:0"] = lambda: CameraFeed(0, open_capture=camera.open)
    desk.session.open("camera:0")
    desk.until(lambda v: v.result is not None)
    camera.plugged = False
    view = desk.until(lambda v: v.notices)
    assert [n.text for n in view.notices] == [
        "Camera 0 is gone: plug it in again; it is looked for every second."
    ]
    gone = view.frame
    assert gone is not None
    camera.plugged = True
    view = desk.until(lambda v: len(v.notices) == 2)
    assert view.notices[-1].text == "Camera 0 is back."
    desk.until(lambda v: v.result is not None and v.result.frame.index > gone.index)


def test_a_line_through_the_memory() -> None:
    assert slope([(n, 100 + n * 0.5) for n in range(30)]) == pytest.approx(30.0)
    assert slope([(3.0, 7.0)]) == 0
    assert resident() > 10 or resident() != resident()


@pytest.mark.slow
def test_a_short_soak() -> None:
    """The mechanism of the long run: a 30 Hz source for twenty seconds."""
    found = soak(
        Choices(), location="feed", seconds=20, opener=lambda _: Metronome(30), loader=loader()
    )
    assert found.threads == ()
    assert found.analysed > 50
    assert found.analysed + found.dropped <= found.numbered + 2
    assert {hop.name for hop in found.hops} >= {"capture", "network", "age"}
    assert all(hop.count == found.analysed for hop in found.hops)
    from poseviewer.cli.bench import soak_lines

    assert "threads left behind   none" in soak_lines(found)
    assert not [t for t in threading.enumerate() if t.name.startswith("poseviewer")]
