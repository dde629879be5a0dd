"""Which network answers where that is left to the program."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.registry import card
from poseviewer.runtime.factories import Loaded
from poseviewer.runtime.pick import ACCURATE, FAST, SHARE, TARGET_RATE, WORTH, pick
from poseviewer.runtime.sections import NetworkState
from poseviewer.runtime.state import AppState, SourceInfo, Speed
from tests.dots import CARD, Dots, DotsClip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.conftest import Desk

MACHINES = {"fast": {FAST: 0.006, ACCURATE: 0.012}, "slow": {FAST: 0.021, ACCURATE: 0.042}}
"""Seconds that a run takes. The clip has 25 frames a second: 20 ms are for the network."""

pytestmark = pytest.mark.skipif(not card(ACCURATE).trained, reason=f"no weights of {ACCURATE}")


class Clock(threading.local):
    """A clock of each thread's own, which goes on when a network runs there."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Machine:
    """Runs networks at given speeds, and counts how often each was loaded."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.clock, self.seconds = Clock(), seconds
        self.loads: list[NetworkState] = []
        self.answering: list[NetworkState] = []
        """Those of `loads` that were for answers, and not to be measured."""
        self.broken = False
        self.threaded = 1.0
        """Time with more threads over that with half the cores."""

    def load(self, network: NetworkState) -> Loaded:
        self.loads.append(network)
        if threading.current_thread().name != "poseviewer-speed":
            self.answering.append(network)
        if self.broken and network.model == ACCURATE:
            msg = "The weights are damaged."
            raise PoseViewerError(msg)
        return Loaded(
            replace(CARD, name=network.model),
            Dots(before=lambda: self._run(network)),
            f"Dots, {network.engine}",
        )

    def _run(self, network: NetworkState) -> None:
        faster = 0.4 if network.precision == "int8" else 1.0
        if network.threads:
            faster *= self.threaded
        self.clock.now += faster * self.seconds.get(network.model, 0.0)


def begin(desk: Desk, machine: Machine, **state: object) -> Desk:
    """A window's session on a machine, with nothing open."""
    desk.session.close()
    desk.sources["photo"] = lambda: DotsClip(1)
    chosen = replace(AppState(), **state).choosing(automatic=True)  # type: ignore[arg-type]
    return desk.start(loader=machine.load, clock=machine.clock, state=chosen)


def measured(desk: Desk, location: str = "dots") -> AppState:
    """The state when a source is open and both networks have been measured."""
    desk.session.open(location)
    return desk.until(lambda s: s.speed and "measured" not in s.pick and answered(s))


def answered(state: AppState) -> bool:
    return state.answer is not None and state.answer.key == state.key


@pytest.mark.parametrize(("machine", "model"), [("fast", ACCURATE), ("slow", FAST)])
def test_a_clip_gets_the_accurate_network_where_that_is_fast_enough(
    desk: Desk, machine: str, model: str
) -> None:
    state = measured(begin(desk, Machine(MACHINES[machine])))
    assert state.answer is not None
    assert (state.network.model, state.answer.model.name) == (model, model)
    first = next(s.answer for s in desk.seen if s.answer is not None)
    assert first.model.name == FAST, "it answers before anything is measured"
    assert (state.speed.fast, state.speed.accurate) == pytest.approx(
        [MACHINES[machine][name] for name in (FAST, ACCURATE)]
    )
    times = [f"{1000 * MACHINES[machine][name]:.0f}" for name in (FAST, ACCURATE)]
    assert model in state.pick
    assert all(time in state.pick for time in times)
    (notice,) = [n for n in state.notices if n.topic == "network"]
    assert (notice.level, notice.text) == ("info", state.pick)


def test_a_photo_gets_the_accurate_network_on_any_machine(desk: Desk) -> None:
    begin(desk, Machine(MACHINES["slow"]))
    state = measured(desk, "photo")
    assert state.network.model == ACCURATE
    # and the clip after it the fast one, at once, with no other network in between
    since = len(desk.seen)
    desk.session.open("dots")
    state = desk.until(lambda s: s.source and s.source.count > 1 and answered(s))
    models = [s.answer.model.name for s in desk.seen[since:] if s.source.count > 1 and s.answer]
    assert set(models) == {FAST}


def test_the_choice_of_the_person_wins_and_automatic_can_be_chosen_again(desk: Desk) -> None:
    machine = Machine(MACHINES["fast"])
    session = begin(desk, machine).session
    measured(desk)
    session.change("network", model=FAST)
    assert session.state.network == NetworkState(FAST, automatic=False)
    session.open("photo")
    state = desk.until(lambda s: s.source and s.source.count == 1 and answered(s))
    assert state.answer.model.name == FAST
    session.change("network", automatic=True)
    assert session.state.network.model == ACCURATE
    assert session.state.undo == "network"
    session.undo()
    assert session.state.network == NetworkState(FAST, automatic=False)


