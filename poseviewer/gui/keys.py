"""The keys of the actions as a person has changed them: conflicts, and a file to share them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file
from poseviewer.core.reading import listed, listing, mapping, read_text, reading, whole, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from poseviewer.gui.actions.context import Action

Keys = dict[str, tuple[str, ...]]
"""Keys by the name of an action, as Qt writes them."""

_FORM = "poseviewer-keys"
_VERSION = 1
_LONGEST_FILE = 1 << 18
_MOST_ACTIONS, _MOST_KEYS, _LONGEST_KEY = 1000, 8, 64


def portable(key: str) -> str:
    """A key as Qt writes it on every system; empty where it is none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def native(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def keys_in_force(specs: Sequence[Action], changed: Mapping[str, Sequence[str]]) -> Keys:
    """The keys of every action, with a person's changes."""
    return {spec.name: tuple(map(portable, changed.get(spec.name, spec.keys))) for spec in specs}


def owner_of(key: str, keys: Mapping[str, Sequence[str]], *, other_than: str) -> str | None:
    """The action that a key belongs to; None where it is free or belongs to `other_than`."""
    wanted = portable(key)
    return next((name for name, own in keys.items() if name != other_than and wanted in own), None)


def given(keys: Keys, name: str, new: Sequence[str]) -> Keys:
    """`keys` where an action has `new` ones, which every other action gives up."""
    taken = tuple(dict.fromkeys(map(portable, new)))
    others = {other: tuple(k for k in own if k not in taken) for other, own in keys.items()}
    return {**others, name: taken}


def changes(keys: Keys, specs: Sequence[Action]) -> dict[str, list[str]]:
    """What of `keys` differs from the keys that the program comes with."""
    usual = keys_in_force(specs, {})
    return {name: list(own) for name, own in keys.items() if own != usual.get(name)}


def write_keys(path: Path, keys: Keys, specs: Sequence[Action]) -> None:
    """Write the changed keys as JSON.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    table = {"format": _FORM, "version": _VERSION, "keys": changes(keys, specs)}
    save_file(path, json.dumps(table, indent=1, ensure_ascii=False) + "\n")


def read_keys(path: Path) -> Keys:
    """Read changed keys.

    Args:
        path: What `write_keys` wrote, or a person.

    Returns:
        Keys by the name of an action; a name may belong to no action.

    Raises:
        PoseViewerError: It is no such file, or gives one key to two actions.
    """
    with reading(path.name, kind="a file of keys", advice="choose one that was exported here"):
        table = mapping(json.loads(read_text(path, most=_LONGEST_FILE)), "it")
        if table.get("format") != _FORM:
            msg = f"its format is not {_FORM}"
            raise ValueError(msg)
        whole(table.get("version"), "its version", low=1, high=_VERSION)
        stored = mapping(table.get("keys"), "what it calls keys")
        if len(stored) > _MOST_ACTIONS:
            msg = f"it names more than {_MOST_ACTIONS} actions"
            raise ValueError(msg)
        found: Keys = {}
        for name, keys in stored.items():
            word(name, "the name of an action", longest=_LONGEST_KEY)
            if len(listing(keys, name)) > _MOST_KEYS:
                msg = f"it gives {name} more than {_MOST_KEYS} keys"
                raise ValueError(msg)
            found[name] = tuple(_key(key, name) for key in keys)
    _refuse_doubles(path.name, found)
    return found


def _key(stored: object, name: str) -> str:
    key = portable(word(stored, f"a key of {name}", longest=_LONGEST_KEY))
    if not key:
        msg = f"a key of {name} is not one that Qt knows"
        raise ValueError(msg)
    return key


def _refuse_doubles(file: str, keys: Keys) -> None:
    for name, own in keys.items():
        for key in own:
            if other := owner_of(key, keys, other_than=name):
                msg = f"{file} gives the key {listed([key])} both to {name} and to {other}."
                raise PoseViewerError(msg)
