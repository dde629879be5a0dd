"""The second screen: the frame, the maps of one joint and its angles, without any control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QWidget

from poseviewer.gui.figures.dock import FiguresDock
from poseviewer.gui.frame.scene import SceneCache
from poseviewer.gui.frame.view import FrameView
from poseviewer.gui.joint_maps.dock import JointMapsDock

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QScreen

    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.window.docks import Docks
    from poseviewer.runtime.state import AppState


class Output(QWidget):
    """A window of its own that shows what the session shows; full screen where there is another."""

    closed = Signal()
    stages_changed = Signal()
    """`visible_stages` gives another answer than before."""

    def __init__(self, bridge: Bridge, docks: Docks) -> None:
        super().__init__()
        self.setObjectName("output")
        self.setWindowTitle("PoseViewer, second screen")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        # Keys stay with the window of the operator.
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._docks, self._scenes = docks, SceneCache()
        self.frame_view = FrameView(self)
        self.maps, self.figures = JointMapsDock(bridge, self), FiguresDock(bridge, self)
        self.maps.show_controls(on=False)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.frame_view, 0, 0)
        grid.addWidget(self.figures, 0, 1)
        grid.addWidget(self.maps, 1, 0, 1, 2)
        for at, stretch in enumerate((7, 3)):
            grid.setRowStretch(at, stretch)
        for at, stretch in enumerate((4, 1)):
            grid.setColumnStretch(at, stretch)
        for dock in (self.maps, self.figures):
            dock.setFeatures(dock.DockWidgetFeature.NoDockWidgetFeatures)
            dock.setTitleBarWidget(QWidget(dock))
            dock.stages_changed.connect(self.stages_changed)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        QGuiApplication.instance().screenRemoved.connect(self._on_removed)  # type: ignore[union-attr]

    def show_beside(self, window: QWidget) -> None:
        """Fill another screen than that of `window`; without one be an ordinary window."""
        others = [one for one in QGuiApplication.screens() if one is not window.screen()]
        if not others:
            self.resize(window.size() * 0.7)
            self.show()
            return
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setGeometry(others[0].geometry())
        self.showFullScreen()

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are shown."""
        return self.maps.visible_stages()

    def refresh(self, state: AppState) -> None:
        """Show a state."""
        frame, result = state.shown
        zoom = self.frame_view.scale_for(frame)
        more = self._docks.items
        self.frame_view.show_frame(
            frame,
            self._scenes.scene(result, look=state.look, zoom=zoom, more=more),
            screen=state.screen,
        )
        self.frame_view.mirror(state.mirrored)
        self.maps.set_animated(state.source is not None and not state.playback.playing)
        self.maps.follow(self._docks.joint_maps)
        for dock in (self.maps, self.figures):
            dock.refresh(state)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say that it is gone."""
        super().closeEvent(event)
        self.closed.emit()

    def _on_removed(self, screen: QScreen) -> None:
        # Qt moves the windows of a screen that is gone over those of another one.
        if screen is self.screen():
            self.close()
