"""Where the threads of a session meet: what each reports, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import goniometer, machine, model_info, model_list
from poseviewer.runtime.ground_truth import TruthKeeper
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.inference import Inference, Order, Question
from poseviewer.runtime.meter import Meter
from poseviewer.runtime.people import People
from poseviewer.runtime.result_cache import ResultCache
from poseviewer.runtime.state import Choices, Transport
from poseviewer.runtime.store import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.angles import Goniometer
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.recording.video import Recorder
    from poseviewer.runtime.source_thread import SourceThread
    from poseviewer.runtime.state import Past, SourceInfo


class Hub:
    """Owner of the source thread and listener of the inference thread.

    Args:
        on_ready: Called from any thread whenever the view has changed.
        loader: Loads networks, on the inference thread.
        choices: To begin with.
    """

    def __init__(self, on_ready: Callable[[], None], *, loader: Loader, choices: Choices) -> None:
        self.board = Board(on_ready)
        self.meter = Meter()
        self.cache = ResultCache()
        self.people = People()
        self.history: AngleHistory | None = None
        self.source: SourceThread | None = None
        self.recorder: Recorder | None = None
        """The latest recording, told of every live result."""
        self.least = 0
        """Number of the first source that may still be taken up."""
        self._opening = ""
        self._loading = ""
        self._asked: Question | None = None
        self._complaint = ""
        self.truth = TruthKeeper(self.board, ask_again=self.ask_again)
        self._measurer: Goniometer | None = None
        self._measured: Hashable = None
        """What the values of the history depend on besides their frames."""
        self.board.change(choices=choices)
        self.inference = Inference(
            loader=loader,
            listener=self,
            cache=self.cache,
            people=lambda: self.people,
            order=Order(choices, frozenset(), 0, 0, live=False),
        )

    def ask_again(self) -> None:
        """Have the frame on screen analysed as the order is now."""
        if self._asked is not None:
            self.inference.mailbox.put(self._asked, newer=False)
        else:
            self.inference.mailbox.wake()

    def follow(self) -> None:
        """Let the history give the angles of whom the choices ask for."""
        choices = self.board.view.choices
        if self.history is not None:
            self.history.follow(choices.focus, locked=choices.locked)

    # From the source's thread ---------------------------------------------------------------

    def opening(self, location: str) -> None:
        """A source is being opened."""
        self._busy(opening=f"Opening {location}" if location else "")

    def opened(self, thread: SourceThread, source: SourceInfo) -> None:
        """Let a new source take the place of the old one."""
        with self.board:
            old = self.source
            if thread.number < max(self.least, old.number if old is not None else 0):
                # A source that was asked for later was quicker, or all were closed meanwhile.
                thread.close()
                return
            self._take_up(thread, source)
        if old is not None:
            old.close()
        self.opening("")

    def leave(self, least: int) -> SourceThread | None:
        """Close the source; nothing with a number below `least` will be taken up any more.

        Returns:
            The thread that is ending.
        """
        with self.board:
            self.least = least
            old = self.source
            self._take_up(None, None)
        if old is not None:
            old.close()
        self.opening("")
        return old

    def _take_up(self, thread: SourceThread | None, source: SourceInfo | None) -> None:
        self.source = thread
        self.truth.follow(thread.source if thread is not None else None)
        self._asked = None
        self.history = None
        self.cache.clear()
        self.people = People()
        self.meter.clear()
        self.inference.mailbox.empty()
        # Numbers of people mean nothing in another source.
        choices = replace(self.board.view.choices, focus=None, locked=False)
        self.inference.order = replace(
            self.inference.order,
            choices=choices,
            source=thread.number if thread is not None else 0,
            live=source is not None and source.live,
            generation=self.board.advance(),
        )
        self.board.change(
            source=source,
            choices=choices,
            frame=None,
            result=None,
            transport=Transport(),
            analysis=None,
            past=None,
        )

    def not_opened(self, thread: SourceThread, text: str) -> None:  # noqa: ARG002
        """Say why; what was open runs on."""
        self.opening("")
        self.board.notice("error", text)

    def show(self, thread: SourceThread, frame: Frame, *, journey: int) -> None:
        """Put a frame on screen and ask what is in it."""
        with self.board:
            if thread is not self.source:
                return
            live = self.inference.order.live and self.board.view.past is None
            self._asked = Question(frame, perf_counter(), journey, thread.number, live)
            if live or not self.inference.order.live:
                self.meter.frame()
            self.inference.mailbox.put(self._asked, newer=live)
            self.board.change(frame=frame)
            if live:
                # With the frame, so that who looks is woken once.
                self.board.move(index=frame.index)

    def moved(self, thread: SourceThread, **fields: Any) -> None:
        """Show where the transport is."""
        if thread is self.source:
            self.board.move(**fields)

    def tell(self, thread: SourceThread, text: str) -> None:
        """Pass on what a source has to say."""
        if thread is self.source:
            self.board.notice("warning", text)

    def kept(self, thread: SourceThread, past: Past | None) -> None:
        """Show that the feed stands still and what can be gone back to, or that it runs again."""
        with self.board:
            if thread is self.source:
                index = self.board.view.transport.index
                self.board.change(past=past, transport=Transport(past is None, index))

    def expects(self) -> bool:
        """Whether the frame on screen will still be analysed."""
        return self.inference.works

    # From the inference thread --------------------------------------------------------------

    def started(self) -> None:
        """List what there is to choose from."""
        try:
            self.board.change(models=model_list())
            engines, devices = machine()
            self.board.change(engines=engines, devices=devices)
        except (ImportError, PoseViewerError) as error:
            self.board.notice("error", f"The models cannot be listed: {error}")

    def loading(self, what: str) -> None:
        """Say that a network is being loaded."""
        self._busy(loading=f"Loading {what}" if what else "")

    def loaded(self, network: Loaded, order: Order) -> None:  # noqa: ARG002
        """Show what runs."""
        self._complaint = ""
        self.board.change(model=model_info(network.card), engine=network.label)
        if network.notice:
            self.board.notice("warning", network.notice)

    def refused(self, text: str) -> None:
        """Show that nothing runs, and why."""
        self.board.change(model=None, engine="", result=None)
        self.board.notice("error", text)

    def failed(self, text: str) -> None:
        """Say why a frame was not analysed, once."""
        if text != self._complaint:
            self._complaint = text
            self.board.notice("error", text)

    def ready(self, specs: tuple[AngleSpec, ...], order: Order) -> None:
        """Begin a new history; what was measured under the same choices is taken over."""
        source, old = self.board.view.source, self.history
        if source is None:
            return
        history = AngleHistory(specs, times=None if source.live else source.times)
        history.follow(order.choices.focus, locked=order.choices.locked)
        measurer = goniometer(order.choices)
        goes_on = old is not None and self._measured == (order.key, order.source)
        if old is not None and goes_on:
            history.adopt(old.slice())
            for result in self.cache.kept(order.key):
                history.add(measurer.measured(result, known=True))
        with self.board:
            if order.source == self.inference.order.source:
                self._measured, self._measurer = (order.key, order.source), measurer
                self.history = history
                if not goes_on:
                    self.board.change(analysis=None)

    def answered(self, question: Question, result: FrameResult | None) -> None:
        """Publish a result, unless the choices or the source have changed meanwhile."""
        if result is not None:
            result = self.truth.beside(result)
        if result is not None and self.board.publish(result):
            if self.history is not None:
                self.history.add(result)
            self.meter.result(captured=result.captured, network=result.timings.get("network", 0.0))
            if question.live and self.recorder is not None:
                view = self.board.view
                self.recorder.analysed(result, model=view.choices.model, engine=view.engine)
        controls = self.source.controls if self.source is not None else None
        if controls is not None:
            controls.answered(question.frame.index)

    # From the analysis ----------------------------------------------------------------------

    def known(self, frame: Frame, order: Order) -> FrameResult | None:
        """What is already known about `frame` under `order`."""
        return self.cache.get(order.key, frame, Request(order.generation, frozenset()))

    def record(self, result: FrameResult, order: Order) -> bool:
        """Keep a result of the background analysis; False when nobody wants it any more."""
        with self.board:
            current = self.inference.order
            if (order.key, order.source) != (current.key, current.source):
                return False
            if self._measurer is not None:
                result = self._measurer.measured(result, known=True)
            self.cache.put(order.key, result)
            if self.history is not None:
                self.history.add(result)
        return True

    def _busy(self, *, opening: str | None = None, loading: str | None = None) -> None:
        with self.board:
            if opening is not None:
                self._opening = opening
            if loading is not None:
                self._loading = loading
            self.board.change(busy=" · ".join(filter(None, (self._opening, self._loading))))
