"""Model > Get networks: what is current is described, fetched with progress, and used."""

import pytest
from PySide6.QtWidgets import QLineEdit

from poseviewer.gui.dialogs.get_networks import GetNetworks
from poseviewer.gui.dialogs.preferences import Preferences
from poseviewer.models.getting import MIRROR
from poseviewer.runtime.jobs import Progress

pytestmark = pytest.mark.gui


@pytest.fixture
def dialog(window):
    window.actions_by_name["get_networks"].trigger()
    (made,) = window.findChildren(GetNetworks)
    yield made
    made.reject()


def choose(dialog, name):
    (row,) = [
        dialog.list.topLevelItem(at)
        for at in range(dialog.list.topLevelItemCount())
        if dialog.list.topLevelItem(at).text(0) == name
    ]
    dialog.list.setCurrentItem(row)
    return row


def test_size_licence_and_address_are_told_before(dialog):
    row = choose(dialog, "cpm-mobile")
    assert (row.text(2), row.text(3)) == ("2.7 MB", "")
    assert dialog.licence.text() == "Licence: free"
    assert dialog.source.text() == "From https://x/cpm-mobile"
    assert dialog.get.text() == "Accept licence and get"


def test_a_network_is_fetched_with_progress_and_then_used(dialog, session, window):
    window.settings.mirror = "https://mirror.example/x"
    choose(dialog, "cpm-mobile")
    dialog.get.click()
    assert session.getter.asked == [("cpm-mobile", "https://mirror.example/x")]
    assert not dialog.get.isEnabled()
    session.getter.report(Progress(1_350_000, 2_700_000, 12.0, output="cpm-mobile"))
    assert dialog.bar.value() == dialog.bar.maximum() // 2
    assert dialog.note.text() == "cpm-mobile: 1.4 of 2.7 MB, 12 s left"
    session.getter.report(Progress(2_700_000, 2_700_000, finished=True, output="cpm-mobile"))
    assert dialog.note.text() == "Got cpm-mobile: it can be used now."
    assert dialog.list.currentItem().text(3) == "yes"
    dialog.get.click()
    assert session.state.network.model == "cpm-mobile"


def test_it_can_be_cancelled_and_says_what_failed(dialog, session):
    choose(dialog, "cpm-mobile")
    dialog.get.click()
    dialog.cancel.click()
    assert session.getter.cancelled == 1
    assert dialog.note.text() == "Stopping…"
    session.getter.report(Progress(3, 9, finished=True, error="It went wrong."))
    assert dialog.note.text() == "It went wrong."
    assert dialog.get.isEnabled()
    assert not dialog.cancel.isEnabled()


def test_closed_it_hears_nothing_and_opened_again_it_shows_what_goes_on(dialog, session, window):
    choose(dialog, "cpm-mobile")
    dialog.get.click()
    dialog.reject()
    session.getter.report(Progress(1, 9, output="cpm-mobile"))
    window.actions_by_name["get_networks"].trigger()
    again = window.findChildren(GetNetworks)[-1]
    assert again is not dialog
    assert again.cancel.isEnabled()
    session.getter.report(Progress(5_000_000, 9_000_000, output="cpm-mobile"))
    assert again.note.text() == "cpm-mobile: 5.0 of 9.0 MB"
    again.reject()


def test_the_mirror_is_chosen_in_the_preferences(window, monkeypatch):
    window.actions_by_name["preferences"].trigger()
    (dialog,) = window.findChildren(Preferences)
    assert isinstance(dialog.mirror, QLineEdit)
    dialog.mirror.textEdited.emit("https://mirror.example/networks")
    assert window.settings.mirror == "https://mirror.example/networks"
    dialog.reject()
    monkeypatch.setenv(MIRROR, "https://other.example")
    window.actions_by_name["preferences"].trigger()
    again = window.findChildren(Preferences)[-1]
    assert again.mirror.text() == "https://other.example"
    assert not again.mirror.isEnabled()
    again.reject()


def test_no_password_of_a_mirror_is_shown_or_stored(window, monkeypatch):
    window.settings.mirror = "https://joe:pa55word@mirror.example/x"
    assert window.settings.mirror == "https://mirror.example/x"
    monkeypatch.setenv(MIRROR, "https://joe:pa55word@other.example/y")
    window.actions_by_name["get_networks"].trigger()
    dialog = window.findChildren(GetNetworks)[-1]
    assert dialog.source.text() == "From the mirror https://other.example/y"
    dialog.reject()
    window.actions_by_name["preferences"].trigger()
    preferences = window.findChildren(Preferences)[-1]
    assert preferences.mirror.text() == "https://other.example/y"
    preferences.reject()
