"""`models import` says what it found, asks once, and changes nothing without a yes."""

from __future__ import annotations

import argparse
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from poseviewer.cli import models
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.folder import model_folder
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *arguments])
    return args.run(args)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A file of weights for a network that ships."""
    path = tmp_path / "mine.pth"
    torch.save({"state_dict": card("cpm-lite").build().state_dict()}, path)
    return path


def test_without_anybody_to_ask_nothing_is_imported(checkpoint, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(PoseViewerError, match="--yes"):
        run("import", str(checkpoint), "--as", "cpm-lite")
    told = capsys.readouterr().err
    assert "licence   not stated" in told
    assert "PyTorch checkpoint" in told
    assert list(model_folder().iterdir()) == []


@pytest.mark.parametrize(("answer", "kept"), [("y\n", True), ("n\n", False), ("", False)])
def test_one_question_decides(answer, kept, checkpoint, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    if kept:
        assert run("import", str(checkpoint), "--as", "cpm-lite", "--name", "mine") == 0
    else:
        with pytest.raises(PoseViewerError, match="Nothing was imported"):
            run("import", str(checkpoint), "--as", "cpm-lite", "--name", "mine")
    assert (model_folder() / "mine.json").exists() == kept
    assert capsys.readouterr().err.count("[y/N]") == 1


def test_an_imported_model_is_listed_and_shown(checkpoint, capsys):
    run(
        "import", str(checkpoint), "--as", "cpm-lite", "--name", "mine", "--half", "--yes", "--json"
    )
    told = json.loads(capsys.readouterr().out)
    assert told["missing"] == told["unknown"] == told["misshapen"] == []
    assert told["path"].endswith("mine.safetensors")
    run("list", "--json")
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["mine"]["weights"] == "imported"
    run("show", "mine")
    assert "mine.pth" in capsys.readouterr().out


def test_an_imported_model_is_removed(checkpoint, capsys):
    run("import", str(checkpoint), "--as", "cpm-lite", "--name", "mine", "--yes")
    capsys.readouterr()
    run("remove", "mine")
    assert capsys.readouterr().out == "Removed mine.\n"
    assert list(model_folder().iterdir()) == []
    with pytest.raises(PoseViewerError, match="no imported model called mine"):
        run("remove", "mine")


def test_every_tensor_that_does_not_fit_is_listed(checkpoint, capsys):
    content = torch.load(checkpoint, weights_only=True)["state_dict"]
    gone = next(iter(content))
    content["stranger"] = content.pop(gone)
    torch.save(content, checkpoint)
    with pytest.raises(PoseViewerError, match="1 tensors are missing, 1 unknown"):
        run("import", str(checkpoint), "--as", "cpm-lite", "--yes", "--json")
    out, err = capsys.readouterr()
    assert f"missing   {gone}" in err
    assert "unknown   stranger" in err
    told = json.loads(out)
    assert (told["missing"], told["unknown"]) == ([gone], ["stranger"])


def test_the_folder_is_told(capsys):
    run("path")
    assert capsys.readouterr().out.strip() == str(model_folder())
    run("path", "--json")
    assert json.loads(capsys.readouterr().out) == {"path": str(model_folder())}


def test_a_broken_card_is_told_beside_the_list(capsys):
    (model_folder() / "broken.json").write_text("{}")
    run("list")
    assert "broken.json" in capsys.readouterr().err


def test_the_window_lists_and_loads_an_imported_model(checkpoint):
    from poseviewer.runtime.factories import load_network, model_list
    from poseviewer.runtime.sections import NetworkState

    run("import", str(checkpoint), "--as", "cpm-lite", "--name", "mine", "--yes")
    (listed,) = (one for one in model_list() if one.name == "mine")
    assert listed.trained
    loaded = load_network(NetworkState(model="mine", engine="torch"))
    assert loaded.card.name == "mine"
