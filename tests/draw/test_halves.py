"""Two pictures beside each other keep their shapes, and lie inside and apart."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.draw.halves import Halves

SHAPES = [
    ((320, 240), (320, 240)),
    ((608, 1080), (1768, 994)),
    ((1920, 1080), (3840, 2160)),
    ((3840, 2160), (3840, 2160)),
    ((96, 400), (97, 65)),
]


@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.parametrize("room", [None, (1280, 720), (640, 640), (320, 900)])
def test_halves_lie_inside_and_apart(
    first: tuple[int, int], second: tuple[int, int], room: tuple[int, int] | None
) -> None:
    made = Halves.of(first, second, room=room)
    (x1, y1, w1, h1), (x2, y2, w2, h2) = made.areas
    assert y1 == y2
    assert h1 == h2
    assert 0 < x1 < x1 + w1 < x2 < x2 + w2 < made.size[0]
    assert y1 + h1 < made.size[1]
    for size, width in ((first, w1), (second, w2)):
        # As exactly as even sides allow.
        assert width == pytest.approx(h1 * size[0] / size[1], abs=1.01)
    limit = room or (4096, 4096)
    assert made.size[0] <= limit[0]
    assert made.size[1] <= limit[1]
    assert not any(side % 2 for side in made.size)
    if room is not None:
        # As large as they fit.
        assert max(made.size[0] / room[0], made.size[1] / room[1]) > 0.96


def test_halves_of_one_size_keep_it() -> None:
    made = Halves.of((320, 240), (160, 120))
    assert [area[2:] for area in made.areas] == [(320, 240), (320, 240)]


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1366, 768)])
def test_composed_halves_fill_the_picture_that_is_asked_for(size: tuple[int, int]) -> None:
    made = Halves.within(size)
    assert made.size == size
    (x1, y1, w1, h1), (x2, _, w2, h2) = made.areas
    assert (w1, h1) == (w2, h2)
    assert x1 + w1 < x2
    assert size[0] - 30 < x2 + w2 < size[0]
    assert size[1] - 30 < y1 + h1 < size[1]


def test_pictures_lie_in_the_middle_of_their_halves_under_their_names() -> None:
    made = Halves.of((320, 240), (320, 240))
    left = np.full((240, 320, 3), 200, np.uint8)
    right = np.full((200, 320, 3), 90, np.uint8)
    whole = made.compose((left, right), ("first", "second"))
    assert whole.shape == (made.size[1], made.size[0], 3)
    (x1, y1, w1, h1), (x2, y2, w2, _) = made.areas
    assert (whole[y1 : y1 + h1, x1 : x1 + w1] == 200).all()
    assert (whole[y2 + 20 : y2 + 220, x2 : x2 + w2] == 90).all()
    assert not (whole[y2 : y2 + 20, x2 : x2 + w2] == 90).all(axis=2).any()
    head = whole[:y1]
    for x, width in ((x1, w1), (x2, w2)):
        assert head[:, x : x + width].max() > 150
    assert head[:, : x1 + 40].max() < 60
