"""Memory is used again only when nobody can see it any more."""

from __future__ import annotations

import numpy as np

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.colour import PixelPool

SIZE = (4, 3)


def picture(value: int) -> np.ndarray:
    return np.full((3, 4, 3), value, np.uint8)


def address(pixels: np.ndarray) -> int:
    return pixels.__array_interface__["data"][0]


def test_what_was_let_go_is_used_again() -> None:
    pool = PixelPool(SIZE)
    first = pool.copy(picture(1))
    place = address(first)
    del first
    second = pool.copy(picture(2))
    assert address(second) == place
    assert (second == 2).all()


def test_what_is_held_keeps_its_pixels() -> None:
    pool = PixelPool(SIZE, keep=2)
    held = [pool.copy(picture(value)) for value in range(10)]
    assert [int(pixels[0, 0, 0]) for pixels in held] == list(range(10))
    assert len({address(pixels) for pixels in held}) == 10


def test_a_part_a_buffer_and_a_frame_hold_the_whole() -> None:
    for hold in (
        lambda pixels: pixels[1:, 1:],
        lambda pixels: pixels[..., ::-1][::-1].T,
        memoryview,
        lambda pixels: np.frombuffer(memoryview(pixels), np.uint8),
        lambda pixels: Frame(pixels, 0, Timestamp(0, 1)),
    ):
        pool = PixelPool(SIZE)
        held = hold(pool.copy(picture(7)))
        others = [pool.copy(picture(value)) for value in range(3)]
        seen = np.asarray(held.pixels if isinstance(held, Frame) else held)
        assert (seen == 7).all()
        del others


def test_read_only_views_do_not_lock_the_memory() -> None:
    pool = PixelPool(SIZE)
    for value in range(5):
        frame = Frame(pool.copy(picture(value)), value, Timestamp(0, 1))
        assert (frame.pixels == value).all()
        assert not frame.pixels.flags.writeable
