"""A wrist is corrected in the real window, which is killed; the next one and the files have it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from poseviewer.core.pose import Mark

pytestmark = [pytest.mark.gui, pytest.mark.slow]

_OPENED = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from poseviewer.draw.colour import CORRECTED
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
"""

_CORRECTING = (
    _OPENED
    + """
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
)


_REOPENED = (
    _OPENED
    + """
until(lambda: session.state.analysed == 10)
session.seek(5)
until(lambda: session.state.shown[1] is not None and session.state.shown[1].frame.index == 5
      and session.state.answer.sequential and window.frame_view.frame.index == 5)
view, poses = window.frame_view, session.state.shown[1].shown
(one,) = session.state.corrections.joints
joint = poses.skeleton.index(one.joint)
place = QPointF(*view.viewport.to_view(*poses.xy[0, joint].tolist())).toPoint()
around = view.grab(QRect(place - QPoint(12, 12), QSize(25, 25))).toImage()
colours = [around.pixelColor(x, y).getRgb()[:3] for x in range(25) for y in range(25)]
ring = sum(max(abs(a - b) for a, b in zip(one, CORRECTED)) < 12 for one in colours)
print(one.joint, *poses.xy[0, joint], poses.corrected[0, joint], ring,
      flush=True)
until(lambda: False)
"""
)


@pytest.fixture
def around(tmp_path: Path) -> dict[str, str]:
    """The surroundings of a user of the test's own."""
    home = str(tmp_path / "home")
    return os.environ | {"POSEVIEWER_HOME": home, "QT_QPA_PLATFORM": "offscreen"}


def said(script: str, clip: Path, around: dict[str, str]) -> list[str]:
    """What a window that runs a script says of the wrist in frame 5; then it is killed."""
    settings = Path(around["POSEVIEWER_HOME"]).with_name("window.ini")
    window = subprocess.Popen(
        [sys.executable, "-c", script, str(clip), str(settings)],
        stdout=subprocess.PIPE, text=True, env=around,
    )  # fmt: skip
    assert window.stdout is not None
    try:
        return window.stdout.readline().split()
    finally:
        os.kill(window.pid, signal.SIGKILL)
        window.wait()
        window.stdout.close()


def test_a_corrected_wrist_is_in_the_next_window_and_in_the_files(
    shared: Path, tmp_path: Path, around: dict[str, str]
) -> None:
    clip = shared / "videos" / "squat.mp4"
    joint, *xy = said(_CORRECTING, clip, around)
    x, y = map(float, xy)

    again, *place, mark, ring = said(_REOPENED, clip, around)
    assert again == joint
    assert list(map(float, place)) == pytest.approx([x, y], abs=0.01)
    assert int(mark) == Mark.MOVED
    # The ring around what was corrected, as it is painted.
    assert int(ring) > 20

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
