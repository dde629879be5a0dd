"""Where the lines of the plot's axes are, and what is written beside them."""

from __future__ import annotations

from math import ceil, floor, isfinite

# Steps between labels, finest first.
_DEGREES = (1, 2, 5, 10, 15, 30, 45, 60, 90, 180, 360)
_RADIANS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_PLAIN = tuple(digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5))
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)

_MINUTES = 120.0
"""Seconds from which times are written as minutes and seconds."""

Tick = tuple[float, str]
"""A value and what is written beside it."""


def value_ticks(
    low: float, high: float, *, room: float, radians: bool, plain: bool = False
) -> list[Tick]:
    """The labels of an axis of values.

    Args:
        low: Lowest value shown, in the unit shown.
        high: Highest.
        room: Labels that fit.
        radians: Whether angles are in radians instead of degrees.
        plain: Whether values are no angles but speeds, and the labels mere numbers.
    """
    step = _step(_PLAIN if plain else _RADIANS if radians else _DEGREES, high - low, room)
    unit = "" if radians or plain else "°"
    return [
        (value, f"{value:g}{unit}".replace("-", "\N{MINUS SIGN}")) for value in _at(low, high, step)
    ]


def time_ticks(low: float, high: float, *, room: float) -> list[Tick]:
    """The labels of an axis of seconds, as minutes and seconds where there are many.

    Args:
        low: First second shown.
        high: Last second shown.
        room: Labels that fit.
    """
    step = _step(_SECONDS, high - low, room)
    return [(value, _time(value, step, high)) for value in _at(low, high, step)]


def _time(value: float, step: float, high: float) -> str:
    if high < _MINUTES or step < 1:
        return f"{value:g} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes}:{seconds:02d}"


def _step(steps: tuple[float, ...], extent: float, room: float) -> float:
    """The finest of some steps that gives no more labels than fit."""
    fits = (step for step in steps if extent / step <= max(room, 1))
    return float(next(fits, max(steps[-1], extent)))


def _at(low: float, high: float, step: float) -> list[float]:
    if not (isfinite(low) and isfinite(high)):
        return []
    first, last = ceil(low / step - 1e-6), floor(high / step + 1e-6)
    return [round(n * step, 6) + 0.0 for n in range(first, last + 1)]
