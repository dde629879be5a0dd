"""What is shown belongs together: one owner of every choice, and nothing under another's name."""

import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request
from poseviewer.gui.dialogs.export import ExportDialog
from poseviewer.gui.frame.hud import legend_lines
from poseviewer.gui.settings import Settings
from poseviewer.models.registry import card
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.sections import NetworkState, PeopleState
from poseviewer.runtime.state import Answer, AppState, SourceInfo, Stats
from tests.pipeline.test_crowd import SIZE, Fields, frame
from tests.pipeline.test_dynamic import CARD as HEADS
from tests.pipeline.test_dynamic import Heads3

pytestmark = pytest.mark.gui


def errors(session):
    return [one.text for one in session.state.notices if one.level == "error"]


# -- one owner of every choice ----------------------------------------------------------------


def test_one_gate_for_skeleton_export_and_recording(qtbot, clip_window, session, tmp_path):
    view, before = clip_window.frame_view, clip_window.frame_view.scene
    clip_window.docks.model.gate.setValue(90)
    qtbot.waitUntil(lambda: view.scene is not before)
    assert session.state.look.gate == 0.9
    # Joints that were sure before are drawn weak now.
    assert len(view.scene.items) != len(before.items) or view.scene.items != before.items
    clip_window.actions_by_name["export"].trigger()
    dialog = clip_window.findChild(ExportDialog)
    dialog.output.setText(str(tmp_path / "out.mp4"))
    dialog.accept()
    _, job = session.calls[-1]
    assert job.look.gate == 0.9
    clip_window.open("camera:0")
    clip_window.actions_by_name["record"].trigger()
    assert session.recorded.look.gate == 0.9


def on_disk(settings, tmp_path):
    """What another start would find now: Qt shares what one program has of a file."""
    copy = tmp_path / "copy.ini"
    if settings.path.exists():
        shutil.copy(settings.path, copy)
    return Settings(copy)


def test_choices_outlive_a_crash(qtbot, own_window, tmp_path):
    session, settings = own_window.bridge.session, own_window.settings
    session.change("reading", gate=0.9)
    session.change("display", colormap="viridis")
    session.change("angles", plotted=("trunk",))
    own_window.appearance.choose_theme("light")
    own_window.docks.performance.hide()
    qtbot.waitUntil(lambda: on_disk(settings, tmp_path).state.reading.gate == 0.9)
    found = on_disk(settings, tmp_path)
    assert found.state.display.colormap == "viridis"
    assert found.state.angles.plotted == ("trunk",)
    assert found.theme == "light"
    own_window.appearance.choose_theme("system")


def test_how_the_docks_lie_outlives_a_crash(qtbot, own_window, tmp_path):
    settings = own_window.settings
    own_window.docks.stages.hide()

    def closed():
        live = on_disk(settings, tmp_path).workspaces.live
        return any("stages_dock" in one.layout.closed for one in live if one.name == "Inspect")

    qtbot.waitUntil(closed)


@pytest.mark.parametrize(
    ("section", "fields"),
    [
        ("display", {"skeleton": False}),
        ("reading", {"region": "whole"}),
        ("network", {"model": "cpm-lite"}),
        ("angles", {"filter": "median,window=3"}),
        ("people", {"focus": 0}),
    ],
)
def test_a_choice_is_undone(qtbot, clip_window, session, section, fields):
    undo, before = clip_window.actions_by_name["undo"], getattr(session.state, section)
    assert not undo.isEnabled()
    session.change(section, **fields)
    qtbot.waitUntil(undo.isEnabled)
    undo.trigger()
    assert getattr(session.state, section) == before
    qtbot.waitUntil(lambda: not undo.isEnabled())


def test_marks_are_undone_one_by_one(qtbot, clip_window, session):
    actions = clip_window.actions_by_name
    for index, name in ((20, "mark_in"), (50, "mark_out")):
        session.seek(index)
        actions[name].trigger()
    qtbot.waitUntil(lambda: actions["undo"].text() == "Undo: in and out marks")
    actions["undo"].trigger()
    assert (session.state.playback.start, session.state.playback.end) == (20, None)
    actions["undo"].trigger()
    assert (session.state.playback.start, session.state.playback.end) == (None, None)


# -- nothing under another's name -------------------------------------------------------------


