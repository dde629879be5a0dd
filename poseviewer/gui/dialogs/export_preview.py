"""What an export will look like, of the frame on screen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QSizePolicy

from poseviewer.core.composite import SMALLEST
from poseviewer.gui.plain import Label
from poseviewer.runtime.export_beside import PairPicture
from poseviewer.runtime.export_picture import Picture
from poseviewer.runtime.export_times import titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.beside import Beside
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.runtime.beside_look import BesideAnswer
    from poseviewer.runtime.export import About
    from poseviewer.runtime.jobs import ExportJob

_SIDE = 640
"""Logical pixels of the longer side of a preview, at most."""

_WAIT = 80
"""Milliseconds after a change before the preview is drawn."""


class BesideAsker(Protocol):
    """Finds out what stands beside a frame, as `runtime.beside_look.BesideLook` does."""

    @property
    def answer(self) -> BesideAnswer | None:
        """The newest; None until there is one."""

    @property
    def state(self) -> str:
        """What is being loaded, or why there is no answer; empty when all is well."""

    def look(self, beside: Beside, frame: Frame, *, look: Look) -> None:
        """Ask what stands beside a frame."""

    def close(self) -> object:
        """Stop for good."""


Ask = Callable[[Callable[[], None]], BesideAsker]
"""Makes an asker, which calls back from its thread when there is something new."""


class ExportPreview(Label):
    """Draws a job's picture of one frame, as the export itself does, only smaller.

    Args:
        frame: The frame on screen; None for none.
        result: What was found in it.
        said: What the network said, where that was corrected.
        stages: Of the network.
        span: First and last second of the clip, on the clock of its frames.
        origin: Second of its first frame on that clock.
        about: What the picture says of source and network.
        ask: Makes what finds out what stands beside the frame; None where nothing can.
        parent: The dialog.
    """

    known = Signal()
    """What stands beside the frame has been found out, or why it cannot be."""

    def __init__(
        self,
        frame: Frame | None,
        result: FrameResult | None,
        *,
        said: FrameResult | None = None,
        stages: Sequence[StageSpec],
        span: tuple[float, float],
        origin: float = 0.0,
        about: About,
        ask: Ask | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", parent)
        self._frame, self._result, self._said = frame, result, said or result
        self._stages, self._about = stages, about
        self._span, self._origin = span, origin
        self._job: ExportJob | None = None
        self.known.connect(self.draw)
        self._asker = None if ask is None else ask(self._tell)
        self._asked: Beside | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(QSize(360, 240))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Preview of the frame on screen")
        self.setProperty("canvas", True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT)
        self._timer.timeout.connect(self.draw)

    def sizeHint(self) -> QSize:
        """The size at which a picture of 16:9 is seen whole."""
        return QSize(_SIDE, _SIDE * 9 // 16)

    def show_job(self, job: ExportJob) -> None:
        """Draw another job, a moment after the last change."""
        self._job = job
        self._timer.start()

    def draw(self) -> None:
        """Draw the picture now."""
        frame, job = self._frame, self._job
        if frame is None or job is None:
            self.setText("Stop at a frame to see a preview.")
            return
        ratio = self.devicePixelRatioF()
        small = _smaller(job, frame.size, room=round(_SIDE * ratio))
        made = self._pictured(job, small, frame)
        if made is None:
            return
        pixels, area = made
        pixels = titled(pixels, self._title(job, frame), area=area, letters=job.text_size)
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
        pixmap = QPixmap.fromImage(image)
        room = self.size() * ratio
        if pixmap.width() > room.width() or pixmap.height() > room.height():
            pixmap = pixmap.scaled(
                room,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)

    def stop(self) -> None:
        """Look no further for what stands beside the frame; returns at once."""
        self._timer.stop()
        if self._asker is not None:
            self._asker.close()

    def whole_size(self, job: ExportJob) -> tuple[int, int] | None:
        """Width and height of the two halves that are written; None where they are not known."""
        answer = self._answer(job)
        if answer is None or self._frame is None:
            return None
        return self._pair(job, self._frame, answer).size

    def _tell(self) -> None:
        # The dialog may be gone when the thread has an answer.
        with suppress(RuntimeError):
            self.known.emit()

    def _answer(self, job: ExportJob) -> BesideAnswer | None:
        """What stands beside the frame; None where nothing does, or it is not known yet."""
        answer = None if self._asker is None else self._asker.answer
        return answer if answer is not None and answer.beside == job.beside else None

    def _pictured(
        self, job: ExportJob, small: ExportJob, frame: Frame
    ) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]] | None:
        """The picture and where a title lies; None where a text says why there is none."""
        if job.beside is None or self._asker is None:
            picture = Picture(
                small, frame.size, stages=self._stages, span=self._span,
                origin=self._origin, figures=self._about.figures,
            )  # fmt: skip
            return picture.of(frame, self._found(job)), picture.title_area
        answer = self._answer(job)
        if answer is None:
            if self._asked != job.beside:
                self._asked = job.beside
                self._asker.look(job.beside, frame, look=job.look)
            self.setText(self._asker.state or "Analysing…")
            return None
        pair = self._pair(small, frame, answer)
        pair.show(answer.seen)
        return pair.of(frame, self._found(job)), pair.title_area

    def _found(self, job: ExportJob) -> FrameResult | None:
        """What is drawn over the frame."""
        return self._result if job.corrected else self._said

    def _pair(self, job: ExportJob, frame: Frame, answer: BesideAnswer) -> PairPicture:
        info = replace(answer.info, look=job.look).carried(self._stages)
        return PairPicture(
            job, frame.size, other=info, stages=self._stages, span=self._span, origin=self._origin,
            about=self._about,
        )  # fmt: skip

    def _title(self, job: ExportJob, frame: Frame) -> str:
        """The title of the frame, where it stands still."""
        titles = [one.title for one in job.freezes if one.frame == frame.index and one.title]
        return titles[-1] if titles else ""


def _smaller(job: ExportJob, frame_size: tuple[int, int], *, room: int) -> ExportJob:
    """The job in the size of a preview; a composed picture never smaller than one may be."""
    if job.composite is not None:
        width, height = job.composite.size
        share = max(min(1.0, room / max(width, height)), SMALLEST / min(width, height))
        size = round(width * share), round(height * share)
        return replace(job, composite=replace(job.composite, size=size))
    return replace(job, size=(room, room) if max(frame_size) > room else frame_size)
