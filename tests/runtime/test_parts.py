"""The small parts of the runtime, each alone."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.inference import Mailbox
from poseviewer.runtime.job import Countdown, Errand, ahead
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.result_cache import ResultCache, answers
from poseviewer.runtime.state import Progress
from poseviewer.runtime.store import Board
from tests.dots import CARD, Dots, DotsClip

ALL = Request(stages=None)


@pytest.fixture(scope="module")
def results() -> list:
    pairs = run(DotsClip(12), Estimator(CARD, Dots()), RegionFollower(), request=ALL)
    return [result for _, result in pairs]


def test_the_newest_wins_and_drops_are_counted() -> None:
    box: Mailbox[int] = Mailbox()
    for number in range(5):
        box.put(number)
    assert box.take() == 4
    assert box.drops == 4
    assert box.take(timeout=0) is None
    # What came while nobody could take it is not held against the network.
    box.recount()
    assert box.drops == 0


def test_a_reader_is_woken_and_closed() -> None:
    box: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.append(box.take()))
    reader.start()
    box.wake()
    reader.join(5)
    assert taken == [None]
    assert not box.closed
    reader = threading.Thread(target=lambda: taken.append(box.take()))
    reader.start()
    box.close()
    reader.join(5)
    assert box.closed
    box.put(3)
    assert box.take() is None


def test_a_slow_reader_always_gets_the_newest() -> None:
    """What is taken was put after the reader last looked away, however slow it is."""
    box: Mailbox[int] = Mailbox()
    written, taken = 0, []
    for _ in range(20):
        for _ in range(7):
            written += 1
            box.put(written)
        taken.append(box.take() == written)
    assert all(taken)


def test_a_board_tells_once_for_several_changes_and_without_its_lock() -> None:
    told: list[str] = []

    def on_ready() -> None:
        # Another thread could change the board right now.
        other = threading.Thread(target=lambda: board.view)
        other.start()
        other.join(5)
        told.append(board.view.busy)

    board = Board(on_ready)
    with board:
        board.change(busy="a")
        board.move(index=4)
        board.change(busy="b")
    assert told == ["b"]
    assert board.view.transport.index == 4


def test_results_of_an_older_generation_are_not_published(results: list) -> None:
    board = Board(lambda: None)
    old = replace(results[0], generation=board.advance())
    assert board.publish(old)
    board.advance()
    assert not board.publish(replace(results[1], generation=old.generation))
    assert board.view.result is old


def test_only_the_last_notices_stay_and_their_numbers_rise() -> None:
    board = Board(lambda: None)
    for number in range(20):
        board.notice("info", f"{number}")
    numbers = [notice.number for notice in board.view.notices]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 20
    assert len(numbers) < 20


def test_a_clips_history_is_sorted_by_frame(results: list) -> None:
    times = np.arange(12) / 25
    history = AngleHistory(results[0].angles.specs, times=times)
    for index in (8, 2, 5, 2):
        history.add(results[index])
    seen = history.slice()
    assert seen.index.tolist() == [2, 5, 8]
    np.testing.assert_array_equal(seen.seconds, times[[2, 5, 8]])
    np.testing.assert_array_equal(seen.degrees[1], results[5].angles.degrees[0])
    assert history.slice() is seen
    assert seen.confidence[0] == results[2].poses.score[0].mean()


def test_a_feeds_history_is_bounded_and_never_goes_back(results: list) -> None:
    history = AngleHistory(results[0].angles.specs, kept=4)
    for result in results[:11]:
        history.add(result)
    history.add(results[3])
    seen = history.slice()
    assert seen.index.tolist() == [7, 8, 9, 10]
    assert (np.diff(seen.seconds) > 0).all()
    # From the opening, not from the first frame that was analysed.
    assert seen.seconds.tolist() == [DotsClip().time(n).seconds for n in (7, 8, 9, 10)]


def test_nobody_is_a_gap_in_the_history() -> None:
    pairs = run(DotsClip(3, nobody={1}), Estimator(CARD, Dots()), RegionFollower("whole"))
    every = [result for _, result in pairs]
    history = AngleHistory(every[0].angles.specs, times=np.arange(3.0))
    for result in every:
        history.add(result)
    seen = history.slice()
    assert np.isnan(seen.degrees[1]).all()
    assert seen.confidence[1] == 0
    assert np.isfinite(seen.degrees[0]).any()


def test_a_cached_result_is_the_same_for_the_new_frame(results: list) -> None:
    cache = ResultCache()
    cache.put("a", results[3])
    frame = DotsClip().read(3)
    again = cache.get("a", frame, Request(9, None), captured=1.5)
    assert again is not None
    assert again.frame is frame
    assert (again.generation, again.captured) == (9, 1.5)
    assert again.poses is results[3].poses
    assert cache.get("b", frame, ALL) is None
    assert cache.get("a", DotsClip().read(4), ALL) is None
    cache.clear()
    assert cache.get("a", frame, ALL) is None


def test_a_cache_keeps_the_richer_result(results: list) -> None:
    cache = ResultCache()
    poor = replace(results[0], stages=())
    frame = DotsClip().read(0)
    cache.put("a", poor)
    kept = cache.get("a", frame, ALL)
    assert kept is not None
    assert not answers(kept, ALL)
    assert answers(kept, Request(stages=frozenset()))
    cache.put("a", results[0])
    cache.put("a", poor)
    kept = cache.get("a", frame, ALL)
    assert kept is not None
    assert answers(kept, ALL)


def test_a_cache_is_bounded_by_bytes_and_forgets_what_was_not_used(results: list) -> None:
    one = sum(stage.values.nbytes for stage in results[0].stages) + 8192
    cache = ResultCache(limit=4 * one)
    clip = DotsClip()
    for result in results[:4]:
        cache.put("a", result)
    assert cache.get("a", clip.read(0), ALL) is not None
    cache.put("a", results[4])
    assert cache.get("a", clip.read(0), ALL) is not None
    assert cache.get("a", clip.read(1), ALL) is None


def test_an_errand_reports_its_end_its_failure_and_its_surprise() -> None:
    def work(error: Exception | None):
        yield Progress(0, 2)
        if error is not None:
            raise error
        yield Progress(2, 2)

    ends = []
    for error in (None, PoseViewerError("The disk is full."), ValueError("odd")):
        reports: list[Progress] = []
        errand = Errand("test", work(error), report=reports.append)
        errand.start()
        errand.join(5)
        ends.append(reports[-1])
    assert all(end.finished for end in ends)
    assert ends[0].error is None
    assert ends[1].error == "The disk is full."
    assert "odd" in str(ends[2].error)


def test_a_countdown_knows_where_it_is() -> None:
    countdown = Countdown(10, output="o.mp4")
    assert countdown.at(0).seconds_left is None
    assert not countdown.at(9).finished
    assert countdown.at(10).finished
    assert countdown.at(5).fraction == 0.5


class _Stage:
    """Collects what a transport says."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.journeys: list[int] = []
        self.came = threading.Condition()

    def show(self, frame, *, journey):
        with self.came:
            self.frames.append(frame.index)
            self.journeys.append(journey)
            self.came.notify_all()

    def moved(self, **fields):
        pass

    def tell(self, text):
        raise AssertionError(text)

    def until(self, index: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.frames and self.frames[-1] == index, 10)