def test_after_a_change_of_network_the_old_answer_is_not_drawn(qtbot, clip_window, session):
    view, maps = clip_window.frame_view, clip_window.docks.joint_maps
    qtbot.waitUntil(lambda: maps.covered == "")
    session.answers = False
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(lambda: view.scene is None)
    state = session.state
    assert state.shown == (state.frame, None)
    assert state.stale == "of hourglass-lite"
    assert view.said("top left")[-1] == "Analysing…"
    qtbot.waitUntil(lambda: maps.covered == "Of hourglass-lite. Analysing…")
    session.answers = True
    session.answer()
    qtbot.waitUntil(lambda: view.scene is not None and maps.covered == "")
    assert session.state.model.name == "cpm-lite"
    assert session.state.stale == ""


def test_an_analysis_is_kept_per_choice(clip_window, session):
    session.count = 20
    clip_window.open("/videos/short.mp4")
    session.analyse()
    session.change("network", model="cpm-lite")
    assert (session.state.analysed, session.state.answer.sequential) == (0, False)
    session.change("network", model="hourglass-lite")
    assert (session.state.analysed, session.state.answer.sequential) == (20, True)


@pytest.mark.parametrize(
    ("of", "engine", "chosen"),
    [(card("openpose-lite"), Fields(), (4, 30, 3)), (HEADS, Heads3(), (1, 2, None))],
    ids=["fields", "generated heads"],
)
def test_every_dock_follows_from_other_kinds_to_another_network(
    qtbot, clip_window, session, caplog, of, engine, chosen
):
    """The docks that draw stages, each in front in its turn."""
    result = estimator_of(of, engine).estimate(frame(), Box.whole(SIZE), Request())
    network = model_info(of)
    stage, channel, ghost = chosen
    docks = clip_window.docks
    for dock in (docks.convergence, docks.compare, docks.probe, docks.stages):
        dock.show()
        dock.raise_()
        qtbot.waitUntil(lambda dock=dock: dock.seen)
        session.answers = False
        session.publish(models=(network, *session.state.models[-2:]))
        session.change("network", model=network.name)
        answer = Answer(result, network, "test", session.state.key, sequential=False)
        session.publish(frame=result.frame, loaded=network, answer=answer)
        qtbot.waitUntil(lambda: clip_window.frame_view.frame is result.frame)
        session.change("display", overlay_stage=stage, overlay_channel=channel, ghost=ghost)
        qtbot.wait(130)
        session.answers = True
        session.change("network", model="cpm-lite")
        session.seek(session.state.playback.index + 1)
        qtbot.wait(130)
        session.change("network", model="hourglass-lite")
        qtbot.waitUntil(lambda: clip_window.frame_view.scene is not None)
    assert errors(session) == []
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_the_legend_says_whose_filters_are_read():
    result = estimator_of(HEADS, Heads3()).estimate(frame(), Box.whole(SIZE), Request())
    network, state = model_info(HEADS), AppState(network=NetworkState("fcpose-lite"))
    answer = Answer(result, network, "test", state.key, sequential=False)
    source = SourceInfo("two", "two.mp4", SIZE, 30.0, live=False, times=np.zeros(1))
    state = replace(state, source=source, frame=result.frame, loaded=network, answer=answer)
    assert not any("filters" in line for line in legend_lines(state, ()))
    swapped = replace(state, people=PeopleState(read_with="head"))
    assert "maps: with the next person's filters and place" in legend_lines(swapped, ())
    alone = replace(result, poses=result.poses.only(np.array([0])))
    swapped = replace(swapped, answer=replace(answer, result=alone))
    assert not any("filters" in line for line in legend_lines(swapped, ()))


@pytest.mark.parametrize("method", ["show_state", "items"])
def test_an_exception_in_one_dock_stops_no_other(
    qtbot, clip_window, session, monkeypatch, caplog, method
):
    docks = clip_window.docks
    for dock in (docks.convergence, docks.performance):
        dock.show()
        dock.raise_()
        qtbot.waitUntil(lambda dock=dock: dock.seen)

    def fails(_):
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr(docks.convergence, method, fails)
    for index in (5, 6, 7):
        session.seek(index)
        qtbot.waitUntil(lambda index=index: clip_window.frame_view.frame.index == index)
    session.publish(stats=Stats(source_rate=12.0))
    qtbot.waitUntil(lambda: "Source: 12.0 fps" in docks.performance.text())
    assert clip_window.frame_view.scene is not None
    assert errors(session) == ["Convergence cannot be shown: ZeroDivisionError: of a test."]
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == 1
