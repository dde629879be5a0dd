"""The verbs of live sources: open one, record it, choose what is written and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

from poseviewer.gui.dialogs.camera import CameraDialog
from poseviewer.gui.dialogs.live_options import LiveOptionsDialog
from poseviewer.gui.dialogs.screen import ScreenDialog
from poseviewer.gui.dialogs.stream import StreamDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QDialog

    from poseviewer.gui.window.window import Window
    from poseviewer.runtime.state import CameraChoice, Keep, RecordJob


class LiveCommands:
    """What can be done with cameras, streams and the screen.

    Args:
        window: The window.
        ask: Opens a dialog.
    """

    def __init__(self, window: Window, ask: Callable[[QDialog], None]) -> None:
        self._window, self._ask = window, ask
        self._bridge, self._session = window.bridge, window.bridge.session
        self._bridge.cameras_found.connect(self.ask_camera)
        self._session.feed.keep(window.settings.keep)

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        return {
            "open_camera": self._bridge.look_for_cameras,
            "open_address": self.ask_address,
            "open_screen": self.ask_screen,
            "record": self.record,
            "live_options": self.ask_options,
        }

    def ask_camera(self, cameras: Sequence[CameraChoice]) -> None:
        """Ask which of the cameras found to open."""
        mirror = self._session.view().choices.mirror
        dialog = CameraDialog(cameras, mirror=mirror, bridge=self._bridge, parent=self._window)
        dialog.chosen.connect(self._open_camera)
        self._ask(dialog)

    def _open_camera(self, location: str, mirror: bool) -> None:
        self._session.choose(mirror=mirror)
        self._window.open(location)

    def ask_address(self) -> None:
        """Ask for the address of a stream."""
        dialog = StreamDialog(self._window.settings.recent, self._window)
        dialog.chosen.connect(self._window.open)
        self._ask(dialog)

    def ask_screen(self) -> None:
        """Ask for a part of the screen."""
        dialog = ScreenDialog(self._window)
        dialog.chosen.connect(self._window.open)
        self._ask(dialog)

    def record(self) -> None:
        """Write the live source to the person's folder of videos, or stop doing so."""
        if self._session.view().recording is not None:
            self._session.stop_recording()
            return
        job = replace(self._window.settings.record_job, look=self._window.look)
        self._session.record(_videos(), job)

    def ask_options(self) -> None:
        """Ask what a recording writes and how much is kept to go back to."""
        settings = self._window.settings
        dialog = LiveOptionsDialog(
            settings.record_job,
            settings.keep,
            folder=str(_videos()),
            source=self._session.view().source,
            parent=self._window,
        )
        dialog.chosen.connect(self._take_options)
        self._ask(dialog)

    def _take_options(self, job: RecordJob, keep: Keep) -> None:
        self._window.settings.record_job, self._window.settings.keep = job, keep
        self._session.feed.keep(keep)


def _videos() -> Path:
    """The person's folder of videos, or their home."""
    place = QStandardPaths.StandardLocation.MoviesLocation
    videos = Path(QStandardPaths.writableLocation(place) or Path.home())
    return videos if videos.is_dir() else Path.home()
