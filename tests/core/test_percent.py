"""Shares in percent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.percent import percent


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0, 0, "0"), (1, 0, "100"), (0.254, 0, "25"), (612 / 614, 0, "> 99"), (2 / 614, 0, "< 1"),
        (0.99996, 1, "> 99.9"), (0.0004, 1, "< 0.1"), (1.2, 0, "120"),
    ],
)  # fmt: skip
def test_a_share_as_it_is_written(share, digits, text):
    assert percent(share, digits=digits) == text


@given(st.integers(1, 10**6), st.data(), st.integers(0, 2))
def test_only_all_is_a_hundred_and_only_none_is_nought(count, data, digits):
    some = data.draw(st.integers(0, count))
    text = percent(some / count, digits=digits)
    assert (text == f"{100:.{digits}f}") == (some == count)
    assert (text == f"{0:.{digits}f}") == (some == 0)
