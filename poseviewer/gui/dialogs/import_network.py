"""Model > Import network: what a graph is, a trial on the frame on screen, and its stages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.skeleton import known_skeletons
from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.widgets import combo, fill, quiet_label
from poseviewer.runtime.importing import ANSWERS, VALUES, Form, Read, Tried

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.errors import PoseViewerError
    from poseviewer.gui.actions.context import Context
    from poseviewer.runtime.importing import Answer

FILES = (
    "Networks (*.onnx *.tflite *.task *.json *.whl *.zip *.tgz *.pth *.pt *.ckpt *.safetensors "
    "*.caffemodel *.pb);;All files (*)"
)
"""What the file dialog offers."""

_SOURCE = Qt.ItemDataRole.UserRole
_PICTURE = QSize(460, 300)
"""Logical pixels of the trial."""

_LAYOUTS = (("nchw", "channels first", ""), ("nhwc", "channels last", ""))
_GRIDS = (
    ("centres", "middle of its pixels", "A cell lies in the middle of the pixels that it covers"),
    ("corners", "first of its pixels", "As in most networks trained with MMPose"),
    ("ends", "first to last pixel", "As in networks trained with UDP, such as ViTPose"),
)
_OWN = "joints of its own"


class ImportNetwork(QDialog):
    """A graph's description, which a person puts right and tries before it is stored."""

    answered = Signal(object)

    def __init__(self, context: Context, path: Path) -> None:
        super().__init__(context.window)
        self._context, self._importer = context, context.session.importer
        self._read: Read | None = None
        self.setWindowTitle("Import network")
        self.resize(theme.within(context.window, 1080, 700))
        self.what, self.licence = Label(self), quiet_label("Licence")
        self.note = quiet_label("What came of it", text=f"Reading {path.name}…")
        for label in (self.what, self.licence, self.note):
            label.setWordWrap(True)
        self._make_fields()
        self.said: list[QWidget] = [
            self.width_, self.height_, self.layout_, self.order, self.values, self.kind, self.first,
            self.second, self.maps, self.grid, self.numbers, self.skeleton, self.joints,
        ]  # fmt: skip
        """What a person can say of a graph."""
        self.stages = QListWidget(self)
        self.stages.setAccessibleName("Stages")
        self.picture = Label(self)
        self.picture.setAccessibleName("Trial on the frame on screen")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(_PICTURE)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.try_out = buttons.addButton("Try", QDialogButtonBox.ButtonRole.ActionRole)
        self.try_out.setToolTip("Show the frame on screen to the network, as it is described here")
        self.accept_ = buttons.addButton("Accept licence and import", _ACCEPT)
        # Else Enter goes to Cancel once the button with the focus waits for an answer.
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        for button in (cancel, self.try_out, self.accept_):
            button.setAutoDefault(False)
        self.accept_.setDefault(True)
        self.try_out.clicked.connect(self._try)
        self.accept_.clicked.connect(self._import)
        buttons.rejected.connect(self.reject)
        self._lay_out(buttons)
        self.answered.connect(self._show)
        self.finished.connect(lambda _: self._importer.close())
        self._importer.watch(self._tell)
        self._set_running(True)
        # Nothing can be said of a network that is not read yet, or cannot be.
        for widget in (self.name, *self.said, self.stages):
            widget.setEnabled(False)
        self._importer.read(path)

    # -- making ---------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.name = QLineEdit(self)
        self.name.setAccessibleName("Name of the model")
        self.width_, self.height_ = _side("Width of the input"), _side("Height of the input")
        self.layout_ = combo("Layout of the input", "Where the channels of the picture stand")
        self.order = combo("Colours", "Order of the colours in the input")
        self.values = combo("Values", "What the pixels are turned into")
        self.kind = combo("Answer", "What the joints are read from")
        self.first = combo("First output", "Heatmaps, bins across, coordinates or rows")
        self.second = combo("Second output", "Offsets, bins down or confidences, where it has any")
        self.maps = combo("Layout of the maps", "Where the channels of the heatmaps stand")
        self.grid = combo("Cells", "Where a cell of the heatmaps lies on the input")
        self.numbers = QLineEdit(self)
        self.numbers.setAccessibleName("Numbers of a joint")
        self.numbers.setToolTip("In order: x, y, s for the confidence, _ for others; such as yxs")
        self.skeleton = combo("Skeleton", "What the joints are called, in their order")
        fill(self.layout_, _LAYOUTS)
        fill(self.maps, _LAYOUTS)
        fill(self.grid, _GRIDS)
        fill(self.order, (("rgb", "red, green, blue", ""), ("bgr", "blue, green, red", "")))
        fill(self.kind, tuple((key, words, "") for key, words in ANSWERS.items()))
        self.joints = QSpinBox(self)
        self.joints.setAccessibleName("Number of joints")
        self.joints.setRange(1, 1024)
        self.kind.currentIndexChanged.connect(lambda _: self._allow())
        self.skeleton.currentIndexChanged.connect(lambda _: self._allow())

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        form = QFormLayout()
        form.setSpacing(theme.px(SIZES.gap_wide))
        form.addRow("Name", self.name)
        form.addRow("Input", _side_by_side(self.width_, self.height_, self.layout_))
        form.addRow("Pixels", _side_by_side(self.order, self.values))
        form.addRow("Answer", self.kind)
        form.addRow("Outputs", _side_by_side(self.first, self.second))
        form.addRow("Maps", _side_by_side(self.maps, self.grid))
        form.addRow("Numbers", self.numbers)
        form.addRow("Joints", _side_by_side(self.skeleton, self.joints))
        left, right, columns = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addLayout(form)
        left.addWidget(quiet_label(text="Also show as stages, before the answer:"))
        left.addWidget(self.stages, 1)
        right.addWidget(self.picture, 1)
        right.addWidget(self.note)
        columns.setSpacing(theme.px(SIZES.margin))
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        column = QVBoxLayout(self)
        margin = theme.px(SIZES.margin)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(self.what)
        column.addLayout(columns, 1)
        column.addWidget(self.licence)
        column.addWidget(buttons)

    # -- what was read --------------------------------------------------------------------

    def _fill(self, read: Read) -> None:
        self._read = read
        self.what.setText(f"{read.name}: {read.what}" if read.certain else read.what)
        self.licence.setText(f"Licence: {read.licence}")
        self.name.setText(read.model)
        self.name.setEnabled(True)
        form = read.form
        for widget in (*self.said, self.stages):
            widget.setEnabled(form is not None)
        if form is None:
            return
        self.width_.setValue(form.size[0])
        self.height_.setValue(form.size[1])
        values = tuple((key, key, "") for key in VALUES)
        own = () if form.values else (("", "as in its card", ""),)
        fill(self.values, (*own, *values))
        fill(self.first, tuple((name, text, "") for name, text in read.outputs))
        fill(self.second, (("", "none", ""), *((name, text, "") for name, text in read.outputs)))
        skeletons = tuple(
            (one.name, f"{one.name} ({len(one.joints)} joints)", "") for one in known_skeletons()
        )
        fill(self.skeleton, (("", _OWN, ""), *skeletons))
        self.numbers.setText(form.numbers)
        self.joints.setValue(form.joints)
        second = form.outputs[1] if len(form.outputs) > 1 else ""
        for box, value in (
            (self.layout_, form.layout), (self.order, form.order), (self.values, form.values),
            (self.kind, form.kind), (self.first, form.outputs[0]), (self.second, second),
            (self.maps, form.maps), (self.grid, form.grid), (self.skeleton, form.skeleton),
        ):  # fmt: skip
            box.setCurrentIndex(max(box.findData(value), 0))
        likely = [one for one in read.inside if one.likely]
        for one in (*likely, *(one for one in read.inside if not one.likely)):
            row = QListWidgetItem(f"{one.text}   {one.likely}".rstrip(), self.stages)
            row.setData(_SOURCE, one.source)
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            row.setCheckState(Qt.CheckState.Unchecked)
            row.setToolTip(plain_tip(one.source))
        self._allow()

    def _allow(self) -> None:
        """Let be chosen what means something for the kind of answer."""
        kind = self.kind.currentData()
        mapped = kind in ("heatmaps", "offsets")
        self.maps.setEnabled(mapped)
        self.grid.setEnabled(kind != "people")
        self.second.setEnabled(kind != "heatmaps")
        self.numbers.setEnabled(kind in ("points", "people", "offsets"))
        self.joints.setEnabled(not self.skeleton.currentData())

    def form(self) -> Form | None:
        """What a person has said of the graph; None of a checkpoint."""
        assert self._read is not None
        if self._read.form is None:
            return None
        outputs = [self.first.currentData()]
        if self.second.isEnabled() and self.second.currentData():
            outputs.append(self.second.currentData())
        return replace(
            self._read.form,
            size=(self.width_.value(), self.height_.value()),
            layout=self.layout_.currentData(),
            order=self.order.currentData(),
            values=self.values.currentData(),
            kind=self.kind.currentData(),
            outputs=tuple(outputs),
            maps=self.maps.currentData(),
            numbers=self.numbers.text(),
            grid=self.grid.currentData(),
            skeleton=self.skeleton.currentData(),
            joints=self.joints.value(),
        )

    def chosen(self) -> tuple[str, ...]:
        """Names of the tensors that shall be stages."""
        rows = (self.stages.item(at) for at in range(self.stages.count()))
        return tuple(row.data(_SOURCE) for row in rows if row.checkState() == Qt.CheckState.Checked)

    # -- asking ---------------------------------------------------------------------------

    def _try(self) -> None:
        result, form = self._context.state.result, self.form()
        if form is None:
            return
        if result is None:
            self.note.setText("Open a picture or a clip first: its frame is what is tried.")
            return
        self.note.setText("Trying…")
        self._set_running(True)
        self._importer.try_out(form, self.chosen(), result.frame)

    def _import(self) -> None:
        self.note.setText("Importing…")
        self._set_running(True)
        self._importer.import_(self.form(), self.chosen(), name=self.name.text().strip())

    def _set_running(self, running: bool) -> None:
        for button in (self.try_out, self.accept_):
            button.setEnabled(not running and self._read is not None)
        if self._read is not None and self._read.form is None:
            self.try_out.setEnabled(False)

    def _tell(self, answer: Answer | PoseViewerError) -> None:
        """Called from another thread."""
        try:
            self.answered.emit(answer)
        except RuntimeError:
            # The dialog was closed meanwhile, and Qt has deleted it.
            return

    def _show(self, answer: Answer | PoseViewerError) -> None:
        if isinstance(answer, Read):
            self._fill(answer)
            known = "" if answer.certain else "This is a guess: put right what is not so, and try."
            self.note.setText(known)
            if answer.form is None:
                self.note.setText("The weights of a network that is built here: nothing to say.")
            elif self._context.state.result is not None:
                self._set_running(False)
                self._try()
                return
        elif isinstance(answer, Tried):
            height, width, _ = answer.picture.shape
            image = QImage(
                answer.picture.data, width, height, 3 * width, QImage.Format.Format_RGB888
            )
            room = self.picture.size() * self.devicePixelRatioF()
            shown = QPixmap.fromImage(image).scaled(
                room,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            shown.setDevicePixelRatio(self.devicePixelRatioF())
            self.picture.setPixmap(shown)
            self.note.setText(answer.note)
        elif isinstance(answer, str):
            self._context.change("network", model=answer)
            self.accept()
            return
        else:
            self.note.setText(str(answer))
        self._set_running(False)


_ACCEPT = QDialogButtonBox.ButtonRole.AcceptRole


def _side(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setRange(8, 8192)
    box.setSuffix(" px")
    return box


def _side_by_side(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.px(SIZES.gap_wide))
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
