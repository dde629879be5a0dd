"""The table of repetitions of the Joint angles dock, and the controls that say what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QIcon
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QWidget

from poseviewer.core.repetition_figures import summaries
from poseviewer.core.repetitions import (
    LEAST_PROMINENCE,
    PROMINENCE_SHARE,
    PROMINENCES,
    TIMES_APART,
    USUAL_APART,
)
from poseviewer.gui import theme
from poseviewer.gui.angles.figures_table import written
from poseviewer.gui.angles.list import stroke_icon
from poseviewer.gui.angles.table import ICON, MeasureTable, aligned
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.widgets import WrapLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.repetition_figures import Measures, RepetitionFigures
    from poseviewer.runtime.sections import AngleState

    Index = QModelIndex | QPersistentModelIndex

_COLUMNS = (
    ("Angle", ""),
    ("No.", "Counted from 1 for each angle, with mean and standard deviation (n - 1) below."),
    ("Start", "Time of its first frame: a tenth of the way up from the higher valley beside it."),
    ("Peak", "Time of its greatest value, or its least one where those are the peaks."),
    ("End", "Time of its last frame, a tenth of the way up from the higher valley."),
    ("Duration", "From start to end."),
    ("Min", "Least value from start to end."),
    ("Max", "Greatest value from start to end."),
    ("Range", "Greatest less least value."),
    ("Fastest", "Greatest angular velocity either way."),
)

_WIDEST = ("", "mean", "888.88 s", "888.88 s", "888.88 s", "88.88 s")


class _Repetitions(QAbstractTableModel):
    """Rows of text, with the number of the frame at the peak where a row is one repetition."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[tuple[str, ...], ...] = ()
        self.frames: tuple[int | None, ...] = ()
        self._icons: dict[str, QIcon] = {}
        self._ratio = parent.devicePixelRatioF()

    def show_rows(self, rows: tuple[tuple[str, ...], ...], frames: tuple[int | None, ...]) -> None:
        """Show these rows."""
        if rows == self.rows:
            self.frames = frames
            return
        self.beginResetModel()
        self.rows, self.frames = rows, frames
        self.endResetModel()

    def forget_icons(self) -> None:
        """Draw the icons again in new colours."""
        self._icons = {}

    def rowCount(self, _parent: Index | None = None) -> int:
        """A row a repetition, and two or one of each angle."""
        return len(self.rows)

    def columnCount(self, _parent: Index | None = None) -> int:
        """The name, the number and the figures."""
        return len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, looks, and what a screen reader says."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return aligned(column)
        if role == Qt.ItemDataRole.FontRole:
            font = theme.digits()
            font.setBold(self.frames[index.row()] is None)
            return font
        if role == Qt.ItemDataRole.AccessibleTextRole:
            of = f"{row[0]}, {row[1]}"
            return of if column < 2 else f"{of}, {_COLUMNS[column][0]}: {row[column] or 'none'}"
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            if row[0] not in self._icons:
                self._icons[row[0]] = stroke_icon(row[0], ICON, self._ratio)
            return self._icons[row[0]]
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Titles, and what they mean."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section][0]
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return plain_tip(_COLUMNS[section][1])
        return aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None


