"""The dialog that asks for a frame or a time, and the parser of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from poseviewer.draw.captions import clock
from poseviewer.gui.plain import Label, allow
from poseviewer.gui.transport.reach import behind_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.gui.transport.reach import Reach
    from poseviewer.runtime.state import Past


def parse_place(text: str, *, times: NDArray[np.float64], past: Past | None = None) -> int:
    """The position meant by `200` (a frame), `0:06.5` or `6.5s` (a time), or `50%`.

    Args:
        text: What was typed.
        times: Seconds of each frame; of a clip after the first.
        past: Of a frozen feed, which has its own numbers; there `-3.2s` is before the newest.

    Raises:
        ValueError: It is none of these, or lies outside the clip; the message says which.
    """
    typed = text.strip().lower().replace(",", ".")
    typed = typed.replace("\N{MINUS SIGN}", "-")
    last = len(times) - 1
    first, final = (0, last) if past is None else (int(past.index[0]), int(past.index[-1]))
    what = "clip" if past is None else "past"
    try:
        if typed.endswith("%"):
            index = round(float(typed[:-1]) / 100 * last)
        elif ":" in typed or typed.endswith("s"):
            seconds = 0.0
            for part in typed.removesuffix("s").split(":"):
                seconds = seconds * 60 + float(part)
            if past is not None and typed.startswith("-"):
                seconds = float(times[-1]) + min(seconds, -seconds)
            if not times[0] - 1e-6 <= seconds <= times[-1] + 1:
                span = f"{clock(float(times[0]))} to {clock(float(times[-1]))}"
                msg = f"The {what} goes from {span}."
                raise _OutsideError(msg)
            index = int(np.searchsorted(times, seconds + 1e-6, side="right")) - 1
        else:
            number = int(typed)
            if not first <= number <= final:
                msg = f"The {what} has frames {first} to {final}."
                raise _OutsideError(msg)
            index = number if past is None else past.position(number)
    except _OutsideError:
        raise
    except ValueError:
        msg = "Write a frame such as 200, a time such as 0:06.5 or 6.5s, or a share such as 50%."
        raise ValueError(msg) from None
    if not 0 <= index <= last:
        msg = f"The {what} has frames {first} to {final}."
        raise ValueError(msg)
    return index


class _OutsideError(ValueError):
    """A time beyond the clip."""


class GoToDialog(QDialog):
    """Asks where to go."""

    chosen = Signal(int)
    """The frame."""

    def __init__(self, there: Reach, *, position: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to")
        self._there = there
        self.place = QLineEdit(str(there.number(position)), self)
        self.place.setAccessibleName("Frame or time")
        self.place.setToolTip("A frame (200), a time (0:06.5 or 6.5s) or a share (50%)")
        self.place.selectAll()
        self.place.textEdited.connect(self._check)
        what = "clip" if there.past is None else "last seconds"
        ask = Label(f"&Frame, time or share of the {what}", self)
        ask.setBuddy(self.place)
        self.hint = Label(self)
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
        """Emit the frame, if the text can be read."""
        try:
            position = self._position()
        except ValueError:
            return
        super().accept()
        self.chosen.emit(self._there.number(position))

    def _position(self) -> int:
        return parse_place(self.place.text(), times=self._there.times, past=self._there.past)

    def _check(self) -> None:
        try:
            position = self._position()
        except ValueError as error:
            self.hint.setText(str(error))
            allow(self._go, False, why_not=str(error))
        else:
            past, number = self._there.past, self._there.number(position)
            back = f", {behind_text(past, number)}" if past else ""
            time = clock(float(self._there.times[position]))
            self.hint.setText(f"frame {number}, {time}{back}")
            allow(self._go, True, why_not="")
