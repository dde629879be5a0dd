"""The part of the export dialog that slows ranges down and lets frames stand still."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.timeline import LONGEST, Freeze, Slow, Timeline
from poseviewer.gui.plain import Label, allow, caption, plain_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.runtime.state import SourceInfo

_SPEEDS = {"1/2x": "1/2", "1/4x": "1/4", "1/8x": "1/8", "2x": "2"}
_USUAL = 3.0
"""Seconds that a frame stands at first."""

_NARROW = 76
"""Logical pixels of a box for a number."""

_MOST = 8
"""Rows of either kind."""


class _Row(QWidget):
    """A line of widgets with a button that removes it."""

    changed = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)

    def _close(self) -> None:
        button = QToolButton(self)
        button.setText("×")  # noqa: RUF001 - the sign on buttons that remove
        button.setAutoRaise(True)
        button.setAccessibleName("Remove")
        button.setToolTip("Remove this line")
        button.clicked.connect(self.removed)
        self._line.addWidget(button)

    def _frame(self, name: str, last: int, value: int) -> QSpinBox:
        made = QSpinBox(self)
        made.setRange(0, last)
        made.setValue(value)
        made.setAccessibleName(name)
        made.setToolTip(plain_tip(f"{name}: 0 to {last}"))
        made.lineEdit().setTextMargins(6, 0, 0, 0)
        made.setMinimumWidth(_NARROW)
        made.valueChanged.connect(self.changed)
        return made


class SlowRow(_Row):
    """A range with a speed of its own."""

    def __init__(self, here: int, last: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.start = self._frame("First frame of the range", last, here)
        self.end = self._frame("Last frame of the range, included", last, min(here + 30, last))
        self.speed = QComboBox(self)
        for text, value in _SPEEDS.items():
            self.speed.addItem(text, value)
        self.speed.setAccessibleName("How fast the range plays")
        self.speed.setToolTip("How fast the range plays")
        self.speed.currentIndexChanged.connect(self.changed)
        self._line.addWidget(Label("Frames", self))
        self._line.addWidget(self.start, 1)
        self._line.addWidget(Label("to", self))
        self._line.addWidget(self.end, 1)
        self._line.addWidget(Label("at", self))
        self._line.addWidget(self.speed, 1)
        self._close()

    @property
    def slow(self) -> Slow:
        """The range."""
        speed = Fraction(str(self.speed.currentData()))
        return Slow(self.start.value(), self.end.value(), speed)


class FreezeRow(_Row):
    """A frame that stands still."""

    def __init__(self, here: int, last: int, parent: QWidget, *, stages: bool) -> None:
        super().__init__(parent)
        self.frame = self._frame("Frame that stands still", last, here)
        self.seconds = QDoubleSpinBox(self)
        self.seconds.setRange(0.1, LONGEST)
        self.seconds.setSingleStep(0.5)
        self.seconds.setValue(_USUAL)
        self.seconds.setSuffix(" s")
        self.seconds.setDecimals(1)
        self.seconds.setMinimumWidth(_NARROW)
        self.seconds.setAccessibleName("How long it stands")
        self.seconds.setToolTip("How long it stands")
        self.seconds.lineEdit().setTextMargins(6, 0, 0, 0)
        self.seconds.valueChanged.connect(self.changed)
        self.title = QLineEdit(self)
        self.title.setPlaceholderText("Title")
        self.title.setMinimumWidth(2 * _NARROW)
        self.title.setAccessibleName("Title over the frame")
        self.title.setToolTip("What is written over the frame while it stands")
        self.title.textChanged.connect(self.changed)
        self.stages = QCheckBox("stages", self)
        self.stages.setToolTip("Play the stages one after another while it stands")
        allow(self.stages, stages, why_not="the network has one stage")
        self.stages.toggled.connect(self.changed)
        self._line.addWidget(Label("Frame", self))
        self._line.addWidget(self.frame)
        self._line.addWidget(Label("for", self))
        self._line.addWidget(self.seconds)
        self._line.addWidget(self.title, 1)
        self._line.addWidget(self.stages)
        self._close()

    @property
    def freeze(self) -> Freeze:
        """The frame and how long it stands."""
        seconds = Fraction(str(round(self.seconds.value(), 2)))
        title = self.title.text().strip()
        return Freeze(self.frame.value(), seconds, title, self.stages.isChecked())


class TimeChoice(QWidget):
    """Lists of slow ranges and of frames that stand still.

    Args:
        here: The frame on screen.
        last: The last frame of the clip.
        stages: Whether the network has stages to play.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self, *, here: int, last: int, stages: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._here, self._last, self._stages = here, last, stages
        self._rows: list[_Row] = []
        self.add_slow = self._button("Slow motion from here", "Play a range slower", self._new_slow)
        self.add_freeze = self._button(
            "Let this frame stand still", "Hold the frame on screen for a while", self._new_freeze
        )
        self.interpolate = QCheckBox(caption("Move skeletons between frames"), self)
        self.interpolate.setToolTip(
            "In slow motion, joints move straight from frame to frame; pixels repeat"
        )
        self.interpolate.toggled.connect(self._check)
        self._slow, self._still = QVBoxLayout(), QVBoxLayout()
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for button, rows in ((self.add_slow, self._slow), (self.add_freeze, self._still)):
            rows.setSpacing(6)
            line = QHBoxLayout()
            line.addWidget(button)
            line.addStretch(1)
            column.addLayout(line)
            column.addLayout(rows)
            if rows is self._slow:
                column.addWidget(self.interpolate)
        note = Label("Data keeps the true times. Sound is slowed at its pitch, and silent while a "
                     "frame stands.", self)  # fmt: skip
        note.setProperty("muted", True)
        note.setWordWrap(True)
        column.addWidget(note)
        column.addStretch(1)

    @property
    def slow(self) -> tuple[Slow, ...]:
        """The ranges with a speed of their own."""
        return tuple(row.slow for row in self._rows if isinstance(row, SlowRow))

    @property
    def freezes(self) -> tuple[Freeze, ...]:
        """The frames that stand still."""
        return tuple(row.freeze for row in self._rows if isinstance(row, FreezeRow))

    def _new_slow(self) -> None:
        self._add(SlowRow(self._here, self._last, self), self._slow)

    def _new_freeze(self) -> None:
        row = FreezeRow(self._here, self._last, self, stages=self._stages)
        self._add(row, self._still)
        row.title.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, row: _Row, rows: QVBoxLayout) -> None:
        row.changed.connect(self._check)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        rows.addWidget(row)
        row.show()
        row.setMinimumHeight(row.sizeHint().height())
        self.window().adjustSize()
        self._check()

    def _remove(self, row: _Row) -> None:
        self._rows.remove(row)
        row.hide()
        row.deleteLater()
        self.window().adjustSize()
        self._check()

    def _button(self, text: str, tip: str, press: Callable[[], None]) -> QPushButton:
        made = QPushButton(caption(text), self)
        made.setToolTip(plain_tip(tip))
        made.setAutoDefault(False)
        made.clicked.connect(press)
        return made

    def _check(self) -> None:
        allow(self.add_slow, len(self.slow) < _MOST, why_not=f"there are {_MOST}")
        allow(self.add_freeze, len(self.freezes) < _MOST, why_not=f"there are {_MOST}")
        self.changed.emit()


