"""The bar of notices over the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.icons import icon, picture
from poseviewer.gui.plain import Label

if TYPE_CHECKING:
    from poseviewer.runtime.state import AppState, Notice

STAYS = {"info": 5_000, "warning": 10_000, "error": 20_000}
"""Milliseconds after which a notice goes away by itself, by its level."""

_READING = 60
"""Milliseconds a letter that a long notice stays at least."""

_WIDEST = 720

_ABOVE_BOTTOM = 80
"""Logical pixels below it on a desk, where the texts of the frame's lower corners are: three lines
of them."""


class NoticeBar(QFrame):
    """Shows the latest notice of the state until it is dismissed, or has been there long enough."""

    dismissed = Signal(int)
    """The number of a notice that is not to be shown any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._shown: Notice | None = None
        self._symbol = Label(self)
        self._text = Label(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = Label(self)
        self._more.setProperty("muted", True)
        self._close = QToolButton(self)
        self._close.setProperty("flat", True)
        self._close.setAccessibleName("Dismiss the notice")
        self._close.setToolTip("Dismiss")
        self._close.setIconSize(theme.square(SIZES.icon_small))
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 7, 7)
        row.setSpacing(10)
        row.addWidget(self._symbol)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._close)
        self._leave = QTimer(self, singleShot=True)
        self._leave.timeout.connect(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """The text of the bar."""
        return self._text.text() if self._shown is not None else ""

    @property
    def more(self) -> str:
        """The number of notices, where there are several, such as `1 of 3`."""
        return self._more.text()

    def refresh(self, state: AppState, *, presenting: bool = False) -> None:
        """Show the latest notice of `state`; while presenting, none that only informs."""
        notices = [one for one in state.notices if not (presenting and one.level == "info")]
        latest = max(notices, key=lambda notice: notice.number, default=None)
        count = len(notices)
        more = f"1 of {count}" if count > 1 else ""
        if more != self._more.text():
            self._more.setText(more)
            self._more.setVisible(bool(more))
        if latest != self._shown:
            self._shown = latest
            self._show(latest)

    def dismiss(self) -> None:
        """Dismiss the notice that is shown; an earlier one is shown again."""
        if self._shown is not None:
            self.dismissed.emit(self._shown.number)

    def place(self) -> None:
        """Move above the bottom of the parent, in the middle, as wide as the text needs."""
        parent = self.parentWidget()
        if parent is None:
            return
        width = min(parent.width() - 24, _WIDEST)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout is not None else 0
        height = max(height, self.minimumHeight())
        top = max(parent.height() - height - theme.px(_ABOVE_BOTTOM), 0)
        self.setGeometry((parent.width() - width) // 2, top, width, height)
        self.raise_()

    def _show(self, notice: Notice | None) -> None:
        self.setVisible(notice is not None)
        self._leave.stop()
        if notice is None:
            return
        colour = getattr(theme.current(), notice.level)
        ratio = self.devicePixelRatioF()
        self._symbol.setPixmap(
            picture(notice.level, colour=colour, size=theme.px(SIZES.icon), ratio=ratio)
        )
        self._symbol.setAccessibleName(notice.level)
        self._close.setIcon(icon("close"))
        self._text.setText(notice.text)
        self.setAccessibleDescription(f"{notice.level}: {notice.text}")
        self.setProperty("level", notice.level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._leave.start(max(STAYS[notice.level], _READING * len(notice.text)))
        self.place()
