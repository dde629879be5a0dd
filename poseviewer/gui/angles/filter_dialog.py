"""The dialog of filters: of whole curves, and of the joints that are shown live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import ORDERS, RAW, Filter, parse_filter
from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.runtime.sections import SECTION_OF, AngleState, ReadingState

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge

_KINDS = (
    ("none", "None (raw values)"),
    ("butterworth", "Butterworth, zero phase"),
    ("median", "Median"),
    ("hampel", "Hampel: outliers only"),
)
_FILLS = (
    ("none", "Leave gaps"),
    ("linear", "Fill with a straight line"),
    ("pchip", "Fill with a curve that does not overshoot"),
    ("cubic", "Fill with a cubic curve"),
)
_NOT_SMOOTHED = "the joints shown are not smoothed"

_ROWS = {
    "butterworth": ("order", "cutoff"),
    "median": ("window",),
    "hampel": ("window", "threshold"),
}
_LIVE = ("min_cutoff", "beta", "d_cutoff")


class FilterDialog(QDialog):
    """Changes the filters at once, so that the plot behind it shows their effect."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Filters")
        self.setMinimumWidth(430)
        self._session = bridge.session
        self.boxes: dict[str, Any] = {}
        """The control of each field of `Filter`, and of the live filter in `Choices`."""
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        self.note = Label(self)
        self.note.setAccessibleName("Filter in use")
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        # Room for the longest sentence, so that the controls below do not jump.
        self.note.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._curves())
        column.addWidget(self.note)
        column.addWidget(self._live())
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Close | QDialogButtonBox.StandardButton.RestoreDefaults,
            self,
        )
        usual = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        usual.setText("Reset")
        usual.setToolTip("No filter on the curves; that on the skeleton as it comes")
        usual.setAutoDefault(False)
        usual.clicked.connect(self._restore)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self._show()

    @property
    def filter(self) -> Filter:
        """The filter that the controls describe."""
        b = self.boxes
        return Filter(
            kind=b["kind"].currentData(),
            order=b["order"].currentData(),
            cutoff=round(b["cutoff"].value(), 3),
            window=b["window"].value(),
            threshold=round(b["threshold"].value(), 3),
            fill=b["fill"].currentData(),
            longest=round(b["longest"].value(), 3),
        )

    def _curves(self) -> QGroupBox:
        group = QGroupBox("Angle curves, plotted and saved", self)
        self._form = form = _form(group)
        self._add(form, "kind", "Filter", _combo(_KINDS), "What smooths the curves")
        orders = _combo([(order, str(order)) for order in ORDERS])
        self._add(form, "order", "Order", orders, "Effective order, of both passes together")
        self._add(
            form,
            "cutoff",
            "Cutoff",
            _spin(0.1, 200.0, 0.5, " Hz", 1),
            "Effective cutoff, where both passes together leave 71 % (-3 dB)",
        )
        window = QSpinBox()
        window.setRange(3, 99)
        window.setSingleStep(2)
        window.setSuffix(" values")
        self._add(form, "window", "Window", window, "Number of values the median is taken of; odd")
        self._add(
            form,
            "threshold",
            "Threshold",
            _spin(0.5, 20.0, 0.5, " deviations", 1),
            "How far from the median a value counts as an outlier",
        )
        self._add(form, "fill", "Gaps", _combo(_FILLS), "What is done with missing values")
        self._add(
            form,
            "longest",
            "Up to",
            _spin(0.02, 10.0, 0.05, " s", 2),
            "Longer gaps are left as gaps",
        )
        for name in ("kind", "order", "fill"):
            self.boxes[name].currentIndexChanged.connect(self._on_curves)
        for name in ("cutoff", "window", "threshold", "longest"):
            self.boxes[name].valueChanged.connect(self._on_curves)
        return group

    def _live(self) -> QGroupBox:
        group = QGroupBox("Skeleton on the frame: One Euro", self)
        form = _form(group)
        smooth = QCheckBox("Smooth the joints shown")
        self._add(form, "smooth", "", smooth, "Angles are always measured on the raw joints")
        self._add(
            form,
            "min_cutoff",
            "Cutoff at rest",
            _spin(0.05, 30.0, 0.1, " Hz", 2),
            "Lower is steadier while the person is still",
        )
        self._add(
            form,
            "beta",
            "Beta",
            _spin(0.0, 50.0, 0.5, " Hz", 2),
            "Hz gained at a speed of one body size a second: higher follows movement more closely",
        )
        self._add(
            form,
            "d_cutoff",
            "Speed cutoff",
            _spin(0.05, 30.0, 0.1, " Hz", 2),
            "Smooths the speed that beta is multiplied by",
        )
        smooth.toggled.connect(lambda on: self._choose("smooth", on))
        for name in _LIVE:
            self.boxes[name].valueChanged.connect(
                lambda value, field=name: self._choose(field, round(value, 4))
            )
        return group

    def _add(self, form: QFormLayout, name: str, title: str, box: Any, tip: str) -> None:
        box.setAccessibleName(title or box.text())
        box.setToolTip(plain_tip(tip))
        self.boxes[name] = box
        form.addRow(title, box)

    def _show(self) -> None:
        """Fill the controls from the state."""
        state = self._session.state
        reading = state.reading
        try:
            made = parse_filter(state.angles.filter)
        except PoseViewerError:
            made = RAW
        blockers = [QSignalBlocker(box) for box in self.boxes.values()]
        for name in ("kind", "order", "fill"):
            box = self.boxes[name]
            box.setCurrentIndex(box.findData(getattr(made, name)))
        for name in ("cutoff", "window", "threshold", "longest"):
            self.boxes[name].setValue(getattr(made, name))
        self.boxes["smooth"].setChecked(reading.smooth)
        for name in _LIVE:
            self.boxes[name].setValue(getattr(reading, name))
            allow(self.boxes[name], reading.smooth, why_not=_NOT_SMOOTHED)
        del blockers
        self._follow()

    def _follow(self) -> None:
        made = self.filter
        used = {*_ROWS.get(made.kind, ()), *(("longest",) if made.fill != "none" else ())}
        for name in ("order", "cutoff", "window", "threshold", "longest"):
            self._form.setRowVisible(self.boxes[name], name in used)
        seconds = self._session.history().seconds
        refusal = made.refusal(np.asarray(seconds))
        title = made.title[0].upper() + made.title[1:]
        drawn = f"{title}. Raw values are always stored, and drawn thin."
        self.note.setText(refusal or ("Curves are of raw values." if made.idle else drawn))
        self.adjustSize()

    def _on_curves(self) -> None:
        window = self.boxes["window"]
        if window.value() % 2 == 0:
            window.setValue(window.value() + 1)
            return
        self._follow()
        self._choose("filter", self.filter.text)

    def _choose(self, field: str, value: object) -> None:
        self._session.change(SECTION_OF[field], **{field: value})
        for name in _LIVE:
            on = self._session.state.reading.smooth
            allow(self.boxes[name], on, why_not=_NOT_SMOOTHED)

    def _restore(self) -> None:
        usual = ReadingState()
        reading = {name: getattr(usual, name) for name in ("smooth", *_LIVE)}
        self._session.change("reading", **reading)
        self._session.change("angles", filter=AngleState().filter)
        self._show()


def filter_in_force(angles: AngleState, seconds: np.ndarray) -> tuple[Filter, str]:
    """The filter of the curves; where it cannot be used, none and the reason.

    Args:
        angles: The settings in force.
        seconds: The times of the values to filter.
    """
    try:
        made = parse_filter(angles.filter)
    except PoseViewerError as error:
        return RAW, str(error)
    refusal = made.refusal(seconds)
    return (replace(made, kind="none"), refusal) if refusal else (made, "")


def _form(group: QGroupBox) -> QFormLayout:
    form = QFormLayout(group)
    form.setContentsMargins(12, 12, 12, 12)
    form.setHorizontalSpacing(14)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _combo(entries: Any) -> QComboBox:
    made = QComboBox()
    for value, text in entries:
        made.addItem(text, value)
    return made


def _spin(low: float, high: float, step: float, suffix: str, decimals: int) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setDecimals(decimals)
    made.setSuffix(suffix)
    # The style sheet's padding does not reach into the box.
    made.lineEdit().setTextMargins(6, 0, 0, 0)
    return made
