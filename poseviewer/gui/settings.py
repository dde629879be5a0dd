"""The saved settings of the window; where the file is damaged, the defaults apply."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from PySide6.QtCore import QByteArray, QSettings

from poseviewer.core.address import redacted
from poseviewer.core.assets import make_private, user_folder
from poseviewer.runtime.state import SECTIONS, AppState, Keep, ReadingState, RecordJob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

    from poseviewer.gui.theme import ThemeChoice

_REMEMBERED = 10
_LAYOUT_VERSION = 1
_NOT_SAVED = ("box", "custom", "focus", "locked", "hidden", "names")
"""Choices that belong to one clip or have a file of their own."""

_Kind = TypeVar("_Kind")


class Settings:
    """The file `window.ini` in the user's config folder."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_folder("config") / "window.ini"
        with suppress(OSError):
            # Qt writes with the permissions that it finds.
            self.path.touch(mode=0o600)
            make_private(self.path)
        self._file = QSettings(str(self.path), QSettings.Format.IniFormat)
        self._saved: dict[str, object] = {}
        """Each section as it was saved last."""
        stored, clean = self._json("recent", []), self.recent
        if stored != clean:
            # An earlier version stored addresses as they were typed.
            self._put("recent", clean)

    def sync(self) -> None:
        """Write to disk now."""
        self._file.sync()

    # -- files ----------------------------------------------------------------------------

    @property
    def recent(self) -> list[str]:
        """Locations opened recently, the latest first; addresses without their passwords."""
        stored = self._json("recent", [])
        listed = stored if isinstance(stored, list) else []
        clean = (redacted(entry) for entry in listed if isinstance(entry, str))
        return list(dict.fromkeys(clean))[:_REMEMBERED]

    def add_recent(self, location: str) -> None:
        """Put a location first; of an address neither password nor token is stored."""
        location = redacted(location)
        others = [entry for entry in self.recent if entry != location]
        self._put("recent", [location, *others][:_REMEMBERED])

    @property
    def folder(self) -> str:
        """Where the last file was opened or saved."""
        stored = self._json("folder", "")
        return stored if isinstance(stored, str) else ""

    @folder.setter
    def folder(self, path: str) -> None:
        self._put("folder", path)

    # -- choices ----------------------------------------------------------------

    @property
    def theme(self) -> ThemeChoice:
        """`system`, `dark` or `light`."""
        stored = self._json("theme", "system")
        return cast("ThemeChoice", stored) if stored in ("system", "dark", "light") else "system"

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._put("theme", choice)

    @property
    def state(self) -> AppState:
        """The choices to begin with; what belongs to one clip is not among them."""
        state = AppState()
        for name in SECTIONS:
            state = replace(state, **{name: _restored(getattr(state, name), self._json(name, {}))})
        return state

    def save_state(self, state: AppState) -> None:
        """Save the choices that have changed."""
        for name in SECTIONS:
            section = getattr(state, name)
            if self._saved.get(name) is section:
                continue
            self._saved[name] = section
            stored = {key: value for key, value in asdict(section).items() if key not in _NOT_SAVED}
            if stored.get("region") == "box":
                stored["region"] = ReadingState().region
            self._put(name, stored)

    @property
    def record_job(self) -> RecordJob:
        """What a recording writes beside the video, without a look."""
        stored = self._json("recording", {})
        if not isinstance(stored, dict) or not isinstance(stored.get("data"), list):
            return RecordJob()
        data = tuple(name for name in ("csv", "json") if name in stored["data"])
        return RecordJob(bool(stored.get("annotated")), data)

    @record_job.setter
    def record_job(self, job: RecordJob) -> None:
        self._put("recording", {"annotated": job.annotated, "data": list(job.data)})

    @property
    def export_choices(self) -> dict[str, object]:
        """What the last export chose, as its dialog stores it."""
        stored = self._json("export", {})
        return stored if isinstance(stored, dict) else {}

    @export_choices.setter
    def export_choices(self, choices: Mapping[str, object]) -> None:
        self._put("export", dict(choices))

    @property
    def keep(self) -> Keep:
        """How much of a live source is stored to go back to: seconds, and megabytes at most."""
        stored = self._json("rewind", {})
        try:
            found = Keep(float(stored["seconds"]), int(stored["megabytes"]))
        except (KeyError, TypeError, ValueError):
            return Keep()
        return found if 0 <= found.seconds < math.inf and found.megabytes > 0 else Keep()

    @keep.setter
    def keep(self, keep: Keep) -> None:
        self._put("rewind", asdict(keep))

    @property
    def keys(self) -> Mapping[str, list[str]]:
        """Keys the person has changed, by action."""
        stored = self._json("keys", {})
        if not isinstance(stored, dict):
            return {}
        return {
            name: [key for key in keys if isinstance(key, str)]
            for name, keys in stored.items()
            if isinstance(keys, list)
        }

    @keys.setter
    def keys(self, keys: Mapping[str, list[str]]) -> None:
        self._put("keys", dict(keys))

    # -- layout ---------------------------------------------------------------------------

    def save_layout(self, window: QMainWindow) -> None:
        """Save the positions of the window, its docks and its bars."""
        self._file.setValue("layout/geometry", window.saveGeometry())
        self._file.setValue("layout/state", window.saveState(_LAYOUT_VERSION))

    def restore_geometry(self, window: QMainWindow) -> bool:
        """Put the window where it was; False where that is not known."""
        stored = self._file.value("layout/geometry")
        return isinstance(stored, QByteArray) and window.restoreGeometry(stored)

    def restore_state(self, window: QMainWindow) -> bool:
        """Put the docks where they were; False where that is not known."""
        stored = self._file.value("layout/state")
        return isinstance(stored, QByteArray) and window.restoreState(stored, _LAYOUT_VERSION)

    # -- helpers --------------------------------------------------------------------------

    def _json(self, key: str, default: Any) -> Any:
        stored = self._file.value(key)
        try:
            return json.loads(stored) if isinstance(stored, str) else default
        except ValueError:
            return default

    def _put(self, key: str, value: object) -> None:
        self._file.setValue(key, json.dumps(value))


def _restored(default: _Kind, stored: Any) -> _Kind:
    """`default` with the fields of `stored` whose types are still right."""
    if not isinstance(stored, dict):
        return default
    changes: dict[str, Any] = {}
    for field in fields(default):  # type: ignore[arg-type]
        if field.name in _NOT_SAVED or field.name not in stored:
            continue
        value, was = stored[field.name], getattr(default, field.name)
        if isinstance(was, tuple) and isinstance(value, list):
            value = tuple(str(part) for part in value)
        if isinstance(was, float) and isinstance(value, int):
            value = float(value)
        optional_int = was is None and (value is None or type(value) is int)
        if optional_int or type(value) is type(was):
            changes[field.name] = value
    made: _Kind = replace(default, **changes)  # type: ignore[type-var]
    return made
