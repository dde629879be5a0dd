"""Turned squares of a frame: where a network looks closer, from points that another has found.

The rules are those of MediaPipe Holistic (`modules/holistic_landmark`, `modules/pose_landmark`).
Angles follow its graphs: a square is turned so that a vector between two points gets a direction
in the crop, in degrees counted from the right towards the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, radians, sin
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UPWARDS, RIGHTWARDS, DOWNWARDS = 90.0, 0.0, -90.0
"""Directions in a crop."""

_BODY = 1.25
_HAND, _HAND_AHEAD = 2.7, 0.1
_RECROP_AHEAD = 0.1
_HEAD = 3.0
_FACE, _FACE_UP = 2.0, 0.1

_LEFT_EYE, _RIGHT_EYE = 2, 5
"""Of BlazePose's joints."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square of a frame, perhaps turned and perhaps reaching beyond it."""

    centre: tuple[float, float]
    """x, y in frame pixels."""

    side: float
    """Frame pixels."""

    turn: float = 0.0
    """Radians from the frame's axes to its own, clockwise as it is seen."""

    def to_frame(self, size: int) -> NDArray[np.float64]:
        """Return the 2x3 affine from the pixels of a crop of `size` x `size` to frame pixels."""
        step = self.side / size
        turn = np.array([[cos(self.turn), -sin(self.turn)], [sin(self.turn), cos(self.turn)]])
        middle = np.full(2, (size - 1) / 2)
        return np.column_stack([step * turn, np.array(self.centre) - step * turn @ middle])

    def scaled(self, factor: float) -> Square:
        """Return the square grown about its centre."""
        return Square(self.centre, self.side * factor, self.turn)

    def raised(self, share: float) -> Square:
        """Return the square moved by a share of its side towards what is up in its crop."""
        x, y = self.centre
        way = self.side * share
        return Square((x + way * sin(self.turn), y - way * cos(self.turn)), self.side, self.turn)


def turn_of(start: NDArray[np.floating], end: NDArray[np.floating], direction: float) -> float:
    """Return the turn of a square in whose crop the vector has a direction.

    Args:
        start: x, y in frame pixels.
        end: x, y in frame pixels.
        direction: Degrees from the right towards the top.

    Returns:
        Radians, more than -pi, at most pi.
    """
    x, y = (end - start).tolist()
    found = radians(direction) - atan2(-y, x)
    return pi - (pi - found) % (2 * pi)


def body_square(middle: NDArray[np.floating], rim: NDArray[np.floating]) -> Square:
    """Return the square around a body, turned so that it stands upright.

    Args:
        middle: Between the hips: x, y in frame pixels.
        rim: The point above it on the circle around the whole body.
    """
    radius = hypot(*(rim - middle).tolist())
    return Square(_at(middle), 2 * radius, turn_of(middle, rim, UPWARDS)).scaled(_BODY)


def hand_square(
    wrist: NDArray[np.floating], forefinger: NDArray[np.floating], little: NDArray[np.floating]
) -> Square:
    """Return the square around a hand as the body's own points have it, fingers up.

    Args:
        wrist: x, y in frame pixels.
        forefinger: Its first knuckle.
        little: The first knuckle of the little finger.
    """
    knuckles = (2 * forefinger + little) / 3
    length = hypot(*(knuckles - wrist).tolist())
    found = Square(_at(knuckles), 2 * length, turn_of(wrist, knuckles, UPWARDS))
    return found.raised(_HAND_AHEAD).scaled(_HAND)


def recropped(centre: NDArray[np.floating], scale: NDArray[np.floating]) -> Square:
    """Return the square around a hand as the network of the re-crop has it, fingers up.

    Its second point lies towards the wrist: the vector points DOWN in the crop. Taken upwards,
    hands come out upside down.

    Args:
        centre: Of the hand: x, y in frame pixels.
        scale: The point at half a side from it.
    """
    length = hypot(*(scale - centre).tolist())
    found = Square(_at(centre), 2 * length, turn_of(centre, scale, DOWNWARDS))
    return found.raised(_RECROP_AHEAD)


def head_square(head: NDArray[np.floating]) -> Square:
    """Return the square around a head, eyes level.

    Args:
        head: BlazePose's first joints (11, 2), frame pixels.
    """
    return _around(head, head[_RIGHT_EYE], head[_LEFT_EYE]).scaled(_HEAD)


def face_square(points: NDArray[np.floating]) -> Square:
    """Return the square around a face that was detected, eyes level.

    Args:
        points: The detector's six points (6, 2), right and left eye first, frame pixels.
    """
    return _around(points, points[0], points[1]).raised(_FACE_UP).scaled(_FACE)


def _around(
    points: NDArray[np.floating], right: NDArray[np.floating], left: NDArray[np.floating]
) -> Square:
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    return Square(_at((low + high) / 2), side, turn_of(right, left, RIGHTWARDS))


def _at(point: NDArray[np.floating]) -> tuple[float, float]:
    x, y = point.tolist()
    return x, y
