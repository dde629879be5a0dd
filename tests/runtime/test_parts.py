"""The small parts of the runtime, each alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.runtime import playback
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.inference import Mailbox
from poseviewer.runtime.job import Countdown, Job
from poseviewer.runtime.jobs import Progress
from poseviewer.runtime.meter import Meter
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.sections import SECTION_OF
from poseviewer.runtime.state import Answer, AppState, Playback, SourceInfo, Stats
from poseviewer.runtime.store import Store
from poseviewer.runtime.undo import NAMES, UndoStack, gesture, title_of
from tests.dots import CARD, Dots, DotsClip
from tests.waiting import LONG, until

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult

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
    reader.join(LONG)
    assert taken == [None]
    assert not box.closed
    reader = threading.Thread(target=lambda: taken.append(box.take()))
    reader.start()
    box.close()
    reader.join(LONG)
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


def test_a_store_notifies_once_for_several_changes_and_without_its_lock() -> None:
    told: list[str] = []

    def on_ready() -> None:
        # Another thread could change the state right now.
        other = threading.Thread(target=lambda: store.advance())
        other.start()
        other.join(LONG)
        assert not other.is_alive()
        told.append(store.state.busy)

    store = Store(on_ready)
    with store:
        store.change(busy="a")
        store.change_section("playback", index=4)
        store.change(busy="b")
    assert told == ["b"]
    assert store.state.playback.index == 4


def test_a_section_says_what_has_changed_and_nothing_is_announced_where_nothing_has() -> None:
    told: list[None] = []
    store = Store(lambda: told.append(None))
    assert store.change_section("reading", gate=0.4, flip=False) == {"gate": 0.3}
    assert store.change_section("reading", gate=0.4) == {}
    assert len(told) == 1
    with pytest.raises(TypeError):
        store.change_section("reading", colour="red")
    with pytest.raises(AttributeError):
        store.change_section("colours", red=1)


def test_answers_of_an_older_generation_are_not_published(results: list) -> None:
    store = Store(lambda: None)
    old = answer(replace(results[0], generation=store.advance()))
    assert store.publish(old)
    store.advance()
    assert not store.publish(answer(replace(results[1], generation=old.result.generation)))
    assert store.state.answer is old


def answer(result: FrameResult) -> Answer:
    return Answer(result, model_info(CARD), "Dots, CPU", AppState().key, sequential=False)


def test_only_the_last_notices_stay_and_their_numbers_rise() -> None:
    store = Store(lambda: None)
    for number in range(20):
        store.notice("info", f"{number}")
    numbers = [notice.number for notice in store.state.notices]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 20
    assert len(numbers) < 20


def test_a_notice_replaces_the_one_before_about_the_same() -> None:
    store = Store(lambda: None)
    store.notice("error", "Cannot write a.mp4.", topic="export")
    store.notice("info", "Opened.", topic="source")
    store.notice("info", "Wrote a.mp4.", topic="export")
    assert [n.text for n in store.state.notices] == ["Opened.", "Wrote a.mp4."]
    store.clear_notices()
    assert store.state.notices == ()


def test_what_is_shown_never_mixes_frames_or_choices(results: list) -> None:
    clip = DotsClip()
    info = SourceInfo("dots", "dots", clip.size, 25.0, live=False, times=np.arange(30.0))
    base = AppState(source=info, frame=clip.read(4), answer=answer(results[4]))
    assert base.shown[1] is results[4]
    assert not base.stale
    assert not base.waiting
    away = replace(base, frame=clip.read(5))
    assert away.shown == (away.frame, None)
    assert away.stale == "of frame 4"
    assert away.waiting
    # While frames run the newest answer is shown with the frame that it is of.
    running = replace(away, playback=Playback(playing=True))
    assert running.shown == (results[4].frame, results[4])
    other = base.choosing(decoding="argmax")
    assert other.shown == (base.frame, None)
    assert other.stale == "of the previous choices"
    assert base.choosing(model="cpm-lite").stale == "of dots"
    assert base.choosing(gate=0.5).shown == base.shown
    with pytest.raises(TypeError, match="no choice 'colour'"):
        base.choosing(colour="red")


def test_figures_are_of_what_runs() -> None:
    meter = Meter()
    now = perf_counter()
    for _ in range(3):
        meter.frame()
        meter.result(captured=now - 9, network=0.02)
    moving = meter.stats(drops=2, moving=True)
    assert moving.source_rate > 0
    assert moving.age > 8
    assert moving.drops == 2
    still = meter.stats(drops=2, moving=False)
    assert still == Stats(network=0.02)
    meter.clear()
    assert meter.stats(drops=0, moving=False) == Stats()


def test_changes_are_undone_and_done_again_one_by_one_and_a_gesture_as_one() -> None:
    stack, done = UndoStack(), []

    def push(title: str, value: float, *, key: str | None = None) -> None:
        was = f"{title} before {value}"
        stack.push(title, lambda: done.append(was), lambda: done.append(value), key=key)

    assert stack.undo() is stack.redo() is None
    push("gate", 0.2, key="gate")
    push("gate", 0.3, key="gate")
    push("flip", 1, key="flip")
    assert stack.titles == ("gate", "flip")
    for back in ("flip before 1", "gate before 0.2"):
        take_back = stack.undo()
        assert take_back is not None
        take_back()
        assert done[-1] == back
    assert stack.undo() is None
    assert (stack.titles, stack.position) == (("gate", "flip"), 0)
    again = stack.redo()
    assert again is not None
    again()
    # The whole gesture is done again, up to its end.
    assert done[-1] == 0.3
    # What was undone is gone with the next change.
    push("marks", 5)
    assert (stack.titles, stack.position) == (("gate", "marks"), 2)
    assert stack.redo() is None
    stack.clear()
    assert stack.titles == ()


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


@pytest.mark.parametrize(
    ("error", "said"),
    [(None, None), (PoseViewerError("The disk is full."), "The disk"), (ValueError("odd"), "odd")],
)
def test_a_job_reports_its_end_its_failure_and_its_surprise(
    error: Exception | None, said: str | None
) -> None:
    def work():
        yield Progress(0, 2)
        if error is not None:
            raise error
        yield Progress(2, 2, finished=True)

    reports: list[tuple[Progress, bool]] = []
    job = Job("test", work(), report=lambda progress: reports.append((progress, job.running)))
    assert not job.running
    job.start()
    job.join(LONG)
    # Another job may follow as soon as the end is reported, which is done once.
    assert [(one.finished, running) for one, running in reports] == [(False, True), (True, False)]
    end = reports[-1][0]
    assert not end.cancelled
    assert (said in str(end.error)) if said else end.error is None


@pytest.mark.parametrize(("total", "cancelled"), [(9, True), (1, False)])
def test_a_job_that_was_cancelled_says_so_unless_it_was_done(total: int, cancelled: bool) -> None:
    reports: list[Progress] = []

    def work():
        yield Progress(0, total)
        job.cancel()
        yield Progress(1, total, finished=total == 1)

    job = Job("test", work(), report=reports.append, cancelled="Stopped.")
    job.start()
    job.join(LONG)
    assert reports[-1].finished
    assert reports[-1].cancelled == cancelled
    assert reports[-1].error == ("Stopped." if cancelled else None)


def test_a_countdown_knows_where_it_is() -> None:
    countdown = Countdown(10, output="o.mp4")
    assert countdown.at(0).seconds_left is None
    assert not countdown.at(9).finished
    assert countdown.at(10).finished
    assert countdown.at(5).fraction == 0.5


class _Sink:
    """Collects what a transport says."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.seek_ids: list[int] = []
        self.came = threading.Condition()

    def show(self, frame, *, seek_id):
        with self.came:
            self.frames.append(frame.index)
            self.seek_ids.append(seek_id)
            self.came.notify_all()

    def moved(self, **fields):
        pass

    def said(self, text):
        raise AssertionError(text)

    def until(self, index: int) -> None:
        assert until(lambda: self.frames and self.frames[-1] == index, news=self.came)


