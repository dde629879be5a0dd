"""Custom angles: read from the user's file, changed in the window, measured at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poseviewer.core.angle_file import (
    angle_trouble,
    own_angles_path,
    usable_angles,
    write_angles,
)
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poseviewer.core.angle import AngleSpec
    from poseviewer.runtime.state import AppState


class CustomAngles:
    """The custom angles of a session.

    Args:
        state: Gives the present state.
        change: Changes it, as `Session.change`.
        notify: Says one sentence to the person, as `Store.notice`.
        path: The file; the user's own where None.
        adopt: Changes the state where there is nothing to take back; as `change` where None.
    """

    def __init__(
        self,
        *,
        state: Callable[[], AppState],
        change: Callable[..., Any],
        notify: Callable[..., Any],
        path: Path | None = None,
        adopt: Callable[..., Any] | None = None,
    ) -> None:
        self._state, self._change, self._notify = state, change, notify
        self._path, self._adopt = path, adopt or change
        self._broken = ""
        self._rest: tuple[AngleSpec, ...] = ()
        """Those of the file that are not measured: a project has its own."""

    @property
    def own(self) -> tuple[AngleSpec, ...]:
        """The custom angles that are measured."""
        return self._state().angles.custom

    def load(self) -> None:
        """Read the file; what cannot be read is left out, said, and never overwritten."""
        self._rest = ()
        custom, self._broken = usable_angles(self._file)
        self._adopt("angles", custom=custom)
        if self._broken:
            self._notify("warning", self._broken, topic="angles")

    def use(self, specs: tuple[AngleSpec, ...]) -> None:
        """Measure the angles of a project and no others; those of the file stay in it."""
        stored, self._broken = usable_angles(self._file)
        names = {spec.name for spec in specs}
        self._rest = tuple(spec for spec in stored if spec.name not in names)
        self._adopt("angles", custom=specs)

    def trouble(self, spec: AngleSpec, *, instead_of: str = "") -> str:
        """Why `spec` cannot be added, as a sentence; empty where it can."""
        return self._broken or angle_trouble(spec, others=self._others(instead_of))

    def keep(self, spec: AngleSpec, *, instead_of: str = "") -> bool:
        """Add `spec` and save it; a notice says why where that fails.

        Args:
            spec: A new angle, or a changed one.
            instead_of: Name of the one it replaces, in its place.
        """
        trouble = self.trouble(spec, instead_of=instead_of)
        if trouble:
            self._notify("warning", trouble, topic="angles")
            return False
        if instead_of in {other.name for other in self.own}:
            return self._put(tuple(spec if o.name == instead_of else o for o in self.own))
        return self._put((*self.own, spec))

    def remove(self, name: str) -> bool:
        """Remove an angle."""
        return self._put(self._others(name))

    @property
    def _file(self) -> Path:
        return self._path or own_angles_path()

    def _others(self, name: str) -> tuple[AngleSpec, ...]:
        return tuple(other for other in self.own if other.name != name)

    def put_back(self, specs: tuple[AngleSpec, ...]) -> None:
        """Save the angles that an undone change leads back to; the state is changed elsewhere."""
        try:
            self._write(specs)
        except PoseViewerError as error:
            self._notify("error", str(error), topic="angles")

    def _put(self, specs: tuple[AngleSpec, ...]) -> bool:
        try:
            if self._broken:
                raise PoseViewerError(self._broken)
            self._write(specs)
        except PoseViewerError as error:
            self._notify("error", str(error), topic="angles")
            return False
        self._change("angles", custom=specs)
        return True

    def _write(self, specs: tuple[AngleSpec, ...]) -> None:
        names = {spec.name for spec in specs}
        write_angles(self._file, (*specs, *(one for one in self._rest if one.name not in names)))
