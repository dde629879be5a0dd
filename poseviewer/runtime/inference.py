"""The inference thread: the only owner of the network while a session runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Condition, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import follower, goniometer, live_filter
from poseviewer.runtime.result_cache import ResultCache, answers
from poseviewer.runtime.state import Choices

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.angles import Goniometer
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.follow import Company
    from poseviewer.pipeline.smooth import PoseFilter
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.people import People

T = TypeVar("T")


class Mailbox(Generic[T]):
    """One slot between two threads: putting never waits, and what was not taken is replaced.

    A queue would make the reader late by its length; with one slot the reader always gets
    what is true now (architecture.md: 3.6 ms old at the start of inference against 46 ms).
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._content: T | None = None
        self._closed = False
        self._woken = False
        self._drops = 0

    @property
    def drops(self) -> int:
        """How many things were replaced before anyone took them."""
        return self._drops

    def put(self, thing: T, *, newer: bool = True) -> None:
        """Leave `thing`, in place of what may still lie there.

        Args:
            thing: What to leave.
            newer: Whether what it replaces counts as dropped: not where somebody only asks
                for another frame.
        """
        with self._changed:
            self._drops += newer and self._content is not None
            self._content = thing
            self._changed.notify()

    def take(self, timeout: float | None = None) -> T | None:
        """What lies there, waiting for it up to `timeout` seconds.

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
        """Throw away what lies there and count drops from zero."""
        with self._changed:
            self._content = None
            self._drops = 0

    def recount(self) -> None:
        """Count drops from zero: until now nobody could take anything."""
        with self._changed:
            self._drops = 0

    def wake(self) -> None:
        """Let the reader look around even though nothing came."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Wake the reader for good."""
        with self._changed:
            self._closed = True
            self._content = None
            self._changed.notify_all()


_REMEMBERED = 900
"""Live results kept without their maps: going back to a frame gives the answer it had."""

_PAUSE = 0.002
"""Seconds in which a result is shown, before the network's thread goes on with its own."""


@dataclass(frozen=True, slots=True)
class Order:
    """How frames are to be analysed from now on."""

    choices: Choices

    wanted: frozenset[int] | None
    """Stages whose maps are wanted; None for all."""

    generation: int

    source: int
    """Number of the source whose frames count."""

    live: bool

    @property
    def key(self) -> Hashable:
        """What a raw result depends on besides its frame.

        Neither on filters nor on who is in focus nor on the person's own angles: those are
        measured of its poses.
        """
        usual = Choices()
        shown = ("smooth", "mirror", "focus", "locked")
        measured = ("angles", "min_cutoff", "beta", "d_cutoff", "filter")
        kept = {name: getattr(usual, name) for name in shown + measured}
        return replace(self.choices, **kept)

    @property
    def network(self) -> Hashable:
        """What the loaded network depends on."""
        c = self.choices
        return c.model, c.engine, c.device, c.precision


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A frame to analyse."""

    frame: Frame

    captured: float
    """`time.perf_counter()` when it was taken or shown."""

    journey: int
    """Another number than the last question's: this frame follows on nothing."""

    source: int

    live: bool = False
    """It comes from a feed that runs, so it is answered once."""


class Listener(Protocol):
    """Who is told what happens; called from the inference thread."""

    def started(self) -> None:
        """The thread runs; what may be slow to list can be listed now."""

    def loading(self, what: str) -> None:
        """`what` is being loaded; empty when it is done."""

    def loaded(self, network: Loaded, order: Order) -> None:
        """A network runs now."""

    def refused(self, text: str) -> None:
        """No network runs, for the reason `text`."""

    def failed(self, text: str) -> None:
        """A frame could not be analysed, for the reason `text`."""

    def ready(self, specs: tuple[AngleSpec, ...], order: Order) -> None:
        """Results of `order` follow, with these angles."""

    def answered(self, question: Question, result: FrameResult | None) -> None:
        """A question is done; None where no network runs."""


