"""What the actions about angles do: their dialogs, and saving what the plot shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from poseviewer.gui.angles.define_dialog import AngleDialog
from poseviewer.gui.angles.filter_dialog import FilterDialog, filter_in_force
from poseviewer.gui.angles.plot import plot_picture
from poseviewer.runtime.series_file import Series

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog

    from poseviewer.gui.angles.dock import AnglesDock
    from poseviewer.gui.window.window import Window

_CURVES = "Table (*.csv);;OpenSim motion (*.mot)"


class AngleCommands:
    """The verbs about angles, by the names of the action table."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._session = window.bridge.session
        window.ready.connect(self._follow)

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        choose = self._session.choose
        return {
            "facing_right": lambda _on: choose(facing="right"),
            "facing_left": lambda _on: choose(facing="left"),
            "facing_auto": lambda _on: choose(facing="auto"),
            "no_arcs": lambda: self._window.set_look(arcs=()),
            "define_angle": self.define,
            "filters": self.filters,
            "save_curves": self.save_curves,
            "save_plot": self.save_picture,
        }

    def define(self) -> None:
        """Define angles of one's own."""
        self._show(AngleDialog(self._window.bridge, self._window))

    def filters(self) -> None:
        """Choose what is done to curves and to the joints that are shown."""
        self._show(FilterDialog(self._window.bridge, self._window))

    def save_curves(self) -> None:
        """Ask where to write the values of the shown range, and write them."""
        if self._dock is not None and len(self._dock.history().index):
            self._ask("Save curves", "angles.csv", _CURVES, self._write_curves)

    def save_picture(self) -> None:
        """Ask where to save a picture of the plot, and save it."""
        if self._dock is not None and self._dock.plot is not None:
            self._ask(
                "Save picture of the plot", "angles.png", "PNG image (*.png)", self._write_png
            )

    @property
    def _dock(self) -> AnglesDock | None:
        return self._window.docks.angles if self._window.docks is not None else None

    def _follow(self) -> None:
        """Do what the dock's own controls ask for."""
        if self._dock is not None:
            controls = self._dock.controls
            controls.filters_asked.connect(self.filters)
            controls.define_asked.connect(self.define)
            controls.curves_asked.connect(self.save_curves)
            controls.picture_asked.connect(self.save_picture)

    def _write_curves(self, path: str) -> None:
        dock, view = self._dock, self._session.view()
        if dock is None:
            return
        history = dock.history()
        low, high = dock.shown_range()
        by, _ = filter_in_force(view.choices, history.seconds)
        self._session.angles.write(
            Path(path), Series(history, dock.chosen, low, high, by, dock.radians)
        )

    def _write_png(self, path: str) -> None:
        dock, view = self._dock, self._session.view()
        if dock is None or dock.plot is None:
            return
        title = view.source.name if view.source is not None else ""
        plot = dock.large_plot()
        image = plot_picture(plot, title=title, names=dock.chosen, caption=dock.caption.text())
        plot.deleteLater()
        self._session.angles.tell_of_picture(Path(path), written=image.save(path))

    def _ask(self, title: str, name: str, kinds: str, then: Callable[[str], None]) -> None:
        source = self._session.view().source
        stem = Path(source.name).stem.replace(":", "_") if source is not None else ""
        folder = Path(self._window.settings.folder or Path.home())
        picker = QFileDialog(self._window, title, str(folder), kinds)
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setDefaultSuffix(Path(name).suffix[1:])
        picker.filterSelected.connect(
            lambda chosen: picker.setDefaultSuffix("mot" if ".mot" in chosen else name[-3:])
        )
        picker.selectFile(str(folder / f"{stem or 'pose'}_{name}"))
        picker.fileSelected.connect(then)
        self._open(picker)

    def _show(self, dialog: QDialog) -> None:
        """Open a dialog beside the window: what it changes is seen at once."""
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