def test_only_jumps_begin_a_new_journey() -> None:
    stage = _Stage()
    transport = ClipTransport(DotsClip(), stage=stage, expects=lambda: False)
    thread = threading.Thread(target=transport.drive)
    thread.start()
    stage.until(0)
    for command, index, new in (
        (lambda: transport.step(1), 1, False),
        (lambda: transport.step(-1), 0, False),
        (lambda: transport.seek(9), 9, True),
        (lambda: transport.step(3), 12, True),
        (lambda: transport.step(1), 13, False),
    ):
        before = stage.journeys[-1]
        command()
        stage.until(index)
        assert (stage.journeys[-1] != before) == new
    transport.close()
    thread.join(5)


def test_real_time_skips_what_it_has_no_time_for_and_every_frame_does_not() -> None:
    class Slow(DotsClip):
        """Takes longer to read than a frame lasts."""

        def read(self, index):
            threading.Event().wait(0.12)
            return super().read(index)

    for every in (False, True):
        stage = _Stage()
        transport = ClipTransport(Slow(20), stage=stage, expects=lambda: False)
        transport.set_every_frame(every)
        thread = threading.Thread(target=transport.drive)
        thread.start()
        stage.until(0)
        transport.mark(None, 8)
        transport.play()
        stage.until(8)
        transport.close()
        thread.join(5)
        assert (stage.frames == list(range(9))) == every
        assert stage.frames == sorted(stage.frames)


def test_a_paused_transport_prefetches_until_nothing_is_left() -> None:
    class Eager(DotsClip):
        left = 5
        asked: list[int] = []  # noqa: RUF012
        done = threading.Event()

        def prefetch(self, index):
            self.asked.append(index)
            self.left -= 1
            if self.left == 0:
                self.done.set()
            return self.left > 0

    clip, stage = Eager(), _Stage()
    transport = ClipTransport(clip, stage=stage, expects=lambda: False)
    thread = threading.Thread(target=transport.drive)
    thread.start()
    assert clip.done.wait(5)
    transport.seek(7)
    stage.until(7)
    transport.close()
    thread.join(5)
    assert clip.asked[:5] == [0] * 5


def test_working_ahead_keeps_order_and_raises_in_its_place() -> None:
    def work():
        yield from range(5)
        raise PoseViewerError("The file is damaged.")

    things = ahead(work(), depth=2)
    assert [next(things) for _ in range(5)] == list(range(5))
    with pytest.raises(PoseViewerError, match="damaged"):
        next(things)
    assert list(ahead(iter("abc"))) == ["a", "b", "c"]


def test_working_ahead_is_bounded_and_ends_when_its_reader_does() -> None:
    made, closed = [], threading.Event()

    def work():
        try:
            for number in range(1000):
                made.append(number)
                yield number
        finally:
            closed.set()

    things = ahead(work(), depth=3)
    assert next(things) == 0
    things.close()
    assert closed.is_set()
    assert len(made) < 10
