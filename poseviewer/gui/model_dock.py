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
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.stage import grouped, stage_count
from poseviewer.gui import theme
from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.gui.widgets import WrapLayout, combo, fill, quiet_label, toggle
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.pick import ACCURATE, FAST
from poseviewer.runtime.sections import SECTION_OF

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

ENGINES = {"auto": "Automatic", "torch": "Torch", "openvino": "OpenVINO"}
DEVICES = {"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA GPU (CUDA)", "mps": "Apple GPU"}

_FAMILIES = {
    "hourglass": "Stacked Hourglass",
    "cpm": "Convolutional Pose Machine",
    "deeppose": "DeepPose",
    "openpose": "OpenPose",
    "hrnet": "HRNet",
    "vitpose": "ViTPose",
}

_PICK = (
    (
        "",
        "Automatic",
        "The accurate one where it is fast enough for what is open, else the fast. A live source "
        "gets int8 where fp32 is too slow; a clip never does, unless you choose it.",
    ),
    (FAST, "Fast", f"Always {FAST}, for an input of 192 pixels."),
    (ACCURATE, "Accurate", f"Always {ACCURATE}, for an input of 256 pixels: about twice the work."),
)
"""Network, or nothing for a choice by speed; text and explanation of the button."""

PRECISIONS = (
    ("fp32", "fp32", "32-bit floats: the reference."),
    ("bf16", "bf16", "16-bit floats: about twice as fast, maps differ by up to 3 %."),
    (
        "int8",
        "int8",
        "8-bit integers, on OpenVINO: 1.5 to 2.4 times as fast. As many joints are right; of 100 "
        "clear peaks about 2 lie more than two cells elsewhere.",
    ),
)
"""Value, text and explanation of each."""

# Choice: (label, explanation, (value, shown, explanation of the value)...)
_FIXED = {
    "precision": (
        "Precision",
        "How exactly the network calculates: fp32 is exact, bf16 and int8 are faster.",
        PRECISIONS,
    ),
    "decoding": (
        "Decoding",
        "How a belief map becomes one point.",
        (
            ("dark", "DARK", "Fits the peak's shape: the most exact, below one cell."),
            ("quarter", "Quarter offset", "A quarter cell towards the higher neighbour."),
            ("argmax", "Highest cell", "The centre of the highest cell: shows the grid's steps."),
            (
                "tree",
                "Tree of springs",
                "All joints of a person together, held by springs (pictorial structures); of "
                "networks that find several people, as DARK.",
            ),
        ),
    ),
    "region": (
        "Region",
        "The part of the frame that the network is shown.",
        (
            ("whole", "Whole frame", "Everything, scaled down to the input."),
            ("follow", "One person", "The region around one person, who is found first."),
            ("people", "Everybody", "A region around each person, all analysed together."),
            ("box", "Dragged box", "A box that you drag on the frame."),
        ),
    ),
    "facing": (
        "Facing",
        "Which way the person faces in the frame; sets the sign of the angles.",
        (
            ("right", "Right", "The person looks to the right of the frame."),
            ("left", "Left", "The person looks to the left of the frame."),
            ("auto", "Detect", "Detected from feet, knees, elbows and nose; see Joint angles."),
        ),
    ),
}


