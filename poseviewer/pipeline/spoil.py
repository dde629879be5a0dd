"""Spoils the part of a frame that a network is shown, as `core.spoil` says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.spoil import BLUR, COVERED, MOTION, NOISE, light, pixels_left
from poseviewer.core.torso import torso_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.spoil import Spoils

    Picture = NDArray[np.float32]

_GREY = 127.0
_FINE = 8.0
"""Pixels of a Gaussian's deviation that are enough to draw it."""
_LIMB = 0.16
"""Half the width of a limb, in torsos, for what is camouflaged."""


def spoilt(
    frame: Frame,
    region: Box,
    spoils: Spoils,
    *,
    people: Poses | None = None,
    second: Callable[[], NDArray[np.uint8]] | None = None,
) -> Frame:
    """A copy of a frame that is spoilt within a region; the same for the same arguments.

    Args:
        frame: The frame.
        region: What the network is shown; what of it lies outside the frame is left alone.
        spoils: What is done.
        people: Whom camouflage hides, the first of them.
        second: Gives the second person, RGB and opacity (h, w, 4).
    """
    left, top = max(int(region.x), 0), max(int(region.y), 0)
    right = min(int(np.ceil(region.x + region.width)), frame.size[0])
    bottom = min(int(np.ceil(region.y + region.height)), frame.size[1])
    if not spoils or right - left < 2 or bottom - top < 2:
        return frame
    side = max(region.width, region.height)
    part: Picture = frame.pixels[top:bottom, left:right].astype(np.float32)
    middle = (
        region.x + spoils.at[0] * region.width - left,
        region.y + spoils.at[1] * region.height - top,
    )
    if spoils.camouflage and people is not None and len(people):
        mask = _mask(people, (left, top), part.shape[:2])
        part = _camouflaged(part, mask, spoils.camouflage)
    if spoils.person and second is not None:
        _lay(part, second(), middle, round(spoils.person * region.height))
    if spoils.box:
        half = side * np.sqrt(COVERED * spoils.box) / 2
        x0, y0 = (round(max(at - half, 0)) for at in middle)
        x1, y1 = (round(max(at + half, 0)) for at in middle)
        part[y0:y1, x0:x1] = _GREY
    if spoils.dark:
        part *= light(spoils.dark)
    if spoils.small:
        part = _smaller(part, pixels_left(side, spoils.small) / side)
    if spoils.motion:
        part = _smeared(part, side * MOTION * spoils.motion)
    if spoils.blur:
        part = _blurred(part, max(side * BLUR * spoils.blur, 0.1))
    if spoils.noise:
        rng = np.random.default_rng((frame.index, left, top))
        part += NOISE * spoils.noise * rng.standard_normal(part.shape, np.float32)
    pixels = frame.pixels.copy()
    pixels[top:bottom, left:right] = np.clip(np.rint(part), 0, 255)
    return replace(frame, pixels=pixels)


def _flat(image: object) -> Picture:
    return np.asarray(image, np.float32)


def _blurred(image: Picture, sigma: float) -> Picture:
    """A picture under a Gaussian; a wide one is laid over fewer pixels, which leaves the same.

    OpenCV takes as many steps a pixel as the Gaussian is wide: most of a minute for a large frame.
    """
    shrink = int(sigma / _FINE)
    if shrink < 2:
        return _flat(cv2.GaussianBlur(image, (0, 0), sigma))
    height, width = image.shape[:2]
    size = -(-width // shrink), -(-height // shrink)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    # Shares of the two sides differ where they do not divide.
    spread = [sigma * few / many for few, many in zip(size, (width, height), strict=True)]
    small = cv2.GaussianBlur(small, (0, 0), spread[0], sigmaY=spread[1])
    return _flat(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _smaller(part: Picture, share: float) -> Picture:
    height, width = part.shape[:2]
    size = max(round(width * share), 1), max(round(height * share), 1)
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return _flat(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _smeared(part: Picture, length: float) -> Picture:
    kernel = np.ones((1, max(round(length), 1) | 1), np.float32)
    return _flat(cv2.filter2D(part, -1, kernel / kernel.size, borderType=cv2.BORDER_REPLICATE))


def _lay(part: Picture, person: NDArray[np.uint8], middle: tuple[float, float], tall: int) -> None:
    """Lay a person over a picture, in place."""
    if tall < 2:
        return
    scale = tall / person.shape[0]
    size = max(round(person.shape[1] * scale), 1), tall
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    made = _flat(cv2.resize(person, size, interpolation=how))
    x, y = round(middle[0] - size[0] / 2), round(middle[1] - size[1] / 2)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + size[0], part.shape[1]), min(y + size[1], part.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    made = made[y0 - y : y1 - y, x0 - x : x1 - x]
    opaque = made[..., 3:] / 255
    part[y0:y1, x0:x1] += opaque * (made[..., :3] - part[y0:y1, x0:x1])


def _mask(people: Poses, corner: tuple[int, int], shape: tuple[int, ...]) -> Picture:
    """Where the first person is (h, w), 0 to 1: capsules about the bones, and the trunk."""
    skeleton, xy = people.skeleton, people.xy[0] - corner
    there = np.isfinite(xy).all(axis=1)
    torso = torso_of(people.xy[0], skeleton.joints)
    if not np.isfinite(torso):
        torso = float(np.ptp(xy[there], axis=0).max()) / 3 if there.any() else 0.0
    mask = np.zeros(shape[:2], np.uint8)
    half = max(round(_LIMB * torso), 1)
    for start, end in skeleton.bones:
        if there[start] and there[end]:
            first, last = (tuple(np.rint(xy[joint]).astype(int).tolist()) for joint in (start, end))
            cv2.line(mask, first, last, 255, 2 * half, cv2.LINE_AA)
    corners = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
    if skeleton.has(*corners):
        rows = [skeleton.index(joint) for joint in corners]
        if there[rows].all():
            cv2.fillConvexPoly(mask, np.rint(xy[rows]).astype(np.int32), 255)
    return _flat(cv2.GaussianBlur(mask, (0, 0), max(half / 2, 0.5))) / np.float32(255)


def _camouflaged(part: Picture, mask: Picture, strength: float) -> Picture:
    """A picture whose masked part takes the colours around it; its fine detail stays."""
    width = max(part.shape[:2]) * 0.08
    around, within = ((1 - mask) ** 4)[..., None], mask[..., None]

    def mean(weight: Picture) -> Picture:
        summed = _blurred(part * weight, width)
        total = _blurred(weight[..., 0], width)[..., None]
        return _flat(summed / np.maximum(total, 1e-4))

    return _flat(part + strength * within * (mean(around) - mean(within)))
