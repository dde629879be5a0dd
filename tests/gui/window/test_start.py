"""The first start: the start page with its pictures and questions, and the tour."""

import os
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.gui import theme
from poseviewer.gui.actions.titles import MENUS
from poseviewer.gui.settings import Settings
from poseviewer.gui.window.questions import QUESTIONS, QUESTIONS_CLIP
from poseviewer.gui.window.thumbnails import SIZE, Thumbnails, is_path
from poseviewer.gui.window.tour import TOUR_CLIP, WALK, Tour
from poseviewer.gui.window.window import Window
from poseviewer.runtime.pick import FAST
from tests.waiting import LONG


def frame(colour=(200, 30, 40), size=(300, 900)):
    return Frame(np.full((*size, 3), colour, np.uint8), 0, Timestamp(0, Fraction(1)))


@pytest.fixture
def thumbnails(tmp_path, qapp):
    made = Thumbnails(folder=tmp_path / "small")
    yield made
    made.close()


def loaded(qtbot, thumbnails, location):
    with qtbot.waitSignal(thumbnails.loaded) as got:
        thumbnails.load([location])
    return got.args


def test_a_picture_is_stored_and_loaded_again(qtbot, tmp_path, thumbnails):
    clip = tmp_path / "walk.mp4"
    clip.touch()
    thumbnails.store(str(clip), frame())
    location, image, there = loaded(qtbot, thumbnails, str(clip))
    assert (location, there) == (str(clip), True)
    assert image.size() == SIZE
    assert image.pixelColor(160, 90).red() == pytest.approx(200, abs=6)


def test_a_missing_file_keeps_its_picture_and_is_said_to_be_gone(qtbot, thumbnails):
    thumbnails.store("/gone/walk.mp4", frame())
    _, image, there = loaded(qtbot, thumbnails, "/gone/walk.mp4")
    assert not there
    assert not image.isNull()
    assert loaded(qtbot, thumbnails, "rtsp://camera/1")[1:] == [QImage(), True]


def test_only_so_many_are_stored(qtbot, thumbnails, monkeypatch):
    monkeypatch.setattr("poseviewer.gui.window.thumbnails._MOST", 3)
    for number in range(6):
        thumbnails.store(f"/clips/{number}.mp4", frame())
    assert not loaded(qtbot, thumbnails, "/clips/5.mp4")[1].isNull()
    assert len(list(thumbnails.path("").parent.glob("*.jpg"))) == 3


def test_a_stored_picture_that_is_none_of_ours_is_not_shown(qtbot, thumbnails):
    thumbnails.store("/a.mp4", frame())
    assert not loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()
    QImage(900, 900, QImage.Format.Format_RGB32).save(str(thumbnails.path("/a.mp4")))
    assert loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()
    thumbnails.path("/a.mp4").write_bytes(b"\xff\xd8 nothing")
    assert loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()


@pytest.mark.parametrize(
    ("location", "path"),
    [("/a/b.mp4", True), ("camera:0", False), ("https://x/y", False), ("mannequin:", False)],
)
def test_what_is_a_file(location, path):
    assert is_path(location) == path


def test_the_clip_that_was_shown_gets_a_card_with_its_picture(qtbot, own_window):
    own_window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: own_window.frame_view.frame is not None)
    with qtbot.waitSignal(
        own_window.thumbnails.loaded, check_params_cb=lambda *a: not a[1].isNull()
    ):
        own_window.actions_by_name["close_source"].trigger()
    card = own_window.welcome.card("/videos/walk.mp4")
    assert not card.there
    assert "not there" in card.accessibleName()
    assert card.isVisible()
    with qtbot.waitSignal(own_window.welcome.chosen) as got:
        card.click()
    assert got.args == ["/videos/walk.mp4"]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_a_question_opens_the_demo_at_its_frame_with_its_joint(qtbot, window, session, number):
    question = QUESTIONS[number]
    buttons = {one.text(): one for one in window.welcome.findChildren(QPushButton)}
    session.count = 410
    buttons[question.text].click()
    qtbot.waitUntil(lambda: window.notices.text == question.answer)
    assert session.state.source.location == QUESTIONS_CLIP
    assert QUESTIONS_CLIP not in window.settings.recent
    assert session.state.shown[1].frame.index == question.frame
    spec = session.state.model.stages[session.state.display.overlay_stage]
    assert spec.channels[session.state.display.overlay_channel] == question.joint
    assert session.state.display.overlay_stage == len(session.state.model.stages) - 1


def asked(qtbot, window, number):
    """Ask a question of the start page, and wait for its answer."""
    buttons = {one.text(): one for one in window.welcome.findChildren(QPushButton)}
    window.bridge.session.count = 410
    buttons[QUESTIONS[number].text].click()
    qtbot.waitUntil(lambda: window.notices.text == QUESTIONS[number].answer)


def saved(window):
    window.saving.save()
    return Settings(window.settings.path).state


