"""The window over a session: keys, looks, docks, persistence."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.gui.bridge import Bridge
from poseviewer.gui.settings import Settings
from poseviewer.gui.transport.timeline import Timeline
from poseviewer.gui.window.window import Window
from poseviewer.runtime.state import CameraChoice, Choices, Progress
from tests.gui.fake_session import FakeSession, model

Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def press(qtbot, window, key, modifier=NONE):
    window.activateWindow()
    window.frame_view.setFocus()
    qtbot.keyClick(window.frame_view, key, modifier)


@pytest.mark.parametrize(
    ("key", "modifier", "call"),
    [
        (Key.Key_Space, NONE, ("toggle",)),
        (Key.Key_Left, NONE, ("step", -1)),
        (Key.Key_Right, NONE, ("step", 1)),
        (Key.Key_Comma, NONE, ("step", -1)),
        (Key.Key_Period, NONE, ("step", 1)),
        (Key.Key_Left, CTRL, ("step", -10)),
        (Key.Key_Right, CTRL, ("step", 10)),
        (Key.Key_End, NONE, ("seek", 299)),
        (Key.Key_Home, NONE, ("seek", 0)),
        (Key.Key_PageDown, NONE, ("seek", 130)),
        (Key.Key_PageUp, NONE, ("seek", 70)),
        (Key.Key_I, NONE, ("mark", 100, None)),
        (Key.Key_O, NONE, ("mark", None, 100)),
        (Key.Key_BracketRight, NONE, ("set_speed", 1.5)),
        (Key.Key_BracketLeft, NONE, ("set_speed", 0.75)),
        (Key.Key_L, NONE, ("play",)),
        (Key.Key_K, NONE, ("pause",)),
        (Key.Key_L, CTRL, ("set_loop", True)),
        (Key.Key_A, NONE, ("analyse",)),
    ],
)
def test_keys_drive_the_session(qtbot, clip_window, session, key, modifier, call):
    session.seek(100)
    press(qtbot, clip_window, key, modifier)
    assert call in session.calls


def test_space_works_with_the_keyboard_on_a_button(qtbot, clip_window, session):
    button = clip_window.transport.findChildren(QAbstractButton)[0]
    button.setFocus()
    qtbot.keyClick(button, Key.Key_Space)
    assert session.calls[-1] == ("toggle",)


def test_shuttling_back_steps_until_the_start(qtbot, clip_window, session):
    session.seek(3)
    press(qtbot, clip_window, Key.Key_J)
    qtbot.waitUntil(lambda: session.view().transport.index == 0)
    qtbot.waitUntil(lambda: not clip_window.commands.shuttle.backwards)
    assert session.calls.count(("step", -1)) == 3


def test_stage_and_joint_keys_lay_maps_over_the_picture(qtbot, clip_window):
    window = clip_window
    press(qtbot, window, Key.Key_2)
    assert (window.look.overlay_stage, window.look.overlay_channel) == (1, None)
    press(qtbot, window, Key.Key_Tab)
    assert (window.look.overlay_stage, window.look.overlay_channel) == (1, 0)
    press(qtbot, window, Key.Key_9)  # there is no ninth stage
    assert window.look.overlay_stage == 1
    press(qtbot, window, Key.Key_H)
    assert window.look.overlay_stage is None
    press(qtbot, window, Key.Key_H)
    assert window.look.overlay_stage == 1
    press(qtbot, window, Key.Key_0)
    assert (window.look.overlay_stage, window.look.overlay_channel) == (3, None)
    press(qtbot, window, Key.Key_S)
    assert not window.look.skeleton
    assert window.actions_by_name["heatmap"].isChecked()


def test_the_overlay_is_asked_of_the_session_and_named(qtbot, clip_window, session):
    for dock in clip_window.docks.all:
        dock.hide()
    clip_window.set_look(overlay_stage=1, overlay_channel=1)
    qtbot.waitUntil(lambda: session.wanted == frozenset({1}))
    qtbot.waitUntil(
        lambda: clip_window.frame_view._corners.get("bottom left") == ["overlay: r knee, stack 2"]
    )


def test_a_scene_is_built_only_when_something_changed(qtbot, clip_window, session):
    keeper = clip_window._keeper
    built = keeper.built
    for _ in range(3):
        session.publish()
        with qtbot.waitSignal(clip_window.bridge.changed):
            session.on_ready()
    assert keeper.built == built
    clip_window.set_look(region=True)
    assert keeper.built == built + 1
    session.step(1)
    qtbot.waitUntil(lambda: keeper.built == built + 2)


def test_a_skeleton_never_lies_on_another_frame(qtbot, clip_window, session):
    result = session.view().result
    session.seek(7)
    newer = session.view().frame
    session.publish(frame=newer, result=result)
    qtbot.waitUntil(lambda: clip_window.frame_view.frame is newer)
    assert clip_window.frame_view.scene is None


def test_while_playing_the_words_speak_of_the_picture_that_is_seen(qtbot, clip_window, session):
    session.seek(20)
    result = session.view().result
    session.seek(22)
    newer = session.view().frame
    session.play()
    session.publish(frame=newer, result=result)
    qtbot.waitUntil(lambda: clip_window.frame_view.frame is result.frame)
    assert clip_window.frame_view.scene is not None
    assert clip_window.frame_view._corners["top left"][1].startswith("frame 20 ")
    assert clip_window.transport.timeline.value() == 20


def test_hud_and_title_follow_the_source(qtbot, clip_window, session):
    session.seek(200)
    view = clip_window.frame_view
    qtbot.waitUntil(lambda: "frame 200   0:06.667" in view._corners["top left"])
    assert view._corners["top left"][0].startswith("walk.mp4")
    assert clip_window.windowTitle().startswith("walk.mp4")
    clip_window.actions_by_name["hud"].trigger()
    assert view._corners["top left"] == []


def test_the_demo_says_that_it_is_the_demo(qtbot, window):
    window.open("mannequin:")
    qtbot.waitUntil(lambda: bool(window.frame_view._corners.get("bottom right")))
    assert "demo" in window.frame_view._corners["bottom right"][0]


def test_nothing_open_is_a_welcome(qtbot, window, session):
    assert window.stack.currentWidget() is window.welcome
    buttons = [b.text() for b in window.welcome.findChildren(QAbstractButton)]
    assert buttons[:3] == ["Open video", "Camera", "Demo"]
    window.welcome.findChildren(QAbstractButton)[2].click()
    assert session.calls[-1] == ("open", "mannequin:")
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.frame_view)


def test_recent_files_can_be_opened_again(qtbot, window, session):
    window.open("/videos/one.mp4")
    qtbot.waitUntil(lambda: window.settings.recent == ["/videos/one.mp4"])
    window.open("/videos/two.mp4")
    qtbot.waitUntil(lambda: window.settings.recent[0] == "/videos/two.mp4")
    entries = window._menus._recent.actions()
    assert [entry.text() for entry in entries] == ["two.mp4", "one.mp4"]
    entries[1].trigger()
    assert session.calls[-1] == ("open", "/videos/one.mp4")


def test_a_dropped_file_is_opened(window, session):
    window.frame_view.dropped.emit("/videos/dropped.mp4")
    assert session.calls[-1] == ("open", "/videos/dropped.mp4")


def test_a_box_becomes_the_region(clip_window, session):
    box = Box(1.0, 2.0, 100.0, 80.0)
    clip_window.frame_view.box_dragged.emit(box)
    assert session.calls[-1] == ("choose", {"region": "box", "box": box})


def test_a_tile_is_laid_over_the_picture(clip_window):
    clip_window.docks.stages.tile_chosen.emit(2, 5)
    assert (clip_window.look.overlay_stage, clip_window.look.overlay_channel) == (2, 5)


def test_the_angle_plot_seeks(clip_window, session):
    clip_window.docks.angles.seek_requested.emit(42)
    assert session.calls[-1] == ("seek", 42)


def test_errors_are_told_without_stopping(qtbot, window, session):
    session.tell("error", "The file a.mp4 is not a video; choose another one.")
    qtbot.waitUntil(window.notices.isVisible)
    assert QApplication.activeModalWidget() is None
    assert "a.mp4" in window.notices.text


def test_long_work_shows_progress_and_can_be_cancelled(qtbot, clip_window, session):
    session.publish(export=Progress(30, 300, seconds_left=12.0))
    qtbot.waitUntil(lambda: clip_window.status.working == "export")
    assert clip_window.status._work.text() == "Exporting 10%, 12 s left"
    clip_window.status._cancel.click()
    assert session.calls[-1] == ("cancel_export",)
    qtbot.waitUntil(lambda: "cancelled" in clip_window.notices.text)


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


def test_models_and_angles_are_in_the_menus(qtbot, clip_window, session):
    menus = clip_window._menus
    assert [a.data() for a in menus._models.actions()] == ["hourglass-lite", "cpm-lite"]
    menus._models.actions()[1].trigger()
    assert session.calls[-1] == ("choose", {"model": "cpm-lite"})
    next(a for a in menus._angles.actions() if a.text() == "right knee").trigger()
    assert clip_window.look.arcs == ("right knee",)
    clip_window.actions_by_name["no_arcs"].trigger()
    assert clip_window.look.arcs == ()


def test_cameras_are_found_on_a_thread_and_asked_about(qtbot, window, monkeypatch):
    monkeypatch.setattr(
        "poseviewer.gui.bridge.find_cameras",
        lambda found: found((CameraChoice("camera:0", "Lens"),)),
    )
    asked = []
    monkeypatch.setattr(window.commands.live, "_ask", asked.append)
    monkeypatch.setattr(window.bridge, "begin_preview", lambda _location: None)
    window.actions_by_name["open_camera"].trigger()
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert asked[0].camera.itemText(0) == "Lens"
    asked[0].accept()
    assert window.bridge.session.calls[-1] == ("open", "camera:0")


def test_what_was_chosen_comes_back(qtbot, tmp_path):
    path = tmp_path / "window.ini"

    def start():
        settings = Settings(path)
        bridge = Bridge(lambda ready: FakeSession(ready, choices=settings.choices))
        made = Window(bridge, settings)
        made.resize(1280, 800)
        with qtbot.waitSignal(made.ready):
            made.show()
        return made

    first = start()
    first.set_look(opacity=0.4, colormap="viridis", arcs=("right knee",))
    first.choose_theme("light")
    first.docks.performance.hide()
    first.bridge.session.choose(flip=True, gate=0.35)
    first.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: bool(first.settings.recent))
    first.close()
    first.deleteLater()

    second = start()
    assert second.look == Look(opacity=0.4, colormap="viridis", arcs=("right knee",))
    assert second.settings.theme == "light"
    assert second.actions_by_name["theme_light"].isChecked()
    assert second.docks.performance.isHidden()
    assert not second.docks.stages.isHidden()
    choices = second.bridge.session.view().choices
    assert choices == Choices(flip=True, gate=0.35)
    assert second.settings.recent == ["/videos/walk.mp4"]
    second.choose_theme("system")
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


def test_a_model_with_more_stages_is_taken_up(qtbot, clip_window, session):
    assert not clip_window.actions_by_name["stage_6"].isEnabled()
    session.publish(model=model("cpm-lite", 6))
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
    buttons = [b.text() for b in window.welcome.findChildren(QAbstractButton)]
    assert buttons[:3] == ["Open video", "Camera", "Demo"]
    assert any("walk.mp4" in text for text in buttons)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.frame_view)
    assert window.transport.timeline.maximum() == 299


def test_r_records_what_is_live_and_stops(qtbot, window, session):
    window.open("camera:0")
    qtbot.waitUntil(window.actions_by_name["record"].isEnabled)
    assert window.transport.live.text() == "●  LIVE"
    press(qtbot, window, Key.Key_R)
    name, folder = session.calls[-1]
    assert name == "record"
    assert folder.is_dir()
    qtbot.waitUntil(lambda: window.transport.live.text() == "●  REC  0:12")
    assert window.frame_view._corners["top right"] == ["● REC  0:12"]
    assert window.actions_by_name["record"].text() == "Stop recording"
    press(qtbot, window, Key.Key_R)
    assert session.calls[-1] == ("stop_recording",)
    qtbot.waitUntil(lambda: window.transport.live.text() == "●  LIVE")
    assert window.frame_view._corners["top right"] == []
    session.pause()
    qtbot.waitUntil(lambda: window.transport.live.text().startswith("FROZEN"))