def test_keeping_what_was_picked_analyses_nothing_anew(desk: Desk) -> None:
    state = measured(begin(desk, Machine(MACHINES["fast"])))
    desk.session.change("network", model=ACCURATE)
    assert not desk.session.state.network.automatic
    assert desk.session.state.answer is state.answer
    assert answered(desk.session.state)


def test_nothing_is_picked_for_a_person_who_has_chosen(desk: Desk) -> None:
    machine = Machine(MACHINES["fast"])
    session = begin(desk, machine).session
    session.change("network", model=FAST)
    session.open("dots")
    desk.until(answered)
    session.seek(5)
    state = desk.shown(5)
    assert (state.network.model, state.speed, state.pick) == (FAST, None, "")
    assert {one.model for one in machine.loads} == {FAST}


def test_what_was_measured_is_of_use_as_soon_as_automatic_is_chosen(desk: Desk) -> None:
    machine = Machine(MACHINES["fast"])
    speed = measured(begin(desk, machine)).speed
    session = begin(desk, machine, speed=speed).session
    session.change("network", model="cpm-lite")
    session.open("dots")
    desk.until(answered)
    session.change("network", automatic=True)
    assert session.state.network.model == ACCURATE
    session.undo()
    assert session.state.network == NetworkState("cpm-lite", automatic=False)


def test_a_later_start_uses_what_was_measured(desk: Desk) -> None:
    speed = measured(begin(desk, Machine(MACHINES["fast"]))).speed
    again = Machine(MACHINES["slow"])
    session = begin(desk, again, speed=speed).session
    desk.seen.clear()
    session.open("dots")
    state = desk.until(answered)
    assert (state.network.model, state.speed) == (ACCURATE, speed)
    assert [one.model for one in again.loads] == [ACCURATE], "nothing else is loaded or measured"


def test_a_machine_that_was_busy_is_measured_again_at_the_next_start(desk: Desk) -> None:
    speed = measured(begin(desk, Machine(MACHINES["slow"]))).speed
    session = begin(desk, Machine(MACHINES["fast"]), speed=speed).session
    desk.seen.clear()
    session.open("dots")
    state = desk.until(lambda s: s.network.model == ACCURATE and answered(s))
    assert state.speed.accurate == pytest.approx(0.012)
    first = next(s.answer for s in desk.seen if s.answer is not None)
    assert first.model.name == FAST
    # one that is busy this time does not lose what it can do
    session = begin(
        desk, Machine(MACHINES["slow"]), speed=replace(state.speed, accurate=0.018)
    ).session
    session.open("photo")
    desk.until(answered)
    session.open("dots")
    state = desk.until(lambda s: s.source and s.source.count > 1 and answered(s))
    assert (state.network.model, state.speed.accurate) == (ACCURATE, 0.018)


def test_another_engine_is_measured_anew(desk: Desk) -> None:
    machine = Machine(dict(MACHINES["fast"]))
    session = begin(desk, machine).session
    first = measured(desk).speed
    machine.seconds.update(MACHINES["slow"])
    session.change("network", engine="torch")
    state = desk.until(lambda s: s.speed not in (first, None) and "only" in s.pick and answered(s))
    assert state.network.model == FAST
    assert state.speed.accurate == pytest.approx(0.042)
    assert "torch" in state.speed.made_with


def test_a_feed_keeps_the_network_that_it_began_with(desk: Desk) -> None:
    session = begin(desk, Machine(MACHINES["fast"])).session
    session.open("feed")
    desk.until(lambda s: s.source)
    desk.feed.push()  # type: ignore[attr-defined]
    state = desk.until(lambda s: s.speed and "goes on with" in s.pick)
    assert state.network.model == FAST
    session.open("dots")
    desk.until(lambda s: s.source and not s.source.live and answered(s))
    assert session.state.network.model == ACCURATE


def test_where_it_cannot_be_measured_the_fast_network_stays_and_says_why(desk: Desk) -> None:
    machine = Machine(MACHINES["fast"])
    machine.broken = True
    session = begin(desk, machine).session
    session.open("dots")
    state = desk.until(lambda s: "The weights are damaged." in s.pick)
    assert (state.network.model, state.speed) == (FAST, None)
    loads = len(machine.loads)
    session.seek(4)
    desk.shown(4)
    assert len(machine.loads) == loads, "it is tried once"


def source(rate: float) -> SourceInfo:
    return SourceInfo("clip", "clip", (640, 480), rate, live=False, times=np.arange(9.0))


@pytest.mark.parametrize("rate", [10.0, 25.0, 240.0, 0.0])
def test_a_network_is_fast_enough_for_half_the_time_between_frames(rate: float) -> None:
    room = SHARE / min(rate or TARGET_RATE, TARGET_RATE)
    for accurate, model in ((room * 0.99, ACCURATE), (room * 1.01, FAST)):
        speed = Speed(accurate / 2, accurate, "")
        assert pick(source(rate), speed).model == model
    # the mirrored frame takes as long again
    speed = Speed(room / 4, room * 0.6, "")
    assert [pick(source(rate), speed, flip=flip).model for flip in (False, True)] == [
        ACCURATE,
        FAST,
    ]


