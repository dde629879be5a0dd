"""What is saved is what was asked for: files as other programs read them, after the window went on.

A file dialog stands open for seconds, in which a playing clip and a feed move on.
"""

import csv

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QFileDialog

from poseviewer.draw.raster import paint
from poseviewer.draw.scene import build_scene

pytestmark = pytest.mark.gui


@pytest.fixture
def save(clip_window, session):
    """Ask for a file, let something happen, and answer."""

    def run(action, path, *, meanwhile=lambda: None):
        clip_window.actions_by_name[action].trigger()
        picker = clip_window.findChild(QFileDialog)
        meanwhile()
        picker.fileSelected.emit(str(path))
        picker.done(0)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return path

    return run


@pytest.fixture
def plotted(qtbot, clip_window, session):
    """A clip that is analysed, its curves on screen."""
    session.analyse()
    dock = clip_window.docks.angles
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.plot is not None and bool(dock.chosen))
    return dock


def read_png(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def painted(session):
    """What is on screen, as the painter of files draws it."""
    frame, result = session.state.shown
    pixels = frame.pixels.copy()
    look = session.state.look
    paint(build_scene(result, look), pixels)
    return pixels


def test_a_snapshot_is_of_the_frame_that_was_asked_for(session, save, tmp_path):
    session.show(7)
    session.play()
    asked = painted(session)
    path = save("snapshot", tmp_path / "s.png", meanwhile=lambda: session.show(90))
    assert not np.array_equal(painted(session), asked)
    assert np.array_equal(read_png(path), asked)


def test_a_snapshot_has_the_result_that_came_meanwhile(session, save, tmp_path):
    session.show(7)
    session.publish(answer=None)
    assert session.state.shown[1] is None
    path = save("snapshot", tmp_path / "s.png", meanwhile=session.answer)
    assert session.state.shown[1] is not None
    assert np.array_equal(read_png(path), painted(session))


@pytest.mark.parametrize("action", ["save_curves", "save_figures", "save_repetitions", "save_plot"])
def test_what_the_plot_shows_is_saved_as_when_it_was_asked_for(
    session, save, plotted, tmp_path, action
):
    def move_on():
        session.change("angles", plotted=("left elbow",))
        QCoreApplication.processEvents()
        plotted.plot.set_time_range(4.0, 5.0)

    kind = "png" if action == "save_plot" else "csv"
    at_once = save(action, tmp_path / f"at_once.{kind}")
    later = save(action, tmp_path / f"later.{kind}", meanwhile=move_on)
    after = save(action, tmp_path / f"after.{kind}")
    assert later.read_bytes() == at_once.read_bytes() != after.read_bytes()


def test_the_picture_of_the_plot_has_its_curves(qtbot, session, save, plotted, tmp_path):
    picture = read_png(save("save_plot", tmp_path / "plot.png")).astype(int)
    ground = picture[2, 2]
    for name in plotted.chosen:
        colour = angle_colour(name)
        ink = np.abs(picture - colour).max(axis=2) < 24
        # The stroke of the legend, and the curve itself: across most of the plot's width.
        assert np.any(ink, axis=0).mean() > 0.5, name
    first = plotted.chosen[0]
    session.change("angles", plotted=(first,))
    qtbot.waitUntil(lambda: plotted.chosen == (first,))
    fewer = read_png(save("save_plot", tmp_path / "fewer.png")).astype(int)
    drawn = [(np.abs(each - ground).max(axis=2) > 60).sum() for each in (picture, fewer)]
    assert drawn[0] > drawn[1] > 0


def test_the_table_of_curves_is_the_history(session, save, plotted, tmp_path):
    path = save("save_curves", tmp_path / "curves.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    history = session.history()
    assert [int(row["frame"]) for row in rows] == history.index.tolist()
    for column, spec in enumerate(history.specs):
        if spec.name in plotted.chosen:
            name = f"{spec.name.replace(' ', '_')}_deg"
            saved = [float(row[name] or "nan") for row in rows]
            np.testing.assert_allclose(saved, history.degrees[:, column], atol=1e-4)


def test_what_is_read_is_never_replaced(clip_window, session, save, plotted, monkeypatch, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text("what is read")
    monkeypatch.setattr(type(session), "spares", lambda _self, asked: asked != path)
    for action in ("save_curves", "save_figures", "save_repetitions", "save_plot", "snapshot"):
        save(action, path)
        assert path.read_text() == "what is read"
    assert save("save_curves", tmp_path / "other.csv").exists()


def angle_colour(name):
    from poseviewer.gui.angles.list import angle_pen

    return np.array(angle_pen(name, width=1.0).color().getRgb()[:3])
