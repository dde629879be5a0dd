"""The session: everything the window asks for, answered at once; threads do the work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.runtime.analysis import analysis_steps
from poseviewer.runtime.comparison import Comparison
from poseviewer.runtime.custom_angles import AngleBook
from poseviewer.runtime.export import export_steps, snapshot_steps
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.hub import Hub
from poseviewer.runtime.job import Errand
from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.probe import Probe, load_prober
from poseviewer.runtime.recording.start import Recordings
from poseviewer.runtime.recording.video import Recorder
from poseviewer.runtime.source_thread import SourceThread, holder, open_location
from poseviewer.runtime.state import Choices, Keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Thread

    from poseviewer.core.look import Look
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.live import Rewind
    from poseviewer.runtime.people import People
    from poseviewer.runtime.source_thread import Opener, Preview
    from poseviewer.runtime.state import ExportJob, History, Progress, RecordJob, View
    from poseviewer.video.kept import KeptClip


class FeedControls:
    """The session's commands to a feed; none of them waits, and a clip heeds none."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.kept = Keep()
        """How much is kept to go back to; change it with `keep`."""

    def freeze(self) -> None:
        """Stand still at the picture that is seen, with the last seconds to go back to."""
        if (capture := self._capture) is not None:
            view = self._hub.board.view
            # While frames run, the newest analysed one is seen.
            seen = None if view.result is None or view.busy else view.result.frame.index
            capture.pause(at=seen)

    def live(self) -> None:
        """Show what comes, from now on."""
        if (capture := self._capture) is not None:
            capture.live()

    def replay(self) -> None:
        """Play what is kept or stop doing so; of a feed that runs, the whole of it once more."""
        view = self._hub.board.view
        if (capture := self._capture) is None:
            return
        if view.past is not None and view.transport.playing:
            capture.pause()
            return
        if view.past is None:
            capture.pause()
        capture.play()

    def keep(self, keep: Keep) -> None:
        """Keep so much, of what is open and of what will be."""
        self.kept = keep
        if (capture := self._capture) is not None:
            capture.keep(keep)

    def past_clip(self) -> KeptClip | None:
        """What can be gone back to, as a clip for an export; None while no feed is frozen."""
        capture = self._capture
        rewind = capture.rewind if capture is not None else None
        return rewind.clip if rewind is not None else None

    @property
    def _capture(self) -> FeedCapture | None:
        controls = self._hub.source.controls if self._hub.source is not None else None
        return controls if isinstance(controls, FeedCapture) else None


_PATIENCE = 2.0
"""Seconds that `close` waits for each thread."""

_FINISHING = 60.0
"""Seconds that `close` waits for a recording."""


