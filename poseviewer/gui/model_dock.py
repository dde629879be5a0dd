"""The Model dock: which network runs, on what, how it is read and what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.stage import grouped, stage_count
from poseviewer.gui import theme
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import ModelInfo, View

_ENGINES = {"auto": "Automatic", "torch": "Torch", "openvino": "OpenVINO"}
_DEVICES = {"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA GPU (CUDA)", "mps": "Apple GPU"}

_FAMILIES = {
    "hourglass": "Stacked Hourglass",
    "cpm": "Convolutional Pose Machine",
    "deeppose": "DeepPose",
    "openpose": "OpenPose",
}

# field of Choices: (label, explanation, (value, shown, explanation of the value)...)
_FIXED = {
    "precision": (
        "Precision",
        "How exactly the network calculates: fp32 is exact, bf16 about twice as fast.",
        (
            ("fp32", "fp32", "32-bit floats: the reference."),
            ("bf16", "bf16", "16-bit floats: about twice as fast, maps differ by up to 3 %."),
        ),
    ),
    "decoding": (
        "Decoding",
        "How a belief map becomes one point.",
        (
            ("dark", "DARK", "Fits the peak's shape: the most exact, below one cell."),
            ("quarter", "Quarter offset", "A quarter cell towards the higher neighbour."),
            ("argmax", "Highest cell", "The centre of the highest cell: shows the grid's steps."),
        ),
    ),
    "region": (
        "Region",
        "The part of the frame that the network is shown.",
        (
            ("follow", "Follow the person", "A crop around the last pose; found again when lost."),
            ("people", "Everybody", "A crop around each person, all looked at together."),
            ("whole", "Whole frame", "Everything, scaled down to the input."),
            ("box", "Dragged box", "A box that you drag on the frame."),
        ),
    ),
    "facing": (
        "Facing",
        "Where the person faces in the picture; sets the sign of the angles.",
        (
            ("right", "Right", "The person looks to the right of the picture."),
            ("left", "Left", "The person looks to the left of the picture."),
            ("auto", "As seen", "Judged from feet, knees, elbows and nose; see Joint angles."),
        ),
    ),
}


class ModelDock(Dock):
    """Every choice about how a frame is analysed, and what actually runs."""

    box_requested = Signal()
    """The next drag on the frame view is to become the region."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Model", name="model_dock")
        self._shown: tuple[object, ...] = ()
        self._listed: tuple[ModelInfo, ...] = ()
        self.boxes: dict[str, QComboBox] = {}
        """The combo box of each field of `Choices` that has one."""

        page = QWidget()
        column = QVBoxLayout(page)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        column.addLayout(self._form)
        self._add_box("model", "Network", "The network that looks for joints.")
        self._add_facts()
        self._add_box("engine", "Engine", "What runs the network; OpenVINO is fast on a CPU.")
        self._add_box("device", "Device", "The processor that the network runs on.")
        self._add_fixed("precision")
        self._add_running()
        self._add_fixed("decoding")
        self.flip = self._add_check(
            "flip",
            "Average with mirror image",
            "Run the mirrored image too and average: steadier joints for twice the work.",
        )
        self._add_fixed("region")
        self.box_button = QPushButton("Drag a box")
        self.box_button.setAccessibleName("Drag a box on the frame")
        self.box_button.setToolTip("Then drag a box on the frame: the network sees only that.")
        self.box_button.clicked.connect(self.box_requested)
        self._form.addRow("", self.box_button)
        self._add_gate()
        self._add_fixed("facing")
        self.smooth = self._add_check(
            "smooth",
            "Smooth the joints shown",
            "One Euro filter on the skeleton on the frame; angles and exports stay raw.",
        )
        self.mirror = self._add_check(
            "mirror", "Mirror the camera", "Show a camera's picture as a mirror would."
        )
        column.addStretch(1)

        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        bar = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(page.minimumSizeHint().width() + bar)
        self.setWidget(scroll)

    def show_view(self, view: View) -> None:
        """Show the choices and models of `view`; cheap when they are the same as before."""
        live = view.source is not None and view.source.live
        shown = (
            view.choices, view.models, view.model, view.engine, view.engines, view.devices,
            view.busy, live,
        )  # fmt: skip
        if shown == self._shown:
            return
        self._shown = shown
        choices = view.choices
        self._fill_models(view.models)
        _fill(self.boxes["engine"], _named(view.engines, _ENGINES))
        _fill(self.boxes["device"], _named(view.devices, _DEVICES))
        for field, box in self.boxes.items():
            box.setCurrentIndex(box.findData(getattr(choices, field)))
        for field, check in (("flip", self.flip), ("smooth", self.smooth), ("mirror", self.mirror)):
            check.setChecked(getattr(choices, field))
        self.mirror.setEnabled(live)
        with QSignalBlocker(self.gate):
            self.gate.setValue(round(choices.gate * 100))
        self._gate_value.setText(f"{self.gate.value() / 100:.2f}")
        self._show_running(view)
        self._facts.setText(_facts(view.model or _find(view.models, choices.model)))

    # -- building -------------------------------------------------------------------------

    def _add_box(self, field: str, label: str, tip: str) -> None:
        box = QComboBox()
        box.setAccessibleName(label)
        box.setToolTip(tip)
        # A long title must not force the dock to be wide.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        # `activated` is the person's doing only, so showing a view never chooses.
        box.activated.connect(lambda row: self._choose(**{field: box.itemData(row)}))
        self.boxes[field] = box
        name = QLabel(label)
        name.setToolTip(tip)
        name.setBuddy(box)
        self._form.addRow(name, box)

    def _add_fixed(self, field: str) -> None:
        label, tip, values = _FIXED[field]
        self._add_box(field, label, tip)
        _fill(self.boxes[field], values)

    def _add_check(self, field: str, label: str, tip: str) -> QCheckBox:
        check = QCheckBox(label)
        check.setAccessibleName(label)
        check.setToolTip(tip)
        check.clicked.connect(lambda on: self._choose(**{field: on}))
        self._form.addRow("", check)
        return check

    def _add_facts(self) -> None:
        self._facts = QLabel()
        self._facts.setWordWrap(True)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._facts.setForegroundRole(self._facts.palette().ColorRole.PlaceholderText)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts.setAccessibleName("About the network")
        self._form.addRow("", self._facts)

    def _add_running(self) -> None:
        self._running = QLabel()
        self._running.setWordWrap(True)
        self._running.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._running.setAccessibleName("What runs now")
        self._running.setToolTip("The engine, precision and device in use at this moment.")
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setMaximumHeight(4)
        self._busy.setAccessibleName("Loading")
        self._busy.hide()
        pair = QVBoxLayout()
        pair.setSpacing(4)
        pair.addWidget(self._running)
        pair.addWidget(self._busy)
        self._form.addRow("Runs", pair)

    def _add_gate(self) -> None:
        tip = "Joints below this confidence are drawn weak and left out of angles."
        self.gate = QSlider(Qt.Orientation.Horizontal)
        self.gate.setRange(0, 100)
        self.gate.setPageStep(5)
        self.gate.setAccessibleName("Confidence gate")
        self.gate.setToolTip(tip)
        self.gate.valueChanged.connect(lambda value: self._choose(gate=value / 100))
        self._gate_value = QLabel("0.00")
        self._gate_value.setFont(theme.digits())
        pair = QHBoxLayout()
        pair.addWidget(self.gate, 1)
        pair.addWidget(self._gate_value)
        name = QLabel("Gate")
        name.setToolTip(tip)
        name.setBuddy(self.gate)
        self._form.addRow(name, pair)

    # -- showing and choosing -------------------------------------------------------------

    def _choose(self, **changes: object) -> None:
        choices = self.bridge.session.view().choices
        if changes.get("region") == "box" and choices.box is None:
            # There is no box yet: ask for one instead of promising a region that is not there.
            self.boxes["region"].setCurrentIndex(self.boxes["region"].findData(choices.region))
            self.box_requested.emit()
            return
        if "gate" in changes:
            self._gate_value.setText(f"{changes['gate']:.2f}")
        self.bridge.session.choose(**changes)

    def _fill_models(self, models: tuple[ModelInfo, ...]) -> None:
        if models == self._listed:
            return
        self._listed = models
        box = self.boxes["model"]
        rows = QStandardItemModel(box)
        for model in models:
            title = model.title if model.trained else f"{model.title} (no weights here)"
            item = QStandardItem(title)
            item.setData(model.name, Qt.ItemDataRole.UserRole)
            item.setToolTip(_tip(model))
            item.setEnabled(model.trained)
            rows.appendRow(item)
        box.setModel(rows)

    def _show_running(self, view: View) -> None:
        text = view.engine or "nothing yet"
        if view.busy:
            text = view.busy if not view.engine else f"{view.engine}\n{view.busy}"
        self._running.setText(text)
        self._busy.setVisible(bool(view.busy))


