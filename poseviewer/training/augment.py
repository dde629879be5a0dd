"""Random views of a person: geometry as one warp, then colour, blur, noise and cutout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from poseviewer.core.affine import apply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.training.dataset import LabelledPerson

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_GREY = 127


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One training example in input pixels."""

    image: NDArray[np.uint8]
    """RGB (size, size, 3)."""

    joints: NDArray[np.float32]
    """(k, 2) input pixels."""

    present: NDArray[np.bool_]
    """(k,) joints that have a peak."""

    weight: NDArray[np.float32]
    """(k,) what each map counts in the loss; 0 where nothing is known."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How far the random views go; every chance is a probability."""

    turn: float = 45.0
    """Largest common rotation, degrees."""

    turn_chance: float = 0.6
    any_turn_chance: float = 0.08
    """Of a rotation by any angle: people do handstands."""

    zoom: tuple[float, float] = (0.75, 1.3)
    """Common size of the person relative to the pack's crop (joint box x 1.5)."""

    wide_zoom: tuple[float, float] = (0.4, 1.35)
    """Rare sizes, as a window that scans a frame sees them."""

    wide_chance: float = 0.2
    shift: float = 0.06
    """Standard deviation of the centre, in crop sides."""

    half_body_chance: float = 0.12
    cutout_chance: float = 0.4
    coarse_chance: float = 0.15
    """Of a view enlarged from few pixels, as those of people far away are."""

    blur_chance: float = 0.12
    noise_chance: float = 0.12
    grey_chance: float = 0.05


class Framed(Protocol):
    """A part of a picture to look at."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """RGB (h, w, 3)."""

    @property
    def centre(self) -> NDArray[np.float64]:
        """(2,) middle of the nominal square view, image pixels."""

    @property
    def side(self) -> float:
        """Side of the nominal square view, image pixels."""


def view(
    framed: Framed, *, angle: float, zoom: float, shift: tuple[float, float], flip: bool, size: int
) -> NDArray[np.float64]:
    """The 2x3 affine from source pixels to input pixels of one view.

    Args:
        framed: Whose centre and side the view starts from.
        angle: Rotation, degrees.
        zoom: Size of what is shown relative to the nominal view.
        shift: Offset of the centre, in nominal sides.
        flip: Whether the view is mirrored.
        size: Side of the input, pixels.
    """
    scale = zoom * size / framed.side
    turn = np.deg2rad(angle)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if flip:
        linear[0] *= -1
    centre = framed.centre + framed.side * np.asarray(shift)
    return np.column_stack([linear, (size - 1) / 2 - linear @ centre])


def plain(person: LabelledPerson, *, size: int) -> Sample:
    """The nominal view, as validation uses it."""
    affine = view(person, angle=0.0, zoom=1.0, shift=(0.0, 0.0), flip=False, size=size)
    image = cv2.warpAffine(
        person.image, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _labelled(person, affine, np.asarray(image, np.uint8), mirror=None)


def augmented(
    person: LabelledPerson,
    *,
    size: int,
    mirror: NDArray[np.intp],
    rng: np.random.Generator,
    strength: Strength,
) -> Sample:
    """A random view of a person.

    Args:
        person: The person to show.
        size: Side of the input, pixels.
        mirror: For each joint the one that a flip turns it into.
        rng: Source of randomness.
        strength: How far the views go.
    """
    s = strength
    if rng.random() < s.half_body_chance:
        person = person.half(upper=bool(rng.random() < 0.6))
    angle = turned(rng, s)
    wide = rng.random() < s.wide_chance
    zoom = rng.uniform(*(s.wide_zoom if wide else s.zoom))
    # A small person may stand anywhere in the window without leaving it.
    reach = max(0.0, (1 / zoom - 1) / 2) * 0.8 if wide else 0.0
    shift = (
        rng.normal(0, s.shift) + rng.uniform(-reach, reach),
        rng.normal(0, s.shift) + rng.uniform(-reach, reach),
    )
    flip = bool(rng.random() < 0.5)
    affine = view(person, angle=angle, zoom=zoom, shift=shift, flip=flip, size=size)
    pixels = coloured(warped(person, affine, size=size, rng=rng), rng, s)
    return _labelled(person, affine, pixels, mirror=mirror if flip else None)


def turned(rng: np.random.Generator, s: Strength) -> float:
    """A random rotation, degrees."""
    if rng.random() < s.any_turn_chance:
        return rng.uniform(-180, 180)
    if rng.random() < s.turn_chance:
        return float(np.clip(rng.normal(0, s.turn / 2), -s.turn, s.turn))
    return 0.0


def warped(
    framed: Framed, affine: NDArray[np.float64], *, size: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The pixels of a view (size, size, 3); beyond the picture its edge repeats, or grey."""
    grey = rng.random() < 0.5
    image = cv2.warpAffine(
        framed.image,
        affine,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT if grey else cv2.BORDER_REPLICATE,
        borderValue=(_GREY, _GREY, _GREY),
    )
    return np.asarray(image, np.uint8)


def _labelled(
    person: LabelledPerson,
    affine: NDArray[np.float64],
    image: NDArray[np.uint8],
    *,
    mirror: NDArray[np.intp] | None,
) -> Sample:
    joints, seen, weight = apply(affine, person.joints), person.seen, person.weight
    if mirror is not None:
        joints, seen, weight = joints[mirror], seen[mirror], weight[mirror]
    size = len(image)
    inside = ((joints > -0.5) & (joints < size - 0.5)).all(axis=1)
    # A labelled joint out of view leaves its map empty, and that is worth learning gently.
    weight = np.where(seen & ~inside, 0.3, weight)
    return Sample(image, joints.astype(np.float32), seen & inside, weight.astype(np.float32))


def coloured(image: NDArray[np.uint8], rng: np.random.Generator, s: Strength) -> NDArray[np.uint8]:
    """Brightness, contrast, gamma and tint through one table, then the rarer harms."""
    ramp = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, 0.2))
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.88, 1.12, 3)
    table = ((ramp - 0.5) * gain + 0.5 + rng.normal(0, 0.06)) * 255
    image = cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)[None])  # type: ignore[assignment]
    if rng.random() < 0.3 or rng.random() < s.grey_chance:
        # One colour matrix moves every pixel towards (or away from) its own luma.
        keep = 0.0 if rng.random() < 0.2 else rng.uniform(0.4, 1.5)
        matrix = keep * np.eye(3, dtype=np.float32) + (1 - keep) * _LUMA
        image = cv2.transform(image, matrix)  # type: ignore[assignment]
    if rng.random() < s.coarse_chance:
        image = _coarse(image, rng)
    if rng.random() < s.blur_chance:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.5))  # type: ignore[assignment]
    if rng.random() < s.noise_chance:
        noise = rng.normal(0, rng.uniform(2, 14), image.shape[:2])[..., None]
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < s.cutout_chance:
        image = image.copy()
        for _ in range(int(rng.integers(1, 3))):
            _cut(image, rng)
    return image


def _coarse(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture as though it had been enlarged 1.5 to 4 times."""
    fewer = max(8, round(len(image) / rng.uniform(1.5, 4)))
    small = cv2.resize(image, (fewer, fewer), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.uint8)


def _cut(image: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Paint one rectangle over: people are hidden behind things."""
    size = len(image)
    width, height = (rng.uniform(0.08, 0.28, 2) * size).astype(int)
    x, y = (rng.uniform(0, 1, 2) * (size - width, size - height)).astype(int)
    image[y : y + height, x : x + width] = rng.integers(0, 256, 3)
