"""Keys that a person has changed: conflicts, what is stored, and files of them."""

import json

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.keys import changes, given, keys_in_force, owner_of, read_keys, write_keys


@pytest.fixture
def usual():
    return keys_in_force(ACTIONS, {})


def test_a_key_belongs_to_one_action(usual):
    assert owner_of("g", usual, other_than="snapshot") == "go_to"
    assert owner_of("G", usual, other_than="go_to") is None
    assert owner_of("Ctrl+Alt+F11", usual, other_than="") is None
    keys = given(usual, "snapshot", ["G"])
    assert keys["snapshot"] == ("G",)
    assert keys["go_to"] == ()
    assert changes(keys, ACTIONS) == {"snapshot": ["G"], "go_to": []}


def test_what_is_as_usual_again_is_no_change(usual):
    keys = given(given(usual, "snapshot", ["F11"]), "snapshot", ["C"])
    assert changes(keys, ACTIONS) == {}


def test_what_is_exported_is_imported_again(tmp_path, usual):
    keys = given(usual, "snapshot", ["Ctrl+Alt+P", "F12"])
    write_keys(tmp_path / "keys.json", keys, ACTIONS)
    assert read_keys(tmp_path / "keys.json") == {"snapshot": ("Ctrl+Alt+P", "F12")}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "no table"),
        ({"format": "other"}, "format"),
        ({"format": "poseviewer-keys", "version": 2, "keys": {}}, "version"),
        ({"format": "poseviewer-keys", "version": 1, "keys": {"a": "C"}}, "no list"),
        ({"format": "poseviewer-keys", "version": 1, "keys": {"a": [3]}}, "a key of a"),
        ({"format": "poseviewer-keys", "version": 1, "keys": {"a": ["C"] * 9}}, "more than 8"),
        ({"format": "poseviewer-keys", "version": 1, "keys": {"a": ["C"], "b": ["c"]}}, "both"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path, table, said):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(table))
    with pytest.raises(PoseViewerError, match=said):
        read_keys(path)
