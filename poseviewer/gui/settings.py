"""What the window remembers from one start to the next; a broken file is a fresh start."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from PySide6.QtCore import QByteArray, QSettings

from poseviewer.core.assets import user_folder
from poseviewer.core.look import Look
from poseviewer.runtime.state import Choices, Keep, RecordJob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

    from poseviewer.gui.theme import ThemeChoice

_REMEMBERED = 10
_LAYOUT_VERSION = 1
_UNKEPT = ("box", "angles", "focus", "locked", "hidden", "names")
"""Fields of `Choices` and `Look` that belong to one clip or have a file of their own."""

_Kind = TypeVar("_Kind", Look, Choices)


class Settings:
    """The file `window.ini` in the user's config folder."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_folder("config") / "window.ini"
        self._file = QSettings(str(self.path), QSettings.Format.IniFormat)

    def sync(self) -> None:
        """Write to disk now."""
        self._file.sync()

    # -- files ----------------------------------------------------------------------------

    @property
    def recent(self) -> list[str]:
        """Locations opened lately, the latest first."""
        kept = self._json("recent", [])
        listed = kept if isinstance(kept, list) else []
        return [entry for entry in listed if isinstance(entry, str)][:_REMEMBERED]

    def add_recent(self, location: str) -> None:
        """Put a location first."""
        others = [entry for entry in self.recent if entry != location]
        self._put("recent", [location, *others][:_REMEMBERED])

    def forget_recent(self) -> None:
        """Empty the list."""
        self._put("recent", [])

    @property
    def folder(self) -> str:
        """Where the last file was opened or saved."""
        kept = self._json("folder", "")
        return kept if isinstance(kept, str) else ""

    @folder.setter
    def folder(self, path: str) -> None:
        self._put("folder", path)

    # -- looks and choices ----------------------------------------------------------------

    @property
    def theme(self) -> ThemeChoice:
        """`system`, `dark` or `light`."""
        kept = self._json("theme", "system")
        return cast("ThemeChoice", kept) if kept in ("system", "dark", "light") else "system"

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._put("theme", choice)

    @property
    def hud(self) -> bool:
        """Whether the figures are written over the picture."""
        return bool(self._json("hud", True))

    @hud.setter
    def hud(self, shown: bool) -> None:
        self._put("hud", shown)

    @property
    def look(self) -> Look:
        """How results are drawn."""
        return _restored(Look(), self._json("look", {}))

    @look.setter
    def look(self, look: Look) -> None:
        self._put("look", asdict(look))

    @property
    def choices(self) -> Choices:
        """How frames are analysed."""
        return _restored(Choices(), self._json("choices", {}))

    @choices.setter
    def choices(self, choices: Choices) -> None:
        kept = {key: value for key, value in asdict(choices).items() if key not in _UNKEPT}
        if kept["region"] == "box":
            kept["region"] = Choices().region
        self._put("choices", kept)

    @property
    def record_job(self) -> RecordJob:
        """What a recording writes beside the video, without a look."""
        kept = self._json("recording", {})
        if not isinstance(kept, dict) or not isinstance(kept.get("data"), list):
            return RecordJob()
        data = tuple(name for name in ("csv", "json") if name in kept["data"])
        return RecordJob(bool(kept.get("annotated")), data)

    @record_job.setter
    def record_job(self, job: RecordJob) -> None:
        self._put("recording", {"annotated": job.annotated, "data": list(job.data)})

    @property
    def keep(self) -> Keep:
        """How much of a live source is kept to go back to: seconds, and megabytes at most."""
        kept = self._json("rewind", {})
        try:
            found = Keep(float(kept["seconds"]), int(kept["megabytes"]))
        except (KeyError, TypeError, ValueError):
            return Keep()
        return found if 0 <= found.seconds < math.inf and found.megabytes > 0 else Keep()

    @keep.setter
    def keep(self, keep: Keep) -> None:
        self._put("rewind", asdict(keep))

    @property
    def angles(self) -> tuple[str, ...] | None:
        """Names of the angles plotted; None where nobody has chosen yet."""
        kept = self._json("angles", None)
        return tuple(map(str, kept)) if isinstance(kept, list) else None

    @angles.setter
    def angles(self, names: tuple[str, ...]) -> None:
        self._put("angles", list(names))

    @property
    def plot(self) -> dict[str, Any]:
        """How the angles are plotted: panes and unit."""
        kept = self._json("plot", {})
        return kept if isinstance(kept, dict) else {}

    @plot.setter
    def plot(self, kept: Mapping[str, Any]) -> None:
        self._put("plot", dict(kept))

    @property
    def keys(self) -> Mapping[str, list[str]]:
        """Keys the person has changed, by action."""
        kept = self._json("keys", {})
        if not isinstance(kept, dict):
            return {}
        return {
            name: [key for key in keys if isinstance(key, str)]
            for name, keys in kept.items()
            if isinstance(keys, list)
        }

    @keys.setter
    def keys(self, keys: Mapping[str, list[str]]) -> None:
        self._put("keys", dict(keys))

    # -- layout ---------------------------------------------------------------------------

    def save_layout(self, window: QMainWindow) -> None:
        """Remember where the window, its docks and its bars are."""
        self._file.setValue("layout/geometry", window.saveGeometry())
        self._file.setValue("layout/state", window.saveState(_LAYOUT_VERSION))

    def restore_geometry(self, window: QMainWindow) -> bool:
        """Put the window where it was; False where that is not known."""
        kept = self._file.value("layout/geometry")
        return isinstance(kept, QByteArray) and window.restoreGeometry(kept)

    def restore_state(self, window: QMainWindow) -> bool:
        """Put the docks where they were; False where that is not known."""
        kept = self._file.value("layout/state")
        return isinstance(kept, QByteArray) and window.restoreState(kept, _LAYOUT_VERSION)

    # -- helpers --------------------------------------------------------------------------

    def _json(self, key: str, default: Any) -> Any:
        kept = self._file.value(key)
        try:
            return json.loads(kept) if isinstance(kept, str) else default
        except ValueError:
            return default

    def _put(self, key: str, value: object) -> None:
        self._file.setValue(key, json.dumps(value))


def _restored(default: _Kind, kept: Any) -> _Kind:
    """`default` with the fields of `kept` whose types are still right."""
    if not isinstance(kept, dict):
        return default
    changes: dict[str, Any] = {}
    for field in fields(default):
        if field.name in _UNKEPT or field.name not in kept:
            continue
        value, was = kept[field.name], getattr(default, field.name)
        if isinstance(was, tuple) and isinstance(value, list):
            value = tuple(str(part) for part in value)
        if isinstance(was, float) and isinstance(value, int):
            value = float(value)
        optional_int = was is None and (value is None or type(value) is int)
        if optional_int or type(value) is type(was):
            changes[field.name] = value
    return replace(default, **changes)
