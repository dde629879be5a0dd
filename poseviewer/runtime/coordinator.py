"""Coordinates the threads of a session: takes their reports and updates the state."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poseviewer.core.address import redacted
from poseviewer.core.annotation import NO_ANNOTATIONS
from poseviewer.core.correction import NONE
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.reading import reason
from poseviewer.runtime.factories import (
    machine,
    model_info,
    model_list,
    plugin_complaints,
    writer_list,
)
from poseviewer.runtime.ground_truth import TruthLoader
from poseviewer.runtime.inference import InferenceRequest, InferenceThread
from poseviewer.runtime.meter import Meter
from poseviewer.runtime.pick import Picker
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.saved.agreements import SavedAgreements
from poseviewer.runtime.saved.annotations import SavedAnnotations
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.sections import PeopleState
from poseviewer.runtime.state import Answer, Playback
from poseviewer.runtime.store import Store
from poseviewer.runtime.undo import UndoStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.core.frame import Frame
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.job import Job
    from poseviewer.runtime.recording.video import Recorder
    from poseviewer.runtime.saved.file import SavedFile
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.source_thread import SourceThread
    from poseviewer.runtime.state import AppState, Level, Past, ResultKey, SourceInfo

_COMPLAINTS = 4
"""Sentences on broken plug-ins and imported models that are said one by one."""


class Coordinator:
    """Owner of the source thread and listener of the inference thread.

    Args:
        on_ready: Called from any thread whenever the state has changed.
        loader: Loads networks, on the inference thread.
        state: To begin with.
        start: Starts a thread that the session ends when it is closed.
        clock: Seconds, to measure networks by.
        saving: Where sequential analyses are saved; None for nowhere.
    """

    def __init__(
        self,
        on_ready: Callable[[], None],
        *,
        loader: Loader,
        state: AppState,
        start: Callable[[Thread], None],
        clock: Callable[[], float],
        saving: Saving | None = None,
    ) -> None:
        self.store = Store(on_ready, state)
        self.meter = Meter()
        self.undo = UndoStack()
        """Changes since the source was opened; used with the store's lock held."""
        self.source: SourceThread | None = None
        self.recorder: Recorder | None = None
        """The latest recording, which is given every live result."""
        self.analysis: Job | None = None
        """The latest sequential analysis of the source."""
        self.analysis_key: ResultKey | None = None
        """The choices that it was begun under."""
        self.saving = saving
        self.corrected: SavedCorrections | None = None
        """Where corrections of the clip are saved."""
        self.annotated: SavedAnnotations | None = None
        """Where annotations of the clip are saved."""
        self.agreed: SavedAgreements | None = None
        """Where it is saved which projects the clip agrees with."""
        self._start = start
        self.least = 0
        self._newest = 0
        """Number of the first source that may still replace the present one."""
        self._opening = ""
        self._loading = ""
        self._asked: InferenceRequest | None = None
        self._complaint = ""
        self.truth = TruthLoader(self.store, ask_again=self.ask_again)
        self.inference = InferenceThread(loader=loader, listener=self)
        self.inference.plan = self.inference.plan.of(state)
        self.picker = Picker(
            self.store,
            choose=self.change,
            begun=self._begun,
            start=start,
            loader=loader,
            clock=clock,
        )

    @property
    def found(self) -> ClipResults:
        """The answers made with the present choices."""
        return self.inference.plan.results.of(self.store.state.key)

    def change(self, section: str, **fields: Any) -> dict[str, Any]:
        """Change some choices and update all that depends on them; see `Store.change_section`."""
        with self.store:
            before = self.store.change_section(section, **fields)
            state = self.store.state
            plan = self.inference.plan.of(state)
            if plan != self.inference.plan:
                self.inference.plan = replace(plan, generation=self.store.advance())
                self.found.follow(state.people.focus, locked=state.people.locked)
                self._show_stored()
                self.ask_again()
            if section == "network" and before.keys() - {"model"}:
                self.picker.decide()
            if "said" in before:
                self._apply_corrections()
            return before

    def correct(self, corrections: Corrections) -> None:
        """Put these corrections in force: shown at once, saved at once.

        What another window has corrected in the clip meanwhile is in force then, too.
        """
        self._show_corrections(corrections)
        if self.corrected is not None:
            both = self.corrected.write(corrections)
            if both != corrections:
                self._show_corrections(both)
                text = "Another window has corrected this clip too: its corrections are here now."
                self.store.notice("info", text, topic="correct")

    def _show_corrections(self, corrections: Corrections) -> None:
        with self.store:
            if corrections == self.store.state.corrections:
                return
            self.store.change(corrections=corrections)
            self._apply_corrections()

    def _apply_corrections(self) -> None:
        """Have all that is shown and measured follow the corrections that are shown."""
        state = self.store.state
        self.inference.plan.results.correct(state.shown_corrections)
        plan = self.inference.plan.of(state)
        self.inference.plan = replace(plan, generation=self.store.advance())
        self._show_stored()
        self.ask_again()

    def annotate(self, annotations: Annotations) -> None:
        """Put these annotations in force: shown at once, saved at once."""
        self.store.change(annotations=annotations)
        if self.annotated is not None:
            self.annotated.write(annotations)

    def want(self, stages: frozenset[int] | None) -> None:
        """Set the stages whose maps are shown; None means all, empty none."""
        with self.store:
            if self.inference.plan.wanted == stages:
                return
            self.inference.plan = replace(self.inference.plan, wanted=stages)
            self.ask_again()

    def ask_again(self) -> None:
        """Analyse the frame on screen again, as the plan is now."""
        with self.store:
            if self._asked is not None:
                again = replace(self._asked, captured=perf_counter())
                self.inference.mailbox.put(again, newer=False)
            else:
                self.inference.mailbox.wake()

    # From the source's thread ---------------------------------------------------------------

    def opening(self, location: str, number: int) -> None:
        """Show that the source with this number is being opened."""
        with self.store:
            self._newest = number
            self._busy(opening=f"Opening {redacted(location)}")

    def _opening_ended(self, number: int) -> None:
        """Show that a source is opened no more; one that was asked for later still is."""
        with self.store:
            if number >= self._newest:
                self._busy(opening="")

    def opened(self, thread: SourceThread, source: SourceInfo) -> None:
        """Replace the old source by a new one."""
        file = None
        if self.saving is not None:
            complain = partial(self.store.notice, "warning", topic="saved")
            file = self.saving.file_of(source, complain=complain)
        edits = None
        if file is not None:
            edits = SavedCorrections(file), SavedAnnotations(file), SavedAgreements(file)
            for each in edits:
                each.load()
        before = self.inference.plan.results
        with self.store:
            old = self.source
            if thread.number < max(self.least, old.number if old is not None else 0):
                # A source that was asked for later was quicker, or all were closed meanwhile.
                thread.close()
                return
            self._take_up(thread, source, file=file, edits=edits)
        if old is not None:
            old.close()
        before.close()
        self._opening_ended(thread.number)
        if edits is not None and edits[0].value:
            text = (
                f"Corrected before: {edits[0].value.words}. What is done from now on can be "
                "undone; Edit, Show as the network said, leaves all of it out."
            )
            self.store.notice("info", text, topic="correct")
        if file is not None and self.saving is not None:
            self._start(Thread(target=self._trim, args=(self.saving,), daemon=True))

    def _trim(self, saving: Saving) -> None:
        """Keep what is saved within its limit."""
        try:
            text = saving.trim()
        except OSError as error:
            text = one_sentence(f"{saving.folder} cannot be tidied up: {reason(error)}.")
        if text:
            self.store.notice("info", text, topic="saved")

    def leave(self, least: int) -> SourceThread | None:
        """Close the source; a source with a number below `least` will not be used any more.

        Returns:
            The thread that is ending.
        """
        with self.store:
            self.least = least
            old = self.source
            self._take_up(None, None)
        if old is not None:
            old.close()
        self._opening_ended(least)
        return old

    def _take_up(
        self,
        thread: SourceThread | None,
        source: SourceInfo | None,
        *,
        file: SavedFile | None = None,
        edits: tuple[SavedCorrections, SavedAnnotations, SavedAgreements] | None = None,
    ) -> None:
        store = self.store
        self.corrected, self.annotated, self.agreed = edits or (None, None, None)
        corrections = NONE if self.corrected is None else self.corrected.value
        annotations = NO_ANNOTATIONS if self.annotated is None else self.annotated.value
        self.source = thread
        self.truth.follow(thread.source if thread is not None else None)
        self._asked = None
        if self.analysis is not None:
            self.analysis.cancel()
            self.analysis = None
        self.undo.clear()
        self.meter.clear()
        self.inference.mailbox.empty()
        reading = store.state.reading
        if reading.region == "box":
            # The box was dragged on another source.
            reading = replace(reading, region="follow", box=None)
        export = store.state.export
        store.change(
            source=source,
            # Numbers of people mean nothing in another source.
            people=PeopleState(),
            reading=reading,
            frame=None,
            answer=None,
            playback=Playback(),
            analysis=None,
            # One that is being written goes on: it has opened its clip for itself.
            export=export if export is not None and not export.finished else None,
            analysed=0,
            past=None,
            corrections=corrections,
            annotations=annotations,
            steps=(),
            steps_done=0,
        )
        self.picker.decide()
        results = ResultStore(source, file=file, made=self._load_saved)
        results.correct(store.state.shown_corrections)
        self.inference.plan = replace(
            self.inference.plan.of(store.state),
            source=thread.number if thread is not None else 0,
            results=results,
            live=source is not None and source.live,
            generation=store.advance(),
        )

    def _load_saved(self, results: ClipResults) -> None:
        """Have what was saved of an analysis loaded, on a thread of its own."""

        def load() -> None:
            state = self.store.state
            if results.load(state.reading, state.angles):
                results.settle()
                with self.store:
                    if results is self.found:
                        people = self.store.state.people
                        results.follow(people.focus, locked=people.locked)
                        self._show_stored()
                        self.ask_again()

        self._start(Thread(target=load, name="poseviewer-saved", daemon=True))

    def not_opened(self, thread: SourceThread, text: str) -> None:
        """Show why a source was not opened; the one that was open runs on."""
        with self.store:
            # Nobody waits for one that another was asked for after, or that was closed.
            if thread.number >= max(self.least, self._newest):
                self._opening_ended(thread.number)
                self.store.notice("error", text, topic="source")

    def show(self, thread: SourceThread, frame: Frame, *, seek_id: int) -> None:
        """Put a frame on screen with its stored answer, and request what is missing."""
        with self.store:
            if thread is not self.source:
                return
            live = self.inference.plan.live and self.store.state.past is None
            asked = InferenceRequest(frame, perf_counter(), seek_id, thread.number, live)
            self._asked = asked
            if live or not self.inference.plan.live:
                self.meter.frame()
            self.store.change(frame=frame)
            if live:
                # With the frame, so that one notification serves both.
                self.store.change_section("playback", index=frame.index)
            else:
                self._show_stored()
            self.inference.mailbox.put(asked, newer=live)

    def _show_stored(self) -> None:
        """Show the stored answer of the frame on screen; maps that it lacks follow.

        What was measured under another definition of the angles follows measured anew.
        """
        state, asked, found = self.store.state, self._asked, self.found
        if asked is None or asked.live:
            return
        self.store.change(analysed=found.analysed)
        people = state.people
        known = found.get(asked.frame.index, focus=people.focus, read_with=people.read_with)
        if known is None or not found.agree_with(state.reading, state.angles):
            return
        result = replace(
            known.result,
            frame=asked.frame,
            generation=self.inference.plan.generation,
            captured=asked.captured,
        )
        result = self.truth.beside(result)
        self.store.publish(Answer(result, known.model, known.engine, state.key, known.sequential))

    def moved(self, thread: SourceThread, **fields: Any) -> None:
        """Show the position of playback."""
        with self.store:
            if thread is self.source:
                self.store.change_section("playback", **fields)
                if fields.get("lost") and self.store.state.past is None:
                    # The last skeleton is not of what is there now, nor is an answer under way.
                    plan = replace(self.inference.plan, generation=self.store.advance())
                    self.inference.plan = plan
                    self.store.change(answer=None)

    def said(self, thread: SourceThread, text: str, *, level: Level = "warning") -> None:
        """Show a message of the source."""
        if thread is self.source:
            self.store.notice(level, text, topic="source")

    def frozen(self, thread: SourceThread, past: Past | None) -> None:
        """Show that the feed is frozen, with its stored frames, or that it runs again."""
        with self.store:
            if thread is self.source:
                playback = self.store.state.playback
                playback = Playback(past is None, playback.index, lost=playback.lost)
                self.store.change(past=past, playback=playback)

    def expects(self) -> bool:
        """Whether an analysis of the frame on screen is still to come."""
        return self.inference.works

    # From the inference thread --------------------------------------------------------------

    def started(self) -> None:
        """List the models, engines, devices and kinds of data."""
        try:
            self.store.change(models=model_list())
            engines, devices = machine()
            self.store.change(engines=engines, devices=devices, writers=writer_list())
            self.picker.listed()
            broken = plugin_complaints()
            for number, sentence in enumerate(broken[:_COMPLAINTS]):
                self.store.notice("warning", sentence, topic=f"plug-in {number}")
            if len(broken) > _COMPLAINTS:
                text = f"{len(broken) - _COMPLAINTS} more: `poseviewer models` lists them."
                self.store.notice("warning", text, topic="plug-ins")
        except (ImportError, PoseViewerError) as error:
            text = f"The models cannot be listed: {error}"
            self.store.notice("error", text, topic="model")

    def listed_anew(self) -> None:
        """List the models again, as there is one more or less; called from any thread."""
        self.store.change(models=model_list())
        self.picker.listed()

    def loading(self, what: str) -> None:
        """Say that a network is being loaded."""
        with self.store:
            if what:
                # Nothing runs meanwhile, and the old network's name must not say so.
                self.store.change(loaded=None, engine="")
            self._busy(loading=f"Loading {what}" if what else "")

    def loaded(self, network: Loaded) -> None:
        """Show the network that runs."""
        self._complaint = ""
        self.store.change(loaded=model_info(network.card), engine=network.label)
        if network.notice:
            self.store.notice("warning", network.notice, topic="model")
        else:
            self.store.retract("model")

    def refused(self, text: str) -> None:
        """Show that no network runs, and why."""
        self.store.change(loaded=None, engine="", answer=None)
        self.store.notice("error", text, topic="model")

    def failed(self, text: str) -> None:
        """Show why a frame was not analysed, once per reason."""
        if text != self._complaint:
            self._complaint = text
            self.store.notice("error", text, topic="analysis")

    def answered(self, request: InferenceRequest, answer: Answer | None) -> None:
        """Publish an answer, unless the choices or the source have changed since."""
        if answer is not None:
            answer = replace(answer, result=self.truth.beside(answer.result))
            if self._publish(answer):
                result = answer.result
                network = result.timings.get("network", 0.0)
                self.meter.result(captured=result.captured, network=network)
                if request.live and self.recorder is not None:
                    model, engine = answer.model.name, answer.engine
                    self.recorder.analysed(result, model=model, engine=engine)
            self.picker.answered()
        controls = self.source.controls if self.source is not None else None
        if controls is not None:
            controls.answered(request.frame.index)

    # From the analysis ----------------------------------------------------------------------

    def analysed(self, results: ClipResults, index: int) -> None:
        """Show a new result of a sequential analysis, if it is of the frame on screen."""
        with self.store:
            if results is not self.found:
                return
            self.store.change(analysed=results.analysed)
            if self._asked is not None and self._asked.frame.index == index:
                self._show_stored()
                self.ask_again()

    def _publish(self, answer: Answer) -> bool:
        """Show an answer, unless that of the frame on screen is already shown.

        A frame that one has gone away from may be answered late.
        """
        with self.store:
            shown, asked = self.store.state.answer, self._asked
            if shown is not None and asked is not None:
                number, present = asked.frame.index, shown.result
                up_to_date = present.generation == self.inference.plan.generation
                if present.frame.index == number != answer.result.frame.index and up_to_date:
                    return False
            return self.store.publish(answer)

    def _begun(self) -> bool:
        """Whether more than single frames of the source has been analysed."""
        state = self.store.state
        running = self.analysis is not None and self.analysis.running
        live = state.source is not None and state.source.live
        moves = state.answer is not None and (live or state.playback.playing)
        return moves or state.analysed > 0 or running

    def _busy(self, *, opening: str | None = None, loading: str | None = None) -> None:
        with self.store:
            if opening is not None:
                self._opening = opening
            if loading is not None:
                self._loading = loading
            self.store.change(busy=" · ".join(filter(None, (self._opening, self._loading))))
