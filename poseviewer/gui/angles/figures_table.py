"""The table of the Joint angles dock: figures at the cursor and over a range, an angle a row."""

from __future__ import annotations

from math import inf, isfinite, pi
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QIcon

from poseviewer.core.percent import percent
from poseviewer.gui import theme
from poseviewer.gui.angles.list import stroke_icon
from poseviewer.gui.angles.table import DASH, ICON, MeasureTable, aligned
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.runtime.angle_figures import AngleFigures

    Index = QModelIndex | QPersistentModelIndex

# Title, what it is, the figure, and how it is written: see `written`.
_COLUMNS: tuple[tuple[str, str, Callable[[AngleFigures], float], str], ...] = (
    ("Now", "Value at the cursor.", lambda row: row.now, "angle"),
    (
        "Velocity",
        "Angular velocity at the cursor, by differences over the frames beside it.",
        lambda row: row.velocity,
        "velocity",
    ),
    ("Min", "Least value of the range.", lambda row: row.over.minimum, "angle"),
    ("at", "Time of the least value.", lambda row: row.over.minimum_at, "seconds"),
    ("Max", "Greatest value of the range.", lambda row: row.over.maximum, "angle"),
    ("at", "Time of the greatest value.", lambda row: row.over.maximum_at, "seconds"),
    ("Range", "Greatest less least value.", lambda row: row.over.range, "angle"),
    ("Mean", "Mean of the frames that have a value.", lambda row: row.over.mean, "angle"),
    ("SD", "Standard deviation of a sample (n - 1).", lambda row: row.over.deviation, "angle"),
    ("First", "Value at the first frame of the range.", lambda row: row.over.first, "angle"),
    ("Last", "Value at the last frame of the range.", lambda row: row.over.last, "angle"),
    (
        "Missing",
        "Frames of the range without a value, which count in no figure.",
        lambda row: row.over.missing,
        "share",
    ),
    (
        "Symmetry",
        "Symmetry index of the two ranges over the frames in which both sides have a value: right "
        "less left in percent of their mean; 0 is equal (Robinson, Herzog and Nigg 1987).",
        lambda row: row.symmetry,
        "percent",
    ),
    (
        "Path",
        "Length of the joint's path over the range; places that tremble make it longer, so filter.",
        lambda row: row.path,
        "length",
    ),
)
_AT_CURSOR = 2
"""How many of them are of the frame under the cursor, the first ones."""

_TITLES = ("Angle", *(title for title, *_ in _COLUMNS))


_DIGITS = {"m/s": 2, "px/s": 0, "m": 2, "px": 0}
"""Digits behind the point of speeds and lengths, by their unit."""


def written(value: float, kind: str, *, radians: bool = False) -> str:
    """A figure as the table shows it.

    Args:
        value: Degrees, seconds, a share or percent; NaN for none.
        kind: `angle`, `velocity`, `seconds`, `share`, `percent`, or a unit of `_DIGITS`.
        radians: Whether angles are written in radians.
    """
    if not isfinite(value):
        return DASH
    if kind == "angle":
        text = f"{value * pi / 180:.3f}" if radians else f"{value:.1f}°"
    elif kind == "velocity":
        text = f"{value * pi / 180:.3f}/s" if radians else f"{value:.0f}°/s"
    elif kind in _DIGITS:
        text = f"{value:.{_DIGITS[kind]}f} {kind}"
    elif kind == "seconds":
        text = f"{value:.2f} s"
    elif kind == "share":
        text = f"{percent(value)} %"
    else:
        text = f"{value:.1f} %" if 0 < abs(value) < 0.5 else f"{value:.0f} %"
    return text.replace("-", "\N{MINUS SIGN}")


