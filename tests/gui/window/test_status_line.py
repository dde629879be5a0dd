"""The line at the bottom, and the words over the picture."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.detection import Detections
from poseviewer.core.pose import Visibility
from poseviewer.draw.captions import clock
from poseviewer.gui.frame.hud import hud_lines, joint_title, legend_lines
from poseviewer.gui.people.words import states_of
from poseviewer.gui.window.status_line import StatusLine, pixel_text, status_text, time_left
from poseviewer.runtime.jobs import Progress
from poseviewer.runtime.state import AppState, Stats
from tests.gui.fake_session import FakeSession
from tests.gui.find import words


@pytest.fixture
def session():
    made = FakeSession(lambda: None)
    made.open("/videos/walk.mp4")
    made.seek(200)
    return made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.000"), (6.673, "0:06.673"), (59.9996, "1:00.000"), (3725.5, "1:02:05.500")],
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_the_line_says_how_the_frame_was_analysed(session):
    rest = "   ·   1 person   ·   hourglass-lite, 4 stages   ·   OpenVINO fp32, CPU"
    single = status_text(session.state)
    assert single == f"Single frames: not analysed in sequence yet (A){rest}"
    session.analyse()
    assert status_text(session.state) == f"Analysed 300 of 300 frames{rest}"
    assert status_text(AppState()) == "Nothing is open"


def test_no_count_of_people_while_the_answer_is_awaited(session):
    session.answers = False
    session.seek(7)
    assert "person" not in status_text(session.state)
    assert hud_lines(session.state)[-1] == "Analysing…"


def test_the_figures_of_a_clip_and_of_a_live_source(session):
    state = session.state
    assert hud_lines(state) == [
        "walk.mp4   960×540   30 fps",  # noqa: RUF001
        "frame 200   0:06.667",
        "hourglass-lite · OpenVINO fp32, CPU · 29.8 fps",
        "single frame, raw   network 6.4 ms",
    ]
    live = replace(
        state,
        source=replace(state.source, live=True),
        stats=Stats(source_rate=29.94, inference_rate=18.2, age=0.011, network=0.0064, drops=3),
    )
    lines = hud_lines(live)
    assert lines[0].endswith("29.9 fps")
    assert lines[-2].endswith("analysing 18.2 fps")
    assert lines[-1] == "age 11 ms   network 6.4 ms   3 dropped"
    assert status_text(live).startswith("Live, 30 fps, 18 analysed   ·   1 person")
    assert hud_lines(AppState()) == []


def test_the_legend_names_everything_that_lies_over_the_frame(session):
    def legend(*docks, **display):
        return legend_lines(session.state.choosing(**display), docks)

    assert legend() == []
    assert legend(overlay_stage=3, overlay_channel=1) == ["map: r knee, stack 4"]
    assert legend("way of joints", overlay_stage=0, ghost=1) == [
        "map: all joints, stack 1", "ghost: stack 2", "way of joints",
    ]  # fmt: skip
    session.answers = False
    session.seek(7)
    assert legend("way of joints", overlay_stage=0) == []
    assert joint_title("left_wrist") == "l wrist"


def test_the_legend_names_the_boxes_of_the_person_detector(session):
    none = np.empty((0, 4))
    seen = Detections(none, none, none[:, 0], none[:, 0], none[:, 0], none[:, 0])
    answer = session.state.answer
    answer = replace(answer, result=replace(answer.result, detections=seen))
    state = replace(session.state, answer=answer)
    assert legend_lines(state.choosing(region_outline=False), []) == []
    (line,) = legend_lines(state.choosing(region_outline=True), [])
    assert "dashed: refused" in line


def test_the_pixel_is_read(session):
    frame = session.state.frame
    red, green, blue = frame.pixels[20, 10]
    assert pixel_text(frame, (10, 20)) == f"x 10  y 20    rgb {red} {green} {blue}"
    assert pixel_text(frame, None) == ""
    assert pixel_text(frame, (5000, 0)) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.2, "1 s left"), (42, "42 s left"), (200, "3 min left")]
)
def test_time_left(seconds, text):
    assert time_left(seconds) == text


def test_without_a_network_nothing_is_said_to_be_analysed(session):
    state = replace(session.state, loaded=None, engine="", answer=None)
    assert hud_lines(state)[-1] == "No network is loaded"


def test_the_line_never_names_a_network_that_was_left(session):
    state = session.state.choosing(model="cpm-lite")
    assert "hourglass-lite" not in status_text(state)


def test_progress_says_which_network_analyses_where_another_is_chosen(qtbot, session):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    state = replace(session.state, analysis=Progress(3, 10, network="hourglass-lite"))
    line.refresh(state)
    assert "Analysing 30 %" in words(line)
    line.refresh(state.choosing(model="cpm-lite"))
    assert "Analysing with hourglass-lite 30 %" in words(line)


def test_of_a_feed_without_a_signal_nothing_is_said_to_run(session):
    state = session.state
    playback = replace(state.playback, lost=True)
    source = replace(state.source, live=True)
    lost = replace(state, source=source, playback=playback, answer=None)
    assert status_text(lost).startswith("No signal")
    assert "Analysing…" not in hud_lines(lost)


def test_the_joint_under_the_pointer_is_named_with_its_state(session):
    _, result = session.state.shown
    poses, frame = result.poses, session.state.frame
    knee = poses.skeleton.index("left_knee")
    states = np.full(poses.score.shape, Visibility.VISIBLE, np.int8)
    states[0, knee] = Visibility.OCCLUDED
    at = tuple(round(value) for value in poses.xy[0, knee].tolist())
    known = replace(poses, visibility=states, score=np.full(poses.score.shape, 0.62, np.float32))
    assert pixel_text(frame, at, poses=known).startswith(
        f"left knee hidden, 62 % sure    x {at[0]}"
    )
    assert "not calibrated" in pixel_text(frame, at, poses=poses)
    far = pixel_text(frame, (0, 0), poses=known)
    assert far.startswith("x 0")
    gone = replace(known, xy=np.full(poses.xy.shape, np.nan, np.float32))
    assert pixel_text(frame, at, poses=gone).startswith(f"x {at[0]}")
    seen = states_of(replace(known, track=np.array([4])))
    count = len(poses.skeleton.joints) - 1
    assert seen == {4: f"{count} joints visible, 1 hidden, 0 outside the frame."}
    assert "not calibrated" in states_of(poses)[-1]
