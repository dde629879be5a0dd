"""The row of controls above the plot of the Joint angles dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.gui.angles.curves import Arrangement
    from poseviewer.runtime.state import View

_SPANS = (5, 10, 30, 60)
"""Seconds of a live source that can be shown."""

_ARRANGEMENTS = (
    ("one", "One pane for all"),
    ("pairs", "A pane for both sides of an angle"),
    ("each", "A pane for each angle"),
)


class AngleControls(QWidget):
    """What the plot shows and what can be done with it."""

    changed = Signal()
    """The span, the panes, the unit or the hold is another one."""

    whole_asked = Signal()
    analyse_asked = Signal()
    filters_asked = Signal()
    define_asked = Signal()
    curves_asked = Signal()
    """Save the curves."""
    picture_asked = Signal()
    """Save a picture of the plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span = QComboBox()
        self.span.setAccessibleName("Seconds shown of a live source")
        self.span.setToolTip("How much of a live source the plot shows.")
        for seconds in _SPANS:
            self.span.addItem(f"last {seconds} s", seconds)
        self.span.setCurrentIndex(1)
        self.span.activated.connect(self.changed)
        self.hold = _button("Hold", "Let the plot stand still; measuring goes on.")
        self.hold.setCheckable(True)
        self.hold.toggled.connect(self.changed)
        self.whole = _button("Whole clip", "Show the whole clip again after zooming in.")
        self.whole.clicked.connect(self.whole_asked)
        self.analyse = _button("Analyse clip", "Measure every frame of the clip in the background.")
        self.analyse.clicked.connect(self.analyse_asked)
        self.filters = _button(
            "Filter…", "Smooth the curves, fill gaps, set the live filter; raw values stay."
        )
        self.filters.clicked.connect(self.filters_asked)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setAccessibleName("More for the plot")
        self.more.setToolTip("Panes, units, angles of your own, saving.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.more.setMenu(self._menu())
        self.facing = QLabel()
        self.facing.setAccessibleName("Way the person faces")
        self.facing.setToolTip("Sets the signs of the angles: Angles > Facing right, left, as seen")
        self.facing.setForegroundRole(self.facing.palette().ColorRole.PlaceholderText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(6)
        for widget in (self.span, self.hold, self.whole, self.analyse, self.filters):
            row.addWidget(widget)
        # Until there is a source; all of them together would widen the window for good.
        for widget in (self.span, self.hold, self.whole, self.analyse):
            widget.hide()
        # It gives way first where the dock is narrow.
        self.facing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.facing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.facing, 1)
        row.addWidget(self.more)

    @property
    def seconds(self) -> float:
        """How much of a live source is shown."""
        return float(self.span.currentData())

    @property
    def arrangement(self) -> Arrangement:
        """How the curves are spread over panes."""
        chosen = self._panes.checkedAction()
        return cast("Arrangement", chosen.data() if chosen else "one")

    def arrange(self, arrangement: str) -> None:
        """Spread the curves so; nothing happens for a word that means nothing."""
        for action in self._panes.actions():
            if action.data() == arrangement:
                action.setChecked(True)

    def kept(self) -> dict[str, Any]:
        """What is remembered until the next start."""
        return {"panes": self.arrangement, "radians": self.radians.isChecked()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take up what was remembered; what means nothing is left out."""
        self.arrange(str(kept.get("panes", "")))
        self.radians.setChecked(kept.get("radians") is True)

    def show_view(self, view: View, *, zoomed: bool) -> None:
        """Offer what makes sense for `view`."""
        live = view.source is not None and view.source.live
        clip = view.source is not None and not view.source.live
        self.span.setVisible(live)
        self.hold.setVisible(live)
        self.whole.setVisible(clip and zoomed)
        self.analyse.setVisible(clip)
        progress = view.analysis
        running = progress is not None and not progress.finished
        text = "Analyse clip"
        if progress is not None and running:
            # Asked a second time, the session stops.
            text = f"Stop ({progress.fraction:.0%})"
        if self.analyse.text() != text:
            self.analyse.setText(text)

    def show_facing(self, view: View) -> None:
        """Say which way the person was taken to face."""
        ways = view.result.angles.facing if view.result is not None else ()
        seen = " (as seen)" if view.choices.facing == "auto" else ""
        text = f"facing {ways[0]}{seen}" if ways else ""
        if text != self.facing.text():
            self.facing.setText(text)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self._panes = QActionGroup(menu)
        for name, title in _ARRANGEMENTS:
            action = self._panes.addAction(title)
            action.setCheckable(True)
            action.setData(name)
            action.setChecked(name == "one")
            action.toggled.connect(self._on_tick)
            menu.addAction(action)
        menu.addSeparator()
        self.radians = _action(menu, "Radians instead of degrees")
        self.radians.setCheckable(True)
        self.radians.toggled.connect(self.changed)
        menu.addSeparator()
        _action(menu, "Define angle…").triggered.connect(self.define_asked)
        menu.addSeparator()
        self.save_curves = _action(menu, "Save the shown curves…")
        self.save_curves.triggered.connect(self.curves_asked)
        self.save_picture = _action(menu, "Save a picture of the plot…")
        self.save_picture.triggered.connect(self.picture_asked)
        return menu

    def _on_tick(self, on: bool) -> None:
        if on:
            self.changed.emit()


def _button(text: str, tip: str) -> QPushButton:
    made = QPushButton(text)
    made.setAccessibleName(text.rstrip("…"))
    made.setToolTip(tip)
    return made


def _action(menu: QMenu, text: str) -> QAction:
    action = QAction(text, menu)
    menu.addAction(action)
    return action
