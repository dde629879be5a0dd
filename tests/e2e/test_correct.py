"""A wrist is corrected in the real window, which is killed; the clip's files have the wrist."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.gui, pytest.mark.slow]

_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings

app = application()
settings = Settings(Path(sys.argv[2]))
changes = {"automatic": False, "model": "hourglass-lite"}
window = make_window(settings, changes=changes, saving=settings.saving)
window.resize(1280, 800)
window.show()
session = window.bridge.session

def until(holds):
    while not holds():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 200)

window.open(sys.argv[1])
until(lambda: session.state.result is not None and window.docks is not None)
session.mark(0, 9)
session.analyse()
until(lambda: session.state.analysed == 10 and session.state.analysis.finished)
session.seek(5)
until(lambda: session.state.shown[1] is not None and session.state.shown[1].frame.index == 5
      and session.state.answer.sequential and window.frame_view.frame.index == 5)
window.actions_by_name["correct"].trigger()
view, poses = window.frame_view, session.state.shown[1].shown
joint = poses.skeleton.index("left_wrist")
start = QPointF(*view.viewport.to_view(*poses.xy[0, joint].tolist())).toPoint()
end = start + QPoint(60, -40)
QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
QTest.mouseMove(view, end)
QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
(one,) = session.state.corrections.joints
print(one.joint, *one.xy, flush=True)
until(lambda: False)
"""


@pytest.fixture
def corrected(shared: Path, tmp_path: Path) -> tuple[Path, dict[str, str], str, float, float]:
    """The clip, its surroundings, and what was corrected in frame 5 by a window that is gone."""
    clip = shared / "videos" / "squat.mp4"
    around = os.environ | {
        "POSEVIEWER_HOME": str(tmp_path / "home"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    window = subprocess.Popen(
        [sys.executable, "-c", _WINDOW, str(clip), str(tmp_path / "window.ini")],
        stdout=subprocess.PIPE, text=True, env=around,
    )  # fmt: skip
    assert window.stdout is not None
    try:
        line = window.stdout.readline()
    finally:
        os.kill(window.pid, signal.SIGKILL)
        window.wait()
        window.stdout.close()
    joint, x, y = line.split()
    return clip, around, joint, float(x), float(y)


def test_a_corrected_wrist_is_in_the_files_of_a_killed_window(
    corrected: tuple[Path, dict[str, str], str, float, float], tmp_path: Path
) -> None:
    clip, around, joint, x, y = corrected
    command = [sys.executable, "-m", "poseviewer", "results", "export", str(clip), "--data",
               "csv,trc,coco,poses", "-o", str(tmp_path / "out")]  # fmt: skip
    subprocess.run(command, env=around, check=True, timeout=300)

    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        (row,) = [r for r in csv.DictReader(file) if r["frame"] == "5" and r["joint"] == joint]
    assert (float(row["x_px"]), float(row["y_px"])) == pytest.approx((x, y), abs=0.01)

    (trc,) = (tmp_path / "out_trc").glob("*.trc")
    lines = trc.read_text(encoding="utf-8").splitlines()
    marker = "".join(word.capitalize() for word in joint.split("_"))
    marker = {"LeftWrist": "LWrist", "RightWrist": "RWrist"}.get(marker, marker)
    at = lines[3].split("\t").index(marker)
    (cells,) = [line.split("\t") for line in lines[5:] if line.split("\t")[0] == "5"]
    assert [float(cells[at]), float(cells[at + 1])] == pytest.approx([x, y], abs=0.01)

    (labels,) = (tmp_path / "out_coco").glob("*_annotations.json")
    table = json.loads(labels.read_text(encoding="utf-8"))
    place = table["categories"][0]["keypoints"].index(joint)
    (person,) = [one for one in table["annotations"] if one["image_id"] == 5]
    px, py, seen = person["keypoints"][3 * place : 3 * place + 3]
    # COCO counts from the corner of the first pixel.
    assert (px - 0.5, py - 0.5, seen) == pytest.approx((x, y, 2), abs=0.01)
    assert table["info"]["poseviewer"]["corrections"] == "1 joint in 1 frame"

    (frame,) = [
        one
        for one in json.loads((tmp_path / "out_poses.json").read_text(encoding="utf-8"))["frames"]
        if one["frame"] == 5
    ]
    assert "moved" in frame["people"][0]["corrected"]
