"""The tree of a network's modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from poseviewer.core.layer import Layer

_COLUMNS = (
    ("module", "Name of the module inside its parent."),
    ("type", "Class of the module."),
    ("output", "Channels, height and width of what it returns; how often where more than once."),
    ("weights", "Parameters of the module with everything inside."),
)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LayerTree(QTreeWidget):
    """Every module once, in the order of the network's definition."""

    chosen = Signal(object)
    """The `Layer` a person chose, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers")
        self.setAccessibleName("Modules of the network")
        self.setColumnCount(len(_COLUMNS))
        self.setUniformRowHeights(True)
        self.setIndentation(11)
        self.setMinimumSize(140, 80)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHeaderLabels([title for title, _ in _COLUMNS])
        header = self.header()
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(40)
        head = self.headerItem()
        for column, (_, tip) in enumerate(_COLUMNS):
            head.setToolTip(column, plain_tip(tip))
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            head.setFont(column, theme.digits(8.5))
        head.setTextAlignment(3, _RIGHT)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._layers: tuple[Layer, ...] = ()
        # The selection, not the current item: that one changes with the keyboard's focus.
        self.itemSelectionChanged.connect(self._on_selected)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is listed."""
        return self._layers

    def show_layers(self, name: str, layers: tuple[Layer, ...]) -> None:
        """List the modules of the network `name`."""
        with QSignalBlocker(self):
            self.clear()
            self._items, self._layers = {}, layers
            for layer in layers:
                self._add(name, layer)
        for path, item in self._items.items():
            if path.count(".") < 1:
                item.setExpanded(not path or not self._items[path].childCount() > 12)
        letter = self.fontMetrics().averageCharWidth()
        digits = QFontMetrics(theme.digits(8.0))
        widest = max((digits.horizontalAdvance(_shape(layer)) for layer in layers), default=0)
        # With what the style leaves free on both sides of a cell, a size is never cut off.
        for column, width in enumerate((19 * letter, 12 * letter, widest + 2 * letter, 8 * letter)):
            self.setColumnWidth(column, width)

    def choose(self, path: str) -> None:
        """Make a module the current one, as a click would."""
        item = self._items.get(path)
        if item is not None:
            self.setCurrentItem(item)
            self.scrollToItem(item)

    def _add(self, name: str, layer: Layer) -> None:
        outer, _, own = layer.path.rpartition(".")
        parent = self._items.get(outer) if layer.path else None
        title = own if layer.path else name
        item = QTreeWidgetItem([title, layer.kind, _shape(layer), _count(layer.parameters)])
        item.setData(0, Qt.ItemDataRole.UserRole, layer)
        item.setToolTip(0, plain_tip(layer.path or name))
        item.setTextAlignment(3, _RIGHT)
        for column in range(1, len(_COLUMNS)):
            item.setForeground(column, QColor(theme.current().muted))
            item.setFont(column, theme.digits(8.0))
        if not layer.outputs:
            item.setToolTip(2, "The network does not call this module itself.")
        if parent is None:
            self.addTopLevelItem(item)
        else:
            parent.addChild(item)
        self._items[layer.path] = item

    def _on_selected(self) -> None:
        items = self.selectedItems()
        self.chosen.emit(items[0].data(0, Qt.ItemDataRole.UserRole) if items else None)


def shape_text(shape: tuple[int, ...]) -> str:
    """Such as `96 x 20 x 20`, with the sign for sizes."""
    return "×".join(str(side) for side in shape)  # noqa: RUF001


def _shape(layer: Layer) -> str:
    if not layer.outputs:
        return "\N{EN DASH}"
    first = shape_text(layer.outputs[0].shape)
    more = len(layer.outputs)
    return first if more == 1 else f"{first}  ({more})"


def _count(parameters: int) -> str:
    if not parameters:
        return ""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if parameters >= size:
            return f"{parameters / size:.3g} {letter}"
    return str(parameters)
