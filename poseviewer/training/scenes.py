"""Whole pictures to learn from: everybody who is labelled in them, and what else is known.

A picture also shows people whom nobody labelled. Outside the boxes of labelled people its cells
therefore count only a little, and joints that a data set does not label do not count at all
(the mask W of Cao et al., CVPR 2017, section 3.1, softened).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box, apply, invert
from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.augment import Strength, coloured, turned, view, warped
from poseviewer.training.batches import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.paf import FieldCodec
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.models.card import ModelCard
    from poseviewer.training.dataset import Person
    from poseviewer.training.readers.truth import Labelled, TruthSet

UNSURE = 0.15
"""What a cell outside everybody's box counts."""

_MARGIN = 1.4
_NOMINAL = 1.4
_WHOLE_CHANCE = 0.35
_ZOOM, _WHOLE_ZOOM = (0.3, 1.1), (0.85, 1.5)
_STRENGTH = Strength(turn=40.0, turn_chance=0.5, any_turn_chance=0.02)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture with the people that are labelled in it."""

    pixels: Callable[[], NDArray[np.uint8]]
    """Gives RGB (h, w, 3)."""

    joints: NDArray[np.float64]
    """(people, k, 2) picture pixels; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(people, k)."""

    told: NDArray[np.bool_]
    """(k,) joints whose absence means something here."""

    source: str
    """`coco`, `lspet` or `mannequin`."""

    def boxes(self) -> list[Box]:
        """Around everybody: where nobody else is expected."""
        people = zip(self.joints, self.seen, strict=True)
        return [Box.around(xy[seen], margin=_MARGIN) for xy, seen in people if seen.any()]


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A square part of a picture."""

    image: NDArray[np.uint8]
    centre: NDArray[np.float64]
    side: float


@dataclass(frozen=True, slots=True, eq=False)
class SceneBatch:
    """n random views of scenes with what a perfect network would answer."""

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


def scenes_of(truth: TruthSet, skeleton: Skeleton) -> list[Scene]:
    """Every picture of a set with its people, in the joints of `skeleton`.

    The neck is half way between the shoulders, as OpenPose makes it. Of a set of one person a
    picture, joints that were not labelled may be there all the same.
    """
    several = truth.table is not None
    scenes = []
    for name, group in groupby(truth.people, key=lambda one: one.picture):
        joints, seen = _in_order(list(group), truth.joints, skeleton)
        told = np.ones(len(skeleton.joints), np.bool_) if several else seen[0]
        scenes.append(Scene(_Picture(truth, name), joints, seen, told, truth.name.split(" ", 1)[0]))
    return scenes


def rendered_scenes(figures: Iterable[Person], skeleton: Skeleton) -> list[Scene]:
    """Rendered figures, which have no face, as scenes of one person each."""
    names = load_skeleton("lsp-14").joints
    scenes = []
    for figure in figures:
        joints, seen = _renamed(
            figure.joints[None].astype(np.float64), figure.seen[None], names, skeleton
        )
        scenes.append(Scene(_Held(figure.image), joints, seen, seen[0], "mannequin"))
    return scenes


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A picture of a set that is read when it is wanted: thousands do not fit into memory."""

    truth: TruthSet
    name: str

    def __call__(self) -> NDArray[np.uint8]:
        return self.truth.pictures(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A picture that is in memory."""

    image: NDArray[np.uint8]

    def __call__(self) -> NDArray[np.uint8]:
        return self.image


