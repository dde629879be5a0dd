"""The package where Windows is pretended: see `tests/like_windows/sitecustomize.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

IMPORTS = """
import pkgutil, sys
from importlib import import_module
import poseviewer
names = [one.name for one in pkgutil.walk_packages(poseviewer.__path__, "poseviewer.")]
for name in names:
    if not name.endswith("__main__"):
        import_module(name)
from poseviewer.core import locks
assert locks.sys.platform == "win32"
assert not hasattr(locks, "fcntl")
print(len(names))
"""


def like_windows(*command: str) -> str:
    """Run Python where Windows is pretended; returns what it printed."""
    place = str(ROOT / "tests" / "like_windows")
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": place, "QT_QPA_PLATFORM": "offscreen"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_module_can_be_imported():
    assert int(like_windows("-c", IMPORTS)) > 400


@pytest.mark.parametrize(
    "tests",
    [
        "tests/core/test_files.py",
        "tests/core/test_journal.py",
        "tests/core/test_locks.py",
        "tests/runtime/saved/test_corrections.py",
    ],
)
def test_files_are_locked_and_replaced_as_on_linux(tests):
    like_windows("-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", tests)
