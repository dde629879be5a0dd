"""The line at the bottom: what has been analysed and how; long work with its Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from poseviewer.core.stage import stage_count
from poseviewer.gui import theme

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame
    from poseviewer.runtime.state import Progress, View


def status_text(view: View, *, analysed: int) -> str:
    """What the line says of a view, such as `Analysed 12 of 614 frames  ·  1 person  ·  …`."""
    if view.source is None:
        return view.busy or "Nothing is open"
    parts = []
    if view.past is not None:
        span = view.past.behind(int(view.past.index[0]))
        parts.append(f"Frozen, the last {span:.1f} s kept, {view.past.bytes / 2**20:.0f} MB")
    elif view.source.live:
        stats = view.stats
        rates = f", {stats.source_rate:.0f} fps, {stats.inference_rate:.0f} analysed"
        parts.append("Live" + (rates if stats.source_rate else ""))
    else:
        parts.append(f"Analysed {analysed} of {view.source.count} frames")
    if view.result is not None:
        people = len(view.result.poses)
        parts.append("1 person" if people == 1 else f"{people} people" if people else "nobody")
    if view.model is not None:
        parts.append(f"{view.model.name}, {stage_count(view.model.stages)}")
    if view.engine:
        parts.append(view.engine)
    if view.busy:
        parts.append(view.busy)
    return "   ·   ".join(parts)


def time_left(seconds: float | None) -> str:
    """A rough time to go, as people say it."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s left"
    return f"{round(seconds / 60)} min left"


def pixel_text(frame: Frame | None, pixel: tuple[int, int] | None) -> str:
    """Place and colour of the pixel under the pointer."""
    if frame is None or pixel is None:
        return ""
    x, y = pixel
    width, height = frame.size
    if not (0 <= x < width and 0 <= y < height):
        return ""
    red, green, blue = (int(part) for part in frame.pixels[y, x])
    return f"x {x}  y {y}    rgb {red} {green} {blue}"


class StatusLine(QStatusBar):
    """The window's status bar."""

    cancelled = Signal(str)
    """`export` or `analysis`: the person wants it to stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.text = QLabel(self)
        self.text.setAccessibleName("Status")
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pixel = QLabel(self)
        self.pixel.setAccessibleName("Pixel under the pointer")
        self.pixel.setFont(theme.digits())
        self._work = QLabel(self)
        self._work.setAccessibleName("Progress")
        self._bar = QProgressBar(self)
        self._bar.setAccessibleName("Progress")
        self._bar.setFixedWidth(160)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._kind = ""
        self._cancel = QToolButton(self)
        self._cancel.setText("Cancel")
        self._cancel.setProperty("wide", True)
        self._cancel.setToolTip("Stop (Esc)")
        self._cancel.setAccessibleName("Cancel the work in progress")
        self._cancel.clicked.connect(lambda: self.cancelled.emit(self._kind))
        self.addWidget(self.text, 1)
        self.addPermanentWidget(self.pixel)
        for widget in (self._work, self._bar, self._cancel):
            self.addPermanentWidget(widget)
        self._show_work("", None)

    @property
    def working(self) -> str:
        """`export`, `analysis` or nothing."""
        return self._kind

    def refresh(self, view: View, *, analysed: int) -> None:
        """Say what `view` holds."""
        text = status_text(view, analysed=analysed)
        if text != self.text.text():
            self.text.setText(text)
        if view.export is not None and not view.export.finished:
            self._show_work("export", view.export)
        elif view.analysis is not None and not view.analysis.finished:
            self._show_work("analysis", view.analysis)
        else:
            self._show_work("", None)

    def _show_work(self, kind: str, progress: Progress | None) -> None:
        self._kind = kind
        for widget in (self._work, self._bar, self._cancel):
            widget.setVisible(progress is not None)
        if progress is None:
            return
        verb = "Exporting" if kind == "export" else "Analysing"
        left = time_left(progress.seconds_left)
        self._work.setText(f"{verb} {progress.fraction:.0%}" + (f", {left}" if left else ""))
        self._bar.setValue(round(1000 * progress.fraction))
