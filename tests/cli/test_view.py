from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli import view
from poseviewer.cli.main import main
from poseviewer.video.open import open_source

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def location(*arguments: str) -> str:
    parser = argparse.ArgumentParser()
    view.add_parser(parser.add_subparsers())
    return view.chosen_location(parser.parse_args(["view", *arguments]))


@pytest.fixture
def no_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_the_demo_opens_unless_told():
    assert location() == location("--demo") == "mannequin:"


def test_what_can_be_opened_opens_the_window_without_a_command(tmp_path, monkeypatch):
    opened = []
    (tmp_path / "frames").mkdir()
    (tmp_path / "export").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(view, "has_display", lambda: True)
    monkeypatch.setattr(view, "_open", lambda location, _args, **_: opened.append(location) or 0)
    things = ["knees.poseviewer", "Knees.PoseViewer", "no such.mp4", "frames", "mannequin:9x9@3"]
    for thing in things:
        assert main([thing, "--no-store"]) == 0
    assert opened == things
    with pytest.raises(SystemExit):
        main(["export"])
    with pytest.raises(SystemExit):
        main(["exprt"])
    assert opened == things


def test_a_camera_is_named_by_its_number():
    assert location("--camera", "0") == "camera:0"


def test_one_thing_is_opened_at_a_time():
    with pytest.raises(SystemExit):
        location("clip.mp4", "--camera", "0")


@pytest.mark.parametrize(
    ("name", "value"), [("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0"), (VARIABLES[2], "vnc")]
)
def test_a_display_is_known_by_its_variable(name, value, no_display, monkeypatch):
    assert not view.has_display()
    monkeypatch.setenv(name, value)
    assert view.has_display()


@pytest.mark.parametrize("platform", ["offscreen", "minimal:enable_fonts"])
def test_a_platform_that_nobody_sees_is_no_display(platform, no_display, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert not view.has_display()


@pytest.mark.parametrize("arguments", [[], ["view", "clip.mp4"]])
def test_without_a_display_one_sentence_explains_export(arguments, no_display, capsys):
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert "no display" in told
    assert "poseviewer export" in told
    assert told.count("\n") == 1


def test_what_is_live_cannot_take_the_place_of_the_window(no_display, tmp_path, capsys):
    arguments = ["view", "mannequin:160x120@30", "--without-display", str(tmp_path / "out")]
    assert main(arguments) == 1
    assert "poseviewer run" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.gui
def test_without_a_display_the_same_job_is_done_in_files(no_display, tmp_path: Path):
    folder = tmp_path / "out"
    clip = "mannequin-clip:320x240@25x8"
    command = [sys.executable, "-m", "poseviewer", "view", clip, "--without-display", str(folder)]
    done = subprocess.run([*command, "--engine", "torch"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = {path.name for path in folder.iterdir()}
    (stem,) = {name.removesuffix(".mp4") for name in names if name.endswith(".mp4")}
    assert names == {
        f"{stem}.mp4",
        f"{stem}.csv",
        f"{stem}_about.json",
        f"{stem}_angles.csv",
        f"{stem}_json",
        "window.png",
    }
    for name in (f"{stem}.mp4", "window.png"):
        assert str(folder / name) in done.stderr
    with open_source(str(folder / f"{stem}.mp4")) as written:
        assert len(written) == 8
    with open_source(str(folder / "window.png")) as picture:
        assert picture.read(0).pixels.std() > 20


def test_leaving_while_the_network_loads_is_quiet(no_display, tmp_path: Path):
    command = [sys.executable, "-m", "poseviewer", "view", str(tmp_path / "none.mp4")]
    command += ["--screenshot", str(tmp_path / "window.png")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none.mp4" in done.stderr
