"""The command palette: what is typed, what comes first, and what Enter does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.dialogs.palette import Entry, Palette, entries_of, matched, ranked


def entry(text, *, menu="View", enabled=True):
    return Entry(text.lower().replace(" ", "_"), text, menu, enabled=enabled)


@pytest.mark.parametrize(
    ("query", "text", "spans"),
    [
        ("next", "Next frame", ((0, 4),)),
        ("fra ne", "Next frame", ((0, 2), (5, 8))),
        ("ext", "Next frame", ((1, 4),)),
        ("nf", "Next frame", ((0, 1), (5, 6))),
        ("view", "Next frame", ()),
    ],
)
def test_words_in_any_order_and_in_part(query, text, spans):
    assert matched(entry(text), query)[1] == spans


def test_a_word_that_is_nowhere_rules_an_entry_out():
    assert matched(entry("Next frame"), "frame tomorrow") is None


def test_the_start_of_a_word_beats_its_middle_and_that_beats_scattered_letters():
    found = ranked(map(entry, ["Mirror an inset", "Reset keys", "Set of two"]), "set", ())
    assert [one.text for one in found] == ["Set of two", "Reset keys", "Mirror an inset"]


def test_what_was_used_last_comes_first_and_what_cannot_be_done_last():
    lines = [entry("A"), entry("B", enabled=False), entry("C"), entry("D")]
    assert [one.text for one in ranked(lines, "", ["d", "c"])] == ["D", "C", "A", "B"]


@pytest.fixture
def opened(qtbot, window):
    """Open the palette of the window as its key does."""

    def open_palette():
        window.actions_by_name["palette"].trigger()
        (dialog,) = window.findChildren(Palette)
        qtbot.waitUntil(dialog.isVisible)
        return dialog

    return open_palette


def test_every_action_of_the_menus_is_there_with_its_keys(window):
    specs = {spec.name: spec for spec in ACTIONS}
    found = {one.name: one for one, _ in entries_of(window.menuBar(), specs)}
    hidden = {name for name, action in window.actions_by_name.items() if not action.isVisible()}
    assert set(specs) - hidden <= set(found)
    assert found["snapshot"].keys == "C"
    assert found["View/Docks/Stages"].enabled
    assert found["theme_light"].menu == "View > Theme"


def test_greyed_ones_say_why(opened):
    dialog = opened()
    by_name = {one.name: one for one in dialog.shown}
    assert not by_name["snapshot"].enabled
    assert by_name["snapshot"].why_not == "open a clip or a camera first"
    dialog.search.setText("snapshot")
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.reject()


def test_typed_chosen_and_run_by_keys_alone(qtbot, window, opened):
    dialog = opened()
    QTest.keyClicks(dialog.search, "theme")
    first = dialog.chosen
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    second = dialog.chosen
    assert first != second
    QTest.keyClick(dialog.search, Qt.Key.Key_Up)
    QTest.keyClick(dialog.search, Qt.Key.Key_Up)
    assert dialog.chosen == dialog.shown[-1]
    dialog.search.setText("light theme")
    ran = []
    window.actions_by_name["theme_light"].triggered.connect(lambda on: ran.append(on))
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(ran))
    assert window.settings.theme == "light"
    assert window.settings.used[0] == "theme_light"
    assert opened().shown[0].name == "theme_light"
    window.findChildren(Palette)[-1].reject()
    window.appearance.choose_theme("dark")


def test_nothing_found_is_said(opened):
    dialog = opened()
    dialog.search.setText("qqqq zzzz")
    assert dialog.shown == []
    assert dialog.chosen is None
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert "Nothing" in dialog.hint.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
