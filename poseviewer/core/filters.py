"""Filters for curves that are complete: zero-phase Butterworth, median, Hampel, gap filling.

They work on true times. Values are cut into runs without gaps; a run whose steps differ is
resampled evenly for the Butterworth filter and read back at its own times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.series import gap_limit, runs, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Kind = Literal["none", "butterworth", "median", "hampel"]
Fill = Literal["none", "linear", "pchip", "cubic"]

ORDERS = (2, 4, 6, 8)
"""Effective orders of the Butterworth filter: two passes of half of it."""

_EVEN = 0.01
"""Steps that differ by less than this share of the usual one count as even."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is done to a curve before it is drawn bold or written down; raw values stay."""

    kind: Kind = "none"

    order: int = 4
    """Of the Butterworth filter, the effective one: that of both passes together."""

    cutoff: float = 6.0
    """Hz where the Butterworth filter, both passes together, halves the power (-3 dB)."""

    window: int = 5
    """Values, odd, that a median is taken of (median and Hampel)."""

    threshold: float = 3.0
    """Hampel: deviations (1.4826 times the median one) beyond which a value is replaced."""

    fill: Fill = "none"
    """How gaps are bridged before anything else."""

    longest: float = 0.2
    """Seconds between the values around a gap beyond which it stays one."""

    @property
    def idle(self) -> bool:
        """Whether nothing is done."""
        return self.kind == "none" and self.fill == "none"

    @property
    def title(self) -> str:
        """What is done, with every parameter, such as for a legend or a file's header."""
        parts = {
            "none": "",
            "butterworth": f"Butterworth zero phase, effective order {self.order} and "
            f"{self.cutoff:g} Hz",
            "median": f"median of {self.window}",
            "hampel": f"Hampel, {self.window} values, {self.threshold:g} deviations",
        }[self.kind]
        filled = f"gaps to {self.longest:g} s {self.fill}"
        return ", ".join(filter(None, (parts, filled if self.fill != "none" else ""))) or "raw"

    @property
    def text(self) -> str:
        """The short form that `parse_filter` reads, such as `butterworth,order=4,cutoff=6`."""
        named = {
            "none": (),
            "butterworth": ("order", "cutoff"),
            "median": ("window",),
            "hampel": ("window", "threshold"),
        }[self.kind]
        named += ("fill", "longest") if self.fill != "none" else ()
        values = {name: getattr(self, name) for name in named}
        pairs = [f"{n}={v if isinstance(v, str) else f'{v:g}'}" for n, v in values.items()]
        return ",".join([self.kind, *pairs])

    def refusal(self, seconds: NDArray[np.float64]) -> str:
        """Return why values at these times cannot be filtered so; empty where they can."""
        if self.kind != "butterworth" or len(seconds) < 2:
            return ""
        rate = 1 / float(np.median(np.diff(seconds)))
        if self.cutoff < rate / 2:
            return ""
        return (
            f"A cutoff of {self.cutoff:g} Hz needs more than {2 * self.cutoff:g} frames a second; "
            f"there are {rate:.4g}."
        )


RAW = Filter()


def parse_filter(text: str) -> Filter:
    """Parse a text such as `butterworth,order=4,cutoff=6,fill=linear`.

    Raises:
        PoseViewerError: It is no filter; the sentence says what is wrong.
    """
    kind, *pairs = [part.strip() for part in text.split(",")]
    given: dict[str, object] = {"kind": kind}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            given[name] = _READERS[name](value)
        except (KeyError, ValueError):
            msg = f"The filter {text!r} says {pair!r}, which means nothing here."
            raise PoseViewerError(msg) from None
    made = Filter(**given)  # type: ignore[arg-type]
    trouble = _trouble(made)
    if trouble:
        msg = f"The filter {text!r} cannot be used: {trouble}."
        raise PoseViewerError(msg)
    return made


_READERS: dict[str, Callable[[str], object]] = {
    "order": int,
    "cutoff": float,
    "window": int,
    "threshold": float,
    "fill": str,
    "longest": float,
}


