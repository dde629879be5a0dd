"""`models import` of a graph: recognised, described by a card, its operations listed."""

from __future__ import annotations

import argparse
import json

import pytest

from poseviewer.cli import models
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.registry import card
from tests.models.graph_files import graphs


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)


def run(*arguments):
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *map(str, arguments)])
    return args.run(args)


def test_what_is_known_is_imported_and_shown(tmp_path, capsys):
    path = graphs.rtmpose(tmp_path / "rtmpose-m.onnx")
    assert run("import", path, "--yes", "--stage", "maps") == 0
    told = capsys.readouterr()
    assert "RTMPose: 17 joints" in told.err
    assert "stage     maps, 17 x 8 x 6: features, 17 x 8 x 6" in told.err
    assert "Imported rtmpose-m" in told.out
    assert [one.kind for one in card("rtmpose-m").stages] == ["features", "bins", "bins", "points"]
    run("show", "rtmpose-m")
    shown = capsys.readouterr().out
    assert "imported from rtmpose-m.onnx (ONNX" in shown
    assert "joints as numbers, sees the whole picture" in shown
    with pytest.raises(PoseViewerError, match="already; choose another name, or replace it"):
        run("import", path, "--yes")


def test_operations_are_listed(tmp_path, capsys):
    path = graphs.hrnet(tmp_path / "hrnet.onnx")
    assert run("import", path, "--stages", "--json") == 0
    told = {one["operation"]: one for one in json.loads(capsys.readouterr().out)}
    assert told["features"]["cells"] == [128, 96]
    assert told["features"]["likely"] == "the last of a block"
    assert told["output"]["channels"] == 17
    run("import", path, "--stages")
    assert "8 x 128 x 96" in capsys.readouterr().out
    assert "hrnet" not in {one.name for one in models_listed()}


def models_listed():
    from poseviewer.models.registry import cards

    return cards()


def test_what_is_not_known_asks_for_a_card(tmp_path):
    path = graphs.unknown(tmp_path / "mystery.onnx")
    with pytest.raises(PoseViewerError, match="give that with --card"):
        run("import", path, "--yes")
    described = tmp_path / "mine.json"
    answer = {"kind": "points", "outputs": ["classes"], "numbers": "xys"}
    told = {"title": "Mine", "joints": ["a", "b"], "size": [64, 64], "answer": answer}
    described.write_text(json.dumps(told))
    assert run("import", path, "--yes", "--card", described, "--name", "mine") == 0
    assert card("mine").title == "Mine"


@pytest.mark.parametrize("option", [("--as", "cpm-6"), ("--half",)])
def test_options_of_checkpoints_are_refused(tmp_path, option):
    path = graphs.hrnet(tmp_path / "hrnet.onnx")
    with pytest.raises(PoseViewerError, match="is for checkpoints"):
        run("import", path, "--yes", *option)