class _Figures(QAbstractTableModel):
    """Rows of figures, the name first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[AngleFigures, ...] = ()
        self.radians = False
        self._icons: dict[str, QIcon] = {}
        self._ratio = parent.devicePixelRatioF()

    def show_rows(self, rows: tuple[AngleFigures, ...], *, radians: bool) -> None:
        """Show these rows."""
        before = self.rows
        same = [row.name for row in rows] == [row.name for row in before]
        if not same:
            self.beginResetModel()
        # While a clip plays, only what is at the cursor changes.
        moved = radians == self.radians and all(
            new.over is old.over for new, old in zip(rows, before, strict=False)
        )
        self.rows, self.radians = rows, radians
        if not same:
            self.endResetModel()
        elif rows:
            last = self.index(len(rows) - 1, _AT_CURSOR if moved else len(_COLUMNS))
            self.dataChanged.emit(self.index(0, 1), last, [Qt.ItemDataRole.DisplayRole])

    def forget_icons(self) -> None:
        """Draw the icons again in new colours."""
        self._icons = {}

    def rowCount(self, _parent: Index | None = None) -> int:
        """A row an angle."""
        return len(self.rows)

    def columnCount(self, _parent: Index | None = None) -> int:
        """The name and the figures."""
        return len(_TITLES)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, value to sort by, looks, and what a screen reader says."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return aligned(column)
        if role == Qt.ItemDataRole.FontRole:
            return theme.digits()
        if column == 0:
            return self._of_name(row.name, role)
        title, _, figure, kind = _COLUMNS[column - 1]
        if row.unit != "deg":
            kind = {"angle": f"{row.unit}/s", "length": row.unit}.get(kind, kind)
        text = written(figure(row), kind, radians=self.radians)
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.UserRole:
            return figure(row) if isfinite(figure(row)) else inf
        if role == Qt.ItemDataRole.AccessibleTextRole:
            when = f"time of {_TITLES[column - 1]}" if title == "at" else title
            return f"{row.name}, {when}: {'unknown' if text == DASH else text}"
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
            return _TITLES[section]
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return plain_tip(_COLUMNS[section - 1][1])
        return aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _of_name(self, name: str, role: int) -> Any:
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.UserRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return name
        if role == Qt.ItemDataRole.DecorationRole:
            if name not in self._icons:
                self._icons[name] = stroke_icon(name, ICON, self._ratio)
            return self._icons[name]
        return None


class FiguresTable(MeasureTable):
    """The figures, an angle a row; a click on a title sorts by it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, title="Figures of the angles")
        self.setObjectName("figures")
        self._figures = _Figures(self)
        self._order = QSortFilterProxyModel(self)
        self._order.setSortRole(Qt.ItemDataRole.UserRole)
        self._order.setSourceModel(self._figures)
        self.set_model(self._order)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSortIndicatorClearable(True)

    @property
    def rows(self) -> tuple[AngleFigures, ...]:
        """What is shown, in its own order."""
        return self._figures.rows

    def show_rows(self, rows: Sequence[AngleFigures], *, radians: bool, marked: bool) -> None:
        """Show these rows.

        Args:
            rows: In the order in which they stand while nothing is sorted.
            radians: Whether angles are written in radians.
            marked: Whether the range has marks, whose values are then shown.
        """
        others = [row.name for row in rows] != [row.name for row in self.rows]
        others |= [row.unit for row in rows] != [row.unit for row in self.rows]
        changed = others or radians != self._figures.radians
        self._figures.show_rows(tuple(rows), radians=radians)
        sided = any(isfinite(row.symmetry) for row in rows)
        travelled = any(row.unit != "deg" for row in rows)
        for title, shown in (
            ("First", marked), ("Last", marked), ("Symmetry", sided), ("Path", travelled)
        ):  # fmt: skip
            changed |= self.isColumnHidden(_TITLES.index(title)) == shown
            self.setColumnHidden(_TITLES.index(title), not shown)
        if changed:
            self.fit()
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if hasattr(self, "_figures") and event.type() == QEvent.Type.PaletteChange:
            self._figures.forget_icons()

    def widths(self) -> list[int]:
        """Those of the widest figure of each column, so that none moves while playing."""
        metrics = QFontMetrics(theme.digits())
        widest = "\N{MINUS SIGN}3.141" if self._figures.radians else "\N{MINUS SIGN}188.8°"
        texts = {
            "angle": widest,
            "velocity": "\N{MINUS SIGN}18.888/s",
            "seconds": "888.88 s",
            "share": "> 99 %",
            "percent": "\N{MINUS SIGN}200 %",
            "length": "88888 px",
        }
        if any(row.unit != "deg" for row in self.rows):
            texts["angle"] = "8888 px/s"
        names = [metrics.horizontalAdvance(row.name) for row in self.rows]
        found = [max(names, default=60) + ICON.width() + 22]
        for title, _, _, kind in _COLUMNS:
            wide = max(metrics.horizontalAdvance(texts[kind]), metrics.horizontalAdvance(title) + 8)
            found.append(wide + 8)
        return found
