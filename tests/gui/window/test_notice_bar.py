"""The strip that says what happened."""

import pytest
from PySide6.QtWidgets import QAbstractButton, QWidget

from poseviewer.gui.window import notice_bar
from poseviewer.gui.window.notice_bar import NoticeBar
from poseviewer.runtime.store import Store


@pytest.fixture
def store():
    return Store(lambda: None)


@pytest.fixture
def room(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    return made


@pytest.fixture
def bar(room, store):
    made = NoticeBar(room)
    made.dismissed.connect(store.dismiss)
    made.dismissed.connect(lambda: made.refresh(store.state))
    return made


def say(bar, store, level, text, topic=""):
    store.notice(level, text, topic=topic)
    bar.refresh(store.state)


def test_the_latest_is_shown_and_dismissed_once(bar, store):
    say(bar, store, "error", "broken")
    say(bar, store, "info", "done")
    assert (bar.text, bar.more) == ("done", "1 of 2")
    bar.findChild(QAbstractButton).click()
    assert (bar.text, bar.more) == ("broken", "")
    bar.dismiss()
    assert not bar.isVisible()
    bar.refresh(store.state)
    assert not bar.isVisible()


def test_nothing_that_only_informs_stands_over_what_is_presented(bar, store):
    store.notice("error", "broken", topic="first")
    store.notice("info", "done", topic="second")
    bar.refresh(store.state, presenting=True)
    assert (bar.text, bar.more) == ("broken", "")
    bar.dismiss()
    bar.refresh(store.state, presenting=True)
    assert not bar.isVisible()
    bar.refresh(store.state)
    assert bar.text == "done"


def test_the_outcome_replaces_what_was_said_of_the_same(bar, store):
    say(bar, store, "warning", "The disk is nearly full.", "export")
    say(bar, store, "info", "Wrote out.mp4", "export")
    assert (bar.text, bar.more) == ("Wrote out.mp4", "")


def test_what_is_cleared_is_gone(bar, store):
    say(bar, store, "error", "broken")
    store.clear_notices()
    bar.refresh(store.state)
    assert (bar.isVisible(), bar.text) == (False, "")


def test_notices_leave_by_themselves(qtbot, bar, store, monkeypatch):
    monkeypatch.setitem(notice_bar.STAYS, "warning", 20)
    say(bar, store, "warning", "slow")
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert store.state.notices == ()


def test_it_lies_within_the_picture_and_leaves_its_top_free(bar, room, store):
    say(bar, store, "error", "a long story " * 20)
    assert room.rect().contains(bar.geometry())
    assert bar.height() > 40
    assert bar.geometry().top() > room.height() / 2
