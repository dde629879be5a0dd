"""The figures of repetitions, against pandas and scipy on the exported curves."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy.signal import find_peaks

from poseviewer.api import analyse
from poseviewer.core.angle import standard_angles
from poseviewer.core.filters import RAW, Filter
from poseviewer.core.repetition_figures import repetitions_text, summaries
from poseviewer.core.repetitions import EDGE, RepetitionChoice
from poseviewer.runtime.angle_figures import AngleTable, Span
from poseviewer.runtime.sections import AngleState
from poseviewer.runtime.series_file import Series, series_text
from poseviewer.runtime.state import History

NAMES = ("right knee", "left knee")
SPECS = tuple(spec for spec in standard_angles() if spec.name in NAMES)
RATE, COUNT = 30, 420
DEPTHS = {"right knee": (100, 85, 110), "left knee": (95, 90, 100)}


def history():
    """Three squats of four seconds with rests, seen with a little noise."""
    seconds = np.arange(COUNT) / RATE
    noise = np.random.default_rng(3)
    columns = []
    for spec in SPECS:
        degrees = np.full(COUNT, 5.0)
        for number, depth in enumerate(DEPTHS[spec.name]):
            begin = 30 + 120 * number
            phase = np.linspace(0, 2 * np.pi, 100)
            degrees[begin : begin + 100] += (depth - 5) * (0.5 - 0.5 * np.cos(phase))
        columns.append(degrees + noise.normal(0, 0.8, COUNT))
    degrees = np.stack(columns, axis=1).astype(np.float32)
    return History(SPECS, np.arange(COUNT), seconds, degrees, np.ones(COUNT, np.float32))


def table(made, *, by=RAW, first=0, last=COUNT - 1):
    count = last - first + 1
    return AngleTable(made, NAMES, by=by, span=Span(first, last, count, count, "in to out"))


def read(text):
    return pd.read_csv(io.StringIO(text))


@pytest.mark.parametrize("by", [RAW, Filter("butterworth", cutoff=4.0)])
def test_are_those_of_pandas_and_scipy_on_the_exported_curves(by):
    made, choice = history(), RepetitionChoice(prominence=40, apart=1.0)
    found = read(repetitions_text(table(made, by=by).repetitions(choice), choice=choice, by=by))
    curves = read(series_text(Series(made, NAMES, 0.0, 99.0, by), kind=".csv"))
    for name in NAMES:
        plain = f"{name.replace(' ', '_')}_deg"
        curve = curves[plain if by.idle else f"{plain} ({by.title})"].to_numpy()
        seconds = curves["time_s"].to_numpy()
        speed = np.abs(np.gradient(curve, seconds))
        peaks, _ = find_peaks(curve, prominence=40, distance=RATE)
        bounds = [0, *peaks, len(curve) - 1]
        rows = found[found["angle"] == name]
        each = rows[~rows["repetition"].isin(["mean", "sd"])]
        assert len(each) == len(peaks) == 3
        expected = []
        for left, peak, right in zip(bounds, peaks, bounds[2:], strict=False):
            valley = max(curve[left:peak].min(), curve[peak : right + 1].min())
            edge = valley + EDGE * (curve[peak] - valley)
            start = left + np.flatnonzero(curve[left:peak] <= edge)[-1]
            end = peak + np.flatnonzero(curve[peak : right + 1] <= edge)[0]
            part = curve[start : end + 1]
            expected.append(
                {
                    "first_frame": start,
                    "peak_frame": peak,
                    "last_frame": end,
                    "start_s": seconds[start],
                    "peak_s": seconds[peak],
                    "end_s": seconds[end],
                    "duration_s": seconds[end] - seconds[start],
                    "minimum_deg": part.min(),
                    "maximum_deg": part.max(),
                    "range_deg": np.ptp(part),
                    "peak_velocity_deg_s": speed[start : end + 1].max(),
                }
            )
        theirs = pd.DataFrame(expected)
        ours = each[list(theirs)].reset_index(drop=True).astype(float)
        # The cells of both files are rounded to four digits; a velocity is their difference.
        np.testing.assert_allclose(ours, theirs, atol=4e-3)
        measured = list(theirs)[6:]
        mean = rows[rows["repetition"] == "mean"][measured].iloc[0].astype(float)
        spread = rows[rows["repetition"] == "sd"][measured].iloc[0].astype(float)
        np.testing.assert_allclose(mean, ours[measured].mean(), atol=2e-4)
        np.testing.assert_allclose(spread, ours[measured].std(), atol=2e-4)
    assert set(found["filter"]) == {by.title}


def test_right_less_left_follows_the_two_sides():
    found = table(history()).repetitions(RepetitionChoice())
    made = summaries(found)
    names = [one.name for one in made]
    assert sorted(names) == ["knee: right less left", "left knee", "right knee"]
    by_name = {one.name: one for one in made}
    right, left = by_name["right knee"], by_name["left knee"]
    less = by_name["knee: right less left"]
    assert less.mean.maximum == pytest.approx(right.mean.maximum - left.mean.maximum)
    assert less.mean.maximum == pytest.approx(np.mean([5, -5, 10]), abs=2)
    assert (less.count, less.deviation) == (3, None)


def test_only_within_the_range():
    made = table(history(), first=140, last=260).repetitions(RepetitionChoice())
    assert {(one.name, one.number) for one in made} == {(name, 1) for name in NAMES}
    assert all(150 <= one.first < one.last <= 250 for one in made)


def test_of_one_there_is_a_mean_and_no_spread():
    found = table(history(), first=140, last=260).repetitions(RepetitionChoice())
    rows = read(repetitions_text(found, choice=RepetitionChoice(), by=RAW))
    assert rows["repetition"].tolist()[:3] == ["1", "mean", "sd"]
    assert rows["range_deg"][0] == rows["range_deg"][1]
    assert np.isnan(rows["range_deg"][2])
    assert set(rows["prominence_deg"]) == {"automatic"}


def test_none_and_radians():
    choice = RepetitionChoice(prominence=300)
    assert table(history()).repetitions(choice) == ()
    assert repetitions_text((), choice=choice, by=RAW).startswith("angle,repetition,")
    found = table(history()).repetitions(RepetitionChoice())
    turned = read(repetitions_text(found, choice=RepetitionChoice(), by=RAW, radians=True))
    plain = read(repetitions_text(found, choice=RepetitionChoice(), by=RAW))
    assert np.allclose(
        turned["range_rad"], np.radians(plain["range_deg"]), atol=1e-4, equal_nan=True
    )


def test_the_choice_is_that_of_the_state():
    assert AngleState().repetition == RepetitionChoice()
    chosen = AngleState(prominence=30.0, apart=1.5, lowest=True)
    assert chosen.repetition == RepetitionChoice(30.0, 1.5, True)


@pytest.mark.slow
def test_the_squat_of_a_real_clip(shared):
    found = analyse(shared / "videos" / "squat.mp4", start=455, end=550)
    person = found.of(found.people[0])
    made = History(
        person.specs, person.frame, person.time, person.degrees, np.ones(len(person.frame))
    )
    rows = AngleTable(
        made, ("right knee", "right hip"), by=RAW, span=Span(455, 550, 96, 96, "in to out")
    ).repetitions(RepetitionChoice())
    # Seen on the frames: down from 460 on, at the bottom at 510 to 520, up before 545.
    assert [row.name for row in rows] == ["right knee", "right hip"]
    for row in rows:
        assert 455 <= row.first <= 470
        assert 535 <= row.last <= 550
        assert 508 <= round(row.peak * 29.97) <= 522
        assert row.measures.maximum > 100