class Session:
    """One source, one network, and what is seen of them. Every call but `close` returns at once.

    No thread runs before the first `open`: loading a network takes the interpreter from a
    window that is about to be painted for the first time.

    Args:
        on_ready: Called from any thread whenever `view()` has changed.
        opener: Opens sources; a test may give its own.
        loader: Loads networks; a test may give its own.
        choices: To begin with.
    """

    def __init__(
        self,
        on_ready: Callable[[], None],
        *,
        opener: Opener = open_location,
        loader: Loader = load_network,
        choices: Choices | None = None,
    ) -> None:
        self._opener, self._loader = opener, loader
        self._hub = Hub(on_ready, loader=loader, choices=choices or Choices())
        self._board = self._hub.board
        self.truth = self._hub.truth
        self.comparison = Comparison(loader, self._board.change)
        self.probe = Probe(load_prober, self._board.change)
        self.feed = FeedControls(self._hub)
        """What can be asked of a live source only."""
        self._threads: list[Thread] = []
        self._sources = 0
        self._export: Errand | None = None
        self._analysis: Errand | None = None
        self._recordings = Recordings(self._hub, start=self._start)
        self._left: SourceThread | None = None
        self._closed = False
        self.angles = AngleBook(
            choices=lambda: self._board.view.choices,
            choose=self.choose,
            tell=self._board.notice,
            start=self._start,
        )
        """The person's own angles."""

    def open(self, location: str, *, after: Preview | None = None) -> None:
        """Open a file, camera, stream or the mannequin; what is open stays until that worked.

        `after` is a look at the device, which must have let go of it first.
        """
        if not self._sources:
            self._start(self._hub.inference)
        with self._board:
            self._sources += 1
            thread = SourceThread(
                location,
                number=self._sources,
                opener=self._opener,
                owner=self._hub,
                # A device cannot be opened twice: wait for whoever holds it.
                after=holder(self._hub.source or self._left, location) or after,
                keep=self.feed.kept,
            )
        self._hub.opening(location)
        self._start(thread)

    def close_source(self) -> None:
        """Close what is open; what is being recorded of it is finished."""
        if self._analysis is not None:
            self._analysis.cancel()
        self._left = self._hub.leave(self._sources + 1) or self._left

    def close(self) -> None:
        """End every thread, within seconds; safe to call twice.

        Only a network that is being compiled cannot be stopped: its thread ends when that is
        done. A recording is finished, however long the encoder takes for what waits.
        """
        with self._board:
            self._closed = True
            threads = list(self._threads)
        for thread in threads:
            if isinstance(thread, SourceThread):
                thread.close()
            elif isinstance(thread, Errand):
                thread.cancel()
            elif isinstance(thread, Recorder):
                thread.stop()
        self._hub.inference.close()
        self.comparison.close()
        self.probe.close()
        for thread in threads:
            thread.join(_FINISHING if isinstance(thread, Recorder) else _PATIENCE)

    # Transport ------------------------------------------------------------------------------

    def play(self) -> None:
        """Play the clip, or what a frozen feed keeps."""
        if (source := self._hub.source) is not None and source.controls is not None:
            source.controls.play()

    def pause(self) -> None:
        """Stop the clip, or freeze the feed at the picture that is seen."""
        self.feed.freeze()
        if (source := self._hub.source) is not None and isinstance(source.controls, ClipTransport):
            source.controls.pause()

    def toggle(self) -> None:
        """Play or pause a clip, freeze a feed or let it run on: whichever is not so now."""
        if self._board.view.past is not None:
            self.feed.live()
        elif self._board.view.transport.playing:
            self.pause()
        else:
            self.play()

    def step(self, count: int) -> None:
        """Pause and go `count` frames on, or back."""
        if clip := self._clip:
            clip.step(count)

    def seek(self, index: int) -> None:
        """Go to frame `index`, 0-based, or the nearest there is."""
        if clip := self._clip:
            clip.seek(index)

    def seek_time(self, seconds: float) -> None:
        """Go to the frame that is on screen `seconds` after the first one."""
        view = self._board.view
        if view.past is not None:
            at = int(np.searchsorted(view.past.seconds, seconds + 1e-9, side="right")) - 1
            self.seek(int(view.past.index[max(at, 0)]))
        elif view.source is not None and view.source.count:
            at = int(np.searchsorted(view.source.times, seconds + 1e-9, side="right")) - 1
            self.seek(max(at, 0))

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast, within 0.1 and 4."""
        if clip := self._clip:
            clip.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Whether playing begins again at the end."""
        if clip := self._clip:
            clip.set_loop(loop)

    def set_every_frame(self, every_frame: bool) -> None:
        """Whether playing waits for the analysis of each frame instead of skipping some."""
        if clip := self._clip:
            clip.set_every_frame(every_frame)

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within these frames, both included; None is the end of the clip."""
        if clip := self._clip:
            clip.mark(start, end)

    @property
    def _clip(self) -> ClipTransport | Rewind | None:
        """What moves: the clip, or the past of a frozen feed."""
        controls = self._hub.source.controls if self._hub.source is not None else None
        return controls.rewind if isinstance(controls, FeedCapture) else controls

    # Analysis -------------------------------------------------------------------------------

    def choose(self, **changes: Any) -> None:
        """Change some of the choices; the frame on screen is analysed anew.

        Raises:
            TypeError: There is no such choice.
        """
        inference = self._hub.inference
        with self._board:
            choices = replace(self._board.view.choices, **changes)
            if choices == self._board.view.choices:
                return
            inference.order = replace(
                inference.order, choices=choices, generation=self._board.advance()
            )
            self._board.change(choices=choices)
        self._hub.follow()
        self._hub.ask_again()

    def want(self, stages: frozenset[int] | None) -> None:
        """Say which stages' maps are looked at; None means all, empty none."""
        inference = self._hub.inference
        with self._board:
            if inference.order.wanted == stages:
                return
            inference.order = replace(inference.order, wanted=stages)
        self._hub.ask_again()

    def analyse(self) -> None:
        """Go through the clip from in to out in the background and fill the history.

        Asked a second time while that runs, it stops; what was measured stays.
        """
        if self._analysis is not None and self._analysis.is_alive():
            self._analysis.cancel()
            return
        view = self._board.view
        if view.source is None or view.source.live:
            self._board.notice("warning", "Open a clip first: only a clip can be analysed whole.")
            return
        steps = analysis_steps(
            self._hub,
            order=self._hub.inference.order,
            location=view.source.location,
            bounds=(view.transport.start, view.transport.end),
            opener=self._opener,
            loader=self._loader,
        )
        self._analysis = Errand(
            "analysis",
            steps,
            report=lambda progress: self._board.change(analysis=progress),
            cancelled="Stopped; what was measured stays.",
        )
        self._start(self._analysis)

    # Files ----------------------------------------------------------------------------------

    def export(self, job: ExportJob) -> None:
        """Write the clip as `job` asks; `view().export` tells how far it is."""
        source, kept = self._board.view.source, self.feed.past_clip()
        if source is None or (source.live and kept is None):
            text = "Open a clip or freeze the feed first: what runs cannot be exported."
            self._board.notice("warning", text)
            return
        if self._export is not None and self._export.is_alive():
            self._board.notice("warning", "An export is running: wait for its end, or cancel it.")
            return
        steps = export_steps(
            self.truth.drawn_by(job),
            self._board.view.choices,
            source.location,
            opener=self._opener if kept is None else lambda _: kept,
            loader=self._loader,
            tracker=self.people.tracker() if kept is None else None,
        )
        self._export = Errand(
            "export", steps, report=lambda progress: self._board.change(export=progress)
        )
        self._start(self._export)

    def cancel_export(self) -> None:
        """Stop the export; nothing is left of it."""
        if self._export is not None:
            self._export.cancel()

    def snapshot(self, path: Path, look: Look) -> None:
        """Write what is on screen to a .png; a notice says when it is there."""
        frame, result = self._board.view.still
        if frame is None:
            self._board.notice("warning", "There is no picture to write yet: open a source first.")
            return

        def report(progress: Progress) -> None:
            if progress.error:
                self._board.notice("error", progress.error)
            elif progress.finished:
                self._board.notice("info", f"Wrote {path}.")

        steps = snapshot_steps(path, look, frame=frame, result=result)
        self._start(Errand("snapshot", steps, report=report))

    def record(self, where: Path, job: RecordJob | None = None) -> None:
        """Write the live source to a file from now on; a notice tells when it is complete.

        Args:
            where: The .mp4, .mov or .mkv, or a folder in which the file is named after the
                time of day.
            job: What else is written; nothing where None.
        """
        self._recordings.begin(where, job)

    def stop_recording(self) -> None:
        """Finish the file that is being recorded."""
        self._recordings.end()

    # What there is to see -------------------------------------------------------------------

    def view(self) -> View:
        """Everything the window shows, now."""
        drops = self._hub.inference.mailbox.drops
        live = self._board.view.source is not None and self._board.view.source.live
        stats = self._hub.meter.stats(drops=drops if live else 0)
        return replace(self._board.view, stats=stats)

    @property
    def people(self) -> People:
        """Everybody seen in the source that is open."""
        return self._hub.people

    def history(self) -> History:
        """The angles measured so far."""
        history = self._hub.history
        return history.slice() if history is not None else NOTHING

    def _start(self, thread: Thread) -> None:
        with self._board:
            if self._closed:
                return
            self._threads = [t for t in self._threads if t.is_alive() or t is thread]
            self._threads.append(thread)
            thread.start()
