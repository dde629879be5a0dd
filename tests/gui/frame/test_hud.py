"""The panels in the corners of the frame keep out of each other's way."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from poseviewer.gui.frame.hud import clear_side, panels

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


AREA = QRectF(0, 0, 900, 420)
UNDER_LEFT, UNDER_RIGHT = (60.0, 30.0), (840.0, 30.0)


@pytest.mark.parametrize(
    ("side", "people", "expected"),
    [
        ("left", [], "left"),
        ("left", [(450.0, 200.0)], "left"),
        ("left", [(450.0, 200.0), UNDER_LEFT], "right"),
        ("left", [UNDER_RIGHT], "left"),
        # It stays while nobody is under it, and where it would hide somebody anyway.
        ("right", [UNDER_LEFT], "right"),
        ("right", [], "right"),
        ("right", [UNDER_RIGHT], "left"),
        ("right", [UNDER_LEFT, UNDER_RIGHT], "right"),
        ("left", [UNDER_LEFT, UNDER_RIGHT], "left"),
    ],
)
def test_the_panel_about_the_source_hides_nobody(qapp, side, people, expected):
    joints = np.array(people, float).reshape(-1, 2)
    assert clear_side(side, SOURCE, people=joints, area=AREA) == expected


def test_what_says_nothing_hides_nobody(qapp):
    assert clear_side("left", [], people=np.array([UNDER_LEFT]), area=AREA) == "left"
