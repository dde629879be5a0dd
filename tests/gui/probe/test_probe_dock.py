"""The Probe dock."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from poseviewer.core.affine import apply
from poseviewer.core.layer import Layer, LayerOutput
from poseviewer.draw.primitives import MapLayer
from poseviewer.gui.probe.dock import ProbeDock, numbers_in
from poseviewer.gui.probe.tree import LayerTree
from tests.gui.find import words

pytestmark = pytest.mark.gui

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def dock(qtbot, bridge):
    made = ProbeDock(bridge)
    qtbot.addWidget(made)
    made.resize(700, 520)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    return made


@pytest.fixture
def listed(qtbot, dock, session):
    session.open("clip.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    qtbot.waitUntil(lambda: len(dock.tree.layers) == 4)
    return dock


@pytest.fixture
def shown(qtbot, listed, session):
    listed.tree.choose("conv")
    answer(qtbot, listed, session)
    return listed


def answer(qtbot, dock, session):
    given = session.probe.answer()
    qtbot.waitUntil(lambda: bool(dock.about.text()) and dock.tiles.isVisible())
    return given


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in words(dock)


def test_the_tree_says_name_type_output_and_weights(listed, session):
    tree = listed.tree
    root = tree.topLevelItem(0)
    assert tree.topLevelItemCount() == 1
    assert [root.text(column).replace(TIMES, "x") for column in range(4)] == [
        "hourglass-lite", "Net", "16x64x64", "30",
    ]  # fmt: skip
    rows = [
        [root.child(at).text(column).replace(TIMES, "x") for column in range(4)] for at in range(3)
    ]
    assert rows == [
        ["conv", "Conv2d", "20x32x32", "20"],
        ["relu", "ReLU", "20x32x32  (2)", ""],
        ["idle", "Conv2d", "–", "10"],  # noqa: RUF001
    ]
    assert "Choose a module" in words(listed)
    assert session.probe.looks[-1].choice is None


def test_a_module_that_is_not_called_says_so(listed):
    listed.tree.choose("idle")
    assert "does not call this module" in words(listed)


def test_a_chosen_layer_is_asked_for_and_shown(shown, session):
    choice = session.probe.looks[-1].choice
    assert (choice.path, choice.output, choice.channels, choice.most) == ("conv", 0, (), 64)
    assert session.probe.looks[-1].answer is session.state.answer
    assert shown.tiles.isVisible()
    assert shown.tiles.meaning.signed
    text = shown.about.text().replace(TIMES, "x")
    assert "Conv2d 20x32x32" in text
    assert "Torch fp32, CPU, same crop" in text
    assert "2e-06" in text
    assert shown.visible_stages() == {3}


def test_channels_can_be_chosen(qtbot, shown, session):
    choose(shown.controls.channels, -1)
    assert session.probe.looks[-1].choice.channels == tuple(range(20))
    choose(shown.controls.channels, 0)
    assert "Write the numbers" in words(shown)
    qtbot.keyClicks(shown.controls.numbers, "3, 17-25, 3")
    qtbot.keyClick(shown.controls.numbers, Qt.Key.Key_Return)
    assert session.probe.looks[-1].choice.channels == (3, 17, 18, 19)
    given = answer(qtbot, shown, session)
    assert given.channels.tolist() == [3, 17, 18, 19]


@pytest.mark.parametrize(
    ("text", "numbers"), [("", ()), ("4", (4,)), ("1-3, 2 9", (1, 2, 3, 9)), ("x, 99, 5-2", ())]
)
def test_numbers_are_read_from_words(text, numbers):
    assert numbers_in(text, count=10) == numbers


def test_a_module_called_twice_offers_its_calls(listed, session):
    listed.tree.choose("relu")
    output = listed.controls.output
    assert [output.itemText(at) for at in range(output.count())] == ["call 1", "call 2"]
    choose(output, 1)
    assert session.probe.looks[-1].choice.output == 1


def test_the_value_under_the_pointer_is_the_tensors(qtbot, shown, session):
    given = session.probe.activations
    box = shown.tiles.tile_rect(2)
    at = QPoint(round(box.center().x()), round(box.center().y()))
    with qtbot.waitSignal(shown.hovered) as told:
        qtbot.mouseMove(shown.tiles.viewport(), at)
    reading = shown.tiles.reading_at(at.toPointF())
    x, y = reading.cell
    assert reading.channel == given.channels[2]
    assert reading.value == given.values[2, y, x]
    assert told.args[0] == pytest.approx(apply(given.to_frame, np.array([x, y], float)).tolist())
    assert f"channel {given.channels[2]}" in shown.reading.text()


def test_a_click_lays_a_channel_over_its_own_frame_only(qtbot, shown, session):
    assert shown.items(session.state.result) == ()
    box = shown.tiles.tile_rect(1)
    with qtbot.waitSignal(shown.items_changed):
        qtbot.mouseClick(
            shown.tiles.viewport(), Qt.MouseButton.LeftButton, pos=box.center().toPoint()
        )
    (layer,) = shown.items(session.state.result)
    assert isinstance(layer, MapLayer)
    assert (layer.values == np.abs(session.probe.activations.values[1])).all()
    assert layer.to_frame is session.probe.activations.to_frame
    assert shown.items(session.result(7)) == ()


def test_every_new_frame_is_asked_about_once(qtbot, shown, session):
    before = len(session.probe.looks)
    session.seek(12)
    qtbot.waitUntil(lambda: session.probe.looks[-1].answer.result.frame.index == 12)
    session.publish()
    shown.refresh(session.state)
    assert len(session.probe.looks) == before + 1


def test_hidden_it_looks_at_nothing(qtbot, shown, session):
    shown.hide()
    qtbot.waitUntil(lambda: session.probe.looks[-1] is None)
    before = len(session.probe.looks)
    session.seek(30)
    shown.refresh(session.state)
    assert len(session.probe.looks) == before
    assert shown.visible_stages() == frozenset()


def test_another_network_empties_the_tree(qtbot, shown, session):
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(lambda: shown.tree.topLevelItem(0).text(0) == "cpm-lite")
    assert "Choose a module" in words(shown)


def test_tiles_fill_the_room_or_scroll(qtbot, shown, session):
    choose(shown.controls.channels, -1)
    answer(qtbot, shown, session)
    tiles = shown.tiles
    last = tiles.tile_rect(19)
    assert last.bottom() <= tiles.viewport().height() + 1
    assert tiles.verticalScrollBar().maximum() == 0
    shown.resize(500, 220)
    qtbot.waitUntil(lambda: tiles.verticalScrollBar().maximum() > 0)
    tiles.grab()


def test_sizes_are_never_cut_off(qtbot):
    outputs = tuple(LayerOutput(call, 0, (1024, 128, 128)) for call in (0, 1))
    tree = LayerTree()
    qtbot.addWidget(tree)
    tree.show_layers("net", (Layer("", "Net", 12, outputs, leaf=True),))
    tree.resize(700, 200)
    tree.show()
    qtbot.waitExposed(tree)
    item = tree.topLevelItem(0)
    assert item.text(2) == f"1024{TIMES}128{TIMES}128  (2)"
    assert tree.columnWidth(2) >= tree.sizeHintForColumn(2)
