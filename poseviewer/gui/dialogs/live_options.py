"""The dialog about live sources: what a recording writes, and how much is kept to go back to."""

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
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from poseviewer.runtime.state import Keep, RecordJob

if TYPE_CHECKING:
    from poseviewer.runtime.state import SourceInfo

_LONGEST, _MOST = 120.0, 16384


def room_text(keep: Keep, source: SourceInfo | None) -> str:
    """How long and how large what is kept becomes, of what is open or of a usual camera."""
    width, height = source.size if source is not None and source.live else (1280, 720)
    rate = source.rate if source is not None and source.live and source.rate else 30.0
    second = width * height * 3 * rate / 2**20
    lasts = min(keep.seconds, keep.megabytes / second)
    size = f"{width} × {height} at {rate:.4g} fps"  # noqa: RUF001 - the sign for sizes
    return f"{size}: {lasts:.1f} s are kept, in {lasts * second:.0f} MB of memory."


class LiveOptionsDialog(QDialog):
    """Asks what R writes and how far one can go back."""

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
            keep: What is kept now.
            folder: Where recordings go.
            source: What is open, to say what it takes.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Recording and rewind")
        self.setMinimumWidth(440)
        self._source = source
        recording = self._recording(job, folder)
        rewind = self._rewind(keep)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        for widget in (recording, rewind, buttons):
            column.addWidget(widget)
        self._tell()

    @property
    def keep(self) -> Keep:
        """What is to be kept."""
        return Keep(self.seconds.value(), self.megabytes.value())

    def accept(self) -> None:
        """Hand both over."""
        super().accept()
        data = tuple(
            name for name, box in (("csv", self.csv), ("json", self.json)) if box.isChecked()
        )
        self.chosen.emit(RecordJob(self.annotated.isChecked(), data), self.keep)

    def _recording(self, job: RecordJob, folder: str) -> QGroupBox:
        raw = _tick("The video as it comes", "Always written", self, on=True)
        raw.setEnabled(False)
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
            "OpenPose JSON, one file a frame",
            "Of the frames that were analysed",
            self,
            on="json" in job.data,
        )
        recording = QGroupBox("A recording (R) writes", self)
        rows = QVBoxLayout(recording)
        for box in (raw, self.annotated, self.csv, self.json):
            rows.addWidget(box)
        where = QLabel(f"Into {folder}, with a report of what was lost.", self)
        where.setProperty("muted", True)
        where.setWordWrap(True)
        rows.addWidget(where)
        return recording

    def _rewind(self, keep: Keep) -> QGroupBox:
        self.seconds = QDoubleSpinBox(self)
        self.seconds.setRange(0.0, _LONGEST)
        self.seconds.setDecimals(0)
        self.seconds.setSuffix(" s")
        self.seconds.setValue(keep.seconds)
        _name(self.seconds, "Seconds kept", "How far one can go back in a frozen live source")
        self.megabytes = QSpinBox(self)
        self.megabytes.setRange(16, _MOST)
        self.megabytes.setSingleStep(64)
        self.megabytes.setSuffix(" MB")
        self.megabytes.setValue(keep.megabytes)
        _name(self.megabytes, "Memory at most", "Less is kept where this is full first")
        for spin in (self.seconds, self.megabytes):
            spin.lineEdit().setTextMargins(6, 0, 0, 0)
            spin.valueChanged.connect(self._tell)
        rewind = QGroupBox("A frozen live source (Space) can be gone back in", self)
        form = QFormLayout(rewind)
        form.setVerticalSpacing(10)
        form.addRow("&Seconds", self.seconds)
        form.addRow("&Memory at most", self.megabytes)
        self.room = QLabel(self)
        self.room.setProperty("muted", True)
        self.room.setWordWrap(True)
        form.addRow(self.room)
        return rewind

    def _tell(self) -> None:
        self.room.setText(room_text(self.keep, self._source))


def _tick(text: str, tip: str, parent: QWidget, *, on: bool) -> QCheckBox:
    made = QCheckBox(text, parent)
    made.setChecked(on)
    made.setToolTip(tip)
    return made


def _name(widget: QWidget, name: str, tip: str) -> None:
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
