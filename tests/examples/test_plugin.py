"""The example plug-in, installed as a user would, works in the commands and in the window."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import poseviewer

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed plug-in in `site`, and three frames in frames.npy."""
    folder = tmp_path_factory.mktemp("plugin")
    # A copy, because building writes beside the sources.
    shutil.copytree(ROOT / "examples" / "plugin", folder / "source")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    install = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "site")]
    done = subprocess.run([*install, str(folder / "source")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with poseviewer.open_clip("mannequin-clip:160x120@30x3") as clip:
        np.save(folder / "frames.npy", [frame.pixels for frame in clip.frames()])
    return folder


def python(place: Path, *arguments: str) -> str:
    """What an interpreter that finds the plug-in prints."""
    paths = os.pathsep.join([str(place / "site"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "POSEVIEWER_HOME": str(place / "home")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=place, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_network_is_listed_and_shown(place: Path) -> None:
    listed = json.loads(python(place, "-m", "poseviewer", "models", "--json"))
    (standing,) = (one for one in listed if one["name"] == "standing")
    assert standing["trained"]
    shown = python(place, "-m", "poseviewer", "models", "show", "standing")
    assert "weights     built into the module" in shown


def test_source_network_and_writer_work_in_the_commands(place: Path) -> None:
    where = ["npy:frames.npy", "--model", "standing", "--region", "whole"]
    lines = python(place, "-m", "poseviewer", "run", *where).splitlines()
    results = [json.loads(line) for line in lines]
    assert [one["frame"] for one in results] == [0, 1, 2]
    # The crop is 160 pixels high and wide about the middle of the picture; a cell covers 6.7.
    x, y, _ = results[0]["people"][0]["joints"]["left_hip"]
    assert x == pytest.approx(0.56 * 160 - 0.5, abs=6.7)
    assert y == pytest.approx(0.50 * 160 - 20.5, abs=6.7)
    python(place, "-m", "poseviewer", "export", *where, "-o", "out.mp4", "--data", "people,csv")
    table = (place / "out_people.csv").read_text().splitlines()
    assert table[0] == "frame,time_s,people"
    assert [row.split(",")[0] for row in table[1:]] == ["0", "1", "2"]
    assert (place / "out.mp4").stat().st_size
    assert (place / "out.csv").stat().st_size


WINDOW = """
from pathlib import Path
from PySide6.QtWidgets import QApplication, QComboBox, QDockWidget
from poseviewer.gui.app import snapshot

texts = set()

def read(window):
    for dock in window.findChildren(QDockWidget):
        if dock.windowTitle() == "Model":
            dock.raise_()
    QApplication.processEvents()
    for box in window.findChildren(QComboBox):
        texts.update(box.itemText(row) for row in range(box.count()))

changes = {"model": "standing"}
snapshot(Path("window.png"), location="npy:frames.npy", changes=changes, arrange=read)
print("\\n".join(texts))
"""


@pytest.mark.gui
def test_the_window_opens_the_source_and_lists_the_network(place: Path) -> None:
    texts = python(place, "-c", WINDOW).splitlines()
    assert "A guess: a person stands in the middle, where the picture has edges" in texts
    assert (place / "window.png").stat().st_size