def test_what_a_question_chooses_is_put_back_when_its_clip_is_left(qtbot, window, session):
    session.change("network", model="cpm-lite", automatic=True)
    session.change("reading", region="people")
    asked(qtbot, window, 0)
    assert (session.state.network.model, session.state.network.automatic) == (FAST, False)
    assert session.state.reading.region == "follow"
    # Nor is it found at the next start.
    assert saved(window).network.automatic
    assert saved(window).reading.region == "people"
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: session.state.source.location == "/videos/walk.mp4")
    qtbot.waitUntil(lambda: session.state.network.automatic)
    assert session.state.reading.region == "people"


def test_the_next_question_puts_back_what_the_one_before_has_chosen(qtbot, window, session):
    session.change("network", model="cpm-lite", automatic=False)
    asked(qtbot, window, 1)
    assert session.state.network.automatic
    asked(qtbot, window, 0)
    assert (session.state.network.model, session.state.network.automatic) == (FAST, False)
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: session.state.network.model == "cpm-lite")
    assert not session.state.network.automatic


def test_what_a_person_chooses_at_a_question_stays(qtbot, window, session):
    session.change("network", model="cpm-lite", automatic=True)
    asked(qtbot, window, 0)
    session.change("network", model="cpm-lite", automatic=False)
    assert not saved(window).network.automatic
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: session.state.source.location == "/videos/walk.mp4")
    assert (session.state.network.model, session.state.network.automatic) == ("cpm-lite", False)


@pytest.fixture
def tour(qtbot, window, session):
    session.count = 1230
    window.actions_by_name["introduction"].trigger()
    (made,) = window.findChildren(Tour)
    qtbot.waitUntil(made.callout.isVisible)
    yield made
    for left in window.findChildren(Tour):
        left.end()
    window.actions_by_name["close_source"].trigger()


def test_the_tour_points_at_four_real_parts_over_a_walk(qtbot, window, session, tour):
    qtbot.waitUntil(lambda: session.state.source is not None)
    assert session.state.source.location == TOUR_CLIP
    qtbot.waitUntil(lambda: session.state.playback.index == WALK)
    assert window.settings.toured
    seen = []
    for number in range(1, 5):
        target = tour.step.target()
        assert not target.visibleRegion().isEmpty()
        part = tour.step.part(target)
        around = tour.outline.geometry().adjusted(3, 3, -3, -3)
        assert around.topLeft() == target.mapTo(window, part.topLeft())
        assert window.rect().contains(tour.callout.geometry())
        assert tour.callout.count.text() == f"{number} of 4"
        seen.append(tour.step.title)
        QTest.keyClick(tour.callout.next, Qt.Key.Key_Space)
    assert len(set(seen)) == 4
    qtbot.waitUntil(lambda: not window.findChildren(Tour))


@pytest.mark.parametrize(("workspace", "shown"), [("inspect", "joint_maps"), ("measure", "stages")])
def test_the_tour_begins_at_what_the_workspace_shows(window, workspace, shown):
    window.actions_by_name[workspace].trigger()
    window.actions_by_name["introduction"].trigger()
    (made,) = window.findChildren(Tour)
    assert made.step.target() is getattr(window.docks, shown)
    made.end()
    window.actions_by_name["inspect"].trigger()
    window.actions_by_name["close_source"].trigger()


@pytest.mark.parametrize("way", ["skip", "escape"])
def test_the_tour_can_be_left_at_once(qtbot, window, tour, way):
    if way == "skip":
        tour.callout.skip.click()
    else:
        QTest.keyClick(tour.callout.next, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(Tour))


def test_the_callout_hides_nothing_that_it_points_at(window, tour):
    tour.go_on()
    assert not tour.callout.geometry().intersects(tour.outline.geometry().adjusted(4, 4, -4, -4))
    window.resize(900, 640)
    tour.place()
    assert window.rect().contains(tour.callout.geometry())


_FIRST_PAINT = """
import os, sys
from PySide6.QtCore import QTimer
from poseviewer.cli import view
from poseviewer.cli.main import console
from poseviewer.gui.window.window import Window

def painted(window):
    heavy = {"numpy", "cv2", "av", "torch", "openvino", "pyqtgraph", "poseviewer.runtime.state"}
    print(sorted(heavy & {*sys.modules}), window.docks is None)
    print([menu.text() for menu in window.menuBar().actions()])
    places.append((window.winId(), window.geometry(), window.stack.geometry()))
    assert window.centralWidget().isVisible() and window.status.isVisible()

def built(window):
    QTimer.singleShot(0, lambda: places.append(
        (window.winId(), window.geometry(), window.stack.geometry())
    ))

def ready(window):
    print(places[0] == places[1] or places, places[0][:2] == (window.winId(), window.geometry()))
    window.close()

class Watched(Window):
    def paintEvent(self, event):
        super().paintEvent(event)
        if not places:
            QTimer.singleShot(0, lambda: painted(self))
            self.built.connect(lambda: built(self))
            self.ready.connect(lambda: ready(self))

places = []
view.has_display = lambda: True
from poseviewer.gui import app
app.Window = Watched
sys.argv[1:] = ["view", "mannequin:320x240@30"]
console()
"""


