"""The person's own angles: read from their file, changed from the window, measured at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poseviewer.core.angle_file import angle_trouble, own_angles_path, read_angles, write_angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.job import Errand
from poseviewer.runtime.series_file import series_steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Thread

    from poseviewer.core.angle import AngleSpec
    from poseviewer.runtime.series_file import Series
    from poseviewer.runtime.state import Choices, Level, Progress


class AngleBook:
    """What a session knows of angles that a person has defined.

    Args:
        choices: Gives the choices in force.
        choose: Changes them.
        tell: Told one sentence for the person.
        start: Starts a thread.
        path: The file; the user's own where None.
    """

    def __init__(
        self,
        *,
        choices: Callable[[], Choices],
        choose: Callable[..., Any],
        tell: Callable[[Level, str], None],
        start: Callable[[Thread], None],
        path: Path | None = None,
    ) -> None:
        self._choices, self._choose, self._tell, self._start = choices, choose, tell, start
        self._path = path
        self._broken = ""

    @property
    def own(self) -> tuple[AngleSpec, ...]:
        """The angles in force."""
        return self._choices().angles

    def load(self) -> None:
        """Read the file; a broken one is said and from then on left alone."""
        try:
            self._choose(angles=read_angles(self._file))
        except PoseViewerError as error:
            self._broken = str(error)
            self._tell("warning", self._broken)

    def trouble(self, spec: AngleSpec, *, instead_of: str = "") -> str:
        """Why `spec` cannot be kept, as a sentence; empty where it can."""
        return self._broken or angle_trouble(spec, others=self._others(instead_of))

    def keep(self, spec: AngleSpec, *, instead_of: str = "") -> bool:
        """Measure `spec` from now on and write it down; a notice says why it was not.

        Args:
            spec: A new angle, or a changed one.
            instead_of: Name of the one it replaces, in its place.
        """
        trouble = self.trouble(spec, instead_of=instead_of)
        if trouble:
            self._tell("warning", trouble)
            return False
        if instead_of in {other.name for other in self.own}:
            return self._put(tuple(spec if o.name == instead_of else o for o in self.own))
        return self._put((*self.own, spec))

    def remove(self, name: str) -> bool:
        """Measure an angle no more."""
        return self._put(self._others(name))

    def write(self, path: Path, series: Series) -> None:
        """Write curves to a .csv or .mot; a notice tells when the file is there."""

        def report(progress: Progress) -> None:
            if progress.error:
                self._tell("error", progress.error)
            elif progress.finished:
                self._tell("info", f"Wrote {path}.")

        self._start(Errand("curves", series_steps(path, series), report=report))

    def tell_of_picture(self, path: Path, *, written: bool) -> None:
        """Say whether a picture of the plot could be written."""
        if written:
            self._tell("info", f"Wrote {path}.")
        else:
            self._tell("error", f"Cannot write {path}; choose another folder.")

    @property
    def _file(self) -> Path:
        return self._path or own_angles_path()

    def _others(self, name: str) -> tuple[AngleSpec, ...]:
        return tuple(other for other in self.own if other.name != name)

    def _put(self, specs: tuple[AngleSpec, ...]) -> bool:
        try:
            if self._broken:
                raise PoseViewerError(self._broken)
            write_angles(self._file, specs)
        except PoseViewerError as error:
            self._tell("error", str(error))
            return False
        self._choose(angles=specs)
        return True