class ModelDock(Dock):
    """Every choice about how a frame is analysed, and what actually runs."""

    box_requested = Signal()
    """The next drag on the frame is to become the region."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Model", name="model_dock")
        self._shown: tuple[object, ...] = ()
        self._listed: tuple[ModelInfo, ...] = ()
        self._offered: dict[str, tuple[str, ...]] = {}
        self.boxes: dict[str, QComboBox] = {}
        """The combo box of each choice that has one."""

        scroll = QScrollArea(widgetResizable=True)
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(scroll)
        page = QWidget()
        scroll.setWidget(page)
        column = QVBoxLayout(page)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        column.addLayout(self._form)
        self._add_box("model", "Network", "The network that looks for joints.")
        self._add_pick()
        self._facts = self._add_text("About the chosen network")
        self._add_box("engine", "Engine", "What runs the network; OpenVINO is fast on a CPU.")
        self._add_box("device", "Device", "The processor that the network runs on.")
        self._add_fixed("precision")
        self._add_running()
        self._add_fixed("decoding")
        self.flip = self._add_check(
            "flip",
            "Average with mirror image",
            "Run the mirrored image too and average: of 100 joints about one more is right, "
            "for twice the work.",
        )
        self._add_fixed("region")
        self.box_button = QPushButton("Drag a box")
        self.box_button.setAccessibleName("Drag a box on the frame")
        self.box_button.setToolTip(
            "Press, then drag a box on the frame: the network sees only that."
        )
        self.box_button.clicked.connect(self.box_requested)
        self._form.addRow("", self.box_button)
        self._add_gate()
        self._add_fixed("facing")
        self.smooth = self._add_check(
            "smooth",
            "Smooth the joints shown",
            "A One Euro filter steadies the skeleton of live sources and of what was analysed in "
            "sequence (Shift+S); angles are of the raw joints, and files have both.",
        )
        self.mirror = self._add_check(
            "mirror",
            "Mirror the camera",
            "Show the camera as in a mirror; what is analysed and saved stays as it is.",
        )
        column.addStretch(1)

        scroll.setAccessibleName("Choices of the analysis")
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(page.minimumSizeHint().width() + bar)

    def draw(self, state: AppState) -> None:
        """Show the choices and models of `state`; cheap when they are the same as before."""
        live = state.source is not None and state.source.live
        shown = (
            state.network, state.reading, state.angles, state.display.mirror, state.models,
            state.loaded, state.engine, state.engines, state.devices, state.busy, state.source,
            state.analysed, state.pick,
        )  # fmt: skip
        if shown == self._shown:
            return
        self._shown = shown
        self._fill_models(state.models)
        for field, values, titles in (
            ("engine", state.engines, ENGINES),
            ("device", state.devices, DEVICES),
        ):
            if values != self._offered.get(field):
                self._offered[field] = values
                fill(self.boxes[field], named(values, titles))
        for field, box in self.boxes.items():
            box.setCurrentIndex(box.findData(state.choice(field)))
        for field, check in (("flip", self.flip), ("smooth", self.smooth), ("mirror", self.mirror)):
            check.setChecked(state.choice(field))
        allow(self.mirror, live, why_not="only for a camera, stream or screen")
        with QSignalBlocker(self.gate):
            self.gate.setValue(round(state.reading.gate * 100))
        self._gate_value.setText(f"{self.gate.value() / 100:.2f}")
        self._show_running(state)
        models = {model.name: model for model in state.models}
        for key, button in self.pick.items():
            model = models.get(key)
            why_not = model.lacking if model else "the networks are being looked for"
            allow(button, not key or (model is not None and model.trained), why_not=why_not)
            button.setChecked(key == ("" if state.network.automatic else state.network.model))
        self._why.setText(state.pick)
        self._why.setVisible(state.network.automatic and bool(state.pick))
        chosen = (model for model in state.models if model.name == state.network.model)
        self._facts.setText(_facts(next(chosen, None)))
        self._answers.setText(_answers(state))

    # -- building -------------------------------------------------------------------------

    def _add_box(self, field: str, label: str, tip: str) -> None:
        box = combo(label, tip, letters=8)
        # `activated` is the person's doing only, so showing a state never chooses.
        box.activated.connect(lambda row: self._choose(field, box.itemData(row)))
        self.boxes[field] = box
        name = Label(label)
        name.setToolTip(plain_tip(tip))
        name.setBuddy(box)
        self._form.addRow(name, box)

    def _add_fixed(self, field: str) -> None:
        label, tip, values = _FIXED[field]
        self._add_box(field, label, tip)
        fill(self.boxes[field], values)

    def _add_check(self, field: str, label: str, tip: str) -> QCheckBox:
        check = QCheckBox(label)
        check.setAccessibleName(label)
        check.setToolTip(plain_tip(tip))
        check.clicked.connect(lambda on: self._choose(field, on))
        self._form.addRow("", check)
        return check

    def _add_pick(self) -> None:
        """Buttons for Automatic and for both networks that it picks from, and what it picked."""
        row = WrapLayout()
        self.pick: dict[str, QToolButton] = {}
        """The button of each, by the network's name; that of Automatic by the empty one."""
        for model, text, tip in _PICK:
            button = self.pick[model] = toggle(text, tip, name=f"{text} network")
            fields: dict[str, object] = {"model": model} if model else {"automatic": True}
            button.clicked.connect(lambda _on, fields=fields: self._pick(fields))
            row.addWidget(button)
        self._form.addRow("", row)
        self._why = self._add_text("Why this network")

    def _pick(self, fields: dict[str, object]) -> None:
        self.change("network", **fields)
        # Pressing what is chosen already changes nothing, but the button has sprung out.
        self._shown = ()
        self.draw(self.state)

    def _add_text(self, name: str) -> QLabel:
        text = quiet_label(name)
        text.setMinimumWidth(0)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow("", text)
        return text

    def _add_running(self) -> None:
        self._running = Label()
        self._running.setWordWrap(True)
        self._running.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._running.setAccessibleName("What runs now")
        self._running.setToolTip("The network, engine, precision and device in use now.")
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
        self._form.addRow("Runs now", pair)
        self._answers = Label()
        self._answers.setWordWrap(True)
        self._answers.setAccessibleName("How frames are analysed")
        self._answers.setToolTip(
            "Single frames: each is analysed by itself. Analysed: the clip was analysed in "
            "sequence, so people keep their numbers from frame to frame."
        )
        self._form.addRow("Answers", self._answers)

    def _add_gate(self) -> None:
        tip = (
            "Joints below this confidence are drawn weak and left out of angles. It is a "
            "probability where the network's confidence is calibrated, else the height of a peak."
        )
        self.gate = QSlider(Qt.Orientation.Horizontal)
        self.gate.setRange(0, 100)
        self.gate.setPageStep(5)
        self.gate.setAccessibleName("Confidence gate")
        self.gate.setToolTip(plain_tip(tip))
        self.gate.valueChanged.connect(lambda value: self._choose("gate", value / 100))
        self._gate_value = Label("0.00")
        self._gate_value.setFont(theme.digits())
        pair = QHBoxLayout()
        pair.addWidget(self.gate, 1)
        pair.addWidget(self._gate_value)
        name = Label("Gate")
        name.setToolTip(plain_tip(tip))
        name.setBuddy(self.gate)
        self._form.addRow(name, pair)

    # -- showing and choosing -------------------------------------------------------------

    def _choose(self, field: str, value: object) -> None:
        reading = self.state.reading
        if field == "region" and value == "box" and reading.box is None:
            # There is no box yet: ask for one instead of promising a region that is not there.
            self.boxes["region"].setCurrentIndex(self.boxes["region"].findData(reading.region))
            self.box_requested.emit()
            return
        if field == "gate":
            self._gate_value.setText(f"{value:.2f}")
        self.change(SECTION_OF[field], **{field: value})

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
            item.setToolTip(plain_tip(_tip(model)))
            item.setEnabled(model.trained)
            rows.appendRow(item)
        box.setModel(rows)

    def _show_running(self, state: AppState) -> None:
        running = f"{state.loaded.name} on {state.engine}" if state.loaded else ""
        text = "\n".join(filter(None, (running, state.busy)))
        self._running.setText(text or "Nothing")
        self._busy.setVisible(bool(state.busy))


