"""The dialog that defines custom angles."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.affine import Box
from poseviewer.core.angle import MIDPOINTS, AngleSpec, measure
from poseviewer.gui.design import DARK
from poseviewer.gui.frame.painter import ScenePainter
from poseviewer.gui.frame.viewport import Viewport
from poseviewer.gui.plain import Label, allow, plain_tip

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.bridge import Bridge


class AnglePreview(QWidget):
    """Draws an angle on the person of the frame, without the frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture of the angle")
        self.setMinimumSize(220, 260)
        self._painter = ScenePainter()
        self._scene: Scene | None = None
        self._box = Box(0.0, 0.0, 1.0, 1.0)
        self.why = ""
        """What is missing; empty where the angle is drawn."""
        self.value: float = float("nan")
        """Degrees of the first person; NaN where there is none."""

    def sizeHint(self) -> QSize:
        """High enough for a standing person."""
        return QSize(260, 320)

    def show_angle(self, result: FrameResult | None, spec: AngleSpec, *, gate: float) -> None:
        """Draw `spec` on the first person of `result`; `why` says what is missing.

        Args:
            result: What is on the frame.
            spec: An angle that can be measured.
            gate: Joints below this confidence are left out.
        """
        self._scene, self.value, self.why = None, float("nan"), ""
        if result is None or not len(result.poses):
            self.why = "The angle appears here\nonce a person is in view."
        elif not spec.offered(result.poses.skeleton):
            self.why = "This network does not find\nall of these joints."
        else:
            self._build(result, spec, gate)
        self.update()

    def show_nothing(self, why: str) -> None:
        """Show why there is no drawing."""
        self._scene, self.value, self.why = None, float("nan"), why
        self.update()

    def _build(self, result: FrameResult, spec: AngleSpec, gate: float) -> None:
        # Imported late: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.arcs import angle_items
        from poseviewer.draw.primitives import Label, Scene
        from poseviewer.draw.scene import skeleton_items

        first = np.arange(len(result.poses)) == 0
        poses = result.shown.only(first)
        way = result.angles.facing[0] if result.angles.facing else "right"
        raw = measure(result.poses.only(first), specs=(spec,), gate=gate, facing=way)
        self.value = float(raw.degrees[0, 0])
        seen = poses.xy[0][np.isfinite(poses.xy[0]).all(axis=1)]
        self._box = Box.around(seen, margin=1.3) if len(seen) > 1 else self._box
        scale = max(self._box.width / self.width(), self._box.height / self.height())
        size = result.frame.size
        arc = angle_items(poses, angles=raw, names=(spec.name,), size=size, scale=scale)
        # The value stands below the drawing, and a label is kept inside the frame, not the drawing.
        drawn = [item for item in arc if not isinstance(item, Label)]
        items = [*drawn, *skeleton_items(poses, gate=gate)]
        self._scene = Scene(size, tuple(items), scale)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the person, or why there is none."""
        painter = QPainter(self)
        # Dark in both themes, as most frames are: white arcs must be visible.
        painter.fillRect(self.rect(), DARK.colour("raised"))
        if self._scene is None:
            painter.setPen(DARK.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.why)
        else:
            self._painter.paint(painter, scene=self._scene, viewport=self._viewport())
        painter.end()

    def _viewport(self) -> Viewport:
        scale = min(self.width() / self._box.width, self.height() / self._box.height)
        x, y = self._box.centre
        return Viewport(
            scale, self.width() / 2 - (x + 0.5) * scale, self.height() / 2 - (y + 0.5) * scale
        )


_PACE = 100
"""Milliseconds between two drawings while a clip plays."""

_FORMS = (
    (3, "Joint: three points"),
    (4, "Two segments: four points"),
    (2, "Segment against the horizontal: two points"),
)
_TITLES = {
    2: ("To", "From"),
    3: ("First end", "Vertex", "Other end"),
    4: ("First from", "First to", "Second from", "Second to"),
}
_SUGGESTED = {
    2: ("neck", "mid_hip"),
    3: ("right_hip", "right_knee", "right_ankle"),
    4: ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
}
_NEW = "New angle"
_UNNAMED = "this angle"


class AngleDialog(QDialog):
    """Adds, changes and removes custom angles, which are measured at once."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Define angles")
        self._bridge, self._session = bridge, bridge.session
        self._editing = ""
        self._joints: tuple[str, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=_PACE)
        self._timer.timeout.connect(self._preview)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Custom angles")
        self.list.setToolTip("Custom angles; the first entry adds a new one")
        self.list.setFixedWidth(190)
        self.list.setSpacing(3)
        self.list.currentRowChanged.connect(self._on_row)
        self.picture = AnglePreview(self)
        self.value = Label(self)
        self.value.setAccessibleName("Value on this frame")
        self.value.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint = Label(self)
        self.hint.setWordWrap(True)
        self.hint.setProperty("muted", True)
        self._make_form()
        self._make_buttons()
        self._lay_out()
        bridge.changed.connect(self._on_changed)
        self._list()

    def spec(self) -> AngleSpec:
        """The angle that the controls describe."""
        return AngleSpec(
            self.name.text().strip(),
            tuple(box.currentData() or "" for box in self.points[: self.form.currentData()]),
            round(self.offset.value(), 3),
            float(self.sign.currentData()),
            int(self.period.currentData()),
        )

    # -- building -------------------------------------------------------------------------

    def _make_form(self) -> None:
        self.name = QLineEdit(self)
        self.name.setPlaceholderText("For example: right knee inside")
        self.name.textEdited.connect(self._check)
        self.form = _combo(_FORMS)
        self.form.activated.connect(self._on_form)
        self.points = [QComboBox(self) for _ in range(4)]
        self.offset = QDoubleSpinBox(self)
        self.offset.setRange(-360.0, 360.0)
        self.offset.setDecimals(1)
        self.offset.setSingleStep(90.0)
        self.offset.setSuffix("°")
        # The style sheet's padding does not reach into the box.
        self.offset.lineEdit().setTextMargins(6, 0, 0, 0)
        self.offset.valueChanged.connect(self._check)
        self.sign = _combo(((1, "As measured"), (-1, "Reversed")))
        self.period = _combo(((360, "360°: a direction"), (180, "180°: a line without direction")))
        for box in (*self.points, self.sign, self.period):
            box.activated.connect(self._check)
        self._rows = form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: list[tuple[str, QWidget, str]] = [
            ("Name", self.name, "What the angle is called in lists, plots and files"),
            ("Kind", self.form, "How many joints it is measured from"),
            *(("Point", box, "A joint, or a point between two") for box in self.points),
            ("Offset", self.offset, "Degrees added to what is measured"),
            ("Sign", self.sign, "Reverse the sign, to match the anatomical direction"),
            ("Period", self.period, "Degrees after which the value repeats"),
        ]
        for title, widget, tip in rows:
            widget.setAccessibleName(title)
            widget.setToolTip(plain_tip(tip))
            form.addRow(title, widget)

    def _make_buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.rejected.connect(self.reject)
        self.keep = QPushButton("Add", self)
        self.keep.setToolTip("Add this angle and measure it from now on")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self._keep)
        self.remove = QPushButton("Remove", self)
        self.remove.setToolTip("Remove this angle and stop measuring it")
        self.remove.setAutoDefault(False)
        self.remove.clicked.connect(self._remove)
        self.buttons.addButton(self.keep, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setSpacing(10)
        middle.addLayout(self._rows)
        middle.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.picture, 1)
        right.addWidget(self.value)
        parts = QHBoxLayout()
        parts.setSpacing(16)
        parts.addWidget(self.list)
        parts.addLayout(middle, 1)
        parts.addLayout(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(12)
        column.addLayout(parts, 1)
        column.addWidget(self.hint)
        column.addWidget(self.buttons)
        self.resize(880, 460)

    # -- what the person does -------------------------------------------------------------

    def _list(self, chosen: str = "") -> None:
        """List the custom angles, with one of them chosen."""
        names = [spec.name for spec in self._session.angles.own]
        with QSignalBlocker(self.list):
            self.list.clear()
            self.list.addItems([_NEW, *names])
            self.list.setCurrentRow(names.index(chosen) + 1 if chosen in names else 0)
        self._on_row(self.list.currentRow())

    def _on_row(self, row: int) -> None:
        own = self._session.angles.own
        self._editing = own[row - 1].name if 0 < row <= len(own) else ""
        self.keep.setText("Change" if self._editing else "Add")
        allow(self.remove, bool(self._editing), why_not="choose one of your own angles first")
        self._fill(own[row - 1] if self._editing else AngleSpec("", _SUGGESTED[3]))

    def _fill(self, spec: AngleSpec) -> None:
        """Fill the controls from `spec`."""
        self.name.setText(spec.name)
        self.form.setCurrentIndex(self.form.findData(len(spec.points)))
        self.offset.setValue(spec.offset)
        self.sign.setCurrentIndex(self.sign.findData(int(spec.scale)))
        self.period.setCurrentIndex(self.period.findData(spec.period))
        self._offer(spec.points)

    def _on_form(self) -> None:
        self._offer(_SUGGESTED[self.form.currentData()])

    def _offer(self, wanted: tuple[str, ...]) -> None:
        """Offer the joints of the network in as many boxes as the form has, these chosen."""
        model = self._session.state.model
        self._joints = points_of(model.skeleton) if model is not None else ()
        titles = _TITLES[self.form.currentData()]
        for place, box in enumerate(self.points):
            box.clear()
            used = place < len(titles)
            self._rows.setRowVisible(box, used)
            if not used:
                continue
            label = self._rows.labelForField(box)
            if isinstance(label, QLabel):
                label.setText(titles[place])
            box.setAccessibleName(titles[place])
            # A joint that this network lacks stays what it was.
            names = dict.fromkeys((*self._joints, *wanted[place : place + 1]))
            for name in names:
                box.addItem(name.replace("_", " "), name)
            box.setCurrentIndex(box.findData(wanted[place]) if place < len(wanted) else 0)
        self._check()

    def _check(self) -> None:
        trouble = self._session.angles.trouble(self.spec(), instead_of=self._editing)
        # An empty name is no mistake yet.
        unnamed = not self.name.text().strip()
        hint = "Name the angle to add it." if unnamed else trouble
        allow(self.keep, not trouble, why_not=hint)
        self.hint.setText(hint)
        self._preview()

    def _keep(self) -> None:
        spec = self.spec()
        if self._session.angles.keep(spec, instead_of=self._editing):
            self._list(spec.name)

    def _remove(self) -> None:
        if self._session.angles.remove(self._editing):
            self._list()

    # -- what it looks like ---------------------------------------------------------------

    def _on_changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _preview(self) -> None:
        state = self._session.state
        if state.model is not None and points_of(state.model.skeleton) != self._joints:
            self._offer(self.spec().points)
            return
        # Without its name, which may be missing or taken: what is drawn needs none.
        spec = replace(self.spec(), name=_UNNAMED)
        trouble = self._session.angles.trouble(spec)
        if trouble:
            self.picture.show_nothing("")
        else:
            self.picture.show_angle(state.result, spec, gate=state.reading.gate)
        shown = self.picture.value
        self.value.setText(f"{shown:.1f}° on this frame" if isfinite(shown) else "No value here")


def points_of(skeleton: Skeleton) -> tuple[str, ...]:
    """What angles can be measured from: the joints, and the midpoints that can be derived."""
    derived = (name for name, ends in MIDPOINTS.items() if skeleton.has(*ends))
    return tuple(dict.fromkeys((*skeleton.joints, *derived)))


def _combo(entries: tuple[tuple[int, str], ...]) -> QComboBox:
    made = QComboBox()
    for value, text in entries:
        made.addItem(text, value)
    return made
