"""Plug-ins: networks, sources and writers that other installed packages add to PoseViewer.

A package names them as entry points in its pyproject.toml:

    [project.entry-points."poseviewer.networks"]
    my-net = "my_package:CARD"       # a ModelCard, or several in a tuple or list

    [project.entry-points."poseviewer.sources"]
    npy = "my_package:open_npy"      # opens every location that begins with npy:

    [project.entry-points."poseviewer.writers"]
    people = "my_package:PEOPLE"     # a RecordKind: what --data people writes

Window, commands and `import poseviewer` all use them from the next start. The built-in sources
and writers stand in the same tables. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.metadata import EntryPoint


class PluginTable:
    """Objects by name: the built-in ones, then those of plug-ins in alphabetical order.

    Args:
        group: Entry-point group of the plug-ins, such as `poseviewer.sources`.
        builtin: Where each built-in object is, as `module:attribute`, by name.
    """

    def __init__(self, group: str, builtin: Mapping[str, str] | None = None) -> None:
        self.group = group
        self.builtin = dict(builtin or {})

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the built-in ones first."""
        return (*self.builtin, *self._plugins)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """One sentence for each plug-in that is ignored because its name is taken."""
        return tuple(
            f"{_of(entry)} is ignored, because its name is taken: its author must rename it."
            for entry in self._found
            if self._plugins.get(entry.name) is not entry
        )

    def __contains__(self, name: str) -> bool:
        """Whether there is an object of this name; plug-ins are looked up last."""
        return name in self.builtin or name in self._plugins

    def load(self, name: str) -> Any:
        """Import the object called `name`.

        Raises:
            KeyError: There is none of this name.
            PoseViewerError: The plug-in cannot be imported.
        """
        if name in self.builtin:
            return _entry(name, self.builtin[name], self.group).load()
        entry = self._plugins[name]
        with self.guarded(name):
            return entry.load()

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """Turn an error within into one sentence about the plug-in `name`.

        An `OSError` passes, since files and devices fail without anyone's fault; so does every
        error of a built-in object.

        Raises:
            PoseViewerError: The plug-in failed.
        """
        try:
            yield
        except (PoseViewerError, OSError):
            raise
        except Exception as error:
            if name in self.builtin:
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            owner = _of(self._plugins[name])
            msg = f"{owner} does not work ({reason}): update it or uninstall it."
            raise PoseViewerError(msg) from error

    @cached_property
    def _found(self) -> tuple[EntryPoint, ...]:
        return tuple(sorted(_entries(self.group), key=lambda entry: entry.name))

    @cached_property
    def _plugins(self) -> dict[str, EntryPoint]:
        first: dict[str, EntryPoint] = {}
        for entry in self._found:
            if entry.name not in self.builtin:
                first.setdefault(entry.name, entry)
        return first


def _entries(group: str) -> Iterator[EntryPoint]:
    """The entry points of a group; packages whose lists cannot be read have none."""
    from importlib.metadata import distributions

    seen: set[str] = set()
    for package in distributions():
        try:
            # Of a package that is there twice, the first is the one that is imported.
            if group not in (package.read_text("entry_points.txt") or ""):
                continue
            name = package.metadata["Name"].lower()
            found = [] if name in seen else [e for e in package.entry_points if e.group == group]
            fine = [entry for entry in found if entry.name.isprintable() and entry.name]
        except Exception:  # noqa: BLE001 - other people's files may hold anything
            continue
        seen.add(name)
        yield from fine


def _of(entry: EntryPoint) -> str:
    owner = ""
    if entry.dist is not None:
        with suppress(Exception):
            owner = f" of {entry.dist.name} {entry.dist.version}"
    return f"The plug-in {entry.name}{owner}"


def _entry(name: str, place: str, group: str) -> EntryPoint:
    from importlib.metadata import EntryPoint

    return EntryPoint(name, place, group)
