"""Resources, weights and the user's folders are found wherever PoseViewer runs."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

import pytest

from poseviewer.core import assets
from poseviewer.core.assets import make_private, user_folder

if TYPE_CHECKING:
    from pathlib import Path


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


def test_user_folders_are_where_the_platform_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSEVIEWER_HOME")
    for kind in ("cache", "config", "data"):
        chosen = tmp_path / kind / "poseviewer"
        monkeypatch.setattr(
            f"platformdirs.user_{kind}_dir", lambda name, appauthor, folder=chosen: str(folder)
        )
        assert assets.user_folder(kind) == chosen
        assert chosen.is_dir()


def test_nobody_else_may_look_into_the_users_folders(home):
    (home / "data").mkdir(mode=0o755)
    for kind in ("config", "data", "cache"):
        assert stat.S_IMODE(user_folder(kind).stat().st_mode) == 0o700


def test_a_file_is_made_private_and_its_own_permissions_stay(tmp_path):
    path = tmp_path / "a"
    for mode, private in ((0o644, 0o600), (0o777, 0o700), (0o400, 0o400)):
        path.touch()
        path.chmod(mode)
        make_private(path)
        assert stat.S_IMODE(path.stat().st_mode) == private
        path.unlink()
    make_private(path)
    assert not path.exists()
