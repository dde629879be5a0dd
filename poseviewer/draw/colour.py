"""Colours as tables: belief maps, sides of the body, people; safe for colour-blind eyes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

RIGHT: Colour = (255, 146, 76)
LEFT: Colour = (64, 172, 255)
MIDDLE: Colour = (255, 255, 255)
SIDES: dict[str, Colour] = {"right": RIGHT, "left": LEFT, "middle": MIDDLE}
"""Of `Skeleton.side`: orange and blue differ for every kind of colour blindness."""

CASING: Colour = (16, 18, 22)
"""Drawn beneath thin lines so that they stand out on any frame."""

GHOST: Colour = (198, 162, 196)
"""The skeleton of an earlier stage."""

TRUTH: Colour = (110, 245, 170)
"""The true skeleton."""

DRAWING: Colour = (255, 221, 56)
"""What a person draws on a clip."""
CORRECTED: Colour = (242, 193, 78)
"""What a person has corrected."""

PEOPLE: tuple[Colour, ...] = (
    (248, 250, 30),
    (20, 235, 138),
    (255, 110, 255),
    (144, 176, 191),
    (221, 178, 30),
    (192, 255, 228),
)
"""Chosen so that any two differ by 20 and more in CIE Lab for every kind of colour blindness."""

# Green, pink, yellow, lilac and grey after Okabe and Ito (2008), lightened or darkened for the
# canvas. Neither orange nor blue: those mean right and left on the frame.
_ANGLES_DARK: tuple[Colour, ...] = (
    (47, 208, 154), (240, 140, 200), (240, 228, 66), (185, 180, 255), (201, 206, 214),
)  # fmt: skip
_ANGLES_LIGHT: tuple[Colour, ...] = (
    (0, 122, 88), (176, 58, 128), (125, 111, 0), (91, 81, 196), (77, 85, 96),
)  # fmt: skip
# Angles that are often looked at together get different colours.
_ANGLE_HUES = {
    "knee": 0, "hip": 1, "ankle": 2, "elbow": 2, "shoulder": 3, "trunk": 4, "head": 3,
    "thigh": 1, "shank": 0, "foot": 2, "arm": 3, "forearm": 2, "pelvis": 1, "shoulders": 0,
}  # fmt: skip

COLORMAPS = ("inferno", "magma", "viridis", "cividis", "turbo")
"""Maps for belief, darkest first; all but turbo rise evenly in lightness."""

CYCLIC = "directions"
"""The map for angles from 0 to 360 degrees, whose ends meet."""

# Below _SILENT a belief is noise and is not drawn; from _SURE on it covers the frame.
_SILENT, _SURE = 0.04, 0.7

_DARKEST = 0.45
"""How bright the weakest vector is drawn, of its colour."""

# CIE 1931 and IEC 61966-2-1 (sRGB).
_D65 = np.array([0.95047, 1.0, 1.08883])
_XYZ_TO_RGB = np.array(
    [
        (3.2404542, -1.5371385, -0.4985314),
        (-0.9692660, 1.8760108, 0.0415560),
        (0.0556434, -0.2040259, 1.0572252),
    ]
)


def side_colour(side: str) -> Colour:
    """The colour of `left`, `right` or `middle`."""
    return SIDES[side]


def person_colour(number: int) -> Colour:
    """The colour of a person by number, below 0 for none; repeats after `PEOPLE` is used up."""
    return PEOPLE[number % len(PEOPLE)] if number >= 0 else MIDDLE


def angle_rgb(name: str, *, dark: bool = True) -> Colour:
    """The colour of an angle on a dark or a light canvas; left and right share it."""
    colours = _ANGLES_DARK if dark else _ANGLES_LIGHT
    plain = name.removeprefix("right ").removeprefix("left ")
    return colours[_ANGLE_HUES.get(plain, sum(plain.encode())) % len(colours)]


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with `share` (0 to 1) of `other` in it."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(colour, other, strict=True))
    return r, g, b


@cache
def lut(name: str) -> NDArray[np.uint8]:
    """The 256 RGB colours of a map, (256, 3), read-only.

    Args:
        name: One of `COLORMAPS`, `directions`, or `signed` (blue below the middle, orange above).

    Raises:
        ValueError: There is no such map.
    """
    if name == "signed":
        table = _signed()
    elif name == CYCLIC:
        table = _directions()
    elif name in COLORMAPS:
        # Imported here because the window wants the colours of joints before it needs OpenCV.
        import cv2

        ramp = np.arange(256, dtype=np.uint8)[:, None]
        bgr = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))
        table = np.ascontiguousarray(bgr[:, 0, ::-1])
    else:
        msg = f"no colour map {name!r}; known: {', '.join((*COLORMAPS, CYCLIC, 'signed'))}"
        raise ValueError(msg)
    table.flags.writeable = False
    return table


@cache
def alpha_curve() -> NDArray[np.float32]:
    """The opacity of each value, (256,) from 0 to 1, rising, 0 at 0."""
    value = np.linspace(0.0, 1.0, 256)
    part = np.clip((value - _SILENT) / (_SURE - _SILENT), 0.0, 1.0)
    curve = (part * part * (3 - 2 * part)).astype(np.float32)
    curve.flags.writeable = False
    return curve


@cache
def lut32(name: str) -> NDArray[np.uint32]:
    """The colours of a map as 0xffRRGGBB (256,), the layout of QImage.Format_RGB32."""
    return pack(lut(name).astype(np.float64))


@cache
def layer_lut(name: str, opacity: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The colour that a value adds to the frame, and the share of the frame that remains.

    Args:
        name: A colour map.
        opacity: 0 to 1, the alpha of the strongest belief.

    Returns:
        Premultiplied RGB (256, 3) and the frame's remaining share (256,), 255 for all of it.
    """
    alpha = alpha_curve().astype(np.float64) * opacity
    added = np.rint(lut(name) * alpha[:, None]).astype(np.uint8)
    left = np.rint(255 * (1 - alpha)).astype(np.uint8)
    return added, left


