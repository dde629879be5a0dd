"""Everything that can be done can be reached, and every key means one thing."""

from collections import Counter
from dataclasses import replace

import pytest
from PySide6.QtGui import QKeySequence

from poseviewer.core.video_choice import VideoChoice, VideoFacts
from poseviewer.gui.actions.context import reason_against
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.actions.titles import MENUS

# The keys of the product page, and what each must do.
PRODUCT = {
    "Space": "toggle",
    "Left": "step_back",
    "Right": "step_forward",
    ",": "step_back",
    ".": "step_forward",
    "Ctrl+Left": "ten_back",
    "Ctrl+Right": "ten_forward",
    "Home": "first",
    "End": "last",
    "PgUp": "tenth_back",
    "PgDown": "tenth_forward",
    "J": "shuttle_back",
    "K": "shuttle_stop",
    "L": "shuttle_forward",
    "I": "mark_in",
    "O": "mark_out",
    "[": "slower",
    "]": "faster",
    "G": "go_to",
    "C": "snapshot",
    "E": "export",
    "R": "record",
    "F": "full_screen",
    "0": "stage_all",
    "H": "heatmap",
    "S": "skeleton",
    "Tab": "next_joint",
    "Esc": "leave",
    **{str(number): f"stage_{number}" for number in range(1, 10)},
}


def test_keys_and_names_are_unique():
    keys = Counter(QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys)
    assert [key for key, number in keys.items() if number > 1] == []
    names = Counter(spec.name for spec in ACTIONS)
    assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.parametrize(("key", "name"), PRODUCT.items())
def test_the_promised_keys(key, name):
    (spec,) = [spec for spec in ACTIONS if key in spec.keys]
    assert spec.name == name


def test_every_action_is_in_a_menu_with_its_key_and_a_tip(window):
    assert {spec.menu.split("/")[0] for spec in ACTIONS} == set(MENUS)
    for spec in ACTIONS:
        action = window.actions_by_name[spec.name]
        assert any(action in menu.actions() for menu in menus(window.menuBar())), spec.name
        assert action.toolTip()
        for key in spec.keys:
            assert QKeySequence(key) in action.shortcuts()
        if spec.keys:
            assert "(" in action.toolTip()


def test_whatever_cannot_be_done_now_says_why(qtbot, clip_window):
    """In its tip, which menus, buttons and the palette show; and no longer once it can be done."""
    actions = clip_window.actions_by_name
    greyed = [name for name, action in actions.items() if not action.isEnabled()]
    assert {"pause_export", "fields"} <= set(greyed)
    for name, action in actions.items():
        assert (name in greyed) == ("\nNot now: " in action.toolTip()), name
    clip_window.actions_by_name["close_source"].trigger()
    qtbot.waitUntil(lambda: not actions["snapshot"].isEnabled())
    assert "Not now: open a clip or a camera first." in actions["snapshot"].toolTip()
    assert all(spec.needs is None or reason_against(spec) for spec in ACTIONS)


def menus(bar):
    found = [action.menu() for action in bar.actions()]
    return found + [a.menu() for menu in found for a in menu.actions() if a.menu()]


def test_changed_keys_are_used(qtbot, bridge, settings):
    from poseviewer.gui.window.window import Window

    settings.keys = {"snapshot": ["Ctrl+P"]}
    window = Window(bridge, settings)
    window.build()
    assert window.actions_by_name["snapshot"].shortcuts() == [QKeySequence("Ctrl+P")]
    window.close()
    window.deleteLater()


def test_what_needs_a_clip_is_off_without_one(qtbot, window):
    for spec in ACTIONS:
        assert window.actions_by_name[spec.name].isEnabled() == (spec.needs is None), spec.name
    window.open("mannequin:")
    qtbot.waitUntil(lambda: window.frame_view.frame is not None)
    assert window.actions_by_name["toggle"].isEnabled()
    assert not window.actions_by_name["export"].isEnabled()
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(window.actions_by_name["export"].isEnabled)


VIDEO = VideoFacts(track=0, tracks=((0, "1 (64 x 48, h264)"), (2, "3 (160 x 120, h264)")))


def test_the_next_video_stream_opens_the_same_file(qtbot, clip_window, session):
    action = clip_window.actions_by_name["next_track"]
    assert not action.isEnabled()
    location = session.state.source.location
    session.publish(source=replace(session.state.source, video=VIDEO))
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    assert session.calls[-1] == ("open", location, VideoChoice(2))


def test_interlaced_footage_is_opened_again_as_chosen(qtbot, clip_window, session):
    named = clip_window.actions_by_name
    assert not named["deinterlace_field"].isEnabled()
    location = session.state.source.location
    facts = replace(VIDEO, interlaced=True, choice=VideoChoice(2))
    session.publish(source=replace(session.state.source, video=facts))
    qtbot.waitUntil(named["deinterlace_field"].isEnabled)
    assert named["deinterlace_frame"].isChecked()
    named["deinterlace_field"].trigger()
    assert session.calls[-1] == ("open", location, VideoChoice(2, "field"))
