"""Turned squares: what lies up in a crop, and the direction of the re-crop of a hand."""

from __future__ import annotations

from itertools import pairwise
from math import pi, radians

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import apply
from poseviewer.models.card import Normalisation
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.squares import (
    DOWNWARDS,
    RIGHTWARDS,
    UPWARDS,
    Square,
    body_square,
    face_square,
    hand_square,
    head_square,
    recropped,
    turn_of,
)


def at(*point: float) -> np.ndarray:
    return np.array(point, float)


@pytest.mark.parametrize("direction", [UPWARDS, RIGHTWARDS, DOWNWARDS, 37.0])
@pytest.mark.parametrize("angle", range(0, 360, 30))
def test_the_vector_gets_its_direction_in_the_crop(direction: float, angle: int) -> None:
    start = at(40, 30)
    end = start + 12 * np.array([np.cos(radians(angle)), np.sin(radians(angle))])
    turn = turn_of(start, end, direction)
    assert -pi < turn <= pi
    to_frame = Square((50.0, 60.0), 80.0, turn).to_frame(64)
    way = np.linalg.solve(to_frame[:, :2], end - start)
    # Rows of a crop count downwards.
    wanted = np.array([np.cos(radians(direction)), -np.sin(radians(direction))])
    np.testing.assert_allclose(way / np.linalg.norm(way), wanted, atol=1e-12)


def test_an_upright_square_is_a_box() -> None:
    to_frame = Square((9.5, 19.5), 20.0).to_frame(10)
    np.testing.assert_allclose(to_frame, [[2, 0, 0.5], [0, 2, 10.5]])


def test_a_square_is_raised_towards_what_is_up_in_it() -> None:
    assert Square((0.0, 0.0), 10.0).raised(0.1).centre == pytest.approx((0, -1))
    # Turned a quarter clockwise its top lies on the right.
    assert Square((0.0, 0.0), 10.0, pi / 2).raised(0.1).centre == pytest.approx((1, 0))


def test_a_body_stands_upright_in_its_square() -> None:
    found = body_square(at(100, 100), at(160, 100))
    assert found.side == pytest.approx(150)
    top = apply(np.linalg.inv(np.vstack([found.to_frame(256), [0, 0, 1]]))[:2], at(160, 100))
    assert top == pytest.approx([127.5, 127.5 - 60 / 150 * 256])


def test_a_hand_is_looked_for_beyond_its_wrist() -> None:
    found = hand_square(at(100, 100), at(100, 79), at(100, 82))
    # The knuckles' middle is at 80, twenty from the wrist.
    assert found.side == pytest.approx(2.7 * 40)
    assert found.centre == pytest.approx((100, 76))
    assert found.turn == pytest.approx(0)


def test_eyes_are_level_and_the_face_in_the_middle() -> None:
    points = np.array([[10, 0], [30, 20], [15, 15], [5, 20], [0, 10], [35, 30]], float)
    found = face_square(points)
    right, left = (
        np.linalg.solve(found.to_frame(192)[:, :2], eye - found.centre) for eye in points[:2]
    )
    assert right[1] == pytest.approx(left[1])
    assert right[0] < left[0]
    assert found.side == pytest.approx(2 * 35)
    head = np.zeros((11, 2))
    head[5], head[2] = points[:2]
    assert head_square(head).turn == pytest.approx(found.turn)


# The trap of the re-crop -----------------------------------------------------------------

_WRIST, _PALM, _TIP = at(40, 60), at(70, 50), at(98, 40.5)
"""A forearm from the left, its hand pointing to the right and a little up."""


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    """A picture of an arm in grey, with a green palm and red fingertips."""
    picture = np.zeros((120, 140, 3), np.uint8)
    arm = [tuple(map(int, point)) for point in (at(0, 73), _WRIST, _PALM)]
    for a, b in pairwise(arm):
        cv2.line(picture, a, b, (120, 120, 120), 8)
    cv2.circle(picture, arm[-1], 9, (0, 200, 0), -1)
    for side in (-6, 0, 6):
        tip = tuple(map(int, _TIP + at(0, side)))
        cv2.line(picture, arm[-1], tip, (200, 150, 120), 3)
        cv2.circle(picture, tip, 3, (255, 0, 0), -1)
    return picture


def crop_of(picture: np.ndarray, square: Square) -> np.ndarray:
    cropper = Cropper((64, 64), normalisation=Normalisation())
    return cropper.warped(picture, [square.to_frame(64)])[0]


def row_of(crop: np.ndarray, channel: int) -> float:
    """The mean row of what has one colour alone."""
    others = crop[[n for n in range(3) if n != channel]].max(axis=0)
    rows, _ = np.nonzero((crop[channel] > 0.5) & (others < 0.25))
    return float(rows.mean())


def test_the_vector_of_the_recrop_points_down(drawn: np.ndarray) -> None:
    # The network's second point lies towards the wrist, half a side away.
    scale = _PALM + 40 * (_WRIST - _PALM) / np.linalg.norm(_WRIST - _PALM)
    square = recropped(_PALM, scale)
    crop = crop_of(drawn, square)
    tips, palm = row_of(crop, 0), row_of(crop, 1)
    assert tips < palm - 12
    # Moved towards the fingers, the palm lies below the middle.
    assert palm == pytest.approx(31.5 + 0.1 * 64, abs=1.5)
    # Taken upwards the same hand is upside down.
    wrong = Square(square.centre, square.side, turn_of(_PALM, scale, UPWARDS))
    flipped = crop_of(drawn, wrong)
    assert row_of(flipped, 0) > row_of(flipped, 1) + 12
