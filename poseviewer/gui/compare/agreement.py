"""How far a network and another source of poses lie apart, a joint or an angle a row."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize

from poseviewer.core.percent import percent
from poseviewer.gui import theme
from poseviewer.gui.compare.figures_table import NONE, FiguresTable
from poseviewer.gui.frame.hud import joint_title

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
_MINUS = "\N{MINUS SIGN}"


class AgreementTable(FiguresTable):
    """The differences of joints, then of angles; what differs most of each stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            _COLUMNS,
            name="agreement",
            title="Difference of each joint and angle over the clip",
            wide_names=True,
            parent=parent,
        )
        self._rows: tuple[tuple[str, str], ...] = ()

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
            self._rows = rows
            self.set_names([_title(*row) for row in rows])
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
            for item, text in zip(self.cells[row], texts, strict=True):
                if item.text() != text:
                    item.setText(text)
                item.setFont(font)

    def joint_of(self, row: int) -> str | None:
        """The joint of a row; None of an angle."""
        kind, name = self._rows[row]
        return name if kind == "joint" else None


def _texts(one: Spread, here: float) -> list[str]:
    """The cells of a row."""
    joint = one.shares is not None
    unit = " px" if joint else "°"
    share = one.shares[0] if one.shares is not None else float("nan")
    return [
        _title("joint" if joint else "angle", one.name),
        _figure(here, unit=unit, sign=not joint),
        _figure(one.median, unit=unit),
        percent(share, digits=1) if isfinite(share) else NONE,
        _figure(one.high, unit=unit),
        " ".join(_figure(value, unit="" if joint else unit, sign=True) for value in one.bias),
        str(one.count),
    ]


def _figure(value: float, *, unit: str = "", sign: bool = False) -> str:
    if not isfinite(value):
        return NONE
    value = round(value, 1) + 0.0  # no minus before a nought
    text = f"{value:+.1f}" if sign and value else f"{value:.1f}"
    return text.replace("-", _MINUS) + unit


def _farthest(part: tuple[Spread, ...]) -> Spread:
    return part[int(np.argmax([one.median for one in part]))]


def _title(kind: str, name: str) -> str:
    return joint_title(name) if kind == "joint" else name


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
        torso = f" ({percent(float(np.median(known)), digits=1)} % of the torso)" if known else ""
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
