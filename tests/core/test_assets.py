"""Resources, weights and the user's folders are found wherever PoseViewer runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from poseviewer.core import assets


@pytest.fixture(autouse=True)
def forget():
    """The answer is remembered; each test asks anew."""
    assets._root.cache_clear()
    yield
    assets._root.cache_clear()


def test_the_checkout_has_resources() -> None:
    assert assets.resource("angles.toml").is_file()
    assert assets.resource("skeletons").is_dir()


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEVIEWER_RESOURCES", str(tmp_path))
    monkeypatch.setenv("POSEVIEWER_WEIGHTS", str(tmp_path))
    assert assets.resource("x.toml") == tmp_path / "x.toml"
    assert assets.weights("x.safetensors") == tmp_path / "x.safetensors"


def test_a_frozen_bundle_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert assets.resource("x") == tmp_path / "resources" / "x"


def test_an_installed_wheel_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "poseviewer" / "_assets" / "weights").mkdir(parents=True)
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "poseviewer")
    assert assets.weights("x") == tmp_path / "poseviewer" / "_assets" / "weights" / "x"


def test_one_variable_moves_all_user_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path))
    for kind in ("cache", "config", "data"):
        assert assets.user_folder(kind) == tmp_path / kind
        assert (tmp_path / kind).is_dir()


@pytest.mark.parametrize(
    ("platform", "kind", "expected"),
    [
        ("linux", "cache", "xdg/poseviewer"),
        ("linux", "config", "me/.config/poseviewer"),
        ("linux", "data", "me/.local/share/poseviewer"),
        ("darwin", "config", "me/Library/Preferences/PoseViewer"),
        ("darwin", "data", "me/Library/Application Support/PoseViewer"),
        ("win32", "cache", "local/PoseViewer/cache"),
    ],
)
def test_user_folders_follow_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, kind: str, expected: str
) -> None:
    monkeypatch.delenv("POSEVIEWER_HOME")
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "me")
    monkeypatch.setattr(sys, "platform", platform)
    assert assets.user_folder(kind) == tmp_path / expected
