"""A source or an engine that stalls, disappears or jumps in time while it is shown."""

from __future__ import annotations

import shutil
import threading
import time
from fractions import Fraction
from threading import Event
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.recording import video as recording
from poseviewer.video.file import FileClip
from tests.dots import Dots, DotsClip, DotsFeed, loader, picture
from tests.runtime.conftest import Desk
from tests.waiting import LONG

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.video.source import Source

    Start = Callable[..., Desk]

CLOSING = 40.0
"""Seconds that closing may take here, whatever runs: a second of waiting, and a busy machine."""


@pytest.fixture
def release() -> Iterator[Event]:
    """Ends what stalls, when the test is over."""
    made = Event()
    before = set(threading.enumerate())
    yield made
    made.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(LONG)


@pytest.fixture
def start(release: Event) -> Iterator[Callable[..., Desk]]:
    """Starts a session over a made-up network, which is closed when the test is over."""
    desks = []

    def begin(*, load: Loader | None = None, **sources: Callable[[], Source]) -> Desk:
        desks.append(Desk(Dots(), sources))
        return desks[-1].start(loader=load or loader())

    yield begin
    release.set()
    for desk in desks:
        desk.session.close()


def closes_in_time(desk: Desk) -> None:
    began = time.monotonic()
    desk.session.close()
    assert time.monotonic() - began < CLOSING


class StalledFeed(DotsFeed):
    """A camera that stops answering after some frames."""

    def __init__(self, release: Event, after: int) -> None:
        super().__init__()
        self._release, self._after, self._reads = release, after, 0

    def read(self, timeout: float = 1.0) -> Frame | None:
        self._reads += 1
        if self._reads > self._after:
            self._release.wait()
        self.push()
        return super().read(timeout)


class StalledClip(DotsClip):
    """A clip on a server that stops answering."""

    def __init__(self, release: Event, after: int) -> None:
        super().__init__()
        self._release, self._after = release, after

    def read(self, index: int) -> Frame:
        if index > self._after:
            self._release.wait()
        return super().read(index)


@pytest.mark.parametrize("what", ["feed", "clip", "opening", "network", "compiling", "export"])
def test_closing_while_something_stalls(
    start: Start, release: Event, tmp_path: Path, chance: random.Random, what: str
) -> None:
    """The window is never held up by what does not answer, and no partial file is committed."""
    after = chance.randrange(3, 12)
    engine = Dots(gate=release if what == "network" else None)

    def stalled_opening() -> DotsClip:
        release.wait()
        return DotsClip()

    def load(network: object) -> Loaded:
        if what == "compiling":
            release.wait()
        return loader(engine)(network)

    sources = {
        "feed": lambda: StalledFeed(release, after),
        "clip": lambda: StalledClip(release, after),
        "opening": stalled_opening,
        "export": lambda: StalledClip(release, after),
    }
    desk = start(load=load, it=sources.get(what, DotsClip))
    desk.session.open("it")
    if what != "opening":
        desk.until(lambda s: s.frame is not None)
        desk.session.play()
    if what == "export":
        desk.session.export(ExportJob(tmp_path / "o.mp4"))
        desk.until(lambda s: s.export is not None)
    time.sleep(chance.uniform(0, 0.4))
    closes_in_time(desk)
    assert not (tmp_path / "o.mp4").exists()


@pytest.mark.parametrize("how", ["removed", "cut", "emptied", "replaced", "overwritten"])
def test_a_file_that_disappears_while_it_plays(
    start: Start, clip: str, tmp_path: Path, chance: random.Random, how: str
) -> None:
    """The session lives on, says at most a sentence, and opens the next clip."""
    path = tmp_path / "walk.mp4"
    shutil.copy(clip, path)
    desk = start(file=lambda: FileClip(str(path)), next=DotsClip)
    desk.session.open("file")
    desk.until(lambda s: s.result is not None)
    desk.session.set_loop(True)
    desk.session.play()
    time.sleep(chance.uniform(0, 0.5))
    harm(path, how, chance)
    for _ in range(8):
        desk.session.seek(chance.randrange(40))
        time.sleep(chance.uniform(0, 0.1))
    desk.session.open("next")
    desk.until(lambda s: s.source is not None and s.source.name == "dots" and s.result is not None)
    assert all(len(notice.text) < 300 for notice in desk.session.state.notices)
    closes_in_time(desk)


def harm(path: Path, how: str, chance: random.Random) -> None:
    """Do to a file what programs and people do to files that are open elsewhere."""
    size = path.stat().st_size
    if how == "removed":
        path.unlink()
    elif how == "replaced":
        other = path.with_name("other.mp4")
        other.write_bytes(b"no video")
        other.replace(path)
    elif how == "overwritten":
        with path.open("r+b") as file:
            file.seek(chance.randrange(size))
            file.write(chance.randbytes(2000))
    else:
        with path.open("r+b") as file:
            file.truncate(chance.randrange(size) if how == "cut" else 0)


class JumpingFeed(DotsFeed):
    """A camera whose clock jumps, by hours back or forth."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance, self._index, self._pts = chance, 0, 0

    def read(self, timeout: float = 1.0) -> Frame | None:
        time.sleep(0.005)
        jump = self._chance.choice((0,) * 12 + (-(10**9), 10**9, -1, -3000))
        self._pts += 3000 + jump
        self._index += 1
        return Frame(picture(self._index), self._index, Timestamp(self._pts, Fraction(1, 90_000)))


def test_a_clock_that_jumps(
    start: Start, tmp_path: Path, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the feed, and the wall's: the recording has rising times and can be played."""
    seconds = iter(lambda: chance.uniform(0, 2**31), None)
    monkeypatch.setattr(recording, "localtime", lambda: time.gmtime(next(seconds)))
    desk = start(feed=lambda: JumpingFeed(chance))
    desk.session.open("feed")
    desk.until(lambda s: s.result is not None)
    desk.session.record(tmp_path)
    desk.until(lambda s: s.recording is not None and s.recording.frames > 5)
    desk.session.pause()
    desk.session.feed.replay()
    time.sleep(chance.uniform(0, 0.3))
    desk.session.toggle()
    desk.session.stop_recording()
    desk.until(lambda s: any("Recorded" in notice.text for notice in s.notices))
    closes_in_time(desk)
    (made,) = tmp_path.glob("*.mp4")
    with FileClip(str(made)) as clip:
        times = [frame.time.exact for frame in clip.frames()]
    assert len(times) > 5
    assert times == sorted(set(times))


def test_a_device_that_fails_at_any_moment(start: Start, chance: random.Random) -> None:
    """Lost, back, and gone for good: a sentence each, and the session closes in time."""
    feed = DotsFeed()
    desk = start(feed=lambda: feed)
    desk.session.open("feed")
    feed.push()
    desk.until(lambda s: s.frame is not None)
    for _ in range(6):
        feed.lost = chance.choice((None, "The camera is gone."))
        feed.push()
        chance.choice((desk.session.pause, desk.session.toggle, desk.session.feed.live))()
        time.sleep(chance.uniform(0, 0.05))
    feed.ended = True
    desk.until(lambda s: any("ended" in notice.text for notice in s.notices))
    with pytest.raises(PoseViewerError):
        feed.read()
    closes_in_time(desk)
