"""A table that fills itself from the modules of a package."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar

from poseviewer.core.errors import PoseViewerError


class Named(Protocol):
    """Anything with a name."""

    name: str


Entry = TypeVar("Entry", bound=Named)


class ModuleTable(Generic[Entry]):
    """Entries by name, each held by a module of a package.

    The package is imported at the first look-up, by name, so that a lower room can hold the
    table of what higher rooms provide.

    Args:
        package: Whose modules are searched, such as `poseviewer.codec`.
        attribute: The name under which a module holds its entry; modules without it are skipped.
    """

    def __init__(self, package: str, attribute: str) -> None:
        self._package, self._attribute = package, attribute
        self._found: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of that name.

        Raises:
            PoseViewerError: There is none.
        """
        # Asked for every tile of every frame.
        found = self._found.get(name)
        if found is not None:
            return found
        entries = self._entries()
        if name not in entries:
            msg = f"There is no kind of stage {name!r}; known: {', '.join(sorted(entries))}."
            raise PoseViewerError(msg)
        return entries[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all entries, sorted."""
        return tuple(sorted(self._entries()))

    def refresh(self) -> None:
        """Search the package again at the next look-up, as after a module came to it."""
        self._found = {}

    def _entries(self) -> dict[str, Entry]:
        if not self._found:
            package = import_module(self._package)
            modules = (
                import_module(f"{self._package}.{module.name}")
                for module in iter_modules(package.__path__)
            )
            held = [getattr(module, self._attribute, None) for module in modules]
            self._found = {entry.name: entry for entry in held if entry is not None}
        return self._found