@pytest.mark.parametrize(
    ("fast", "accurate", "fast_int8", "accurate_int8", "picked"),
    [
        (6, 15, 3, 8, (ACCURATE, "fp32")),
        (12, 25, 6, 11, (ACCURATE, "int8")),
        (12, 40, 8, 30, (FAST, "fp32")),
        (35, 60, 21, 40, (FAST, "int8")),
        # a processor on which int8 is slower
        (35, 60, 40, 70, (FAST, "fp32")),
        # not measured
        (35, 60, 0, 0, (FAST, None)),
    ],
)
def test_a_live_source_gets_int8_where_fp32_is_too_slow(
    fast: int, accurate: int, fast_int8: int, accurate_int8: int, picked: tuple[str, str | None]
) -> None:
    speed = Speed(fast / 1000, accurate / 1000, "", fast_int8 / 1000, accurate_int8 / 1000)
    feed = replace(source(30), live=True)
    found = pick(feed, speed)
    assert (found.model, found.precision) == picked
    assert (" in int8" in found.why) == (found.precision == "int8")
    # a clip is analysed as exactly on every machine
    assert pick(source(30), speed).precision != "int8"


def test_a_live_source_that_is_too_fast_gets_more_threads_where_these_pay() -> None:
    speed = Speed(0.035, 0.06, "", 0.021, 0.04, threads=2, gain=1.6)
    feed = replace(source(30), live=True)
    found = pick(feed, speed)
    assert (found.model, found.precision, found.threads) == (FAST, "int8", 2)
    assert "2 threads are 1.6 times as fast" in found.why
    # as many as ever where they do not pay, where it keeps up, and for what can wait
    assert pick(feed, replace(speed, gain=WORTH - 0.01)).threads == 0
    assert pick(replace(source(10), live=True), speed).threads == 0
    assert pick(source(30), speed).threads == 0


@pytest.mark.parametrize("threaded", [0.6, 1.1])
def test_threads_are_measured_where_a_source_may_be_too_fast(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, threaded: float
) -> None:
    monkeypatch.setattr("poseviewer.runtime.pick.os.cpu_count", lambda: 4)
    monkeypatch.setattr("poseviewer.models.engine.engines", lambda: ("openvino", "torch"))
    machine = Machine({FAST: 0.05, ACCURATE: 0.1})
    machine.threaded = threaded
    speed = measured(begin(desk, machine)).speed
    assert (speed.threads, speed.gain) == (3, pytest.approx(max(1 / threaded, 1)))
    session = begin(desk, machine, speed=speed).session
    session.open("feed")
    state = desk.until(lambda s: s.source and s.source.live and s.pick)
    assert state.network.threads == (3 if threaded < 1 else 0)
    desk.feed.push()  # type: ignore[attr-defined]
    # The network of before may answer once more while that one is loaded.
    desk.until(
        lambda s: (
            answered(s)
            and (machine.answering[-1].model, machine.answering[-1].threads)
            == (s.network.model, s.network.threads)
        )
    )
    # what is named by a person runs as ever
    session.change("network", model=ACCURATE)
    assert session.state.network == NetworkState(ACCURATE)
    assert session.state.key.network.threads == 0


def test_int8_is_of_the_feed_alone_and_a_named_precision_stays(desk: Desk) -> None:
    machine = Machine(MACHINES["slow"])
    speed = measured(begin(desk, machine)).speed
    assert speed is not None
    assert (speed.fast_int8, speed.accurate_int8) == pytest.approx((0.4 * 0.021, 0.4 * 0.042))
    session = begin(desk, machine, speed=speed).session

    def shown(state: AppState) -> bool:
        if state.source is not None and state.source.live and state.answer is None:
            desk.feed.push()  # type: ignore[attr-defined]
        return answered(state)

    session.open("feed")
    state = desk.until(lambda s: s.source and s.source.live and shown(s))
    assert state.network.precision == state.answer.key.network.precision == "int8"
    assert "in int8" in state.pick
    session.open("dots")
    state = desk.until(lambda s: s.source and not s.source.live and answered(s))
    assert state.network.precision == state.answer.key.network.precision == "fp32"
    # the person's own precision is nobody's to change, until Automatic is chosen again
    session.change("network", precision="fp32")
    assert session.state.network.automatic
    session.open("feed")
    state = desk.until(lambda s: s.source and s.source.live and s.network.own_precision)
    assert state.network.precision == "fp32"
    session.change("network", automatic=True)
    state = session.state
    assert (state.network.precision, state.network.own_precision) == ("int8", False)
    # a network that is named runs in fp32
    session.change("network", model=FAST)
    assert session.state.network == NetworkState(FAST)


def test_without_weights_there_is_nothing_to_pick(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr("poseviewer.models.facts.digest", missing)
    machine = Machine(MACHINES["fast"])
    session = begin(desk, machine).session
    session.open("photo")
    state = desk.until(lambda s: "no weights" in s.pick and answered(s))
    assert (state.network.model, state.speed) == (FAST, None)
    assert {one.model for one in machine.loads} == {FAST}
