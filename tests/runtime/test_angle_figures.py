"""The figures of angles over a range, against pandas on what was measured."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from poseviewer.core.angle import standard_angles
from poseviewer.core.filters import RAW, Filter, filtered
from poseviewer.runtime.angle_figures import AngleTable, Span, figures_text, span_of
from poseviewer.runtime.state import AppState, History, Playback, SourceInfo

NAMES = ("right knee", "left knee", "trunk")
SPECS = tuple(spec for spec in standard_angles() if spec.name in NAMES)
WHOLE = Span(0, 299, 300, 300, "whole clip")


def history(count=300, *, missing=(), drop=()):
    """Two knees that bend and a trunk that leans; some values and some frames are missing."""
    index = np.delete(np.arange(count), list(drop))
    seconds = index / 30
    waves = {
        "right knee": 60 + 55 * np.sin(seconds),
        "left knee": 58 + 50 * np.sin(seconds - 0.1),
        "trunk": 88 + 6 * np.cos(2 * seconds),
    }
    degrees = np.stack([waves[spec.name] for spec in SPECS], axis=1).astype(np.float32)
    degrees[np.isin(index, list(missing))] = np.nan
    return History(SPECS, index, seconds, degrees, np.ones(len(index), np.float32))


def angle_figures(made, names, *, by, span, at):
    return AngleTable(made, names, by=by, span=span).rows(at)


def column(made, name):
    return made.degrees[:, [spec.name for spec in made.specs].index(name)].astype(float)


def figures_of(rows, name):
    (found,) = [row for row in rows if row.name == name]
    return found


def clip(count=300):
    return SourceInfo("a.mp4", "/a.mp4", (640, 480), 30.0, False, np.arange(count) / 30)


def test_over_a_range_as_pandas_has_it():
    made = history(missing=range(100, 120), drop=(140, 141))
    rows = angle_figures(made, NAMES, by=RAW, span=Span(90, 200, 111, 111, "in to out"), at=95)
    table = pd.DataFrame({name: column(made, name) for name in NAMES}, index=made.index).loc[90:200]
    for name in NAMES:
        found, series = figures_of(rows, name), table[name]
        assert found.over.minimum == pytest.approx(series.min())
        assert found.over.minimum_at == pytest.approx(series.idxmin() / 30)
        assert found.over.maximum == pytest.approx(series.max())
        assert found.over.mean == pytest.approx(series.mean())
        assert found.over.deviation == pytest.approx(series.std())
        assert found.over.measured == series.count()
        assert found.over.missing == pytest.approx(22 / 111)
        assert found.now == pytest.approx(series[95])
        assert found.velocity == pytest.approx((series[96] - series[94]) / (2 / 30), rel=1e-4)


def test_right_less_left_follows_the_two_sides():
    made = history()
    rows = angle_figures(made, NAMES, by=RAW, span=WHOLE, at=10)
    names = [row.name for row in rows]
    at = names.index("knee: right less left")
    assert {*names[at - 2 : at]} == {"right knee", "left knee"}
    apart = column(made, "right knee") - column(made, "left knee")
    found = rows[at]
    assert found.now == pytest.approx(apart[10])
    assert found.over.mean == pytest.approx(apart.mean())
    assert found.over.deviation == pytest.approx(apart.std(ddof=1))
    right, left = np.ptp(column(made, "right knee")), np.ptp(column(made, "left knee"))
    assert found.symmetry == pytest.approx((right - left) / ((right + left) / 2) * 100)
    alone = angle_figures(made, ("right knee", "trunk"), by=RAW, span=WHOLE, at=10)
    assert sorted(row.name for row in alone) == ["right knee", "trunk"]
    assert np.isnan([row.symmetry for row in alone]).all()


def test_the_difference_is_measured_where_both_sides_are():
    made = history()
    made.degrees[:50, [spec.name for spec in SPECS].index("left knee")] = np.nan
    found = figures_of(
        angle_figures(made, NAMES, by=RAW, span=WHOLE, at=10), "knee: right less left"
    )
    assert found.over.measured == 250
    assert np.isnan(found.now)


def test_the_symmetry_index_is_of_frames_that_both_sides_have():
    made = history()
    left = [spec.name for spec in SPECS].index("left knee")
    made.degrees[150:, left] = np.nan
    rows = angle_figures(made, NAMES, by=RAW, span=WHOLE, at=0)
    a, b = (np.ptp(column(made, f"{side} knee")[:150]) for side in ("right", "left"))
    found = figures_of(rows, "knee: right less left")
    assert found.symmetry == pytest.approx(200 * (a - b) / (a + b))
    made.degrees[:, left] = np.nan
    rows = angle_figures(made, NAMES, by=RAW, span=WHOLE, at=0)
    assert np.isnan(figures_of(rows, "knee: right less left").symmetry)


def test_of_a_filtered_curve_where_there_is_a_filter():
    made, by = history(), Filter("butterworth", cutoff=2.0)
    (found,) = angle_figures(made, ("right knee",), by=by, span=Span(30, 90, 61, 61, ""), at=60)
    after = filtered(made.seconds, column(made, "right knee"), by=by, period=360)
    assert found.now == pytest.approx(after[60])
    assert found.over.maximum == pytest.approx(after[30:91].max())


def test_at_the_marks_and_at_a_cursor_outside_of_them():
    made = history()
    (found,) = angle_figures(made, ("trunk",), by=RAW, span=Span(60, 90, 31, 31, ""), at=250)
    values = column(made, "trunk")
    assert found.over.first == pytest.approx(values[60])
    assert found.over.last == pytest.approx(values[90])
    assert found.now == pytest.approx(values[250])
    (unknown,) = angle_figures(
        history(drop=(60,)), ("trunk",), by=RAW, span=Span(60, 90, 31, 31, ""), at=None
    )
    assert np.isnan([unknown.over.first, unknown.now, unknown.velocity]).all()
    assert unknown.over.missing == pytest.approx(1 / 31)


def test_nothing_measured_in_the_range_or_at_all():
    made = history(drop=range(100))
    (found,) = angle_figures(made, ("trunk",), by=RAW, span=Span(10, 40, 31, 31, ""), at=5)
    assert found.over.missing == 1
    assert np.isnan(found.over.mean)
    empty = replace(
        made,
        index=made.index[:0],
        seconds=made.seconds[:0],
        degrees=made.degrees[:0],
        confidence=made.confidence[:0],
    )
    (none,) = angle_figures(empty, ("trunk",), by=RAW, span=WHOLE, at=0)
    assert none.over.missing == 1
    assert np.isnan(none.now)


def test_the_range_is_between_the_marks_or_the_whole_clip():
    state = AppState(source=clip())
    assert span_of(state, history(), seconds=10) == WHOLE
    marked = replace(state, playback=Playback(start=20, end=40))
    assert span_of(marked, history(), seconds=10) == Span(20, 40, 21, 21, "in to out")
    opened = replace(state, playback=Playback(start=280))
    assert span_of(opened, history(), seconds=10) == Span(280, 299, 20, 20, "in to out")


def test_the_range_says_how_much_of_it_is_analysed():
    state = AppState(source=clip())
    made = history(drop=range(2, 300))
    span = span_of(state, made, seconds=10)
    assert span == Span(0, 299, 300, 2, "whole clip")
    rows = angle_figures(made, ("trunk",), by=RAW, span=span, at=0)
    table = pd.read_csv(io.StringIO(figures_text(rows, span=span, by=RAW)))
    assert table[["frames", "frames_analysed", "frames_missing"]].iloc[0].tolist() == [300, 2, 298]
    marked = replace(state, playback=Playback(start=1, end=40))
    assert span_of(marked, made, seconds=10).analysed == 1


def test_of_a_feed_the_last_seconds():
    feed = SourceInfo("camera", "camera:0", (640, 480), 30.0, True, np.empty(0))
    made = history(drop=(290, 291))
    found = span_of(AppState(source=feed), made, seconds=1)
    assert found == Span(269, 299, 29, 29, "last 1 s")
    rows = angle_figures(made, ("trunk",), by=RAW, span=found, at=299)
    assert rows[0].over.missing == 0
    assert rows[0].over.measured == 29


def test_the_table_as_text():
    made = history(missing=range(100, 130))
    by = Filter("median", window=5)
    rows = angle_figures(made, NAMES, by=by, span=WHOLE, at=10)
    table = pd.read_csv(io.StringIO(figures_text(rows, span=WHOLE, by=by)), index_col="angle")
    assert list(table.index) == [row.name for row in rows]
    trunk = figures_of(rows, "trunk")
    assert table.loc["trunk", "mean_deg"] == pytest.approx(trunk.over.mean, abs=1e-4)
    assert table.loc["trunk", "maximum_s"] == pytest.approx(trunk.over.maximum_at, abs=1e-4)
    assert table.loc["trunk", "frames_missing"] == 30
    assert set(table["filter"]) == {"median of 5"}
    assert np.isfinite(table.loc["knee: right less left", "symmetry_index_percent"])
    assert np.isnan(table.loc["trunk", "symmetry_index_percent"])
    radians = pd.read_csv(io.StringIO(figures_text(rows, span=WHOLE, by=by, radians=True)))
    assert np.allclose(radians["range_rad"], np.radians(table["range_deg"]), atol=1e-4)
    assert figures_text((), span=WHOLE, by=by) == "angle\n"
