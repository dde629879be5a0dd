"""The filters for complete curves, against scipy and against what they must do to known curves."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import (
    ORDERS,
    RAW,
    Filter,
    butterworth,
    fill_gaps,
    filtered,
    parse_filter,
)


def gain(order: int, *, cutoff: float, hertz: float, rate: float = 60.0) -> float:
    """How much of a sine is left in the middle of a long curve, and that it is not moved."""
    seconds = np.arange(4800) / rate
    turn = 2 * np.pi * hertz * seconds
    out = butterworth(np.sin(turn), rate=rate, order=order, cutoff=cutoff)
    # A window hides what the ends do.
    window = np.blackman(len(out)) / np.blackman(len(out)).sum()
    along, across = 2 * (out * window) @ np.sin(turn), 2 * (out * window) @ np.cos(turn)
    assert abs(across) < 1e-4
    return float(np.hypot(along, across))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("cutoff", [1.0, 6.0, 12.0])
def test_the_cutoff_is_where_the_whole_filter_has_3_decibels(order: int, cutoff: float) -> None:
    assert 20 * np.log10(gain(order, cutoff=cutoff, hertz=cutoff)) == pytest.approx(
        20 * np.log10(np.sqrt(0.5)), abs=0.02
    )


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_is_that_of_the_whole_filter(order: int) -> None:
    """Butterworth's rule: 1 / gain - 1 grows by 2 to the order per octave."""
    low, high = (gain(order, cutoff=0.5, hertz=hertz, rate=480.0) for hertz in (0.6, 1.2))
    assert np.log2((1 / high - 1) / (1 / low - 1)) == pytest.approx(order, rel=0.01)


@pytest.mark.parametrize("order", ORDERS)
def test_it_is_what_scipy_gives_forwards_and_backwards(order: int) -> None:
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(1)
    rate, cutoff = 50.0, 6.0
    seconds = np.arange(600) / rate
    values = 40 * np.sin(5 * seconds) + rng.normal(0, 3, 600) + 20 * seconds
    # Winter's correction, worked out here on the axis that the bilinear transform bends.
    half = order // 2
    bent = np.tan(np.pi * cutoff / rate) / (2**0.5 - 1) ** (1 / (2 * half))
    single = np.arctan(bent) * rate / np.pi
    sections = signal.butter(half, single, fs=rate, output="sos")
    expected = signal.sosfiltfilt(sections, values, padlen=500)
    out = butterworth(values, rate=rate, order=order, cutoff=cutoff)
    assert np.abs(out - expected)[100:-100].max() < 1e-6
    assert np.abs(out - expected).max() < 1.0


def test_lines_and_short_runs_pass() -> None:
    line = np.linspace(3, 90, 40)
    assert np.allclose(butterworth(line, rate=30, order=4, cutoff=3), line)
    for length in (1, 2, 3):
        values = np.arange(float(length)) ** 2
        assert np.isfinite(butterworth(values, rate=30, order=4, cutoff=3)).all()


def test_frames_of_uneven_length_are_filtered_by_their_true_times() -> None:
    """A slow swing filmed at a rate that wanders comes out as at an even one."""
    rng = np.random.default_rng(2)
    seconds = np.cumsum(rng.uniform(0.6, 1.4, 900)) / 60
    swing = 50 * np.sin(2 * np.pi * 0.8 * seconds)
    noisy = swing + 8 * np.sin(2 * np.pi * 21 * seconds)
    out = filtered(seconds, noisy, by=Filter("butterworth", cutoff=5), period=360)
    assert np.abs(out - swing)[30:-30].max() < 2.5
    as_if_even = butterworth(noisy, rate=60, order=4, cutoff=5)
    assert np.abs(as_if_even - swing)[30:-30].max() < 8  # noise is gone there too


def test_uneven_times_are_not_taken_for_even_ones() -> None:
    """Half the clip has double steps: the same swing keeps its height in both halves."""
    steps = np.concatenate([np.full(400, 1 / 60), np.full(200, 1 / 30)])
    seconds = np.cumsum(steps)
    swing = 30 * np.sin(2 * np.pi * 4.0 * seconds)
    out = filtered(seconds, swing, by=Filter("butterworth", order=4, cutoff=4.0), period=None)
    for part in (slice(100, 350), slice(430, 570)):
        height = np.sqrt(2 * np.mean(out[part] ** 2))
        assert height == pytest.approx(30 * np.sqrt(0.5), rel=0.1)


def test_a_cutoff_beyond_half_the_rate_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        PoseViewerError, match=r"needs more than 40 frames a second; there are 30\."
    ):
        filtered(np.arange(90) / 30, np.zeros(90), by=Filter("butterworth", cutoff=20.0))


def test_gaps_stay_gaps_and_runs_do_not_touch() -> None:
    seconds = np.arange(60) / 30
    values = np.where(np.arange(60) < 30, 10.0, 90.0)
    values[28:33] = np.nan
    for kind in ("butterworth", "median", "hampel"):
        out = filtered(seconds, values, by=Filter(kind), period=360)
        assert np.array_equal(np.isnan(out), np.isnan(values))
        assert np.allclose(out[:28], 10)
        assert np.allclose(out[33:], 90)


