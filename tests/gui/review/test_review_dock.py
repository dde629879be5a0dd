"""The Review dock: what stands out is listed, gone to, and marked on the timeline."""

from __future__ import annotations

import pytest

from poseviewer.runtime.review import Finding

FOUND = (
    Finding(40, "jump", 0, 9, 3.2, "left shoulder jumps 80 px"),
    Finding(12, "confidence", 0, 3, 1.4, "left hip 20 % sure"),
    Finding(12, "jump", 0, 4, 1.1, "left knee jumps 30 px"),
)


@pytest.fixture
def dock(clip_window, session, monkeypatch):
    """The dock with what was found."""
    session.analyse()
    monkeypatch.setattr(session, "review", lambda: FOUND)
    made = clip_window.docks.review
    made.show()
    made.raise_()
    made.redraw()
    return made


def test_findings_are_listed_the_worst_first_and_gone_to(clip_window, session, dock):
    rows = [dock.list.topLevelItem(n) for n in range(dock.list.topLevelItemCount())]
    assert [row.text(0) for row in rows] == ["40", "12", "12"]
    assert clip_window.transport.timeline._found == (12, 40)
    dock.list.setCurrentItem(rows[0])
    assert session.state.playback.index == 40
    dock.go(1)
    assert session.state.playback.index == 12
    dock.go(-1)
    assert session.state.playback.index == 40


def test_one_kind_is_listed_alone(clip_window, dock):
    dock.kinds.setCurrentIndex(dock.kinds.findData("confidence"))
    assert dock.list.topLevelItemCount() == 1
    assert dock.count.text() == "1 found"
    assert clip_window.transport.timeline._found == (12,)


def test_why_there_is_no_list(clip_window, session, monkeypatch):
    dock = clip_window.docks.review
    assert "press A to analyse the clip" in dock.why_empty(session.state)