def _facts(model: ModelInfo | None) -> str:
    if model is None:
        return "No network is loaded yet."
    width, height = model.input_size
    stages = ", ".join(group.title for group in grouped(model.stages))
    lines = [
        f"{_FAMILIES.get(model.family, model.family)}, "
        f"{_count(model.parameters)} parameters, input {width}×{height}",  # noqa: RUF001
        f"{stage_count(model.stages)}: {stages}",
        f"{len(model.skeleton.joints)} joints ({model.skeleton.name})",
        f"Licence {model.licence}",
        model.source.replace("`", ""),
    ]
    return "\n".join(lines)


def _tip(model: ModelInfo) -> str:
    if not model.trained:
        return f"{model.title}: no weights here, so it cannot run."
    return f"{model.title}: {_count(model.parameters)} parameters, {stage_count(model.stages)}."


def _count(parameters: int) -> str:
    if parameters >= 1_000_000:
        return f"{parameters / 1e6:.2f} M"
    return f"{parameters / 1e3:.0f} k"


def _find(models: tuple[ModelInfo, ...], name: str) -> ModelInfo | None:
    return next((model for model in models if model.name == name), None)


def _named(values: tuple[str, ...], titles: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    """`auto` and then each of `values`, as (value, shown, explanation)."""
    listed = ("auto", *(value for value in values if value != "auto"))
    tips = {"auto": "The fastest that works here."}
    return tuple((v, titles.get(v, v), tips.get(v, titles.get(v, v))) for v in listed)


def _fill(box: QComboBox, rows: tuple[tuple[str, str, str], ...]) -> None:
    if [box.itemData(row) for row in range(box.count())] == [value for value, _, _ in rows]:
        return
    box.clear()
    for row, (value, shown, tip) in enumerate(rows):
        box.addItem(shown, value)
        box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