def test_only_jumps_begin_a_new_seek_id() -> None:
    sink = _Sink()
    transport = ClipTransport(DotsClip(), sink=sink, expects=lambda: False)
    thread = threading.Thread(target=transport.drive)
    thread.start()
    sink.until(0)
    for command, index, new in (
        (lambda: transport.step(1), 1, False),
        (lambda: transport.step(-1), 0, False),
        (lambda: transport.seek(9), 9, True),
        (lambda: transport.step(3), 12, True),
        (lambda: transport.step(1), 13, False),
    ):
        before = sink.seek_ids[-1]
        command()
        sink.until(index)
        assert (sink.seek_ids[-1] != before) == new
    transport.close()
    thread.join(LONG)


def test_real_time_skips_what_it_has_no_time_for_and_every_frame_does_not() -> None:
    class Slow(DotsClip):
        """Takes longer to read than a frame lasts."""

        def read(self, index):
            threading.Event().wait(0.12)
            return super().read(index)

    for every in (False, True):
        sink = _Sink()
        transport = ClipTransport(Slow(20), sink=sink, expects=lambda: False)
        transport.set_every_frame(every)
        thread = threading.Thread(target=transport.drive)
        thread.start()
        sink.until(0)
        transport.mark(None, 8)
        transport.play()
        sink.until(8)
        transport.close()
        thread.join(LONG)
        assert (sink.frames == list(range(9))) == every
        assert sink.frames == sorted(sink.frames)


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

    clip, sink = Eager(), _Sink()
    transport = ClipTransport(clip, sink=sink, expects=lambda: False)
    thread = threading.Thread(target=transport.drive)
    thread.start()
    assert clip.done.wait(LONG)
    transport.seek(7)
    sink.until(7)
    transport.close()
    thread.join(LONG)
    assert clip.asked[:5] == [0] * 5