class RepetitionsTable(MeasureTable):
    """The repetitions of each angle, with mean and spread; a double click goes to the peak."""

    frame_chosen = Signal(int)
    """The number of a frame to go to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, title="Repetitions")
        self.setObjectName("repetitions")
        self._repetitions = _Repetitions(self)
        self.set_model(self._repetitions)
        self.activated.connect(self._choose)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The texts that are shown."""
        return self._repetitions.rows

    def show_repetitions(self, found: Sequence[RepetitionFigures], *, radians: bool) -> None:
        """Show these repetitions.

        Args:
            found: Angle by angle.
            radians: Whether angles are written in radians.
        """
        rows: list[tuple[str, ...]] = []
        frames: list[int | None] = []
        for one in summaries(found):
            for each in found:
                if each.name == one.name:
                    times = (written(at, "seconds") for at in (each.start, each.peak, each.end))
                    texts = _texts(each.measures, radians=radians)
                    rows.append((one.name, str(each.number), *times, *texts))
                    frames.append(each.at)
            for title, measures in (("mean", one.mean), ("SD", one.deviation)):
                if measures is not None:
                    rows.append((one.name, title, "", "", "", *_texts(measures, radians=radians)))
                    frames.append(None)
        names = {row[0] for row in self.rows}
        self._repetitions.show_rows(tuple(rows), tuple(frames))
        if names != {row[0] for row in rows}:
            self.fit()
            self.updateGeometry()

    def widths(self) -> list[int]:
        """Those of the widest figure of each column."""
        metrics = QFontMetrics(theme.digits())
        found = []
        for column, (title, _) in enumerate(_COLUMNS):
            text = _WIDEST[column] if column < len(_WIDEST) else "\N{MINUS SIGN}1888.8°"
            wide = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance(title) + 12)
            found.append(wide + 10)
        names = [metrics.horizontalAdvance(row[0]) for row in self.rows]
        found[0] = max(names, default=60) + ICON.width() + 22
        return found

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if hasattr(self, "_repetitions") and event.type() == QEvent.Type.PaletteChange:
            self._repetitions.forget_icons()

    def _choose(self, spot: QModelIndex) -> None:
        frame = self._repetitions.frames[spot.row()]
        if frame is not None:
            self.frame_chosen.emit(frame)


def _texts(of: Measures, *, radians: bool) -> tuple[str, ...]:
    turned = (of.minimum, of.maximum, of.range)
    return (
        written(of.duration, "seconds"),
        *(written(value, "angle", radians=radians) for value in turned),
        written(of.velocity, "velocity", radians=radians),
    )


class RepetitionControls(QWidget):
    """What counts as a repetition."""

    edited = Signal(dict)
    """Fields of `AngleState` that were chosen here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prominence = _number(
            PROMINENCES,
            "Stands out by ",
            "°",
            "How far the curve falls on both sides of a peak that counts. Automatic: "
            f"{PROMINENCE_SHARE:.0%} of each curve's range, at least {LEAST_PROMINENCE:g}°.",
        )
        self.prominence.setAccessibleName("Least prominence of a repetition")
        self.prominence.setDecimals(0)
        self.prominence.setSingleStep(5)
        self.apart = _number(
            TIMES_APART,
            "Apart by ",
            " s",
            "Least time from one peak to the next; of two that are nearer the higher one counts. "
            f"Automatic: {USUAL_APART:g} s.",
        )
        self.apart.setAccessibleName("Least time between two repetitions")
        self.apart.setDecimals(1)
        self.apart.setSingleStep(0.1)
        self.peaks = QComboBox()
        self.peaks.setAccessibleName("Peaks of repetitions")
        self.peaks.setToolTip("Whether the angle grows in a repetition, or shrinks.")
        self.peaks.addItem("Peaks are greatest values", False)
        self.peaks.addItem("Peaks are least values", True)
        self.prominence.valueChanged.connect(lambda value: self.edited.emit({"prominence": value}))
        self.apart.valueChanged.connect(lambda value: self.edited.emit({"apart": value}))
        self.peaks.activated.connect(
            lambda _at: self.edited.emit({"lowest": bool(self.peaks.currentData())})
        )
        WrapLayout(self, self.prominence, self.apart, self.peaks)

    def show_choice(self, angles: AngleState) -> None:
        """Show what is chosen."""
        for box, value in ((self.prominence, angles.prominence), (self.apart, angles.apart)):
            if box.value() != value:
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)
        self.peaks.setCurrentIndex(int(angles.lowest))


def _number(limits: tuple[float, float], prefix: str, unit: str, tip: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(*limits)
    made.setPrefix(prefix)
    made.setSuffix(unit)
    made.setSpecialValueText(f"{prefix}automatic")
    made.setToolTip(plain_tip(tip))
    made.setKeyboardTracking(False)
    made.lineEdit().setTextMargins(6, 0, 0, 0)
    return made
