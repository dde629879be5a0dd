"""Where places in space are seen."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.draw.space import FLOOR, Eye, camera_mark, floor_of, grid

RIGHT, BELOW, AWAY = (0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5)


@pytest.mark.parametrize(
    ("eye", "place", "ways"),
    [
        # From the camera: right is right, below is below, and what is away is only smaller.
        (Eye(0, 0), RIGHT, (1, 0, 0)),
        (Eye(0, 0), BELOW, (0, 1, 0)),
        (Eye(0, 0), AWAY, (0, 0, -1)),
        # From the camera's right: what is away goes to the right, what is right comes nearer.
        (Eye(90, 0), AWAY, (1, 0, 0)),
        (Eye(90, 0), RIGHT, (0, 0, 1)),
        # From above: what is away goes up, what is below is far.
        (Eye(0, 90), AWAY, (0, -1, 0)),
        (Eye(0, 90), BELOW, (0, 0, -1)),
    ],
)
def test_a_place_is_seen_where_it_lies(
    eye: Eye, place: tuple[float, ...], ways: tuple[int, ...]
) -> None:
    at, near = eye.seen(np.array([place]), scale=100, middle=(10, 20))
    found = (*(at[0] - (10, 20)), near[0])
    assert np.sign(np.round(found, 6)).tolist() == list(ways)


def test_what_is_near_is_larger() -> None:
    at, near = Eye(0, 0).seen(np.array([(0.5, 0, -1.0), (0.5, 0, 1.0)]), scale=100, middle=(0, 0))
    assert at[0, 0] > 50 > at[1, 0]
    assert near.tolist() == [1, -1]


def test_the_floor_is_under_the_lowest_joint_or_where_feet_would_be() -> None:
    body = np.array([(0, -0.5, 0), (0, 0.9, 0), (np.nan,) * 3])
    assert 0.9 < floor_of(body) < 1.05
    assert floor_of(body[:1]) == FLOOR
    assert floor_of(body[2:]) == FLOOR
    assert (grid(0.9)[..., 1] == 0.9).all()
    assert (
        np.abs(grid(0.9)[-4:, :, [0, 2]]).max(axis=(1, 2)).min() == np.abs(grid(0.9)[..., 0]).max()
    )
    # The camera's mark is before the floor and points at the person.
    mark = camera_mark(0.9)
    assert mark[:, 2].max() < grid(0.9)[..., 2].min()
    assert mark[1, 2] > mark[0, 2]
