"""The saved settings of the window; where the file is damaged, the defaults apply."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast, get_args

from PySide6.QtCore import QByteArray, QSettings

from poseviewer.core.address import redacted
from poseviewer.core.assets import make_private, user_folder
from poseviewer.core.errors import one_sentence
from poseviewer.core.reading import is_word, listing, number, whole, word
from poseviewer.gui.design import DISTANCES, Distance, ThemeChoice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

    from poseviewer.gui.workspaces.workspace import Remembered
    from poseviewer.runtime.jobs import RecordJob
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.state import AppState, Keep, Speed

_REMEMBERED = 10
_LOCATIONS = 200
"""Of which it is stored in which workspace they were seen."""
_MOST_WORKSPACES = 32
_CHOICES_VERSION = 2
_NEW_SINCE = {"reading": ("smooth", "min_cutoff", "beta", "d_cutoff")}
"""By section, fields whose defaults have changed with this version: older values were nobody's
choice, or had another unit."""
_LONGEST_LAYOUT = 1 << 20
_LONGEST_SPEED = 3600
"""Seconds a frame."""

_MOST_THREADS = 4096

_LONGEST_KEEP, _LARGEST_KEEP = 86_400, 1 << 20
"""Seconds, and megabytes."""

_GIGABYTE = 1 << 30
_MOST_GIGABYTES = 100_000


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
        self._left_out: dict[str, None] = {}
        stored, clean = self._json("recent", []), self.recent
        if stored != clean:
            # An earlier version stored addresses as they were typed.
            self._put("recent", clean)

    @property
    def complaint(self) -> str:
        """One sentence on what of the file cannot be used; empty where all can."""
        for name in (
            "recent",
            "recent_projects",
            "folder",
            "theme",
            "distance",
            "state",
            "record_job",
            "keep",
            "saving",
            "keys",
            "used",
            "workspaces",
            "_left_in",
        ):
            getattr(self, name)
        if self._file.status() == QSettings.Status.FormatError:
            return f"{self.path} is damaged, so some settings are as at the first start."
        if not self._left_out:
            return ""
        names = ", ".join(self._left_out)
        return one_sentence(
            f"{self.path} holds settings that cannot be used, and those are as at the first "
            f"start: {names}."
        )

    def sync(self) -> None:
        """Write to disk now."""
        self._file.sync()

    @property
    def trouble(self) -> str:
        """Why the choices cannot be saved, in a sentence; empty where they were."""
        if self._file.status() == QSettings.Status.NoError:
            return ""
        return f"Your choices are not saved, because {self.path} cannot be written to."

    # -- files ----------------------------------------------------------------------------

    @property
    def recent(self) -> list[str]:
        """Locations opened recently, the latest first; addresses without their passwords."""
        return self._locations("recent")

    def add_recent(self, location: str) -> None:
        """Put a location first; of an address neither password nor token is stored."""
        self._put("recent", self._first(location, self.recent))

    @property
    def recent_projects(self) -> list[str]:
        """Files of projects opened or saved recently, the latest first."""
        return self._locations("recent_projects")

    def add_recent_project(self, path: str) -> None:
        """Put a project first, here and among all locations."""
        self._put("recent_projects", self._first(path, self.recent_projects))
        self.add_recent(path)

    def forget_recent(self) -> None:
        """Empty the lists of what was opened recently."""
        self._put("recent", [])
        self._put("recent_projects", [])

    def _locations(self, key: str) -> list[str]:
        stored = self._json(key, [])
        listed = stored if isinstance(stored, list) else [None]
        words = [str(entry) for entry in listed if is_word(entry)]
        self._fitting(key, words, listed)
        return list(dict.fromkeys(map(redacted, words)))[:_REMEMBERED]

    @staticmethod
    def _first(location: str, others: list[str]) -> list[str]:
        location = redacted(location)
        return [location, *(other for other in others if other != location)][:_REMEMBERED]

    @property
    def used(self) -> list[str]:
        """Names of the actions that the palette ran last, the latest first."""
        stored = self._json("used", [])
        listed = stored if isinstance(stored, list) else [None]
        words = [str(name) for name in listed if is_word(name)]
        self._fitting("used", words, listed)
        return words[:_REMEMBERED]

    def add_used(self, name: str) -> None:
        """Put an action first."""
        self._put("used", [name, *(one for one in self.used if one != name)][:_REMEMBERED])

    @property
    def folder(self) -> str:
        """Where the last file was opened or saved."""
        stored = self._json("folder", "")
        return str(self._fitting("folder", stored if is_word(stored) else "", stored))

    @folder.setter
    def folder(self, path: str) -> None:
        self._put("folder", path)

    # -- choices ----------------------------------------------------------------

    @property
    def theme(self) -> ThemeChoice:
        """`system`, `dark`, `light` or `contrast`."""
        stored = self._json("theme", "system")
        known = isinstance(stored, str) and stored in get_args(ThemeChoice)
        return cast("ThemeChoice", self._fitting("theme", stored if known else "system", stored))

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._put("theme", choice)

    @property
    def distance(self) -> Distance:
        """From how far the window is read: `desk`, `room` or `hall`."""
        stored = self._json("distance", "desk")
        known = isinstance(stored, str) and stored in DISTANCES
        return cast("Distance", self._fitting("distance", stored if known else "desk", stored))

    @distance.setter
    def distance(self, choice: Distance) -> None:
        self._put("distance", choice)

    @property
    def toured(self) -> bool:
        """Whether the tour of the window was shown."""
        return self._json("toured", False) is True

    @toured.setter
    def toured(self, shown: bool) -> None:
        self._put("toured", shown)

    @property
    def state(self) -> AppState:
        """The choices to begin with; what belongs to one clip is not among them."""
        # Here, not at the top, as below: the first paint of the window needs no state.
        from poseviewer.runtime.choices import restored
        from poseviewer.runtime.sections import SECTIONS
        from poseviewer.runtime.state import AppState

        state = replace(AppState().choosing(automatic=True), speed=self.speed)
        old = self._json("choices", 1) != _CHOICES_VERSION
        for name in SECTIONS:
            stored = self._json(name, {})
            if old and isinstance(stored, dict):
                dropped = _NEW_SINCE.get(name, ())
                stored = {key: value for key, value in stored.items() if key not in dropped}
            if name == "network" and isinstance(stored, dict) and "automatic" not in stored:
                # Saved before the window picked networks: the usual one was nobody's choice.
                usual = state.network.model
                stored = {**stored, "automatic": stored.get("model", usual) == usual}
            made, wrong = restored(getattr(state, name), stored)
            self._left_out |= dict.fromkeys(f"{name} {field}".rstrip() for field in wrong)
            state = replace(state, **{name: made})
        return state

    def save_state(self, state: AppState) -> None:
        """Save the choices that have changed."""
        from poseviewer.runtime.choices import choices_of
        from poseviewer.runtime.sections import SECTIONS

        for name in SECTIONS:
            section = getattr(state, name)
            if self._saved.get(name) is section:
                continue
            self._saved[name] = section
            self._put(name, choices_of(section))
            self._put("choices", _CHOICES_VERSION)
        if state.speed is not None and state.speed != self._saved.get("speed"):
            self._saved["speed"] = state.speed
            self._put("speed", asdict(state.speed))

    @property
    def speed(self) -> Speed | None:
        """How fast two networks were when they were measured last; None where that is not known."""
        stored = self._json("speed", None)
        if stored is None:
            return None
        from poseviewer.runtime.state import Speed

        try:
            return Speed(
                number(stored["fast"], "fast", low=0, high=_LONGEST_SPEED),
                number(stored["accurate"], "accurate", low=0, high=_LONGEST_SPEED),
                word(stored["made_with"], "made_with"),
                number(stored.get("fast_int8", 0), "fast_int8", low=0, high=_LONGEST_SPEED),
                number(stored.get("accurate_int8", 0), "accurate_int8", low=0, high=_LONGEST_SPEED),
                whole(stored.get("threads", 0), "threads", low=0, high=_MOST_THREADS),
                number(stored.get("gain", 1), "gain", low=0, high=_MOST_THREADS),
            )
        except (KeyError, TypeError, ValueError):
            return cast("None", self._fitting("speed", None, stored))

    @property
    def record_job(self) -> RecordJob:
        """What a recording writes beside the video, without a look."""
        from poseviewer.runtime.jobs import RecordJob

        stored = self._json("recording", {})
        listed = stored.get("data", []) if isinstance(stored, dict) else None
        if not isinstance(listed, list):
            return cast("RecordJob", self._fitting("recording", RecordJob(), None))
        data = tuple(name for name in ("csv", "json") if name in listed)
        return RecordJob(stored.get("annotated") is True, data)

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
        from poseviewer.runtime.state import Keep

        stored, usual = self._json("rewind", {}), Keep()
        try:
            return Keep(
                number(stored.get("seconds", usual.seconds), "seconds", low=0, high=_LONGEST_KEEP),
                whole(
                    stored.get("megabytes", usual.megabytes), "megabytes", low=1, high=_LARGEST_KEEP
                ),
            )
        except (AttributeError, ValueError):
            return cast("Keep", self._fitting("rewind", usual, None))

    @keep.setter
    def keep(self, keep: Keep) -> None:
        self._put("rewind", asdict(keep))

    @property
    def saving(self) -> Saving | None:
        """How analyses are saved; None for not at all."""
        # Here, not at the top: it needs SQLite, the first paint of the window does not.
        from poseviewer.runtime.saved.library import LIMIT, Saving, results_folder

        stored = self._json("saving", {})
        try:
            gigabytes = stored.get("gigabytes", LIMIT / _GIGABYTE)
            limit = number(gigabytes, "gigabytes", low=0.01, high=_MOST_GIGABYTES) * _GIGABYTE
            made = Saving(results_folder(), stored.get("beside") is True, int(limit))
            return made if stored.get("on", True) is True else None
        except (AttributeError, ValueError):
            return cast("Saving", self._fitting("saving", Saving(results_folder()), None))

    def save_results(self, *, on: bool, beside: bool, gigabytes: float) -> None:
        """Set whether and where analyses are saved, and how much of the disk they may take."""
        self._put("saving", {"on": on, "beside": beside, "gigabytes": gigabytes})

    @property
    def mirror(self) -> str:
        """Address that networks are fetched from; empty for that of their authors."""
        stored = self._json("mirror", "")
        return stored if isinstance(stored, str) else str(self._fitting("mirror", "", stored))

    @mirror.setter
    def mirror(self, address: str) -> None:
        self._put("mirror", redacted(address))

    @property
    def keys(self) -> Mapping[str, list[str]]:
        """Keys the person has changed, by action."""
        stored = self._json("keys", {})
        listed = stored if isinstance(stored, dict) else {"": None}
        fitting = {
            name: keys
            for name, keys in listed.items()
            if isinstance(keys, list) and all(is_word(key) for key in keys)
        }
        return cast("dict[str, list[str]]", self._fitting("keys", fitting, listed))

    @keys.setter
    def keys(self, keys: Mapping[str, list[str]]) -> None:
        self._put("keys", dict(keys))

    # -- layout ---------------------------------------------------------------------------

    def save_geometry(self, window: QMainWindow) -> None:
        """Save where the window is."""
        geometry = window.saveGeometry()
        self._file.setValue("layout/geometry", geometry)
        self._file.setValue("layout/geometry_sum", _sum(geometry))

    def restore_geometry(self, window: QMainWindow) -> bool:
        """Put the window where it was; False where that is not known."""
        stored = self._file.value("layout/geometry")
        # Over another one than it saved itself Qt may take for ever.
        known = isinstance(stored, QByteArray) and stored.size() <= _LONGEST_LAYOUT
        fits = known and self._file.value("layout/geometry_sum") == _sum(stored)
        return fits and window.restoreGeometry(stored)

    @property
    def workspaces(self) -> Remembered:
        """The workspaces as they were left, and those that a person has saved."""
        from poseviewer.gui.workspaces.workspace import Remembered, from_json

        stored = self._json("workspaces", {})
        try:
            return Remembered(
                word(stored["now"], "now"),
                *(
                    tuple(map(from_json, listing(stored[part], part)[:_MOST_WORKSPACES]))
                    for part in ("live", "own")
                ),
            )
        except (KeyError, TypeError, ValueError):
            return cast(
                "Remembered", self._fitting("workspaces", Remembered(), stored or Remembered())
            )

    @workspaces.setter
    def workspaces(self, remembered: Remembered) -> None:
        from poseviewer.gui.workspaces.workspace import as_json

        live, own = (list(map(as_json, part)) for part in (remembered.live, remembered.own))
        self._put("workspaces", {"now": remembered.now, "live": live, "own": own})

    def workspace_of(self, location: str) -> str:
        """The name of the workspace that a location was left in; empty where that is not known."""
        return dict(self._left_in).get(redacted(location), "")

    def remember_workspace(self, location: str, name: str) -> None:
        """Store which workspace a location is seen in; of an address without its password."""
        location = redacted(location)
        others = [pair for pair in self._left_in if pair[0] != location]
        self._put("left_in", [(location, name), *others][:_LOCATIONS])

    def rename_workspace(self, old: str, new: str) -> None:
        """Store another name of a workspace."""
        pairs = [(location, new if name == old else name) for location, name in self._left_in]
        self._put("left_in", pairs)

    @property
    def _left_in(self) -> list[tuple[str, str]]:
        stored = self._json("left_in", [])
        listed = stored if isinstance(stored, list) else [None]
        pairs = [
            (pair[0], pair[1])
            for pair in listed
            if isinstance(pair, list) and len(pair) == 2 and all(map(is_word, pair))
        ]
        self._fitting("left_in", [list(pair) for pair in pairs], listed)
        return pairs[:_LOCATIONS]

    # -- helpers --------------------------------------------------------------------------

    def _json(self, key: str, default: Any) -> Any:
        stored = self._file.value(key)
        if stored is None:
            return default
        try:
            return json.loads(stored)
        except (TypeError, ValueError, RecursionError):
            return self._fitting(key, default, None)

    def _fitting(self, key: str, fitting: Any, stored: Any) -> Any:
        """Return what fits of a stored value, and note where that is not all of it."""
        if fitting != stored:
            self._left_out[key] = None
        return fitting

    def _put(self, key: str, value: object) -> None:
        self._file.setValue(key, json.dumps(value))


def _sum(layout: QByteArray) -> str:
    return hashlib.sha256(layout.data()).hexdigest()
