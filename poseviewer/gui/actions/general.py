"""What each action of the table does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from poseviewer import __version__
from poseviewer.gui.actions.angles import AngleCommands
from poseviewer.gui.actions.live import LiveCommands
from poseviewer.gui.actions.playback import Moves
from poseviewer.gui.actions.shuttle import Shuttle
from poseviewer.gui.actions.stages import InspectCommands, StageCommands
from poseviewer.gui.angles.filter_dialog import filter_in_force
from poseviewer.gui.dialogs.export import ExportDialog, exportable
from poseviewer.gui.dialogs.guide import Guide
from poseviewer.gui.dialogs.shortcuts import ShortcutsDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog

    from poseviewer.gui.theme import ThemeChoice
    from poseviewer.gui.window.window import Window
    from poseviewer.runtime.state import ExportJob


class PeopleCommands:
    """Whose maps and angles are shown."""

    def __init__(self, window: Window) -> None:
        self._session = window.bridge.session

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        choose = self._session.choose
        return {
            "region_people": lambda _on: choose(region="people"),
            "next_person": self.next_person,
            "anybody": lambda: choose(focus=None, locked=False),
        }

    def next_person(self) -> None:
        """Pick the next person in the picture, by number."""
        view = self._session.view()
        here = [] if view.result is None else view.result.poses.track.tolist()
        numbers = sorted(number for number in here if number >= 0)
        if not numbers:
            return
        # Where nobody is picked, the one in focus comes first.
        now = here[0] if view.choices.focus is None else view.choices.focus
        later = [number for number in numbers if number > now]
        self._session.choose(focus=(later or numbers)[0])


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


DEMO = "mannequin:"

_VIDEOS = "*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.ts *.mts *.mpg *.mpeg *.wmv *.flv *.gif"
_IMAGES = "*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp"
_OPENABLE = f"Videos and images ({_VIDEOS} {_IMAGES});;All files (*)"


class Commands:
    """The verbs of the window, by the names of the action table."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._bridge = window.bridge
        self._session = window.bridge.session
        self.shuttle = Shuttle(window.bridge, window)
        self.moves = Moves(window, self.shuttle, self._ask)
        self.seek = self.moves.seek
        self.stages = StageCommands(window)
        self.truth = TruthCommands(window)
        self.inspections = InspectCommands(window)
        self.live = LiveCommands(window, self._ask)
        self.angles = AngleCommands(window)
        self.people = PeopleCommands(window)

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call; checkable ones are given their new state."""
        window, session = self._window, self._session
        view = window.frame_view
        choose = session.choose
        table: dict[str, Callable[..., object]] = {
            "open_video": self.open_video,
            "open_folder": self.open_folder,
            "open_demo": lambda: window.open(DEMO),
            "close_source": self.close_source,
            "quit": window.close,
            "fit": view.fit,
            "actual_size": view.actual_size,
            "zoom_in": lambda: view.zoom(1.25),
            "zoom_out": lambda: view.zoom(0.8),
            "skeleton": lambda on: window.set_look(skeleton=on),
            "region_outline": lambda on: window.set_look(region=on),
            "hud": window.show_hud,
            "full_screen": window.full_screen,
            "leave": self.leave,
            "shuttle_back": self.shuttle.back,
            "shuttle_stop": self.shuttle.stop,
            "shuttle_forward": self.shuttle.forward,
            "loop": session.set_loop,
            "region_whole": lambda _on: choose(region="whole"),
            "region_follow": lambda _on: choose(region="follow"),
            "region_box": view.arm_box,
            "flip": lambda on: choose(flip=on),
            "smooth": lambda on: choose(smooth=on),
            "mirror": lambda on: choose(mirror=on),
            "analyse": session.analyse,
            "export": self.export,
            "snapshot": self.snapshot,
            "cancel_export": session.cancel_export,
            "guide": self.guide,
            "shortcuts": lambda: self._ask(ShortcutsDialog(window.actions_by_name, window)),
            "about": self.about,
        }
        for choice in ("system", "dark", "light"):
            table[f"theme_{choice}"] = self._theme(choice)
        parts = (
            self.moves,
            self.stages,
            self.truth,
            self.inspections,
            self.live,
            self.angles,
            self.people,
        )
        for part in parts:
            table |= part.table()
        return table

    def _theme(self, choice: ThemeChoice) -> Callable[[bool], None]:
        return lambda _on: self._window.choose_theme(choice)

    # -- opening --------------------------------------------------------------------------

    def open_video(self) -> None:
        """Ask for a video or an image."""
        self._pick(QFileDialog.FileMode.ExistingFile, "Open video", _OPENABLE)

    def open_folder(self) -> None:
        """Ask for a folder of images."""
        self._pick(QFileDialog.FileMode.Directory, "Open image folder", "")

    def _pick(self, mode: QFileDialog.FileMode, title: str, kinds: str) -> None:
        picker = QFileDialog(self._window, title, self._window.settings.folder, kinds)
        picker.setFileMode(mode)
        picker.fileSelected.connect(self._window.open)
        self._ask(picker)

    def close_source(self) -> None:
        """Close what is open."""
        self.shuttle.halt()
        self._session.close_source()

    # -- writing --------------------------------------------------------------------------

    def export(self) -> None:
        """Ask what to write, and write it."""
        view = self._session.view()
        chosen = exportable(view)
        if chosen is None:
            return
        dialog = ExportDialog(
            source=chosen[0],
            transport=chosen[1],
            look=self._window.look,
            folder=self._window.settings.folder,
            curves=filter_in_force(self._session.view().choices, chosen[0].times)[0].title,
            parent=self._window,
        )
        dialog.chosen.connect(self._export)
        self._ask(dialog)

    def _export(self, job: ExportJob) -> None:
        self._window.settings.folder = str(job.output.parent)
        self._session.export(job)

    def snapshot(self) -> None:
        """Ask where to save this picture, and save it."""
        view = self._session.view()
        shown = self._window.frame_view.frame
        if view.source is None or shown is None:
            return
        stem = Path(view.source.name).stem.replace(":", "_") or "snapshot"
        folder = Path(self._window.settings.folder or Path.home())
        picker = QFileDialog(self._window, "Save snapshot", str(folder), "PNG image (*.png)")
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setDefaultSuffix("png")
        picker.selectFile(str(folder / f"{stem}_{shown.index:06d}.png"))
        picker.fileSelected.connect(
            lambda path: self._session.snapshot(Path(path), self._window.look)
        )
        self._ask(picker)

    # -- the rest -------------------------------------------------------------------------

    def leave(self) -> None:
        """Esc: give up a drag, else the work in progress, else full screen, else backwards."""
        window = self._window
        if window.frame_view.disarm() or window.stop_work():
            return
        self.shuttle.halt()
        window.full_screen(False)

    def guide(self) -> None:
        """Show the guide beside the window."""
        dialog = Guide(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def about(self) -> None:
        """Say what this is."""
        box = QMessageBox(self._window)
        box.setWindowTitle("About PoseViewer")
        box.setIconPixmap(self._window.windowIcon().pixmap(64, 64))
        box.setText(f"<b>PoseViewer {__version__}</b>")
        box.setInformativeText(
            "A desktop microscope for multi\N{NON-BREAKING HYPHEN}stage human-pose networks."
            "\n\nApache License 2.0"
        )
        self._ask(box)

    def _ask(self, dialog: QDialog) -> None:
        """Open a dialog without stopping anything behind it; it goes when it is closed."""
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
