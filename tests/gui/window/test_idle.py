"""What is drawn when nothing new came, and by docks that cannot be seen: nothing."""

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

from poseviewer.gui.joint_maps.tile import MapTile
from poseviewer.runtime.inference import on_screen
from poseviewer.runtime.state import Stats, same_to_see
from tests.gui.fake_session import frame_at

pytestmark = pytest.mark.gui


class Paints(QObject):
    """Counts paintings of every widget, by the dock that it is in, else by its class."""

    def __init__(self, window):
        super().__init__()
        self._window, self.count = window, Counter()

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            docks = (d for d in self._window.docks.all if d.isAncestorOf(watched) or d is watched)
            dock = next(docks, None)
            self.count[type(watched).__name__ if dock is None else dock.objectName()] += 1
        return False


@pytest.fixture
def paints(qtbot, clip_window):
    # Whatever was put off is drawn before anything is counted.
    qtbot.waitUntil(lambda: not late(clip_window), timeout=40_000)
    made = Paints(clip_window)
    settle()
    QCoreApplication.instance().installEventFilter(made)
    yield made
    QCoreApplication.instance().removeEventFilter(made)


def settle():
    """Let everything that is due now be drawn."""
    for _ in range(5):
        QCoreApplication.sendPostedEvents()
        QCoreApplication.processEvents()


def late(window):
    """Tiles whose caption is still of an earlier frame."""
    tiles = window.docks.joint_maps.area.tiles
    return [tile for tile in tiles if isinstance(tile, MapTile) and tile.behind]


def noted(drawn, dock, state):
    """What is called in place of a dock's drawing."""
    drawn.append((dock.objectName(), state.frame.index))


def running(session, index, **fields):
    """The state of a clip that plays, with the frame whose analysis comes next."""
    state = session.state
    playback = replace(state.playback, playing=True, index=index)
    return replace(state, frame=frame_at(index, (320, 240)), playback=playback, **fields)


def test_a_frame_that_awaits_its_analysis_is_nothing_to_see(session, clip_window):
    before = running(session, 4)
    assert same_to_see(before, running(session, 5, stats=Stats(drops=3)))
    assert not same_to_see(before, running(session, 5, busy="Loading"))
    assert not same_to_see(before, running(session, 5, answer=replace(before.answer)))
    still = replace(before, playback=replace(before.playback, playing=False))
    assert not same_to_see(before, still)
    assert not same_to_see(still, still), "standing still, the frame itself is shown"


def test_nothing_is_painted_where_nothing_changed(clip_window, session, paints):
    clip_window.bridge.changed.emit()
    settle()
    assert paints.count["FrameView"] == 0
    assert paints.count["stages_dock"] == 0
    clip_window.docks.stages.redraw()
    settle()
    assert paints.count["stages_dock"] == 0
    session.seek(7)
    settle()
    assert paints.count["FrameView"] > 0
    assert paints.count["stages_dock"] > 0


def test_docks_that_cannot_be_seen_neither_compute_nor_paint(
    clip_window, session, paints, monkeypatch
):
    hidden = [dock for dock in clip_window.docks.all if not dock.seen]
    assert len(hidden) >= 5, "those behind the tabs of others"
    drawn = []
    for dock in hidden:
        # Before `draw`, and whatever else a dock does of a state.
        monkeypatch.setattr(dock, "show_state", partial(noted, drawn, dock))
    for index in (20, 21, 22):
        session.seek(index)
        settle()
    assert drawn == []
    assert [d.objectName() for d in hidden if paints.count[d.objectName()]] == []
    assert paints.count["joint_maps_dock"] > 0


def test_the_caption_of_a_tile_waits_while_frames_run(qtbot, clip_window):
    shown = clip_window.docks.joint_maps.area.tiles[0].content
    assert shown is not None
    # One that the window does not draw in.
    tile = MapTile()
    qtbot.addWidget(tile)
    tile.show_content(shown, runs=True)
    said = tile.accessibleName()
    assert said, "the first caption is written at once"
    moved = replace(shown, facts=replace(shown.facts, value=0.123))
    tile.show_content(moved, runs=True)
    assert tile.content is moved, "the picture is the new one at once"
    assert tile.behind
    assert tile.accessibleName() == said
    qtbot.waitUntil(lambda: "0.12" in tile.accessibleName(), timeout=40_000)
    assert not tile.behind
    # A step is written at once.
    tile.show_content(replace(shown, facts=replace(shown.facts, value=0.456)))
    assert "0.46" in tile.accessibleName()


def test_pixels_for_the_screen_are_the_frames(clip_window, session):
    frame = frame_at(3, (321, 243))
    words = on_screen(frame)
    assert words.shape == (243, 321)
    parts = [(words >> shift & 255).astype(np.uint8) for shift in (24, 16, 8, 0)]
    assert (parts[0] == 255).all()
    assert (np.dstack(parts[1:]) == frame.pixels).all()
    view = clip_window.frame_view
    view.show_frame(frame, None)
    plain = view.grab().toImage()
    view.show_frame(None, None)
    view.show_frame(frame, None, screen=words)
    assert view.grab().toImage() == plain
    # Pixels of another frame are not taken for those of the one on screen.
    state = session.state
    other = replace(state, answer=replace(state.answer, screen=(frame, words)))
    assert other.screen is None
    own = replace(state, answer=replace(state.answer, screen=(state.shown[0], words)))
    assert own.screen is words
