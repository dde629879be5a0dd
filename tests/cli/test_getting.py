"""`models available` and `models get`: size and licence are shown, and one question decides."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.models import catalogue
from poseviewer.models.catalogue import Entry
from poseviewer.models.getting import MIRROR
from poseviewer.models.registry import card
from tests.cli.test_importing import Terminal, run
from tests.files_server import FilesServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilesServer]:
    """Serves the one network of the catalogue, as its authors write it."""
    file = io.BytesIO()
    torch.save({"state_dict": card("openpose-lightweight-0").build().state_dict()}, file)
    made = FilesServer({"/mine/mine.pth": file.getvalue()})
    one = Entry(
        "mine", "My network", "openpose-lightweight", "Apache-2.0", len(file.getvalue()),
        address=f"{made.address}/mine/mine.pth",
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "catalogue", lambda: (one,))
    yield made
    made.close()


def test_the_catalogue_is_listed_for_people_and_for_programs(capsys) -> None:
    assert run("available") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["NAME", "SIZE", "HERE"]
    assert len(lines) == 1 + 2 * len(catalogue.catalogue())
    run("available", "--json")
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["cpm-lite"]["here"] is True
    assert listed["cpm-mobile"]["bytes"] == 2728991
    assert listed["openpose-coco-cmu"]["source"].endswith("/body_pose_model.pth")


def test_a_network_is_fetched_after_one_question(server, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert run("get", "mine") == 0
    told = capsys.readouterr()
    size = len(server.files["/mine/mine.pth"]) / 1e6
    assert f"about {size:.1f} MB" in told.err
    assert "licence   Apache-2.0" in told.err
    assert told.err.count("[y/N]") == 1
    assert "Got mine" in told.out
    assert card("mine").trained


def test_no_is_no(server, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    with pytest.raises(PoseViewerError, match="Nothing was fetched"):
        run("get", "mine")
    assert server.ranges == []


def test_without_anybody_to_ask_nothing_is_fetched(server, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(PoseViewerError, match="--yes"):
        run("get", "mine")
    assert server.ranges == []


def test_the_mirror_is_named_and_used(server, monkeypatch, capsys) -> None:
    (one,) = catalogue.catalogue()
    elsewhere = replace(one, address="http://127.0.0.1:9/mine.pth")
    monkeypatch.setattr(catalogue, "catalogue", lambda: (elsewhere,))
    monkeypatch.setenv(MIRROR, server.address)
    assert run("get", "mine", "--yes", "--json") == 0
    told = capsys.readouterr()
    assert f"from      {server.address}/mine/mine.pth" in told.err
    assert json.loads(told.out)["here"] is True
