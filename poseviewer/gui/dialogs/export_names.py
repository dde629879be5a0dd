"""Names of an export: where it is proposed, and what is asked before a file is replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QMessageBox

from poseviewer.gui.icons import message_picture
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.runtime.jobs import QueuedExport
    from poseviewer.runtime.state import SourceInfo

_NAMED = 6
"""Files that are named one by one."""


class ReplaceDialog(QMessageBox):
    """Asks whether files may be replaced; `accepted` where they may."""

    def __init__(self, there: Sequence[Path], parent: QWidget | None = None) -> None:
        """Ask.

        Args:
            there: The files and folders that have the names; at least one.
            parent: The dialog that would replace them.
        """
        super().__init__(parent)
        self.setIconPixmap(message_picture("warning", ratio=self.devicePixelRatioF()))
        self.setWindowTitle("Replace")
        one = len(there) == 1
        what = "A file of this name exists" if one else f"{len(there)} files of these names exist"
        self.setText(f"{what} already. What is there is lost where it is replaced.")
        names = [path.name for path in there[:_NAMED]]
        if len(there) > _NAMED:
            names.append(f"and {len(there) - _NAMED} more")
        self.setInformativeText(plain_tip("\n".join(names) + f"\n\nin {there[0].parent}"))
        self.replace = self.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
        stay = self.addButton("Choose another name", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(stay)
        self.setEscapeButton(stay)


def proposed(source: SourceInfo, folder: str, *, queue: Iterable[QueuedExport]) -> Path:
    """A name that nothing has yet: `<clip>_pose.mp4`, numbered from 2 where that is taken.

    Args:
        source: The clip.
        folder: Where the last export was written; empty for beside its source.
        queue: The exports that were asked for before.
    """
    stem = f"{Path(source.name).stem.replace(':', '_') or 'clip'}_pose"
    place = _place(source, folder)
    taken = {path.stem for path in _listed(place)}
    for export in queue:
        for path in export.outputs:
            # Numbered pictures lie in a folder of the name.
            taken |= {path.stem} if path.parent == place else {path.parent.name}
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem} ({number})"
    return place / f"{name}.mp4"


def beside(source: SourceInfo, folder: Path) -> str:
    """What is remembered of the folder of an export: nothing where it is that of the source."""
    return "" if folder == Path(source.location).parent else str(folder)


def videos_folder() -> Path:
    """The user's folder of videos, or the home folder."""
    place = QStandardPaths.StandardLocation.MoviesLocation
    videos = Path(QStandardPaths.writableLocation(place) or Path.home())
    return videos if videos.is_dir() else Path.home()


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _place(source: SourceInfo, folder: str) -> Path:
    """The first folder that may be written to."""
    places = [Path(folder)] if folder else []
    if Path(source.location).exists():
        places.append(Path(source.location).absolute().parent)
    places.append(videos_folder())
    return next((place for place in places if writable(place)), Path.home())


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
