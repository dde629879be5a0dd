"""The Joint maps dock."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QSignalSpy

from poseviewer.gui import theme
from poseviewer.gui.joint_maps import area as area_module
from poseviewer.gui.joint_maps.dock import JointMapsDock
from poseviewer.gui.joint_maps.moments import MOST
from tests.gui.fake_session import joints_at
from tests.gui.find import words

pytestmark = pytest.mark.gui
KNEE = 1


@pytest.fixture
def dock(qtbot, bridge):
    made = JointMapsDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(640, 560)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    qtbot.waitUntil(lambda: len(dock.area.tiles) == 4)
    return dock


@pytest.fixture
def knee(qtbot, shown, session):
    """With the right knee chosen."""
    session.change("display", overlay_stage=2, overlay_channel=KNEE)
    qtbot.waitUntil(lambda: shown.row.name == "right_knee")
    return shown


def overlay(session):
    return session.state.display.overlay_stage, session.state.display.overlay_channel


def pick(box, at):
    box.setCurrentIndex(at)
    box.activated.emit(at)


def press(dock, mode):
    dock.controls.modes[mode].click()


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in words(dock)
    assert not dock.area.isVisible()


def test_a_tile_is_one_stage_of_the_chosen_joint(knee, session):
    result = session.state.result
    for number, tile in enumerate(knee.area.tiles):
        belief = result.stage(number).values[KNEE]
        assert np.array_equal(tile.content.picture.tile.values, belief)
        name = f"right knee, stack {number + 1}, peak {belief.max():.2f}"
        assert tile.accessibleName().startswith(name)
        assert tile.accessibleDescription() == tile.words


def test_the_joint_is_that_of_the_state(qtbot, knee, session):
    session.change("display", overlay_channel=5)
    qtbot.waitUntil(lambda: knee.row.name == "left_ankle")
    assert knee.controls.joint.currentText() == "left ankle"
    pick(knee.controls.joint, 2)
    assert overlay(session) == (2, KNEE)


def test_without_a_choice_the_most_changed_joint_is_shown_and_stays(qtbot, shown, session):
    first = shown.row
    assert shown.controls.joint.currentText() == f"{first.title} (most changed)"
    for index in (10, 50, 90):
        session.seek(index)
        qtbot.waitUntil(lambda i=index: shown.area.tiles[0].content.picture.tile is not None)
        assert shown.row == first
    assert overlay(session) == (None, None)


def test_a_joint_that_is_chosen_here_shows_no_map_on_the_frame_that_was_hidden(
    qtbot, shown, session
):
    pick(shown.controls.joint, 2)
    assert overlay(session) == (None, KNEE)
    qtbot.waitUntil(lambda: shown.row.name == "right_knee")
    pick(shown.controls.joint, 0)
    assert overlay(session) == (None, None)


def test_a_click_shows_the_stage_on_the_frame(qtbot, knee, session):
    qtbot.mouseClick(knee.area.tiles[0], Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    assert overlay(session) == (0, KNEE)


def test_keys_go_from_tile_to_tile_and_choose(qtbot, knee, session):
    knee.activateWindow()
    tiles = knee.area.tiles
    tiles[0].setFocus()
    qtbot.keyClick(tiles[0], Qt.Key.Key_Right)
    assert knee.area.focusWidget() is tiles[1]
    qtbot.keyClick(tiles[1], Qt.Key.Key_Return)
    assert overlay(session) == (1, KNEE)


def test_the_pointer_is_linked_both_ways(qtbot, knee, session):
    spy = QSignalSpy(knee.hovered)
    tile = knee.area.tiles[1]
    at = tile.picture_rect.center()
    qtbot.mouseMove(tile, at)
    qtbot.waitUntil(lambda: spy.count() > 0)
    frame = spy.at(spy.count() - 1)[0]
    output = session.state.result.stage(1)
    x, y = np.linalg.solve(output.to_frame[:, :2], np.array(frame) - output.to_frame[:, 2])
    value = output.values[KNEE, int(y + 0.5), int(x + 0.5)]
    assert f"belief {value:.3f}" in knee.reading.text()
    assert f"pixel {frame[0]:.0f}, {frame[1]:.0f}" in knee.reading.text()
    assert "stack 2" in knee.reading.text()
    before = tile.grab().toImage()
    knee.set_cursor(None)
    assert tile.grab().toImage() != before
    knee.set_cursor(frame)
    assert tile.grab().toImage() == before


def test_what_lies_under_the_pointer_looked_at_closer_is_read_from_the_whole_map(
    qtbot, knee, session
):
    knee.controls.closer.click()
    spy = QSignalSpy(knee.hovered)
    tile = knee.area.tiles[1]
    assert tile.content.picture.tile.values.size < session.state.result.stage(1).values[0].size
    qtbot.mouseMove(tile, tile.picture_rect.center() + QPoint(17, 9))
    qtbot.waitUntil(lambda: spy.count() > 0)
    output, frame = session.state.result.stage(1), spy.at(spy.count() - 1)[0]
    x, y = np.linalg.solve(output.to_frame[:, :2], np.array(frame) - output.to_frame[:, 2])
    cell = int(x + 0.5), int(y + 0.5)
    assert f"cell {cell[0]}, {cell[1]}" in knee.reading.text()


def test_change_shows_the_difference_to_the_stage_before(knee, session):
    press(knee, "change")
    result, tiles = session.state.result, knee.area.tiles
    assert tiles[0].content.picture.difference is None
    for number in (1, 2, 3):
        wanted = result.stage(number).values[KNEE] - result.stage(number - 1).values[KNEE]
        assert np.array_equal(tiles[number].content.picture.difference, wanted)
        assert tiles[number].content.title == f"stack {number + 1} − stack {number}"  # noqa: RUF001
    high = max(np.abs(tile.content.picture.difference).max() for tile in tiles[1:])
    assert f"{high:.2f}" in knee.controls.scale.accessibleDescription()


def test_time_is_a_filmstrip_of_one_stage(qtbot, knee, session):
    press(knee, "time")
    for index in range(0, 24, 2):
        session.seek(index)
        qtbot.waitUntil(lambda i=index: knee.area.tiles[-1].content.title == f"frame {i}")
    tiles = knee.area.tiles
    assert 4 <= len(tiles) <= MOST
    assert len(knee.moments) <= MOST
    numbers = {tile.content.picture.tile.output.number for tile in tiles}
    assert numbers == {2}
    session.seek(10)
    qtbot.waitUntil(lambda: any(t.content.title == "frame 10" for t in knee.area.tiles))
    spy = QSignalSpy(knee.seek_requested)
    qtbot.mouseClick(knee.area.tiles[-1], Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    last = knee.area.tiles[-1].content.title
    assert str(spy.at(0)[0]) == last.split()[0]


def test_frames_of_another_choice_are_dropped(qtbot, knee, session):
    for index in (0, 2, 4):
        session.seek(index)
        qtbot.waitUntil(lambda i=index: len(knee.moments) == i // 2 + 1)
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(lambda: len(knee.area.tiles) == 6)
    assert len(knee.moments) == 1


def test_all_stages_of_the_joint_are_wanted_while_it_is_visible(qtbot, knee):
    assert knee.visible_stages() == {0, 1, 2, 3}
    knee.hide()
    assert knee.visible_stages() == frozenset()


def test_nothing_is_composed_when_nothing_changed(monkeypatch, knee, session):
    made = []
    compose = area_module.strip_of
    monkeypatch.setattr(area_module, "strip_of", lambda *a, **k: made.append(1) or compose(*a, **k))
    session.publish()
    knee.redraw()
    knee.set_cursor((100, 100))
    session.change("display", opacity=0.2)
    assert not made
    session.change("display", colormap="viridis")
    knee.redraw()
    assert made


def test_it_draws_no_more_than_fifteen_times_a_second_while_playing(knee):
    assert knee._pace >= 66


# -- playing the stages ---------------------------------------------------------------------


def test_the_stages_play_one_after_another_and_stop_when_hidden(qtbot, knee):
    beat = knee._beat
    beat.setInterval(10)
    assert not beat.isActive()
    knee.set_animated(True)
    assert beat.isActive()
    assert knee.controls.play.isChecked()
    lit = set()

    def seen():
        lit.add(knee._lit)
        return lit == {0, 1, 2, 3}

    qtbot.waitUntil(seen)
    knee.hide()
    assert not beat.isActive()
    knee.show()
    qtbot.waitUntil(beat.isActive)
    knee.set_animated(False)
    assert not beat.isActive()
    assert all(tile.isVisible() for tile in knee.area.tiles)


def test_a_stage_plays_alone_where_that_makes_it_larger_and_else_lights_up(qtbot, knee):
    knee.resize(420, 560)
    usual = knee.area.tiles[0].picture_rect.width()
    knee.set_animated(True)
    visible = [tile for tile in knee.area.tiles if tile.isVisible()]
    assert len(visible) == 1
    assert visible[0].picture_rect.width() >= 1.5 * usual
    knee.resize(1500, 260)
    assert all(tile.isVisible() for tile in knee.area.tiles)


def test_one_stage_alone_does_not_play(qtbot, session, dock, monkeypatch):
    monkeypatch.setattr(session, "network", lambda name: _single(name), raising=True)
    session.open("clip.mp4")
    dock.show()
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(lambda: len(dock.area.tiles) == 1)
    dock.set_animated(True)
    assert not dock._beat.isActive()
    assert not dock.controls.modes["change"].isEnabled()


def _single(name):
    from tests.gui.fake_session import model

    return model(name, 1)


# -- how it looks ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(640, 560), (300, 700), (1400, 260), (1900, 900), (280, 300)])
@pytest.mark.parametrize("mode", ["maps", "change", "time"])
def test_every_size_shows_pictures_without_overlap(qtbot, knee, size, mode):
    press(knee, mode)
    knee.resize(*size)
    qtbot.waitUntil(lambda: knee.area.arrangement is not None)
    rects = [tile.geometry() for tile in knee.area.tiles]
    for number, rect in enumerate(rects):
        assert rect.left() >= 0
        assert rect.right() < knee.area.viewport().width()
        assert not any(rect.intersects(other) for other in rects[:number])
    assert knee.area.tiles[0].picture_rect.width() >= 96


def test_a_strip_has_its_controls_beside_the_tiles(qtbot, knee):
    knee.resize(1400, 260)
    qtbot.waitUntil(lambda: knee.area.mapTo(knee, QPoint()).x() > 100)
    assert knee.controls.mapTo(knee, QPoint()).x() < knee.area.mapTo(knee, QPoint()).x()
    right = knee.controls.mapTo(knee, QPoint()).x() + knee.controls.width()
    assert right <= knee.area.mapTo(knee, QPoint()).x()
    assert len({tile.y() for tile in knee.area.tiles}) == 1


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("which", [theme.DARK, theme.LIGHT])
def test_captions_can_be_read(which):
    back = QColor(which.panel)
    for name in ("text", "muted", "accent"):
        assert contrast(QColor(getattr(which, name)), back) >= 4.5
    # What is written on a picture lies on a dark patch, whatever the belief beneath.
    brightest = QColor.fromRgbF(*(1 - 150 / 255,) * 3)
    assert contrast(QColor("white"), brightest) >= 4.5


def test_the_middle_of_a_peak_is_not_covered(knee, session):
    """The picture is the same at the peak with its marks and without."""
    tile = knee.area.tiles[3]
    facts = knee.facts[3]
    u, v = tile.content.picture.tile.place(np.array(facts.place))
    grabbed = tile.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    x, y = round(u * tile.picture_rect.width()), round(v * tile.picture_rect.height())
    part = tile.content.part
    for dx in range(-4, 5):
        for dy in range(-4, 5):
            bare = tile.content.image.pixelColor(part.left() + x + dx, part.top() + y + dy)
            assert grabbed.pixelColor(x + dx, y + dy) == bare
    # And ticks are around it.
    row = [
        grabbed.pixelColor(x + dx, y + dy).lightness() for dx in range(-45, 0) for dy in (-1, 0, 1)
    ]
    assert max(row) > 160


def test_the_true_place_is_marked_where_it_is_wanted(qtbot, knee, session):
    session.truth.open("joints.json")
    session.truth.want(True)
    session.change("display", truth=True)
    qtbot.waitUntil(lambda: knee.facts[0].truth is not None)
    true = joints_at(session.state.result.frame.index, session.size)[KNEE]
    for facts, tile in zip(knee.facts, knee.area.tiles, strict=True):
        assert facts.truth == pytest.approx(tuple(true), abs=1e-3)
        assert facts.error == pytest.approx(np.hypot(*(np.array(facts.place) - true)), abs=1e-3)
        assert f"{facts.error:.1f} px from the truth" in tile.words
    # Above it lies the middle of the dot, in its colour.
    tile = knee.area.tiles[0]
    u, v = tile.content.picture.tile.place(true)
    x, y = int(u * tile.picture_rect.width()), int(v * tile.picture_rect.height())
    colour = tile.grab().toImage().pixelColor(x, y)
    assert colour.green() > colour.red() + 40
    session.change("display", truth=False)
    qtbot.waitUntil(lambda: knee.facts[0].truth is None)


def test_every_control_is_named_and_explained(shown):
    held = shown.controls
    controls = [held.joint, held.closer, held.own_range, held.play, *held.modes.values()]
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()
