"""Fixtures that every floor's tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.waiting import LONG

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

# The tests look at a window that nobody sees.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# One thread a process: those of several workers wait for each other, which makes a small network
# ten times slower on two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Cards are read while tests are collected, before any fixture runs: nobody's own models then.
os.environ["POSEVIEWER_HOME"] = tempfile.mkdtemp(prefix="poseviewer-tests-")
atexit.register(shutil.rmtree, os.environ["POSEVIEWER_HOME"], ignore_errors=True)


# The same examples in every run, and none fails for having taken long.
settings.load_profile("ci")


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """The one of pytest-qt, whose waits end after five seconds, with those of a busy machine."""
    for name in ("waitUntil", "waitSignal", "waitExposed"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=round(1000 * LONG)))
    return qtbot


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real material (clips, data, oracles); skips where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("POSEVIEWER_SHARED", beside))
    if not folder.is_dir():
        pytest.skip("needs the shared material: set POSEVIEWER_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of networks that OpenVINO has converted: for seconds each, so only once."""
    return tmp_path_factory.mktemp("openvino")


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A user folder of the test's own, so that nobody's settings are read or changed."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "cache").mkdir()
    (folder / "cache" / "openvino").symlink_to(converted, target_is_directory=True)
    monkeypatch.setenv("POSEVIEWER_HOME", str(folder))
    return folder


@pytest.fixture
def drawn_lifter(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights of a lifter that has learnt nothing, in the place of those that ship."""
    from tests.lifters import save

    path = save(tmp_path_factory.mktemp("lifter") / "lifter.safetensors")
    monkeypatch.setattr("poseviewer.pipeline.lifter.weights", lambda _name: path)
    return path
