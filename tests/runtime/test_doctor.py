"""What is examined of a machine, and what is said where something is missing."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from threading import Event

import av
import openvino  # noqa: F401 - its import starts a thread that stays
import pytest

from poseviewer.runtime import doctor
from poseviewer.runtime.doctor import (
    Finding,
    as_json,
    bad_releases,
    discreet,
    examine,
    find,
    report,
)
from tests.waiting import LONG

SECTIONS = ("versions", "engines", "networks", "codecs", "cameras", "display", "folders")


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "poseviewer"))
    return tmp_path


def named(findings, section, name):
    (found,) = [one for one in findings if (one.section, one.name) == (section, name)]
    return found


def test_every_section_is_examined_and_advice_goes_with_what_is_not_well(home):
    findings = examine()
    assert tuple(dict.fromkeys(one.section for one in findings)) == SECTIONS
    assert all(bool(one.advice) == (one.level != "ok") for one in findings)
    assert "hourglass-lite" in named(findings, "networks", "ready").value
    assert named(findings, "codecs", "write H.264").value == "libx264"
    assert str(home) not in report(findings)
    assert "~/poseviewer/config" in report(findings)
    assert as_json(findings)[0]["section"] == "versions"


def test_a_section_that_fails_is_a_finding(monkeypatch):
    def _broken():
        yield Finding("first", "seen")
        msg = "the driver is gone\nwith a trace"
        raise OSError(msg)

    monkeypatch.setattr(doctor, "_SECTIONS", (_broken,))
    first, failed = examine()
    assert first.section == failed.section == "broken"
    assert (failed.level, failed.value) == ("trouble", "failed: the driver is gone")


def test_a_folder_that_cannot_be_written_to_is_trouble(home, monkeypatch):
    (home / "poseviewer").write_text("a file where the folder should be", encoding="utf-8")
    found = named(examine(), "folders", "config")
    assert found.level == "trouble"
    assert "POSEVIEWER_HOME" in found.advice


def test_little_room_is_noted(home, monkeypatch):
    monkeypatch.setattr(doctor, "_LITTLE_SPACE", 1 << 60)
    assert named(examine(), "folders", "cache").level == "note"


def test_without_torch_openvino_is_enough(home, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else there(name)
    )
    found = named(examine(), "engines", "torch")
    assert (found.level, found.value) == ("ok", "not installed; OpenVINO is enough")


def test_without_any_engine_nothing_runs(home, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert named(examine(), "engines", "any").level == "trouble"


def test_encoders_that_are_missing_are_named(home, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    found = named(examine(), "codecs", "write H.264")
    assert found.level == "note"
    assert "MP4" in found.value


def test_in_a_bundle_nobody_is_told_to_use_pip(home, monkeypatch):
    monkeypatch.setattr(sys, "_MEIPASS", str(home), raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    findings = examine()
    assert named(findings, "engines", "any").advice.startswith("Fetch PoseViewer again")
    assert named(findings, "versions", "PoseViewer").value.endswith(", bundle")


@pytest.mark.parametrize(("python", "bad"), [((3, 11), True), ((3, 12), False)])
def test_the_release_of_qt_that_aborts_is_known(python, bad):
    found = list(bad_releases({"Qt (PySide6)": "6.12.0"}, python=python))
    assert [one.level for one in found] == (["trouble"] if bad else [])


def test_a_second_opencv_is_known(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "4.11" if name == "opencv-python" else real(name)
    )
    (found,) = bad_releases({}, python=(3, 11))
    assert "pip uninstall opencv-python;" in found.advice


@pytest.mark.skipif("sys.platform != 'linux'", reason="rights to devices are Linux's")
def test_a_camera_without_rights_says_which_group(tmp_path):
    node = tmp_path / "video0"
    assert doctor._camera("Webcam", "camera:0", node).advice.startswith("sudo usermod -aG video")
    node.touch()
    assert doctor._camera("Webcam", "camera:0", node).level == "ok"


def test_no_path_names_the_user(home):
    text = f"{home}/clips and /media/ada/disk, not /media/adam or adagio"
    assert discreet(text) == "~/clips and /media/USER/disk, not /media/adam or adagio"
    assert discreet(str(Path.home())) == "~"


def test_it_examines_on_a_thread_of_its_own(monkeypatch):
    monkeypatch.setattr(doctor, "_SECTIONS", ())
    done, seen = Event(), []
    find(lambda findings: (seen.append(findings), done.set()))
    assert done.wait(LONG)
    assert seen == [()]
