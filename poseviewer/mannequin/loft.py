"""A posed loft seen by a camera: where every texel of its straightened picture lies.

A loft is painted in straight coordinates, q along its picture's axis and d across it, at a
fixed small resolution. Its outline is kept as the signed distance in pixels, so that
enlarging it keeps the outline sharp, and its depth lets parts be joined and hidden by each
other pixel by pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float32]

ROWS, COLUMNS = 36, 22
"""Texels along and across a loft."""


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
        """Return the pixels (..., 2) and the pixels per metre (...) of world points (..., 3)."""
        near = 0.0 if math.isinf(self.distance) else 1 / self.distance
        scale = self.scale / (1 - points[..., 2] * near)
        horizon = self.floor - self.scale * self.eye
        x = self.centre + scale * points[..., 0]
        y = horizon - scale * (points[..., 1] - self.eye)
        return np.stack([x, y], axis=-1), np.asarray(scale, np.float64)


class Surface(NamedTuple):
    """The visible surface of p lofts on their texels."""

    normal: tuple[Reals, Reals, Reals]
    """Unit normals, three planes (p, ROWS, COLUMNS) in world axes."""

    shape: Reals
    """(p, ROWS, COLUMNS, 4) pixels inside the outline (negative outside) and world depth.

    The last two planes are 0: OpenCV warps four planes faster than two.
    """

    to_texture: NDArray[np.float64]
    """(p, 2, 3) affines from frame pixels to texels."""

    corners: NDArray[np.float64]
    """(p, 4, 2) frame pixels of the texel grids' corners."""


class _View(NamedTuple):
    """Lofts in straight coordinates: pixels from each loft's first ring."""

    origin: Reals
    axis: Reals
    """(p, 2) the direction of q in the picture; `across` is that of d."""
    across: Reals
    q: Reals
    """(p, f) of every ring's centre."""
    d: Reals
    half: Reals
    """(p, f) half extent of every ring across."""
    ends: Reals
    """(p, f) half extent of every ring along, 0 when it is seen from the side."""
    rim: tuple[Reals, Reals]
    """Cosine and sine (p, f) of the point of the ring farthest across."""
    up: Reals
    """(p, f, 3) unit normals of the rings, along the loft."""


def see(rings: NDArray[np.float64], *, camera: Camera, margin: Reals) -> Surface:
    """Return the visible surface of every loft.

    Args:
        rings: World rings (p, f, 3, 3); the last axis is centre, half width, half depth.
        camera: Where they are seen from.
        margin: (p,) pixels of depth and distance kept around every outline.
    """
    view = _straighten(rings, camera)
    low, high = (view.q - view.ends).min(1), (view.q + view.ends).max(1)
    left = (view.d - view.half).min(1) - margin
    right = (view.d + view.half).max(1) + margin
    low, high = low - margin, high + margin
    dq, dd = (high - low) / (ROWS - 1), (right - left) / (COLUMNS - 1)
    row_q = low[:, None] + dq[:, None] * np.arange(ROWS, dtype=np.float32)
    col_d = left[:, None] + dd[:, None] * np.arange(COLUMNS, dtype=np.float32)

    row = _by_row(_ring_quantities(rings.astype(np.float32), view), view.q, row_q)
    middle, reach, slope = _outline(row, row_q, view)
    away = col_d[:, None, :] - middle[..., None]
    # Exact at the outline and not too large within; the slope says nothing about outside.
    inside = reach[..., None] - np.abs(away)
    inside = np.minimum(inside, inside * slope[..., None])
    shape = np.zeros((*inside.shape, 4), np.float32)
    caps = np.minimum(row_q - low[:, None], high[:, None] - row_q) - margin[:, None]
    np.minimum(inside, caps[..., None], out=shape[..., 0])
    s = np.clip(away / np.maximum(reach, 0.25)[..., None], -1, 1)
    c = np.sqrt(1 - s * s)
    row = row.transpose(2, 0, 1)[..., None]
    z = row[2] + s * row[3] + c * row[4]
    normal = _normals(row, s, c)
    _round_stubs(rings, view, (row_q - low[:, None]) / (high - low)[:, None], s, c, normal, z)
    shape[..., 1] = z

    to_texture = np.empty((len(rings), 2, 3))
    to_texture[:, 0, :2] = view.across / dd[:, None]
    to_texture[:, 1, :2] = view.axis / dq[:, None]
    to_texture[:, 0, 2] = -((view.origin * view.across).sum(1) + left) / dd
    to_texture[:, 1, 2] = -((view.origin * view.axis).sum(1) + low) / dq
    corners = np.stack(
        [
            view.origin + y[:, None] * view.axis + x[:, None] * view.across
            for x in (left, right)
            for y in (low, high)
        ],
        axis=1,
    )
    return Surface(normal, shape, to_texture, corners.astype(np.float64))


