"""The mannequin's picture: shaded parts laid over a background by depth, with face and shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.video.mannequin_body import Outfit, make_body
from poseviewer.video.mannequin_loft import COLUMNS, ROWS, see
from poseviewer.video.mannequin_motion import BONES, Build
from poseviewer.video.mannequin_shading import Light, shade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.video.mannequin_body import Body, Colour
    from poseviewer.video.mannequin_loft import Camera, Surface
    from poseviewer.video.mannequin_motion import Posture

_SHADOW_LIMBS = (
    ("left_hip", "left_knee", 0.15), ("left_knee", "left_ankle", 0.11),
    ("right_hip", "right_knee", 0.15), ("right_knee", "right_ankle", 0.11),
    ("left_shoulder", "left_elbow", 0.09), ("left_elbow", "left_wrist", 0.08),
    ("right_shoulder", "right_elbow", 0.09), ("right_elbow", "right_wrist", 0.08),
    ("left_shoulder", "right_hip", 0.22), ("right_shoulder", "left_hip", 0.22),
    ("neck", "head_top", 0.17), ("left_heel", "left_big_toe", 0.10),
    ("right_heel", "right_big_toe", 0.10),
)  # fmt: skip


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

    def paint(
        self, canvas: NDArray[np.uint8], *, posture: Posture, camera: Camera, shadow: bool = True
    ) -> None:
        """Paint the figure on an RGB canvas (h, w, 3), in place, in front of what is there."""
        if shadow:
            _paint_shadow(canvas, posture=posture, camera=camera, light=self.light)
        rings = self._body.pose(posture)
        halo = max(camera.scale * 0.03, 2.0)
        surface = see(rings, camera=camera, margin=halo)
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
                _paint_face(colour, posture, camera, self.outfit, origin=(x0, y0))
            _lay(
                canvas[y0:y1, x0:x1],
                depth[y0:y1, x0:x1],
                colour,
                shape,
                halo=halo,
                join=float(self._body.join[part]),
            )


def _weave(body: Body) -> NDArray[np.float32]:
    """Folds of cloth and strands of hair as brightness about 1, per part."""
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
    """Colour and shape of one part over a window of frame pixels."""
    x0, y0, x1, y1 = window
    affine = surface.to_texture[part].copy()
    affine[:, 2] += affine[:, :2] @ (x0, y0)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (x1 - x0, y1 - y0)
    colour = cv2.warpAffine(texture, affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    shape = cv2.warpAffine(
        surface.shape[part], affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(colour, np.uint8), np.asarray(shape, np.float32)


def _lay(
    canvas: NDArray[np.uint8],
    depth: NDArray[np.float32],
    colour: NDArray[np.uint8],
    shape: NDArray[np.float32],
    *,
    halo: float,
    join: float,
) -> None:
    """Blend one part over what is there, by coverage and depth; darken what is close behind."""
    inside, z = np.ascontiguousarray(shape[..., 0]), np.ascontiguousarray(shape[..., 1])
    ahead = z - depth
    cover = np.clip(inside + 0.5, 0, 1)
    weight = np.clip(ahead * (1 / join) + 0.5, 0, 1)
    weight *= cover
    # Light that a part in front keeps from what is just behind it.
    dim = np.clip(inside * (0.34 / halo) + 0.34, 0, 0.34)
    dim *= np.clip(ahead * 14 - 0.3, 0, 1)
    dim[depth < -50] = 0
    black = np.zeros_like(canvas)
    dimmed = cv2.blendLinear(black, canvas, dim, 1 - dim)
    canvas[:] = cv2.blendLinear(colour, dimmed, weight, 1 - weight)
    np.maximum(depth, np.where(cover > 0.5, z, -100), out=depth)


# ---- face ----------------------------------------------------------------------------------


def _on_face(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 3) of the face at millimetres x, y of the head's axes, in metres."""
    wide = np.interp(y, [-25, 5, 45, 95, 140], [47, 60, 69, 75, 75])
    deep = np.interp(y, [-25, 5, 45, 95, 140], [48, 68, 86, 95, 95])
    ahead = np.interp(y, [-25, 5, 45, 95, 140], [49, 30, 14, 6, 2])
    z = ahead + deep * np.sqrt(np.maximum(1 - (x / wide) ** 2, 0)) + 1
    return np.stack([x, y, z], axis=1) / 1000