def _trouble(made: Filter) -> str:
    rules = (
        (made.kind in get_args(Kind), f"it is one of {', '.join(get_args(Kind))}"),
        (made.fill in get_args(Fill), f"fill is one of {', '.join(get_args(Fill))}"),
        (made.order in ORDERS, f"order is one of {', '.join(map(str, ORDERS))}"),
        (0 < made.cutoff < np.inf, "cutoff is a number of Hz above 0"),
        (made.window >= 3 and made.window % 2 == 1, "window is an odd number from 3 up"),
        (0 < made.threshold < np.inf, "threshold is a number above 0"),
        (0 < made.longest < np.inf, "longest is a number of seconds above 0"),
    )
    return next((rule for fine, rule in rules if not fine), "")


def filtered(
    seconds: NDArray[np.float64],
    values: NDArray[np.floating],
    *,
    by: Filter,
    period: float | None = None,
    reach: float = np.inf,
) -> NDArray[np.float64]:
    """Fill the gaps of a curve and filter it.

    Args:
        seconds: (n,) true times, rising; steps may differ.
        values: (n,) raw, NaN where there is none.
        by: What to do.
        period: Of an angle, which is unwrapped first; None for what is none, such as pixels.
        reach: Of an angle, as `unwrapped` takes it.

    Returns:
        (n,) new values at the same times; NaN in the gaps that stay.

    Raises:
        PoseViewerError: The cutoff is too high for the rate.
    """
    refusal = by.refusal(seconds)
    if refusal:
        raise PoseViewerError(refusal)
    limit = gap_limit(seconds)
    whole = np.array(values, np.float64)
    jump = np.inf if period is None else period / 2
    if period is not None:
        whole = unwrapped(seconds, whole, period=period, limit=max(limit, by.longest), reach=reach)
    if by.fill != "none":
        whole = fill_gaps(seconds, whole, fill=by.fill, longest=by.longest, jump=jump)
    for run in runs(seconds, whole, limit=limit, jump=jump):
        whole[run] = _smooth(seconds[run], whole[run], by)
    return whole


def fill_gaps(
    seconds: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    fill: Fill,
    longest: float,
    jump: float = np.inf,
) -> NDArray[np.float64]:
    """Fill the gaps between two values that are at most `longest` seconds apart.

    Args:
        seconds: (n,) rising.
        values: (n,) NaN where there is none.
        fill: `linear`; `pchip`, piecewise cubic that never overshoots (Fritsch and Butland
            1984); `cubic`, with the slopes of the parabolas
            through three neighbours.
        longest: Seconds.
        jump: Values further apart than this are not joined.
    """
    done = values.copy()
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2 or fill == "none":
        return done
    at = seconds[known]
    bridged = (np.diff(known) > 1) & (np.diff(at) <= longest + 1e-9)
    bridged &= np.abs(np.diff(values[known])) <= jump
    slopes = None if fill == "linear" else _slopes(at, values[known], monotone=fill == "pchip")
    for left in np.flatnonzero(bridged):
        a, b = known[left], known[left + 1]
        between = slice(a + 1, b)
        step = at[left + 1] - at[left]
        t = (seconds[between] - at[left]) / step
        ends = values[a] * (1 - t) + values[b] * t
        if slopes is not None:
            # Hermite's cubic, as what it adds to the straight line.
            rise = values[b] - values[a]
            bow = (slopes[left] * step - rise) * (1 - t) - (slopes[left + 1] * step - rise) * t
            ends = ends + t * (1 - t) * bow
        done[between] = ends
    return done


def _slopes(
    x: NDArray[np.float64], y: NDArray[np.float64], *, monotone: bool
) -> NDArray[np.float64]:
    """Return the slope at each of n points, from the chords beside it."""
    step = np.diff(x)
    chord = np.diff(y) / step
    slopes = np.empty(len(x))
    slopes[0], slopes[-1] = chord[0], chord[-1]
    before, after = step[:-1], step[1:]
    low, high = chord[:-1], chord[1:]
    if monotone:
        turns = low * high <= 0
        w1, w2 = 2 * after + before, after + 2 * before
        safe_low, safe_high = np.where(turns, 1.0, low), np.where(turns, 1.0, high)
        mean = (w1 + w2) / (w1 / safe_low + w2 / safe_high)
        slopes[1:-1] = np.where(turns, 0.0, mean)
    else:
        slopes[1:-1] = (low * after + high * before) / (before + after)
    return slopes


