"""The row of controls above the plot of the Joint angles dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from poseviewer.core.percent import percent
from poseviewer.gui.angles.joint_choice import JointChoice
from poseviewer.gui.plain import Label, add_entry, plain_tip
from poseviewer.gui.widgets import WrapLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.runtime.state import AppState

_SPANS = (5, 10, 30, 60)
"""Seconds of a live source that can be shown."""

_PANES = (
    ("auto", "As many panes as there is room for"),
    ("one", "One pane for all"),
    ("pairs", "A pane for both sides of an angle"),
    ("sides", "Left against right, with their difference"),
    ("each", "A pane for each angle"),
)


class AngleControls(QWidget):
    """The controls of the plot of angles."""

    changed = Signal()
    """The time span or Hold was changed."""

    edited = Signal(dict)
    """Fields of `AngleState` that were chosen here."""

    whole_asked = Signal()
    analyse_asked = Signal()
    large_asked = Signal()
    """The plot is to take the whole window, or to go back."""
    filters_asked = Signal()
    define_asked = Signal()
    curves_asked = Signal()
    """The curves are to be saved."""
    figures_asked = Signal()
    """The table of figures is to be saved."""
    repetitions_asked = Signal()
    """The table of repetitions is to be saved."""
    picture_asked = Signal()
    """A picture of the plot is to be saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span = QComboBox()
        self.span.setAccessibleName("Seconds shown of a live source")
        self.span.setToolTip("How much of a live source the plot shows.")
        for seconds in _SPANS:
            self.span.addItem(f"last {seconds} s", seconds)
        self.span.setCurrentIndex(1)
        self.span.activated.connect(self.changed)
        self.hold = _button("Hold", "Stop the plot from scrolling; measuring continues.")
        self.hold.setCheckable(True)
        self.hold.toggled.connect(self.changed)
        self.whole = _button("Whole clip", "Show the whole clip again after zooming in.")
        self.whole.clicked.connect(self.whole_asked)
        self.analyse = _button("Analyse clip", "Analyse every frame of the clip in the background.")
        self.analyse.clicked.connect(self.analyse_asked)
        self.filters = _button(
            "Filters…",
            "Smooth the curves, fill gaps, set the live filter; raw values are always stored.",
        )
        self.filters.clicked.connect(self.filters_asked)
        self.velocity = QCheckBox("Velocity")
        self.velocity.setAccessibleName("Velocity")
        self.velocity.setToolTip("Plot angular velocities instead of angles.")
        self.velocity.clicked.connect(lambda on: self.edited.emit({"velocity": on}))
        self.list_clips: Callable[[], Sequence[tuple[str, str]]] = tuple
        """Gives name and location of the clips that can stand beside this one."""
        self._second = ""
        self.joint = JointChoice()
        self.joint.edited.connect(self.edited)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setAccessibleName("More for the plot")
        self.more.setToolTip("Panes, units, repetitions, custom angles, saving.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.more.setMenu(self._menu())
        self.facing = Label()
        self.facing.setAccessibleName("Way the person faces")
        self.facing.setToolTip("Sets the signs of the angles; change it in the Angles menu.")
        self.facing.setForegroundRole(self.facing.palette().ColorRole.PlaceholderText)
        for widget in (self.span, self.hold, self.whole, self.analyse):
            widget.hide()  # until there is a source
        self.facing.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        buttons = (
            self.hold, self.whole, self.analyse, self.filters, self.velocity, self.joint, self.more,
        )  # fmt: skip
        WrapLayout(self, self.span, *buttons, self.facing)

    def _list_clips(self) -> None:
        """Offer the clips that were analysed, and any file."""
        self.second.clear()
        for name, location in self.list_clips():
            action = add_entry(self.second, name, explanation=location)
            action.setCheckable(True)
            action.setChecked(location == self._second)
            action.triggered.connect(lambda _=False, at=location: self._choose_clip(at))
        self.second.addSeparator()
        add_entry(self.second, "Browse…").triggered.connect(self._browse)
        none = add_entry(self.second, "None")
        none.setEnabled(bool(self._second))
        none.triggered.connect(lambda: self._choose_clip(""))

    def _browse(self) -> None:
        picker = QFileDialog(self, "The second clip", self._second)
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.fileSelected.connect(self._choose_clip)
        picker.open()

    def _choose_clip(self, location: str) -> None:
        self.edited.emit({"second": location, "second_offset": 0.0})

    @property
    def seconds(self) -> float:
        """The seconds of a live source that are shown."""
        return float(self.span.currentData())

    def show_state(self, state: AppState, *, zoomed: bool) -> None:
        """Show the controls that apply to `state`, with its choices."""
        for action in self._panes.actions():
            action.setChecked(action.data() == state.angles.panes)
        self.radians.setChecked(state.angles.radians)
        self.table.setChecked(state.angles.table)
        self.repetitions.setChecked(state.angles.repetitions)
        self.velocity.setChecked(state.angles.velocity)
        self.joint.show_state(state)
        self._second = state.angles.second
        self.second.menuAction().setEnabled(state.source is not None)
        live = state.source is not None and state.source.live
        clip = state.source is not None and not state.source.live
        self.span.setVisible(live)
        self.hold.setVisible(live)
        self.whole.setVisible(clip and zoomed)
        self.analyse.setVisible(state.source is not None and state.source.count > 1)
        progress = state.analysis
        text = "Analyse clip"
        own = progress is not None and progress.network in ("", state.network.model)
        if progress is not None and own and not progress.finished:
            # Asked a second time, the session stops; the analysis of another network gives way.
            text = f"Stop ({percent(progress.fraction)} %)"
        if self.analyse.text() != text:
            self.analyse.setText(text)

    def show_facing(self, state: AppState) -> None:
        """Show which way the person faces."""
        answer = state.answer
        asked = answer is not None and answer.key == state.key
        ways = answer.result.angles.facing if answer is not None and asked else ()
        seen = " (detected)" if state.angles.facing == "auto" else ""
        text = f"facing {ways[0]}{seen}" if ways else ""
        if text != self.facing.text():
            self.facing.setText(text)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self._panes = QActionGroup(menu)
        for name, title in _PANES:
            action = self._panes.addAction(title)
            action.setCheckable(True)
            action.setData(name)
            action.triggered.connect(lambda _=False, name=name: self.edited.emit({"panes": name}))
            menu.addAction(action)
        menu.addSeparator()
        self.radians = _action(menu, "Radians instead of degrees")
        self.radians.setCheckable(True)
        self.radians.triggered.connect(lambda on: self.edited.emit({"radians": on}))
        self.table = _action(menu, "Table of figures where there is room")
        self.table.setCheckable(True)
        self.table.triggered.connect(lambda on: self.edited.emit({"table": on}))
        _action(menu, "Plot over the whole window").triggered.connect(self.large_asked)
        self.repetitions = _action(menu, "Find repetitions")
        self.repetitions.setCheckable(True)
        self.repetitions.triggered.connect(lambda on: self.edited.emit({"repetitions": on}))
        self.second = menu.addMenu("Second clip")
        self.second.aboutToShow.connect(self._list_clips)
        menu.addSeparator()
        _action(menu, "Define angle…").triggered.connect(self.define_asked)
        menu.addSeparator()
        self.save_curves = _action(menu, "Save the shown curves…")
        self.save_curves.triggered.connect(self.curves_asked)
        self.save_figures = _action(menu, "Save the table of figures…")
        self.save_figures.triggered.connect(self.figures_asked)
        self.save_repetitions = _action(menu, "Save the repetitions…")
        self.save_repetitions.triggered.connect(self.repetitions_asked)
        self.save_picture = _action(menu, "Save a picture of the plot…")
        self.save_picture.triggered.connect(self.picture_asked)
        return menu


def _button(text: str, tip: str) -> QPushButton:
    made = QPushButton(text)
    made.setAccessibleName(text.rstrip("…"))
    made.setToolTip(plain_tip(tip))
    return made


def _action(menu: QMenu, text: str) -> QAction:
    action = QAction(text, menu)
    menu.addAction(action)
    return action
