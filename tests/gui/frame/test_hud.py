"""The panels in the corners of the frame keep out of each other's way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF

from poseviewer.gui.frame.hud import panels

LEGEND = ["skeleton: smoothed", "dashed limbs: hidden"]
HINT = ["This is the demo: open a video (Ctrl+O) or a camera (Ctrl+K)"]
SOURCE = ["Mannequin   640x480   30 fps", "frame 2229   1:14.300"]
RECORDING = ["\N{BLACK CIRCLE} REC  0:12"]
ALL = {
    "top left": SOURCE,
    "top right": RECORDING,
    "bottom left": LEGEND,
    "bottom right": HINT,
}


@pytest.mark.parametrize("width", [1600, 900, 480, 300])
def test_no_panel_covers_another(qapp, width):
    area = QRectF(0, 0, width, 420)
    found = panels(ALL, area=area)
    places = [place for _, place in found]
    for at, place in enumerate(places):
        assert area.contains(place)
        assert not any(place.intersects(other) for other in places[:at])
    said = [lines for lines, _ in found]
    assert (HINT in said) == (width > 600)
    assert RECORDING in said


def test_a_panel_alone_stays_in_its_corner(qapp):
    ((_, place),) = panels({"bottom left": [], "bottom right": HINT}, area=QRectF(0, 0, 480, 320))
    assert (place.right(), place.bottom()) == (480 - 12, 320 - 12)


def test_a_small_view_has_the_first_lines_only(qapp):
    lines = [f"line {n} of a long legend" for n in range(9)]
    ((said, _),) = panels({"bottom left": lines}, area=QRectF(0, 0, 300, 200))
    assert said == lines[:2]
