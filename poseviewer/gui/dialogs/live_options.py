"""The dialog about live sources: what a recording writes, and how far one can go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.gui.widgets import quiet_label
from poseviewer.runtime.jobs import RecordJob
from poseviewer.runtime.state import Keep

if TYPE_CHECKING:
    from poseviewer.runtime.state import SourceInfo

_LONGEST, _MOST = 120.0, 16384


def room_text(keep: Keep, source: SourceInfo | None) -> str:
    """The length and size of the stored frames, of the present source or a usual camera."""
    width, height = source.size if source is not None and source.live else (1280, 720)
    rate = source.rate if source is not None and source.live and source.rate else 30.0
    second = width * height * 3 * rate / 2**20
    lasts = min(keep.seconds, keep.megabytes / second)
    size = f"{width} × {height} at {rate:.4g} fps"  # noqa: RUF001 - the sign for sizes
    return f"{size}: {lasts:.1f} s are stored, in {lasts * second:.0f} MB of memory."


class LiveOptionsDialog(QDialog):
    """Asks what a recording writes and how far one can go back."""

    chosen = Signal(object, object)
    """The `RecordJob` (without a look) and the `Keep`."""

    def __init__(
        self,
        job: RecordJob,
        keep: Keep,
        *,
        folder: str,
        source: SourceInfo | None,
        parent: QWidget | None = None,
    ) -> None:
        """Make the dialog.

        Args:
            job: What is written now.
            keep: How much is stored now.
            folder: Where recordings go.
            source: What is open, to say what it takes.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Recording and rewind")
        self.setMinimumWidth(440)
        recording = self._recording(job, folder)
        self.rewind = RewindBox(keep, source=source, parent=self)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        for widget in (recording, self.rewind, buttons):
            column.addWidget(widget)

    def accept(self) -> None:
        """Emit both."""
        super().accept()
        data = tuple(
            name for name, box in (("csv", self.csv), ("json", self.json)) if box.isChecked()
        )
        self.chosen.emit(RecordJob(self.annotated.isChecked(), data), self.rewind.keep)

    def _recording(self, job: RecordJob, folder: str) -> QGroupBox:
        raw = _tick("The video as captured", "The frames as they came", self, on=True)
        allow(raw, False, why_not="it is always written")
        self.annotated = _tick(
            "A second video with skeleton, map and angles",
            "The frames that were analysed, as the screen shows them",
            self,
            on=job.annotated,
        )
        self.csv = _tick(
            "CSV tables of joints and angles",
            "Of the frames that were analysed",
            self,
            on="csv" in job.data,
        )
        self.json = _tick(
            "OpenPose JSON, one file per frame",
            "Of the frames that were analysed",
            self,
            on="json" in job.data,
        )
        recording = QGroupBox("A recording (R) writes", self)
        rows = QVBoxLayout(recording)
        for box in (raw, self.annotated, self.csv, self.json):
            rows.addWidget(box)
        where = Label(f"Into {folder}, with a report of the dropped frames.", self)
        where.setProperty("muted", True)
        where.setWordWrap(True)
        rows.addWidget(where)
        return recording


class RewindBox(QGroupBox):
    """How much of a live source is stored to go back to."""

    changed = Signal()

    def __init__(
        self, keep: Keep, *, source: SourceInfo | None, parent: QWidget | None = None
    ) -> None:
        """Show `keep`; of `source` it says how long that lasts."""
        super().__init__("Rewind in a frozen live source (Space)", parent)
        self._source = source
        self.seconds = QDoubleSpinBox(self)
        self.seconds.setRange(0.0, _LONGEST)
        self.seconds.setDecimals(0)
        self.seconds.setSuffix(" s")
        self.seconds.setValue(keep.seconds)
        _name(self.seconds, "Seconds stored", "How far you can go back in a frozen live source")
        self.megabytes = QSpinBox(self)
        self.megabytes.setRange(16, _MOST)
        self.megabytes.setSingleStep(64)
        self.megabytes.setSuffix(" MB")
        self.megabytes.setValue(keep.megabytes)
        _name(self.megabytes, "Memory limit", "Fewer seconds are stored if this fills up first")
        for spin in (self.seconds, self.megabytes):
            spin.lineEdit().setTextMargins(6, 0, 0, 0)
            spin.valueChanged.connect(self._show_room)
            spin.valueChanged.connect(self.changed)
        form = QFormLayout(self)
        form.setVerticalSpacing(10)
        form.addRow("&Seconds", self.seconds)
        form.addRow("&Memory limit", self.megabytes)
        self.room = quiet_label("How long that lasts")
        form.addRow(self.room)
        self._show_room()

    @property
    def keep(self) -> Keep:
        """How much is to be stored."""
        return Keep(self.seconds.value(), self.megabytes.value())

    def _show_room(self) -> None:
        self.room.setText(room_text(self.keep, self._source))


def _tick(text: str, tip: str, parent: QWidget, *, on: bool) -> QCheckBox:
    made = QCheckBox(text, parent)
    made.setChecked(on)
    made.setToolTip(plain_tip(tip))
    return made


def _name(widget: QWidget, name: str, tip: str) -> None:
    widget.setAccessibleName(name)
    widget.setToolTip(plain_tip(tip))
