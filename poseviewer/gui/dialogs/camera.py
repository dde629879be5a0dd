"""The dialog that chooses a camera, its resolution and its rate, with a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.plain import Label, allow, plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.frame import Frame
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import CameraChoice

SIZES = ((640, 480), (1280, 720), (1920, 1080))
RATES = (15, 30, 60)
"""Offered of a camera that does not list its own."""


class PreviewPicture(QWidget):
    """A frame fitted into its widget, or a sentence in its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Preview")
        self.setFixedSize(384, 216)
        self.frame: Frame | None = None
        self.text = ""
        self._mirrored = False

    def show_frame(self, frame: Frame | None, text: str, *, mirrored: bool) -> None:
        """Show a frame; the text where there is none."""
        self.frame, self.text, self._mirrored = frame, text, mirrored
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame or the sentence."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(now.canvas))
        if self.frame is None:
            painter.setPen(QColor(now.muted))
            room = self.rect().adjusted(18, 12, -18, -12)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self.text)
        else:
            pixels = self.frame.pixels
            height, width = pixels.shape[:2]
            image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            scale = min(self.width() / width, self.height() / height)
            painter.translate(self.width() / 2, self.height() / 2)
            painter.scale(-1 if self._mirrored else 1, 1)
            painter.drawImage(
                QRectF(-width * scale / 2, -height * scale / 2, width * scale, height * scale),
                image,
            )
        painter.end()


class CameraDialog(QDialog):
    """Asks which camera to open."""

    chosen = Signal(str, bool)
    """Location, and whether to mirror the picture."""

    def __init__(
        self,
        cameras: Sequence[CameraChoice],
        *,
        mirror: bool = False,
        bridge: Bridge | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Make the dialog.

        Args:
            cameras: Those found.
            mirror: Whether the picture is mirrored now.
            bridge: Opens the chosen camera for a look; no picture is shown where None.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Open camera")
        self.setMinimumWidth(420)
        self._bridge = bridge if cameras else None
        self.camera = _choice("Camera", "The camera to open", self)
        self._modes = {camera.location: dict(camera.modes) for camera in cameras}
        for camera in cameras:
            self.camera.addItem(camera.title, camera.location)
        self.size_choice = _choice("Resolution", "The closest that the camera offers is used", self)
        self.rate = _choice("Rate", "The closest that the camera offers is used", self)
        self._list_sizes()
        self.camera.currentIndexChanged.connect(self._list_sizes)
        self.size_choice.currentIndexChanged.connect(self._list_rates)
        self.mirror = QCheckBox("Mirror the camera", self)
        self.mirror.setToolTip("Swap left and right, as in a mirror")
        self.mirror.setChecked(mirror)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        for control in (self._open, self.camera, self.size_choice, self.rate, self.mirror):
            allow(control, bool(cameras), why_not="no camera was found")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("&Camera", self.camera)
        form.addRow("&Resolution", self.size_choice)
        form.addRow("R&ate", self.rate)
        form.addRow("", self.mirror)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        if self._bridge is not None:
            self._add_preview(column, self._bridge)
        column.addLayout(form)
        if not cameras:
            none = Label("No camera found. Plug one in and open this dialog again.", self)
            none.setProperty("muted", True)
            none.setWordWrap(True)
            column.addWidget(none)
        column.addWidget(buttons)

    @Slot()
    def _list_sizes(self) -> None:
        """Offer the resolutions of the chosen camera."""
        modes = self._modes.get(self.camera.currentData(), {})
        _offer(self.size_choice, [(_size_text(size), size) for size in modes or SIZES])
        self._list_rates()

    @Slot()
    def _list_rates(self) -> None:
        """Offer the rates of the chosen resolution, or all that the camera has."""
        modes = self._modes.get(self.camera.currentData(), {})
        size = self.size_choice.currentData()
        own = modes.get(size, ()) if size else {rate for some in modes.values() for rate in some}
        _offer(self.rate, [(f"{rate:.4g} fps", rate) for rate in sorted(own or RATES)])

    def location(self) -> str:
        """What to open, such as `camera:0@1280x720@30`."""
        location = str(self.camera.currentData())
        size, rate = self.size_choice.currentData(), self.rate.currentData()
        location += f"@{size[0]}x{size[1]}" if size else ""
        return location + (f"@{rate:g}" if rate else "")

    def accept(self) -> None:
        """Emit the choice."""
        super().accept()
        self.chosen.emit(self.location(), self.mirror.isChecked())

    def done(self, result: int) -> None:
        """Release the camera of the preview."""
        if self._bridge is not None:
            self._bridge.previewed.disconnect(self._show)
            self._bridge.changed.disconnect(self._show)
            self._bridge.end_preview()
        super().done(result)

    # -- the look -------------------------------------------------------------------------

    def _add_preview(self, column: QVBoxLayout, bridge: Bridge) -> None:
        self.picture = PreviewPicture(self)
        self.gives = Label(self)
        self.gives.setProperty("muted", True)
        self.gives.setAccessibleName("What the camera gives")
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.gives, 0, Qt.AlignmentFlag.AlignHCenter)
        for choice in (self.camera, self.size_choice, self.rate):
            choice.currentIndexChanged.connect(self._look)
        self.mirror.toggled.connect(self._show)
        bridge.previewed.connect(self._show)
        bridge.changed.connect(self._show)
        self._look()

    @Slot()
    def _look(self) -> None:
        """Open a preview of the chosen camera, unless the window has it open already."""
        assert self._bridge is not None
        if not self._in_window():
            self._bridge.begin_preview(self.location())
        else:
            self._bridge.end_preview()
        self._show()

    @Slot()
    def _show(self) -> None:
        assert self._bridge is not None
        if self._in_window():
            frame, text = self._bridge.session.state.frame, "Already open in the window"
        elif (preview := self._bridge.preview) is not None:
            frame, text = preview.frame, preview.text
        else:
            return
        self.picture.show_frame(frame, text, mirrored=self.mirror.isChecked())
        self.gives.setText(text if frame is not None else " ")

    def _in_window(self) -> bool:
        """Whether the window has the chosen device open, which cannot be opened twice."""
        assert self._bridge is not None
        source = self._bridge.session.state.source
        return source is not None and source.location.split("@")[0] == self.camera.currentData()


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"  # noqa: RUF001 - the sign for sizes


def _offer(box: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
    """Fill a box, below "Chosen by the camera"; what was chosen stays if it is still there."""
    chosen = box.currentText()
    with QSignalBlocker(box):
        box.clear()
        box.addItem("Chosen by the camera", None)
        for text, value in entries:
            box.addItem(text, value)
        box.setCurrentIndex(max(box.findText(chosen), 0))


def _choice(name: str, tip: str, parent: QWidget) -> QComboBox:
    made = QComboBox(parent)
    made.setAccessibleName(name)
    made.setToolTip(plain_tip(tip))
    return made
