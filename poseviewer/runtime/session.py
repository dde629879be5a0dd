"""The session: the methods that the window calls; its threads do the work."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from poseviewer.core.beside import Beside
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.runtime.analysis import Analyst, analysis_steps
from poseviewer.runtime.beside_look import BesideLook, SecondClip
from poseviewer.runtime.changes import Changes
from poseviewer.runtime.comparison import Comparison
from poseviewer.runtime.contact_sheet import Sheet, contact_sheet_steps
from poseviewer.runtime.coordinator import Coordinator
from poseviewer.runtime.correcting import Correcting
from poseviewer.runtime.custom_angles import CustomAngles
from poseviewer.runtime.export import export_steps, snapshot_steps
from poseviewer.runtime.export_queue import ExportQueue
from poseviewer.runtime.factories import load_network, measure_settings
from poseviewer.runtime.feed_controls import FeedControls
from poseviewer.runtime.getting import ModelGetter
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.importing import NetworkImporter
from poseviewer.runtime.job import Job
from poseviewer.runtime.joint_travel import TravelFinder
from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.pose_crops import PoseCrops
from poseviewer.runtime.probe import Probe, load_prober
from poseviewer.runtime.project.work import ClipWork
from poseviewer.runtime.recording.start import Recordings
from poseviewer.runtime.recording.video import Recorder
from poseviewer.runtime.reviewer import Reviewer
from poseviewer.runtime.series_file import series_steps
from poseviewer.runtime.similar_poses import SimilarPoses
from poseviewer.runtime.source_thread import SourceThread, holder, open_location, opener_of
from poseviewer.runtime.springs import SpringSolver
from poseviewer.runtime.state import AppState, Stats
from poseviewer.runtime.truth_comparison import TruthComparison, comparison_steps
from poseviewer.runtime.undo import MARKS
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path
    from threading import Thread

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.jobs import ExportJob, Progress, RecordJob
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.live import Rewind
    from poseviewer.runtime.people import People
    from poseviewer.runtime.pose_crops import PoseCrop
    from poseviewer.runtime.review import Finding
    from poseviewer.runtime.saved.agreements import Agreements
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.series_file import Series
    from poseviewer.runtime.similar_poses import Match, PoseMap
    from poseviewer.runtime.source_thread import Opener, Preview
    from poseviewer.runtime.state import History, Level, SourceInfo
    from poseviewer.runtime.truth_comparison import TruthCompared

T = TypeVar("T")


_PATIENCE = 1.0
"""Seconds that `close` waits for all threads together that have nothing to save."""

_FINISHING = 60.0
"""Seconds that `close` waits for a recording or a picture that is being written."""


class Session:
    """One source, one network, and their state. Every method but `close` returns at once.

    No thread runs before the first `open`: loading a network takes the interpreter from a
    window that is about to be painted for the first time.

    Args:
        on_ready: Called from any thread whenever `state` has changed.
        opener: Opens sources; a test may give its own.
        loader: Loads networks; a test may give its own.
        state: The choices to begin with.
        clock: Seconds, to measure networks by; a test may give its own.
        saving: Where sequential analyses are saved; None for nowhere.
        may_save: Whether `save_results` may change that.
    """

    def __init__(
        self,
        on_ready: Callable[[], None],
        *,
        opener: Opener = open_location,
        loader: Loader = load_network,
        state: AppState | None = None,
        clock: Callable[[], float] = perf_counter,
        saving: Saving | None = None,
        may_save: bool = True,
    ) -> None:
        self._opener, self._loader = opener, loader
        self._coordinator = Coordinator(
            on_ready, loader=loader, state=state or AppState(), start=self._start, clock=clock,
            saving=saving,
        )  # fmt: skip
        self._store = self._coordinator.store
        self._read = self._store.state, Stats(), self._store.state
        """What the state was made of when it was read last, and it."""
        self.truth = self._coordinator.truth
        self.comparison = Comparison(loader, self._store.change)
        self.what_if = Comparison(loader, self._store.change)
        """The network on the frame on screen, which is spoilt first."""
        self.springs = SpringSolver(self._store.change)
        """A tree of springs on the maps of a stage."""
        self.probe = Probe(load_prober, self._store.change)
        self._truth_comparison = TruthComparison(self._store.change)
        self._second = BesideLook(
            loader, opener, lambda: self._store.state, self._store.change,
            saving=lambda: self._coordinator.saving,
        )  # fmt: skip
        self._second_asked: object = None
        self._reviewer = Reviewer(self._store.change)
        self._traveller = TravelFinder(self._store.change)
        self._similar = SimilarPoses(self._store.change)
        self._pose_crops, self._frame_pictures = (
            PoseCrops(opener, self._store.change) for _ in range(2)
        )
        self._changes = Changes(
            self._coordinator, put_back_angles=lambda custom: self.angles.put_back(custom)
        )
        self.feed = FeedControls(self._coordinator)
        """Commands for a live source."""
        self._threads: list[Thread] = []
        self._sources = 0
        self.exports = ExportQueue(self._store, start=self._start, ended=self._report_end)
        """The exports that were asked for."""
        self.getter = ModelGetter(
            self._store, start=self._start, listed=self._coordinator.listed_anew
        )
        """Fetches published networks."""
        self.importer = NetworkImporter(
            self._store, start=self._start, listed=self._coordinator.listed_anew
        )
        """Imports networks from files that hold their graph."""
        self._recordings = Recordings(self._coordinator, start=self._start)
        self._may_save = may_save
        self._left: SourceThread | None = None
        self._closed = False
        self.angles = CustomAngles(
            state=lambda: self._store.state,
            change=self.change,
            adopt=self._coordinator.change,
            notify=self._store.notice,
        )
        """The custom angles."""
        self.correcting = Correcting(
            state=lambda: self._store.state,
            found=lambda: self._coordinator.found,
            correct=self.correct,
            notify=self._store.notice,
        )
        """What can be put right in the frame on screen."""
        self.work = ClipWork(
            state=lambda: self._store.state,
            agreed=self._agreed,
            agree=self._agree,
            correct=self._coordinator.correct,
            annotate=self._coordinator.annotate,
            change=self._coordinator.change,
            go=self._go,
        )
        """What belongs to the clip, for a project."""

    @property
    def state(self) -> AppState:
        """Everything the window shows, now."""
        state = self._store.state
        drops = self._coordinator.inference.mailbox.drops if state.live else 0
        moving = state.live or state.playback.playing
        stats = self._coordinator.meter.stats(drops=drops, moving=moving)
        # The window reads it twenty times a result, and replacing takes longer than comparing.
        read = self._read
        if read[:2] != (state, stats):
            read = self._read = state, stats, replace(state, stats=stats)
        return read[2]

    def open(
        self,
        location: str,
        *,
        after: Preview | None = None,
        choice: VideoChoice = DEFAULT_CHOICE,
    ) -> None:
        """Open a file, camera, stream or the mannequin; where that fails, what is open stays.

        Args:
            location: As `poseviewer.video.open` takes it.
            after: A preview of the device, which must have released it first.
            choice: Of a video file: which stream, and what is done to interlaced frames.
        """
        self._store.clear_notices()
        if not self._sources:
            # The thread takes seconds to import an engine before it can say so itself.
            self._coordinator.loading(self.state.network.model)
            self._start(self._coordinator.inference)
        with self._store:
            self._sources += 1
            thread = SourceThread(
                location,
                number=self._sources,
                opener=opener_of(self._opener, choice),
                owner=self._coordinator,
                # A device cannot be opened twice: wait until it is released.
                after=holder(self._coordinator.source or self._left, location) or after,
                keep=self.feed.kept,
            )
            self._coordinator.opening(location, self._sources)
        self._start(thread)

    def close_source(self) -> None:
        """Close the source; its recording is finished."""
        self._store.clear_notices()
        self._left = self._coordinator.leave(self._sources + 1) or self._left

    def close(self) -> None:
        """End every thread; safe to call twice.

        What is being recorded, or written in a moment, is finished, however long the encoder
        takes for what waits. All else is waited for a second: a network that is being compiled
        or a device that does not answer cannot be stopped, and has nothing to save.
        """
        with self._store:
            self._closed = True
            threads = list(self._threads)
        self.exports.close()
        saving: list[Thread] = []
        for thread in threads:
            if isinstance(thread, SourceThread):
                thread.close()
            elif isinstance(thread, Recorder):
                thread.stop()
                saving.append(thread)
            elif isinstance(thread, Job):
                if thread.brief:
                    saving.append(thread)
                else:
                    thread.cancel()
        self._coordinator.inference.close()
        beside = (
            self.comparison, self.what_if, self.springs, self.probe, self._truth_comparison,
            self._reviewer, self._traveller, self._similar, self._pose_crops,
            self._frame_pictures, self._second,
        )  # fmt: skip
        ending = [*threads, *(thread for task in beside for thread in task.close())]
        for thread in saving:
            thread.join(_FINISHING)
        late = monotonic() + _PATIENCE
        for thread in ending:
            thread.join(max(0.0, late - monotonic()))
        self._coordinator.inference.plan.results.close()

    # Playback -------------------------------------------------------------------------------

    def play(self) -> None:
        """Play the clip, or what a frozen feed has stored."""
        source = self._coordinator.source
        if source is not None and source.controls is not None:
            source.controls.play()

    def pause(self) -> None:
        """Pause the clip, or freeze the feed at the frame on screen."""
        self.feed.freeze()
        source = self._coordinator.source
        if source is not None and isinstance(source.controls, ClipTransport):
            source.controls.pause()

    def toggle(self) -> None:
        """Play or pause a clip; freeze a feed or show it live again."""
        if self._store.state.past is not None:
            self.feed.live()
        elif self._store.state.playback.playing:
            self.pause()
        else:
            self.play()

    def step(self, count: int) -> None:
        """Pause and go `count` frames forward, or back."""
        if clip := self._clip:
            clip.step(count)

    def seek(self, index: int) -> None:
        """Go to frame `index`, 0-based, or the nearest there is."""
        if clip := self._clip:
            clip.seek(index)

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast, within 0.1 and 4."""
        if clip := self._clip:
            clip.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Set whether playing starts again at the end."""
        if clip := self._clip:
            clip.set_loop(loop)

    def set_every_frame(self, every_frame: bool) -> None:
        """Set whether playing waits for the analysis of each frame instead of skipping some."""
        if clip := self._clip:
            clip.set_every_frame(every_frame)

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within these frames, both included; None is the end of the clip."""
        if clip := self._clip:
            was = self._store.state.playback
            if (was.start, was.end) != (start, end):
                self._changes.remember(
                    MARKS,
                    lambda: self._mark(was.start, was.end),
                    lambda: self._mark(start, end),
                )
            clip.mark(start, end)

    def _agreed(self) -> Agreements:
        agreed = self._coordinator.agreed
        return () if agreed is None else agreed.value

    def _agree(self, project: str, digest: str) -> None:
        if (agreed := self._coordinator.agreed) is not None:
            agreed.add(project, digest)

    def _go(self, start: int | None, end: int | None, frame: int) -> None:
        self._mark(start, end)
        self.seek(frame)

    def _mark(self, start: int | None, end: int | None) -> None:
        if clip := self._clip:
            clip.mark(start, end)

    @property
    def _clip(self) -> ClipTransport | Rewind | None:
        """What plays: the clip, or the stored frames of a frozen feed."""
        source = self._coordinator.source
        controls = source.controls if source is not None else None
        return controls.rewind if isinstance(controls, FeedCapture) else controls

    # Choices --------------------------------------------------------------------------------

    def change(self, section: str, **fields: Any) -> None:
        """Change some choices; the frame on screen is analysed anew where that is needed.

        A network that is named ends Automatic.

        Args:
            section: Of `AppState`: `network`, `reading`, `angles`, `people` or `display`.
            fields: Of that section.

        Raises:
            AttributeError: There is no such section.
            TypeError: It has no such field.
        """
        self._changes.change(section, **fields)

    def undo(self) -> None:
        """Undo the last change of marks, choices, corrections or drawings, or a deletion."""
        self._changes.undo()

    def redo(self) -> None:
        """Make the change again that was undone last."""
        self._changes.redo()

    def go_to_step(self, done: int) -> None:
        """Undo or redo until so many of `state.steps` are in force."""
        self._changes.go_to(done)

    def correct(self, title: str, corrections: Corrections) -> None:
        """Put these corrections in force, in place of those there are; one step to undo.

        Args:
            title: What was done, such as `left wrist moved`.
            corrections: All of them.
        """
        self._changes.correct(title, corrections)

    def annotate(self, title: str, annotations: Annotations, *, key: Hashable = None) -> None:
        """Put these annotations in force, in place of those there are; one step to undo.

        Args:
            title: What was done, such as `line drawn`.
            annotations: All of them.
            key: Successive changes with the same one, as of typing, are one step.
        """
        self._changes.annotate(title, annotations, key=key)

    def want(self, stages: frozenset[int] | None) -> None:
        """Set the stages whose maps are shown; None means all, empty none."""
        self._coordinator.want(stages)

    # Analysis -------------------------------------------------------------------------------

    @property
    def analysing(self) -> bool:
        """Whether a sequential analysis is under way."""
        job = self._coordinator.analysis
        return job is not None and job.running

    def analyse(self) -> None:
        """Analyse the clip in sequence from in to out, in the background.

        Asked a second time while that runs, it stops; what was measured stays. One under other
        choices gives way to it.
        """
        coordinator = self._coordinator
        with self._store:
            state, results = self._store.state, coordinator.found
        if self.analysing:
            self.stop_analysis()
            if coordinator.analysis_key == state.key:
                return
        if state.source is None or state.source.live:
            text = "Open a clip first: only a clip can be analysed from start to end."
            self._store.notice("warning", text, topic="analysis")
            return
        changed = partial(coordinator.analysed, results)
        steps = analysis_steps(
            Analyst(results, state, loader=self._loader, changed=changed),
            state.source.location,
            bounds=(state.playback.start, state.playback.end),
            opener=self._opener_of(state.source),
        )

        def report(progress: Progress) -> None:
            with self._store:
                # Another source may have been opened meanwhile.
                if coordinator.analysis is made:
                    self._report("analysis", replace(progress, network=state.network.model))

        made = Job(
            "analysis",
            steps,
            report=report,
            cancelled="Stopped; the frames analysed so far are stored.",
        )
        with self._store:
            if self._store.state.source is not state.source:
                return
            coordinator.analysis, coordinator.analysis_key = made, state.key
        self._start(made)

    def save_results(self, saving: Saving | None) -> None:
        """Set where analyses of clips that are opened from now on are saved; None for nowhere."""
        if self._may_save:
            self._coordinator.saving = saving

    def stop_analysis(self) -> None:
        """Stop the analysis that is under way; the frames analysed so far stay."""
        if (job := self._coordinator.analysis) is not None:
            job.cancel()

    # Files ----------------------------------------------------------------------------------

    def export(self, task: ExportJob) -> None:
        """Write the clip as `task` asks, after the exports that were asked for before.

        It is written with the choices of now; `state.exports` has the progress.
        """
        kept = self.feed.past_clip()
        with self._store:
            state, results = self._store.state, self._coordinator.found
        source = state.source
        if source is None or (source.live and kept is None):
            text = (
                "Open a clip or freeze the live source first: a running source cannot be exported."
            )
            self._store.notice("warning", text, topic="export")
            return
        changed = partial(self._coordinator.analysed, results)
        analyst = Analyst(results, state, loader=self._loader, changed=changed)
        task = self.truth.drawn_by(task)
        steps = export_steps(
            task,
            state,
            source.location,
            opener=self._opener_of(source) if kept is None else lambda _: kept,
            loader=self._loader,
            analyst=analyst if kept is None else None,
            beside_opener=self._opener,
        )
        try:
            self.exports.add(task, steps, location=source.location, name=source.name)
        except PoseViewerError as error:
            self._store.notice("error", str(error), topic="export")

    def beside(self, notify: Callable[[], None]) -> BesideLook:
        """What finds out, for a preview, what would stand beside a frame; close it afterwards.

        Args:
            notify: Called from its thread when there is something new.
        """
        return BesideLook(self._loader, self._opener, lambda: self._store.state, notify)

    def cancel_export(self) -> None:
        """Stop the export that is being written; no file is left."""
        self.exports.cancel()

    def snapshot(
        self, path: Path, shown: tuple[Frame | None, FrameResult | None] | None = None
    ) -> None:
        """Write a frame with its result to a .png; a notice says when it is written.

        Args:
            path: Of the picture.
            shown: Them; what is on screen where None.
        """
        state = self._store.state
        frame, result = shown or state.shown
        if frame is None or state.source is None:
            text = "There is no frame to save yet: open a source first."
            self._store.notice("warning", text, topic="snapshot")
            return

        steps = snapshot_steps(
            path, state.look, source=state.source.location, frame=frame, result=result
        )
        report = partial(self._report_end, "snapshot")
        self._start(Job("snapshot", steps, report=report, brief=True))

    def contact_sheet(self, path: Path) -> None:
        """Write the key frames to a .pdf or .png; a notice says when they are written."""
        state, found = self._store.state, self._coordinator.found
        if state.source is None:
            text = "There are no key frames to write: open a clip first."
            self._store.notice("warning", text, topic="contact sheet")
            return

        def result(frame: int) -> FrameResult | None:
            known = found.get(frame, focus=state.people.focus)
            return None if known is None else known.result

        sheet = Sheet(state.annotations, state.look, state.angles.plotted, result)
        opener = self._opener_of(state.source)
        steps = contact_sheet_steps(path, sheet, state.source.location, opener=opener)
        report = partial(self._report_end, "contact sheet")
        self._start(Job("contact sheet", steps, report=report, brief=True))

    def spares(self, path: Path) -> bool:
        """Whether writing to a file replaces nothing that is read; else a notice says what."""
        source, truth = self._store.state.source, self.truth
        others = [truth.path, None if truth.known is None else truth.known.path]
        try:
            spare_inputs([path], source="" if source is None else source.location, others=others)
        except PoseViewerError as error:
            self._store.notice("error", str(error), topic="written")
            return False
        return True

    def write_curves(self, path: Path, series: Series) -> None:
        """Write curves to a .csv or .mot; a notice says when it is written."""
        report = partial(self._report_end, "curves")
        self._start(Job("curves", series_steps(path, series), report=report, brief=True))

    def write_comparison(self, path: Path) -> None:
        """Write how far the results lie from the ground truth, as .csv or .json."""
        compared, state = self.truth_compared(), self._store.state
        if compared is None or state.source is None:
            text = "Nothing is compared yet: open ground truth or poses, and play or analyse."
            self._store.notice("warning", text, topic="comparison")
            return
        about = {
            "clip": state.source.name,
            "network": state.network.model,
            "other": compared.name,
            "gate": state.reading.gate,
            "person": state.people.focus,
            "compared": compared.agreement.people,
        }
        steps = comparison_steps(path, compared, about=about)
        report = partial(self._report_end, "comparison")
        self._start(Job("comparison", steps, report=report, brief=True))

    def record(self, where: Path, job: RecordJob | None = None) -> None:
        """Record the live source to a file; a notice says when it is complete.

        Args:
            where: The .mp4, .mov or .mkv, or a folder in which the file is named after the
                time of day.
            job: What else is written; nothing where None.
        """
        self._recordings.begin(where, job)

    def stop_recording(self) -> None:
        """Finish the file that is being recorded."""
        self._recordings.end()

    def notice(self, level: Level, text: str, *, topic: str = "") -> None:
        """Show one sentence to the person at the window; see `Store.notice`."""
        self._store.notice(level, text, topic=topic)

    def dismiss(self, number: int) -> None:
        """Remove a notice."""
        self._store.dismiss(number)

    def _opener_of(self, source: SourceInfo) -> Opener:
        """What opens a source again as it is open now."""
        return opener_of(self._opener, source.video.choice if source.video else DEFAULT_CHOICE)

    def _report(self, field: str, progress: Progress) -> None:
        """Show the progress of a job, and how it ended."""
        with self._store:
            self._store.change(**{field: progress})
            self._report_end(field, progress)

    def _report_end(self, topic: str, progress: Progress) -> None:
        """Show how a job ended."""
        if not progress.finished:
            return
        if progress.error:
            level: Level = "info" if progress.cancelled else "error"
            self._store.notice(level, progress.error, topic=topic)
        elif progress.notice:
            self._store.notice("warning", f"{progress.output}: {progress.notice}", topic=topic)
        elif progress.output:
            self._store.notice("info", f"Wrote {progress.output}", topic=topic)

    # What there is to see -------------------------------------------------------------------

    @property
    def people(self) -> People:
        """The people found by the present sequential analysis, or in the feed."""
        return self._coordinator.found.people

    def history(self) -> History:
        """The angles measured so far with the present choices."""
        history = self._coordinator.found.history
        return history.slice() if history is not None else NOTHING

    def review(self) -> tuple[Finding, ...] | None:
        """What is worth a look in the sequential analysis, the worst first; None before the look.

        What is new since is looked through next, beside everything else; the state is announced
        then.
        """
        return self._reviewer.look(self._coordinator.found)

    def similar_poses(self, *, others: bool) -> tuple[PoseMap | None, str]:
        """The poses of the sequential analysis by their codes, as far as found.

        What is new since is found next, beside everything else; the state is announced then.

        Args:
            others: Whether clips whose analyses are saved are looked through too.

        Returns:
            None before there are some, with a sentence where they cannot be had.
        """
        saving = self._coordinator.saving
        folder = saving.folder if others and saving is not None else None
        return self._similar.look(self._coordinator.found, self._store.state, others=folder)

    def pose_crops(self, matches: Sequence[Match]) -> tuple[PoseCrop | None, ...]:
        """The person in frames with alike poses, as far as cut out; those that can be had are next.

        While frames run none is cut out: they need the decoder. No match closes all clips.
        """
        state = self._store.state
        if state.source is None or not matches:
            self._pose_crops.stop()
            return ()
        opener = self._opener_of(state.source)
        return self._pose_crops.look(matches, opener=opener, ask=not state.playback.playing)

    def frame_pictures(self, frames: Sequence[int]) -> tuple[PoseCrop | None, ...]:
        """Frames of the clip, small, as far as decoded; as `pose_crops`. No frame closes it."""
        state = self._store.state
        if state.source is None or not frames:
            self._frame_pictures.stop()
            return ()
        opener, ask = self._opener_of(state.source), not state.playback.playing
        return self._frame_pictures.frames(frames, state.source, opener=opener, ask=ask)

    def joint_travel(self) -> JointTravel | None:
        """Where the joint that is chosen was, as far as found; None where none is chosen.

        What is new since is found next, beside everything else; the state is announced then.
        """
        return self._traveller.look(self._coordinator.found, self._store.state)

    def second_clip(self) -> SecondClip:
        """The clip that stands beside this one in the window, at the frame on screen.

        What is new since is found next, beside everything else; the state is announced then.
        """
        state = self._store.state
        angles, (frame, _) = state.angles, state.shown
        if not angles.second:
            if self._second_asked is not None:
                self._second_asked = None
                self._second.stop()
            return SecondClip()
        offset = Fraction(angles.second_offset).limit_denominator(1_000_000)
        beside = Beside(clip=angles.second, offset=offset)
        if frame is not None:
            # Where the choices of now change nothing, the answer is the one there is.
            asked = beside, frame, state.key, measure_settings(state.reading, angles)
            if asked != self._second_asked:
                self._second_asked = asked
                self._second.look(beside, frame, look=state.look)
        answer = self._second.answer
        if answer is not None and answer.beside.clip != angles.second:
            answer = None
        return SecondClip(answer, self._second.state)

    def analysed_clips(self) -> tuple[tuple[str, str], ...]:
        """Name and location of the clips of which something is saved, the latest first."""
        saving = self._coordinator.saving
        return () if saving is None else saving.clips()

    def truth_compared(self) -> TruthCompared | None:
        """The results of the clip against the ground truth that is known, as far as compared.

        What is new since is compared next, beside everything else; the state is announced then.
        """
        coordinator = self._coordinator
        return self._truth_comparison.look(self.truth.known, coordinator.found, self._store.state)

    def _start(self, thread: Thread) -> None:
        with self._store:
            if self._closed:
                return
            self._threads = [t for t in self._threads if t.is_alive() or t is thread]
            self._threads.append(thread)
            thread.start()