def timeline_of(job: ExportJob, source: SourceInfo, *, first: int, last: int) -> Timeline:
    """When the frames of a job are shown.

    Raises:
        PoseViewerError: What is slowed or stands still does not lie in the range.
    """
    times = source.times
    step = float(times[-1] - times[0]) / max(len(times) - 1, 1) or 1.0
    stop = float(times[last + 1]) if last + 1 < len(times) else float(times[last]) + step
    return Timeline.of(
        lambda index: Fraction(float(times[index])),
        start=first,
        end=last,
        stop=Fraction(stop),
        speed=job.speed,
        slow=job.slow,
        freezes=job.freezes,
    )


def shown_seconds(job: ExportJob, source: SourceInfo, *, first: int, last: int) -> float:
    """How long a job is from its first frame to its last, seconds."""
    if job.slow or job.freezes:
        return float(timeline_of(job, source, first=first, last=last).length)
    return float(source.times[last] - source.times[first]) / float(job.speed)


def times_trouble(job: ExportJob, source: SourceInfo) -> str:
    """Why its times cannot be had; empty where they can."""
    if job.interpolate and job.beside is not None and job.beside.clip and job.slow:
        return "Skeletons cannot be interpolated beside another clip."
    if not (job.slow or job.freezes):
        return ""
    last = source.count - 1 if job.end is None else job.end
    if "%" in job.output.name or job.start == last:
        return "Slow motion and still frames need a clip of several frames."
    try:
        timeline_of(job, source, first=job.start, last=last)
    except PoseViewerError as error:
        return str(error)
    return ""
