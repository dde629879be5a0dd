"""Repetitions in the Joint angles dock: in the plot, in the table, as text and as a file."""

import io

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from scipy.signal import find_peaks

from poseviewer.core.repetitions import usual_prominence
from poseviewer.gui.angles.dock import AnglesDock
from poseviewer.gui.angles.plot import AnglePlot

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge, session):
    # The person of the tests squats once in 90 frames.
    session.count = 300
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(1300, 800)
    session.open("clip.mp4")
    session.analyse()
    session.change("angles", plotted=("right knee", "left knee"))
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: len(made.figures.table.rows) == 3, timeout=40_000)
    return made


@pytest.fixture
def repeated(qtbot, dock, session):
    qtbot.mouseClick(dock.figures.of_each, Qt.MouseButton.LeftButton)
    assert session.state.angles.repetitions
    qtbot.waitUntil(lambda: len(dock.figures.repetitions.rows) == 11, timeout=40_000)
    return dock


def knee(session):
    history = session.history()
    column = [spec.name for spec in history.specs].index("left knee")
    return history.seconds, history.degrees[:, column].astype(float)


def bottoms(degrees):
    peaks, _ = find_peaks(degrees, prominence=usual_prominence(degrees), distance=12)
    return peaks


def test_each_squat_is_a_row_and_a_mark(repeated, session):
    seconds, degrees = knee(session)
    peaks = bottoms(degrees)
    assert len(peaks) == 3
    shown = repeated.figures.repetitions.rows
    rows = [row for row in shown if row[0] == "left knee"]
    assert [row[:2] for row in rows] == [
        ("left knee", text) for text in ("1", "2", "3", "mean", "SD")
    ]
    assert [row[3] for row in rows[:3]] == [f"{seconds[at]:.2f} s" for at in peaks]
    assert [row[7] for row in rows[:3]] == [f"{degrees[at]:.1f}°" for at in peaks]
    assert rows[3][7] == f"{degrees[peaks].mean():.1f}°"
    assert rows[4][7] == f"{degrees[peaks].std(ddof=1):.1f}°"
    assert shown[-1][:2] == ("knee: right less left", "mean")
    marked = repeated.plot.repetitions
    assert set(marked) == {"right knee", "left knee"}
    assert [times[1] for times in marked["left knee"]] == pytest.approx(seconds[peaks])
    assert repeated.figures.about.text().startswith("Repetitions over the whole clip (300 frames)")


def test_the_marks_are_painted_and_go(qtbot, repeated, session):
    def coloured():
        image = repeated.plot.grab().toImage()
        return bytes(image.constBits())

    with_marks = coloured()
    session.change("angles", repetitions=False)
    qtbot.waitUntil(lambda: repeated.plot.repetitions == {}, timeout=40_000)
    assert coloured() != with_marks
    assert repeated.figures.shown is repeated.figures.table


def test_a_person_says_what_counts(qtbot, repeated, session):
    choice = repeated.figures.choice
    choice.prominence.setValue(200)
    assert session.state.angles.prominence == 200
    qtbot.waitUntil(lambda: repeated.figures.repetitions.rows == (), timeout=40_000)
    assert repeated.figures.about.text().startswith("No repetitions over the whole clip")
    session.undo()
    qtbot.waitUntil(lambda: choice.prominence.value() == 0, timeout=40_000)
    assert choice.prominence.text() == "Stands out by automatic"
    choice.apart.setValue(5)
    qtbot.waitUntil(lambda: len(repeated.figures.repetitions.rows) == 9, timeout=40_000)
    choice.peaks.setCurrentIndex(1)
    choice.peaks.activated.emit(1)
    assert session.state.angles.lowest


def test_only_those_between_the_marks(qtbot, repeated, session):
    session.mark(110, 210)
    qtbot.waitUntil(lambda: len(repeated.figures.repetitions.rows) == 7, timeout=40_000)
    assert "frames 110 to 210" in repeated.figures.about.text()


def test_copied_as_text_and_gone_to_by_a_double_click(qtbot, repeated, session):
    table = repeated.figures.repetitions
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = pd.read_csv(io.StringIO(QGuiApplication.clipboard().text()), sep="\t")
    assert copied["No."].tolist()[:5] == ["1", "2", "3", "mean", "SD"]
    assert copied["Max"][0] == table.rows[0][7]
    peaks = bottoms(knee(session)[1])
    with qtbot.waitSignal(repeated.seek_requested) as asked:
        table.activated.emit(table.model().index(6, 0))
    assert asked.args == [peaks[1]]
    with qtbot.assertNotEmitted(repeated.seek_requested):
        table.activated.emit(table.model().index(3, 0))
    said = table.model().index(0, 8).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == f"right knee, 1, Range: {table.rows[0][8]}"


def test_a_file_has_what_the_table_has(qtbot, clip_window, session, tmp_path, monkeypatch):
    session.analyse()
    session.change("angles", repetitions=True)
    dock = clip_window.docks.angles
    asked = []
    monkeypatch.setattr(
        type(clip_window.context),
        "ask_where",
        lambda _self, title, name, kinds, then: asked.append((title, name, kinds, then)),
    )
    qtbot.waitUntil(lambda: bool(dock.chosen), timeout=40_000)
    clip_window.actions_by_name["save_repetitions"].trigger()
    ((_, name, _, then),) = asked
    assert name == "walk_repetitions.csv"
    then(tmp_path / name)
    found, _, _ = dock.repetitions()
    table = pd.read_csv(tmp_path / name)
    each = table[~table["repetition"].isin(["mean", "sd"])]
    assert each["peak_frame"].astype(int).tolist() == [one.at for one in found]
    assert found


def test_velocities_by_choice(qtbot, dock, session):
    seconds, degrees = knee(session)
    qtbot.mouseClick(dock.controls.velocity, Qt.MouseButton.LeftButton)
    assert session.state.angles.velocity
    qtbot.waitUntil(lambda: dock.plot.panes[0].unit == "velocity", timeout=40_000)
    _, drawn = dock.plot.curve("left knee")
    np.testing.assert_allclose(drawn, np.gradient(degrees, seconds), atol=1e-6)
    session.seek(20)
    speed = np.gradient(degrees, seconds)[20]
    text = f"{speed:.0f}°/s".replace("-", "\N{MINUS SIGN}")
    qtbot.waitUntil(lambda: text in dict(dock.plot.values()).values(), timeout=40_000)
    session.change("angles", velocity=False)
    qtbot.waitUntil(lambda: dock.plot.panes[0].unit == "angle", timeout=40_000)
    assert isinstance(dock.large_plot(), AnglePlot)