def _facts(model: ModelInfo | None) -> str:
    if model is None:
        return ""
    width, height = model.input_size
    stages = ", ".join(group.title for group in grouped(model.stages))
    lines = [
        f"{_FAMILIES.get(model.family, model.family)}, "
        f"{_count(model.parameters)} parameters, input {width}×{height}",  # noqa: RUF001
        f"{stage_count(model.stages)}: {stages}",
        f"{len(model.skeleton.joints)} joints ({model.skeleton.name})",
        "Confidence: " + ("a probability" if model.calibrated else "not calibrated"),
        f"Licence {model.licence}",
        model.source.replace("`", ""),
    ]
    return "\n".join(lines)


def _tip(model: ModelInfo) -> str:
    if not model.trained:
        return f"{model.title}. {model.lacking}"
    return f"{model.title}: {_count(model.parameters)} parameters, {stage_count(model.stages)}."


def _count(parameters: int) -> str:
    if parameters >= 1_000_000:
        return f"{parameters / 1e6:.2f} M"
    return f"{parameters / 1e3:.0f} k"


def _answers(state: AppState) -> str:
    """Whether the answers are single frames or a sequence, in words."""
    source = state.source
    if source is None:
        return "—"
    if source.live:
        return "Live, frame by frame"
    if state.analysed and source.count > 1:
        return f"Analysed {state.analysed} of {source.count} frames"
    raw = ", raw joints" if state.reading.smooth else ""
    return f"Single frames{raw}" if source.count > 1 else "Single frame"


def named(values: tuple[str, ...], titles: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    """`auto` and then each of `values`, as (value, shown, explanation)."""
    listed = ("auto", *(value for value in values if value != "auto"))
    tips = {"auto": "The fastest that works here."}
    return tuple((v, titles.get(v, v), tips.get(v, titles.get(v, v))) for v in listed)
