"""The controls that say which joint is followed, and how large its person is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

from poseviewer.core.travel import TALLEST

if TYPE_CHECKING:
    from poseviewer.runtime.state import AppState

_NONE = "No joint followed"


class JointChoice(QWidget):
    """Which joint's speed and path are shown."""

    edited = Signal(dict)
    """Fields of `AngleState` that were chosen here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.joint = QComboBox()
        self.joint.setAccessibleName("Joint whose speed and path are shown")
        self.joint.setToolTip(
            "Follow a joint: its speed below the angles, its path on the frame and in the table."
        )
        # The joints come with the network, after the first show.
        self.joint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.joint.activated.connect(
            lambda _at: self.edited.emit({"joint": str(self.joint.currentData())})
        )
        self.path = QCheckBox("Path")
        self.path.setAccessibleName("Path on the frame")
        self.path.setToolTip("Draw the joint's path on the frame, up to the frame on screen.")
        self.path.clicked.connect(lambda on: self.edited.emit({"path": on}))
        self.height_m = QDoubleSpinBox()
        self.height_m.setRange(0, TALLEST)
        self.height_m.setSingleStep(0.01)
        self.height_m.setPrefix("Height ")
        self.height_m.setSuffix(" m")
        self.height_m.setSpecialValueText("Height unknown")
        self.height_m.setKeyboardTracking(False)
        self.height_m.setAccessibleName("Height of the person in metres")
        self.height_m.setToolTip(
            "How tall the person is, for speeds in metres a second where no length is known."
        )
        self.height_m.lineEdit().setTextMargins(6, 0, 0, 0)
        self.height_m.valueChanged.connect(lambda value: self.edited.emit({"height": value}))
        self._names: tuple[str, ...] = ()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for widget in (self.joint, self.path, self.height_m):
            line.addWidget(widget)
        self.path.hide()
        self.height_m.hide()

    def show_state(self, state: AppState) -> None:
        """Offer the joints of the network, and show what is chosen."""
        joints = () if state.model is None else state.model.skeleton.joints
        chosen = state.angles.joint
        # One that this network lacks stays chosen for those that have it.
        names = ("", *joints, *(() if chosen in ("", *joints) else (chosen,)))
        if names != self._names:
            self._names = names
            self.joint.clear()
            for name in names:
                self.joint.addItem(name.replace("_", " ") or _NONE, name)
        self.joint.setCurrentIndex(names.index(chosen))
        self.path.setChecked(state.angles.path)
        self.path.setVisible(bool(chosen))
        with QSignalBlocker(self.height_m):
            self.height_m.setValue(state.angles.height)
        self.height_m.setVisible(bool(chosen) and state.annotations.calibration is None)
