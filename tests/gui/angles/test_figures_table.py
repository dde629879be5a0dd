"""The table of figures in the Joint angles dock."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from poseviewer.gui.angles.dock import AnglesDock
from poseviewer.gui.angles.figures_table import written

pytestmark = pytest.mark.gui

DASH = "\N{EN DASH}"


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(1300, 700)
    session.open("clip.mp4")
    session.analyse()
    session.seek(30)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: len(made.figures.table.rows) == 6)
    return made


def shown(table):
    """Title and text of every cell that is shown, a mapping a row."""
    model = table.model()
    columns = [n for n in range(model.columnCount()) if not table.isColumnHidden(n)]
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in columns]
    return [
        dict(zip(titles, (model.index(row, n).data() for n in columns), strict=True))
        for row in range(model.rowCount())
    ]


def signed(text):
    return text.replace("-", "\N{MINUS SIGN}")


def degrees(value):
    return signed(f"{value:.1f}°")


def measured(session, name):
    history = session.history()
    column = [spec.name for spec in history.specs].index(name)
    return pd.Series(history.degrees[:, column].astype(float), index=history.seconds)


def test_the_figures_are_those_of_pandas(dock, session):
    rows = {row["Angle"]: row for row in shown(dock.figures.table)}
    for name in session.state.angles.plotted:
        series = measured(session, name)
        found = rows[name]
        for title, value in (
            ("Now", series.iloc[30]),
            ("Min", series.min()),
            ("Max", series.max()),
            ("Range", series.max() - series.min()),
            ("Mean", series.mean()),
            ("SD", series.std()),
        ):
            assert found[title] == degrees(value)
        assert found["Missing"] == "0 %"
    apart = measured(session, "right knee") - measured(session, "left knee")
    assert rows["knee: right less left"]["Mean"] == degrees(apart.mean())
    assert rows["knee: right less left"]["Symmetry"].endswith(" %")
    assert rows["right knee"]["Symmetry"] == DASH
    assert dock.figures.about.text() == "Figures over the whole clip (120 frames), of raw values"


def test_the_range_between_the_marks_with_the_values_at_them(qtbot, dock, session):
    assert "First" not in shown(dock.figures.table)[0]
    session.mark(10, 40)
    about = "Figures from in to out (frames 10 to 40, 31 frames), of raw values"
    qtbot.waitUntil(lambda: dock.figures.about.text() == about)
    series = measured(session, "right hip").iloc[10:41]
    (row,) = [row for row in shown(dock.figures.table) if row["Angle"] == "right hip"]
    assert row["First"] == degrees(series.iloc[0])
    assert row["Last"] == degrees(series.iloc[-1])
    assert row["Max"] == degrees(series.max())


def test_the_title_says_how_many_frames_are_analysed(qtbot, dock, session):
    session.open("other.mp4")
    about = "Figures over the whole clip (1 of 120 frames analysed), of raw values"
    qtbot.waitUntil(lambda: dock.figures.about.text() == about)


def test_of_the_bold_curve_where_there_is_a_filter(qtbot, dock, session):
    before = shown(dock.figures.table)[0]["SD"]
    session.change("angles", filter="butterworth,order=4,cutoff=0.3")
    qtbot.waitUntil(lambda: "of curves after Butterworth" in dock.figures.about.text())
    assert shown(dock.figures.table)[0]["SD"] != before


def test_a_click_on_a_title_sorts_by_value_and_a_third_one_ends_it(qtbot, dock):
    table = dock.figures.table
    names = [row["Angle"] for row in shown(table)]
    by_range = {row.name: row.over.range for row in table.rows}
    header = table.horizontalHeader()
    at = header.sectionViewportPosition(7) + 10
    for expected in (
        sorted(names, key=by_range.get),
        sorted(names, key=by_range.get, reverse=True),
        names,
    ):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 8))
        assert [row["Angle"] for row in shown(table)] == expected


def test_copy_all_and_copy_what_is_selected(qtbot, dock):
    table = dock.figures.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = pd.read_csv(io.StringIO(QGuiApplication.clipboard().text()), sep="\t")
    assert copied["Angle"].tolist() == [row.name for row in table.rows]
    assert copied["Mean"][0] == shown(table)[0]["Mean"]
    table.selectRow(1)
    table.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("left knee\t")


def test_ctrl_c_is_not_taken_by_the_window(qtbot, clip_window, session):
    dock = clip_window.docks.angles
    session.analyse()
    QGuiApplication.clipboard().setText("before")
    dock.figures.table.show_rows((), radians=False, marked=False)
    dock.figures.table.show()
    qtbot.keyClick(dock.figures.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("Angle\t")


def test_a_screen_reader_hears_angle_figure_and_value(dock):
    table = dock.figures.table
    said = table.model().index(0, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == f"right knee, Min: {shown(table)[0]['Min']}"


def test_the_table_gives_way_where_there_is_no_room_or_it_is_not_wanted(qtbot, dock, session):
    assert dock.figures.isVisible()
    dock.resize(1300, 300)
    qtbot.waitUntil(lambda: not dock.figures.isVisible())
    dock.resize(1300, 700)
    qtbot.waitUntil(lambda: dock.figures.isVisible())
    dock.controls.table.trigger()
    assert session.state.angles.table is False
    qtbot.waitUntil(lambda: not dock.figures.isVisible())


def test_the_table_has_all_its_rows_once_there_is_room_unless_a_person_divides(qtbot, dock):
    figures, table = dock.figures, dock.figures.table
    dock.resize(1300, 420)
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 0)
    dock.resize(1300, 1300)
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() == 0)
    splitter = figures.parentWidget()
    splitter.setSizes([1000, 100])
    splitter.splitterMoved.emit(1000, 1)
    by_hand = figures.height()
    dock.resize(1300, 1200)
    qtbot.waitUntil(lambda: splitter.height() < 1150)
    qtbot.waitUntil(lambda: not dock._resized.isActive())
    assert figures.height() == by_hand


def test_radians(qtbot, dock, session):
    session.change("angles", radians=True)
    value = np.radians(measured(session, "right knee").max())
    qtbot.waitUntil(lambda: shown(dock.figures.table)[0]["Max"] == signed(f"{value:.3f}"))


def test_a_gap_is_told_and_is_no_value(qtbot, dock, session, monkeypatch):
    history = session.history()
    holed = history.degrees.copy()
    holed[20:50] = np.nan
    with_gap = replace(history, degrees=holed)
    monkeypatch.setattr(session, "history", lambda: with_gap)
    dock.show_state(session.state)
    row = shown(dock.figures.table)[0]
    assert row["Missing"] == "25 %"
    assert row["Now"] == DASH
    assert row["Velocity"] == DASH


def test_writing():
    assert written(float("nan"), "angle") == DASH
    assert written(-3.14159, "angle") == "\N{MINUS SIGN}3.1°"
    assert written(180, "angle", radians=True) == "3.142"
    assert written(1.5, "seconds") == "1.50 s"
    assert written(0.254, "share") == "25 %"
    assert written(-12.4, "percent") == "\N{MINUS SIGN}12 %"


def test_saved_as_csv(qtbot, clip_window, session, tmp_path, monkeypatch):
    session.analyse()
    dock = clip_window.docks.angles
    asked = []
    monkeypatch.setattr(
        type(clip_window.context),
        "ask_where",
        lambda _self, title, name, kinds, then: asked.append((title, name, kinds, then)),
    )
    qtbot.waitUntil(lambda: bool(dock.chosen))
    clip_window.actions_by_name["save_figures"].trigger()
    ((_, name, _, then),) = asked
    assert name == "walk_figures.csv"
    then(tmp_path / name)
    table = pd.read_csv(tmp_path / name, index_col="angle")
    series = measured(session, "right knee")
    assert table.loc["right knee", "mean_deg"] == pytest.approx(series.mean(), abs=1e-3)
    assert table.loc["right knee", "frames"] == 300
    assert [p.name for p in tmp_path.iterdir()] == [name]
    then(tmp_path / "missing" / name)
    assert session.state.notices[-1].level == "error"


def test_columns_share_the_width_of_the_table(dock):
    table = dock.figures.table
    table.resize(700, 200)
    narrow = table.columnWidth(1)
    table.resize(1200, 200)
    assert table.columnWidth(1) > narrow
