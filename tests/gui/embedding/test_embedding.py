"""The Embedding dock: alike frames are shown and gone to; two poses are taken apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from poseviewer.core.affine import Box
from poseviewer.runtime.pose_crops import PoseCrop


@pytest.fixture
def dock(clip_window, session):
    """The dock with the poses of an analysed clip."""
    session.analyse()
    made = clip_window.docks.embedding
    made.show()
    made.raise_()
    made.tabs.setCurrentIndex(0)
    made.redraw()
    return made


def centre(area):
    return area.center().toPoint()


def test_why_there_is_no_map(clip_window, session):
    dock = clip_window.docks.embedding
    assert "press A to analyse the clip" in dock.why_empty(session.state)


def test_a_click_on_a_figure_goes_to_its_frame(qtbot, session, dock):
    poses, _ = session.similar_poses(others=False)
    matches = dock.matches.matches
    assert matches
    assert matches == poses.matches(session.state.playback.index, count=5)
    place = centre(dock.matches.area(0))
    qtbot.mouseClick(dock.matches, Qt.MouseButton.LeftButton, pos=place)
    assert session.state.playback.index == matches[0].frame


def test_a_click_on_a_point_goes_to_its_frame(qtbot, session, dock):
    poses, _ = session.similar_poses(others=False)
    # The outermost point has no other before it.
    row = int(np.abs(poses.plane[:, 0]).argmax())
    frame = int(poses.clip.index[row])
    place = dock.map.place(frame)
    assert dock.map.rect().contains(place.toPoint())
    qtbot.mouseClick(dock.map, Qt.MouseButton.LeftButton, pos=place.toPoint())
    reached = session.state.playback.index
    there = dock.map.place(reached)
    assert (there - place).manhattanLength() < 2


def test_a_click_on_the_matrix_goes_to_the_frame_of_the_column(qtbot, session, dock):
    poses, _ = session.similar_poses(others=False)
    middle = dock.matrix.rect().center()
    qtbot.mouseClick(dock.matrix, Qt.MouseButton.LeftButton, pos=middle)
    half = len(poses.rows) // 2
    near = poses.clip.index[poses.rows[half - 4 : half + 5]]
    assert near[0] <= session.state.playback.index <= near[-1]


def test_two_frames_are_picked_and_forgotten_with_their_source(session, dock):
    dock.tabs.setCurrentIndex(1)
    session.seek(20)
    dock.buttons["A"].click()
    session.seek(40)
    dock.buttons["B"].click()
    assert dock.picks == {"A": 20, "B": 40}
    assert dock.buttons["B"].text() == "B: frame 40"
    dock.show_source()
    assert dock.picks == {"A": None, "B": None}


def test_the_slider_turns_the_middle_column_alone(session, dock):
    dock.tabs.setCurrentIndex(1)
    dock.redraw()
    dock.between.setValue(0)
    first = dock.exchange.drawn
    np.testing.assert_allclose(first[:, 1], first[:, 0], atol=1e-5)
    dock.between.setValue(dock.between.maximum())
    last = dock.exchange.drawn
    np.testing.assert_allclose(last[:, 1], last[:, 2], atol=1e-5)
    np.testing.assert_array_equal(last[:, (0, 2)], first[:, (0, 2)])


def test_a_frame_has_its_picture_once_it_is_cut_out(qtbot, session, dock):
    first = dock.matches.matches[0]
    assert not any(dock.matches.pictures)
    blue = np.full((20, 20, 3), (10, 20, 240), np.uint8)
    square = Box.around(first.clip.places[first.row]).fitted(1.0)
    session.crops[first.frame] = PoseCrop(square, square, blue)
    before = dock.matches.grab().toImage()
    dock.redraw()
    assert dock.matches.pictures == (True, *(False for _ in dock.matches.matches[1:]))
    after = dock.matches.grab().toImage()

    def blues(image, number):
        area = dock.matches.area(number).toRect()
        pixels = [image.pixelColor(x, y) for x in range(area.left(), area.right(), 3)
                  for y in range(area.top(), area.bottom(), 3)]  # fmt: skip
        return sum(one.blue() > 200 and one.red() < 60 for one in pixels)

    assert blues(after, 0) > 3 * blues(before, 0) + 20
    assert blues(after, 1) == blues(before, 1)


def test_a_tip_says_which_frame_of_which_clip_a_tile_is(session, dock):
    second = dock.matches.matches[1]
    tip = dock.matches.tip(dock.matches.area(1).center())
    assert tip.startswith(f"{second.clip.name}, frame {second.frame}, ")


def test_pictures_are_let_go_with_the_dock(qtbot, session, dock, monkeypatch):
    asked = []
    monkeypatch.setattr(session, "pose_crops", lambda matches: asked.append(matches) or ())
    dock.hide()
    qtbot.waitUntil(lambda: asked[-1:] == [()])


def test_a_frame_without_a_code_is_said_to_be_one(session, dock, monkeypatch):
    poses, _ = session.similar_poses(others=False)
    session.seek(20)
    dock.redraw()
    assert dock.said.text().startswith("The codes were learnt")
    kept = poses.clip.index != 20
    known = {name: getattr(poses.clip, name)[kept] for name in ("index", "codes", "limbs")}
    known |= {name: getattr(poses.clip, name)[kept] for name in ("seconds", "places")}
    less = replace(poses, clip=replace(poses.clip, **known))
    monkeypatch.setattr(session, "similar_poses", lambda **_: (less, ""))
    dock.redraw()
    assert dock.said.text().startswith("Frame 20 has no code")
    assert not dock.matches.matches
    dock.tabs.setCurrentIndex(1)
    dock.picks = {"A": 10, "B": 20}
    dock.redraw()
    assert dock.said.text().startswith("Frame 20 has no code")
    assert dock.exchange.drawn is None
    dock.picks = {"A": 10, "B": 30}
    dock.redraw()
    assert dock.said.text().startswith("The codes were learnt")


def test_numbers_of_long_clips_widen_the_dock_no_further(session, dock):
    dock.tabs.setCurrentIndex(1)
    dock.picks = {"A": 123_456, "B": 123_457}
    dock.redraw()
    assert dock.minimumSizeHint().width() <= 280


def test_frames_are_gone_to_by_keys(qtbot, session, dock):
    matches = dock.matches.matches
    assert len(matches) > 1
    dock.matches.setFocus()
    for _ in range(2):
        qtbot.keyClick(dock.matches, Qt.Key.Key_Right)
    qtbot.keyClick(dock.matches, Qt.Key.Key_Left)
    assert f"frame {matches[1].frame}," in dock.matches.accessibleDescription()
    qtbot.keyClick(dock.matches, Qt.Key.Key_Return)
    assert session.state.playback.index == matches[1].frame
