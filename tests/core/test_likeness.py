"""Alike codes: the nearest ones at other moments, the plane, the matrix."""

import numpy as np
import pytest

from poseviewer.core.likeness import APART, matrix_of, nearest, plane_of


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def loop(frames, *, period, rate=25):
    """Codes that come back after a period, with the seconds."""
    angle = 2 * np.pi * np.arange(frames) / period
    return unit(np.stack([np.cos(angle), np.sin(angle), np.ones(frames)], axis=1)), (
        np.arange(frames) / rate
    )


def test_the_nearest_of_a_movement_is_a_period_away():
    codes, seconds = loop(200, period=50)
    found = nearest(codes, codes[75], seconds=seconds, count=3, at=seconds[75])
    assert sorted(found) == [25, 125, 175]


@pytest.mark.parametrize("at", [None, 3.0])
def test_no_two_are_one_moment(at):
    random = np.random.default_rng(0)
    codes, seconds = unit(random.normal(size=(300, 16))), np.arange(300) / 25
    found = nearest(codes, codes[75], seconds=seconds, count=8, at=at)
    assert len(found) == 8
    moments = [*seconds[found], *([] if at is None else [at])]
    assert min(np.diff(sorted(moments))) >= APART
    alike = codes[found] @ codes[75]
    assert (np.diff(alike) <= 0).all()


def test_the_plane_keeps_distances_that_lie_in_one():
    random = np.random.default_rng(1)
    flat = random.normal(size=(40, 2)) * (3, 1)
    axes = np.linalg.qr(random.normal(size=(16, 2)))[0]
    plane = plane_of((flat @ axes.T + 5).astype(np.float32))
    before = np.linalg.norm(flat[:, None] - flat, axis=-1)
    after = np.linalg.norm(plane[:, None] - plane, axis=-1)
    scale = after.max() / before.max()
    np.testing.assert_allclose(after, before * scale, atol=1e-4)
    assert np.abs(plane).max() == pytest.approx(1)
    assert plane[0, 0] <= 0


def test_one_pose_alone_has_a_place():
    assert plane_of(np.ones((1, 16), np.float32)).tolist() == [[0, 0]]


def test_the_matrix_is_of_evenly_taken_rows_and_bright_where_equal():
    codes, _ = loop(300, period=60)
    matrix, rows = matrix_of(codes, most=60)
    assert rows[0] == 0
    assert rows[-1] == 299
    assert len(rows) == 60
    assert (np.diagonal(matrix) >= 254).all()
    np.testing.assert_allclose(
        matrix, np.clip((codes @ codes.T)[np.ix_(rows, rows)] * 255, 0, 255), atol=1
    )
