"""The part of the export dialog that chooses what encodes a video, and says what works here."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from poseviewer.core.encoder_choice import AUTO, SOFTWARE, TITLES
from poseviewer.gui.plain import allow, plain_tip
from poseviewer.runtime.export_picture import hardware_encoders

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

    Search = Callable[[str, tuple[int, int]], list[str]]


class _Found(QObject):
    """Carries what a thread has found to the window's."""

    found = Signal(str, list)


class EncoderChoice(QComboBox):
    """What encodes a video; hardware is listed when it has really encoded something.

    Args:
        size: Of the clip's frames.
        search: Gives the families that encode a container's codec at a size here.
        parent: The dialog.
    """

    def __init__(
        self,
        size: tuple[int, int],
        *,
        search: Search | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._size, self._search = size, search or hardware_encoders
        self._form = self._known = ""
        self._thread: Thread | None = None
        self._carrier = _Found(self)
        self._carrier.found.connect(self._take)
        self.setAccessibleName("What encodes the video")
        self.addItem("Automatic", AUTO)
        self.addItem("Software", SOFTWARE)
        self.setToolTip("What encodes the video")

    @property
    def encoder(self) -> str:
        """The choice: `auto`, `software`, or a family of hardware."""
        return str(self.currentData())

    def show_form(self, form: str) -> None:
        """Take another container, by FFmpeg's name; empty where it is no video."""
        allow(self, bool(form), why_not="only for a video")
        if form and form != self._form:
            self._form = form
            if self.isVisible():
                self._begin()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to look."""
        super().showEvent(event)
        if self._form and self._known != self._form:
            self._begin()

    def stop(self) -> None:
        """Wait for what looks; hardware that hangs in its driver takes half a second."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _begin(self) -> None:
        self.stop()
        self._known = self._form
        carrier, search, form, size = self._carrier, self._search, self._form, self._size
        self._thread = Thread(
            target=lambda: carrier.found.emit(form, search(form, size)),
            name="poseviewer-encoders",
            daemon=True,
        )
        self._thread.start()

    def _take(self, form: str, found: list[str]) -> None:
        if form != self._form:
            return
        chosen = self.encoder
        self.blockSignals(True)
        while self.count() > 2:
            self.removeItem(2)
        for family in found:
            self.addItem(TITLES[family], family)
        first = TITLES[found[0]] if found else TITLES[SOFTWARE]
        self.setItemText(0, f"Automatic ({first})")
        none = "No hardware encoder works here for this format and size"
        self.setToolTip(plain_tip("What encodes the video" if found else none))
        self.setCurrentIndex(max(self.findData(chosen), 0))
        self.blockSignals(False)