def started(code, tmp_path):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "POSEVIEWER_HOME": str(tmp_path)},
    )


def test_the_window_is_painted_before_anything_heavy_and_stays_where_it_is(tmp_path):
    done = started(_FIRST_PAINT, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[] True", str(list(MENUS)), "True True"]


_CLOSED = """
import sys
from PySide6.QtCore import QTimer
from poseviewer.cli import view
from poseviewer.cli.main import console
from poseviewer.gui import app
from poseviewer.gui.window.window import Window

class Closed(Window):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(AFTER, self.close)

view.has_display = lambda: True
app.Window = Closed
sys.argv[1:] = ["view", "mannequin:320x240@30"]
console()
"""


@pytest.mark.parametrize("after", [0, 60, 250])
def test_closing_while_the_window_starts_ends_it_without_a_word(after, tmp_path):
    done = started(_CLOSED.replace("AFTER", str(after)), tmp_path)
    complaints = [line for line in done.stderr.splitlines() if "plugin" not in line]
    assert (done.returncode, done.stdout, complaints) == (0, "", [])


@pytest.mark.parametrize("steps", [1, 4, 8])
def test_a_window_that_is_closed_half_made_makes_no_more(qtbot, bridge, settings, steps):
    made = Window(bridge, settings)
    going = made.building()
    for _ in range(steps):
        next(going)
    made.show()
    made.close()
    assert not made.isVisible()
    qtbot.waitUntil(lambda: not [one for one in threading.enumerate() if one.name == "imports"])
    assert made.docks is None
    made.deleteLater()


def midway(made):
    """Take steps of a window until its docks are being shown."""
    while made.turns.take() is not None:
        if not made.updatesEnabled():
            return


def test_a_window_that_is_closed_while_docks_come_ends(qtbot, bridge, settings):
    made = Window(bridge, settings)
    made.show()
    midway(made)
    assert not made.updatesEnabled()
    assert made.docks is None
    made.close()
    assert made.updatesEnabled()
    assert not made.isVisible()
    made.deleteLater()


def test_a_workspace_that_is_chosen_while_docks_come_is_the_one_that_is_laid_out(
    qtbot, bridge, settings
):
    made = Window(bridge, settings)
    made.show()
    midway(made)
    made.workspaces.switch("Measure")
    with qtbot.waitSignal(made.ready, timeout=LONG * 1000):
        made.turns.go_on()
    assert made.updatesEnabled()
    assert not made.docks.figures.isHidden()
    assert made.docks.probe.isHidden()
    lies = made.workspaces.current.layout
    made.workspaces.reset()
    assert made.workspaces.current.layout.closed == lies.closed
    made.close()
    made.deleteLater()


def test_the_place_of_the_frame_waits_for_what_is_opened_first(qtbot, bridge, settings):
    made = Window(bridge, settings, expecting=True)
    made.able.connect(lambda: made.open("/videos/walk.mp4"))
    seen = []
    made.built.connect(lambda: seen.append(made.stack.currentWidget() is made.frame_view))
    with qtbot.waitSignal(made.ready, timeout=LONG * 1000):
        made.show()
    assert seen == [True]
    qtbot.waitUntil(lambda: made.frame_view.frame is not None)
    assert made.stack.currentWidget() is made.frame_view
    made.actions_by_name["close_source"].trigger()
    qtbot.waitUntil(lambda: made.stack.currentWidget() is made.welcome)
    made.close()
    made.deleteLater()


def test_the_start_page_takes_the_place_of_what_cannot_be_opened(qtbot, bridge, settings):
    made = Window(bridge, settings, expecting=True)
    with qtbot.waitSignal(made.ready, timeout=LONG * 1000):
        made.show()
    assert made.bridge.session.state.source is None
    qtbot.waitUntil(lambda: made.stack.currentWidget() is made.welcome)
    made.close()
    made.deleteLater()


def test_a_theme_that_changes_while_the_window_starts_is_taken_up(qtbot, bridge, settings):
    settings.theme = "light"
    made = Window(bridge, settings)
    going = made.building()
    for _ in range(6):
        next(going)
    settings.theme = "dark"
    theme.apply("dark")
    for _ in going:
        pass
    text = made.actions_by_name["open_video"].icon().pixmap(16, 16).toImage()
    assert any(
        text.pixelColor(x, y).lightness() > 150 and text.pixelColor(x, y).alpha() > 200
        for x in range(text.width())
        for y in range(text.height())
    )
    made.close()
    made.deleteLater()


def test_docks_show_no_controls_while_nothing_is_open(qtbot, window):
    docks = window.docks
    window.actions_by_name["inspect"].trigger()
    docks.angles.raise_()
    parts = docks.joint_maps.controls, docks.angles.controls, docks.angles.list
    qtbot.waitUntil(lambda: not any(part.isVisible() for part in parts))
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: all(part.isVisible() for part in parts))
