"""The line at the bottom: what has been analysed and how; long work with its Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from poseviewer.gui import theme
from poseviewer.gui.plain import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.state import AppState, SourceInfo

_REACH = 0.015
"""How far from a joint the pointer may be to read it, shares of the frame's longer side."""


def status_text(state: AppState) -> str:
    """The text for a state, such as `Analysed 12 of 614 frames  ·  1 person  ·  …`."""
    if state.source is None:
        return state.busy or "Nothing is open"
    # Here, not at the top, as below: this line is there at the first paint, before numpy.
    from poseviewer.core.stage import stage_count
    from poseviewer.gui.people.words import people_text

    parts = []
    if state.past is not None:
        span = state.past.behind(int(state.past.index[0]))
        parts.append(f"Frozen, the last {span:.1f} s stored, {state.past.bytes / 2**20:.0f} MB")
    elif state.playback.lost:
        parts.append("No signal")
    elif state.source.live:
        stats = state.stats
        rates = f", {stats.source_rate:.0f} fps, {stats.inference_rate:.0f} analysed"
        parts.append("Live" + (rates if stats.source_rate else ""))
    else:
        parts.append(analysed_text(state, state.source))
    if count := people_text(state):
        parts.append(count)
    if state.loaded is not None and state.loaded.name == state.network.model:
        parts.append(f"{state.loaded.name}, {stage_count(state.loaded.stages)}")
        parts.append(state.engine)
    if state.busy:
        parts.append(state.busy)
    return "   ·   ".join(parts)


def analysed_text(state: AppState, source: SourceInfo) -> str:
    """How much of a clip has been analysed in sequence, in words."""
    if source.count == 1:
        return "Photo"
    if not state.analysed:
        return "Single frames: not analysed in sequence yet (A)"
    return f"Analysed {state.analysed} of {source.count} frames"


def time_left(seconds: float | None) -> str:
    """The time left, rounded, in words."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s left"
    return f"{round(seconds / 60)} min left"


def pixel_text(
    frame: Frame | None, pixel: tuple[int, int] | None, *, poses: Poses | None = None
) -> str:
    """The joint under the pointer, and place and colour of the pixel."""
    if frame is None or pixel is None:
        return ""
    from poseviewer.gui.people.words import joint_text

    x, y = pixel
    width, height = frame.size
    if not (0 <= x < width and 0 <= y < height):
        return ""
    red, green, blue = (int(part) for part in frame.pixels[y, x])
    joint = joint_text(poses, pixel, reach=_REACH * max(frame.size))
    return f"{joint}    x {x}  y {y}    rgb {red} {green} {blue}".lstrip()


def _export_words(state: AppState) -> str:
    """What is said of the export at work, and how many wait behind it."""
    begun = [one for one in state.exports if one.pending and one.begun]
    more = sum(one.pending for one in state.exports) - len(begun)
    words = "Export paused" if any(one.status == "paused" for one in begun) else "Exporting"
    return f"{words} (1 of {more + 1})" if more else words


class _Room(QWidget):
    """A label in a room of its own, whose text may change without laying out the whole window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label = Label(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """As high as the label."""
        return self.label.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the room with the label."""
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())


class StatusLine(QStatusBar):
    """The window's status bar."""

    cancelled = Signal(str)
    """`export` or `analysis`, which is to be stopped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        room = _Room(self)
        self.text = room.label
        self.text.setAccessibleName("Status")
        self.pixel = Label(self)
        self.pixel.setAccessibleName("Pixel under the pointer")
        self.pixel.setFont(theme.digits())
        self._work = Label(self)
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
        self.addWidget(room, 1)
        self.addPermanentWidget(self.pixel)
        for widget in (self._work, self._bar, self._cancel):
            self.addPermanentWidget(widget)
        self._show_work("", None)

    @property
    def working(self) -> str:
        """`export`, `analysis` or nothing."""
        return self._kind

    def refresh(self, state: AppState) -> None:
        """Show the text and the progress for `state`."""
        text = status_text(state)
        if text != self.text.text():
            self.text.setText(text)
        if state.export is not None and not state.export.finished:
            self._show_work("export", state.export, words=_export_words(state))
        elif state.analysis is not None and not state.analysis.finished:
            network = state.analysis.network
            other = f" with {network}" if network not in ("", state.network.model) else ""
            self._show_work("analysis", state.analysis, words=f"Analysing{other}")
        else:
            self._show_work("", None)

    def show_pixel(self, state: AppState, pixel: tuple[int, int] | None) -> None:
        """Show what is under the pointer, at a pixel of the frame that is seen."""
        frame, result = state.shown
        text = pixel_text(frame, pixel, poses=None if result is None else result.shown)
        if text != self.pixel.text():
            self.pixel.setText(text)

    def _show_work(self, kind: str, progress: Progress | None, *, words: str = "") -> None:
        self._kind = kind
        for widget in (self._work, self._bar, self._cancel):
            widget.setVisible(progress is not None)
        if progress is None:
            return
        from poseviewer.core.percent import percent

        left = time_left(progress.seconds_left)
        self._work.setText(
            f"{words} {percent(progress.fraction)} %" + (f", {left}" if left else "")
        )
        self._bar.setValue(round(1000 * progress.fraction))
