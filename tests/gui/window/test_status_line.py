"""The line at the bottom, and the words over the picture."""

from dataclasses import replace

import pytest

from poseviewer.core.look import Look
from poseviewer.gui.frame.hud import clock, hud_lines, joint_title, overlay_line
from poseviewer.gui.window.status_line import pixel_text, status_text, time_left
from poseviewer.runtime.state import Stats, View
from tests.gui.fake_session import FakeSession


@pytest.fixture
def view(qapp):
    session = FakeSession(lambda: None)
    session.open("/videos/walk.mp4")
    session.seek(200)
    return session.view()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.000"), (6.673, "0:06.673"), (59.9996, "1:00.000"), (3725.5, "1:02:05.500")],
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_the_line_says_what_the_sketch_says(view):
    assert status_text(view, analysed=12) == (
        "Analysed 12 of 300 frames   ·   1 person   ·   hourglass-lite, 4 stages   ·   "
        "OpenVINO fp32, CPU"
    )
    assert status_text(View(), analysed=0) == "Nothing is open"


def test_the_figures_of_a_clip_and_of_a_live_source(view):
    assert hud_lines(view) == [
        "walk.mp4   960×540   30 fps",  # noqa: RUF001
        "frame 200   0:06.667",
        "hourglass-lite · OpenVINO fp32, CPU · 29.8 fps",
        "network 6.4 ms",
    ]
    live = replace(
        view,
        source=replace(view.source, live=True),
        stats=Stats(source_rate=29.94, inference_rate=18.2, age=0.011, network=0.0064, drops=3),
    )
    lines = hud_lines(live)
    assert lines[0].endswith("29.9 fps")
    assert lines[-2].endswith("analysing 18.2 fps")
    assert lines[-1] == "age 11 ms   network 6.4 ms   3 dropped"
    assert status_text(live, analysed=0).startswith("Live, 30 fps, 18 analysed   ·   1 person")
    assert hud_lines(View()) == []


def test_the_overlay_is_named(view):
    assert overlay_line(Look(), view.result) == ""
    assert overlay_line(Look(overlay_stage=3, overlay_channel=1), view.result) == (
        "overlay: r knee, stack 4"
    )
    assert overlay_line(Look(overlay_stage=0), view.result) == "overlay: all joints, stack 1"
    assert joint_title("left_wrist") == "l wrist"


def test_the_pixel_is_read(view):
    red, green, blue = view.frame.pixels[20, 10]
    assert pixel_text(view.frame, (10, 20)) == f"x 10  y 20    rgb {red} {green} {blue}"
    assert pixel_text(view.frame, None) == ""
    assert pixel_text(view.frame, (5000, 0)) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.2, "1 s left"), (42, "42 s left"), (200, "3 min left")]
)
def test_time_left(seconds, text):
    assert time_left(seconds) == text
