"""Starting and ending the recording of a live source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from poseviewer.runtime.jobs import RecordJob
from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.recording.report import RecordingReport
from poseviewer.runtime.recording.video import Recorder, free_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Thread

    from poseviewer.runtime.coordinator import Coordinator


class Recordings:
    """At most one recording at a time.

    Args:
        coordinator: Of the session.
        start: Starts a thread that the session ends when it is closed.
    """

    def __init__(self, coordinator: Coordinator, *, start: Callable[[Thread], None]) -> None:
        self._coordinator, self._start = coordinator, start
        self._recorder: Recorder | None = None

    def begin(self, where: Path, job: RecordJob | None = None) -> None:
        """Write the live source to `where`, or into the folder `where`, from now on."""
        job = job or RecordJob()
        store, thread = self._coordinator.store, self._coordinator.source
        source = store.state.source
        capture = thread.controls if thread is not None else None
        if source is None or not isinstance(capture, FeedCapture):
            text = "Open a camera, a stream or the demo first: only what is live can be recorded."
            if source is not None:
                text = "A clip is exported, not recorded: choose Export clip (E)."
            store.notice("warning", text, topic="recording")
            return
        if self._recorder is not None and self._recorder.is_alive():
            store.notice("warning", "A recording is running: stop it first.", topic="recording")
            return
        path = free_path(where, source.name) if where.is_dir() else where
        beside = None
        if job.annotated or job.data:
            # Imported when it is needed: it brings the export.
            from poseviewer.runtime.export import about_results
            from poseviewer.runtime.recording.annotated import ResultRecorder

            about = about_results(store.state, source.name, size=source.size, rate=source.rate)
            beside = ResultRecorder(path, job=job, about=about)
        self._recorder = self._coordinator.recorder = Recorder(
            path,
            rate=source.rate,
            report=lambda recording: store.change(recording=recording),
            notify=partial(store.notice, topic="recording"),
            beside=beside,
            account=RecordingReport(source),
        )
        self._start(self._recorder)
        capture.record(self._recorder)

    def end(self) -> None:
        """Finish the file."""
        if self._recorder is not None:
            self._recorder.stop()
