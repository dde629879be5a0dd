"""The mannequin's camera and light: posed lofts become small shaded textures, all at once.

A loft is painted in straight coordinates, q along its picture's axis and d across it, at a
fixed small resolution. Besides colour a texture holds the signed distance to the outline in
pixels, so that enlarging it keeps the outline sharp, and the depth, so that parts can be
joined and hidden by each other pixel by pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.video.mannequin_body import Body

ROWS, COLUMNS = 44, 26


def _unit(x: float, y: float, z: float) -> NDArray[np.float32]:
    v = np.array([x, y, z], np.float32)
    return np.asarray(v / np.linalg.norm(v), np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that looks level, so that what is parallel to the picture keeps its angles."""

    scale: float
    """Pixels per metre at z = 0."""

    centre: float
    """Pixel column of x = 0."""

    floor: float
    """Pixel row of the floor at z = 0."""

    distance: float = 5.5
    """Metres from the camera to z = 0; infinity is an orthographic camera."""

    eye: float = 1.25
    """Metres of the camera above the floor."""

    def project(
        self, points: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels (..., 2), pixel-centred, and pixels per metre (...) of world points (..., 3)."""
        near = 0.0 if math.isinf(self.distance) else 1 / self.distance
        scale = self.scale / (1 - points[..., 2] * near)
        horizon = self.floor - self.scale * self.eye
        x = self.centre + scale * points[..., 0]
        y = horizon - scale * (points[..., 1] - self.eye)
        return np.stack([x, y], axis=-1), np.asarray(scale, np.float64)


@dataclass(frozen=True, slots=True)
class Light:
    """Where the light comes from and how much of it there is."""

    key: tuple[float, float, float] = (-0.50, 0.68, 0.60)
    """Direction to the main light; it throws the shadow."""
    strength: float = 0.86
    fill: float = 0.16
    sky: float = 0.34
    bounce: float = 0.20


@dataclass(frozen=True, slots=True, eq=False)
class Textures:
    """Shaded parts in straight coordinates."""

    colour: NDArray[np.uint8]
    """(p, ROWS, COLUMNS, 3) RGB."""

    shape: NDArray[np.float32]
    """(p, ROWS, COLUMNS, 2) pixels inside the outline (negative outside) and world depth."""

    to_texture: NDArray[np.float64]
    """(p, 2, 3) affines from frame pixels to texels."""

    corners: NDArray[np.float64]
    """(p, 4, 2) frame pixels of the textures' corners."""


def paint_textures(
    rings: NDArray[np.float64],
    *,
    body: Body,
    camera: Camera,
    light: Light,
    margin: float,
    weave: NDArray[np.float32],
) -> Textures:
    """The shaded textures of every part.

    Args:
        rings: World rings (p, f, 3, 3) as `Body.pose` gives them.
        body: For colours.
        camera: Where it is seen from.
        light: How it is lit.
        margin: Pixels of depth and distance kept around every outline.
        weave: (p, ROWS, COLUMNS) brightness of folds and texture, about 1.
    """
    p = len(rings)
    centre, wide, deep = rings[..., 0], rings[..., 1], rings[..., 2]
    at, scale = camera.project(centre)
    flip = np.array([1.0, -1.0])
    u, v = wide[..., :2] * flip * scale[..., None], deep[..., :2] * flip * scale[..., None]
    axis = at[:, -1] - at[:, 0]
    length = np.hypot(axis[:, 0], axis[:, 1])
    axis = np.where(length[:, None] > 1e-3, axis / np.maximum(length, 1e-3)[:, None], (0.0, 1.0))
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    q = np.einsum("pfi,pi->pf", at - at[:, :1], axis)
    m = np.einsum("pfi,pi->pf", at - at[:, :1], across)
    ue, ve = np.einsum("pfi,pi->pf", u, across), np.einsum("pfi,pi->pf", v, across)
    half = np.hypot(ue, ve)
    ends = np.hypot(np.einsum("pfi,pi->pf", u, axis), np.einsum("pfi,pi->pf", v, axis))

    low, high = (q - ends).min(1), (q + ends).max(1)
    left, right = (m - half).min(1) - margin, (m + half).max(1) + margin
    dq, dd = (high - low + 2 * margin) / (ROWS - 1), (right - left) / (COLUMNS - 1)
    row_q = (low - margin)[:, None] + dq[:, None] * np.arange(ROWS)
    col_d = left[:, None] + dd[:, None] * np.arange(COLUMNS)

    # Front of each ring: s across the picture, c towards the camera (see the ellipse
    # C + U cos + V sin; S and T are its conjugate half axes across and towards).
    cos, sin = ue / np.maximum(half, 1e-6), ve / np.maximum(half, 1e-6)
    front = np.where((cos * deep[..., 2] - sin * wide[..., 2]) < 0, -1.0, 1.0)
    s_axis = cos[..., None] * wide + sin[..., None] * deep
    t_axis = (front * cos)[..., None] * deep - (front * sin)[..., None] * wide
    wide_n = wide / np.maximum((wide**2).sum(-1), 1e-9)[..., None]
    deep_n = deep / np.maximum((deep**2).sum(-1), 1e-9)[..., None]
    s_norm = cos[..., None] * wide_n + sin[..., None] * deep_n
    t_norm = (front * cos)[..., None] * deep_n - (front * sin)[..., None] * wide_n
    radius = (np.linalg.norm(wide, axis=-1) + np.linalg.norm(deep, axis=-1)) / 2
    step = np.gradient(centre, axis=1)
    pace = np.maximum(np.linalg.norm(step, axis=-1), 1e-6)
    taper = -(np.gradient(radius, axis=1) / pace**2)[..., None] * step

    ring = np.concatenate(
        [
            m[..., None], half[..., None], centre[..., 2:], s_axis[..., 2:], t_axis[..., 2:],
            s_norm * radius[..., None], t_norm * radius[..., None], taper,
        ],
        axis=-1,
    )  # fmt: skip
    row = _by_row(ring, q, row_q)
    middle, reach, slope = _outline(row, row_q, col_d, q, m, half, ends)
    # How much of a part points at the camera, 0 to 1: such a part is shaded as a rounded end.
    stub = ends.max(1) / (length / 2 + ends.max(1) + 1e-6)
    stub = np.clip((stub - 0.35) / 0.4, 0, 1).astype(np.float32)[:, None, None]
    gamma = ((row_q - ((low + high) / 2)[:, None]) / ((high - low) / 2)[:, None]).clip(-1, 1)
    g = gamma.astype(np.float32)[:, :, None]
    cg = np.sqrt(1 - g**2)

    s = ((col_d[:, None, :] - middle[..., None]) / np.maximum(reach, 0.25)[..., None]).astype(
        np.float32
    )
    inside = (reach[..., None] - np.abs(col_d[:, None, :] - middle[..., None])) * slope[..., None]
    caps = np.minimum(row_q - low[:, None], high[:, None] - row_q)[..., None]
    shape = np.empty((p, ROWS, COLUMNS, 2), np.float32)
    shape[..., 0] = np.minimum(inside, caps)
    s = s.clip(-1, 1)
    c = np.sqrt(1 - s**2)
    row = row.astype(np.float32)[:, :, None, :]
    deepest, nearest = _depth_span(rings)
    ball = deepest + (nearest - deepest) * c * cg
    loft = row[..., 2] + s * row[..., 3] + c * row[..., 4]
    shape[..., 1] = loft + stub * (ball - loft)

    n = s[..., None] * row[..., 5:8] + c[..., None] * row[..., 8:11]
    n *= _inverse_norm(n)[..., None]
    n += row[..., 11:14]
    n *= _inverse_norm(n)[..., None]
    across3 = np.column_stack([across * flip, np.zeros(p)]).astype(np.float32)[:, None, None]
    axis3 = np.column_stack([axis * flip, np.zeros(p)]).astype(np.float32)[:, None, None]
    round_n = (s * cg)[..., None] * across3 + g[..., None] * axis3
    round_n[..., 2] += c * cg
    n += stub[..., None] * (round_n - n)
    colour = _shade(n, body=body, light=light, weave=weave)

    to_texture = np.empty((p, 2, 3))
    to_texture[:, 0, :2] = across / dd[:, None]
    to_texture[:, 1, :2] = axis / dq[:, None]
    to_texture[:, 0, 2] = -((at[:, 0] * across).sum(1) + left) / dd
    to_texture[:, 1, 2] = -((at[:, 0] * axis).sum(1) + low - margin) / dq
    corners = np.stack(
        [
            at[:, 0] + y[:, None] * axis + x[:, None] * across
            for x in (left, right)
            for y in (low - margin, high + margin)
        ],
        axis=1,
    )
    return Textures(colour, shape, to_texture, corners)


def _by_row(
    ring: NDArray[np.float64], q: NDArray[np.float64], row_q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ring quantities (p, f, n) interpolated at every row of the texture: (p, ROWS, n)."""
    p, f, _ = ring.shape
    rising = np.maximum.accumulate(q, axis=1) + np.arange(f) * 1e-4
    count = np.arange(f, dtype=np.float64)
    index = np.stack([np.interp(row_q[i], rising[i], count) for i in range(p)])
    whole = np.minimum(index.astype(np.int64), f - 2)
    part = (index - whole)[..., None]
    who = np.arange(p)[:, None]
    mixed: NDArray[np.float64] = ring[who, whole] * (1 - part) + ring[who, whole + 1] * part
    return mixed


def _outline(
    row: NDArray[np.float64],
    row_q: NDArray[np.float64],
    col_d: NDArray[np.float64],
    q: NDArray[np.float64],
    m: NDArray[np.float64],
    half: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Middle, half width and slope correction (p, ROWS) of the outline at every row.

    The outline is the widest of the loft seen from the side and its rings seen as ellipses.
    """
    x = (row_q[:, :, None] - q[:, None, :]) / np.maximum(ends, 0.3)[:, None, :]
    h = np.where(np.abs(x) < 1, half[:, None, :] * np.sqrt(np.maximum(1 - x * x, 0)), -1e6)
    high = (m[:, None, :] + h).max(2)
    low = (m[:, None, :] - h).min(2)
    between = (row_q >= q.min(1)[:, None]) & (row_q <= q.max(1)[:, None])
    high = np.maximum(high, np.where(between, row[..., 0] + row[..., 1], -1e6))
    low = np.minimum(low, np.where(between, row[..., 0] - row[..., 1], 1e6))
    empty = high < low
    middle = np.where(empty, row[..., 0], (high + low) / 2)
    reach = np.where(empty, 0.0, (high - low) / 2)
    pitch = (row_q[:, 1] - row_q[:, 0])[:, None]
    rise = (np.roll(reach, -1, 1) - np.roll(reach, 1, 1)) / (2 * pitch)
    rise[:, [0, -1]] = 0
    return middle, reach, 1 / np.sqrt(1 + np.minimum(np.abs(rise), 3) ** 2)


def _depth_span(rings: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The middle depth of every part and the depth of what is nearest, (p, 1, 1)."""
    z = rings[..., 2, 0]
    near = (z + np.hypot(rings[..., 2, 1], rings[..., 2, 2])).max(1)
    return (
        z.mean(1).astype(np.float32)[:, None, None],
        near.astype(np.float32)[:, None, None],
    )


def _inverse_norm(n: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = n[..., 0] ** 2 + n[..., 1] ** 2 + n[..., 2] ** 2
    return np.asarray(1 / np.sqrt(np.maximum(squares, 1e-8)), np.float32)


def _shade(
    n: NDArray[np.float32], *, body: Body, light: Light, weave: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """RGB of surfaces with unit normals `n` (p, rows, columns, 3)."""
    key = _unit(*light.key)
    lit = np.clip((n @ key + 0.22) / 1.22, 0, 1)
    lit *= lit * 0.35 + 0.65
    fill = np.clip(n @ _unit(0.85, 0.1, 0.45), 0, 1)
    up = n[..., 1] * 0.5 + 0.5
    edge = 1 - 0.30 * (1 - np.clip(n[..., 2], 0, 1)) ** 2
    lit = (lit * light.strength)[..., None] * np.array([1.0, 0.97, 0.92], np.float32)
    lit += (fill * light.fill)[..., None] * np.array([0.85, 0.95, 1.1], np.float32)
    lit += (up * light.sky)[..., None] * np.array([0.94, 0.98, 1.06], np.float32)
    lit += ((1 - up) * light.bounce)[..., None] * np.array([1.1, 0.98, 0.86], np.float32)
    lit *= (edge * weave)[..., None]
    shine = np.clip(n @ _unit(float(key[0]), float(key[1]), float(key[2]) + 1), 0, 1) ** 18
    colour = lit * body.albedo[:, None, None, :]
    colour += (shine * body.gloss[:, None, None] * light.strength)[..., None]
    return (np.sqrt(np.minimum(colour, 1)) * 255 + 0.5).astype(np.uint8)
