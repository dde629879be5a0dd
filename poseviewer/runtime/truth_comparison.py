"""The clip's results against ground truth or another program's, over the whole clip."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from poseviewer.core.agreement import Agreement, Apart, agreement
from poseviewer.core.angle import measure, standard_angles, wrap
from poseviewer.core.files import save_file
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.motion_names import angle_columns
from poseviewer.core.reading import reason
from poseviewer.core.result import FrameResult
from poseviewer.pipeline.follow import in_focus
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.factories import goniometer, measure_settings
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.job import Countdown
from poseviewer.runtime.side_task import SideTask, Worker
from poseviewer.runtime.state import History

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.pose import Poses
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.sections import PeopleState
    from poseviewer.runtime.state import AppState
    from poseviewer.truth.frames import Truth

_REST = 4
"""Times what an answer took that the thread rests after it: the network has more use for a core."""

_LONGEST_REST = 0.5
"""Seconds."""

_TICK = Fraction(1, 1_000_000)
"""Seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthCompared:
    """The person in focus, as the network and as the other source has them."""

    name: str
    """Of the file or source."""

    history: History
    """The other's angles, by the definitions in force; of a file without places on its own times.
    Where the network has no answer yet, those of the person it was paired with most often."""

    agreement: Agreement
    """Over the frames that the network has answered."""

    pairs: Mapping[int, Apart]
    """By frame, of those frames that both have the person in."""

    joints: tuple[str, ...] = ()
    """Of the network."""

    specs: tuple[AngleSpec, ...] = ()
    """The network's angles."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is to be compared."""

    truth: Truth
    results: Mapping[int, FrameResult]
    """The network's, by frame; empty before the first."""
    state: AppState

    @property
    def settings(self) -> Hashable:
        """What everything that was compared before must have in common with it."""
        people = self.state.people.focus, self.state.people.locked
        return self.truth, measure_settings(self.state.reading, self.state.angles), people


class TruthComparison(SideTask[Request]):
    """Compares on a thread of its own, as far as the clip has been analysed.

    Args:
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._asked: tuple[object, ...] = ()
        self._answer: TruthCompared | None = None

    def look(
        self, truth: Truth | None, results: ClipResults, state: AppState
    ) -> TruthCompared | None:
        """The newest comparison with `truth`; what has changed since is compared next.

        Args:
            truth: What is known; None for nothing.
            results: Of the network.
            state: The choices.
        """
        history = results.history
        key = (
            truth,
            measure_settings(state.reading, state.angles),
            (state.people.focus, state.people.locked),
            # Another one whenever there is a new result.
            NOTHING if history is None else history.slice(),
        )
        with self._lock:
            self._turn_to((truth, ref(results), key[2]))
            if truth is None or state.source is None or state.source.live:
                return None
            if key != self._asked:
                self._asked = key
                self._ask(Request(truth, results.plotted(), state))
            return self._answer

    def show(self, answer: TruthCompared | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self._answer, self.state = answer, state

    def _worker(self) -> _Comparer:
        return _Comparer(self)

    def _forget(self) -> None:
        self._asked, self._answer = (), None


class _Comparer(Worker[Request]):
    """The thread that compares."""

    def __init__(self, owner: TruthComparison) -> None:
        super().__init__("poseviewer-truth")
        self._owner = owner
        self._work: Comparer | None = None

    def answer(self, request: Request) -> None:
        start = perf_counter()
        if self._work is None or self._work.settings != request.settings:
            self._work = Comparer(request)
        answer = self._work.compare(request)
        self._owner.publish(self, partial(self._owner.show, answer))
        sleep(min(_REST * (perf_counter() - start), _LONGEST_REST))

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: Request, error: Exception) -> str:
        return f"{request.truth.name} cannot be compared: {reason(error)}."

    def release(self) -> None:
        self._work = None


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What the other source has in one frame."""

    poses: Poses
    degrees: NDArray[np.float32]
    """(people, a) facing the way that its own joints tell."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    """One frame that the network has answered."""

    result: FrameResult
    pair: Apart | None
    """The person in focus; None where one of the two has none."""
    degrees: NDArray[np.float32]
    """(a,) the other's."""


