"""The mannequin's body and clothes: coloured lofts of elliptical rings about the bones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from poseviewer.mannequin.motion import BONES, Build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.mannequin.motion import Posture

Colour = tuple[float, float, float]

FINE = 22
"""Rings of a loft after smoothing."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """What one figure wears and looks like; colours are sRGB, 0 to 1."""

    skin: Colour = (0.87, 0.67, 0.56)
    hair: Colour = (0.22, 0.15, 0.11)
    shirt: Colour = (0.10, 0.46, 0.52)
    trousers: Colour = (0.17, 0.19, 0.25)
    shoes: Colour = (0.66, 0.68, 0.71)
    sole: Colour = (0.93, 0.93, 0.92)
    long_sleeves: bool = False
    shorts: bool = False
    long_hair: bool = False
    girth: float = 1.0
    """Thickness of trunk and limbs relative to the standard."""


class _Section(NamedTuple):
    bone: str
    along: float
    """Metres along the bone's Y axis."""
    x: float
    ahead: float
    """Metres of the centre forwards."""
    a: float
    """Half width."""
    b: float
    """Half depth."""


class _Loft(NamedTuple):
    name: str
    material: str
    rings: tuple[_Section, ...]


def _rings(bone: str, rows: str, *, mirror: int = 1, flip: bool = False) -> tuple[_Section, ...]:
    """Parse rings written as `along x ahead a b` in millimetres, separated by commas.

    A row may start with its own bone; `flip` counts along downwards, as limbs hang.
    """
    found = []
    for row in rows.split(","):
        words = row.split()
        name = bone
        if words[0].isidentifier():
            name = words.pop(0)
        along, x, ahead, a, b = (float(word) / 1000 for word in words)
        found.append(_Section(name, -along if flip else along, x * mirror, ahead, a, b))
    return tuple(found)


_HIPS = """pelvis -112 0 -6 52 56, pelvis -92 0 -10 104 94, pelvis -55 0 -14 148 114,
 pelvis 0 0 -12 163 118, pelvis 55 0 -2 156 106, pelvis 100 0 2 146 98, abdomen 10 0 3 140 94,
 abdomen 30 0 3 118 78"""
_SHIRT = """pelvis -24 0 -8 187 136, pelvis 10 0 -6 182 131, pelvis 50 0 -2 172 119,
 pelvis 100 0 3 158 109, abdomen 25 0 5 151 106, abdomen 90 0 5 156 109, chest 0 0 6 165 115,
 chest 60 0 8 173 120, chest 115 0 6 178 118, chest 165 0 1 178 110, chest 203 0 -5 174 95,
 chest 230 0 -9 158 78, chest 248 0 -10 128 66, chest 262 0 -9 98 60, chest 274 0 -7 74 56,
 chest 281 0 -6 64 54"""
_NECK = """chest 235 0 -10 62 54, chest 262 0 -4 60 58, neck 20 0 0 52 56, neck 55 0 4 50 55,
 neck 85 0 6 52 57, neck 120 0 8 46 50"""
_HEAD = """-42 0 62 14 14, -36 0 56 34 34, -22 0 48 48 48, 5 0 30 60 68, 45 0 14 69 86,
 95 0 6 75 95, 140 0 2 75 95, 180 0 -2 62 78, 202 0 -4 36 46, 209 0 -4 10 12"""
_HAIR = """22 0 -62 20 10, 30 0 -58 44 26, 46 0 -46 66 48, 68 0 -36 76 62, 102 0 -27 82.5 79,
 140 0 -17 84.5 92, 172 0 -7 80 94, 198 0 -3 64 80, 214 0 -4 40 52, 222 0 -4 14 18"""
_LONG_HAIR = """-95 0 -72 60 16, -70 0 -66 80 30, -20 0 -50 86 44, 40 0 -38 88 62,
 100 0 -26 86 82, 140 0 -14 86 98, 172 0 -4 81 103, 198 0 0 65 85, 214 0 -2 40 52, 223 0 -3 14 18"""
_EAR = "30 76 -8 4 8, 42 79 -8 8 13, 65 82 -10 9 17, 82 81 -12 7 15, 92 78 -12 3 7"
_NOSE = "104 0 92 7 7, 88 0 97 9 10, 66 0 102 12 16, 54 0 104 16 17, 45 0 98 13 10, 42 0 92 6 6"
_SLEEVE = """-47 -14 -5 12 14, -42 -14 -5 30 34, -26 -12 -4 46 50, 0 -7 -2 56 60, 40 -1 0 58 61,
 90 0 0 56 59, 150 0 0 57 59, 172 0 0 58 60, 180 0 0 58 60"""
_UPPER_ARM = """-40 0 0 26 26, -20 0 0 44 46, 20 0 0 51 53, 90 0 1 47 52, 150 0 3 44 49,
 220 0 2 41 42, 280 0 0 40 40, 315 0 0 37 38, 333 0 0 22 24"""