def _oval(x: float, y: float, a: float, b: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    return _on_face(x + a * np.cos(angle), y + b * np.sin(angle))


def _features(outfit: Outfit) -> list[tuple[NDArray[np.float64], Colour, float]]:
    """Outlines on the face with their sRGB colours and opacity, back to front."""
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
            (_oval(32.0 * side, 113, 18, 3.6), brow, 0.9),
        ]
    mouth = np.array([[-25, 25], [-12, 26], [-4, 28], [0, 27], [4, 28], [12, 26], [25, 25],
                      [13, 16.5], [0, 14], [-13, 16.5]], float)  # fmt: skip
    line = np.array([[-25, 25.4], [-12, 22.4], [0, 21.6], [12, 22.4], [25, 25.4], [12, 20.6],
                     [0, 19.6], [-12, 20.6]], float)  # fmt: skip
    found.append((_on_face(mouth[:, 0], mouth[:, 1]), lip, 0.85))
    found.append((_on_face(line[:, 0], line[:, 1]), tuple(skin * (0.45, 0.3, 0.3)), 0.9))
    return found


def _paint_face(
    patch: NDArray[np.uint8],
    posture: Posture,
    camera: Camera,
    outfit: Outfit,
    *,
    origin: tuple[int, int],
) -> None:
    """Draw eyes, brows and mouth on the head's patch where they face the camera."""
    head = BONES.index("head")
    turn, place = posture.turns[head], posture.origins[head]
    middle = np.array([0.0, 0.06, 0.0])
    for outline, colour, opacity in _features(outfit):
        towards = (turn @ (outline.mean(axis=0) - middle))[2] / 0.1
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
    coarse = max(round(camera.scale / 48), 1)
    top = max(int(camera.floor - camera.scale * 0.6), 0)
    small = (-(-width // coarse), -(-(height - top) // coarse))
    if height - top < coarse:
        return
    thrown, touch = np.zeros(small[::-1], np.uint8), np.zeros(small[::-1], np.uint8)
    joints = posture.joints()
    key = np.array(light.key)
    for a, b, thick in _SHADOW_LIMBS:
        ends = np.stack([joints[a], joints[b]])
        floor = ends - key * (np.maximum(ends[:, 1:2], 0) / key[1])
        _stroke(thrown, floor, thick, camera, coarse, top)
        if a.endswith("heel"):
            near = np.exp(-max(float(ends[:, 1].min()) - 0.02, 0.0) / 0.09)
            _stroke(touch, ends * (1, 0, 1), 0.12, camera, coarse, top, value=255 * near)
    thrown = cv2.GaussianBlur(thrown, (0, 0), camera.scale * 0.055 / coarse, dst=thrown)
    touch = cv2.GaussianBlur(touch, (0, 0), camera.scale * 0.022 / coarse, dst=touch)
    dark = thrown.astype(np.float32) * (0.40 / 255) + touch.astype(np.float32) * (0.42 / 255)
    dark = np.minimum(dark, 0.72)
    floor_part = canvas[top:]
    dark = cv2.resize(dark, (small[0] * coarse, small[1] * coarse))[: height - top, :width]
    dark = np.ascontiguousarray(dark)
    floor_part[:] = cv2.blendLinear(np.zeros_like(floor_part), floor_part, dark, 1 - dark)


def _stroke(
    mask: NDArray[np.uint8],
    ends: NDArray[np.float64],
    thick: float,
    camera: Camera,
    coarse: int,
    top: int,
    *,
    value: float = 255,
) -> None:
    """One limb on the floor as a thick flattened line of the coarse mask."""
    flat = ends.copy()
    flat[:, 1] = 0
    at, _ = camera.project(flat)
    a, b = ((at - (0, top)) / coarse * 16).round().astype(int).tolist()
    width = max(round(thick * 0.6 * camera.scale / coarse), 1)
    cv2.line(mask, a, b, value, width, cv2.LINE_AA, 4)
