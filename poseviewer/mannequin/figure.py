"""The mannequin's picture: shaded parts laid over a background by depth, with face and shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.mannequin.body import Outfit, make_body
from poseviewer.mannequin.loft import COLUMNS, ROWS, see
from poseviewer.mannequin.motion import BONES, Build
from poseviewer.mannequin.shading import Light, shade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.mannequin.body import Body, Colour
    from poseviewer.mannequin.loft import Camera, Surface
    from poseviewer.mannequin.motion import Posture

_SHADOW_LIMBS = (
    ("left_hip", "left_knee", 0.15), ("left_knee", "left_ankle", 0.11),
    ("right_hip", "right_knee", 0.15), ("right_knee", "right_ankle", 0.11),
    ("left_shoulder", "left_elbow", 0.09), ("left_elbow", "left_wrist", 0.08),
    ("right_shoulder", "right_elbow", 0.09), ("right_elbow", "right_wrist", 0.08),
    ("left_shoulder", "right_hip", 0.22), ("right_shoulder", "left_hip", 0.22),
    ("neck", "head_top", 0.17), ("left_heel", "left_big_toe", 0.10),
    ("right_heel", "right_big_toe", 0.10),
)  # fmt: skip


_SHADING = ("head", "arm", "hand", "sleeve", "thigh", "shank")
"""Parts that keep light from what is close behind them."""

_DIM = 0.34
"""Part of the light that a limb keeps from what it nearly touches."""


class Figure:
    """One dressed body that can be painted in any posture; not thread-safe."""

    def __init__(
        self, outfit: Outfit, *, build: Build | None = None, light: Light | None = None
    ) -> None:
        self.outfit = outfit
        self.build = build or Build()
        self.light = light or Light()
        self._body = make_body(outfit, build=self.build)
        self._weave = _weave(self._body)
        self._head = self._body.names.index("head")
        self._shading = np.array([name.endswith(_SHADING) for name in self._body.names])
        self._features = _features(outfit)

    def paint(
        self, canvas: NDArray[np.uint8], *, posture: Posture, camera: Camera, shadow: bool = True
    ) -> None:
        """Paint the figure on an RGB canvas (h, w, 3), in place, in front of what is there."""
        if shadow:
            _paint_shadow(canvas, posture=posture, camera=camera, light=self.light)
        rings = self._body.pose(posture)
        halo = max(camera.scale * 0.022, 2.0)
        margin = np.where(self._shading, np.float32(halo), np.float32(2))
        surface = see(rings, camera=camera, margin=margin)
        colours = shade(surface.normal, body=self._body, light=self.light, weave=self._weave)
        height, width = canvas.shape[:2]
        low = np.floor(surface.corners.min(axis=1)).astype(int)
        high = np.ceil(surface.corners.max(axis=1)).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, (width, height))
        depth = np.full((height, width), -100.0, np.float32)
        for part in np.argsort(rings[:, :, 2, 0].mean(axis=1) + self._body.order):
            (x0, y0), (x1, y1) = low[part].tolist(), high[part].tolist()
            if x1 <= x0 or y1 <= y0:
                continue
            colour, shape = _warped(colours[part], surface, int(part), (x0, y0, x1, y1))
            if part == self._head:
                _paint_face(colour, posture, camera, self._features, origin=(x0, y0))
            _lay(
                canvas[y0:y1, x0:x1],
                depth[y0:y1, x0:x1],
                colour,
                shape,
                halo=halo if self._shading[part] else None,
                join=float(self._body.join[part]),
            )


def _weave(body: Body) -> NDArray[np.float32]:
    """Return the folds of cloth and strands of hair as brightness about 1, per part."""
    random = np.random.default_rng(7)
    weave = np.ones((len(body.names), ROWS, COLUMNS), np.float32)
    for part, name in enumerate(body.names):
        coarse = random.normal(size=(8, 5)).astype(np.float32)
        if name == "hair":
            coarse = random.normal(size=(6, 22)).astype(np.float32)
        strength = 0.10 if name == "hair" else 0.05 if body.gloss[part] < 0.05 else 0.012
        weave[part] += strength * cv2.resize(coarse, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)
    return weave


def _warped(
    texture: NDArray[np.uint8], surface: Surface, part: int, window: tuple[int, int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the colour and shape of one part over a window of frame pixels."""
    x0, y0, x1, y1 = window
    affine = surface.to_texture[part].copy()
    affine[:, 2] += affine[:, :2] @ (x0, y0)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (x1 - x0, y1 - y0)
    colour = cv2.warpAffine(
        texture,
        affine,
        size,
        flags=flags,
        borderMode=cv2.BORDER_REPLICATE,
        hint=cv2.ALGO_HINT_APPROX,
    )
    shape = cv2.warpAffine(
        surface.shape[part], affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGBA2RGB), np.uint8), np.asarray(
        shape, np.float32
    )