_BARE_ARM = """70 0 1 20 22, 80 0 1 44 48, 110 0 1 46 51, 150 0 3 44 49,
 220 0 2 41 42, 280 0 0 40 40, 315 0 0 37 38, 333 0 0 22 24"""
_FOREARM = """-34 0 0 18 20, -20 0 0 34 34, 15 0 1 42 42, 60 3 2 44 43, 120 2 2 40 37,
 190 0 1 31 28, 245 0 0 27 24, 268 0 0 25 21"""
_HAND = """-14 0 0 20 20, 8 0 0 22 27, 40 0 2 18 39, 75 0 4 16 43, 95 0 6 15 42, 130 -2 9 14 38,
 160 -6 11 12 31, 178 -9 12 8 18, 184 -10 12 4 8"""
_THUMB = """12 -4 26 12 14, 35 -6 40 13 14, 60 -8 52 11 12, 85 -9 58 10 10, 104 -10 59 8 8,
 111 -10 59 3 3"""
_THIGH = """-82 -4 -4 30 44, -62 -4 -8 54 74, -25 -3 -12 71 94, 25 -1 -10 81 101, 90 0 -2 84 99,
 200 -2 6 79 88, 300 -3 7 69 77, 390 -2 6 61 68, 430 0 4 58 63, 470 0 2 42 46, 486 0 2 18 20"""
_SHANK = """-62 0 2 22 24, -44 0 4 44 50, 0 0 4 58 64, 50 0 -2 58 64, 120 2 -15 59 67,
 190 2 -12 56 61, 280 1 -3 50 53, 350 0 2 48 51, 396 0 3 48 53, 412 0 4 47 53"""
_BARE_SHANK = """-60 0 4 20 22, -40 0 6 42 46, 0 0 6 51 56, 50 0 -2 49 56, 120 2 -16 52 62,
 190 2 -14 46 54, 280 1 -5 35 41, 350 0 0 31 37, 396 0 0 32 38, 425 0 0 30 36"""
_SOCK = "368 0 1 34 40, 385 0 2 35 42, 405 0 4 36 45, 440 0 8 34 44"
_SHORTS = """-82 -4 -4 30 44, -62 -4 -8 58 78, -25 -3 -12 79 102, 25 -1 -10 89 107, 90 0 -2 93 108,
 200 -2 4 95 106, 300 -3 5 93 103, 330 -3 5 92 102"""
_BARE_THIGH = """200 -2 6 72 82, 300 -3 7 62 70, 390 -2 6 54 60, 430 0 4 52 57, 470 0 2 38 42,
 486 0 2 16 18"""
_SHOE = """-84 -2 62 44 124, -76 -2 62 49 129, -66 -2 60 50 126, -54 -2 53 49 115, -42 -1 40 46 97,
 -28 0 20 43 73, -12 0 2 41 54, 4 0 -6 37 45, 12 0 -6 33 40"""
_SOLE = """-93 -3 62 44 122, -90 -3 62 49 128, -84 -3 62 51.5 132, -77 -3 62 51.5 132,
 -73 -3 62 49 128, -71 -3 62 46 124"""


def lofts(outfit: Outfit) -> tuple[_Loft, ...]:
    """Return every part of a figure in this outfit."""
    parts = [
        _Loft("hips", "trousers", _rings("pelvis", _HIPS)),
        _Loft("shirt", "shirt", _rings("chest", _SHIRT)),
        _Loft("neck", "skin", _rings("neck", _NECK)),
        _Loft("head", "skin", _rings("head", _HEAD)),
        _Loft("hair", "hair", _rings("head", _LONG_HAIR if outfit.long_hair else _HAIR)),
        _Loft("nose", "skin", _rings("head", _NOSE)),
    ]
    for side, mirror in (("left", 1), ("right", -1)):
        parts += _side(outfit, side, mirror)
    return tuple(parts)


