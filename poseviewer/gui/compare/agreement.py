"""How far a network and another source of poses lie apart, a joint or an angle a row."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from poseviewer.gui import theme
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.agreement import Spread
    from poseviewer.runtime.truth_comparison import TruthCompared

_COLUMNS = (
    ("joint, angle", "The joints and angles that both have; choose a joint to see only its maps."),
    ("here", "In the frame that is shown."),
    ("median", "Over all frames that were analysed."),
    ("% torso", "The median of a joint, in hundredths of the torso."),
    ("95 %", "So far or nearer in 95 of 100 frames."),
    ("bias", "Mean of A less B: of an angle its degrees, of a joint pixels to the right and down."),
    ("frames", "How many frames were compared."),
)
_HIGH, _BIAS, _COUNT = range(4, len(_COLUMNS))
_NONE = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


class AgreementTable(QTableWidget):
    """The differences of joints, then of angles; what differs most of each stands out."""

    joint_chosen = Signal(object)
    """Name of the joint a person chose, or None for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setObjectName("agreement")
        self.setAccessibleName("Difference of each joint and angle over the clip")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setMinimumSize(120, 60)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column, (title, tip) in enumerate(_COLUMNS):
            item = QTableWidgetItem(title)
            item.setToolTip(plain_tip(tip))
            item.setTextAlignment(_aligned(column))
            item.setFont(theme.digits(8.5))
            self.setHorizontalHeaderItem(column, item)
        self._rows: tuple[tuple[str, str], ...] = ()
        self._items: list[list[QTableWidgetItem]] = []
        self.itemSelectionChanged.connect(self._on_chosen)

    def sizeHint(self) -> QSize:
        """Wide enough for what says most; the rest comes where there is room."""
        return QSize(self.fontMetrics().horizontalAdvance("0") * 42, 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what says least where not every column fits."""
        super().resizeEvent(event)
        room = event.size().width() / self.fontMetrics().horizontalAdvance("0")
        for column, needed in ((_COUNT, 58), (_BIAS, 50), (_HIGH, 42)):
            self.setColumnHidden(column, room < needed)

    def show_compared(self, compared: TruthCompared | None, *, frame: int) -> None:
        """Show the figures.

        Args:
            compared: None while there are none.
            frame: Number of the frame that is shown.
        """
        joints = () if compared is None else compared.agreement.joints
        angles = () if compared is None else compared.agreement.angles
        rows = (*(("joint", one.name) for one in joints), *(("angle", one.name) for one in angles))
        if rows != self._rows:
            self._fill(rows)
        if compared is None:
            return
        pair = compared.pairs.get(frame)
        here: dict[tuple[str, str], float] = {}
        if pair is not None:
            pixels = zip(compared.joints, pair.pixels.tolist(), strict=True)
            here |= {("joint", name): value for name, value in pixels}
            turned = zip(compared.specs, pair.degrees.tolist(), strict=True)
            here |= {("angle", spec.name): value for spec, value in turned}
        farthest = {id(_farthest(part)) for part in (joints, angles) if part}
        for row, (key, one) in enumerate(zip(rows, (*joints, *angles), strict=True)):
            texts = _texts(one, here.get(key, float("nan")))
            font = theme.digits(bold=id(one) in farthest)
            for item, text in zip(self._items[row], texts, strict=True):
                if item.text() != text:
                    item.setText(text)
                item.setFont(font)

    def _fill(self, rows: tuple[tuple[str, str], ...]) -> None:
        self._rows = rows
        self.clearSelection()
        self.setRowCount(len(rows))
        self._items = [[QTableWidgetItem() for _ in _COLUMNS] for _ in rows]
        for row, items in enumerate(self._items):
            for column, item in enumerate(items):
                item.setTextAlignment(_aligned(column))
                self.setItem(row, column, item)

    def _on_chosen(self) -> None:
        rows = [self._rows[index.row()] for index in self.selectionModel().selectedRows()]
        names = [name for kind, name in rows if kind == "joint"]
        self.joint_chosen.emit(names[0] if names else None)


def _texts(one: Spread, here: float) -> list[str]:
    """The cells of a row."""
    joint = one.shares is not None
    unit = " px" if joint else "°"
    share = one.shares[0] if one.shares is not None else float("nan")
    return [
        joint_title(one.name) if joint else one.name,
        _figure(here, unit=unit, sign=not joint),
        _figure(one.median, unit=unit),
        _figure(100 * share),
        _figure(one.high, unit=unit),
        " ".join(_figure(value, unit="" if joint else unit, sign=True) for value in one.bias),
        str(one.count),
    ]


def _figure(value: float, *, unit: str = "", sign: bool = False) -> str:
    if not isfinite(value):
        return _NONE
    value = round(value, 1) + 0.0  # no minus before a nought
    text = f"{value:+.1f}" if sign and value else f"{value:.1f}"
    return text.replace("-", _MINUS) + unit


def _farthest(part: tuple[Spread, ...]) -> Spread:
    return part[int(np.argmax([one.median for one in part]))]


def _aligned(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def compared_in_words(compared: TruthCompared | None) -> str:
    """What the table says, in a sentence."""
    if compared is None:
        return "Comparing…"
    found = compared.agreement
    if not found.people:
        return "No frame yet in which both have the person: play, or press Analyse clip."
    parts = []
    if found.joints:
        middle = float(np.median([one.median for one in found.joints]))
        shares = [one.shares[0] for one in found.joints if one.shares is not None]
        known = [share for share in shares if isfinite(share)]
        torso = f" ({100 * float(np.median(known)):.1f} % of the torso)" if known else ""
        most = _farthest(found.joints)
        parts.append(
            f"joints {middle:.1f} px{torso} apart, most at {joint_title(most.name)}: "
            f"{most.median:.1f} px"
        )
    if found.angles:
        middle = float(np.median([one.median for one in found.angles]))
        most = _farthest(found.angles)
        parts.append(f"angles {middle:.1f}°, most at {most.name}: {most.median:.1f}°")
    frames = "1 frame" if found.people == 1 else f"{found.people} frames"
    return f"Median of {frames}: {'; '.join(parts)}." if parts else f"{frames}, nothing in common."
