"""The strip over the picture that tells what went wrong, without stopping anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from poseviewer.gui import theme
from poseviewer.gui.icons import icon, picture
from poseviewer.runtime.state import Level, Notice

if TYPE_CHECKING:
    from poseviewer.runtime.state import Progress, View

_STAYS = 6000
"""Milliseconds after which mere news goes away by itself."""

_WIDEST = 720


def outcome(progress: Progress, *, number: int) -> list[Notice]:
    """What is to be said of work that has come to its end, well or badly."""
    if not progress.finished:
        return []
    if progress.error:
        return [Notice(number, "warning", progress.error)]
    said = []
    if progress.output:
        said.append(Notice(number, "info", f"Wrote {progress.output}"))
    if progress.notice:
        said.append(Notice(number, "warning", progress.notice))
    return said


class NoticeBar(QFrame):
    """Shows unread notices one at a time, the worst and latest first; hidden when all are read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._unread: list[Notice] = []
        self._last = 0
        self._ended: dict[str, Progress] = {}
        self._symbol = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel(self)
        self._more.setProperty("muted", True)
        self._close = QToolButton(self)
        self._close.setProperty("flat", True)
        self._close.setAccessibleName("Dismiss the notice")
        self._close.setToolTip("Dismiss")
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 7, 7)
        row.setSpacing(10)
        row.addWidget(self._symbol)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addWidget(self._close)
        self._leave = QTimer(self, singleShot=True, interval=_STAYS)
        self._leave.timeout.connect(self._forget_news)
        self.hide()

    @property
    def unread(self) -> int:
        """How many notices wait to be dismissed."""
        return len(self._unread)

    @property
    def text(self) -> str:
        """What the bar says."""
        return self._text.text()

    def refresh(self, view: View) -> None:
        """Take in the notices of `view` not shown yet, and how its long work has ended."""
        fresh = [notice for notice in view.notices if notice.number > self._last]
        if fresh:
            self._last = max(notice.number for notice in fresh)
        for kind, progress in (("export", view.export), ("analysis", view.analysis)):
            if progress is not self._ended.get(kind) and progress is not None:
                self._ended[kind] = progress
                fresh += outcome(progress, number=self._last)
        if fresh:
            self._unread = [n for n in self._unread if n.level != "info"] + fresh
            self._show()

    def say(self, level: Level, text: str) -> None:
        """Show a sentence of the window's own, such as why a tile could not be saved."""
        self._unread = [n for n in self._unread if n.level != "info"]
        self._unread.append(Notice(self._last, level, text))
        self._show()

    def dismiss(self) -> None:
        """Put the notice that is shown away, and show the next."""
        if self._unread:
            self._unread.remove(self._foremost())
        self._show()

    def place(self) -> None:
        """Lie at the top of the parent, in the middle, as wide as the text needs."""
        parent = self.parentWidget()
        room = parent.width() if parent is not None else _WIDEST
        width = min(room - 24, _WIDEST)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout is not None else 0
        self.setGeometry((room - width) // 2, 12, width, max(height, self.minimumHeight()))
        self.raise_()

    def _foremost(self) -> Notice:
        rank = {"error": 2, "warning": 1, "info": 0}
        return max(self._unread, key=lambda notice: (rank[notice.level], notice.number))

    def _forget_news(self) -> None:
        self._unread = [notice for notice in self._unread if notice.level != "info"]
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._unread))
        if not self._unread:
            self._leave.stop()
            return
        notice = self._foremost()
        now = theme.current()
        self._symbol.setPixmap(
            picture(
                notice.level,
                colour=getattr(now, notice.level),
                size=20,
                ratio=self.devicePixelRatioF(),
            )
        )
        self._symbol.setAccessibleName(notice.level)
        self._close.setIcon(icon("close"))
        self._text.setText(notice.text)
        self.setAccessibleDescription(f"{notice.level}: {notice.text}")
        rest = len(self._unread) - 1
        self._more.setText(f"1 of {rest + 1}" if rest else "")
        self._more.setVisible(bool(rest))
        self.setProperty("level", notice.level)
        self.style().unpolish(self)
        self.style().polish(self)
        if any(waiting.level == "info" for waiting in self._unread):
            self._leave.start()
        self.place()
