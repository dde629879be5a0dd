"""The Joint angles dock."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from poseviewer.core.filters import Filter, filtered
from poseviewer.draw.colour import side_colour
from poseviewer.gui import theme
from poseviewer.gui.angles.dock import AnglesDock
from poseviewer.gui.angles.list import angle_colour
from poseviewer.runtime.jobs import Progress
from tests.gui.find import words

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge, session):
    session.count = 120
    made = AnglesDock(bridge)
    bridge.changed.connect(lambda: made.refresh(bridge.session.state))
    qtbot.addWidget(made)
    made.resize(700, 300)
    return made


def shown(dock, qtbot, session, location="clip.mp4", *, analysed=True):
    session.open(location)
    if analysed:
        session.analyse()
    dock.show()
    qtbot.waitExposed(dock)
    return dock.plot


def test_pyqtgraph_waits_for_the_first_curve():
    code = "import sys; import poseviewer.gui.angles.dock; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("location", "text"),
    [(None, "open a clip"), ("clip.mp4", "Analysing"), ("camera:0", "Analysing")],
)
def test_empty_says_what_to_do(dock, session, location, text):
    session.answers = False
    if location:
        session.open(location)
    dock.show()
    assert text in words(dock)
    assert not dock.plot.isVisible()


def test_the_curves_are_the_raw_history(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    history = session.history()
    column = [spec.name for spec in history.specs].index("right knee")
    x, y = plot.curve("right knee")
    assert np.array_equal(x, history.seconds)
    assert np.allclose(y, history.degrees[:, column])
    assert plot.names == {"right knee", "left knee", "right hip", "left hip"}


def test_gaps_are_gaps(qtbot, dock, session):
    session.open("clip.mp4")
    for index in (*range(10), *range(100, 110)):
        session.note(index, sequential=True)
    dock.show()
    curve = dock.plot.stroke("right knee").curve
    (end, last) = np.flatnonzero(curve.joined == 0)
    assert curve.seconds[end] == pytest.approx(9 / 30)
    assert curve.seconds[end + 1] == pytest.approx(100 / 30)
    assert last == len(curve.seconds) - 1


def test_ranges_are_true_time_and_round_degrees(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    assert plot.time_range == pytest.approx((0, 119 / 30))
    low, high = plot.degree_range
    assert low % 30 == 0
    assert high % 30 == 0


def test_a_click_goes_to_the_frame_under_it(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    for index in (37, 101):
        at = QPoint(round(plot.place_of(index / 30)), plot.height() // 2)
        with qtbot.waitSignal(dock.seek_requested) as seek:
            qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
        assert abs(seek.args[0] - index) <= 1


def test_the_click_uses_true_times(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    times = np.sort(np.concatenate([np.arange(150) / 60, 3 + np.arange(150) / 15]))
    session.publish(source=replace(session.state.source, times=times))
    with qtbot.waitSignal(dock.seek_requested) as seek:
        plot.clicked.emit(float(times[200]) + 0.01)
    assert seek.args == [200]


def test_cursor_and_values_follow_the_frame(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    session.seek(45)
    qtbot.waitUntil(lambda: plot.cursor_time == pytest.approx(1.5))
    history = session.history()
    column = [spec.name for spec in history.specs].index("left hip")
    assert dock.list.value("left hip") == f"{history.degrees[45, column]:.1f}°"


def test_a_frame_without_a_result_has_no_value(qtbot, dock, session):
    shown(dock, qtbot, session, analysed=False)
    session.answers = False
    session.seek(99)
    qtbot.waitUntil(lambda: dock.list.value("left hip") == "—")


def test_choosing_angles(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    session.change("angles", plotted=("trunk", "right elbow", "right big toe"))
    qtbot.waitUntil(lambda: plot.names == {"trunk", "right elbow"})
    dock.list.row("trunk").setCheckState(0, Qt.CheckState.Unchecked)
    assert session.state.angles.plotted == ("right big toe", "right elbow")
    qtbot.waitUntil(lambda: plot.names == {"right elbow"})
    assert dock.chosen == ("right elbow",)


def test_arcs(qtbot, dock, session):
    shown(dock, qtbot, session)
    dock.list.row("right knee").setCheckState(2, Qt.CheckState.Checked)
    assert session.state.display.arcs == ("right knee",)
    before = session.state
    dock.refresh(before.choosing(arcs=("left knee",)))
    assert session.state is before
    assert dock.list.arcs == ("left knee",)


def test_left_is_dashed_right_is_solid_and_the_hue_is_shared(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    right, left = (plot.stroke(f"{side} knee").pen for side in ("right", "left"))
    assert right.color() == left.color()
    assert right.style() == Qt.PenStyle.SolidLine
    assert left.style() == Qt.PenStyle.CustomDashLine


def test_curves_are_thin_while_they_grow(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    assert plot.stroke("right knee").pen.widthF() > 1
    session.play()
    qtbot.waitUntil(lambda: plot.stroke("right knee").pen.widthF() == 1)


def test_live_shows_the_last_seconds(qtbot, dock, session):
    session.open("mannequin:")
    for index in range(5, 600, 3):
        session.note(index, sequential=True)
    dock.show()
    low, high = dock.plot.time_range
    assert high == pytest.approx(599 / 30)
    assert high - low == pytest.approx(10)
    assert dock.plot.cursor_time is None
    x, _ = dock.plot.curve("right knee")
    assert x[0] >= low - 0.1


def test_a_filter_is_never_silent(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    assert "angles are of raw joints, the skeleton is drawn smoothed" in dock.caption.text()
    session.change("reading", smooth=False)
    qtbot.waitUntil(lambda: dock.caption.text() == "Raw values")
    session.change("angles", filter="butterworth,order=4,cutoff=3")
    qtbot.waitUntil(
        lambda: "Bold: Butterworth zero phase, effective order 4 and 3 Hz" in dock.caption.text()
    )
    history = session.history()
    column = [spec.name for spec in history.specs].index("right knee")
    degrees = history.degrees[:, column]
    _, y = plot.curve("right knee")
    assert np.allclose(y, degrees)
    after = filtered(history.seconds, degrees, by=Filter("butterworth", cutoff=3.0), period=360)
    assert np.allclose(plot.curve("right knee", "filtered")[1], after)
    raw, bold = (plot.stroke("right knee", f).pen for f in ("raw", "filtered"))
    assert raw.widthF() < bold.widthF()
    assert raw.color().alphaF() < bold.color().alphaF()


def test_a_filter_that_cannot_be_used_is_said_and_raw_stays(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    session.change("angles", filter="butterworth,order=4,cutoff=20")
    qtbot.waitUntil(lambda: "needs more than 40 frames a second" in dock.caption.text())
    assert plot.names
    with pytest.raises(KeyError):
        plot.stroke("right knee", "filtered")


def test_which_way_the_person_was_taken_to_face(qtbot, dock, session):
    shown(dock, qtbot, session)
    assert dock.controls.facing.text() == "facing right"
    session.change("angles", facing="auto")
    qtbot.waitUntil(lambda: dock.controls.facing.text() == "facing right (detected)")


def test_panes(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    assert plot.titles == ("",)
    panes = {one.text(): one for one in dock.controls.more.menu().actions()}
    panes["A pane for both sides of an angle"].trigger()
    qtbot.waitUntil(lambda: plot.titles == ("knee", "hip"))
    assert plot.names == set(dock.chosen)
    panes["A pane for each angle"].trigger()
    qtbot.waitUntil(lambda: plot.titles == dock.chosen)
    session.seek(40)
    plot.set_time_range(1.0, 2.0)
    plot.zoomed.emit()
    session.seek(45)
    qtbot.waitUntil(lambda: plot.cursor_time == pytest.approx(1.5))
    assert session.state.angles.panes == "each"
    panes["One pane for all"].trigger()
    qtbot.waitUntil(lambda: plot.titles == ("",))
    assert plot.time_range == pytest.approx((1.0, 2.0))


def test_radians(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    _, degrees = plot.curve("left hip")
    dock.controls.radians.trigger()
    assert session.state.angles.radians
    qtbot.waitUntil(lambda: np.allclose(plot.curve("left hip")[1], np.radians(degrees)))
    value = session.history().degrees[0, list(plot_columns(session)).index("left hip")]
    assert dock.list.value("left hip") == f"{np.radians(value):.3f}"


def plot_columns(session):
    return (spec.name for spec in session.history().specs)


def test_hold_lets_the_plot_stand_while_measuring_goes_on(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    for _ in range(30):
        session.advance()
    qtbot.waitUntil(lambda: len(dock.plot.curve("right knee")[0]) == 31)
    dock.controls.hold.click()
    stood = dock.plot.time_range
    for _ in range(20):
        session.advance()
    name = "left hip"
    column = list(plot_columns(session)).index(name)
    newest = f"{session.history().degrees[-1, column]:.1f}°"
    qtbot.waitUntil(lambda: dock.list.value(name) == newest)
    assert len(dock.plot.curve("right knee")[0]) == 31
    assert dock.plot.time_range == stood
    dock.controls.hold.click()
    qtbot.waitUntil(lambda: len(dock.plot.curve("right knee")[0]) == 51)


def test_a_turn_beyond_the_range_is_drawn_on(qtbot, dock, session, monkeypatch):
    """A value that passes 180 goes on instead of falling to -180."""
    shown(dock, qtbot, session)
    history = session.history()
    column = list(plot_columns(session)).index("right knee")
    degrees = history.degrees.copy()
    degrees[:, column] = 180 - np.mod(180 - np.linspace(100, 260, len(degrees)), 360)
    turned = replace(history, degrees=degrees)
    monkeypatch.setattr(session, "history", lambda: turned)
    dock.show_state(session.state)
    _, y = dock.plot.curve("right knee")
    assert np.abs(np.diff(y)).max() < 5
    assert dock.plot.stroke("right knee").curve.unbroken


def test_analyse(qtbot, dock, session):
    shown(dock, qtbot, session, analysed=False)
    dock.controls.analyse.click()
    assert ("analyse",) in session.calls
    session.publish(analysis=Progress(30, 300))
    qtbot.waitUntil(lambda: dock.controls.analyse.text() == "Stop (10 %)")
    session.publish(analysis=Progress(300, 300, finished=True))
    qtbot.waitUntil(lambda: dock.controls.analyse.text() == "Analyse clip")


def test_zoom_and_back(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    session.seek(90)
    plot.set_time_range(2.0, 4.0)
    plot.zoomed.emit()
    assert not dock.controls.whole.isHidden()
    x, _ = plot.curve("right knee")
    assert x[0] >= 1.9
    assert x[-1] <= 4.1
    dock.controls.whole.click()
    assert plot.time_range == pytest.approx((0, 119 / 30))
    assert dock.controls.whole.isHidden()


def test_the_hues_of_curves_are_not_those_of_the_sides(qapp):
    """Orange and blue mean right and left on the picture, and nothing else in the plot."""
    for choice in ("dark", "light"):
        theme.apply(choice)
        for name in ("right knee", "left hip", "right elbow", "left shoulder", "ankle", "trunk"):
            colour = angle_colour(name)
            for side in ("left", "right"):
                hue = QColor(*side_colour(side)).hslHueF()
                apart = abs(colour.hslHueF() - hue)
                assert min(apart, 1 - apart) > 0.05 or colour.hslSaturationF() < 0.2
        usual = {angle_colour(name).name() for name in ("knee", "hip", "ankle", "shoulder")}
        assert len(usual) == 4
    theme.apply("system")


def test_the_list_says_why_an_angle_has_no_value(qtbot, dock, session):
    shown(dock, qtbot, session)
    dock.list.show_values({"left knee": 12.5}, missing={"right knee": "hidden"})
    assert dock.list.value("left knee") == "12.5°"
    assert dock.list.value("right knee") == "hidden"
    session.change("reading", gate=1.0)
    qtbot.waitUntil(lambda: dock.list.value("left knee") == "unsure")
    dock.list.show_values({})
    assert dock.list.value("left knee") == "—"


def test_another_source_has_broad_pale_curves_of_the_same_colour(qtbot, dock, session):
    plot = shown(dock, qtbot, session)
    session.truth.open("theirs_json")
    qtbot.waitUntil(lambda: "broad and pale: theirs_json" in dock.caption.text())
    for name in ("right knee", "left knee"):
        ours, theirs = (plot.stroke(name, layer).pen for layer in ("raw", "other"))
        assert theirs.color().rgb() == ours.color().rgb()
        assert theirs.widthF() > 3 * ours.widthF()
        assert theirs.color().alphaF() < 0.5 < ours.color().alphaF()
        assert theirs.style() == ours.style()
        order = [(one.name, one.layer) for pane in plot.panes for one in pane.strokes]
        assert order.index((name, "other")) < order.index((name, "raw"))
    x, y = plot.curve("right knee", "other")
    other = session.truth_compared().history
    column = [spec.name for spec in other.specs].index("right knee")
    assert np.array_equal(x, session.state.source.times)
    assert np.allclose(y, other.degrees[:, column])
    session.truth.close()
    qtbot.waitUntil(lambda: "theirs_json" not in dock.caption.text())
    with pytest.raises(KeyError):
        plot.stroke("right knee", "other")


def test_another_source_is_plotted_before_the_network_has_answered(qtbot, dock, session):
    session.answers = False
    session.open("clip.mp4")
    session.truth.open("theirs_json")
    dock.show()
    qtbot.waitExposed(dock)
    assert dock.plot.names == set(session.state.angles.plotted)
    assert len(dock.plot.curve("left hip", "other")[0]) == session.count
    with pytest.raises(KeyError):
        dock.plot.stroke("left hip")


def test_the_plot_takes_the_whole_window_and_goes_back(qtbot, clip_window, session):
    dock, large = clip_window.docks.angles, clip_window.actions_by_name["large_plot"]
    assert not dock.isFloating()
    large.trigger()
    qtbot.waitUntil(lambda: dock.isFloating() and dock.isVisible(), timeout=40_000)
    window = clip_window.geometry()
    assert abs(dock.width() - window.width()) <= 2
    assert abs(dock.height() - window.height()) <= 40
    assert dock.seen
    large.trigger()
    assert not dock.isFloating()
