"""The list of the Joint angles dock, with the value and the arc of each angle."""

from __future__ import annotations

from math import isnan, nan, pi
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from poseviewer.draw.colour import angle_rgb
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.angle import AngleSpec

APART = ": right less left"
"""How the names of differences of two sides end."""

_NAME, _VALUE, _ARC = range(3)
_ROW_HEIGHT = 22
_VALUE_TIP = (
    "Value at the cursor, without a filter, or why there is none: a joint is hidden, outside the "
    "frame or unsure."
)


def angle_colour(name: str) -> QColor:
    """The colour of an angle on the theme in force; left and right share it.

    A difference of two sides, whose name says `right less left`, has that of text.
    """
    if name.endswith(APART):
        return QColor(theme.current().text)
    return QColor(*angle_rgb(name, dark=theme.current().dark))


def angle_pen(name: str, *, width: float = 1.5) -> QPen:
    """The pen of an angle: right and middle solid, left dashed."""
    pen = QPen(angle_colour(name), width)
    pen.setCosmetic(True)
    # Square, so that a value without neighbours leaves a dot; round ends and joins cost twice.
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    if name.startswith("left "):
        pen.setDashPattern([3.0, 3.5])
    return pen


class AngleList(QTreeWidget):
    """Every angle that can be measured, with a tick, its value at the cursor and its arc."""

    chosen_changed = Signal(tuple)
    """Names of the angles ticked, those that are not offered now included."""

    arcs_changed = Signal(tuple)
    """Names of the angles whose arcs are ticked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Angles")
        self.setColumnCount(3)
        self.setHeaderLabels(["Angle", "Value", "Arc"])
        self.headerItem().setToolTip(_NAME, "Tick to plot. Left is dashed, right is solid.")
        self.headerItem().setToolTip(
            _VALUE,
            "Value at the cursor, without a filter, or why there is none: a "
            "joint is hidden, outside the frame or unsure.",
        )
        self.headerItem().setToolTip(_ARC, "Tick to draw the angle on the frame.")
        self.headerItem().setTextAlignment(
            _VALUE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIconSize(QSize(22, 12) * theme.scale())
        self.setIndentation(0)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(30)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_VALUE, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_ARC, QHeaderView.ResizeMode.Fixed)
        self._size_columns()
        self.setMinimumHeight(40)
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._chosen: frozenset[str] = frozenset()
        self._arcs: frozenset[str] = frozenset()
        self.itemChanged.connect(self._on_change)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the offered angles that are ticked, in the list's order."""
        return tuple(name for name in self._rows if name in self._chosen)

    @property
    def arcs(self) -> tuple[str, ...]:
        """Names of the offered angles whose arcs are ticked."""
        return tuple(name for name in self._rows if name in self._arcs)

    def choose(self, names: Iterable[str]) -> None:
        """Tick exactly these, without a signal; names not offered yet are remembered."""
        if self._chosen != frozenset(names):
            self._chosen = frozenset(names)
            self._tick()

    def choose_arcs(self, names: Iterable[str]) -> None:
        """Tick exactly these arcs, without a signal."""
        if self._arcs != frozenset(names):
            self._arcs = frozenset(names)
            self._tick()

    def offer(self, specs: tuple[AngleSpec, ...]) -> None:
        """List these angles: joints first, then segments."""
        ordered = sorted(specs, key=lambda spec: len(spec.points) == 2)
        names = [spec.name for spec in ordered]
        if names == list(self._rows):
            return
        with QSignalBlocker(self):
            self.clear()
            self._rows = {}
            for spec in ordered:
                row = QTreeWidgetItem(self, [spec.name, "—", ""])
                kind = "segment to the horizontal" if len(spec.points) == 2 else "joint angle"
                points = ", ".join(point.replace("_", " ") for point in spec.points)
                row.setToolTip(_NAME, plain_tip(f"{spec.name}, {kind}: {points}"))
                row.setToolTip(_ARC, plain_tip(f"Draw the {spec.name} on the frame."))
                row.setTextAlignment(
                    _VALUE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
                row.setFont(_VALUE, theme.digits())
                row.setSizeHint(_NAME, QSize(0, _ROW_HEIGHT))
                self._rows[spec.name] = row
        self._tick()
        self._draw_icons()

    def show_values(
        self,
        degrees: Mapping[str, float],
        *,
        missing: Mapping[str, str] | None = None,
        radians: bool = False,
    ) -> None:
        """Show the value of each angle at the cursor.

        Args:
            degrees: By name; one that is not there or NaN has none.
            missing: Why an angle has no value, in a word; a dash where not known.
            radians: Whether values are shown in radians.
        """
        with QSignalBlocker(self):
            for name, row in self._rows.items():
                value = degrees.get(name, nan)
                text = f"{value * pi / 180:.3f}" if radians else f"{value:.1f}°"
                text = text.replace("-", "\N{MINUS SIGN}")
                if isnan(value):
                    text = (missing or {}).get(name) or "—"
                if row.text(_VALUE) != text:
                    row.setText(_VALUE, text)

    def value(self, name: str) -> str:
        """The text of an angle's value."""
        return self._rows[name].text(_VALUE)

    def row(self, name: str) -> QTreeWidgetItem:
        """The row of an offered angle."""
        return self._rows[name]

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if hasattr(self, "_rows"):
            if event.type() == QEvent.Type.PaletteChange:
                self._draw_icons()
            elif event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
                self._size_columns()

    def _size_columns(self) -> None:
        self.header().resizeSection(_VALUE, theme.px(68))
        self.header().resizeSection(_ARC, theme.px(38))

    def _tick(self) -> None:
        with QSignalBlocker(self):
            for name, row in self._rows.items():
                row.setCheckState(_NAME, _state(name in self._chosen))
                row.setCheckState(_ARC, _state(name in self._arcs))
        self.viewport().update()

    def _on_change(self, row: QTreeWidgetItem, column: int) -> None:
        name, on = row.text(_NAME), row.checkState(column) == Qt.CheckState.Checked
        if column == _NAME and on != (name in self._chosen):
            self._chosen ^= {name}
            self.chosen_changed.emit(tuple(sorted(self._chosen)))
        elif column == _ARC and on != (name in self._arcs):
            self._arcs ^= {name}
            self.arcs_changed.emit(self.arcs)

    def _draw_icons(self) -> None:
        with QSignalBlocker(self):
            for name, row in self._rows.items():
                row.setIcon(_NAME, stroke_icon(name, self.iconSize(), self.devicePixelRatioF()))


def _state(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked


def stroke_icon(name: str, size: QSize, ratio: float) -> QIcon:
    """A piece of an angle's curve, `size` in logical pixels."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(angle_pen(name, width=2.0 * ratio))
    painter.drawLine(2, size.height() // 2, size.width() - 2, size.height() // 2)
    painter.end()
    return QIcon(picture)