class Comparer:
    """Compares results as they come: a frame is compared once.

    Args:
        request: The first of those that it is used for; all have its settings.
    """

    def __init__(self, request: Request) -> None:
        truth, state = request.truth, request.state
        assert state.source is not None
        self.settings = request.settings
        self._truth, self._times = truth, state.source.times
        self._gate = state.reading.gate
        self._known: dict[int, _Known] = {}
        self._answered: dict[int, _Answered] = {}
        tracker, instrument = Tracker(), goniometer(state.reading, state.angles)
        self._specs = instrument.specs(truth.skeleton)
        focus = state.people.focus
        self._motion = next(
            (one for one in truth.motions if one.person == focus), next(iter(truth.motions), None)
        )
        """The angles of the person in focus, where a file has those alone."""
        if self._motion is not None:
            every = (*standard_angles(), *state.angles.custom)
            there = angle_columns(self._motion.columns, [spec.name for spec in every])
            self._specs = tuple(spec for spec in every if spec.name in there)
        for index in truth.frames:
            poses = truth.at(index) if index < len(self._times) else None
            if poses is None:
                continue
            time = Timestamp(round(float(self._times[index]) / _TICK), _TICK)
            frame = Frame(np.zeros((1, 1, 3), np.uint8), index, time)
            if len(poses) and (poses.track < 0).all():
                poses = tracker.apply(poses, frame=frame)
            angles = instrument.measured(FrameResult.bare(frame, poses)).angles
            self._known[index] = _Known(poses, angles.degrees)

    def compare(self, request: Request) -> TruthCompared:
        """Compare what is new, and summarise all."""
        before, self._answered = self._answered, {}
        for index, result in request.results.items():
            done = before.get(index)
            if done is None or done.result is not result:
                done = self._compare(result, request.state.people)
            self._answered[index] = done
        pairs = {index: one.pair for index, one in self._answered.items() if one.pair is not None}
        last = next(reversed(self._answered.values()), None)
        joints = last.result.poses.skeleton.joints if last else ()
        specs = last.result.angles.specs if last else ()
        found = agreement(pairs.values(), joints=joints, specs=specs)
        return TruthCompared(self._truth.name, self._history(pairs), found, pairs, joints, specs)

    def _compare(self, result: FrameResult, people: PeopleState) -> _Answered:
        degrees = np.full(len(self._specs), np.nan, np.float32)
        focused, pair = in_focus(result, people.focus), None
        if not people.locked or people.focus in result.poses.track:
            # The person in focus comes first.
            found = self._truth.apart(focused, gate=self._gate)
            pair = next((one for one in found if one.person == 0), None)
        known = self._known.get(result.frame.index)
        if pair is not None and known is not None:
            # Facing the way that the network's person was taken to, so that signs agree.
            person, facing = known.poses.only(np.array([pair.partner])), focused.angles.facing[0]
            made = measure(person, specs=self._specs, gate=self._gate, facing=facing)
            degrees = made.degrees[0]
        return _Answered(result, pair, degrees)

    def _history(self, pairs: Mapping[int, Apart]) -> History:
        """The other's angles of the person in focus."""
        if (motion := self._motion) is not None:
            seconds = motion.seconds - motion.origin
            # Unwrapped like the network's when they are drawn, or they would be whole turns apart.
            period = np.array([spec.period for spec in self._specs], np.float64)
            degrees = wrap(motion.degrees(self._specs), period=period)
            return self._made(np.arange(len(seconds)), seconds, degrees)
        usual = self._usual(pairs)
        table = np.full((len(self._known), len(self._specs)), np.nan, np.float32)
        for row, (index, known) in enumerate(self._known.items()):
            if (answered := self._answered.get(index)) is not None:
                table[row] = answered.degrees
            elif usual in known.poses.track:
                table[row] = known.degrees[known.poses.track.tolist().index(usual)]
        numbers = np.array(list(self._known), np.int64)
        return self._made(numbers, self._times[numbers], table)

    def _made(
        self, index: NDArray[np.int64], seconds: NDArray[np.float64], degrees: NDArray[np.floating]
    ) -> History:
        sure = np.isfinite(degrees).any(axis=1).astype(np.float32)
        return History(self._specs, index, seconds, degrees.astype(np.float32), sure)

    def _usual(self, pairs: Mapping[int, Apart]) -> int:
        """The number of the other's person that the one in focus was paired with most often.

        Before there are pairs it is the person who is in most frames.
        """
        numbers = Counter(
            int(self._known[index].poses.track[pair.partner]) for index, pair in pairs.items()
        )
        if not numbers:
            numbers.update(
                track for known in self._known.values() for track in known.poses.track.tolist()
            )
        return numbers.most_common(1)[0][0] if numbers else -1


def comparison_steps(
    path: Path, compared: TruthCompared, *, about: Mapping[str, object]
) -> Generator[Progress, None, None]:
    """Write the figures of a comparison, as CSV or JSON, in one step.

    Args:
        path: The file.
        compared: What was compared.
        about: How, for JSON.

    Raises:
        PoseViewerError: The file cannot be written, or has another ending.
    """
    from poseviewer.records.agreement import agreement_text

    countdown = Countdown(1, output=str(path))
    yield countdown.at(0)
    kind = path.suffix.lower()
    save_file(path, agreement_text(compared.agreement, about=about, kind=kind))
    yield countdown.at(1)
