"""The Figures dock: the chosen angles in digits that can be read from across a room."""

from __future__ import annotations

from math import isnan, nan, pi
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from poseviewer.gui.angles.curves import missing, values
from poseviewer.gui.figures.cell import BROAD, DASH, RADIANS, USUAL, FigureCell, digit_size
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState

_PACE = 100
"""Milliseconds between two sets of figures; faster ones cannot be read."""

_THREE_DIGITS = -99.5
"""Degrees below which a value has a sign and three digits, as segments do and joints seldom."""

_MARGIN, _GAP = 6, 10
"""Logical pixels around the figures, and between two of them."""


class FigureGrid(QWidget):
    """Figures of one size in rows and columns, as many of each as let the digits be largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Angles of the frame")
        self.setMinimumSize(90, 44)
        self.cells: tuple[FigureCell, ...] = ()
        self._widest = USUAL

    def sizeHint(self) -> QSize:
        """Four figures of a size that can be read from two metres."""
        return QSize(320, 220)

    def show_names(self, names: Sequence[str], *, widest: str) -> None:
        """Have a figure for each of these angles, in this order, with room for `widest`."""
        if tuple(names) != tuple(cell.name for cell in self.cells):
            for cell in self.cells:
                cell.hide()
                cell.deleteLater()
            self.cells = tuple(FigureCell(name, self) for name in names)
            for cell in self.cells:
                cell.show()
        elif widest == self._widest:
            return
        self._widest = widest
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the digits the size that fits."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        count = len(self.cells)
        if not count:
            return
        sizes = {n: digit_size(self._room(n), widest=self._widest) for n in range(1, count + 1)}
        columns = max(sizes, key=lambda n: sizes[n])
        room = self._room(columns)
        for at, cell in enumerate(self.cells):
            row, column = divmod(at, columns)
            left = _MARGIN + column * (room.width() + _GAP)
            top = _MARGIN + row * (room.height() + _GAP)
            cell.setGeometry(left, top, room.width(), room.height())
            cell.set_digits(sizes[columns], widest=self._widest)

    def _room(self, columns: int) -> QSize:
        """The room of one figure where there are so many beside each other."""
        rows = -(-len(self.cells) // columns)
        width = (self.width() - 2 * _MARGIN - (columns - 1) * _GAP) // columns
        height = (self.height() - 2 * _MARGIN - (rows - 1) * _GAP) // rows
        return QSize(max(width, 1), max(height, 1))


class FiguresDock(Dock):
    """The angles that are plotted, at the frame on screen, in large digits."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Figures",
            name="figures_dock",
            pace=_PACE,
            purpose="The chosen angles appear here in large digits",
        )
        self.grid = FigureGrid()
        self._broad: frozenset[str] = frozenset()
        """Angles of the source that were below -99.5 degrees once, which takes four places."""
        self.setWidget(self.holder(self.grid))

    def show_source(self) -> None:
        """Forget how broad the values of another source were."""
        self._broad = frozenset()

    def why_empty(self, state: AppState) -> str:
        """Why there is no figure."""
        if text := super().why_empty(state):
            return text
        return "" if self.grid.cells else "No angle is chosen: tick some in the Joint angles dock."

    def draw(self, state: AppState) -> None:
        """Show the values at the frame on screen, and why one is missing."""
        history, radians = self.bridge.session.history(), state.angles.radians
        wanted = frozenset(state.angles.plotted)
        specs = [spec for spec in history.specs if spec.name in wanted]
        found, why = values(history, state), missing(state, specs)
        self._broad |= {name for name, degrees in found.items() if degrees < _THREE_DIGITS}
        names = [spec.name for spec in specs]
        broad = not self._broad.isdisjoint(names)
        self.grid.show_names(names, widest=RADIANS if radians else BROAD if broad else USUAL)
        for cell in self.grid.cells:
            text = _digits(found.get(cell.name, nan), radians=radians)
            reason = why.get(cell.name, "") if text == DASH else ""
            cell.show_value(text, why=reason, radians=radians)


def _digits(degrees: float, *, radians: bool) -> str:
    """A value as it is written: whole degrees, which is what a network can be trusted with."""
    if isnan(degrees):
        return DASH
    text = f"{degrees * pi / 180:.2f}" if radians else f"{round(degrees)}°"
    return text.replace("-", "\N{MINUS SIGN}")
