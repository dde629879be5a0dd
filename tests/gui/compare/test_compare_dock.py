"""The Compare dock."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from poseviewer.core.difference import difference
from poseviewer.draw.primitives import MapLayer
from poseviewer.gui.compare.agreement import AgreementTable
from poseviewer.gui.compare.dock import CompareDock
from poseviewer.gui.compare.table import DifferenceTable
from poseviewer.gui.compare.view import ComparePair
from tests.gui.find import without_people, words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = CompareDock(bridge)
    qtbot.addWidget(made)
    made.resize(640, 520)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def choose(dock, side, name):
    box = dock.picker.models[side]
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def stage(dock, side, number):
    box = dock.picker.stages[side]
    box.setCurrentIndex(number)
    box.activated.emit(number)


def drag(qtbot, view, start, way):
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, start + way)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + way)


def figures(dock, column):
    return [dock.table.item(row, column).text() for row in range(dock.table.rowCount())]


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in words(dock)


def test_it_begins_with_the_last_and_the_first_stage_of_what_runs(shown, session):
    result = session.state.result
    found = difference(result.stage_poses[-1], result.stage_poses[0])
    assert figures(shown, 1) == [f"{value:.1f}" for value in found.pixels]
    assert figures(shown, 2) == [f"{value:.1f}" for value in found.shares * 100]
    assert figures(shown, 3) == [f"{value:.2f}" for value in found.first]
    assert figures(shown, 4) == [f"{value:.2f}" for value in found.second]
    assert f"{found.mean:.1f} px" in shown.summary.text()
    assert session.comparison.looks == []


def test_a_difference_is_never_written_as_none(qtbot, session, bridge):
    """A distance below the last digit of the share is not 0.0 %."""
    session.open("clip.mp4")
    pose = session.state.result.stage_poses[-1]
    apart = replace(pose, xy=pose.xy + np.float32([0.01, 0]))
    table = DifferenceTable()
    qtbot.addWidget(table)
    table.show_difference(difference(pose, apart), gate=0.0)
    shares = {table.item(row, 2).text() for row in range(table.rowCount())}
    assert "< 0.1" in shares
    assert "0.0" not in shares


def test_the_same_stage_does_not_differ(shown):
    stage(shown, "B", 3)
    assert set(figures(shown, 1)) == {"0.0"}
    assert shown.summary.text().startswith("No difference")


def test_a_second_network_is_asked_about_the_frame_shown(shown, session):
    choose(shown, "B", "cpm-lite")
    ((result, network, maps),) = session.comparison.looks
    assert result is session.state.result
    assert (network.model, maps) == ("cpm-lite", frozenset())
    session.publish()
    shown.show_state(session.state)
    assert set(figures(shown, 1)) == {"5.0"}
    assert len(session.comparison.looks) == 1
    session.seek(10)
    shown.show_state(session.state)
    assert session.comparison.looks[-1][0].frame.index == 10


def test_hidden_it_lets_the_second_network_go(qtbot, shown, session):
    choose(shown, "B", "cpm-lite")
    before = session.comparison.stops
    shown.hide()
    qtbot.waitUntil(lambda: session.comparison.stops > before)
    looks = len(session.comparison.looks)
    session.seek(20)
    shown.refresh(session.state)
    assert len(session.comparison.looks) == looks


def test_the_first_network_is_the_one_that_runs(shown, session):
    choose(shown, "A", "cpm-lite")
    assert session.state.network.model == "cpm-lite"
    shown.show_state(session.state)
    assert shown.picker.stages["A"].count() == 6


def test_maps_are_wanted_only_while_they_are_seen(qtbot, shown, session):
    assert shown.visible_stages() == frozenset()
    with qtbot.waitSignal(shown.stages_changed):
        shown.maps.click()
    assert shown.visible_stages() == {0, 3}
    choose(shown, "B", "cpm-lite")
    assert shown.visible_stages() == {3}
    assert session.comparison.looks[-1][2] == {5}
    shown.hide()
    assert shown.visible_stages() == frozenset()


def test_both_pictures_zoom_and_move_as_one(qtbot, shown):
    first, second = shown.pair.first, shown.pair.second
    fitted = first.viewport, second.viewport
    for one, other in ((first, second), (second, first)):
        one.zoom(1.7, QPointF(20, 30))
        drag(qtbot, one, QPoint(60, 60), QPoint(9, -14))
        middles = [v.viewport.to_frame(v.width() / 2, v.height() / 2) for v in (one, other)]
        assert other.viewport.scale == one.viewport.scale
        assert middles[0] == pytest.approx(middles[1], abs=0.51 / one.viewport.scale)
    shown.fit.click()
    assert (first.viewport, second.viewport) == fitted


def test_the_pointer_is_seen_in_both(qtbot, shown):
    views = shown.pair.first, shown.pair.second
    before = [view.grab().toImage() for view in views]
    with qtbot.waitSignal(shown.hovered) as told:
        qtbot.mouseMove(shown.pair.first, QPoint(50, 60))
    for view, old in zip(views, before, strict=True):
        at = QPointF(*view.viewport.to_view(*told.args[0])).toPoint()
        place = at.x() - 14, at.y() - 14, 28, 28
        assert view.grab().toImage().copy(*place) != old.copy(*place)


def test_person_shows_the_region_in_both(shown, session):
    shown.near.click()
    box = session.state.result.region
    for view in (shown.pair.first, shown.pair.second):
        x, y = view.viewport.to_frame(view.width() / 2, view.height() / 2)
        assert (x, y) == pytest.approx(box.centre, abs=1)
        shorter = min(view.width() / box.width, view.height() / box.height)
        assert view.viewport.scale == pytest.approx(shorter, rel=0.05)


def test_a_mirrored_camera_is_mirrored_in_both(qtbot, shown, session):
    """What was shown stays in sight, whether fitted, of a person, or zoomed."""
    pair, region = shown.pair, session.state.result.region
    views = pair.first, pair.second
    wide = session.state.frame.size[0]

    def green():
        return pixels(pair.first) >> 8 & 255

    plain = green().astype(int)
    pair.mirror(on=True)
    away = [np.abs(seen - plain).mean() for seen in (green()[:, ::-1], green())]
    assert 5 * away[0] < away[1]
    assert pair.first.viewport.to_view(0, 0)[0] > pair.first.viewport.to_view(wide, 0)[0]
    shown.near.click()

    def middle(view):
        return view.viewport.to_frame(view.width() / 2, view.height() / 2)

    for on in (True, False, True):
        pair.mirror(on=on)
        for view in views:
            assert middle(view) == pytest.approx(region.centre, abs=1)
    shown.resize(700, 600)
    for view in views:
        assert middle(view) == pytest.approx(region.centre, abs=1)
    pair.first.zoom(1.5, QPointF(20, 20))
    before = middle(pair.first)
    assert before != pytest.approx(region.centre, abs=5)
    for on in (False, True):
        pair.mirror(on=on)
        assert middle(pair.first) == pytest.approx(before, abs=1)
        assert middle(pair.second) == pytest.approx(before, abs=1)
        assert {view.viewport.mirrored for view in views} == {wide * on}


def test_wipe_shows_one_answer_on_each_side_of_the_divider(qtbot, shown, session):
    shown.wiped.click()
    pair = shown.pair
    assert not pair.second.isVisible()
    assert pair.wipe
    pair.first.set_divider(0.0)
    other = pixels(pair.first)
    pair.first.set_divider(1.0)
    one = pixels(pair.first)
    assert (one != other).any()
    pair.first.set_divider(0.5)
    half = pixels(pair.first)
    at = half.shape[1] // 2
    assert (half[:, : at - 14] == one[:, : at - 14]).all()
    assert (half[:, at + 14 :] == other[:, at + 14 :]).all()


def test_the_divider_is_dragged(qtbot, shown):
    shown.wiped.click()
    view = shown.pair.first
    place = view.viewport
    middle = QPoint(round(view.divider), view.height() // 2)
    drag(qtbot, view, middle, QPoint(40, 0))
    assert view.divider == pytest.approx(middle.x() + 40, abs=1)
    assert view.viewport == place


def test_a_chosen_joint_shows_its_own_map_and_again_all(qtbot, shown, session):
    shown.maps.click()
    session.want(shown.visible_stages())
    shown.show_state(session.state)
    centre = shown.table.visualItemRect(shown.table.item(4, 0)).center()
    maps = session.state.result.stage(3).values
    for wanted in (maps[4], maps.max(axis=0)):
        qtbot.mouseClick(shown.table.viewport(), Qt.MouseButton.LeftButton, pos=centre)
        (layer,) = [i for i in shown.pair.first.scene.items if isinstance(i, MapLayer)]
        assert np.array_equal(layer.values, wanted)


def test_a_wide_room_puts_the_pictures_beside_each_other(qtbot, session):
    pair = ComparePair()
    qtbot.addWidget(pair)
    pair.resize(900, 300)
    pair.show()
    pair.show_pair(session.result(0).frame, (None, None))
    qtbot.waitUntil(lambda: pair.second.x() > pair.first.width() - 1)
    pair.resize(400, 700)
    qtbot.waitUntil(lambda: pair.second.y() > pair.first.height() - 1)


def pixels(view):
    view.say((), corner="top left")
    view.say((), corner="top right")
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32)
    return flat.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()].copy()


def test_a_file_of_poses_is_compared_over_the_clip(qtbot, shown, session):
    assert shown.picker.models["B"].findData(":truth") < 0
    session.truth.open("theirs_json")
    shown.show_state(session.state)
    with qtbot.waitSignal(shown.stages_changed):
        choose(shown, "B", ":truth")
    assert shown.wants_truth()
    session.truth.want(True)
    session.analyse()
    shown.show_state(session.state)
    compared = session.truth_compared()
    assert compared.agreement.people == session.count
    names = [shown.figures.item(row, 0).text() for row in range(shown.figures.rowCount())]
    joints, angles = compared.agreement.joints, compared.agreement.angles
    assert len(names) == len(joints) + len(angles)
    assert names[len(joints) :] == [one.name for one in angles]
    row = names.index("right knee", len(joints))
    cells = [shown.figures.item(row, column).text() for column in range(1, 7)]
    knee = next(one for one in angles if one.name == "right knee")
    here = compared.pairs[0].degrees[[spec.name for spec in compared.specs].index("right knee")]
    assert abs(here) > 0.1
    assert cells[0] == f"{here:+.1f}°".replace("-", "\N{MINUS SIGN}")
    assert cells[1:4] == [f"{knee.median:.1f}°", "\N{EN DASH}", f"{knee.high:.1f}°"]
    assert cells[5] == str(session.count)
    first = [shown.figures.item(0, column).text() for column in (1, 2, 3)]
    assert first[0] == f"{compared.pairs[0].pixels[0]:.1f} px"
    assert first[2] == f"{100 * joints[0].shares[0]:.1f}"
    assert f"Median of {session.count} frames: joints" in shown.summary.text()
    assert shown.figures.isVisible()
    assert shown.save.isVisible()
    assert not shown.picker.stages["A"].isVisible()
    before = shown.pair.second.grab().toImage()
    assert before != shown.pair.first.grab().toImage()
    session.truth.close()
    shown.show_state(session.state)
    assert not shown.picker.truth
    assert shown.table.isVisible()
    assert not shown.save.isVisible()


def test_nothing_in_common_yet_is_said(shown, session):
    session.truth.open("theirs_json")
    shown.show_state(session.state)
    choose(shown, "B", ":truth")
    at = session.truth.at
    session.truth.at = lambda index: at(index).only(np.zeros(1, bool))
    session.analyse()
    shown.show_state(session.state)
    assert "No frame yet in which both have the person" in shown.summary.text()


def test_a_narrow_table_leaves_out_what_says_least(qtbot):
    table = AgreementTable()
    qtbot.addWidget(table)
    table.show()
    for letters, left in ((30, 4), (45, 5), (64, 7)):
        table.resize(letters * table.fontMetrics().horizontalAdvance("0"), 200)
        columns = range(table.columnCount())
        assert sum(not table.isColumnHidden(column) for column in columns) == left


def test_the_comparison_is_saved_by_an_action(qtbot, window, session, monkeypatch, tmp_path):
    window.open("/videos/walk.mp4")
    assert not window.actions_by_name["save_comparison"].isEnabled()
    session.truth.open("theirs_json")
    window.showing.refresh()
    asked = []
    monkeypatch.setattr(
        type(window.context),
        "ask_where",
        lambda _, title, name, kinds, write: asked.append((title, name)) or write(tmp_path / name),
    )
    window.actions_by_name["save_comparison"].trigger()
    assert asked == [("Save comparison", "walk_comparison.csv")]
    assert ("write_comparison", tmp_path / "walk_comparison.csv") in session.calls


def test_nobody_is_not_compared(shown, session):
    """The stages answer also where the detector sees no person; that is no difference."""
    shown.show_state(session.state)
    assert shown.summary.text().startswith("Apart by")
    without_people(session)
    shown.show_state(session.state)
    assert shown.summary.text() == "No person was found in this frame."
    assert not any(figures(shown, 1))