class Inference(Thread):
    """Takes the newest question, answers it, tells the listener; loads what the order needs.

    Args:
        loader: Imports, builds and compiles a network; slow, so only called on this thread.
        listener: Told what happens.
        cache: Results of a clip, kept to give the same answer again.
        people: Gives who is who in the source that is open.
    """

    def __init__(
        self,
        *,
        loader: Loader,
        listener: Listener,
        cache: ResultCache,
        people: Callable[[], People],
        order: Order,
    ) -> None:
        super().__init__(name="poseviewer-inference", daemon=True)
        self.mailbox: Mailbox[Question] = Mailbox()
        self.order = order
        """Replaced as a whole by the session; read once per question."""
        self._loader = loader
        self._listener = listener
        self._cache = cache
        self._people = people
        self._refused = False
        self._network: Loaded | None = None
        self._tried: Hashable = None
        self._settled: tuple[Hashable, Hashable, int] | None = None
        self._estimator: Estimator | None = None
        self._company: Company | None = None
        self._met = -1
        """Number of the source in which the company is."""
        self._filter: PoseFilter | None = None
        self._goniometer: Goniometer | None = None
        self._unlearnt: FrameResult | None = None
        self._journey = -1

    @property
    def works(self) -> bool:
        """Whether questions are answered, or will be once the network is loaded."""
        return not self._refused and self.is_alive()

    def close(self) -> None:
        """End the thread after the question at hand."""
        self.mailbox.close()

    def run(self) -> None:
        """Answer questions until closed."""
        self._listener.started()
        while not self.mailbox.closed:
            order = self.order
            if order.network != self._tried:
                self._load(order)
            # Who shows the last answer goes first: what only the next frame needs is learnt in
            # the pause, or when there is none.
            question = self.mailbox.take(_PAUSE if self._unlearnt is not None else None)
            self._learn()
            if question is not None:
                self._attend(question, self.order)

    def _attend(self, question: Question, order: Order) -> None:
        if question.source != order.source:
            return
        result = None
        try:
            self._prepare(order)
            if self._estimator is not None:
                result = self._answer(question, order, self._estimator)
        except PoseViewerError as error:
            self._listener.failed(str(error))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the window lives on
            text = f"The analysis of frame {question.frame.index} failed: {error}"
            self._listener.failed(text)
        self._listener.answered(question, result)
        self._unlearnt = result

    def _learn(self) -> None:
        """Tell the follower where people went."""
        result, self._unlearnt = self._unlearnt, None
        if result is None or self._company is None:
            return
        try:
            self._company.update(result)
        except Exception as error:  # noqa: BLE001 - as in `_attend`
            self._listener.failed(f"The person could not be followed: {error}")

    def _prepare(self, order: Order) -> None:
        """Have the estimator, company and filter that `order` asks for."""
        if order.network != self._tried:
            self._load(order)
        choices = order.choices
        asked = order.key, choices.angles, order.source
        if self._network is None or self._settled == asked:
            return
        from poseviewer.pipeline.follow import Company
        from poseviewer.pipeline.smooth import PoseFilter

        self._estimator = self._network.estimator(order.choices)
        where = follower(choices, live=order.live)
        # Other choices show the same people.
        same = self._met == order.source
        focus = self._company.focus if self._company is not None and same else None
        self._company = Company(where, self._people().tracker(), focus=focus)
        self._met = order.source
        self._filter = PoseFilter()
        self._goniometer = goniometer(choices)
        self._settled = asked
        self._listener.ready(self._goniometer.specs(self._estimator.skeleton), order)

    def _load(self, order: Order) -> None:
        self._tried, self._settled = order.network, None
        self._network, self._estimator = None, None
        self._listener.loading(order.choices.model)
        try:
            self._network = self._loader(order.choices)
            self._refused = False
            self._listener.loaded(self._network, order)
        except PoseViewerError as error:
            self._refused = True
            self._listener.refused(str(error))
        except Exception as error:  # noqa: BLE001 - a broken install must not end the thread
            self._refused = True
            self._listener.refused(f"The model {order.choices.model!r} cannot be loaded: {error}")
        finally:
            self._listener.loading("")
            self.mailbox.recount()

    def _answer(self, question: Question, order: Order, estimator: Estimator) -> FrameResult:
        waited = perf_counter() - question.captured
        company, smoother = self._company, self._filter
        assert company is not None
        measurer = self._goniometer
        assert smoother is not None
        assert measurer is not None
        frame = question.frame
        if question.journey != self._journey:
            self._journey = question.journey
            company.reset()
            smoother.reset()
            measurer.reset()
        company.focus.picked = order.choices.focus
        request = Request(order.generation, order.wanted)
        known = None
        if not question.live:
            known = self._cache.get(order.key, frame, request, captured=question.captured)
        old = known
        if known is None:
            known = company.look(frame, estimator, request, captured=question.captured)
        known = company.name(known)
        if not answers(known, request):
            # Only maps are missing, or are another person's.
            known = company.again(known, estimator, request, captured=question.captured)
        known = measurer.measured(known, known=old is not None)
        if question.live:
            self._cache.put(order.key, replace(known, stages=()), most=_REMEMBERED)
        else:
            self._cache.put(order.key, known)
        smoothed = None
        if order.choices.smooth:
            smoother.settings = live_filter(order.choices)
            smoothed = smoother.apply(known.poses, seconds=frame.time.seconds)
        return replace(known, timings={**known.timings, "capture": waited}, smoothed=smoothed)
