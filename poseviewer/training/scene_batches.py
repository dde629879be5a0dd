"""Random square views of whole pictures, with their targets.

A picture also shows people without labels. Outside the boxes of labelled people its cells
therefore count only a little, and where a joint may be without a label they do not count at all
(the mask W of Cao et al., CVPR 2017, section 3.1, softened).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import apply, invert
from poseviewer.training.augment import Strength, coloured, turned, view, warped
from poseviewer.training.batches import Stream
from poseviewer.training.scenes import collage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.paf import FieldCodec
    from poseviewer.models.card import ModelCard
    from poseviewer.training.scenes import TrainingScene

UNSURE = 0.15
"""Weight of a cell outside all boxes."""

_WHOLE_CHANCE = {"coco": 0.35, "collage": 0.75}
_ZOOM, _ALONE_ZOOM, _WHOLE_ZOOM = (0.25, 1.4), (0.45, 1.4), (0.8, 1.7)
_COLLAGE_CHANCE = 0.6
_STRENGTH = Strength(turn=40.0, turn_chance=0.5, any_turn_chance=0.02, coarse_chance=0.05)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A square part of a picture."""

    image: NDArray[np.uint8]
    centre: NDArray[np.float64]
    side: float


@dataclass(frozen=True, slots=True, eq=False)
class SceneBatch:
    """n random views of scenes with their targets."""

    images: NDArray[np.uint8]
    """RGB (n, side, side, 3)."""

    fields: NDArray[np.float32]
    """(n, 2 limbs, h, w)."""

    beliefs: NDArray[np.float32]
    """(n, k + 1, h, w)."""

    field_weight: NDArray[np.float32]
    """(n, 2 limbs, h, w) what each cell counts."""

    belief_weight: NDArray[np.float32]
    """(n, k + 1, h, w)."""


class Mixed:
    """Scenes, of which those of one person each are often put together.

    Args:
        scenes: Repeated as often as they are to be seen per epoch.
    """

    def __init__(self, scenes: Sequence[TrainingScene]) -> None:
        self._scenes = scenes
        self._alone = [i for i, scene in enumerate(scenes) if scene.source != "coco"]

    def one(self, number: int, rng: np.random.Generator) -> TrainingScene:
        """A scene, or a collage of pictures of one person each."""
        scene = self._scenes[number]
        if scene.source == "coco" or rng.random() > _COLLAGE_CHANCE:
            return scene
        others = rng.choice(self._alone, 1 if rng.random() < 0.3 else 3)
        return collage([scene, *(self._scenes[i] for i in others)], rng)


class SceneBatches(Stream[SceneBatch]):
    """Batches of random square views of scenes.

    Args:
        scenes: Repeated as often as they are to be seen per epoch.
        card: Whose codec draws the targets.
        size: Batch size.
        seed: Of the random numbers.
        side: Side of the input, pixels.
    """

    def __init__(
        self, scenes: Sequence[TrainingScene], *, card: ModelCard, size: int, seed: int, side: int
    ) -> None:
        super().__init__(len(scenes), size=size, seed=seed, side=side)
        self._scenes, self._codec = Mixed(scenes), card.fields

    def _make(self, chosen: NDArray[np.intp]) -> SceneBatch:
        views = [
            random_view(
                self._scenes.one(i, self._rng), size=self.side, codec=self._codec, rng=self._rng
            )
            for i in chosen.tolist()
        ]
        return SceneBatch(*(np.stack(part) for part in zip(*views, strict=True)))


def random_view(
    scene: TrainingScene, *, size: int, codec: FieldCodec, rng: np.random.Generator
) -> tuple[NDArray[Any], ...]:
    """Draw a random view of a scene or of a person in it: the parts of a `SceneBatch`."""
    pixels = scene.pixels()
    image, affine, flip = random_window(scene, pixels, size=size, rng=rng)
    joints, seen = apply(affine, scene.joints), scene.seen
    known = _known(scene, affine, shape=pixels.shape[:2], codec=codec, size=size)
    if flip:
        mirror = list(codec.skeleton.mirror)
        joints, seen, known = joints[:, mirror], seen[:, mirror], known[mirror]
    seen = seen & ((joints > -0.5) & (joints < size - 0.5)).all(axis=2)
    fields, beliefs = codec.encode(joints, size=(size, size), present=seen)
    of_fields, of_beliefs = _weights(known, codec)
    # What is drawn is known, even where it reaches beyond a small person's box.
    np.maximum(of_fields, np.abs(fields), out=of_fields)
    np.maximum(of_beliefs[:-1], beliefs[:-1], out=of_beliefs[:-1])
    return image, fields, beliefs, of_fields, of_beliefs