def test_frames_nobody_analysed_part_two_runs() -> None:
    seconds = np.concatenate([np.arange(20), np.arange(200, 220)]) / 30
    values = np.repeat([0.0, 60.0], 20)
    assert np.allclose(filtered(seconds, values, by=Filter("butterworth", cutoff=2)), values)


def test_a_wrap_is_no_jump_for_the_filter() -> None:
    seconds = np.arange(200) / 50
    turning = 150 + 60 * np.sin(2 * np.pi * 0.5 * seconds)
    wrapped = 180 - np.mod(180 - turning, 360)
    out = filtered(seconds, wrapped, by=Filter("butterworth", cutoff=6), period=360)
    away = (out - turning + 180) % 360 - 180
    assert np.abs(away).max() < 1


def test_median_and_hampel_take_a_single_outlier_out() -> None:
    seconds = np.arange(101) / 30
    clean = 30 * np.sin(seconds)
    spiked = clean.copy()
    spiked[[20, 50, 80]] += 70
    for kind in ("median", "hampel"):
        out = filtered(seconds, spiked, by=Filter(kind, window=5), period=360)
        assert np.abs(out - clean).max() < 3
    kept = filtered(seconds, spiked, by=Filter("hampel", window=5, threshold=5), period=360)
    assert (kept == spiked).sum() > 60


def test_median_is_scipys_away_from_the_ends() -> None:
    signal = pytest.importorskip("scipy.signal")
    values = np.random.default_rng(3).normal(0, 10, 80)
    out = filtered(np.arange(80) / 30, values, by=Filter("median", window=7))
    assert np.allclose(out[3:-3], signal.medfilt(values, 7)[3:-3])


@pytest.mark.parametrize("fill", ["linear", "pchip", "cubic"])
def test_gaps_are_filled_up_to_the_stated_length(fill: str) -> None:
    seconds = np.arange(60) / 30
    line = 20 + 15 * seconds
    holed = line.copy()
    holed[10:15] = np.nan  # 0.2 s between the values around it
    holed[30:40] = np.nan
    holed[57:] = np.nan
    out = filtered(seconds, holed, by=Filter(fill=fill, longest=0.2))
    assert np.allclose(out[10:15], line[10:15])
    assert np.isnan(out[30:40]).all()
    assert np.isnan(out[57:]).all()


def test_fillings_follow_a_curve() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    rng = np.random.default_rng(4)
    seconds = np.cumsum(rng.uniform(0.02, 0.05, 90))
    curve = 40 * np.sin(3 * seconds)
    holed = curve.copy()
    for start in range(8, 80, 12):
        holed[start : start + 4] = np.nan
    known = np.isfinite(holed)
    pchip = fill_gaps(seconds, holed, fill="pchip", longest=1)
    expected = interpolate.PchipInterpolator(seconds[known], curve[known])(seconds)
    assert np.allclose(pchip, expected)
    cubic = fill_gaps(seconds, holed, fill="cubic", longest=1)
    straight = fill_gaps(seconds, holed, fill="linear", longest=1)
    assert np.abs(cubic - curve).max() < 0.3 * np.abs(straight - curve).max()


def test_raw_stays_and_nothing_is_done_in_place() -> None:
    values = np.array([1, np.nan, 170, -170.0])
    before = values.copy()
    filtered(np.arange(4) / 30, values, by=Filter("median", fill="linear"), period=360)
    assert np.array_equal(values, before, equal_nan=True)
    assert RAW.idle
    assert RAW.title == "raw"


@pytest.mark.parametrize(
    "made",
    [
        Filter(),
        Filter("butterworth", order=2, cutoff=4.5),
        Filter("median", window=9, fill="pchip", longest=0.5),
        Filter("hampel", window=7, threshold=2.5),
    ],
)
def test_the_text_form_comes_back(made: Filter) -> None:
    assert parse_filter(made.text) == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kalman", "one of none, butterworth"),
        ("butterworth,order=3", "order is one of 2, 4"),
        ("butterworth,cutoff=-1", "above 0"),
        ("median,window=4", "odd"),
        ("median,size=5", "'size=5'"),
        ("median,window=five", "'window=five'"),
        ("none,fill=magic", "fill is one of"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(PoseViewerError, match=says):
        parse_filter(text)


def test_the_title_says_everything() -> None:
    title = Filter("butterworth", fill="linear").title
    for word in ("Butterworth", "effective order 4", "6 Hz", "zero phase", "0.2 s", "linear"):
        assert word in title


def test_a_filter_does_not_smear_a_jump_that_is_no_movement() -> None:
    seconds = np.arange(60) / 30
    values = np.full(60, 20.0)
    values[30:32] = -120, 120
    values[32:] = 22.0
    out = filtered(seconds, values, by=Filter("butterworth", cutoff=3), period=360, reach=270)
    assert np.abs(out[34:] - 22).max() < 1
    assert np.abs(out[:20] - 20).max() < 15


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 20])
def test_the_median_at_the_ends_has_as_many_neighbours_on_both_sides(count: int) -> None:
    values = np.random.default_rng(count).normal(0, 10, count)
    out = filtered(np.arange(count) / 30, values, by=Filter("median", window=7))
    for at, value in enumerate(out):
        reach = min(at, count - 1 - at, 3)
        assert value == np.median(values[at - reach : at + reach + 1])
