"""The Convergence dock over the fake session, whose stages come nearer from one to the next."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from poseviewer.draw.colour import TRUTH
from poseviewer.draw.paths import stage_colour
from poseviewer.draw.primitives import Dot, Label
from poseviewer.gui.convergence.dock import ConvergenceDock
from tests.gui.fake_session import FakeSession, joints_at
from tests.gui.find import entries, words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = ConvergenceDock(bridge)
    qtbot.addWidget(made)
    made.resize(520, 700)
    return made


@pytest.fixture
def shown(qtbot, dock, session):
    session.open("walk.mp4")
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def distances(session: FakeSession) -> np.ndarray:
    poses = session.state.result.stage_poses
    return np.array([np.linalg.norm(p.xy[0] - poses[-1].xy[0], axis=1) for p in poses])


def choose(dock, name):
    names = [dock.quantity_box.itemData(n).name for n in range(dock.quantity_box.count())]
    dock.quantity_box.setCurrentIndex(names.index(name))


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip" in words(dock)


def test_cells_are_the_distances_to_the_last_stage(shown, session):
    wanted = distances(session)
    for stage in range(4):
        for joint in (0, 7, 15):
            assert float(shown.table.text(stage, joint)) == pytest.approx(
                wanted[stage, joint], abs=0.51
            )
    assert float(shown.table.text(0, None)) == pytest.approx(wanted[0].mean(), abs=0.51)


def test_every_quantity_fills_the_table(shown, session):
    maps = session.state.result.stage(2).values
    choose(shown, "peak")
    assert float(shown.table.text(2, 3)) == pytest.approx(float(maps[3].max()), abs=0.03)
    choose(shown, "modes")
    assert shown.table.text(3, 3) == "1"
    choose(shown, "entropy")
    entropies = [float(shown.table.text(stage, 3)) for stage in range(4)]
    assert entropies == sorted(entropies, reverse=True)


def test_asks_for_every_stage_only_while_seen(shown):
    assert shown.visible_stages() == frozenset(range(4))
    shown.hide()
    assert shown.visible_stages() == frozenset()


def test_a_chosen_joint_has_its_way_drawn_with_numbers(qtbot, shown, session):
    result = session.state.result
    with qtbot.waitSignal(shown.items_changed):
        shown.table.choose(4)
    items = shown.items(result)
    dots = [item for item in items if isinstance(item, Dot)]
    places = [dot.centre for dot in dots]
    assert places == [tuple(p.xy[0, 4].tolist()) for p in result.stage_poses]
    assert [dot.fill for dot in dots] == [stage_colour(n, 4) for n in range(4)]
    assert "4" in {item.text for item in items if isinstance(item, Label)}
    assert shown.words.text().startswith(result.poses.skeleton.joints[4][:4].capitalize())


def test_without_a_choice_only_sure_joints_that_moved_are_drawn(shown, session):
    result = session.state.result
    drawn = {item.centre for item in shown.items(result) if isinstance(item, Dot)}
    last = result.stage_poses[-1].xy[0]
    weak = 10
    assert tuple(last[weak].tolist()) not in drawn
    assert 1 < len(drawn) // 4 < 16


def test_stepping_grows_the_curves_and_a_click_seeks(qtbot, shown, session):
    for index in (10, 20, 30):
        session.seek(index)
        shown.refresh(session.state)
    seconds, values = shown.plot.curves
    assert seconds.tolist() == pytest.approx([0, 10 / 30, 20 / 30, 1])
    assert values.shape == (4, 4)
    middle = shown.plot.height() // 2
    for x, frame in ((0, 0), (shown.plot.width() - 1, 299)):
        with qtbot.waitSignal(shown.seek_requested) as sought:
            qtbot.mouseClick(shown.plot, Qt.MouseButton.LeftButton, pos=QPoint(x, middle))
        assert sought.args == [frame]


def test_other_choices_begin_other_curves(shown, session):
    session.seek(10)
    shown.refresh(session.state)
    assert len(shown.plot.curves[0]) == 2
    session.open("other.mp4")
    shown.refresh(session.state)
    assert len(shown.plot.curves[0]) == 1


def test_another_network_has_its_own_stages(shown, session):
    session.change("network", model="cpm-lite")
    shown.refresh(session.state)
    assert shown.table.model().columnCount() == 8
    assert shown.table.joint is None


def test_a_double_click_lays_the_map_over_the_picture(shown, session):
    cell = shown.table.model().index(5, 2)
    shown.table.activated.emit(cell)
    display = session.state.display
    assert (display.overlay_stage, display.overlay_channel) == (1, 4)


@pytest.mark.parametrize("size", [(400, 300), (400, 700), (720, 320)])
def test_every_cell_lies_in_the_table_at_every_size(qtbot, shown, size):
    shown.resize(*size)
    shown.grab()
    table = shown.table
    columns = range(table.model().columnCount())
    used = sum(table.columnWidth(n) for n in columns if not table.isColumnHidden(n))
    assert used <= table.viewport().width()
    assert min(table.columnWidth(n) for n in range(1, 5)) >= 26


def test_in_the_window_it_is_a_panel_that_costs_nothing_while_hidden(clip_window, session, qtbot):
    dock = clip_window.docks.convergence
    assert not dock.seen
    assert dock.visible_stages() == frozenset()
    assert "Convergence" in entries(clip_window, "View", "Docks")
    before = len(clip_window.frame_view.scene.items)
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.seen and len(clip_window.frame_view.scene.items) > before)
    clip_window.docks.joint_maps.raise_()
    qtbot.waitUntil(lambda: len(clip_window.frame_view.scene.items) == before)


@pytest.fixture
def true(shown, session):
    session.truth.open("walk.json")
    session.truth.want(True)
    shown.refresh(session.state)
    return shown


def test_without_truth_distances_are_from_the_final_answer(shown):
    assert not shown.reference_box.isEnabled()
    shown.reference_box.setCurrentIndex(1)
    assert shown.reference == "final"
    assert not shown.wants_truth()


def test_the_reference_turns_distances_into_errors_with_hits(true, session):
    true.reference_box.setCurrentIndex(1)
    assert true.wants_truth()
    assert true.quantity_box.currentText() == "error, pixels"
    poses, places = session.state.result.stage_poses, joints_at(0, session.size)
    for stage in (0, 3):
        wanted = np.linalg.norm(poses[stage].xy[0] - places, axis=1)
        assert float(true.table.text(stage, 2)) == pytest.approx(wanted[2], abs=0.51)
    told = true.table.model().data(true.table.model().index(3, 4), Qt.ItemDataRole.ToolTipRole)
    assert "within 20 % of the torso" in told
    assert true.words.text().startswith("16 of 16 joints within 20 %")


def test_the_true_place_of_the_chosen_joint_is_ringed(true, session):
    true.reference_box.setCurrentIndex(1)
    true.table.choose(5)
    place = tuple(session.state.result.truth.xy[0, 5].tolist())
    items = true.items(session.state.result)
    rings = [i for i in items if isinstance(i, Dot) and i.outline == TRUTH]
    assert [ring.centre for ring in rings] == [place]


def test_forgotten_truth_leaves_the_final_answer(true, session):
    true.reference_box.setCurrentIndex(1)
    session.truth.close()
    true.refresh(session.state)
    assert true.reference == "final"
    assert true.quantity_box.currentText() == "distance, pixels"


def test_the_window_asks_for_truth_only_while_it_is_looked_at(clip_window, session, qtbot):
    actions = clip_window.actions_by_name
    assert not actions["truth"].isEnabled()
    session.truth.open("walk.json")
    qtbot.waitUntil(actions["truth"].isEnabled)
    assert not session.truth.wanted
    actions["truth"].trigger()
    qtbot.waitUntil(lambda: session.truth.wanted)
    assert session.state.result.truth is not None
    qtbot.waitUntil(lambda: any(_true(i) for i in clip_window.frame_view.scene.items))
    actions["truth"].trigger()
    qtbot.waitUntil(lambda: not session.truth.wanted)
    qtbot.waitUntil(lambda: not any(_true(i) for i in clip_window.frame_view.scene.items))
    actions["close_truth"].trigger()
    assert session.state.truth is None


def test_a_chosen_file_is_opened_and_drawn(clip_window, session, qtbot):
    clip_window.actions_by_name["open_truth"].trigger()
    picker = clip_window.findChild(QFileDialog)
    picker.fileSelected.emit("/labels/walk.json")
    picker.reject()
    assert ("truth.open", "/labels/walk.json") in session.calls


def _true(item):
    return getattr(item, "colour", None) == TRUTH
