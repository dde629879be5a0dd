"""The list of people, to choose, rename and hide them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from poseviewer.draw.colour import person_colour
from poseviewer.gui import theme
from poseviewer.gui.people.words import person_name, when
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from poseviewer.runtime.people import SeenPerson

_COLUMNS = (
    ("Person", "Ticked people are drawn on the frame. Double-click (F2) to rename."),
    ("Conf.", "Mean confidence of the joints when last seen."),
    ("Frames", "Analysed frames in which this person was found."),
    ("Seen", "Time of the latest frame with this person."),
)
_CONFIDENCE, _FRAMES = 1, 2
_NAME = 120
"""Logical pixels of a name from which it may be shortened."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SIDE = 14


class PeopleList(QTreeWidget):
    """A list of all people, by number; those in the frame stand out."""

    picked = Signal(int)
    """The number of the person that was clicked."""

    renamed = Signal(int, str)
    """A number and the new name; empty to have none."""

    drawn_changed = Signal(int, bool)
    """A number, and whether that person is to be drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, QTreeWidgetItem] = {}
        self._names: Mapping[int, str] = {}
        self.setAccessibleName("People")
        self.setToolTip("Click a person, here or on the frame, to see their maps and angles.")
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setColumnCount(len(_COLUMNS))
        self.setHeaderLabels([title for title, _ in _COLUMNS])
        head, header = self.headerItem(), self.header()
        header.setStretchLastSection(False)
        modes = QHeaderView.ResizeMode
        for column, (_, tip) in enumerate(_COLUMNS):
            head.setToolTip(column, plain_tip(tip))
            header.setSectionResizeMode(column, modes.ResizeToContents if column else modes.Stretch)
            if column:
                head.setTextAlignment(column, _RIGHT)
        self.itemSelectionChanged.connect(self._on_selected)
        self.itemChanged.connect(self._on_changed)
        self.itemDoubleClicked.connect(lambda item: self.editItem(item, 0))

    @property
    def busy(self) -> bool:
        """Whether a name is being typed, which must not be interrupted."""
        return self.state() == QAbstractItemView.State.EditingState

    def show_people(
        self,
        people: Sequence[SeenPerson],
        *,
        here: Mapping[int, str],
        names: Mapping[int, str],
        hidden: Collection[int],
        picked: int | None,
    ) -> None:
        """List `people`, without any signal.

        Args:
            people: In the order shown.
            here: What there is to say of those in the frame, by number.
            names: What people are called.
            hidden: Numbers of those who are not drawn.
            picked: Number of the selected one.
        """
        with QSignalBlocker(self):
            self._names = names
            if [person.number for person in people] != list(self._rows):
                self.clear()
                self._rows = {person.number: self._row() for person in people}
            for person in people:
                self._fill(person, here=here, drawn=person.number not in hidden)
            self._fit()
            self.clearSelection()
            if picked is not None and picked in self._rows:
                self._rows[picked].setSelected(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave a column out where names would have no room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        rest = [
            max(self.sizeHintForColumn(column), self.header().sectionSizeHint(column))
            for column in range(1, len(_COLUMNS))
        ]
        wanted = min(self.sizeHintForColumn(0), theme.px(_NAME))
        self.setColumnHidden(_FRAMES, self.viewport().width() - sum(rest) < wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rename on F2."""
        row = self.currentItem()
        if event.key() == Qt.Key.Key_F2 and row is not None:
            self.editItem(row, 0)
        else:
            super().keyPressEvent(event)

    def _row(self) -> QTreeWidgetItem:
        row = QTreeWidgetItem(self)
        row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
        for column in range(1, len(_COLUMNS)):
            row.setTextAlignment(column, _RIGHT)
            row.setFont(column, theme.digits())
        return row

    def _fill(self, person: SeenPerson, *, here: Mapping[int, str], drawn: bool) -> None:
        row, number = self._rows[person.number], person.number
        row.setToolTip(_CONFIDENCE, plain_tip(here.get(number, "")))
        row.setCheckState(0, Qt.CheckState.Checked if drawn else Qt.CheckState.Unchecked)
        row.setIcon(0, _swatch(number, self.devicePixelRatioF()))
        texts = (
            person_name(number, self._names),
            f"{person.confidence:.2f}",
            f"{person.frames}",
            "now" if number in here else when(person.last),
        )
        colour = QColor(theme.current().text if number in here else theme.current().muted)
        for column, text in enumerate(texts):
            row.setText(column, text)
            row.setForeground(column, colour)

    def _number(self, row: QTreeWidgetItem) -> int:
        return next(number for number, one in self._rows.items() if one is row)

    def _on_selected(self) -> None:
        chosen = self.selectedItems()
        if chosen:
            self.picked.emit(self._number(chosen[0]))

    def _on_changed(self, row: QTreeWidgetItem) -> None:
        number, text = self._number(row), row.text(0).strip()
        if text != person_name(number, self._names):
            self.renamed.emit(number, "" if text == person_name(number, {}) else text)
        self.drawn_changed.emit(number, row.checkState(0) == Qt.CheckState.Checked)


def _swatch(number: int, ratio: float) -> QIcon:
    """A dot of the colour that the person has on the frame."""
    picture = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.current().colour("text", 0.35))
    painter.setBrush(QColor(*person_colour(number)))
    painter.drawEllipse(QRectF(1.5, 1.5, _SIDE - 3, _SIDE - 3))
    painter.end()
    return QIcon(picture)
