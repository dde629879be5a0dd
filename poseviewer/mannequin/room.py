"""The mannequin's gym: a wall, a wooden floor and a few things, slightly out of focus."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.mannequin.loft import Camera

Point = tuple[float, float, float]

_WALL = -2.3
"""Metres of the back wall from where the figure stands."""

_FINE = 2
"""Supersampling of the room, which is painted once."""

_PALETTES = (
    ((214, 208, 198), (182, 142, 104), (92, 124, 140)),
    ((198, 208, 212), (168, 132, 100), (176, 108, 84)),
    ((206, 210, 196), (150, 116, 88), (112, 104, 148)),
    ((218, 204, 192), (140, 122, 108), (84, 128, 104)),
)
"""Wall, floor and mat."""


class _Brush:
    """Polygons in world coordinates on a supersampled canvas."""

    def __init__(self, size: tuple[int, int], camera: Camera) -> None:
        self.canvas = np.zeros((size[1] * _FINE, size[0] * _FINE, 3), np.uint8)
        self._camera = camera

    def at(self, points: list[Point]) -> NDArray[np.int32]:
        """Project points to sixteenths of a canvas pixel."""
        xy, _ = self._camera.project(np.array(points))
        fine = (xy + 0.5) * _FINE - 0.5
        return np.asarray(np.clip(np.round(fine * 16), -2e6, 2e6), np.int32)

    def fill(self, colour: tuple[float, ...], points: list[Point]) -> None:
        """Fill an outline."""
        cv2.fillPoly(self.canvas, [self.at(points)], colour, cv2.LINE_AA, 4)

    def board(
        self, colour: tuple[float, ...], x: tuple[float, float], y: tuple[float, float], z: float
    ) -> None:
        """Fill an upright rectangle that faces the camera."""
        self.fill(colour, [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)])

    def ground(
        self, colour: tuple[float, ...], x: tuple[float, float], z: tuple[float, float]
    ) -> None:
        """Fill a rectangle that lies on the floor."""
        self.fill(colour, [(x[0], 0, z[0]), (x[1], 0, z[0]), (x[1], 0, z[1]), (x[0], 0, z[1])])

    def pool(
        self, colour: tuple[float, ...], centre: tuple[float, float], a: float, b: float
    ) -> None:
        """Fill an oval that lies on the floor, such as the shadow under a thing."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        x, z = centre[0] + a * np.cos(turn), centre[1] + b * np.sin(turn)
        self.fill(colour, [(float(u), 0.0, float(v)) for u, v in zip(x, z, strict=True)])

    def disc(self, colour: tuple[float, ...], centre: Point, radius: float) -> None:
        """Fill the outline of a ball."""
        (x, y) = self.at([centre])[0].tolist()
        _, scale = self._camera.project(np.array([centre]))
        width = round(float(scale[0]) * radius * _FINE * 16)
        cv2.circle(self.canvas, (x, y), width, colour, -1, cv2.LINE_AA, 4)


def paint_room(size: tuple[int, int], *, camera: Camera, seed: int = 0) -> NDArray[np.uint8]:
    """Paint the room as RGB (h, w, 3), the same for the same arguments.

    Args:
        size: Width and height in pixels.
        camera: Where it is seen from.
        seed: Which colours and planks.
    """
    random = np.random.default_rng(seed)
    wall, floor, mat = _PALETTES[seed % len(_PALETTES)]
    brush = _Brush(size, camera)
    _paint_wall(brush, wall)
    _paint_floor(brush, floor, random)
    _paint_bars(brush)
    _paint_things(brush, mat, random)
    room = cv2.resize(brush.canvas, size, interpolation=cv2.INTER_AREA)
    room = cv2.GaussianBlur(room, (0, 0), max(camera.scale * 0.0075, 0.4))
    lit = room.astype(np.float32) * _light(size, camera)[..., None]
    lit += random.normal(0, 1.6, (size[1], size[0], 1)).astype(np.float32)
    return np.asarray(np.clip(lit + 0.5, 0, 255), np.uint8)


def _paint_wall(brush: _Brush, wall: tuple[int, int, int]) -> None:
    brush.canvas[:] = wall
    dado = tuple(c * 0.86 for c in wall)
    brush.board(dado, (-30, 30), (0, 0.98), _WALL)
    brush.board(tuple(c * 0.97 + 6 for c in wall), (-30, 30), (0.98, 1.02), _WALL)
    brush.board((226, 222, 214), (-30, 30), (0, 0.11), _WALL)
    brush.board((168, 162, 152), (-30, 30), (0.11, 0.118), _WALL)
    # A tall window on the side the light comes from.
    brush.board((236, 233, 226), (-2.75, -1.33), (0.88, 2.72), _WALL)
    for x in (-2.67, -2.02):
        for y in (0.96, 1.86):
            brush.board((248, 250, 250), (x, x + 0.61), (y, y + 0.78), _WALL)
            brush.board((232, 240, 243), (x, x + 0.61), (y, y + 0.30), _WALL)
    brush.board((214, 208, 198), (-2.82, -1.26), (0.84, 0.89), _WALL)
    # A framed print.
    brush.board((74, 70, 68), (0.40, 0.84), (1.48, 2.08), _WALL)
    brush.board((238, 234, 226), (0.43, 0.81), (1.51, 2.05), _WALL)
    brush.board((196, 118, 88), (0.48, 0.76), (1.60, 1.78), _WALL)
    brush.board((92, 124, 140), (0.48, 0.76), (1.78, 1.96), _WALL)


