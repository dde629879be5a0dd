"""The strip that tells what went wrong."""

import pytest
from PySide6.QtWidgets import QWidget

from poseviewer.gui.window.notice_bar import NoticeBar
from poseviewer.runtime.state import Notice, Progress, View


@pytest.fixture
def bar(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(800, 400)
    parent.show()
    made = NoticeBar(parent)
    yield made
    made._leave.stop()


def view(*notices, **fields):
    numbered = tuple(Notice(n, level, text) for n, (level, text) in enumerate(notices, start=1))
    return View(notices=numbered, **fields)


def test_the_worst_comes_first_and_each_is_dismissed_once(bar):
    told = view(("warning", "slow"), ("error", "broken"), ("info", "done"))
    bar.refresh(told)
    assert (bar.text, bar.unread, bar._more.text()) == ("broken", 3, "1 of 3")
    bar.dismiss()
    assert bar.text == "slow"
    bar.dismiss()
    bar.dismiss()
    assert not bar.isVisible()
    bar.refresh(told)
    assert not bar.isVisible()


def test_news_goes_away_by_itself_and_errors_stay(bar):
    bar.refresh(view(("info", "done"), ("error", "broken")))
    bar._leave.timeout.emit()
    assert (bar.text, bar.unread) == ("broken", 1)


def test_how_long_work_ended_is_told_once(bar):
    ended = Progress(3, 3, finished=True, output="out.mp4", notice="The sound is missing.")
    bar.refresh(View(export=ended))
    assert bar.text == "The sound is missing."
    bar.dismiss()
    assert bar.text == "Wrote out.mp4"
    bar.dismiss()
    bar.refresh(View(export=ended))
    assert not bar.isVisible()
    bar.refresh(View(analysis=Progress(1, 3, finished=True, error="Stopped.")))
    assert bar.text == "Stopped."


def test_it_lies_within_the_picture(bar):
    bar.refresh(view(("error", "a long story " * 20)))
    assert bar.parentWidget().rect().contains(bar.geometry())
    assert bar.height() > 40
