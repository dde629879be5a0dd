"""The grid of belief maps."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QSignalSpy

from poseviewer.core.affine import Box, apply
from poseviewer.core.frame import Frame
from poseviewer.core.stage import grouped
from poseviewer.gui.stages import painter
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import rows_for
from tests.gui.fake_session import model

pytestmark = pytest.mark.gui


@pytest.fixture
def result(session):
    session.open("clip.mp4")
    return session.state.result


@pytest.fixture
def grid(qtbot, session, result):
    made = StageGrid()
    qtbot.addWidget(made)
    model = session.state.model
    made.resize(600, 2200)
    made.show_stages(grouped(model.stages), rows_for(model.stages, show="all"))
    made.show_result(result)
    made.show()
    qtbot.waitExposed(made)
    made.grab()
    return made


def centre(grid, stage, channel):
    return grid.tile_rect(stage, channel).center().toPoint()


def arrow(grid, key):
    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)


@pytest.mark.parametrize(("stage", "channel"), [(0, 0), (3, 10), (2, None), (1, 15)])
def test_a_click_chooses_the_tile_under_it(qtbot, grid, stage, channel):
    with qtbot.waitSignal(grid.chosen) as chosen:
        qtbot.mouseClick(
            grid.viewport(), Qt.MouseButton.LeftButton, pos=centre(grid, stage, channel)
        )
    assert chosen.args == [stage, channel]
    assert f"stack {stage + 1}" in grid.accessibleDescription()


def test_headers_choose_the_stage_and_labels_the_joint(qtbot, grid):
    spy = QSignalSpy(grid.chosen)
    header = centre(grid, 1, 5)
    header.setY(5)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=header)
    assert spy.at(0) == [1, None]
    label = centre(grid, 0, 5)
    label.setX(5)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=label)
    assert spy.at(1) == [1, 5]
    header = centre(grid, 2, 5)
    header.setY(5)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=header)
    assert spy.at(2) == [2, 5]


def test_gaps_and_the_corner_choose_nothing(qtbot, grid):
    edge = grid.tile_rect(0, 0).bottomRight() + QPointF(2, 2)
    with qtbot.assertNotEmitted(grid.chosen):
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=edge.toPoint())
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPointF(3, 3).toPoint())


def test_arrows_move_the_choice_and_stop_at_the_edges(qtbot, grid):
    spy = QSignalSpy(grid.chosen)
    keys = (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up)
    for key in (*keys, Qt.Key.Key_Up):
        grid.keyPressEvent(arrow(grid, key))
    chosen = [tuple(spy.at(n)) for n in range(spy.count())]
    assert chosen == [(3, None), (3, 0), (2, 0), (2, None), (2, None), (2, None)]


def test_the_arrows_are_the_grids_while_it_has_the_focus(qtbot, grid):
    for key, taken in ((Qt.Key.Key_Left, True), (Qt.Key.Key_Space, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        grid.event(event)
        assert event.isAccepted() == taken


@pytest.mark.parametrize(("stage", "joint"), [(0, 0), (3, 9), (2, 14)])
def test_hover_reads_the_tensor_and_the_frame_pixel(grid, result, stage, joint):
    output = result.stage(stage)
    height, width = output.values.shape[1:]
    y, x = np.unravel_index(output.values[joint].argmax(), (height, width))
    tile = grid.tile_rect(stage, joint)
    u, v = (x + 0.5) / width, (y + 0.5) / height
    place = QPointF(tile.left() + u * tile.width(), tile.top() + v * tile.height())
    reading = grid.reading_at(place)
    assert reading.cell == (x, y)
    assert reading.value == output.values[joint, y, x]
    assert reading.stage == stage
    assert reading.row.channel == joint
    assert reading.frame == pytest.approx(tuple(apply(output.to_frame, np.array([x, y]))), abs=0.01)


def test_hover_over_all_joints_reads_the_strongest(grid, result):
    tile = grid.tile_rect(1, None)
    reading = grid.reading_at(tile.center())
    x, y = reading.cell
    assert reading.value == result.stage(1).values[:, y, x].max()


@pytest.fixture
def banked(qtbot, grid):
    grid.resize(900, 620)
    assert grid.tiles.banks == 2
    grid.grab()
    return grid


@pytest.mark.parametrize(("stage", "channel"), [(0, 0), (3, 10), (2, None), (1, 15)])
def test_banks_are_clicked_and_read_like_one_grid(qtbot, banked, result, stage, channel):
    place = centre(banked, stage, channel)
    with qtbot.waitSignal(banked.chosen) as chosen:
        qtbot.mouseClick(banked.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [stage, channel]
    reading = banked.reading_at(QPointF(place))
    assert (reading.stage, reading.row.channel) == (stage, channel)
    assert banked.seen_stages == {0, 1, 2, 3}


def test_each_bank_has_headers_and_labels(qtbot, banked):
    spy = QSignalSpy(banked.chosen)
    last = banked.tile_rect(0, 15)
    assert last.left() > banked.tile_rect(3, 0).right()
    for place in (QPoint(int(last.left()) - 20, int(last.center().y())), centre(banked, 1, 15)):
        if spy.count():
            place.setY(5)
        qtbot.mouseClick(banked.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [spy.at(n) for n in range(2)] == [[3, 15], [1, 15]]


def test_banks_show_the_same_picture_as_one_column(banked):
    """Every tile of a bank is painted where `tile_rect` says, with its own map."""
    picture = banked.grab().toImage()
    marks = banked.marks
    assert len(marks.rows) == 17
    for channel in (2, 9, 15):
        row = next(n for n, row in enumerate(marks.rows) if row.channel == channel)
        tile = banked.tile_rect(3, channel)
        u, v = marks.peaks[row, 3]
        there = QPointF(tile.left() + u * tile.width(), tile.top() + v * tile.height())
        assert picture.pixelColor(there.toPoint()).red() > 180


def test_a_result_leaves_labels_and_headers_as_they_are(banked, session):
    before = banked.grab().toImage()
    region = banked.tiles_region()
    label = banked.tile_rect(0, 15).topLeft().toPoint() - QPoint(30, -10)
    assert not region.contains(label)
    assert region.contains(centre(banked, 2, 15))
    session.seek(40)
    banked.show_result(session.state.result)
    banked.repaint()
    after = banked.grab().toImage()
    part = banked.tile_rect(0, 15).toRect()
    strip = part.left() - 60, part.top(), 50, part.height()
    assert before.copy(*strip) == after.copy(*strip)


def test_leaving_the_grid_reads_nothing(qtbot, grid):
    spy = QSignalSpy(grid.read)
    qtbot.mouseMove(grid.viewport(), centre(grid, 1, 3))
    qtbot.waitUntil(lambda: spy.count() > 0)
    assert spy.at(spy.count() - 1)[0] is not None
    grid.viewportEvent(QEvent(QEvent.Type.Leave))
    assert spy.at(spy.count() - 1)[0] is None


def test_peaks_lie_where_the_decoder_put_them(grid, result):
    marks = grid.marks
    assert tuple(marks.columns) == (0, 1, 2, 3)
    for at, row in enumerate(marks.rows):
        channel = row.channel
        for stage in marks.columns:
            u, v = marks.peaks[at, stage]
            if channel is None:
                assert np.isnan(u)
                continue
            output = result.stage(stage)
            height, width = output.values.shape[1:]
            cell = np.array([u * width - 0.5, v * height - 0.5])
            expected = result.stage_poses[stage].xy[0, channel]
            assert apply(output.to_frame, cell) == pytest.approx(expected, abs=1e-3)
            assert marks.values[at, stage] == output.values[channel].max()


def test_a_joint_below_the_gate_is_weak(grid, result):
    score = result.stage_poses[3].score[0]
    row = next(n for n, row in enumerate(grid.rows) if row.channel == 10)
    assert score[10] < grid.gate
    assert not grid.marks.strong[row, 3]
    grid.show_look(colormap="inferno", span="row", gate=0.0)
    grid.grab()
    assert grid.marks.strong.all()


def test_the_peak_is_painted_at_its_place(grid, result):
    """The brightest spot of a bare tile is where the decoder found the joint."""
    picture = grid.grab().toImage()
    marks = grid.marks
    row = next(n for n, row in enumerate(grid.rows) if row.channel == 9)
    tile = grid.tile_rect(3, 9)
    u, v = marks.peaks[row, 3]
    x, y = tile.left() + u * tile.width(), tile.top() + v * tile.height()
    colour = picture.pixelColor(round(x), round(y))
    corner = picture.pixelColor(round(tile.left()) + 3, round(tile.top()) + 3)
    assert colour.red() > 200
    assert colour.lightness() > corner.lightness() + 60


def test_a_stage_that_was_not_asked_for_stays_dark(qtbot, grid, session):
    session.want(frozenset({0, 3}))
    grid.show_result(session.state.result)
    grid.grab()
    marks = grid.marks
    assert np.isnan(marks.values[:, 1]).all()
    assert not np.isnan(marks.values[:, 0]).any()
    assert grid.reading_at(grid.tile_rect(1, 4).center()) is None


def test_only_columns_in_sight_are_seen(qtbot, grid):
    assert grid.seen_stages == {0, 1, 2, 3}
    grid.set_tile_width(300)
    assert grid.seen_stages == {0, 1}
    grid.horizontalScrollBar().setValue(grid.horizontalScrollBar().maximum())
    assert grid.seen_stages == {2, 3}
    grid.grab()
    assert tuple(grid.marks.columns) == (2, 3)


@pytest.mark.parametrize(("turn", "larger"), [(120, True), (-120, False)])
def test_ctrl_wheel_changes_the_size(qtbot, grid, turn, larger):
    before = grid.tile_width
    wheel = QWheelEvent(
        QPointF(200, 200), QPointF(200, 200), QPoint(), QPoint(0, turn),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    grid.wheelEvent(wheel)
    assert (grid.tile_width > before) == larger
    assert not grid.fitting
    grid.set_tile_width(None)
    assert grid.tile_width == before


def test_a_choice_out_of_sight_is_scrolled_to(qtbot, grid):
    grid.resize(600, 300)
    grid.show_choice(3, 15)
    tile = grid.tile_rect(3, 15)
    assert tile.top() >= 0
    assert tile.bottom() <= grid.viewport().height()


def test_it_composes_once_for_one_result(qtbot, grid, monkeypatch):
    calls = []
    monkeypatch.setattr(painter, "composed", lambda *a, **k: calls.append(1))
    for place in ((1.0, 2.0), (3.0, 4.0), None):
        grid.set_cursor(place)
        grid.grab()
    assert calls == []


def test_a_hidden_grid_composes_nothing(qtbot, session, result, monkeypatch):
    grid = StageGrid()
    qtbot.addWidget(grid)
    monkeypatch.setattr(painter, "composed", lambda *a, **k: pytest.fail("composed"))
    model = session.state.model
    grid.show_stages(grouped(model.stages), rows_for(model.stages, show="all"))
    grid.show_result(result)


def test_the_crosshair_is_at_the_same_place_in_every_tile(grid, result):
    place = tuple(result.poses.xy[0, 0])
    grid.set_cursor(place)
    crosses = grid.crosshairs()
    assert {(row, column) for row, column, _, _ in crosses} == {
        (row, column) for row in range(17) for column in range(4)
    }
    for _, stage, u, v in crosses:
        height, width = result.stage(stage).values.shape[1:]
        back = apply(result.stage(stage).to_frame, np.array([u * width - 0.5, v * height - 0.5]))
        assert back == pytest.approx(place, abs=1e-3)
    grid.set_cursor((-500.0, -500.0))
    assert grid.crosshairs() == []


def test_the_backdrop_lies_where_the_frame_does(grid, session):
    """A bright spot of the frame shows at its own place in the tiles, at any scale."""
    result = session.state.result
    pixels = np.zeros((2160, 3840, 3), np.uint8)
    x, y = 2000, 900
    pixels[y - 30 : y + 31, x - 30 : x + 31] = 255
    region = Box(1200.0, 300.0, 1500.0, 1500.0)
    frame = Frame(pixels, 7, result.frame.time)
    grid.show_result(replace(result, frame=frame, region=region))
    grid.set_tile_width(150)
    picture = grid.grab().toImage()
    tile = grid.tile_rect(0, 12)
    step = 1500 / tile.width()
    u, v = (x - region.x) / step, (y - region.y) / step
    bright = [
        picture.pixelColor(round(tile.left() + u + dx), round(tile.top() + v + dy)).lightness()
        for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (6, 0), (-6, 0), (0, 6), (0, -6))
    ]
    assert min(bright[:5]) > 90
    assert max(bright[5:]) < 40


def test_coordinates_leave_the_tiles_empty(grid, result):
    shape = grid.tiles.tile
    places = [
        replace(
            output,
            spec=replace(output.spec, kind="coords"),
            values=np.zeros((len(output.values), 1, 3), np.float32),
        )
        for output in result.stages
    ]
    grid.show_result(replace(result, stages=tuple(places)))
    grid.grab()
    assert grid.tiles.tile == shape
    assert grid.reading_at(QPointF(centre(grid, 1, 5))) is None


def test_five_stages_of_sixteen_joints_find_room_beside_a_picture(qtbot, session):
    """In the dock of a window of 1280 x 720 every joint can be seen at once."""
    session.open("clip.mp4")
    session.publish(models=(model("cpm-lite", 5),))
    session.change("network", model="cpm-lite")
    grid = StageGrid()
    qtbot.addWidget(grid)
    grid.resize(500, 310)
    stages = session.state.model.stages
    grid.show_stages(grouped(stages), rows_for(stages, show="all"))
    grid.show_result(session.state.result)
    assert len(grid.seen[0]) == 17
    assert len(grid.seen[1]) == 5
    assert grid.tile_width >= 26


def test_a_choice_that_was_made_before_is_scrolled_to(qtbot, session, result):
    """As when the window opens with the map of last time, and another network is chosen."""
    grid = StageGrid()
    qtbot.addWidget(grid)
    grid.resize(400, 200)
    grid.show()
    grid.show_choice(3, 15)
    stages = session.state.model.stages
    grid.show_stages(grouped(stages), rows_for(stages, show="all"))
    grid.show_result(result)
    assert 0 <= grid.tile_rect(3, 15).top() <= grid.viewport().height() - grid.tile_width
