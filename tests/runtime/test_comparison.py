"""A second network on the frames of the first."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.difference import difference
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.spoil import Spoils
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.runtime.comparison import Comparison, region_for
from poseviewer.runtime.factories import Loaded
from poseviewer.runtime.sections import NetworkState, ReadingState
from tests.dots import CARD, Dots, DotsClip
from tests.waiting import LONG, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.core.result import FrameResult

READING = ReadingState()
WEAK = replace(CARD, name="weak")
REGION = Box(60.3, 10.7, 215.0, 215.0)


class Weak(Dots):
    """Finds the colours two cells further right, and is half as sure."""

    def run(self, batch, wanted=None):  # type: ignore[no-untyped-def]
        return [np.roll(maps, 2, axis=3) * 0.5 for maps in super().run(batch, wanted)]


class Desk:
    def __init__(self) -> None:
        self.news = threading.Condition()
        self.loaded: list[str] = []
        self.gate: threading.Event | None = None
        self.comparison = Comparison(self.load, self.tell)

    def load(self, network: NetworkState) -> Loaded:
        self.loaded.append(network.model)
        if network.model == "broken":
            msg = "The model broken has no weights here."
            raise PoseViewerError(msg)
        card, engine = (CARD, Dots) if network.model == "dots" else (WEAK, Weak)
        return Loaded(card, engine(gate=self.gate), f"{card.name}, CPU")

    def tell(self) -> None:
        with self.news:
            self.news.notify_all()

    def until(self, holds) -> None:  # type: ignore[no-untyped-def]
        assert until(lambda: holds(self.comparison), news=self.news)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    for thread in made.comparison.close():
        thread.join(LONG)


@pytest.fixture
def result() -> FrameResult:
    return answered(4)


def answered(index: int) -> FrameResult:
    return Estimator(CARD, Dots()).estimate(DotsClip().read(index), REGION, Request(3))


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "poseviewer-comparison"]


def test_the_same_network_gives_no_difference(desk: Desk, result: FrameResult) -> None:
    desk.comparison.look(result, NetworkState(model="dots"), READING)
    desk.until(lambda c: c.answer)
    answer = desk.comparison.answer
    assert answer is not None
    assert answer.first is result
    assert answer.second.region == result.region
    for one, other in zip(result.stage_poses, answer.second.stage_poses, strict=True):
        found = difference(one, other)
        assert found is not None
        assert not found.pixels.any()


def test_another_network_answers_for_the_same_frame_and_region(
    desk: Desk, result: FrameResult
) -> None:
    desk.comparison.look(result, NetworkState(model="weak"), READING, stages=frozenset({1}))
    desk.until(lambda c: c.answer)
    answer = desk.comparison.answer
    assert answer is not None
    assert (answer.model.name, answer.engine) == ("weak", "weak, CPU")
    assert answer.second.frame is result.frame
    assert [stage.number for stage in answer.second.stages] == [1]
    found = difference(result.poses, answer.second.stage_poses[-1])
    assert found is not None
    two_cells = 2 * 4 * REGION.width / CARD.input_size[0]
    assert found.pixels == pytest.approx(np.full(14, two_cells), rel=0.02)
    assert found.second == pytest.approx(found.first / 2, rel=0.02)


def test_a_spoilt_frame_is_a_copy_and_the_clip_s_answer_stays(
    desk: Desk, result: FrameResult
) -> None:
    pixels, xy = result.frame.pixels.copy(), result.poses.xy.copy()
    desk.comparison.look(result, NetworkState("dots"), READING, spoils=Spoils(dark=1.0))
    desk.until(lambda c: c.answer is not None)
    answer = desk.comparison.answer
    assert answer is not None
    assert answer.first is result
    assert answer.second.frame is not result.frame
    assert answer.second.frame.pixels.mean() < pixels.mean()
    np.testing.assert_array_equal(result.frame.pixels, pixels)
    np.testing.assert_array_equal(result.poses.xy, xy)


def test_everybody_is_looked_at_by_both(desk: Desk) -> None:
    second = Box(40.0, 0.0, 230.0, 230.0)
    first = Estimator(CARD, Dots()).estimate(DotsClip().read(4), REGION, Request(), others=[second])
    assert len(first.stage_poses[-1]) == 2
    desk.comparison.look(first, NetworkState(model="dots"), READING)
    desk.until(lambda c: c.answer)
    answer = desk.comparison.answer
    assert answer is not None
    assert np.array_equal(answer.second.stage_poses[-1].xy, first.stage_poses[-1].xy)


def test_nothing_runs_until_it_is_looked_at_and_nothing_after(
    desk: Desk, result: FrameResult
) -> None:
    assert not threads()
    desk.comparison.look(result, NetworkState(model="weak"), READING)
    desk.until(lambda c: c.answer)
    (thread,) = threads()
    desk.comparison.stop()
    thread.join(LONG)
    assert not threads()
    assert desk.comparison.answer is None
    desk.comparison.look(result, NetworkState(model="weak"), READING)
    desk.until(lambda c: c.answer)
    assert desk.loaded == ["weak", "weak"]
    for thread in desk.comparison.close():
        thread.join(LONG)
    assert not threads()
    desk.comparison.look(result, NetworkState(model="weak"), READING)
    assert not threads()


def test_the_newest_frame_wins(desk: Desk) -> None:
    desk.gate = threading.Event()
    desk.comparison.look(answered(0), NetworkState(model="weak"), READING)
    desk.until(lambda c: c.state == "Loading weak")
    last = None
    for index in range(1, 5):
        last = answered(index)
        desk.comparison.look(last, NetworkState(model="weak"), READING)
    desk.gate.set()
    desk.until(lambda c: c.answer and c.answer.first is last)
    assert desk.loaded == ["weak"]


def test_a_refused_network_says_why_and_another_is_tried(desk: Desk, result: FrameResult) -> None:
    desk.comparison.look(result, NetworkState(model="broken"), READING)
    desk.until(lambda c: "no weights" in c.state)
    desk.comparison.look(result, NetworkState(model="dots"), READING)
    desk.until(lambda c: c.answer)
    assert desk.comparison.state == ""


def test_other_reading_does_not_load_the_network_again(desk: Desk, result: FrameResult) -> None:
    desk.comparison.look(result, NetworkState(model="weak"), READING)
    desk.until(lambda c: c.answer)
    before = desk.comparison.answer
    desk.comparison.look(result, NetworkState(model="weak"), ReadingState(decoding="argmax"))
    desk.until(lambda c: c.answer is not before)
    assert desk.loaded == ["weak"]


def test_who_looks_for_everybody_is_shown_the_whole_frame(result: FrameResult) -> None:
    single, crowd = Estimator(CARD, Dots()), Estimator(CARD, Dots())
    crowd.everybody = True  # type: ignore[misc]
    assert region_for(single, result) == result.region
    assert region_for(crowd, result) == Box.whole(result.frame.size)


def test_of_a_network_that_is_no_longer_asked_nothing_is_said(
    desk: Desk, result: FrameResult
) -> None:
    """Neither that it is loaded nor what it found, however late it is."""
    begun, late = threading.Event(), threading.Event()
    load = desk.load

    def slow(network: NetworkState) -> Loaded:
        if network.model == "weak":
            begun.set()
            assert late.wait(LONG)
        return load(network)

    said: list[tuple[str, str]] = []

    def notify() -> None:
        said.append((comparison.state, getattr(comparison.answer, "engine", "")))
        desk.tell()

    comparison = Comparison(slow, notify)
    comparison.look(result, NetworkState(model="weak"), READING)
    assert begun.wait(LONG)
    (old,) = threads()
    said.clear()
    comparison.look(result, NetworkState(model="dots"), READING)
    assert comparison.state in ("", "Loading dots")
    desk.until(lambda _: said and said[-1][1])
    late.set()
    old.join(LONG)
    assert said == [("Loading dots", ""), ("", "dots, CPU")]
    for thread in comparison.close():
        thread.join(LONG)
