"""Saves an image of the window, once it shows a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.window.window import Window
    from poseviewer.runtime.state import AppState

PATIENCE = 180_000
"""Milliseconds after which it gives up."""

SETTLE = 600
"""Milliseconds that docks may take to draw the last state."""

_ENOUGH = 120
"""Analysed frames of a live source that make a curve worth seeing."""

_QUALITY = 90
"""Of a .webp, 0 to 100."""


class WindowSnapshot(QObject):
    """Waits until a clip is analysed, or a live source has run a while; then saves an image."""

    done = Signal(str)
    """Why there is no image; empty when there is one."""

    def __init__(
        self,
        window: Window,
        path: Path,
        *,
        part: Callable[[Window], QWidget],
        arrange: Callable[[Window], object],
        settle: int = SETTLE,
        share: float = 0.5,
        with_map: bool = False,
    ) -> None:
        """Wait and take a picture.

        Args:
            window: The window, shown.
            path: The .png, or .webp where size matters, to write.
            part: Gives the widget to take, when the time has come.
            arrange: Called when the frame to picture is on screen.
            settle: Milliseconds from then on until the picture is taken.
            share: Which part of a clip is shown.
            with_map: Show the last stage's map of the right knee on the frame.
        """
        super().__init__(window)
        self._window, self._path, self._share = window, path, share
        self._part, self._arrange = part, arrange
        self._index: int | None = None
        self._with_map, self._overlaid = with_map, False
        self._finished = False
        self._trouble = ""
        """The newest error; its notice may leave while something else is still loaded."""
        window.bridge.changed.connect(self._look)
        self._settle = QTimer(self, singleShot=True, interval=settle)
        self._settle.timeout.connect(self._take)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(
            lambda: self._end("The window had nothing to show in time: see its notices.")
        )
        self._patience.start()

    def _look(self) -> None:
        state = self._window.bridge.session.state
        if self._finished or self._settle.isActive():
            return
        errors = (n.text for n in reversed(state.notices) if n.level == "error")
        self._trouble = next(errors, self._trouble)
        if self._trouble and (state.source is None or state.model is None) and not state.busy:
            self._end(self._trouble)
        elif state.source is None or state.result is None or self._window.docks is None:
            return
        else:
            self._lay_map_over()
            self._look_closer(state)

    def _look_closer(self, state: AppState) -> None:
        assert state.source is not None
        if state.source.live:
            if len(self._window.bridge.session.history().index) >= _ENOUGH:
                self._window.bridge.session.pause()
                self._arrive()
        else:
            self._look_at_clip(state)

    def _lay_map_over(self) -> None:
        """Show the map of the right knee, once."""
        window = self._window
        model = window.bridge.session.state.model
        if self._overlaid or not self._with_map or model is None:
            return
        self._overlaid = True
        joints = model.skeleton.joints
        channel = joints.index("right_knee") if "right_knee" in joints else None
        window.bridge.session.change(
            "display", overlay_stage=len(model.stages) - 1, overlay_channel=channel
        )

    def _look_at_clip(self, state: AppState) -> None:
        session = self._window.bridge.session
        assert state.source is not None
        assert state.result is not None
        if self._index is None:
            self._index = round(self._share * (state.source.count - 1))
            session.seek(self._index)
            session.analyse()
        elif (
            state.analysis is not None
            and state.analysis.finished
            and state.result.frame.index == self._index
        ):
            self._arrive()

    def _arrive(self) -> None:
        self._settle.start()
        self._arrange(self._window)

    def _take(self) -> None:
        small = self._path.suffix == ".webp"
        picture = self._part(self._window).grab()
        # A quality asked of a PNG is taken for how little it may be packed.
        saved = picture.save(str(self._path), "WEBP" if small else "PNG", _QUALITY if small else -1)
        self._end("" if saved else f"The picture cannot be written to {self._path}.")

    def _end(self, trouble: str) -> None:
        if not self._finished:
            self._finished = True
            self._patience.stop()
            self.done.emit(trouble)
