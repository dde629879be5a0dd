"""The ground truth of the source, added to results while it is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.angle import standard_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listed, reason
from poseviewer.runtime.state import TruthInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.runtime.store import Store
    from poseviewer.truth.frames import Truth
    from poseviewer.video.source import Source


class TruthLoader:
    """Reads the ground truth of the source, and adds it to results.

    Files are read by the thread that publishes results, before the next one: no other waits.

    Args:
        store: Its state shows the ground truth, or why a file cannot be used.
        ask_again: Publishes the frame on screen once more.
    """

    def __init__(self, store: Store, *, ask_again: Callable[[], None]) -> None:
        self._store = store
        self._ask_again = ask_again
        self._source: Source | None = None
        self._path: Path | None = None
        self._truth: Truth | None = None
        self._due = False
        self._wanted = False

    @property
    def known(self) -> Truth | None:
        """What is known of the source; None for nothing."""
        return self._truth

    @property
    def path(self) -> Path | None:
        """The file that the person has chosen; None for what is found by itself."""
        return self._path

    def open(self, path: str | Path) -> None:
        """Read ground truth from a file; where that fails, the present one stays."""
        with self._store:
            if self._source is None:
                text = "Open a clip or a folder of images before its ground truth."
                self._store.notice("warning", text, topic="truth")
                return
            self._path, self._due = Path(path), True
        self._ask_again()

    def close(self) -> None:
        """Remove the ground truth of the source."""
        with self._store:
            self._path, self._truth, self._due = None, None, False
            self._store.change(truth=None)
        self._ask_again()

    def want(self, wanted: bool) -> None:
        """Set whether the ground truth is shown anywhere."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._ask_again()

    def drawn_by(self, job: ExportJob) -> ExportJob:
        """The job with the truth that the window knows; without any where it was forgotten."""
        known = self._store.state.truth is not None
        look = replace(job.look, truth=job.look.truth and known)
        return replace(job, look=look, truth=self._path)

    def follow(self, source: Source | None) -> None:
        """Take another source; its ground truth is looked for before the next result."""
        with self._store:
            self._source, self._path, self._truth = source, None, None
            self._due = source is not None
            self._store.change(truth=None)

    def beside(self, result: FrameResult) -> FrameResult:
        """The result with the truth of its frame, where it is known and wanted."""
        if self._due:
            self._read()
        truth = self._truth
        if truth is None or not self._wanted:
            return result
        try:
            return replace(result, truth=truth.at(result.frame.index))
        except PoseViewerError:
            return result

    def _read(self) -> None:
        from poseviewer.truth.frames import truth_of

        with self._store:
            self._due = False
            source, path = self._source, self._path
        if source is None:
            return
        trouble, truth = "", None
        try:
            truth = truth_of(source, path)
        except PoseViewerError as error:
            trouble = f"No ground truth: {error}"
        except Exception as error:  # noqa: BLE001 - whatever a file holds, the results go on
            trouble = f"The ground truth cannot be read: {reason(error)}."
        with self._store:
            if source is not self._source or path != self._path:
                return
            if trouble:
                self._path = self._truth.path if self._truth is not None else None
                self._store.notice(
                    "error" if path is not None else "warning", trouble, topic="truth"
                )
                return
            self._truth = truth
            if truth is not None:
                if truth.path is not None:
                    own = self._store.state.angles.custom
                    self._store.notice("info", _said(truth, source.name, own), topic="truth")
                info = TruthInfo(
                    truth.name,
                    truth.count,
                    from_file=truth.path is not None,
                    places=not truth.motions,
                )
                self._store.change(truth=info)


def _said(truth: Truth, source: str, own: tuple[AngleSpec, ...]) -> str:
    """What a file knows of a source, in a sentence."""
    if not truth.motions:
        return f"{truth.name} labels {truth.count} frames of {source}."
    specs = (*standard_angles(), *own)
    unknown = dict.fromkeys(name for one in truth.motions for name in one.unknown(specs))
    left = f"; not shown: {listed(unknown)}" if unknown else ""
    return f"{truth.name} has angles and no places, so its curves are plotted{left}."
