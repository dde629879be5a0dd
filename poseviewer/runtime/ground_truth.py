"""The ground truth of what is open, kept beside the results while somebody looks at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.state import TruthInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.state import ExportJob
    from poseviewer.runtime.store import Board
    from poseviewer.truth.frames import Truth
    from poseviewer.video.source import Source


class TruthKeeper:
    """Knows the truth of the source, and puts it into results.

    Files are read by the thread that publishes results, before the next one: no other waits.

    Args:
        board: Shows what is known, and says why a file cannot be used.
        ask_again: Has the frame on screen published once more.
    """

    def __init__(self, board: Board, *, ask_again: Callable[[], None]) -> None:
        self._board = board
        self._ask_again = ask_again
        self._source: Source | None = None
        self._path: Path | None = None
        self._truth: Truth | None = None
        self._due = False
        self._wanted = False

    @property
    def path(self) -> Path | None:
        """The file that the person has chosen; None for what is found by itself."""
        return self._path

    def open(self, path: str | Path) -> None:
        """Read ground truth from a file; what was known stays until that worked."""
        with self._board:
            if self._source is None:
                text = "Open a clip or a folder of images first: its ground truth comes after."
                self._board.notice("warning", text)
                return
            self._path, self._due = Path(path), True
        self._ask_again()

    def close(self) -> None:
        """Forget the truth of what is open."""
        with self._board:
            self._path, self._truth, self._due = None, None, False
            self._board.change(truth=None)
        self._ask_again()

    def want(self, wanted: bool) -> None:
        """Say whether anybody looks at the truth."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._ask_again()

    def drawn_by(self, job: ExportJob) -> ExportJob:
        """The job with the truth that the window knows; without any where it was forgotten."""
        known = self._board.view.truth is not None
        look = replace(job.look, truth=job.look.truth and known)
        return replace(job, look=look, truth=self._path)

    def follow(self, source: Source | None) -> None:
        """Another source is open: look for its truth before the next result."""
        with self._board:
            self._source, self._path, self._truth = source, None, None
            self._due = source is not None
            self._board.change(truth=None)

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

        with self._board:
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
            trouble = f"The ground truth cannot be read: {error}"
        with self._board:
            if source is not self._source or path != self._path:
                return
            if trouble:
                self._path = self._truth.path if self._truth is not None else None
                self._board.notice("error" if path is not None else "warning", trouble)
                return
            self._truth = truth
            if truth is not None:
                if truth.path is not None:
                    text = f"{truth.name} labels {truth.count} frames of {source.name}."
                    self._board.notice("info", text)
                info = TruthInfo(truth.name, truth.count, from_file=truth.path is not None)
                self._board.change(truth=info)
