"""The workspaces of a window: chosen, saved, shared, remembered."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QInputDialog, QToolButton

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.app import make_window
from poseviewer.gui.settings import Settings
from poseviewer.gui.workspaces.defaults import INSPECT
from tests.gui.fake_session import FakeSession
from tests.gui.find import entries

pytestmark = pytest.mark.gui

Key = Qt.Key


def press(qtbot, window, key):
    window.activateWindow()
    window.frame_view.setFocus()
    qtbot.keyClick(window.frame_view, key)


def front(window):
    """The docks that can be seen."""
    return {dock.objectName() for dock in window.docks.all if dock.seen}


def again(qtbot, window):
    """A window of the next start."""
    window.close()
    made = make_window(Settings(window.settings.path), start=FakeSession)
    made.resize(1280, 800)
    with qtbot.waitSignal(made.ready):
        made.show()
    return made


def gone(window):
    window.close()
    window.deleteLater()


def test_the_first_start_is_inspect(own_window):
    assert own_window.workspaces.now == "Inspect"
    assert own_window.actions_by_name["inspect"].isChecked()
    assert {"stages_dock"} <= front(own_window)


def test_keys_choose_and_every_dock_stays_in_reach(qtbot, clip_window):
    window = clip_window
    for key, name, seen in (
        (Key.Key_F8, "Measure", "angles_dock"),
        (Key.Key_F7, "Inspect", "stages_dock"),
    ):
        press(qtbot, window, key)
        assert window.workspaces.now == name
        assert window.actions_by_name[name.lower()].isChecked()
        qtbot.waitUntil(lambda seen=seen: seen in front(window))
        for dock in window.docks.all:
            if name == "Inspect":
                assert dock.isHidden() == (dock.objectName() in INSPECT.layout.closed)
            assert window.dockWidgetArea(dock) != Qt.DockWidgetArea.NoDockWidgetArea


def test_in_measure_the_plot_has_more_than_half_of_the_window(qtbot, clip_window):
    window = clip_window
    press(qtbot, window, Key.Key_F8)
    for size in ((1280, 720), (1600, 960)):
        window.resize(*size)
        qtbot.waitUntil(lambda: window.workspaces.settled)
        angles = window.docks.angles
        assert angles.width() * angles.height() > 0.5 * size[0] * size[1]
        assert window.size().toTuple() == size


@pytest.mark.parametrize("key", [Key.Key_F7, Key.Key_F8])
def test_every_workspace_fits_a_small_window(qtbot, clip_window, key):
    press(qtbot, clip_window, key)
    assert clip_window.minimumSizeHint().width() <= 1280
    assert clip_window.minimumSizeHint().height() <= 720


def test_tabs_at_the_top_choose(qtbot, window):
    tabs = [tab for tab in window.tabs.findChildren(QToolButton) if tab.isCheckable()]
    assert [tab.text() for tab in tabs] == ["Present", "Inspect", "Measure"]
    assert "F8" in tabs[2].toolTip()
    qtbot.mouseClick(tabs[2], Qt.MouseButton.LeftButton)
    assert window.workspaces.now == "Measure"
    assert [tab.isChecked() for tab in tabs] == [False, False, True]
    assert window.menuBar().cornerWidget() is window.tabs
    assert window.tabs.height() <= window.menuBar().height()


def test_each_remembers_its_docks_and_what_is_drawn(qtbot, own_window):
    window, session = own_window, own_window.bridge.session
    window.open("/videos/walk.mp4")
    window.docks.model.hide()
    session.change("display", hud=False, arcs=("trunk",))
    window.workspaces.switch("Measure")
    assert not window.docks.model.isHidden()
    assert session.state.display.hud
    assert session.state.display.arcs == ("left knee", "right knee")
    window.docks.people.raise_()
    qtbot.waitUntil(lambda: "people_dock" in front(window))
    window.workspaces.switch("Inspect")
    assert window.docks.model.isHidden()
    assert (session.state.display.hud, session.state.display.arcs) == (False, ("trunk",))
    window.workspaces.switch("Measure")
    qtbot.waitUntil(lambda: "people_dock" in front(window))


def test_all_of_it_comes_back_at_the_next_start(qtbot, own_window):
    own_window.docks.performance.hide()
    own_window.workspaces.save_as("Gait lab")
    own_window.docks.model.hide()
    own_window.workspaces.switch("Measure")
    second = again(qtbot, own_window)
    assert second.workspaces.now == "Measure"
    assert second.workspaces.own_names == ("Gait lab",)
    second.workspaces.switch("Gait lab")
    assert second.docks.performance.isHidden()
    assert second.docks.model.isHidden()
    second.workspaces.reset()
    assert second.docks.performance.isHidden()
    assert not second.docks.model.isHidden()
    gone(second)


def test_a_dock_that_floats_is_painted_at_the_next_start(qtbot, own_window):
    own_window.docks.convergence.setFloating(True)
    second = again(qtbot, own_window)
    dock = second.docks.convergence
    assert dock.isFloating()
    assert dock.updatesEnabled()
    assert dock.seen
    gone(second)


def test_reset_is_as_at_the_first_start(qtbot, own_window):
    first = own_window.workspaces.current.layout
    own_window.docks.stages.setFloating(True)
    own_window.docks.model.hide()
    qtbot.waitUntil(lambda: own_window.workspaces.settled)
    assert own_window.workspaces.current.layout != first
    own_window.actions_by_name["reset_layout"].trigger()
    assert own_window.workspaces.current.layout == first
    assert not own_window.docks.stages.isFloating()


def asked(qtbot, window, action, name):
    """Answer the dialog that an action opens with a name."""
    window.actions_by_name[action].trigger()
    qtbot.waitUntil(lambda: bool(window.findChildren(QInputDialog)))
    dialog = window.findChildren(QInputDialog)[-1]
    dialog.setTextValue(name)
    dialog.accept()
    qtbot.waitUntil(lambda: not window.findChildren(QInputDialog))


def test_own_ones_are_saved_renamed_and_deleted(qtbot, own_window):
    window, session = own_window, own_window.bridge.session
    workspaces = window.workspaces
    window.open("/videos/walk.mp4")
    asked(qtbot, window, "workspace_save", "Gait & lab")
    assert workspaces.now == "Gait & lab"
    assert "Gait && lab" in entries(window, "View", "Workspace")
    assert [tab.text() for tab in window.tabs.findChildren(QToolButton)][-1] == "Gait && lab"
    asked(qtbot, window, "workspace_save", "Measure")
    assert "already" in session.state.notices[-1].text
    asked(qtbot, window, "workspace_rename", "Lab")
    assert workspaces.own_names == ("Lab",)
    assert window.settings.workspace_of("/videos/walk.mp4") == "Lab"
    window.actions_by_name["workspace_delete"].trigger()
    assert workspaces.own_names == ()
    assert workspaces.now == "Inspect"
    assert "Lab" not in entries(window, "View", "Workspace")
    for action in ("workspace_delete", "workspace_rename"):
        session.store.clear_notices()
        if action == "workspace_rename":
            asked(qtbot, window, action, "Other")
        else:
            window.actions_by_name[action].trigger()
        assert "part of the program" in session.state.notices[-1].text
    assert workspaces.now == "Inspect"


def test_there_are_not_more_than_anybody_needs(own_window):
    for number in range(12):
        own_window.workspaces.save_as(f"Mine {number}")
    with pytest.raises(PoseViewerError, match="delete one first"):
        own_window.workspaces.save_as("Mine 12")
    assert len(own_window.workspaces.own_names) == 12


def test_a_workspace_is_shared_as_a_file(qtbot, own_window, tmp_path, monkeypatch):
    window, path = own_window, tmp_path / "gait.workspace.json"
    window.docks.performance.hide()
    monkeypatch.setattr(
        type(window.context), "ask_where", lambda _self, _title, _name, _kinds, then: then(path)
    )
    window.actions_by_name["workspace_share"].trigger()
    assert f"Wrote {path}." in window.bridge.session.state.notices[-1].text
    window.docks.performance.show()
    from poseviewer.gui.actions.workspaces import read

    read(window.context, str(path))
    assert window.workspaces.now == "Inspect 2"
    assert window.docks.performance.isHidden()
    path.write_text("{}")
    read(window.context, str(path))
    (notice,) = [n for n in window.bridge.session.state.notices if n.topic == "workspace"]
    assert "gait.workspace.json is not a workspace" in notice.text
    assert window.workspaces.now == "Inspect 2"


def test_a_clip_opens_in_the_workspace_it_was_left_in(qtbot, own_window):
    window = own_window
    window.open("/videos/squat.mp4")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("squat"))
    press(qtbot, window, Key.Key_F8)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("walk"))
    assert window.workspaces.now == "Measure"
    press(qtbot, window, Key.Key_F7)
    second = again(qtbot, window)
    assert second.workspaces.now == "Inspect"
    for name, workspace in (("squat", "Measure"), ("walk", "Inspect")):
        second.open(f"/videos/{name}.mp4")
        qtbot.waitUntil(lambda workspace=workspace: second.workspaces.now == workspace)
    gone(second)


def test_the_clips_that_are_remembered_are_few(settings):
    for number in range(250):
        settings.remember_workspace(f"/videos/{number}.mp4", "Measure")
    assert settings.workspace_of("/videos/249.mp4") == "Measure"
    assert settings.workspace_of("/videos/49.mp4") == ""
    settings.remember_workspace("rtsp://anna:secret@host/live", "Measure")
    assert settings.workspace_of("rtsp://anna:secret@host/live") == "Measure"
    settings.sync()
    assert "secret" not in settings.path.read_text()


def test_docks_keep_their_shares_when_the_window_grows(qtbot, clip_window):
    window = clip_window
    share = window.docks.joint_maps.width() / window.width()
    window.resize(1800, 1000)
    qtbot.waitUntil(lambda: abs(window.docks.joint_maps.width() / 1800 - share) < 0.01)
    qtbot.waitUntil(lambda: window.workspaces.settled)


def test_full_screen_brings_every_dock_back_as_it_was(qtbot, own_window):
    own_window.docks.model.hide()
    before = own_window.workspaces.current.layout
    own_window.actions_by_name["full_screen"].trigger()
    assert own_window.workspaces.current.layout == before
    own_window.actions_by_name["full_screen"].trigger()
    qtbot.waitUntil(lambda: own_window.workspaces.settled)
    assert own_window.workspaces.current.layout == before


def test_a_tall_frame_has_an_arrangement_of_its_own(qtbot, own_window):
    window, session = own_window, own_window.bridge.session
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("walk"))
    window.workspaces.switch("Present")
    area = Qt.DockWidgetArea
    assert window.dockWidgetArea(window.docks.joint_maps) == area.BottomDockWidgetArea
    session.size = (360, 640)
    window.open("/videos/squat.mp4")
    qtbot.waitUntil(
        lambda: window.dockWidgetArea(window.docks.joint_maps) == area.RightDockWidgetArea
    )
    window.docks.figures.hide()
    qtbot.waitUntil(lambda: window.workspaces.settled)
    shared = window.workspaces.current
    assert shared.tall is not None
    assert "figures_dock" in shared.tall.closed
    assert "figures_dock" not in shared.layout.closed
    session.size = (640, 360)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(window.docks.figures.isVisible)
    assert window.dockWidgetArea(window.docks.joint_maps) == area.BottomDockWidgetArea


def test_a_dock_in_a_window_of_its_own_stays_beside_a_frame_of_another_shape(qtbot, own_window):
    """It lies beside no frame: that it is open, or closed again, holds for every shape."""
    window, session = own_window, own_window.bridge.session
    dock = window.docks.springs

    def shape(*size):
        session.size = size
        window.open(f"/videos/{size[0]}.mp4")
        qtbot.waitUntil(lambda: window.windowTitle().startswith(str(size[0])))
        qtbot.waitUntil(lambda: window.workspaces.settled)

    shape(640, 360)
    assert window.workspaces.now == "Inspect"
    dock.show()
    dock.setFloating(True)
    place = QRect(120, 90, 640, 480)
    dock.setGeometry(place)
    shape(360, 640)
    assert dock.isVisible()
    assert dock.isFloating()
    assert dock.geometry() == place
    dock.hide()
    shape(640, 360)
    assert not dock.isVisible()
    dock.show()
    dock.setFloating(True)
    shape(360, 640)
    dock.setFloating(False)
    shape(640, 360)
    assert not dock.isFloating()


def test_present_is_never_entered_unasked(qtbot, own_window):
    own_window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: own_window.windowTitle().startswith("walk"))
    own_window.workspaces.switch("Measure")
    own_window.workspaces.switch("Present")
    second = again(qtbot, own_window)
    assert second.workspaces.now == "Measure"
    second.workspaces.switch("Inspect")
    second.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: second.workspaces.now == "Measure")
    assert not second.isFullScreen()
    gone(second)
