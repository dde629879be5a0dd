"""The crossing from threads to Qt."""

import threading

from PySide6.QtTest import QSignalSpy

from poseviewer.gui.bridge import Bridge
from poseviewer.runtime.state import AppState
from tests.gui.fake_session import FakeSession


def test_many_states_make_one_tick(qtbot, bridge, session):
    spy = QSignalSpy(bridge.changed)
    for _ in range(60):
        session.publish()
    qtbot.waitUntil(lambda: spy.count() > 0)
    qtbot.wait(0)
    assert spy.count() == 1


def test_a_thread_may_publish(qtbot, bridge, session):
    seen = []
    bridge.changed.connect(lambda: seen.append(threading.current_thread()))
    with qtbot.waitSignal(bridge.changed):
        worker = threading.Thread(target=session.publish)
        worker.start()
        worker.join()
    assert seen == [threading.main_thread()]


def test_a_state_published_while_ticking_is_shown_too(qtbot, bridge, session):
    spy = QSignalSpy(bridge.changed)
    bridge.changed.connect(lambda: session.publish() if spy.count() < 3 else None)
    session.publish()
    qtbot.waitUntil(lambda: spy.count() >= 3)


def test_nothing_is_said_after_close(qtbot):
    bridge = Bridge(FakeSession)
    spy = QSignalSpy(bridge.changed)
    bridge.session.publish()
    bridge.close()
    bridge.close()
    qtbot.wait(0)
    assert spy.count() == 0
    assert bridge.session.calls == [("close",)]


def test_a_session_is_started_at_its_first_use(qtbot):
    first, heard = AppState(), []
    bridge = Bridge(FakeSession, first=lambda: first)
    bridge.on_start(heard.append)
    assert not bridge.started
    assert bridge.state is first
    assert heard == []
    session = bridge.session
    assert heard == [session]
    assert bridge.session is session
    assert bridge.state is session.state
    bridge.on_start(heard.append)
    assert heard == [session, session]
    bridge.close()
    assert session.calls == [("close",)]


def test_a_session_that_was_never_used_is_not_started_to_be_closed(qtbot):
    bridge = Bridge(FakeSession, first=AppState)
    bridge.close()
    assert not bridge.started