def _side(outfit: Outfit, side: str, mirror: int) -> list[_Loft]:
    def loft(name: str, material: str, bone: str, rows: str) -> _Loft:
        down = bone not in ("head", "foot")
        owner = bone if bone == "head" else f"{side}_{bone}"
        rings = _rings(owner, rows, mirror=mirror, flip=down)
        return _Loft(f"{side}_{name}", material, rings)

    arm = "shirt" if outfit.long_sleeves else "skin"
    parts = [
        loft("ear", "skin", "head", _EAR),
        loft("sleeve", "shirt", "upper_arm", _SLEEVE),
        loft("upper_arm", arm, "upper_arm", _UPPER_ARM if outfit.long_sleeves else _BARE_ARM),
        loft("forearm", arm, "forearm", _FOREARM),
        loft("hand", "skin", "hand", _HAND),
        loft("thumb", "skin", "hand", _THUMB),
        loft("shoe", "shoes", "foot", _SHOE),
        loft("sole", "sole", "foot", _SOLE),
    ]
    if outfit.shorts:
        parts += [
            loft("shorts", "trousers", "thigh", _SHORTS),
            loft("thigh", "skin", "thigh", _BARE_THIGH),
            loft("shank", "skin", "shank", _BARE_SHANK),
            loft("sock", "sole", "shank", _SOCK),
        ]
    else:
        parts += [
            loft("thigh", "trousers", "thigh", _THIGH),
            loft("shank", "trousers", "shank", _SHANK),
        ]
    return parts


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A figure's lofts as arrays, p parts of FINE rings each, ready to be posed."""

    names: tuple[str, ...]

    albedo: NDArray[np.float32]
    """(p, 3) linear reflectance."""

    gloss: NDArray[np.float32]
    """(p,) strength of the highlight."""

    join: NDArray[np.float32]
    """(p,) metres of depth over which a part melts into what it touches."""

    order: NDArray[np.float64]
    """(p,) metres by which a part counts as nearer when deciding what is painted last."""

    bone: NDArray[np.int64]
    """(p, c) bone of each of c control rings (short lofts repeat their last one)."""

    control: NDArray[np.float64]
    """(p, c, 3, 3) columns: centre, half width and half depth in the bone's axes."""

    smooth: NDArray[np.float64]
    """(p, FINE, c) weights from control rings to rings."""

    def pose(self, posture: Posture) -> NDArray[np.float64]:
        """Return world rings (p, FINE, 3, 3); the last axis is centre, half width, half depth."""
        world = posture.turns[self.bone] @ self.control
        world[..., 0] += posture.origins[self.bone]
        p, c = self.bone.shape
        rings: NDArray[np.float64] = (self.smooth @ world.reshape(p, c, 9)).reshape(p, -1, 3, 3)
        return rings


def make_body(outfit: Outfit, *, build: Build) -> Body:
    """Make the arrays of a figure."""
    parts = lofts(outfit)
    most = max(len(part.rings) for part in parts)
    bone = np.zeros((len(parts), most), np.int64)
    control = np.zeros((len(parts), most, 3, 3))
    smooth = np.zeros((len(parts), FINE, most))
    for p, part in enumerate(parts):
        for c, ring in enumerate(part.rings):
            bone[p, c] = BONES.index(ring.bone)
            control[p, c] = _columns(ring, outfit.girth, build)
        smooth[p, :, : len(part.rings)] = _catmull_rom(len(part.rings))
    colours = np.array([getattr(outfit, part.material) for part in parts], np.float32)
    gloss = {"skin": 0.14, "hair": 0.16, "shoes": 0.12}
    melting = ("arm", "forearm", "hand", "thumb", "thigh", "shank", "nose", "ear", "hips")
    return Body(
        tuple(part.name for part in parts),
        colours**2,
        np.array([gloss.get(part.material, 0.02) for part in parts], np.float32),
        np.array([0.016 if p.name.endswith(melting) else 0.005 for p in parts], np.float32),
        np.array([_ORDER.get(_plain(part.name), 0.0) for part in parts]),
        bone,
        control,
        smooth,
    )


_STANDARD = Build()
_ORDER = {
    "shirt": 0.03, "upper_arm": -0.06, "hair": 0.01, "nose": 0.02, "sleeve": 0.04, "thigh": -0.08,
    "hips": -0.02,    "shoe": -0.08, "sole": -0.09,
}  # fmt: skip


def _columns(ring: _Section, girth: float, build: Build) -> NDArray[np.float64]:
    """Return the centre, half width and half depth of a ring as columns, fitted to a build."""
    along, x = ring.along, ring.x
    plain = _plain(ring.bone)
    if plain in ("thigh", "shank", "upper_arm", "forearm"):
        along *= getattr(build, plain) / getattr(_STANDARD, plain)
    wide = girth
    if plain in ("pelvis", "abdomen", "chest"):
        along *= build.spine
        wide *= build.shoulder / _STANDARD.shoulder if plain == "chest" else 1.0
    elif plain in ("head", "hand", "foot", "neck"):
        girth = wide = 1.0
    centre = [x * wide, along, ring.ahead * girth]
    return np.array([centre, [ring.a * wide, 0.0, 0.0], [0.0, 0.0, ring.b * girth]]).T


def _plain(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def _catmull_rom(count: int) -> NDArray[np.float64]:
    """Return the weights (FINE, count) of a Catmull-Rom curve through `count` control values."""
    weights = np.zeros((FINE, count))
    for row, u in enumerate(np.linspace(0, count - 1, FINE)):
        k = min(int(u), count - 2)
        t = u - k
        basis = (
            (-t + 2 * t**2 - t**3) / 2,
            (2 - 5 * t**2 + 3 * t**3) / 2,
            (t + 4 * t**2 - 3 * t**3) / 2,
            (t**3 - t**2) / 2,
        )
        for offset, weight in zip((-1, 0, 1, 2), basis, strict=True):
            weights[row, min(max(k + offset, 0), count - 1)] += weight
    return weights