def test_a_step_from_rest_shows_a_frame_that_was_read_before_it_was_asked_for() -> None:
    clip, sink = DotsClip(), _Sink()
    with _driven(clip, sink) as transport:
        for step, index in ((1, 1), (1, 2), (-1, 1), (1, 2), (1, 3), (-1, 2), (-1, 1)):
            assert until(lambda: transport.resting)
            read = clip.reads.count(index)
            assert read > 0
            transport.step(step)
            sink.until(index)
            assert until(lambda: transport.resting)
            assert clip.reads.count(index) == read
    assert max(clip.reads) == 5


def test_a_frame_that_cannot_be_read_is_spoken_of_when_it_is_stepped_to() -> None:
    class Damaged(DotsClip):
        def read(self, index):
            if index == 1:
                raise PoseViewerError("Damaged.")
            return super().read(index)

    class Sink(_Sink):
        said_at: list[int] = []  # noqa: RUF012

        def said(self, text):
            self.said_at.append(self.frames[-1])

    sink = Sink()
    with _driven(Damaged(), sink) as transport:
        assert until(lambda: transport.resting)
        assert sink.said_at == []
        transport.step(1)
        assert until(lambda: sink.said_at == [0])
        transport.seek(2)
        sink.until(2)


def test_frames_too_large_to_be_held_are_read_when_they_are_asked_for(monkeypatch) -> None:
    monkeypatch.setattr(playback, "_NEAR_BYTES", 0)
    clip, sink = DotsClip(), _Sink()
    with _driven(clip, sink) as transport:
        for index in (1, 2):
            assert until(lambda: transport.resting)
            transport.step(1)
            sink.until(index)
        assert until(lambda: transport.resting)
    assert clip.reads == [0, 1, 2]


@contextmanager
def _driven(clip, sink):
    """A transport on a thread."""
    transport = ClipTransport(clip, sink=sink, expects=lambda: False)
    thread = threading.Thread(target=transport.drive)
    thread.start()
    sink.until(0)
    yield transport
    transport.close()
    thread.join(LONG)


def test_every_choice_has_a_name_to_be_undone_by():
    assert NAMES.keys() == SECTION_OF.keys()
    assert title_of(["overlay_stage", "overlay_channel", "gate"]) == (
        "map on the frame, confidence gate"
    )


def test_only_what_slides_is_one_gesture():
    assert gesture("reading", {"gate": 0.2}) == gesture("reading", {"gate": 0.5})
    assert gesture("reading", {"gate": 0.2}) is not None
    for before in ({"custom": ()}, {"skeleton": True}, {"overlay_stage": 2}, {"focus": None}):
        assert gesture("display", before) is None


def test_a_notice_is_one_sentence_whatever_a_library_says() -> None:
    store = Store(lambda: None)
    store.notice("error", "The disk\n" + "says " * 200, topic="x")
    (notice,) = store.state.notices
    assert len(notice.text) <= 300
    assert "\n" not in notice.text
