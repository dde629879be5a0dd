"""The view of the frame in the middle of the window, with what is drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.core.affine import Box
from poseviewer.gui import theme
from poseviewer.gui.frame.hud import paint_cross, paint_panels
from poseviewer.gui.frame.painter import ScenePainter
from poseviewer.gui.frame.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtCore import QEvent

    from poseviewer.core.frame import Frame
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.design import Theme
    from poseviewer.gui.frame.tool import DrawingTool, Tool

_STEP = 1.2
"""Zoom of one notch of the wheel."""

_NEAREST_FROM = 3.0
"""From this many points a pixel, pixels are shown as they are: squares."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a picture of a frame with its scene depends on besides these."""

    viewport: Viewport
    size: tuple[int, int]
    """Of the view, points."""
    ratio: float
    """Device pixels a point."""
    theme: Theme
    scale: float
    """Points per design point."""
    font: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame with its scene and the texts in the corners, as large as the view."""

    frame: Frame
    scene: Scene | None
    setting: Setting
    corners: Mapping[str, list[str]]
    image: QImage


class FrameView(QWidget):
    """Shows one frame and its scene; zooms, pans, and lets a box be dragged."""

    hovered = Signal(object)
    """(x, y) of the frame pixel under the pointer, or None."""

    clicked = Signal(object)
    """(x, y) of the frame pixel that was clicked, without a drag."""

    box_dragged = Signal(object)
    """The `Box` that was dragged, frame pixels."""

    zoomed = Signal()
    """The scale has changed: a scene made for another does not fit as well."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Frame")
        self.setAccessibleDescription(
            "The current frame. The wheel zooms, dragging moves, a double-click fits it; "
            "dragging with Shift chooses the region to analyse."
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._frame: Frame | None = None
        self._image = QImage()
        self._screen: NDArray[np.uint32] | None = None
        """The memory of the image, where it is not its own."""
        self._scene: Scene | None = None
        self._painter, self._other_painter = ScenePainter(), ScenePainter()
        """One for each thread."""
        self.setting: Setting | None = None
        """As it was painted last."""
        self._made: Picture | None = None
        """What was made on another thread, until it is asked for."""
        self._picture: Picture | None = None
        self._spare: QImage | None = None
        """The memory of one that is shown no more: new memory takes as long to get as to fill."""
        self._viewport = Viewport()
        self._mirrored = False
        self._fitted = True
        self._armed = False
        self._cross: tuple[float, float] | None = None
        self._corner: tuple[float, float] | None = None
        self._opposite: tuple[float, float] = (0.0, 0.0)
        self._grip: QPointF | None = None
        self._pointer: QPointF | None = None
        self._pressed = QPointF()
        self._corners: Mapping[str, list[str]] = {}
        self.tool: Tool | None = None
        """What takes the pointer while joints are corrected."""
        self.drawing: DrawingTool | None = None
        """What takes it while a person draws."""

    # -- what is shown --------------------------------------------------------------------

    @property
    def viewport(self) -> Viewport:
        """The position and scale of the frame."""
        return self._viewport

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        return self._frame

    @property
    def scene(self) -> Scene | None:
        """What is drawn over it."""
        return self._scene

    def scale_for(self, frame: Frame | None) -> float:
        """Points per pixel at which `frame` will be shown."""
        shown = self._frame.size if self._frame is not None else None
        if frame is None or frame.size == shown:
            return self._viewport.scale
        return Viewport.fitted(frame.size, view=self._extent()).scale

    def show_frame(
        self,
        frame: Frame | None,
        scene: Scene | None,
        *,
        screen: NDArray[np.uint32] | None = None,
    ) -> None:
        """Show a frame with its scene.

        Args:
            frame: None for an empty state.
            scene: What is drawn over it.
            screen: The frame's pixels as 0xffRRGGBB, where they are at hand.
        """
        made, self._made = self._made, None
        if frame is self._frame and scene is self._scene:
            return
        fits = made is not None and made.frame is frame and made.scene is scene
        self._spare = None if self._picture is None else self._picture.image
        self._picture = made if fits else None
        if frame is not self._frame:
            resized = frame is not None and (self._frame is None or frame.size != self._frame.size)
            self._frame = frame
            self._screen = screen
            self._image = QImage() if frame is None else _wrapped(frame, screen)
            self._scene = scene
            if resized:
                self.fit()
                self.hovered.emit(self.pointed)
        self._scene = scene
        self.update()

    def draw_ahead(
        self,
        frame: Frame,
        scene: Scene | None,
        *,
        screen: NDArray[np.uint32] | None,
        corners: Mapping[str, list[str]],
    ) -> None:
        """Make the picture of a frame that is shown next; called on another thread.

        Args:
            frame: It.
            scene: What is drawn over it.
            screen: Its pixels as `show_frame` takes them.
            corners: The lines in the corners.
        """
        setting, before = self.setting, self._frame
        if setting is None or before is None or before.size != frame.size:
            return
        (width, height), ratio = setting.size, setting.ratio
        made, self._spare = self._spare, None
        size = QSize(round(width * ratio), round(height * ratio))
        if made is None or made.size() != size:
            made = QImage(size, QImage.Format.Format_RGB32)
        made.setDevicePixelRatio(ratio)
        painter = QPainter(made)
        region = QRegion(0, 0, width, height)
        _paint_ground(painter, region, frame.size, setting)
        _paint_picture(painter, _wrapped(frame, screen), setting)
        _paint_scene(painter, self._other_painter, scene, setting)
        _paint_corners(painter, corners, setting)
        painter.end()
        self._made = Picture(frame, scene, setting, corners, made)

    def say(self, lines: Sequence[str], *, corner: str) -> None:
        """Write lines into a corner."""
        if self._corners.get(corner) != list(lines):
            self._corners = {**self._corners, corner: list(lines)}
            self.update()

    def said(self, corner: str) -> Sequence[str]:
        """The lines in a corner."""
        return self._corners.get(corner, [])

    def mirror(self, on: bool) -> None:
        """Show frames as in a mirror, or as they are; texts stay readable."""
        if on != self._mirrored:
            self._mirrored = on
            if self._frame is not None:
                # What is seen is turned about the middle of the view, so that it stays in sight.
                place, (wide, _) = self._viewport, self._extent()
                self._place(replace(place, x=wide - place.x - self._frame.size[0] * place.scale))

    def point_at(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel, such as one pointed at in a dock."""
        if place != self._cross:
            self._cross = place
            self.update()

    # -- zoom -----------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole frame, and keep doing so when the state is resized."""
        self._fitted = True
        if self._frame is not None:
            self._place(Viewport.fitted(self._frame.size, view=self._extent()))

    def actual_size(self) -> None:
        """One screen pixel a frame pixel, about the middle of the view."""
        self.zoom(1 / self.devicePixelRatioF() / self._viewport.scale)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom in by `factor`, about a point of the view or its middle."""
        if self._frame is None:
            return
        place = (at.x(), at.y()) if at is not None else (self.width() / 2, self.height() / 2)
        self._fitted = False
        self._place(self._viewport.zoomed(factor, at=place))

    def _extent(self) -> tuple[float, float]:
        return float(self.width()), float(self.height())

    def _place(self, viewport: Viewport) -> None:
        if self._frame is None:
            return
        placed = viewport.clamped(self._frame.size, view=self._extent())
        mirrored = self._frame.size[0] if self._mirrored else 0
        before, self._viewport = self._viewport, replace(placed, mirrored=mirrored)
        self.update()
        if self._viewport.scale != before.scale:
            self.zoomed.emit()

    # -- the region -----------------------------------------------------------------------

    def arm_box(self) -> None:
        """Make the next drag choose a region instead of moving the frame."""
        self._armed = True
        self.setCursor(Qt.CursorShape.CrossCursor)

    def disarm(self) -> bool:
        """Cancel choosing a region; return whether one was being chosen."""
        was = self._armed or self._corner is not None
        if not was:
            return any(tool.cancel() for tool in self._tools)
        self._armed, self._corner = False, None
        self.unsetCursor()
        self.update()
        return was

    # -- events ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame, scene and texts."""
        painter = QPainter(self)
        setting = self.setting = Setting(
            self._viewport,
            (self.width(), self.height()),
            self.devicePixelRatioF(),
            theme.current(),
            theme.scale(),
            self.font().key(),
        )
        made = self._picture
        if made is not None and (made.setting, made.corners) == (setting, self._corners):
            painter.drawImage(0, 0, made.image)
        else:
            size = None if self._frame is None else self._frame.size
            _paint_ground(painter, QRegion(event.rect()), size, setting)
            if self._frame is not None:
                _paint_picture(painter, self._image, setting)
                self._paint_scene(painter, setting)
            _paint_corners(painter, self._corners, setting)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tool in self._tools:
            tool.paint(painter)
        if self._cross is not None:
            paint_cross(painter, QPointF(*self._viewport.to_view(*self._cross)))
        if self._corner is not None:
            painter.setPen(QPen(QColor(theme.current().accent), 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(theme.current().colour("accent", 0.12))
            painter.drawRect(QRectF(QPointF(*self._corner), QPointF(*self._opposite)))
        painter.end()

    def _paint_scene(self, painter: QPainter, setting: Setting) -> None:
        """Paint what lies over the frame."""
        _paint_scene(painter, self._painter, self._scene, setting)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted frame fitted."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit()
        else:
            self._place(self._viewport)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom to the pointer."""
        self.zoom(_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move the frame or to drag a box."""
        if self._frame is None:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if left and (self._armed or shift):
            self._corner = self._opposite = (event.position().x(), event.position().y())
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif left and any(tool.press(event.position()) for tool in self._tools):
            self.setCursor(Qt.CursorShape.BlankCursor)
        elif left or event.button() == Qt.MouseButton.MiddleButton:
            self._grip = self._pressed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move, drag, or report the pixel under the pointer."""
        at = event.position()
        if self._corner is not None:
            self._opposite = (at.x(), at.y())
            self.update()
        elif self._grip is not None:
            moved = at - self._grip
            self._grip = at
            self._fitted = False
            self._place(self._viewport.shifted(moved.x(), moved.y()))
        else:
            for tool in self._tools:
                tool.move(at)
        self._pointer = at
        self.hovered.emit(self.pixel_at(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End moving or dragging; a click is neither."""
        grip, self._grip = self._grip, None
        if any(tool.release(event.position()) for tool in self._tools):
            self.unsetCursor()
        elif self._corner is not None:
            box = self._dragged_box()
            self.disarm()
            if box is not None:
                self.box_dragged.emit(box)
        elif not self._armed:
            self.unsetCursor()
            if grip and (grip - self._pressed).manhattanLength() < 4:
                self.clicked.emit(self.pixel_at(grip))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a drawing; else fit, or show 1:1 where the frame is fitted already."""
        if any(tool.edit(event.position()) for tool in self._tools):
            return
        if self._fitted:
            self.zoom(1 / self.devicePixelRatioF() / self._viewport.scale, event.position())
        else:
            self.fit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Say what can be done with the joint, person or drawing there, while a tool is active."""
        menus = (tool.menu(QPointF(event.pos())) for tool in self._tools)
        menu = next((menu for menu in menus if menu is not None), None)
        if menu is None:
            super().contextMenuEvent(event)
            return
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Note that the pointer is over no pixel any more."""
        super().leaveEvent(event)
        self._pointer = None
        self.hovered.emit(None)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab for the next joint; Shift+Tab leaves the view."""
        return False if forward else super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cancel a drag on Esc; all other keys belong to actions."""
        if event.key() != Qt.Key.Key_Escape or not self.disarm():
            super().keyPressEvent(event)

    # -- helpers --------------------------------------------------------------------------

    @property
    def _tools(self) -> tuple[Tool, ...]:
        return tuple(tool for tool in (self.drawing, self.tool) if tool is not None)

    def pixel_at(self, at: QPointF | QPoint) -> tuple[int, int] | None:
        """The frame pixel under a point of the view."""
        if self._frame is None:
            return None
        x, y = (round(value) for value in self._viewport.to_frame(at.x(), at.y()))
        width, height = self._frame.size
        return (x, y) if 0 <= x < width and 0 <= y < height else None

    @property
    def pointed(self) -> tuple[int, int] | None:
        """The frame pixel under the pointer, also where that rests while frames go by."""
        return None if self._pointer is None else self.pixel_at(self._pointer)

    def _dragged_box(self) -> Box | None:
        """The dragged box cut to the frame; None where it is too small to mean anything."""
        if self._frame is None or self._corner is None:
            return None
        ends = (self._viewport.to_frame(*self._corner), self._viewport.to_frame(*self._opposite))
        edges = []
        for axis, limit in enumerate(self._frame.size):
            low, high = sorted(end[axis] for end in ends)
            edges.append((max(low, -0.5), min(high, limit - 0.5)))
        (left, right), (top, bottom) = edges
        if right - left < 8 or bottom - top < 8:
            return None
        return Box(left, top, right - left, bottom - top)


def _paint_ground(
    painter: QPainter, region: QRegion, frame: tuple[int, int] | None, setting: Setting
) -> None:
    """Paint what lies around the frame: whole points of the view that it does not cover."""
    if frame is not None:
        place, (width, height) = setting.viewport, frame
        left, top = ceil(place.x), ceil(place.y)
        right = floor(place.x + width * place.scale)
        bottom = floor(place.y + height * place.scale)
        region = region.subtracted(QRegion(left, top, max(right - left, 0), max(bottom - top, 0)))
    painter.setClipRegion(region)
    painter.fillRect(QRectF(0, 0, *setting.size), QColor(setting.theme.canvas))
    painter.setClipping(False)


def _paint_picture(painter: QPainter, image: QImage, setting: Setting) -> None:
    place = setting.viewport
    step, first = place.across
    painter.save()
    painter.translate(first, place.y)
    painter.scale(step, place.scale)
    smooth = place.scale * setting.ratio < _NEAREST_FROM
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(0, 0, image)
    painter.restore()


def _paint_scene(
    painter: QPainter, by: ScenePainter, scene: Scene | None, setting: Setting
) -> None:
    if scene is not None:
        by.paint(
            painter,
            scene=scene,
            viewport=setting.viewport,
            size=setting.scale,
            font=setting.font,
        )


def _paint_corners(painter: QPainter, corners: Mapping[str, list[str]], setting: Setting) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_panels(painter, corners, area=QRectF(0, 0, *setting.size))


def _wrapped(frame: Frame, screen: NDArray[np.uint32] | None) -> QImage:
    """The frame as RGB32, in the memory of `screen` where that is given.

    Without it the array is wrapped without a copy and converted once: painting RGB888 with scaling
    costs three to four times the conversion and the painting of RGB32 together (1080p to 0.55 with
    smoothing: 3.6 ms against 0.9).
    """
    pixels = frame.pixels
    height, width = pixels.shape[:2]
    if screen is not None:
        return QImage(screen.data, width, height, screen.strides[0], QImage.Format.Format_RGB32)
    image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)
