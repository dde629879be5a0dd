"""What the actions about ground truth do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.gui.window import Window

_KINDS = "Ground truth (*.json *.mat *.h5 *.hdf5 *.csv);;All files (*)"


class TruthCommands:
    """Open ground truth, draw it, forget it."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        return {
            "open_truth": self.ask,
            "close_truth": self._window.bridge.session.truth.close,
            "truth": lambda on: self._window.set_look(truth=on),
        }

    def ask(self) -> None:
        """Ask for the file that labels what is open."""
        window = self._window
        if window.bridge.session.view().source is None:
            return
        picker = QFileDialog(window, "Open ground truth", window.settings.folder, _KINDS)
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.fileSelected.connect(self.open)
        picker.finished.connect(picker.deleteLater)
        picker.open()

    def open(self, path: str) -> None:
        """Read a file, and draw what it says."""
        self._window.bridge.session.truth.open(path)
        self._window.set_look(truth=True)