def _paint_floor(brush: _Brush, floor: tuple[int, int, int], random: np.random.Generator) -> None:
    brush.ground(floor, (-30, 30), (_WALL, 4.0))
    for x in np.arange(-9.0, 9.0, 0.19):
        ends = [_WALL, *sorted(random.uniform(_WALL, 3.0, 3)), 3.6]
        for near, far in itertools.pairwise(ends):
            tone = 1 + random.normal(0, 0.028)
            brush.ground(tuple(c * tone for c in floor), (x, x + 0.185), (near, far))
            brush.ground(tuple(c * 0.8 for c in floor), (x, x + 0.185), (far - 0.008, far))
        brush.ground(tuple(c * 0.82 for c in floor), (x + 0.185, x + 0.19), (_WALL, 3.6))


def _paint_bars(brush: _Brush) -> None:
    """Paint the wall bars."""
    z = _WALL + 0.12
    for y in np.arange(0.22, 2.6, 0.185):
        brush.board((150, 136, 118), (1.04, 2.26), (y - 0.035, y + 0.0), _WALL)
        brush.board((196, 152, 104), (1.04, 2.26), (y, y + 0.036), z)
        brush.board((216, 174, 126), (1.04, 2.26), (y + 0.022, y + 0.036), z)
    for x in (1.0, 2.22):
        brush.board((140, 128, 112), (x + 0.09, x + 0.13), (0.0, 2.62), _WALL)
        brush.board((186, 142, 96), (x, x + 0.085), (0.0, 2.66), z)
        brush.board((206, 162, 114), (x, x + 0.025), (0.0, 2.66), z)


def _paint_things(brush: _Brush, mat: tuple[int, int, int], random: np.random.Generator) -> None:
    brush.ground(tuple(c * 0.72 for c in mat), (-0.985, 1.005), (-0.50, 0.475))
    brush.ground(mat, (-1.0, 0.99), (-0.49, 0.49))
    brush.ground(tuple(c * 1.07 for c in mat), (-0.94, 0.93), (-0.43, 0.43))
    # A plant in a pot.
    brush.pool((128, 104, 82), (-1.32, -1.86), 0.28, 0.13)
    for _ in range(46):
        angle, length = random.uniform(-1.25, 1.25), random.uniform(0.32, 0.72)
        tip = (-1.42 + length * np.sin(angle), 0.42 + length * np.cos(angle) * 1.1, -1.9)
        green = random.uniform(0.75, 1.15)
        side = (0.045 * np.cos(angle), -0.045 * np.sin(angle))
        half = ((-1.42 + tip[0]) / 2, (0.42 + tip[1]) / 2 + 0.04)
        leaf = [(-1.42, 0.40, -1.9), (half[0] + side[0], half[1] + side[1], -1.9), tip,
                (half[0] - side[0], half[1] - side[1], -1.9)]  # fmt: skip
        brush.fill((74 * green, 112 * green, 70 * green), leaf)
    pot = [(-1.57, 0.43), (-1.27, 0.43), (-1.31, 0.02), (-1.53, 0.02)]
    brush.fill((222, 216, 206), [(x, y, -1.85) for x, y in pot])
    brush.fill((190, 182, 172), [(x * 0.4 - 1.42 * 0.6 + 0.06, y, -1.85) for x, y in pot])
    # A ball, shaded by smaller and lighter discs.
    brush.pool((128, 104, 82), (0.98, -1.78), 0.34, 0.16)
    for step in range(14):
        part = step / 13
        tone = 0.62 + 0.46 * part
        centre = (0.86 - 0.10 * part, 0.30 + 0.10 * part, -1.75)
        brush.disc((96 * tone, 138 * tone, 160 * tone), centre, 0.30 * (1 - part * 0.86))


def _light(size: tuple[int, int], camera: Camera) -> NDArray[np.float32]:
    """Return how bright the room is at every pixel: a window at the left, dim corners."""
    width, height = size
    x = ((np.arange(width) - camera.centre) / camera.scale).astype(np.float32)[None]
    y = ((camera.floor - np.arange(height)) / camera.scale).astype(np.float32)[:, None]
    glow = np.exp(-(((x + 1.3) / 2.6) ** 2) - ((y - 1.7) / 1.9) ** 2)
    pool = np.exp(-(((x + 0.1) / 1.7) ** 2) - ((y - 0.1) / 0.42) ** 2)
    level = 0.76 + 0.26 * glow + 0.14 * pool
    corner, _ = camera.project(np.array([[0.0, 0.0, _WALL]]))
    edge = (float(corner[0, 1]) - np.arange(height, dtype=np.float32)) / camera.scale
    level *= (1 - 0.20 * np.exp(-np.abs(edge) / 0.10))[:, None]
    return np.asarray(level, np.float32)
