"""The inference thread: the only owner of the network while a session runs.

A request is answered from what is stored where that is possible. Otherwise a frame of a clip gets
a single-frame answer, and a frame of a running feed the next answer of the feed's sequence.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from threading import Condition, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from poseviewer.core.affine import Box
from poseviewer.core.correction import NONE, Corrections
from poseviewer.core.errors import DeviceMemoryError, PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import (
    SequentialEstimator,
    in_focus,
    single_frame,
    with_maps,
)
from poseviewer.pipeline.heads import personal
from poseviewer.runtime.factories import follower, model_info
from poseviewer.runtime.memory import give_back
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.sections import AngleState, NetworkState, PeopleState, ReadingState
from poseviewer.runtime.state import Answer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.state import AppState, ModelInfo, ResultKey

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A slot between two threads: putting never waits, and replaces what was not taken.

    A queue would make the reader late by its length; with one slot the reader always gets
    what is true now (3.6 ms old when inference begins, not 46: docs/facts/performance.md).
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._content: T | None = None
        self._closed = False
        self._woken = False
        self._drops = 0

    @property
    def drops(self) -> int:
        """How many items were replaced before they were taken."""
        return self._drops

    def put(self, thing: T, *, newer: bool = True) -> None:
        """Put `thing`, in place of what is in the slot.

        Args:
            thing: What to leave.
            newer: Whether what it replaces counts as dropped; not where only another frame is
                asked for.
        """
        with self._changed:
            self._drops += newer and self._content is not None
            self._content = thing
            self._changed.notify()

    def take(self, timeout: float | None = None) -> T | None:
        """Take the item, waiting for it up to `timeout` seconds.

        Returns:
            None when nothing came in time, or when the mailbox was closed or its reader woken.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._woken or self._content is not None, timeout
            )
            self._woken = False
            thing, self._content = self._content, None
            return None if self._closed else thing

    def empty(self) -> None:
        """Drop the item and count drops from zero."""
        with self._changed:
            self._content = None
            self._drops = 0

    def recount(self) -> None:
        """Count drops from zero: until now there was no reader."""
        with self._changed:
            self._drops = 0

    def wake(self) -> None:
        """Wake the reader although there is no item."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Wake the reader and make `take` return from now on."""
        with self._changed:
            self._closed = True
            self._content = None
            self._changed.notify_all()


_SWITCH = 0.001
"""Seconds after which a thread that runs Python gives way to one that waits to: five, Python's own
choice, are a fifth of a network, and a frame that the window's thread waits for."""

_PAUSE = 0.002
"""Seconds that the thread sleeps after an answer, so that it can be painted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How frames are to be analysed: the part of the state that analysis depends on."""

    network: NetworkState = field(default_factory=NetworkState)
    reading: ReadingState = field(default_factory=ReadingState)
    angles: AngleState = field(default_factory=AngleState)
    people: PeopleState = field(default_factory=PeopleState)

    wanted: frozenset[int] | None = frozenset()
    """Stages whose maps are wanted; None for all."""

    generation: int = 0

    source: int = 0
    """Number of the present source."""

    results: ResultStore = field(default_factory=ResultStore)
    """Answers found in that source so far."""

    live: bool = False

    key: ResultKey | None = None
    """`AppState.key` of these choices."""

    corrections: Corrections = NONE

    def of(self, state: AppState) -> Plan:
        """This plan with the choices of `state`."""
        return replace(
            self,
            network=replace(state.key.network, threads=state.network.threads),
            reading=state.reading,
            # Neither filters nor what is plotted change an answer.
            angles=AngleState(state.angles.facing, state.angles.custom),
            people=state.people,
            key=state.key,
            corrections=state.corrections,
        )


@dataclass(frozen=True, slots=True, eq=False)
class InferenceRequest:
    """A frame to analyse."""

    frame: Frame

    captured: float
    """`time.perf_counter()` when it was taken or shown."""

    seek_id: int
    """Another number than the last request's: this frame does not follow on the last one."""

    source: int

    live: bool = False
    """It comes from a feed that runs, so it is answered once."""