def _straighten(rings: NDArray[np.float64], camera: Camera) -> _View:
    at, scale = camera.project(rings[..., 0])
    flip = np.array([1.0, -1.0])
    wide = rings[..., :2, 1] * flip * scale[..., None]
    deep = rings[..., :2, 2] * flip * scale[..., None]
    up = np.cross(rings[..., 1], rings[..., 2])
    up /= np.maximum(np.linalg.norm(up, axis=-1), 1e-9)[..., None]
    up *= np.sign((up[:, 0] * (rings[:, -1, :, 0] - rings[:, 0, :, 0])).sum(1))[:, None, None]
    # Along the mean normal of the rings, so that rings stay level in the straight picture.
    axis = up.mean(axis=1)[:, :2] * flip
    norm = np.hypot(axis[:, 0], axis[:, 1])[:, None]
    axis = np.where(norm > 1e-3, axis / np.maximum(norm, 1e-9), (0.0, 1.0))
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    both = np.stack([across, axis], axis=2)
    apart, wide, deep = (at - at[:, :1]) @ both, wide @ both, deep @ both
    half = np.maximum(np.hypot(wide[..., 0], deep[..., 0]), 1e-6)
    return _View(
        at[:, 0].astype(np.float32),
        axis.astype(np.float32),
        across.astype(np.float32),
        apart[..., 1].astype(np.float32),
        apart[..., 0].astype(np.float32),
        half.astype(np.float32),
        np.hypot(wide[..., 1], deep[..., 1]).astype(np.float32),
        ((wide[..., 0] / half).astype(np.float32), (deep[..., 0] / half).astype(np.float32)),
        up.astype(np.float32),
    )


def _ring_quantities(rings: Reals, view: _View) -> Reals:
    """Return what `_normals` and the depth need of every ring: (p, f, 18).

    A ring is C + U cos + V sin. Seen across it, its front half is C + s S + c T with
    s = -1 .. 1 across and c = sqrt(1 - s^2) towards the camera.
    """
    centre, wide, deep = rings[..., 0], rings[..., 1], rings[..., 2]
    cos, sin = view.rim
    front = np.where(cos * deep[..., 2] - sin * wide[..., 2] < 0, -1, 1).astype(np.float32)
    wide2, deep2 = (wide * wide).sum(-1), (deep * deep).sum(-1)
    radius = (np.sqrt(wide2) + np.sqrt(deep2)) / 2
    wide_n = wide * (radius / np.maximum(wide2, 1e-9))[..., None]
    deep_n = deep * (radius / np.maximum(deep2, 1e-9))[..., None]
    cos3, sin3, front3 = cos[..., None], sin[..., None], front[..., None]
    # The surface leans along the loft where rings grow and where their centres move sideways.
    step = np.gradient(centre, axis=1)
    pace = (step * view.up).sum(-1)
    pace = np.where(np.abs(pace) < 1e-5, 1e-5, pace)
    sideways = step / pace[..., None] - view.up
    growth = np.gradient(radius, axis=1) / pace
    return np.concatenate(
        [
            view.d[..., None], view.half[..., None], centre[..., 2:],
            (cos * wide[..., 2] + sin * deep[..., 2])[..., None],
            (front * (cos * deep[..., 2] - sin * wide[..., 2]))[..., None],
            cos3 * wide_n + sin3 * deep_n, front3 * (cos3 * deep_n - sin3 * wide_n),
            np.clip(growth, -3, 3)[..., None], np.clip(sideways, -2, 2), view.up,
        ],
        axis=-1,
    )  # fmt: skip


