"""What the window is painted with first, before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QStackedWidget, QToolButton, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.actions.titles import add_titles
from poseviewer.gui.window.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QMainWindow

_BAR = 62, 30
"""Height of the transport bar, points: of what is as high from everywhere, and of its buttons."""


class Ground:
    """The titles of the menus, the status line, and grounds as large as what will stand there.

    Args:
        window: What they are put into.
        expecting: Whether something will be opened at once: the place of the frame is then shown.
    """

    def __init__(self, window: QMainWindow, *, expecting: bool) -> None:
        self._menu_bar = window.menuBar()
        self.titles = add_titles(self._menu_bar)
        """The menus by title, empty."""
        # As high as the tabs that take its place.
        corner = QToolButton(window)
        corner.setText(" ")
        corner.setProperty("workspace", True)
        corner.setEnabled(False)
        self._menu_bar.setCornerWidget(corner)
        self.status = StatusLine(window)
        self.status.text.setText("Starting…")
        window.setStatusBar(self.status)
        self.stack = QStackedWidget(window)
        """The pages in the middle."""
        self._page = QWidget(self.stack)
        # The colour around the frame.
        self._page.setBackgroundRole(QPalette.ColorRole.Shadow)
        self._page.setAutoFillBackground(expecting)
        self.stack.addWidget(self._page)
        self._bar = QWidget(window)
        self._bar.setObjectName("transport")
        self._bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar.setFixedHeight(_BAR[0] + theme.px(_BAR[1]))
        centre = QWidget(window)
        centre.setObjectName("centre")
        self._column = QVBoxLayout(centre)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.stack, 1)
        self._column.addWidget(self._bar)
        window.setCentralWidget(centre)

    def fill(
        self,
        *,
        corner: QWidget,
        pages: Sequence[QWidget],
        shown: QWidget,
        above: QWidget,
        bar: QWidget,
    ) -> None:
        """Put what was made in the place of the grounds.

        Args:
            corner: Beside the menus.
            pages: In the middle.
            shown: Which page is seen.
            above: Above the pages.
            bar: Below them.
        """
        self._menu_bar.setCornerWidget(corner)
        corner.show()
        for page in pages:
            self.stack.addWidget(page)
        self.stack.setCurrentWidget(shown)
        self._page.deleteLater()
        self._column.insertWidget(0, above)
        self._column.replaceWidget(self._bar, bar)
        # Hidden too: a window that is used without an event loop deletes nothing later.
        self._bar.hide()
        self._bar.deleteLater()
        bar.show()