def random_window(
    scene: TrainingScene, pixels: NDArray[np.uint8], *, size: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64], bool]:
    """Draw a random part of a scene's pixels (h, w, 3), turned, coloured and perhaps mirrored.

    Returns:
        RGB (size, size, 3), the 2x3 affine from pixels of the scene, and whether it mirrors.
    """
    window, zoom, shift = _framing(scene, pixels, rng)
    flip = bool(rng.random() < 0.5)
    affine = view(
        window, angle=turned(rng, _STRENGTH), zoom=zoom, shift=shift, flip=flip, size=size
    )
    return coloured(warped(window, affine, size=size, rng=rng), rng, _STRENGTH), affine, flip


def _framing(
    scene: TrainingScene, pixels: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[_Window, float, tuple[float, float]]:
    """What a view shows: window, zoom and shift in sides of the window."""
    height, width = pixels.shape[:2]
    boxes = scene.boxes()
    if not boxes or rng.random() < _WHOLE_CHANCE.get(scene.source, 0.0):
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        away = rng.uniform(-0.2, 0.2, 2)
        window = _Window(pixels, middle, float(max(width, height)))
        return window, float(rng.uniform(*_WHOLE_ZOOM)), (float(away[0]), float(away[1]))
    box = boxes[int(rng.integers(len(boxes)))]
    side = max(box.width, box.height, 16.0)
    # Small people are as likely as large ones.
    zooms = _ZOOM if scene.source == "coco" else _ALONE_ZOOM
    zoom = float(np.exp(rng.uniform(*np.log(zooms))))
    reach = max(0.0, (1 / zoom - 1) / 2) + 0.1
    away = rng.uniform(-reach, reach, 2)
    window = _Window(pixels, np.array(box.centre), side)
    return window, zoom, (float(away[0]), float(away[1]))


def _known(
    scene: TrainingScene,
    affine: NDArray[np.float64],
    *,
    shape: tuple[int, ...],
    codec: FieldCodec,
    size: int,
) -> NDArray[np.float32]:
    """What every cell counts for every joint (k, h, w).

    1 inside a person's box and outside the picture, 0 where a joint may be without a label,
    `UNSURE` elsewhere.
    """
    count = size // codec.stride
    cells = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=-1).astype(float)
    x, y = np.moveaxis(apply(invert(affine), codec.beliefs.to_pixels(cells)), -1, 0)
    beyond = (x < -0.5) | (y < -0.5) | (x > shape[1] - 0.5) | (y > shape[0] - 0.5)
    sure = np.tile(beyond, (len(scene.labelled), 1, 1))
    hidden = np.zeros_like(sure)
    for box, certain in zip(scene.boxes(), scene.certain[scene.seen.any(axis=1)], strict=True):
        inside = (x >= box.x) & (x <= box.x + box.width)
        inside &= (y >= box.y) & (y <= box.y + box.height)
        sure |= inside
        hidden |= inside & ~certain[:, None, None]
    known = np.where(sure, np.float32(1), np.float32(UNSURE))
    return np.where(hidden, np.float32(0), known * scene.labelled[:, None, None])


def _weights(
    known: NDArray[np.float32], codec: FieldCodec
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What every cell of fields and beliefs counts, from what it counts for every joint."""
    limbs = codec.skeleton.limbs
    fields = np.empty((2 * len(limbs), *known.shape[1:]), np.float32)
    for limb in limbs:
        both = np.minimum(known[limb.start], known[limb.end])
        fields[limb.channel : limb.channel + 2] = both
    # Where some joint may be without a label, it may be that there is no background.
    return fields, np.concatenate([known, known.min(axis=0, keepdims=True)])