def _lay(
    canvas: NDArray[np.uint8],
    depth: NDArray[np.float32],
    colour: NDArray[np.uint8],
    shape: NDArray[np.float32],
    *,
    halo: float | None,
    join: float,
) -> None:
    """Blend one part over what is there, by coverage and depth.

    Args:
        canvas: RGB, changed in place.
        depth: World depth of what is painted, changed in place.
        colour: RGB of the part.
        shape: Pixels inside its outline and its depth.
        halo: Pixels around the part where what is close behind it is darkened; None for none.
        join: Metres of depth over which it melts into what it touches.
    """
    inside, z = cv2.extractChannel(shape, 0), cv2.extractChannel(shape, 1)
    ahead = z - depth
    cover = _ramp(inside + 0.5)
    weight = _ramp(ahead * np.float32(1 / join) + 0.5)
    weight *= cover
    if halo is not None:
        # Light that a part in front keeps from what is just behind it; the room is far behind.
        dim = _ramp(ahead * 14 - 0.3)
        dim *= ahead < 50
        if dim.any():
            dim *= _ramp(inside * np.float32(1 / halo) + 1)
            dim *= _DIM
            canvas[:] = cv2.blendLinear(np.zeros_like(canvas), canvas, dim, 1 - dim)
    canvas[:] = cv2.blendLinear(colour, canvas, weight, 1 - weight)
    np.copyto(depth, z, where=(cover > 0.5) & (ahead > 0))


