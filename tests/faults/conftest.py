"""Faults at random moments: some rounds in the whole suite, many with `make faults ROUNDS=50`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import DotsClip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = int(os.environ.get("POSEVIEWER_ROUNDS", "1"))
"""How often each fault comes."""

COUNT = 40
"""Frames of the clip."""

ROOT = Path(__file__).resolve().parents[2]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `chance` once a round, each with a seed of its own."""
    if "chance" in metafunc.fixturenames:
        metafunc.parametrize("chance", range(ROUNDS), indirect=True)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers, the same for the same round of the same test."""
    return random.Random(f"{request.node.originalname} {request.param}")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file to export and play."""
    made = tmp_path_factory.mktemp("clip") / "walk.mp4"
    job = ExportJob(made, overlay=False)
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(COUNT))
    return str(made)


@pytest.fixture
def child(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `tests.faults.child`, in this test's home; ends what is left of it with the test."""
    started = []

    def start(*arguments: object, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-m", "tests.faults.child", *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
