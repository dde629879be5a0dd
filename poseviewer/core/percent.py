"""Shares in percent, as they are written for a person."""

from __future__ import annotations


def percent(share: float, *, digits: int = 0) -> str:
    """A share in percent, without the sign: what is not all is never 100, nor what is some 0.

    Args:
        share: Of a whole, from 0 to 1, or of a length, which may be longer.
        digits: After the point.
    """
    text, least = f"{100 * share:.{digits}f}", 10.0**-digits
    if share > 0 and float(text) == 0:
        return f"< {least:.{digits}f}"
    if share < 1 and float(text) == 100:
        return f"> {100 - least:.{digits}f}"
    return text
