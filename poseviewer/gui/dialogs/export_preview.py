"""What an export will look like, of the frame on screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QSizePolicy

from poseviewer.core.composite import SMALLEST
from poseviewer.gui.plain import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.runtime.state import ExportJob

_SIDE = 640
"""Logical pixels of the longer side of a preview, at most."""

_WAIT = 80
"""Milliseconds after a change before the preview is drawn."""


class ExportPreview(Label):
    """Draws a job's picture of one frame, as the export itself does, only smaller.

    Args:
        frame: The frame on screen; None for none.
        result: What was found in it.
        stages: Of the network.
        span: First and last second of the clip.
        parent: The dialog.
    """

    def __init__(
        self,
        frame: Frame | None,
        result: FrameResult | None,
        *,
        stages: Sequence[StageSpec],
        span: tuple[float, float],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", parent)
        self._frame, self._result = frame, result
        self._stages, self._span = stages, span
        self._job: ExportJob | None = None
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
        from poseviewer.runtime.export_picture import Picture

        frame, job = self._frame, self._job
        if frame is None or job is None:
            self.setText("Stop at a frame to see a preview.")
            return
        ratio = self.devicePixelRatioF()
        job = _smaller(job, frame.size, room=round(_SIDE * ratio))
        picture = Picture(job, frame.size, stages=self._stages, span=self._span)
        pixels = picture.of(frame, self._result)
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


def _smaller(job: ExportJob, frame_size: tuple[int, int], *, room: int) -> ExportJob:
    """The job in the size of a preview; a composed picture never smaller than one may be."""
    if job.composite is not None:
        width, height = job.composite.size
        share = max(min(1.0, room / max(width, height)), SMALLEST / min(width, height))
        size = round(width * share), round(height * share)
        return replace(job, composite=replace(job.composite, size=size))
    return replace(job, size=(room, room) if max(frame_size) > room else frame_size)