def _ramp(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip `value` to 0 to 1, in place."""
    np.maximum(value, 0, out=value)
    np.minimum(value, 1, out=value)
    return value


# ---- face ----------------------------------------------------------------------------------


Feature = tuple["NDArray[np.float64]", "NDArray[np.float64]", "Colour", float]
"""Outline (n, 3) in the head's axes, where it looks, sRGB colour, opacity."""


def _on_face(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points (n, 3) of the face at millimetres x, y of the head's axes, in metres."""
    wide = np.interp(y, [-25, 5, 45, 95, 140], [47, 60, 69, 75, 75])
    deep = np.interp(y, [-25, 5, 45, 95, 140], [48, 68, 86, 95, 95])
    ahead = np.interp(y, [-25, 5, 45, 95, 140], [49, 30, 14, 6, 2])
    z = ahead + deep * np.sqrt(np.maximum(1 - (x / wide) ** 2, 0)) + 1
    return np.stack([x, y, z], axis=1) / 1000


def _oval(x: float, y: float, a: float, b: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    return _on_face(x + a * np.cos(angle), y + b * np.sin(angle))


def _features(outfit: Outfit) -> list[Feature]:
    """Return the outlines on the face with their sRGB colours and opacity, back to front."""
    skin, hair = np.array(outfit.skin), np.array(outfit.hair)
    shade = tuple(skin * (0.70, 0.62, 0.60))
    brow = tuple(hair * 0.8 + skin * 0.12)
    lip = tuple(skin * (0.80, 0.58, 0.58))
    found: list[tuple[NDArray[np.float64], Colour, float]] = []
    for side in (-1, 1):
        found += [
            (_oval(31.0 * side, 95, 17, 9), shade, 0.28),
            (_oval(31.0 * side, 93, 13.5, 6), (0.90, 0.88, 0.86), 1.0),
            (_oval(31.0 * side, 93.5, 6, 6), (0.20, 0.15, 0.12), 1.0),
            (_oval(32.0 * side, 98.5, 15, 2.2), (0.16, 0.11, 0.09), 0.9),
            (_oval(32.0 * side, 115, 17, 2.8), brow, 0.8),
        ]
    mouth = np.array([[-25, 25], [-12, 26], [-4, 28], [0, 27], [4, 28], [12, 26], [25, 25],
                      [13, 16.5], [0, 14], [-13, 16.5]], float)  # fmt: skip
    line = np.array([[-25, 25.4], [-12, 22.4], [0, 21.6], [12, 22.4], [25, 25.4], [12, 20.6],
                     [0, 19.6], [-12, 20.6]], float)  # fmt: skip
    found.append((_on_face(mouth[:, 0], mouth[:, 1]), lip, 0.85))
    found.append((_on_face(line[:, 0], line[:, 1]), tuple(skin * (0.45, 0.3, 0.3)), 0.9))
    # Where a feature looks, about 1 long: away from the middle of the head.
    middle = np.array([0.0, 0.06, 0.0])
    return [(outline, (outline.mean(axis=0) - middle) / 0.1, *rest) for outline, *rest in found]


def _paint_face(
    patch: NDArray[np.uint8],
    posture: Posture,
    camera: Camera,
    features: list[Feature],
    *,
    origin: tuple[int, int],
) -> None:
    """Draw eyes, brows and mouth on the head's patch where they face the camera."""
    head = BONES.index("head")
    turn, place = posture.turns[head], posture.origins[head]
    for outline, middle, colour, opacity in features:
        towards = float(turn[2] @ middle)
        if towards < 0.05:
            continue
        at, _ = camera.project(outline @ turn.T + place)
        points = np.round((at - origin) * 16).astype(np.int32)
        rgb = np.array(colour) * 255 * (0.80 + 0.2 * min(towards, 1.0))
        strength = opacity * min(1.0, towards / 0.3)
        bounds = cv2.boundingRect((points // 16).astype(np.int32))
        x0, y0 = max(bounds[0] - 2, 0), max(bounds[1] - 2, 0)
        part = patch[y0 : bounds[1] + bounds[3] + 3, x0 : bounds[0] + bounds[2] + 3]
        if part.size == 0:
            continue
        drawn = part.copy()
        shifted = points - np.array([x0 * 16, y0 * 16], np.int32)
        cv2.fillPoly(drawn, [shifted], tuple(rgb.tolist()), cv2.LINE_AA, 4)
        part[:] = cv2.addWeighted(drawn, strength, part, 1 - strength, 0)


# ---- shadow --------------------------------------------------------------------------------


def _paint_shadow(
    canvas: NDArray[np.uint8], *, posture: Posture, camera: Camera, light: Light
) -> None:
    """Darken the floor where the figure keeps the light from it, most where it touches."""
    height, width = canvas.shape[:2]
    joints = posture.joints()
    ends = np.array([[joints[a], joints[b]] for a, b, _ in _SHADOW_LIMBS])
    key = np.array(light.key)
    thrown = ends - key * (np.maximum(ends[..., 1:2], 0) / key[1])
    touching = ends[-2:] * (1, 0, 1)
    near = np.exp(-np.maximum(ends[-2:, :, 1].min(axis=1) - 0.02, 0) / 0.09)
    thrown[..., 1] = 0
    at, _ = camera.project(np.concatenate([thrown, touching]))
    reach = camera.scale * 0.24
    x0, y0 = np.maximum(at.min(axis=(0, 1)) - reach, 0).astype(int).tolist()
    x1, y1 = np.minimum(at.max(axis=(0, 1)) + reach, (width, height)).astype(int).tolist()
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    # Soft things need few pixels.
    coarse = max(camera.scale / 48, 1.0)
    small = (max(round((x1 - x0) / coarse), 1), max(round((y1 - y0) / coarse), 1))
    at = ((at - (x0, y0) + 0.5) / coarse - 0.5) * 16
    lines = at.round().astype(int).tolist()
    masks = np.zeros((2, small[1], small[0]), np.uint8)
    for (a, b), (_, _, thick) in zip(lines[:-2], _SHADOW_LIMBS, strict=True):
        stroke = max(round(thick * 0.6 * camera.scale / coarse), 1)
        cv2.line(masks[0], a, b, 255, stroke, cv2.LINE_AA, 4)
    for (a, b), strength in zip(lines[-2:], near, strict=True):
        stroke = max(round(0.07 * camera.scale / coarse), 1)
        cv2.line(masks[1], a, b, 255 * strength, stroke, cv2.LINE_AA, 4)
    far = cv2.GaussianBlur(masks[0], (0, 0), camera.scale * 0.055 / coarse)
    close = cv2.GaussianBlur(masks[1], (0, 0), camera.scale * 0.022 / coarse)
    dark = far.astype(np.float32) * (0.40 / 255) + close.astype(np.float32) * (0.42 / 255)
    dark = cv2.resize(np.minimum(dark, 0.72), (x1 - x0, y1 - y0))
    floor = canvas[y0:y1, x0:x1]
    floor[:] = cv2.blendLinear(np.zeros_like(floor), floor, dark, 1 - dark)