def _in_order(
    people: Sequence[Labelled], names: Sequence[str], skeleton: Skeleton
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    joints = np.stack([one.joints for one in people])
    return _renamed(joints, np.stack([one.seen for one in people]), names, skeleton)


def _renamed(
    joints: NDArray[np.float64],
    seen: NDArray[np.bool_],
    names: Sequence[str],
    skeleton: Skeleton,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Joints (people, m, 2) called `names`, and which are seen, in the order of `skeleton`."""
    order = [names.index(joint) if joint in names else -1 for joint in skeleton.joints]
    ours, there = joints[:, order].copy(), seen[:, order] & (np.array(order) >= 0)
    left, right, neck = map(skeleton.index, ("left_shoulder", "right_shoulder", "neck"))
    ours[:, neck] = (ours[:, left] + ours[:, right]) / 2
    there[:, neck] = there[:, left] & there[:, right]
    return ours, there


def summary(scenes: Iterable[Scene]) -> str:
    """How many pictures of each source, for the log."""
    return ", ".join(f"{n} {source}" for source, n in Counter(s.source for s in scenes).items())


class SceneBatches(Stream[SceneBatch]):
    """Batches of random square views of scenes.

    Args:
        scenes: Repeated as often as they are to be seen per epoch.
        card: Whose codec draws the targets.
        size: Batch size.
        seed: Where chance starts.
        side: Side of the input, pixels.
    """

    def __init__(
        self, scenes: Sequence[Scene], *, card: ModelCard, size: int, seed: int, side: int
    ) -> None:
        super().__init__(len(scenes), size=size, seed=seed, side=side)
        self._scenes, self._codec = scenes, card.fields

    def _make(self, chosen: NDArray[np.intp]) -> SceneBatch:
        views = [
            random_view(self._scenes[i], size=self.side, codec=self._codec, rng=self._rng)
            for i in chosen.tolist()
        ]
        return SceneBatch(*(np.stack(part) for part in zip(*views, strict=True)))


def random_view(
    scene: Scene, *, size: int, codec: FieldCodec, rng: np.random.Generator
) -> tuple[NDArray[Any], ...]:
    """A view of a scene or of somebody in it, and its targets: the parts of a `SceneBatch`."""
    pixels = scene.pixels()
    window, zoom, shift = _framing(scene, pixels, rng)
    flip = bool(rng.random() < 0.5)
    affine = view(
        window, angle=turned(rng, _STRENGTH), zoom=zoom, shift=shift, flip=flip, size=size
    )
    image = coloured(warped(window, affine, size=size, rng=rng), rng, _STRENGTH)
    joints, seen, told = apply(affine, scene.joints), scene.seen, scene.told
    if flip:
        mirror = list(codec.skeleton.mirror)
        joints, seen, told = joints[:, mirror], seen[:, mirror], told[mirror]
    seen = seen & ((joints > -0.5) & (joints < size - 0.5)).all(axis=2)
    fields, beliefs = codec.encode(joints, size=(size, size), present=seen)
    known = _known(scene, affine, shape=pixels.shape[:2], codec=codec, size=size)
    of_fields, of_beliefs = _channel_weights(told, codec)
    # What is drawn is known, even where it reaches beyond the box of somebody small.
    peaks = np.concatenate([beliefs[:-1], 1 - beliefs[-1:]])
    return (
        image,
        fields,
        beliefs,
        of_fields[:, None, None] * np.maximum(known, np.abs(fields)),
        of_beliefs[:, None, None] * np.maximum(known, peaks),
    )


def _framing(
    scene: Scene, pixels: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[_Window, float, tuple[float, float]]:
    """What a view shows: window, zoom and shift in sides of the window."""
    height, width = pixels.shape[:2]
    boxes = scene.boxes()
    if not boxes or (scene.source == "coco" and rng.random() < _WHOLE_CHANCE):
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        away = rng.uniform(-0.2, 0.2, 2)
        window = _Window(pixels, middle, float(max(width, height)))
        return window, float(rng.uniform(*_WHOLE_ZOOM)), (float(away[0]), float(away[1]))
    box = boxes[int(rng.integers(len(boxes)))]
    side = max(box.width, box.height, 16.0) / _MARGIN * _NOMINAL
    # Small people are as likely as large ones.
    zoom = float(np.exp(rng.uniform(*np.log(_ZOOM))))
    reach = max(0.0, (1 / zoom - 1) / 2) + 0.1
    away = rng.uniform(-reach, reach, 2)
    window = _Window(pixels, np.array(box.centre), side)
    return window, zoom, (float(away[0]), float(away[1]))


def _known(
    scene: Scene,
    affine: NDArray[np.float64],
    *,
    shape: tuple[int, ...],
    codec: FieldCodec,
    size: int,
) -> NDArray[np.float32]:
    """What every cell (h, w) counts: all in boxes and beyond the picture, a little elsewhere."""
    count = size // codec.stride
    cells = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=-1).astype(float)
    x, y = np.moveaxis(apply(invert(affine), codec.beliefs.to_pixels(cells)), -1, 0)
    sure = (x < -0.5) | (y < -0.5) | (x > shape[1] - 0.5) | (y > shape[0] - 0.5)
    for box in scene.boxes():
        sure |= (x >= box.x) & (x <= box.x + box.width) & (y >= box.y) & (y <= box.y + box.height)
    return np.where(sure, np.float32(1), np.float32(UNSURE))


def _channel_weights(
    told: NDArray[np.bool_], codec: FieldCodec
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What every channel of fields and beliefs counts."""
    fields = np.zeros(2 * len(codec.skeleton.limbs), np.float32)
    for limb in codec.skeleton.limbs:
        fields[limb.channel : limb.channel + 2] = told[limb.start] and told[limb.end]
    # Where some joints are not told, neither is where there is none.
    return fields, np.append(told, told.all()).astype(np.float32)
