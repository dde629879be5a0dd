"""What every dock does alike: why it is empty, what it is of, how narrow it can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

FILLED = ("stages", "convergence", "compare", "probe")


def sentence(dock) -> str:
    found = [one for one in dock.findChildren(QLabel) if one.isVisible()]
    return "\n".join(one.text() for one in found if one.accessibleName().startswith("Why"))


@pytest.mark.parametrize("name", [*FILLED, "angles", "people", "performance", "exports"])
def test_an_empty_dock_says_what_to_do(qtbot, window, name):
    dock = getattr(window.docks, name)
    dock.raise_()
    qtbot.waitUntil(lambda: sentence(dock).endswith("open a clip or a camera."))


@pytest.mark.parametrize("name", FILLED)
def test_answers_of_another_network_are_veiled_and_named(qtbot, clip_window, session, name):
    dock = getattr(clip_window.docks, name)
    dock.raise_()
    qtbot.waitUntil(lambda: dock.seen and dock.model is not None)
    state = session.state
    older = replace(state, network=replace(state.network, model="cpm-lite"))
    dock.refresh(older)
    assert dock.covered == f"Of {state.model.name}. Analysing…"
    dock.refresh(replace(older, loaded=None))
    assert dock.covered == f"Of {state.model.name}. No network is loaded."
    dock.refresh(replace(older, loaded=None, busy="Loading cpm-lite"))
    assert dock.covered == f"Of {state.model.name}. Loading cpm-lite…"
    dock.refresh(state)
    assert "Of " not in dock.covered


def test_a_column_of_docks_can_be_narrow_and_tabs_move_nothing(qtbot, clip_window):
    docks, window = clip_window.docks, clip_window
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.workspaces.settled)
    front = docks.joint_maps

    def narrow():
        # As a drag does: what a dock needs at least falls when it becomes narrower.
        window.resizeDocks([front, docks.angles], [280, 280], Qt.Orientation.Horizontal)
        return front.width() == 280

    qtbot.waitUntil(narrow)
    sizes = set()
    for dock in (front, docks.convergence, docks.compare, docks.probe, docks.model):
        dock.raise_()
        qtbot.waitUntil(lambda dock=dock: dock.seen)
        sizes.add((dock.size().toTuple(), window.frame_view.size().toTuple()))
    assert len(sizes) == 1


def test_a_dock_announces_what_it_looks_at_once(qtbot, clip_window):
    docks = clip_window.docks
    docks.stages.hide()
    docks.performance.raise_()
    docks.model.raise_()
    qtbot.waitUntil(lambda: docks.model.seen)
    assert docks.visible_stages() == frozenset()
    told = []
    docks.convergence.stages_changed.connect(lambda: told.append(docks.visible_stages()))
    docks.convergence.raise_()
    qtbot.waitUntil(lambda: docks.convergence.seen)
    docks.convergence.redraw()
    assert told == [docks.convergence.visible_stages()]
    assert told[0]
