"""The key editor and the preferences: every control changes the one that owns its value."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from poseviewer.gui import theme
from poseviewer.gui.dialogs.preferences import Preferences
from poseviewer.gui.dialogs.shortcuts import ShortcutsDialog
from poseviewer.runtime.saved.library import Saving, results_folder


@pytest.fixture
def editor(window):
    window.actions_by_name["shortcuts"].trigger()
    dialog = window.findChild(ShortcutsDialog)
    yield dialog.editor
    dialog.editor.reset_all.click()
    dialog.reject()


def press(editor, key):
    editor.press.setFocus()
    QTest.keyClick(editor.press, key)


def test_a_key_is_changed_and_works_at_once(window, editor):
    editor.choose("snapshot")
    press(editor, Qt.Key.Key_F12)
    assert "free" in editor.note.text()
    editor.set.click()
    assert window.actions_by_name["snapshot"].shortcuts() == [QKeySequence("F12")]
    assert "F12" in window.actions_by_name["snapshot"].toolTip()
    assert window.settings.keys == {"snapshot": ["F12"]}
    assert "Usually C" in editor.note.text()
    editor.reset.click()
    assert window.actions_by_name["snapshot"].shortcuts() == [QKeySequence("C")]
    assert window.settings.keys == {}


def test_a_conflict_is_shown_and_the_other_gives_the_key_up(window, editor):
    editor.choose("snapshot")
    press(editor, Qt.Key.Key_G)
    assert "Go to" in editor.note.text()
    editor.add.click()
    shortcuts = window.actions_by_name["snapshot"].shortcuts()
    assert shortcuts == [QKeySequence("C"), QKeySequence("G")]
    assert window.actions_by_name["go_to"].shortcuts() == []
    editor.reset_all.click()
    assert window.actions_by_name["go_to"].shortcuts() == [QKeySequence("G")]
    assert window.settings.keys == {}


def test_keys_go_into_a_file_and_come_back(tmp_path, window, editor):
    editor.choose("snapshot")
    editor.remove.click()
    editor.export_to(tmp_path / "keys.json")
    editor.reset_all.click()
    editor.import_from(tmp_path / "keys.json")
    assert window.actions_by_name["snapshot"].shortcuts() == []
    (tmp_path / "bad.json").write_text("{")
    editor.import_from(tmp_path / "bad.json")
    assert "bad.json" in editor.note.text()
    assert window.settings.keys == {"snapshot": []}


@pytest.fixture
def preferences(window):
    window.actions_by_name["preferences"].trigger()
    dialog = window.findChild(Preferences)
    yield dialog
    dialog.reject()
    window.appearance.choose_theme("dark")
    window.appearance.choose_distance("desk")


def choose(box, value):
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_theme_and_distance_hold_at_once_and_are_saved(window, preferences):
    choose(preferences.theme, "contrast")
    assert theme.current().name == window.settings.theme == "contrast"
    assert window.actions_by_name["theme_contrast"].isChecked()
    before = window.fontMetrics().height()
    choose(preferences.distance, "hall")
    assert window.settings.distance == "hall"
    assert window.actions_by_name["distance_hall"].isChecked()
    assert window.menuBar().fontMetrics().height() > 1.3 * before


def test_the_network_is_that_of_the_state(qtbot, window, session, preferences):
    before = session.state.network.automatic
    assert preferences.automatic.isChecked() == before
    preferences.automatic.click()
    assert session.state.network.automatic != before
    choose(preferences.precision, "bf16")
    assert session.state.network.precision == "bf16"
    window.bridge.session.change("network", precision="fp32")
    qtbot.waitUntil(lambda: preferences.precision.currentData() == "fp32")


def test_every_box_of_the_network_shows_what_is_chosen(qtbot, window, session, preferences):
    for name, box in preferences._boxes():
        assert box.currentData() == getattr(session.state.network, name)
        assert box.currentText()
    choose(preferences.engine, "torch")
    assert session.state.network.engine == "torch"
    window.bridge.session.change("network", engine="auto")
    qtbot.waitUntil(lambda: preferences.engine.currentData() == "auto")


def test_what_is_stored_of_a_feed(window, preferences):
    preferences.rewind.megabytes.setValue(64)
    assert window.settings.keep.megabytes == 64


def test_whether_and_where_analyses_are_saved(window, session, preferences):
    assert window.settings.saving == Saving(results_folder())
    preferences.beside.click()
    preferences.gigabytes.setValue(1.5)
    saving = Saving(results_folder(), beside=True, limit=3 << 29)
    assert session.calls[-1] == ("save_results", saving)
    assert window.settings.saving == saving
    preferences.save_results.click()
    assert session.calls[-1] == ("save_results", None)
    assert window.settings.saving is None


def test_recent_files_are_forgotten(window, preferences):
    window.settings.add_recent("/videos/walk.mp4")
    preferences._forget()
    assert window.settings.recent == []


def test_the_layout_is_put_back(qtbot, window):
    docks = window.docks
    docks.stages.setFloating(True)
    docks.angles.close()
    window.actions_by_name["reset_layout"].trigger()
    assert not docks.stages.isFloating()
    qtbot.waitUntil(lambda: docks.stages.seen and not docks.angles.isHidden())
