"""The mannequin's light: what colour a surface is, from its normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.mannequin.body import Body

_KEY_TINT = (1.0, 0.97, 0.92)
_FILL_TINT = (0.85, 0.95, 1.1)
_SKY_TINT = (0.94, 0.98, 1.06)
_BOUNCE_TINT = (1.1, 0.98, 0.86)
_FILL = (0.88, 0.10, 0.46)


@dataclass(frozen=True, slots=True)
class Light:
    """Where the light comes from and how much of it there is."""

    key: tuple[float, float, float] = (-0.46, 0.60, 0.65)
    """Unit direction to the main light; it throws the shadow."""
    strength: float = 1.0
    fill: float = 0.22
    sky: float = 0.44
    bounce: float = 0.26


def shade(
    normal: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    *,
    body: Body,
    light: Light,
    weave: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Shade surfaces as RGBX (p, rows, columns, 4); OpenCV warps four bytes faster than three.

    Args:
        normal: Unit normals, three planes (p, rows, columns).
        body: Whose parts they are, for colours and gloss.
        light: How they are lit.
        weave: Brightness of folds and texture, about 1, same shape as a plane.
    """
    x, y, z = normal
    kx, ky, kz = light.key
    facing = x * kx + y * ky + z * kz
    lit = np.clip((facing + 0.22) * (1 / 1.22), 0, 1)
    lit *= lit * (0.35 * light.strength) + 0.65 * light.strength
    fill = np.clip(x * _FILL[0] + y * _FILL[1] + z * _FILL[2], 0, 1) * light.fill
    edge = 1 - np.clip(z, 0, 1)
    edge = (1 - 0.30 * edge * edge) * weave
    # The highlight is widest halfway between the light and the camera.
    half = np.sqrt(2 + 2 * kz)
    shine = np.clip((facing + z) / half, 0, 1)
    shine *= shine
    shine *= shine
    shine *= shine
    shine *= shine * light.strength * body.gloss[:, None, None]
    ambient, tilt = (light.sky + light.bounce) / 2, y * ((light.sky - light.bounce) / 2)
    colour = np.zeros((*x.shape, 4), np.uint8)
    for band in range(3):
        mean = (light.sky * _SKY_TINT[band] + light.bounce * _BOUNCE_TINT[band]) / 2
        total = lit * _KEY_TINT[band] + fill * _FILL_TINT[band]
        total += tilt * (mean / ambient) + mean
        total *= edge
        total *= body.albedo[:, band, None, None]
        total += shine
        np.clip(total, 0, 1, out=total)
        np.sqrt(total, out=total)
        total *= 255
        colour[..., band] = total
    return colour
