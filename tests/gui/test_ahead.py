"""Pictures that are made on another thread before the window shows their result."""

from threading import Event, current_thread

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QImage

from poseviewer.gui.angles import sheet as sheet_module
from poseviewer.gui.app import make_window
from poseviewer.gui.bridge import Bridge
from poseviewer.gui.frame import scene as scene_module
from poseviewer.gui.frame import view as view_module
from poseviewer.gui.joint_maps import area as area_module
from poseviewer.gui.settings import Settings
from poseviewer.gui.stages import painter as painter_module
from tests.gui.conftest import SIZE
from tests.gui.fake_session import FakeSession
from tests.waiting import until

pytestmark = pytest.mark.gui


def shown(window):
    """What the frame, the maps and the curves look like, once they have their places."""
    docks, sizes = window.docks, None
    while sizes != (
        sizes := (window.frame_view.size(), docks.stages.size(), docks.joint_maps.size())
    ):
        QCoreApplication.processEvents()
    for tile in docks.joint_maps.area.tiles:
        # Captions are written less often than maps are drawn.
        tile._say()
    parts = (
        window.frame_view,
        docks.stages.grid.viewport(),
        docks.joint_maps.area,
        docks.angles.plot,
    )
    return [part.grab().toImage().convertToFormat(QImage.Format.Format_RGB32) for part in parts]


def go(window, index, *, ahead):
    """Play on to a frame, whose pictures are made at once or before it is shown."""
    session = window.bridge.session
    session.show(index)
    docks = window.docks
    for dock in (docks.stages, docks.joint_maps, docks.angles):
        dock._next = 0.0
        dock._due = True
    if ahead:
        for part in (window.picture, docks.stages, docks.joint_maps, docks.angles):
            part.draw_ahead(session.state)


@pytest.fixture
def playing(qtbot, clip_window, session):
    """The window while a clip plays, with a joint's maps in sight and a map over the frame."""
    clip_window.docks.joint_maps.raise_()
    clip_window.docks.angles.raise_()
    session.analyse()
    session.change("display", overlay_stage=3, overlay_channel=3, arcs=("right knee",))
    session.change("angles", plotted=("right knee", "left hip"))
    session.play()
    shown(clip_window)
    return clip_window


def test_what_is_made_ahead_is_what_would_be_made_at_once(playing, monkeypatch):
    go(playing, 12, ahead=False)
    wanted = shown(playing)
    go(playing, 5, ahead=False)
    assert shown(playing) != wanted
    go(playing, 12, ahead=True)
    for module, name in (
        (scene_module, "_built"),
        (view_module, "_paint_scene"),
        (painter_module, "composed"),
        (area_module, "_composed"),
        (sheet_module.Sheet, "draw"),
    ):
        monkeypatch.setattr(module, name, lambda *_a, **_k: pytest.fail("made once more"))
    assert shown(playing) == wanted


_SIDEWAYS = Qt.Orientation.Horizontal

