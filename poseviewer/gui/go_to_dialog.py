"""The dialog that asks for a frame or a time, and the reading of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from poseviewer.gui.overlay_hud import clock

if TYPE_CHECKING:
    from numpy.typing import NDArray


def parse_place(text: str, *, times: NDArray[np.float64]) -> int:
    """The frame meant by `200` (a frame), `0:06.5` or `6.5s` (a time), or `50%`.

    Args:
        text: What was typed.
        times: Seconds of each frame after the first.

    Raises:
        ValueError: It is none of these, or lies outside the clip; the message says which.
    """
    typed = text.strip().lower().replace(",", ".")
    last = len(times) - 1
    try:
        if typed.endswith("%"):
            index = round(float(typed[:-1]) / 100 * last)
        elif ":" in typed or typed.endswith("s"):
            seconds = 0.0
            for part in typed.removesuffix("s").split(":"):
                seconds = seconds * 60 + float(part)
            if not 0 <= seconds <= times[-1] + 1:
                msg = f"The clip lasts from 0:00.000 to {clock(float(times[-1]))}."
                raise _OutsideError(msg)
            index = int(np.searchsorted(times, seconds + 1e-6, side="right")) - 1
        else:
            index = int(typed)
    except _OutsideError:
        raise
    except ValueError:
        msg = "Write a frame such as 200, a time such as 0:06.5 or 6.5s, or a share such as 50%."
        raise ValueError(msg) from None
    if not 0 <= index <= last:
        msg = f"The clip has frames 0 to {last}."
        raise ValueError(msg)
    return index


class _OutsideError(ValueError):
    """A time beyond the clip."""


class GoToDialog(QDialog):
    """Asks where to go."""

    chosen = Signal(int)
    """The frame."""

    def __init__(
        self, *, times: NDArray[np.float64], index: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to")
        self._times = times
        self.place = QLineEdit(str(index), self)
        self.place.setAccessibleName("Frame or time")
        self.place.setToolTip("A frame (200), a time (0:06.5 or 6.5s) or a share (50%)")
        self.place.selectAll()
        self.place.textEdited.connect(self._check)
        ask = QLabel("&Frame, time or share of the clip", self)
        ask.setBuddy(self.place)
        self.hint = QLabel(self)
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        self.hint.setMinimumWidth(320)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._go = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._go.setText("Go")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(8)
        for widget in (ask, self.place, self.hint, buttons):
            column.addWidget(widget)
        self._check()

    def accept(self) -> None:
        """Go, if the answer can be understood."""
        try:
            index = parse_place(self.place.text(), times=self._times)
        except ValueError:
            return
        super().accept()
        self.chosen.emit(index)

    def _check(self) -> None:
        try:
            index = parse_place(self.place.text(), times=self._times)
        except ValueError as error:
            self.hint.setText(str(error))
            self._go.setEnabled(False)
        else:
            self.hint.setText(f"frame {index}, {clock(float(self._times[index]))}")
            self._go.setEnabled(True)
