"""Workspaces as JSON, in settings and in files from others."""

import json
from dataclasses import replace

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.workspaces.arrangement import Arrangement, Tabs
from poseviewer.gui.workspaces.defaults import BUILT_IN, INSPECT
from poseviewer.gui.workspaces.workspace import Workspace, as_json, from_json, read_workspace


@pytest.mark.parametrize("workspace", BUILT_IN, ids=lambda one: one.name)
def test_a_workspace_comes_back(workspace):
    layout = replace(workspace.layout, floating=(("angles_dock", (-5, 6, 70, 80)),), wide=True)
    there = replace(workspace, layout=layout)
    back = from_json(json.loads(json.dumps(as_json(there))))
    assert as_json(back) == as_json(there)
    assert back.drawn == there.drawn
    assert back.layout.closed == there.layout.closed


DEEP = {"tabs": ["a"], "share": 0.5}
for _ in range(8):
    DEEP = {"row": [DEEP, {"tabs": ["b"], "share": 0.5}], "share": 0.5}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something else"},
        {"version": 2},
        {"name": ""},
        {"name": 7},
        {"name": "x" * 41},
        {"name": "a\u202eb"},
        {"presenting": 1},
        {"docks": []},
        {"docks": {"middle": {"share": 0.5, "tabs": ["a"]}}},
        {"docks": {"right": {"share": 1.5, "tabs": ["a"]}}},
        {"docks": {"right": {"share": 0.5, "tabs": "a"}}},
        {"docks": {"right": {"share": 0.5, "row": [{"tabs": ["a"], "share": 1}]}}},
        {"docks": {"right": {"share": 0.5, "tabs": ["a"] * 300}}},
        {"docks": {"right": DEEP}},
        {"closed": [3]},
        {"floating": {"a": [1, 2, 3]}},
        {"floating": {"a": [1, 2, 0, 9]}},
        {"floating": {"a": [1e99, 2, 3, 4]}},
        {"drawn": {"arcs": [""]}},
    ],
    ids=lambda change: str(change)[:50],
)
def test_a_wrong_file_is_one_sentence(tmp_path, change):
    path = tmp_path / "gait.workspace.json"
    path.write_text(json.dumps(as_json(INSPECT) | change))
    with pytest.raises(PoseViewerError, match="is not a workspace of PoseViewer that can be read"):
        read_workspace(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 9999])
def test_what_is_no_json_is_one_sentence(tmp_path, content):
    path = tmp_path / "gait.workspace.json"
    path.write_bytes(content)
    with pytest.raises(PoseViewerError, match=r"gait\.workspace\.json"):
        read_workspace(path)


def test_a_long_file_is_not_read(tmp_path):
    path = tmp_path / "gait.workspace.json"
    path.write_text(json.dumps(as_json(INSPECT)) + " " * (1 << 17))
    with pytest.raises(PoseViewerError, match="longer"):
        read_workspace(path)


def test_what_a_file_leaves_out_is_as_usual():
    least = from_json({"format": "poseviewer-workspace", "version": 1, "name": " Gait\n lab "})
    assert least == Workspace("Gait lab", Arrangement(()))
    tabs = {"right": {"share": 0.5, "tabs": ["a", "b"], "front": "gone"}}
    found = from_json(as_json(INSPECT) | {"docks": tabs})
    assert found.layout.sides == (("right", 0.5, Tabs(("a", "b"))),)