def _smooth(
    seconds: NDArray[np.float64], values: NDArray[np.float64], by: Filter
) -> NDArray[np.float64]:
    """Filter one run without gaps."""
    if by.kind == "butterworth":
        return _evenly(seconds, values, by)
    if by.kind == "none":
        return values
    middle, spread = _medians(values, by.window)
    if by.kind == "median":
        return middle
    outlier = np.abs(values - middle) > by.threshold * 1.4826 * spread
    return np.where(outlier, middle, values)


def _medians(
    values: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the median of the window around each value and the median distance from it.

    The window is shortened on both sides alike at the ends, so that a slope stays one.
    """
    half, n = min(window // 2, (len(values) - 1) // 2), len(values)
    around = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
    middle, spread = values.copy(), np.zeros(n)
    middle[half : n - half] = np.median(around, axis=1)
    spread[half : n - half] = np.median(np.abs(around - middle[half : n - half, None]), axis=1)
    for reach in range(1, half):
        for at, part in (
            (reach, values[: 2 * reach + 1]),
            (n - 1 - reach, values[n - 1 - 2 * reach :]),
        ):
            middle[at] = np.median(part)
            spread[at] = np.median(np.abs(part - middle[at]))
    return middle, spread


def _evenly(
    seconds: NDArray[np.float64], values: NDArray[np.float64], by: Filter
) -> NDArray[np.float64]:
    """Filter values by Butterworth; uneven steps are resampled evenly and read back."""
    if len(values) < 3:
        return values
    steps = np.diff(seconds)
    usual = float(np.median(steps))
    if np.abs(steps - usual).max() <= _EVEN * usual:
        step = float(seconds[-1] - seconds[0]) / (len(seconds) - 1)
        return butterworth(values, rate=1 / step, order=by.order, cutoff=by.cutoff)
    count = max(round(float(seconds[-1] - seconds[0]) / usual), 2) + 1
    even = np.linspace(seconds[0], seconds[-1], count)
    rate = (count - 1) / float(seconds[-1] - seconds[0])
    smooth = butterworth(
        np.interp(even, seconds, values), rate=rate, order=by.order, cutoff=by.cutoff
    )
    return np.interp(seconds, even, smooth)


def butterworth(
    values: NDArray[np.float64], *, rate: float, order: int, cutoff: float
) -> NDArray[np.float64]:
    """Run a digital Butterworth low pass forwards and backwards, so without a delay.

    Two passes of order n make one of order 2n, and what one pass lowers by 3 dB they lower by
    6: so each pass gets half the order and a higher cutoff, that cutoff / (2^(1/2) - 1)^(1/2n)
    (Winter, Biomechanics and Motor Control of Human Movement, chapter on kinematics), on the
    axis that the bilinear transform bends. The signal goes on at both ends turned about its
    last value.

    Args:
        values: (n,) at even steps, finite.
        rate: Values a second; more than twice `cutoff`.
        order: Effective order of both passes, even.
        cutoff: Hz at which both passes together give -3 dB.
    """
    n = len(values)
    if n < 3:
        return values.copy()
    # Both passes together are a real gain per frequency. Freed of the line through its ends and
    # turned about them, the signal is periodic, and the gain can be applied to its spectrum.
    line = np.linspace(values[0], values[-1], n)
    rest = values - line
    periodic = np.concatenate([rest, -rest[-2:0:-1]])
    spectrum = np.fft.rfft(periodic)
    bent = np.tan(np.pi * np.fft.rfftfreq(len(periodic))[:-1])
    edge = np.tan(np.pi * cutoff / rate) / (np.sqrt(2) - 1) ** (1 / order)
    gain = np.append(1 / (1 + (bent / edge) ** order), 0.0)
    smooth = np.fft.irfft(spectrum * gain, len(periodic))[:n]
    return np.asarray(line + smooth, np.float64)
