"""What an interpreter must be, and what is said of one that does not fit."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "prepare.py"


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("prepare", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 0), (3, 14, 9)])
def test_the_versions_that_the_pins_are_for_fit(version, prepare) -> None:
    assert prepare.unfit(version) == ""


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ((3, 9, 18), "needs Python 3.11 to 3.14, and .* is 3.9.18: install one"),
        ((3, 15, 0), "pins are for Python up to 3.14, and .* is 3.15.0: install 3.14 beside it"),
    ],
)
def test_another_version_is_named_with_what_to_do(version, sentence, prepare) -> None:
    assert re.search(sentence, prepare.unfit(version))


def test_an_old_interpreter_can_read_the_script() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("version", "sentence"),
    [("", "needs Python 3.11 to 3.14, and none was found"), ("(3, 8)", "is the interpreter")],
)
def test_make_says_where_no_interpreter_fits(version, sentence, tmp_path) -> None:
    """A PATH with make and a shell alone, or with a python3 that fails the check of its version."""
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    if version:
        old = tmp_path / "python3"
        # Answers as an old interpreter does: the check of versions fails, all else is run.
        old.write_text(
            f'#!/bin/sh\ncase "$2" in *version_info*) exit 1;; "") exit 0;; esac\n'
            f'echo "{sentence}" >&2\nexit 1\n'
        )
        old.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "make", "-C", ROOT, "run"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())


def test_the_documents_name_the_same_versions(prepare) -> None:
    oldest, newest = prepare.OLDEST, prepare.TOO_NEW[1] - 1
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for minor in range(oldest[1], newest + 1):
        assert f'"Programming Language :: Python :: 3.{minor}"' in project
    assert sys.version_info[:2] >= oldest