@cache
def layer_lut32(name: str, opacity: float) -> NDArray[np.uint32]:
    """`layer_lut` as one word, the layout of QImage.Format_ARGB32_Premultiplied."""
    added, left = layer_lut(name, opacity)
    return pack(added.astype(np.float64), alpha=255 - left.astype(np.float64))


@cache
def field_lut32(
    opacity: float, *, directions: int = 256, strengths: int = 256
) -> NDArray[np.uint32]:
    """Colours of vectors: hue by direction, brightness and cover by strength.

    Args:
        opacity: 0 to 1, the alpha of the strongest.
        directions: Steps from 0 to 360 degrees, clockwise on the screen from the x axis.
        strengths: Steps from nothing to the strongest.

    Returns:
        (directions * strengths,) by direction * strengths + strength, the layout of
        QImage.Format_ARGB32_Premultiplied.
    """
    hue = lut(CYCLIC)[np.arange(directions) * 256 // directions].astype(np.float64)
    strength = np.linspace(0.0, 1.0, strengths)
    alpha = np.interp(strength, np.linspace(0.0, 1.0, 256), alpha_curve()) * opacity
    bright = (_DARKEST + (1 - _DARKEST) * strength) * alpha
    rgb = hue[:, None, :] * bright[None, :, None]
    return pack(rgb.reshape(-1, 3), alpha=np.tile(alpha * 255, directions))


@cache
def field_glow_lut32(
    *, directions: int, strengths: int, levels: int, brightest: float = 255.0
) -> NDArray[np.uint32]:
    """A vector field over a grey image: (direction * strengths + strength) * levels + grey.

    Args:
        directions: As in `field_lut32`.
        strengths: As in `field_lut32`.
        levels: Shades of the grey image.
        brightest: Of them, 0 to 255.

    Returns:
        (directions * strengths * levels,) of 0xffRRGGBB.
    """
    words = field_lut32(1.0, directions=directions, strengths=strengths)[:, None]
    left = 255 - (words >> 24)
    grey = np.linspace(0.0, brightest, levels)[None]
    rgb = [((words >> shift) & 255) + grey * (left / 255) for shift in (16, 8, 0)]
    return pack(np.stack(rgb, axis=2).reshape(-1, 3))


@cache
def glow_lut32(name: str, levels: int, *, brightest: float = 255.0) -> NDArray[np.uint32]:
    """A belief (256) over a grey image: value * levels + grey.

    In the map `signed` the middle is no value, where the grey image alone is seen.

    Args:
        name: Of the colour map.
        levels: Shades of the grey image.
        brightest: Of them, 0 to 255.

    Returns:
        (256 * levels,) of 0xffRRGGBB.
    """
    alpha = alpha_curve().astype(np.float64)[:, None, None]
    if name == "signed":
        alpha = np.interp(np.abs(np.linspace(-255, 255, 256)), np.arange(256), alpha[:, 0, 0])
        alpha = alpha[:, None, None]
    grey = np.linspace(0.0, brightest, levels)[None, :, None]
    rgb = lut(name).astype(np.float64)[:, None, :] * alpha + grey * (1 - alpha)
    return pack(rgb.reshape(-1, 3))


def pack(
    rgb: NDArray[np.float64] | NDArray[np.uint8], *, alpha: float | NDArray[np.float64] = 255.0
) -> NDArray[np.uint32]:
    """Colours (n, 3) of 0 to 255 as 0xAARRGGBB (n,)."""
    r, g, b = np.rint(rgb).astype(np.uint32).T
    a = np.broadcast_to(np.rint(alpha), r.shape).astype(np.uint32)
    packed: NDArray[np.uint32] = (a << 24) | (r << 16) | (g << 8) | b
    packed.flags.writeable = False
    return packed


def _directions() -> NDArray[np.uint8]:
    """A circle tilted in CIE Lab, so that lightness shows what colour blindness hides.

    Yellow to the right and blue to the left differ for eyes without red or green cones; green
    and red differ for those without blue ones; and lightness turns with the angle for all.
    """
    angle = np.linspace(0.0, 2 * np.pi, 256, endpoint=False)
    light = 70 + 22 * np.sin(angle + 0.4)
    red, yellow = -30 * np.sin(angle), 42 * np.cos(angle)
    return _from_lab(light, red, yellow)


def _from_lab(
    light: NDArray[np.float64], red: NDArray[np.float64], yellow: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Colours of CIE Lab (L, a and b, each (n,)) as sRGB (n, 3)."""
    y = (light + 16) / 116
    f = np.stack([y + red / 500, y, y - yellow / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _D65[:, None]
    linear = np.clip(_XYZ_TO_RGB @ xyz, 0.0, 1.0)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.ascontiguousarray(np.rint(255 * rgb.T).astype(np.uint8))


def _signed() -> NDArray[np.uint8]:
    """Blue through near-black to orange: lightness shows the size, hue the sign.

    Of two values of one size and opposite signs both are as light, in CIE Lab.
    """
    value = np.linspace(-1.0, 1.0, 256)
    size, stops = np.abs(value), (0.0, 0.55, 1.0)
    below = [np.interp(size, stops, ends) for ends in ((0, 6, -14), (0, -50, -22))]
    over = [np.interp(size, stops, ends) for ends in ((0, 34, 10), (0, 52, 40))]
    red, yellow = (np.where(value < 0, a, b) for a, b in zip(below, over, strict=True))
    return _from_lab(5 + 80 * size, red, yellow)
