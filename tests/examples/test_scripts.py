"""The example scripts run as they are and say what is true of a small clip."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CLIP = "mannequin-clip:160x120@30x3"

pytestmark = pytest.mark.slow


def script(name: str, *arguments: str, folder: Path) -> str:
    """What an example prints when it is run in `folder`."""
    code = f"import sys, runpy; sys.path.insert(0, {str(EXAMPLES.parent)!r});"
    code += f"sys.argv[0] = {name!r}; runpy.run_path({str(EXAMPLES / name)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_script_is_tried() -> None:
    tried = {"stages_contact_sheet.py", "knee_angle.py", "compare_networks.py"}
    assert {path.name for path in EXAMPLES.glob("*.py")} == tried


def test_the_contact_sheet_has_a_tile_for_each_stage_and_joint(tmp_path: Path) -> None:
    told = script("stages_contact_sheet.py", CLIP, "--frame", "2", folder=tmp_path)
    assert "3 stages of hourglass-lite, 23 joints" in told
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape == (24 * 160, 3 * 160, 3)
    assert sheet.std() > 10


def test_the_knee_angles_are_written_and_drawn(tmp_path: Path) -> None:
    told = script("knee_angle.py", CLIP, "-o", "out", folder=tmp_path)
    assert "in 3 of 3 frames" in told
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == ["0", "1", "2"]
    # It stands and waves: no knee is bent.
    assert all(abs(float(row["left knee"])) < 30 for row in rows)
    assert (tmp_path / "out.svg").read_text().count('<path d="M0.0') == 2


def test_two_networks_are_compared_joint_by_joint(tmp_path: Path) -> None:
    told = script("compare_networks.py", CLIP, folder=tmp_path).splitlines()
    assert told[0] == "3 of 3 frames have a person for both"
    pixels = [float(line.split()[1]) for line in told[2:]]
    assert len(pixels) == 23
    # On a person 100 pixels high.
    assert 0 < sum(pixels) / 23 < 10
