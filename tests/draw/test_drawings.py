"""What a person draws: in place to the pixel, measured, timed, the same on screen and in files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.annotation import Calibration, Drawing, ShownDrawings
from poseviewer.draw.colour import CASING, DRAWING, MIDDLE
from poseviewer.draw.drawings import drawing_items, hit, inner_angle, length_text, seconds_text
from poseviewer.draw.primitives import Arc, Dot, Label, Line, Scene
from poseviewer.draw.raster import paint
from tests.draw.test_parity import both, middle

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

SIZE = (320, 240)
TIMES = np.arange(100) / 25
LINE = Drawing("line", ((40.5, 60.25), (200.75, 180.5)), 10, 60)
ANGLE = Drawing("angle", ((150, 60), (150, 120), (210, 120)), 10, 60)
TEXT = Drawing("text", ((30, 40),), 10, 60, "heel\noff")
WATCH = Drawing("stopwatch", ((30, 200),), 20, 90, stop=70)


def items_of(*drawings: Drawing, frame: int = 30, scale: float = 1.0, **rest: object) -> list:
    shown = ShownDrawings(drawings, TIMES, **rest)
    return drawing_items(shown, frame=frame, size=SIZE, scale=scale)


def texts(items: list) -> list[str]:
    return [one.text for one in items if isinstance(one, Label)]


def test_only_the_drawings_of_a_frame_are_drawn() -> None:
    assert items_of(LINE, frame=9) == []
    assert items_of(LINE, frame=61) == []
    assert texts(items_of(LINE, frame=60)) == [f"{np.hypot(160.25, 120.25):.0f} px"]


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_ends_lie_on_the_points_at_every_scale(scale: float) -> None:
    items = items_of(LINE, ANGLE, scale=scale)
    strokes = [one for one in items if isinstance(one, Line) and one.colour == DRAWING]
    assert {point for one in strokes for point in (one.start, one.end)} == {
        *LINE.points,
        *ANGLE.points,
    }
    assert [one.centre for one in items if isinstance(one, Dot)] == [*LINE.points, *ANGLE.points]
    # Texts lie on top of all strokes.
    kinds = [isinstance(one, Label) for one in items]
    assert kinds == sorted(kinds)


def test_lengths_follow_the_calibration() -> None:
    known = Calibration((0, 0), (0, 50), 0.5)
    half = replace(LINE, points=((0, 0), (30, 40)), text="shin")
    assert texts(items_of(half, metres_per_pixel=known.metres_per_pixel)) == ["shin 50.0 cm"]
    assert length_text(1234.4, 0.001) == "1.23 m"
    assert length_text(99.96, 0.001) == "10.0 cm"
    assert length_text(12.6, None) == "13 px"
    items = items_of(calibration=known)
    assert texts(items) == ["known: 50.0 cm"]
    assert next(one for one in items if isinstance(one, Label)).colour == MIDDLE


@pytest.mark.parametrize("end", range(-180, 181, 15))
def test_an_angle_is_the_smaller_one_whichever_way_it_was_drawn(end: int) -> None:
    turn = np.radians(end)
    ray = (100 + 50 * np.cos(turn), 100 + 50 * np.sin(turn))
    drawn = replace(ANGLE, points=((150, 100), (100, 100), ray))
    assert texts(items_of(drawn)) == [f"{abs(end)}°"]
    for points in (drawn.points, drawn.points[::-1]):
        assert abs(inner_angle(points)[1]) == pytest.approx(abs(end))
    (arc,) = [one for one in items_of(drawn) if isinstance(one, Arc)]
    assert arc.centre == (100, 100)
    assert (arc.start + arc.sweep - end) % 360 == pytest.approx(0, abs=1e-6)


def test_a_stopwatch_runs_with_the_clip_and_stops() -> None:
    def at(frame: int, watch: Drawing = WATCH) -> list[str]:
        return texts(items_of(watch, frame=frame))

    assert at(19) == []
    assert at(20) == ["0.00 s"]
    assert at(45) == ["1.00 s"]
    assert at(70) == at(90) == ["2.00 s"]
    assert at(90, replace(WATCH, stop=None, text="jump")) == ["jump 2.80 s"]
    # A frame beyond the end of another version of the clip is its last one.
    assert at(95, replace(WATCH, first=99, last=5000, stop=4000)) == []
    colours = [items_of(WATCH, frame=frame)[0].colour for frame in (69, 70)]
    assert colours == [DRAWING, MIDDLE]
    assert [seconds_text(s) for s in (59.994, 59.996, 61.5)] == ["59.99 s", "1:00.00", "1:01.50"]


@pytest.mark.parametrize("corner", [(0, 0), (319, 0), (0, 239), (319, 239)])
def test_measures_stay_inside_the_frame(corner: tuple[int, int]) -> None:
    x, y = corner
    line = replace(LINE, points=((x, y), (abs(x - 8), abs(y - 8))), text="a long name")
    angle = replace(ANGLE, points=((x, abs(y - 30)), (x, y), (abs(x - 30), y)))
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for drawing in (line, angle):
        (label,) = [one for one in items_of(drawing) if isinstance(one, Label)]
        wide = replace(label, backing=1.0)
        pixels[:] = 255
        paint(Scene(SIZE, (wide,), 1.0), pixels)
        rows, columns = np.nonzero((pixels == CASING).all(axis=2))
        assert columns.min() > 0 or x == 0
        assert 0 <= rows.min() <= rows.max() < SIZE[1]
        assert columns.max() < SIZE[0] - 1 or x > 0


def test_what_is_hit() -> None:
    def found(drawing: Drawing, *place: float) -> int | None:
        return hit(drawing, place, reach=5, scale=1)

    assert found(LINE, 42, 63) == 0
    assert found(LINE, 199, 180) == 1
    assert found(LINE, 120, 120) == -1
    assert found(LINE, 120, 140) is None
    assert found(ANGLE, 151, 121) == 1
    assert found(ANGLE, 180, 121) == -1
    assert found(ANGLE, 180, 90) is None
    assert found(TEXT, 45, 70) == -1
    assert found(TEXT, 45, 95) is None
    assert found(WATCH, 60, 205) == -1
    assert found(WATCH, 150, 205) is None


@pytest.mark.gui
@pytest.mark.parametrize("drawing", [LINE, ANGLE, WATCH], ids=lambda one: one.kind)
def test_screen_and_file_agree(qapp: QApplication, drawing: Drawing) -> None:
    strokes = tuple(one for one in items_of(drawing) if not isinstance(one, Label))
    labels = tuple(one for one in items_of(drawing) if isinstance(one, Label))
    picture = np.full((SIZE[1], SIZE[0], 3), 70, np.uint8)
    for items in filter(None, (strokes, labels)):
        file, screen = both(Scene(SIZE, items, 1.0), picture)
        apart = np.abs(middle(file) - middle(screen))
        # The fonts differ, so texts are not equally wide.
        assert apart[items is labels :].max() < 0.4
