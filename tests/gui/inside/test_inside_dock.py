"""The Inside dock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from poseviewer.core.affine import Box, box_to_frame
from poseviewer.core.inside import Fusion, InsideTile, InsideView
from poseviewer.core.stage import StageOutput, StageSpec
from poseviewer.draw.primitives import Line, MapLayer, Outline
from poseviewer.gui.inside.dock import InsideDock
from poseviewer.gui.inside.map import InsideMap
from tests.gui.find import words

pytestmark = pytest.mark.gui

COLUMNS = ("stem", "module 1", "module 2")


def of_family(session, family):
    """Give every network of the session a family."""
    models = tuple(replace(one, family=family) for one in session.state.models)
    session.publish(models=models, loaded=models[0])


@pytest.fixture
def dock(qtbot, bridge, session):
    made = InsideDock(bridge)
    qtbot.addWidget(made)
    made.resize(760, 420)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    of_family(session, "hrnet")
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    answer(session, view(session))
    qtbot.waitUntil(lambda: dock.map.isVisible() and bool(dock.about.text()), timeout=40_000)
    return dock


def tile(at, kind, region, *, cells=8, supervised=True):
    name = "size"
    spec = StageSpec(name, kind, 4, (name,), supervised=supervised)
    values = np.linspace(0, 1 + at[1], cells * cells, dtype=np.float32).reshape(1, cells, cells)
    to_frame = box_to_frame(region, size=(cells, cells))
    return InsideTile(*at, StageOutput(spec, values, to_frame, at[1]), "16 channels")


def view(session, *, kind="features", patch=None):
    """A made-up answer to the newest request."""
    request = session.probe.entered[-1]
    result, choice = request.answer.result, request.choice
    region = result.region
    tiles = [tile((1, column), kind, region) for column in range(3)]
    tiles += [tile((2, column), kind, region, cells=4) for column in (1, 2)]
    tiles += [tile((0, 1), "heatmap", region, supervised=False), tile((0, 2), "heatmap", region)]
    fusions = (Fusion(1, 1, 1, 0.75), Fusion(1, 2, 1, 0.25), Fusion(2, 1, 2, 1.0))
    made = COLUMNS, ("answer", "1/4", "1/8"), tuple(tiles), fusions, patch, "Torch fp32, CPU"
    return InsideView(result.frame, region, choice, *made)


def answer(session, given):
    session.probe.inside = given
    session.publish()


def middle(dock, row, column):
    return dock.map.rect_of(row, column).center().toPoint()


def click(qtbot, dock, row, column):
    place = middle(dock, row, column)
    qtbot.mouseClick(dock.map.viewport(), Qt.MouseButton.LeftButton, pos=place)


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_another_network_is_told_from_those_that_can_be_drawn(dock, session):
    session.open("clip.mp4")
    dock.show()
    assert "has no branches and no attention: choose an HRNet" in words(dock)
    assert dock.over.parentWidget().isHidden()
    assert not any(session.probe.entered)


def test_the_answer_is_asked_for_and_shown(shown, session):
    request = session.probe.entered[-1]
    assert request.answer is session.state.answer
    joints = session.state.model.skeleton.joints
    assert request.choice.joint == joints.index("right_wrist")
    assert request.choice.place is None
    assert "lines are what a fusion sums" in shown.about.text()
    assert "Dashed: the head put where it was not trained" in shown.about.text()
    assert not shown.looking.isVisibleTo(shown)
    # The network's own answer is chosen first.
    assert shown.map.choice is session.probe.inside.tile(0, 2)


def test_another_joint_is_asked_for(qtbot, shown, session):
    choose(shown.joint, 3)
    assert session.probe.entered[-1].choice.joint == 3
    answer(session, view(session))
    qtbot.waitUntil(lambda: shown._shown.choice.joint == 3, timeout=40_000)


def test_fusions_and_tiles_are_painted_where_they_lie(qtbot, shown):
    def colours(place):
        image = shown.map.viewport().grab().toImage()
        ratio = image.devicePixelRatio()
        return image.pixelColor(round(place.x() * ratio), round(place.y() * ratio))

    end, start = shown.map.rect_of(1, 1), shown.map.rect_of(1, 0)
    assert end.left() - start.right() >= 20
    between = end.topLeft() + (start.topRight() - end.topLeft()) / 2
    between.setY(end.center().y())
    line, empty = (
        colours(between),
        colours(start.topRight() + (end.topLeft() - start.topRight()) / 2),
    )
    assert line.blue() > empty.blue() + 30
    # A tile that there is not stays empty.
    assert colours(shown.map.rect_of(2, 0).center()) == empty


def test_a_tile_that_is_clicked_lies_on_the_frame(qtbot, shown, session):
    result = session.state.result
    assert shown.items(result) == ()
    with qtbot.waitSignal(shown.items_changed, timeout=40_000):
        click(qtbot, shown, 2, 1)
    assert shown.over.isChecked()
    (layer,) = shown.items(result)
    assert isinstance(layer, MapLayer)
    assert layer.values.shape == (4, 4)
    assert shown.overlay_name == "module 1, 1/8"
    click(qtbot, shown, 2, 0)
    assert shown.map.choice.row == 2
    assert shown.map.choice.column == 1
    qtbot.keyClick(shown.map, Qt.Key.Key_Up)
    assert shown.overlay_name == "module 1, 1/4"
    session.show(5)
    qtbot.waitUntil(lambda: shown.items(session.state.result) == (), timeout=40_000)


def test_the_value_under_the_pointer(qtbot, shown):
    qtbot.mouseMove(shown.map.viewport(), middle(shown, 0, 1))
    qtbot.waitUntil(lambda: bool(shown.reading.text()), timeout=40_000)
    text = shown.reading.text()
    assert text.startswith("module 1, answer   belief ")
    assert text.endswith("not trained to be read here")
    qtbot.mouseMove(shown.map.viewport(), middle(shown, 2, 2))
    qtbot.waitUntil(lambda: "1/8" in shown.reading.text(), timeout=40_000)
    assert "16 channels" in shown.reading.text()
    assert "not trained to be read" in shown.reading.text()


def test_attention_looks_from_the_patch_under_the_pointer(qtbot, dock, session):
    of_family(session, "vitpose")
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    assert dock.looking.isVisibleTo(dock)
    dock.set_cursor((100.0, 50.0))
    assert session.probe.entered[-1].choice.place is None
    choose(dock.looking, True)
    dock.set_cursor((120.0, 60.0))
    assert session.probe.entered[-1].choice.place == (120.0, 60.0)
    patch = Box(112.0, 48.0, 16.0, 16.0)
    answer(session, view(session, kind="attention", patch=patch))
    qtbot.waitUntil(dock.map.isVisible, timeout=40_000)
    click(qtbot, dock, 1, 2)
    items = dock.items(session.state.result)
    assert isinstance(items[0], MapLayer)
    assert [item.box for item in items if isinstance(item, Outline)] == [patch, patch]
    # The edges of 8 x 8 patches, each drawn twice.
    assert sum(isinstance(item, Line) for item in items) == 2 * (9 + 9)


def test_another_network_never_shows_the_map_of_the_one_before(qtbot, shown, session):
    click(qtbot, shown, 2, 1)
    before, answered = shown._shown, session.state.answer
    other = replace(answered.model, name="another-hrnet")
    session.publish(answer=replace(answered, model=other))
    qtbot.waitUntil(lambda: shown.model is other, timeout=40_000)
    assert shown._shown is None
    assert session.probe.inside is None
    assert session.probe.entered[-1].answer.model is other
    answer(session, view(session))
    qtbot.waitUntil(lambda: shown._shown not in (None, before), timeout=40_000)


def test_nothing_is_computed_for_a_dock_that_is_not_seen(qtbot, shown, session):
    assert session.probe.entered[-1] is not None
    shown.hide()
    qtbot.waitUntil(lambda: session.probe.entered[-1] is None)


def test_columns_stand_apart_only_where_fusions_are_drawn_between_them(qtbot):
    grid = InsideMap()
    qtbot.addWidget(grid)
    grid.resize(900, 420)
    grid.set_tiles(("answer", "mean"), columns=12, shape=1.0)
    assert grid.tiles.pitch[0] - grid.tiles.tile[0] == grid.tiles.gap
