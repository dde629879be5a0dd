"""The copy of a project that outlives a crash: written beside it, offered at the next start."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from poseviewer.core.assets import user_folder
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import partial_path, settle
from poseviewer.core.journal import Entry, Output
from poseviewer.runtime.project import ENDING
from poseviewer.runtime.project.file import read_project, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.files import Unfinished
    from poseviewer.runtime.project.value import Project

UNTITLED = "Untitled"
"""What a project without a file is called."""


class Autosave:
    """The copy of the project of one window; called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entry: Entry | None = None
        self._output: Output | None = None

    def write(self, project: Project, path: Path | None) -> None:
        """Write the copy.

        Args:
            project: All of it.
            path: Of its file; None where it has none.

        Raises:
            PoseViewerError: It cannot be written, neither beside the file nor elsewhere; an older
                copy is still there.
        """
        home = path or projects_folder() / f"{UNTITLED}{ENDING}"
        with self._lock:
            if self._output is not None and self._output.path == home:
                write_project(self._output.part, project, folder=home.parent)
                return
            places = [home] if home == path else []
            for place in (*places, projects_folder() / home.name):
                with suppress(OSError):
                    if place.parent == projects_folder():
                        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                entry, output = Entry("project"), Output(partial_path(place), home)
                entry.add(output)
                try:
                    write_project(output.part, project, folder=home.parent)
                except PoseViewerError:
                    entry.close()
                    if place.parent == projects_folder():
                        raise
                    continue
                self._remove()
                self._entry, self._output = entry, output
                return

    def remove(self) -> None:
        """Remove the copy: all is saved, or given up."""
        with self._lock:
            self._remove()

    def leave(self) -> None:
        """Leave the copy for the next start, which is then offered it."""
        with self._lock:
            if self._entry is not None:
                self._entry.release()
            self._entry = self._output = None

    def _remove(self) -> None:
        if self._output is not None:
            with suppress(OSError):
                self._output.part.unlink()
        if self._entry is not None:
            self._entry.close()
        self._entry = self._output = None


def projects_folder() -> Path:
    """Where copies lie of projects without a file, or whose folder may not be written to."""
    return user_folder("data") / "projects"


@dataclass(frozen=True, slots=True, eq=False)
class Unsaved:
    """Changes of a project that were not saved, because the program ended."""

    found: Unfinished

    @property
    def path(self) -> Path | None:
        """Of the file of the project; None where it has none."""
        path = self.found.paths[0]
        return None if path.parent == projects_folder() else path

    @property
    def title(self) -> str:
        """The name of the project."""
        return self.found.paths[0].stem

    @property
    def written(self) -> datetime:
        """When the copy was written."""
        return datetime.fromtimestamp(self.found.parts[0].stat().st_mtime).astimezone()

    def read(self) -> tuple[Project, str]:
        """The project with its changes, as `read_project`."""
        return read_project(self.found.parts[0])


def unsaved_projects() -> list[Unsaved]:
    """The changes of every window that ended without saving or discarding them."""
    return [Unsaved(one) for one in settle("project")]