class Listener(Protocol):
    """What the inference thread notifies; called from that thread."""

    def started(self) -> None:
        """The thread has started; lists that are slow to make can be made now."""

    def loading(self, what: str) -> None:
        """`what` is being loaded; empty when it is done."""

    def loaded(self, network: Loaded) -> None:
        """A network runs now."""

    def refused(self, text: str) -> None:
        """No network runs, for the reason `text`."""

    def failed(self, text: str) -> None:
        """A frame could not be analysed, for the reason `text`."""

    def answered(self, request: InferenceRequest, answer: Answer | None) -> None:
        """A request is done; None where no network runs."""


class InferenceThread(Thread):
    """Takes the newest request and answers it; loads the network that the plan needs.

    Args:
        loader: Imports, builds and compiles a network; slow, so only called on this thread.
        listener: Receives what happens.
    """

    def __init__(self, *, loader: Loader, listener: Listener) -> None:
        super().__init__(name="poseviewer-inference", daemon=True)
        self.mailbox: Mailbox[InferenceRequest] = Mailbox()
        self.plan = Plan()
        """Replaced as a whole by the session; read once per request."""
        self._loader = loader
        self._listener = listener
        self._refused = False
        self._network: Loaded | None = None
        self._about: ModelInfo | None = None
        """Of the network; asking for it looks at files, which is too slow for every frame."""
        self._tried: NetworkState | None = None
        self._prepared: tuple[ResultKey, int] | None = None
        self._warm: set[tuple[int, int]] = set()
        """Frame sizes that the network has run with: an engine compiles for each new one."""
        self._estimator: Estimator | None = None
        self._sequence: SequentialEstimator | None = None
        self._unlearnt: FrameResult | None = None
        self._seek_id = -1

    @property
    def works(self) -> bool:
        """Whether requests are answered, or will be when the network is loaded."""
        return not self._refused and self.is_alive()

    def close(self) -> None:
        """End the thread after the request at hand."""
        self.mailbox.close()

    def run(self) -> None:
        """Answer requests until closed."""
        sys.setswitchinterval(_SWITCH)
        self._listener.started()
        while not self.mailbox.closed:
            self._turn()

    def _turn(self) -> None:
        """Wait for a request, and answer it; meanwhile nothing refers to the last one's source."""
        if self.plan.network != self._tried:
            self._load(self.plan.network)
        # Showing the last answer goes first: what only the next frame needs is learnt in
        # the pause, or when there is none.
        request = self.mailbox.take(_PAUSE if self._unlearnt is not None else None)
        self._learn()
        if request is not None:
            self._attend(request, self.plan)

    def _attend(self, request: InferenceRequest, plan: Plan) -> None:
        if request.source != plan.source or plan.key is None:
            return
        answer = None
        try:
            try:
                answer = self._run(request, plan)
            except DeviceMemoryError:
                # Loaded anew, it runs on the CPU if the memory is still too little.
                self._tried = None
                answer = self._run(request, plan)
        except PoseViewerError as error:
            self._listener.failed(str(error))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the window lives on
            text = f"The analysis of frame {request.frame.index} failed: {error}"
            self._listener.failed(text)
        self._listener.answered(request, answer)

    def _run(self, request: InferenceRequest, plan: Plan) -> Answer | None:
        """Load what has to be loaded, and answer; None where no network runs."""
        if plan.network != self._tried:
            self._load(plan.network)
        if self._network is None:
            return None
        self._prepare(plan, request.frame)
        return self._answer(request, plan, self._network)

    def _learn(self) -> None:
        """Update the regions of a running feed from a result."""
        result, self._unlearnt = self._unlearnt, None
        if result is None or self._sequence is None:
            return
        try:
            self._sequence.update(result)
        except Exception as error:  # noqa: BLE001 - as in `_attend`
            self._listener.failed(f"The person could not be followed: {error}")

    def _prepare(self, plan: Plan, frame: Frame) -> None:
        """Make the estimator and the measurements that `plan` asks for."""
        assert self._network is not None
        assert plan.key is not None
        asked = plan.key, plan.source
        if self._prepared != asked:
            self._estimator = self._network.estimator(plan.reading)
            where = follower(plan.reading, live=plan.live)
            tracker = plan.results.of(plan.key).tracker
            self._sequence = SequentialEstimator(self._estimator, where, tracker)
            self._warm_up(self._estimator, frame)
            self._prepared = asked
        results = plan.results.of(plan.key)
        results.measure_as(plan.reading, plan.angles)
        results.settle()
        results.follow(plan.people.focus, locked=plan.people.locked)

    def _warm_up(self, estimator: Estimator, frame: Frame) -> None:
        """Run network and detector once: compiling them is no part of the time of a frame."""
        if frame.size in self._warm:
            return
        self._warm.add(frame.size)
        estimator.estimate(frame, Box.whole(frame.size), Request(stages=frozenset()))
        if estimator.finder is not None:
            estimator.finder.find(frame)

    def _load(self, network: NetworkState) -> None:
        self._tried, self._prepared = network, None
        self._network, self._estimator, self._sequence = None, None, None
        self._warm.clear()
        self._listener.loading(network.model)
        try:
            self._network = self._loader(network)
            self._about = model_info(self._network.card)
            self._refused = False
            self._listener.loaded(self._network)
        except PoseViewerError as error:
            self._refused = True
            self._listener.refused(str(error))
        except Exception as error:  # noqa: BLE001 - a broken install must not end the thread
            self._refused = True
            self._listener.refused(f"The model {network.model!r} cannot be loaded: {error}")
        finally:
            give_back()
            self._listener.loading("")
            self.mailbox.recount()

    def _answer(self, request: InferenceRequest, plan: Plan, network: Loaded) -> Answer:
        assert plan.key is not None
        waited = perf_counter() - request.captured
        index, captured, focus = request.frame.index, request.captured, plan.people.focus
        results = plan.results.of(plan.key)
        assert self._about is not None
        model, label, sequential = self._about, network.label, request.live
        wanted = Request(plan.generation, plan.wanted)
        read_with = plan.people.read_with
        known = results.get(index, focus=focus, read_with=read_with)
        if known is None:
            raw = self._next_of_feed(request, plan) if request.live else self._alone(request, plan)
            stored = replace(raw, stages=()) if request.live else raw
            result = results.put(stored, sequential=sequential, model=model, engine=label)
            result = in_focus(replace(result, stages=raw.stages), focus)
        else:
            result, sequential = known.result, known.sequential
        result = replace(result, frame=request.frame, generation=plan.generation, captured=captured)
        if not result.meets(wanted):
            assert self._estimator is not None
            result = with_maps(result, self._estimator, wanted, captured=captured)
            if not request.live:
                results.put_maps(index, result.region, result.stages)
        result = personal(result, read_with=read_with)
        result = replace(result, timings={**result.timings, "capture": waited})
        # Here, and not on the window's thread, where it would take longer than to show the frame.
        screen = request.frame, on_screen(request.frame)
        return Answer(result, model, label, plan.key, sequential, screen)

    def _alone(self, request: InferenceRequest, plan: Plan) -> FrameResult:
        """The single-frame answer."""
        assert self._estimator is not None
        wanted = Request(plan.generation, plan.wanted)
        return single_frame(
            request.frame,
            self._estimator,
            follower(plan.reading),
            wanted,
            captured=request.captured,
        )

    def _next_of_feed(self, request: InferenceRequest, plan: Plan) -> FrameResult:
        """The answer for the newest frame of a feed, following on earlier frames."""
        sequence = self._sequence
        assert sequence is not None
        assert plan.key is not None
        if request.seek_id != self._seek_id:
            self._seek_id = request.seek_id
            sequence.reset()
            plan.results.of(plan.key).interrupt()
        sequence.focus.picked = plan.people.focus
        wanted = Request(plan.generation, plan.wanted)
        self._unlearnt = sequence.estimate(request.frame, wanted, captured=request.captured)
        return self._unlearnt


def on_screen(frame: Frame) -> NDArray[np.uint32]:
    """The pixels of a frame (h, w) as 0xffRRGGBB."""
    # Imported late: it takes long, and the first paint of the window does not need it.
    import cv2
    import numpy as np

    made = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGRA)
    return np.ascontiguousarray(made).view("<u4")[..., 0]
