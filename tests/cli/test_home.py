"""Without a home that can be written to, every command runs; nothing is saved there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from poseviewer.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

CLIP = "mannequin-clip:64x48@30x4"


@pytest.mark.parametrize("home", ["/proc/none", "a file"])
def test_commands_run_without_a_home(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: str,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("POSEVIEWER_HOME", str(blocked if home == "a file" else home))
    assert main(["models"]) == 0
    assert main(["export", CLIP, "-o", str(tmp_path / "o.mp4"), "--no-overlay"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["file", "o.mp4"]
