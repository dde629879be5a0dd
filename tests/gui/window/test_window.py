"""The window over a session: keys, choices, docks, what is remembered."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit

from poseviewer.core.affine import Box
from poseviewer.gui import theme
from poseviewer.gui.app import make_window
from poseviewer.gui.dialogs.camera import CameraDialog
from poseviewer.gui.settings import Settings
from poseviewer.gui.transport.timeline import Timeline
from poseviewer.gui.window.window import Window
from poseviewer.runtime.jobs import Progress
from poseviewer.runtime.state import CameraChoice
from tests.gui.cut_off import settle
from tests.gui.fake_session import FakeSession
from tests.gui.find import button, entries, named

pytestmark = pytest.mark.gui

Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def press(qtbot, window, key, modifier=NONE):
    window.activateWindow()
    window.frame_view.setFocus()
    qtbot.keyClick(window.frame_view, key, modifier)


@pytest.mark.parametrize(
    ("key", "modifier", "fields"),
    [
        (Key.Key_Space, NONE, {"playing": True}),
        (Key.Key_Left, NONE, {"index": 99}),
        (Key.Key_Right, NONE, {"index": 101}),
        (Key.Key_Comma, NONE, {"index": 99}),
        (Key.Key_Period, NONE, {"index": 101}),
        (Key.Key_Left, CTRL, {"index": 90}),
        (Key.Key_Right, CTRL, {"index": 110}),
        (Key.Key_End, NONE, {"index": 299}),
        (Key.Key_Home, NONE, {"index": 0}),
        (Key.Key_PageDown, NONE, {"index": 130}),
        (Key.Key_PageUp, NONE, {"index": 70}),
        (Key.Key_I, NONE, {"start": 100, "end": None}),
        (Key.Key_O, NONE, {"start": None, "end": 100}),
        (Key.Key_BracketRight, NONE, {"speed": 1.5}),
        (Key.Key_BracketLeft, NONE, {"speed": 0.75}),
        (Key.Key_L, NONE, {"playing": True}),
        (Key.Key_K, NONE, {"playing": False}),
        (Key.Key_L, CTRL, {"loop": True}),
    ],
)
def test_keys_drive_playback(qtbot, clip_window, session, key, modifier, fields):
    session.seek(100)
    press(qtbot, clip_window, key, modifier)
    playback = session.state.playback
    assert {name: getattr(playback, name) for name in fields} == fields


def test_space_works_with_the_keyboard_on_a_button(qtbot, clip_window, session):
    focus = clip_window.transport.findChildren(QAbstractButton)[0]
    focus.setFocus()
    qtbot.keyClick(focus, Key.Key_Space)
    assert session.state.playback.playing


def test_shuttling_back_steps_until_the_start(qtbot, clip_window, session):
    session.seek(3)
    press(qtbot, clip_window, Key.Key_J)
    qtbot.waitUntil(lambda: session.state.playback.index == 0)
    qtbot.waitUntil(lambda: not clip_window.context.shuttle.backwards)
    assert session.calls.count(("step", -1)) == 3


def overlay(session):
    display = session.state.display
    return display.overlay_stage, display.overlay_channel


def test_stage_and_joint_keys_lay_maps_over_the_picture(qtbot, clip_window, session):
    window = clip_window
    press(qtbot, window, Key.Key_2)
    assert overlay(session) == (1, None)
    press(qtbot, window, Key.Key_Tab)
    assert overlay(session) == (1, 0)
    press(qtbot, window, Key.Key_9)  # there is no ninth stage
    assert overlay(session) == (1, 0)
    qtbot.waitUntil(window.actions_by_name["heatmap"].isChecked)
    press(qtbot, window, Key.Key_H)
    assert overlay(session)[0] is None
    qtbot.waitUntil(lambda: not window.actions_by_name["heatmap"].isChecked())
    press(qtbot, window, Key.Key_H)
    assert overlay(session)[0] == 1
    press(qtbot, window, Key.Key_0)
    assert overlay(session) == (3, None)
    press(qtbot, window, Key.Key_S)
    assert not session.state.display.skeleton


def test_the_overlay_is_asked_of_the_session_and_named(qtbot, clip_window, session):
    for dock in clip_window.docks.all:
        dock.hide()
    session.change("display", overlay_stage=1, overlay_channel=1)
    qtbot.waitUntil(lambda: session.wanted == frozenset({1}))
    view = clip_window.frame_view
    qtbot.waitUntil(lambda: view.said("bottom left") == ["map: r knee, stack 2"])


def test_a_scene_is_built_only_when_something_changed(qtbot, clip_window, session):
    view = clip_window.frame_view
    built = view.scene
    for _ in range(3):
        with qtbot.waitSignal(clip_window.bridge.changed):
            session.publish()
    assert view.scene is built
    session.change("display", region_outline=True)
    qtbot.waitUntil(lambda: view.scene is not built)


def test_a_skeleton_never_lies_on_another_frame(qtbot, clip_window, session):
    session.answers = False
    session.seek(7)
    newer = session.state.frame
    qtbot.waitUntil(lambda: clip_window.frame_view.frame is newer)
    assert clip_window.frame_view.scene is None
    session.answer()
    session.answers = True
    session.answer()
    qtbot.waitUntil(lambda: clip_window.frame_view.scene is not None)


def test_while_playing_the_words_speak_of_the_picture_that_is_seen(qtbot, clip_window, session):
    session.seek(20)
    frame = session.state.frame
    session.play()
    session.answers = False
    session.seek(22)
    view = clip_window.frame_view
    qtbot.waitUntil(lambda: view.frame is frame)
    assert view.scene is not None
    assert view.said("top left")[1].startswith("frame 20 ")
    assert clip_window.transport.timeline.value() == 20


def test_hud_and_title_follow_the_source(qtbot, clip_window, session):
    session.seek(200)
    view = clip_window.frame_view
    qtbot.waitUntil(lambda: "frame 200   0:06.667" in view.said("top left"))
    assert view.said("top left")[0].startswith("walk.mp4")
    assert clip_window.windowTitle().startswith("walk.mp4")
    clip_window.actions_by_name["hud"].trigger()
    qtbot.waitUntil(lambda: view.said("top left") == [])


def test_the_words_about_the_source_make_room_for_a_person(qtbot, clip_window, session):
    view = clip_window.frame_view
    qtbot.waitUntil(lambda: bool(view.said("top left")))
    joint = session.state.result.shown.xy[0, 0].tolist()
    before, under, closer = np.array(view.viewport.to_view(*joint)), np.array((60.0, 30.0)), 1.5
    view.zoom(closer, QPointF(*((under - before * closer) / (1 - closer))))
    qtbot.waitUntil(lambda: bool(view.said("top right")))
    assert view.said("top left") == []
    view.fit()
    session.open("other.mp4")
    qtbot.waitUntil(lambda: bool(view.said("top left")))
    assert view.said("top right") == []


def test_the_demo_says_that_it_is_the_demo(qtbot, window):
    window.open("mannequin:")
    qtbot.waitUntil(lambda: bool(window.frame_view.said("bottom right")))
    assert "demo" in window.frame_view.said("bottom right")[0]


def test_nothing_open_is_a_welcome(qtbot, window, session):
    assert window.stack.currentWidget() is window.welcome
    buttons = window.welcome.findChildren(QAbstractButton)
    assert [one.text() for one in buttons[:3]] == ["Open video", "Camera", "Demo"]
    buttons[2].click()
    assert session.calls[-1] == ("open", "mannequin:")
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.frame_view)


BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


def drop(window, *, urls=(), text="", offered=BOTH, held=Qt.KeyboardModifier.NoModifier):
    """Drop something on the window with keys held; returns what is answered, None where nothing."""
    mime = QMimeData()
    if urls:
        mime.setUrls(urls)
    if text:
        mime.setText(text)
    keys = Qt.MouseButton.LeftButton, held
    entering = QDragEnterEvent(QPoint(5, 5), offered, mime, *keys)
    window.dragEnterEvent(entering)
    event = QDropEvent(QPointF(5, 5), offered, mime, *keys)
    window.dropEvent(event)
    assert entering.isAccepted() == event.isAccepted()
    return event.dropAction() if event.isAccepted() else None


@pytest.mark.parametrize(
    ("urls", "text", "location"),
    [
        ([QUrl.fromLocalFile("/videos/a b.mp4")], "", "/videos/a b.mp4"),
        ([QUrl("rtsp://cam/one")], "", "rtsp://cam/one"),
        ([QUrl("http://host/my%20clip.mp4")], "", "http://host/my%20clip.mp4"),
        ([], "http://host/clip.mp4", "http://host/clip.mp4"),
    ],
)
def test_files_and_addresses_can_be_dropped(window, session, urls, text, location):
    assert drop(window, urls=urls, text=text) == Qt.DropAction.CopyAction
    assert session.calls[-1] == ("open", location)


def test_a_file_that_is_offered_to_be_moved_is_left_where_it_is(window, session):
    urls, shift = [QUrl.fromLocalFile("/videos/a.mp4")], Qt.KeyboardModifier.ShiftModifier
    # A file manager deletes what was moved.
    assert drop(window, urls=urls, held=shift) == Qt.DropAction.CopyAction
    assert session.calls[-1] == ("open", "/videos/a.mp4")
    before = list(session.calls)
    assert drop(window, urls=urls, offered=Qt.DropAction.MoveAction) is None
    assert session.calls == before


def test_words_are_not_dropped(window, session):
    before = list(session.calls)
    assert drop(window, text="a few words") is None
    assert session.calls == before


def test_of_several_files_dropped_the_one_that_is_open_is_named(window, session):
    drop(window, urls=[QUrl.fromLocalFile(f"/photos/{name}.jpg") for name in "abc"])
    assert session.calls[-1] == ("open", "/photos/a.jpg")
    (notice,) = session.state.notices
    assert notice.text.startswith("Of 3 that were dropped, a.jpg is open: drop the folder")


def test_recent_and_dropped_files_are_opened(qtbot, own_window):
    window, session = own_window, own_window.bridge.session
    for name in ("one", "two"):
        drop(window, urls=[QUrl.fromLocalFile(f"/videos/{name}.mp4")])
        qtbot.waitUntil(lambda name=name: window.settings.recent[:1] == [f"/videos/{name}.mp4"])
    recent = entries(window, "File", "Open recent")
    assert list(recent) == ["two.mp4", "one.mp4"]
    recent["one.mp4"].trigger()
    assert session.calls[-1] == ("open", "/videos/one.mp4")


def test_a_box_becomes_the_region(clip_window, session):
    box = Box(1.0, 2.0, 100.0, 80.0)
    clip_window.frame_view.box_dragged.emit(box)
    assert (session.state.reading.region, session.state.reading.box) == ("box", box)


def test_a_dock_seeks(clip_window, session):
    clip_window.docks.angles.seek_requested.emit(42)
    assert session.state.playback.index == 42


def test_errors_are_said_without_stopping(qtbot, window, session):
    session.notice("error", "The file a.mp4 is not a video; choose another one.")
    qtbot.waitUntil(window.notices.isVisible)
    assert QApplication.activeModalWidget() is None
    assert "a.mp4" in window.notices.text


def test_long_work_shows_progress_and_can_be_cancelled(qtbot, clip_window, session):
    status = clip_window.status
    session.publish(export=Progress(30, 300, seconds_left=12.0))
    qtbot.waitUntil(lambda: status.working == "export")
    assert named(status, QLabel, "Progress").text() == "Exporting 10 %, 12 s left"
    named(status, QAbstractButton, "Cancel the work in progress").click()
    assert session.calls[-1] == ("cancel_export",)
    qtbot.waitUntil(lambda: "cancelled" in clip_window.notices.text)
    assert session.state.notices[-1].level == "info"


def test_esc_cancels_the_drag_first_then_the_work(qtbot, clip_window, session):
    session.publish(export=Progress(30, 300))
    qtbot.waitUntil(lambda: clip_window.status.working == "export")
    clip_window.frame_view.arm_box()
    press(qtbot, clip_window, Key.Key_Escape)
    assert ("cancel_export",) not in session.calls
    press(qtbot, clip_window, Key.Key_Escape)
    assert ("cancel_export",) in session.calls


def test_full_screen_and_back(qtbot, clip_window):
    press(qtbot, clip_window, Key.Key_F)
    assert clip_window.isFullScreen()
    assert not clip_window.menuBar().isVisible()
    assert not clip_window.docks.stages.isVisible()
    press(qtbot, clip_window, Key.Key_Escape)
    assert not clip_window.isFullScreen()
    assert clip_window.menuBar().isVisible()
    assert clip_window.docks.stages.isVisible()


def test_networks_and_angles_are_in_the_menus(clip_window, session):
    networks = entries(clip_window, "Model", "Network")
    assert list(networks) == ["Hourglass lite", "Cpm lite"]
    networks["Cpm lite"].trigger()
    assert session.state.network.model == "cpm-lite"
    entries(clip_window, "Angles", "On the frame")["right knee"].trigger()
    assert session.state.display.arcs == ("right knee",)
    clip_window.actions_by_name["no_arcs"].trigger()
    assert session.state.display.arcs == ()


def test_cameras_are_found_on_a_thread_and_asked_about(qtbot, window, session, monkeypatch):
    monkeypatch.setattr(
        "poseviewer.runtime.cameras.find_cameras",
        lambda found: found((CameraChoice("camera:0", "Lens"),)),
    )
    monkeypatch.setattr(window.bridge, "begin_preview", lambda _location: None)
    window.actions_by_name["open_camera"].trigger()
    qtbot.waitUntil(lambda: window.findChild(CameraDialog) is not None)
    dialog = window.findChild(CameraDialog)
    assert dialog.camera.itemText(0) == "Lens"
    dialog.mirror.setChecked(True)
    dialog.accept()
    assert session.calls[-1] == ("open", "camera:0")
    assert session.state.display.mirror


def test_what_was_chosen_comes_back(qtbot, tmp_path):
    path = tmp_path / "window.ini"

    def start():
        made = make_window(Settings(path), start=FakeSession)
        made.resize(1280, 800)
        with qtbot.waitSignal(made.ready):
            made.show()
        return made, made.bridge.session

    first, session = start()
    session.change("display", opacity=0.4, colormap="viridis", arcs=("right knee",))
    session.change("reading", flip=True, gate=0.35)
    session.change("angles", plotted=("trunk",), panes="pairs", radians=True)
    first.appearance.choose_theme("light")
    first.docks.performance.hide()
    first.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: bool(first.settings.recent))
    chosen = session.state
    first.close()
    first.deleteLater()

    second, session = start()
    now = session.state
    assert (now.display, now.reading, now.angles) == (
        chosen.display, chosen.reading, chosen.angles,
    )  # fmt: skip
    assert second.settings.theme == "light"
    assert second.actions_by_name["theme_light"].isChecked()
    assert second.docks.performance.isHidden()
    assert not second.docks.stages.isHidden()
    assert second.settings.recent == ["/videos/walk.mp4"]
    second.appearance.choose_theme("system")
    second.close()
    second.deleteLater()


def test_the_docks_come_after_the_first_paint(qtbot, bridge, settings):
    made = Window(bridge, settings)
    assert made.docks is None
    with qtbot.waitSignal(made.ready):
        made.show()
        assert made.docks is None
    made.close()
    made.deleteLater()


def test_every_control_has_a_name_and_a_tip(clip_window):
    kinds = (QAbstractButton, QComboBox, QLineEdit, Timeline)
    for owner in (clip_window.transport, clip_window.welcome, clip_window.status):
        for kind in kinds:
            for control in owner.findChildren(kind):
                assert control.accessibleName() or control.text(), control
                assert control.toolTip(), control


def test_a_network_with_more_stages_is_taken_up(qtbot, clip_window, session):
    assert not clip_window.actions_by_name["stage_6"].isEnabled()
    session.change("network", model="cpm-lite")
    qtbot.waitUntil(clip_window.actions_by_name["stage_6"].isEnabled)


def test_the_window_answers_while_frames_run(qtbot, clip_window, session):
    """A timer of the window keeps firing between ticks."""
    fired = []
    timer = QTimer(clip_window, interval=0)
    timer.timeout.connect(lambda: fired.append(1))
    timer.start()
    for _ in range(5):
        with qtbot.waitSignal(clip_window.bridge.changed):
            session.advance()
    qtbot.waitUntil(lambda: len(fired) > 3)
    timer.stop()


def test_closing_leads_back_to_the_start(qtbot, clip_window, session):
    window = clip_window
    press(qtbot, window, Key.Key_W, CTRL)
    assert session.calls[-1] == ("close_source",)
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.welcome)
    assert window.windowTitle() == "PoseViewer"
    assert not window.actions_by_name["close_source"].isEnabled()
    assert not window.transport.isEnabled()
    assert window.transport.timeline.maximum() == 0
    buttons = [one.text() for one in window.welcome.findChildren(QAbstractButton)]
    assert buttons[:3] == ["Open video", "Camera", "Demo"]
    assert any("walk.mp4" in text for text in buttons)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.frame_view)
    assert window.transport.timeline.maximum() == 299


def test_r_records_what_is_live_and_stops(qtbot, window, session):
    window.open("camera:0")
    live, view = window.transport.live, window.frame_view
    qtbot.waitUntil(window.actions_by_name["record"].isEnabled)
    assert live.text() == "●  LIVE"
    press(qtbot, window, Key.Key_R)
    name, folder = session.calls[-1]
    assert name == "record"
    assert folder.is_dir()
    qtbot.waitUntil(lambda: live.text() == "●  REC  0:12")
    assert view.said("top right") == ["● REC  0:12"]
    assert window.actions_by_name["record"].text() == "Stop recording"
    assert button(window.transport, "record").isVisible()
    press(qtbot, window, Key.Key_R)
    assert session.state.recording is None
    qtbot.waitUntil(lambda: live.text() == "●  LIVE")
    assert view.said("top right") == []
    session.pause()
    qtbot.waitUntil(lambda: live.text().startswith("FROZEN"))


def test_a_dock_floated_from_behind_a_tab_is_drawn_on_the_screen(qtbot, clip_window, session):
    """And comes to the front of its place when it is put back."""
    dock = clip_window.docks.model
    dock.show()
    clip_window.docks.people.show()
    clip_window.docks.people.raise_()
    qtbot.waitUntil(lambda: not dock.seen)
    dock.setFloating(True)
    qtbot.waitUntil(lambda: dock.seen)
    assert clip_window.screen().availableGeometry().intersects(dock.frameGeometry())
    dock.hide()
    assert not dock.seen
    dock.show()
    assert dock.seen
    dock.setFloating(False)
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    assert dock.seen


def test_every_dock_fits_a_narrow_column(own_window):
    """280 pixels on a desk, and as much more from afar as the texts are larger."""
    window, docks = own_window, own_window.docks
    try:
        for distance in ("desk", "hall"):
            window.appearance.choose_distance(distance)
            for location in ("/videos/walk.mp4", "camera:0"):
                window.open(location)
                for dock in docks.all:
                    dock.show()
                    dock.raise_()
                    settle()
                    width = dock.minimumSizeHint().width()
                    assert width <= theme.px(280), (distance, location, dock.objectName(), width)
    finally:
        window.appearance.choose_distance("desk")


def test_the_pixel_is_of_the_frame_that_is_seen(qtbot, clip_window, session):
    """The pointer rests on the frame, while another frame comes, or another clip."""
    view = clip_window.frame_view
    middle = view.rect().center()
    qtbot.mouseMove(view, middle)

    def said():
        red, green, blue = view.frame.pixels[view.pointed[::-1]].tolist()
        x, y = view.pointed
        return f"x {x}  y {y}    rgb {red} {green} {blue}"

    for index in (100, 200):
        session.seek(index)
        qtbot.waitUntil(lambda index=index: view.frame.index == index)
        assert clip_window.status.pixel.text().endswith(said())
    session.size = (200, 400)
    clip_window.open("/videos/tall.mp4")
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.size == (200, 400))
    qtbot.waitUntil(lambda: clip_window.status.pixel.text().endswith(said()))