CHANGES = {
    "colours": lambda window: window.bridge.session.change("display", colormap="viridis"),
    "gate": lambda window: window.bridge.session.change("reading", gate=0.9),
    "joint": lambda window: window.bridge.session.change("display", overlay_channel=11),
    "stage": lambda window: window.bridge.session.change("display", overlay_stage=1),
    "skeleton": lambda window: window.bridge.session.change("display", skeleton=False),
    "texts": lambda window: window.bridge.session.change("display", hud=False),
    "zoom": lambda window: window.frame_view.zoom(1.7),
    "size": lambda window: window.resizeDocks(
        [window.docks.joint_maps], [window.docks.joint_maps.width() + 40], _SIDEWAYS
    ),
    "theme": lambda window: window.appearance.choose_theme("light"),
    "distance": lambda window: window.appearance.choose_distance("room"),
    "closer": lambda window: window.docks.joint_maps.controls.closer.click(),
    "angles": lambda window: window.bridge.session.change("angles", plotted=("left elbow",)),
    "radians": lambda window: window.bridge.session.change("angles", radians=True),
    "marks": lambda window: window.bridge.session.mark(20, 40),
    "range": lambda window: window.docks.joint_maps.controls.own_range.click(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_of_other_choices_is_not_shown(playing, change):
    try:
        go(playing, 12, ahead=True)
        CHANGES[change](playing)
        found = shown(playing)
        go(playing, 5, ahead=False)
        shown(playing)
        go(playing, 12, ahead=False)
        assert shown(playing) == found
    finally:
        playing.appearance.choose_distance("desk")
        playing.appearance.choose_theme("system")
        for name in ("closer", "own_range"):
            box = getattr(playing.docks.joint_maps.controls, name)
            if box.isChecked():
                box.click()


def test_a_picture_of_another_frame_is_not_shown(playing):
    go(playing, 5, ahead=False)
    wanted = shown(playing)
    go(playing, 12, ahead=True)
    go(playing, 5, ahead=False)
    assert shown(playing) == wanted


def test_frames_that_run_are_shown_by_the_thread_and_single_ones_at_once(qtbot, tmp_path):
    window = make_window(Settings(tmp_path / "window.ini"), start=FakeSession, ahead=True)
    window.resize(*SIZE)
    with qtbot.waitSignal(window.ready):
        window.show()
    session, view = window.bridge.session, window.frame_view
    made = []
    plain = view.draw_ahead
    view.draw_ahead = lambda *a, **k: (made.append(current_thread().name), plain(*a, **k))
    try:
        window.open("/videos/walk.mp4")
        qtbot.waitUntil(lambda: view.frame is not None)
        session.step(3)
        QCoreApplication.processEvents()
        assert view.frame.index == 3
        assert made == []
        session.play()
        for index in (4, 5, 6):
            session.show(index)
            qtbot.waitUntil(lambda index=index: view.frame.index == index, timeout=60_000)
            assert view._picture is not None
            assert view._picture.frame is view.frame
        assert set(made) == {"pictures"}
        session.pause()
        session.step(-2)
        qtbot.waitUntil(lambda: view.frame.index == 4, timeout=60_000)
    finally:
        window.close()
        window.deleteLater()


class Slow:
    """A part whose picture takes as long as a test wants."""

    def __init__(self):
        self.begun, self.may, self.states = Event(), Event(), []

    def draw_ahead(self, state):
        self.states.append(state)
        self.begun.set()
        self.may.wait(60)


@pytest.fixture
def slow(qapp):
    """A bridge over a clip that plays, a part that is being drawn, and the states shown."""
    bridge, part, seen = Bridge(FakeSession, ahead=True), Slow(), []
    bridge.session.open("/videos/walk.mp4")
    bridge.session.play()
    QCoreApplication.processEvents()
    bridge.changed.connect(lambda: seen.append(bridge.shown))
    bridge.draw_ahead([part])
    bridge.session.show(1)
    assert part.begun.wait(60)
    yield bridge, part, seen
    part.may.set()
    bridge.close()
    bridge.deleteLater()


def finish(part, seen, count):
    """Let the picture be made, and wait for so many states to be shown."""
    part.may.set()

    def arrived():
        QCoreApplication.processEvents()
        return len(seen) >= count

    assert until(arrived)


def test_a_state_whose_pictures_are_made_is_shown_before_a_newer_one(slow):
    bridge, part, seen = slow
    bridge.session.show(2)
    finish(part, seen, 2)
    assert [state.frame.index for state in seen] == [1, 2]
    assert [state.frame.index for state in part.states] == [1, 2]
    assert bridge.shown is None


@pytest.mark.parametrize(
    "change",
    [
        lambda bridge: bridge.session.change("display", colormap="viridis"),
        lambda bridge: bridge.session.pause(),
        lambda bridge: bridge.session.open("/videos/run.mp4"),
        lambda bridge: bridge.skip_drawn(),
    ],
)
def test_a_newer_choice_is_not_kept_waiting_by_a_picture(slow, change):
    bridge, part, seen = slow
    bridge.session.show(2)
    change(bridge)
    finish(part, seen, 1)
    assert seen[0] is bridge.session.state


def test_a_part_that_fails_stops_no_frame(qapp, caplog):
    class Broken:
        def draw_ahead(self, state):
            raise ValueError(state.frame.index)

    bridge, seen = Bridge(FakeSession, ahead=True), []
    bridge.session.open("/videos/walk.mp4")
    bridge.session.play()
    QCoreApplication.processEvents()
    bridge.draw_ahead([Broken()])
    bridge.changed.connect(lambda: seen.append(bridge.session.state.frame.index))
    bridge.session.show(7)

    def arrived():
        QCoreApplication.processEvents()
        return bool(seen)

    assert until(arrived)
    bridge.close()
    bridge.deleteLater()
    assert seen == [7]
    assert "picture" in caplog.text
