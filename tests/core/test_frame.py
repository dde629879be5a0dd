"""Frames are exact in time and safe to share."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.frame import Frame, Timestamp

NTSC = Fraction(1001, 30000)


def test_time_is_exact() -> None:
    assert Timestamp(3, NTSC).exact == Fraction(3003, 30000)
    assert Timestamp(30000, NTSC).seconds == pytest.approx(1001)
    assert Timestamp(-1, NTSC).exact < 0


def test_times_compare_by_value() -> None:
    assert Timestamp(1, NTSC) == Timestamp(1, NTSC)
    assert len({Timestamp(1, NTSC), Timestamp(1, NTSC)}) == 1


def test_pixels_become_read_only() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, Timestamp(0, NTSC))
    assert frame.size == (3, 2)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0, 0] = 1


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 3, 4), np.uint8),
        np.zeros((2, 3, 3), np.float32),
    ],
)
def test_other_shapes_and_types_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="H x W x 3 uint8"):
        Frame(pixels, 0, Timestamp(0, NTSC))


def test_frames_cannot_be_changed() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, Timestamp(0, NTSC))
    with pytest.raises(AttributeError):
        frame.index = 1