def _by_row(ring: Reals, q: Reals, row_q: Reals) -> Reals:
    """Interpolate ring quantities (p, f, n) at every row of the texture: (p, ROWS, n)."""
    p, f, _ = ring.shape
    rising = np.maximum.accumulate(q, axis=1) + np.arange(f, dtype=np.float32) * 1e-4
    count = np.arange(f, dtype=np.float32)
    index = np.stack([np.interp(row_q[i], rising[i], count) for i in range(p)])
    whole = np.minimum(index.astype(np.int64), f - 2)
    part = (index - whole).astype(np.float32)[..., None]
    which = np.arange(p)[:, None]
    mixed: Reals = ring[which, whole] * (1 - part) + ring[which, whole + 1] * part
    return mixed


def _outline(row: Reals, row_q: Reals, view: _View) -> tuple[Reals, Reals, Reals]:
    """Return the middle, half width and slope correction (p, ROWS) of the outline at every row.

    The outline is the widest of the loft seen from the side and its rings seen as ellipses.
    """
    x = (row_q[:, :, None] - view.q[:, None, :]) / np.maximum(view.ends, 0.3)[:, None, :]
    h = view.half[:, None, :] * np.sqrt(np.maximum(1 - x * x, 0))
    h[np.abs(x) >= 1] = -1e6
    high = (view.d[:, None, :] + h).max(2)
    low = (view.d[:, None, :] - h).min(2)
    between = (row_q >= view.q.min(1)[:, None]) & (row_q <= view.q.max(1)[:, None])
    high = np.where(between, np.maximum(high, row[..., 0] + row[..., 1]), high)
    low = np.where(between, np.minimum(low, row[..., 0] - row[..., 1]), low)
    # Beyond an end the outline goes on as it was there; the end itself cuts it.
    filled = high >= low
    first, last = filled.argmax(1), ROWS - 1 - filled[:, ::-1].argmax(1)
    rows = np.clip(np.arange(ROWS), first[:, None], last[:, None])
    high, low = np.take_along_axis(high, rows, 1), np.take_along_axis(low, rows, 1)
    middle, reach = (high + low) / 2, np.maximum(high - low, 0) / 2
    rise = np.zeros_like(reach)
    rise[:, 1:-1] = (reach[:, 2:] - reach[:, :-2]) / (2 * (row_q[:, 1:2] - row_q[:, :1]))
    return middle, reach, 1 / np.sqrt(1 + np.minimum(np.abs(rise), 3) ** 2)


def _normals(row: Reals, s: Reals, c: Reals) -> tuple[Reals, Reals, Reals]:
    x, y, z = (s * row[5 + i] + c * row[8 + i] for i in range(3))
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-8)
    # Leaning by the growth of the rings and the drift of their centres.
    lean = (x * row[12] + y * row[13] + z * row[14]) * scale + row[11]
    x, y, z = (n * scale - lean * row[15 + i] for i, n in enumerate((x, y, z)))
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-8)
    return x * scale, y * scale, z * scale


def _round_stubs(
    rings: NDArray[np.float64],
    view: _View,
    along: Reals,
    s: Reals,
    c: Reals,
    normal: tuple[Reals, Reals, Reals],
    z: Reals,
) -> None:
    """Make what points at the camera a rounded end, in place.

    Args:
        rings: World rings.
        view: The same, straightened.
        along: (p, ROWS) 0 to 1 from the first row to the last.
        s: Across, -1 to 1.
        c: sqrt(1 - s^2).
        normal: Normals to change.
        z: Depths to change.
    """
    most = view.ends.max(1)
    stub = np.clip((most / (np.abs(view.q[:, -1]) / 2 + most + 1e-6) - 0.35) / 0.4, 0, 1)
    which = np.flatnonzero(stub > 0)
    if not len(which):
        return
    part = stub[which, None, None]
    g = np.clip(along[which] * 2 - 1, -1, 1)[:, :, None]
    cg = np.sqrt(1 - g * g)
    across, axis = view.across[which, :, None, None], view.axis[which, :, None, None]
    sg, cc = s[which] * cg, c[which] * cg
    ball = (sg * across[:, 0] + g * axis[:, 0], -sg * across[:, 1] - g * axis[:, 1], cc)
    for plane, rounded in zip(normal, ball, strict=True):
        plane[which] += part * (rounded - plane[which])
    centre = rings[which, :, 2, 0]
    nearest = (centre + np.hypot(rings[which, :, 2, 1], rings[which, :, 2, 2])).max(1)
    middle = centre.mean(1).astype(np.float32)[:, None, None]
    z[which] += part * (
        middle + (nearest.astype(np.float32)[:, None, None] - middle) * cc - z[which]
    )
