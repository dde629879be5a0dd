"""The views of two answers: beside each other and linked, or one with a divider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from poseviewer.gui.frame.painter import ScenePainter
from poseviewer.gui.frame.view import FrameView
from poseviewer.gui.frame.viewport import Viewport

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.frame.view import Setting

_REACH = 7.0
"""Points beside the divider within which it can be dragged."""

_HANDLE = 9.0

_FULL, _LEAST = 640.0, 0.5
"""Points of the frame's height from which scenes are drawn at full size; the least size."""


class CompareView(FrameView):
    """A view that another one follows, or with a second scene right of a divider."""

    moved = Signal()
    """This view was zoomed or moved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleDescription("Wheel zooms, dragging moves, double click fits.")
        self.setMinimumSize(96, 72)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._right: Scene | None = None
        self._right_painter = ScenePainter()
        self._split = False
        self._share = 0.5
        self._held = False
        self._following = False
        self._box: Box | None = None

    # -- what is shown --------------------------------------------------------------------

    def show_right(self, scene: Scene | None) -> None:
        """Set the scene right of the divider."""
        self._right = scene
        self.update()

    def set_split(self, on: bool) -> None:
        """Whether there is a divider."""
        self._split = on
        self.setAccessibleDescription(
            "Left of the divider the first answer, right of it the second; drag the divider."
            if on
            else "Wheel zooms, dragging moves, double click fits."
        )
        self.update()

    @property
    def divider(self) -> float:
        """Where the divider stands, points from the left."""
        return self._share * self.width()

    def set_divider(self, share: float) -> None:
        """Put the divider at a share of the width, 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)
        self.update()

    def fit_box(self, box: Box) -> None:
        """Show a box of the frame as large as it fits."""
        scale = min(self.width() / box.width, self.height() / box.height)
        x, y = ((centre + 0.5) * scale for centre in box.centre)
        if self._mirrored and self._frame is not None:
            x = self._frame.size[0] * scale - x
        self._fitted = False
        viewport = Viewport(scale, self.width() / 2 - x, self.height() / 2 - y)
        self._place(viewport, box=box)

    def mirror(self, on: bool) -> None:
        """Show frames as in a mirror, or as they are; what was fitted stays fitted."""
        box, self._following = self._box, True
        super().mirror(on)
        self._box, self._following = box, False

    # -- moving as one --------------------------------------------------------------------

    def follow(self, other: CompareView) -> None:
        """Show the same part of the frame as `other`, as large."""
        self._following = True
        try:
            if other._fitted:
                self.fit()
                return
            if other._box is not None:
                self.fit_box(other._box)
                return
            self._fitted = False
            place = other.viewport
            middle = (self.width() - other.width()) / 2, (self.height() - other.height()) / 2
            self._place(Viewport(place.scale, place.x + middle[0], place.y + middle[1]))
        finally:
            self._following = False

    def _place(self, viewport: Viewport, *, box: Box | None = None) -> None:
        self._box = box
        super()._place(viewport)
        if not self._following:
            self.moved.emit()

    # -- events ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again what was fitted, else keep the middle in the middle."""
        if self._box is not None:
            self.fit_box(self._box)
            return
        old, new = event.oldSize(), event.size()
        if not self._fitted and old.isValid():
            middle = (new.width() - old.width()) / 2, (new.height() - old.height()) / 2
            self._place(self.viewport.shifted(*middle))
        super().resizeEvent(event)

    def _paint_scene(self, painter: QPainter, setting: Setting) -> None:
        at, height = self.divider, float(self.height())
        left = QRectF(0, 0, at if self._split else self.width(), height)
        self._paint_part(painter, left, self._scene, self._painter, setting.viewport)
        if self._split:
            right = QRectF(at, 0, self.width() - at, height)
            self._paint_part(painter, right, self._right, self._right_painter, setting.viewport)
            self._paint_divider(painter, at, height)

    def _paint_part(
        self,
        painter: QPainter,
        part: QRectF,
        scene: Scene | None,
        how: ScenePainter,
        viewport: Viewport,
    ) -> None:
        if scene is None:
            return
        # Limbs as thick as in the large view would hide a small person.
        size = min(max(viewport.scale * scene.size[1] / _FULL, _LEAST), 1.0)
        painter.save()
        painter.setClipRect(part)
        how.paint(painter, scene=scene, viewport=viewport, size=size)
        painter.restore()

    def _paint_divider(self, painter: QPainter, at: float, height: float) -> None:
        painter.save()
        painter.setRenderHint(painter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 150), 4.0), (QColor(255, 255, 255), 1.6)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(at, 0), QPointF(at, height))
        middle = QPointF(at, height / 2)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1.2))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(middle, _HANDLE, _HANDLE)
        painter.setPen(QPen(QColor(40, 44, 52), 1.6))
        for side in (-1, 1):
            tip = middle + QPointF(side * 5.5, 0)
            for fall in (-3, 3):
                painter.drawLine(tip, middle + QPointF(side * 2.5, fall))
        painter.restore()

    def _on_divider(self, x: float) -> bool:
        return self._split and abs(x - self.divider) <= _REACH

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag the divider, or the frame."""
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._on_divider(event.position().x()):
            self._held = True
        elif not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            # With Shift the view in the middle of the window begins a region; not here.
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the divider, or as in `FrameView`."""
        if self._held:
            self.set_divider(event.position().x() / max(self.width(), 1))
        elif not event.buttons():
            near = self._on_divider(event.position().x())
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        self._held = False
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the divider into the middle, or as in `FrameView`."""
        if self._on_divider(event.position().x()):
            self.set_divider(0.5)
        else:
            super().mouseDoubleClickEvent(event)


class ComparePair(QWidget):
    """Two linked views beside or above each other, or one with a divider.

    The two stand beside or above each other, whichever shows the frame larger.
    """

    hovered = Signal(object)
    """(x, y) of the frame pixel under the pointer, or None."""

    zoomed = Signal()
    """The scale has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first, self.second = CompareView(self), CompareView(self)
        self.first.setAccessibleName("First answer")
        self.second.setAccessibleName("Second answer")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self._grid.addWidget(self.first, 0, 0)
        self._grid.addWidget(self.second, 0, 1)
        self._below = False
        self._wipe = False
        for state, other in ((self.first, self.second), (self.second, self.first)):
            state.moved.connect(lambda one=state, two=other: two.follow(one))
            state.hovered.connect(self._on_hover)
        self.first.zoomed.connect(self.zoomed)

    @property
    def wipe(self) -> bool:
        """Whether there is one view with a divider."""
        return self._wipe

    def set_wipe(self, on: bool) -> None:
        """Show one view with a divider, or two."""
        self._wipe = on
        self.second.setVisible(not on)
        self.first.set_split(on)
        self._arrange()

    def show_pair(self, frame: Frame | None, scenes: tuple[Scene | None, Scene | None]) -> None:
        """Show a frame under two scenes."""
        resized = frame is not None and (
            self.first.frame is None or self.first.frame.size != frame.size
        )
        self.first.show_frame(frame, scenes[0])
        self.first.show_right(scenes[1])
        self.second.show_frame(frame, scenes[1])
        if resized:
            self._arrange()

    def mirror(self, on: bool) -> None:
        """Show both as in a mirror, or as they are."""
        for view in (self.first, self.second):
            view.mirror(on)

    def say(self, first: str, second: str) -> None:
        """Write the names of the two answers into their views."""
        self.first.say([first] if first else (), corner="top left")
        self.first.say([second] if self._wipe and second else (), corner="top right")
        self.second.say([second] if second else (), corner="top left")

    def point_at(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel in both."""
        for state in (self.first, self.second):
            state.point_at(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the views beside or above each other, whichever shows more."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        frame = self.first.frame
        width, height = frame.size if frame is not None else (16, 9)
        beside = min(self.width() / 2 / width, self.height() / height)
        above = min(self.width() / width, self.height() / 2 / height)
        below = above > beside and not self._wipe
        if below != self._below:
            self._below = below
            self._grid.addWidget(self.second, int(below), int(not below))

    def _on_hover(self, place: tuple[int, int] | None) -> None:
        self.point_at(place)
        self.hovered.emit(place)
