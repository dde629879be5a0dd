"""Whole pictures to learn from, with all people labelled in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import Box, apply
from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.gpu_pack import ABSENT, OCCLUDED, PACKED, SOURCES, VISIBLE, tables
from poseviewer.truth.labelled import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton
    from poseviewer.training.dataset import LabelledPerson
    from poseviewer.truth.labelled import Labelled, TruthSet

MARGIN = 1.4
"""Size of a person's box over that of the labelled joints."""

_TILE = 256


@dataclass(frozen=True, slots=True, eq=False)
class TrainingScene:
    """One picture with the people that are labelled in it."""

    pixels: Callable[[], NDArray[np.uint8]]
    """Gives RGB (h, w, 3)."""

    joints: NDArray[np.float64]
    """(people, k, 2) picture pixels; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(people, k)."""

    certain: NDArray[np.bool_]
    """(people, k) joints whose absence from `seen` is certain: they cannot be seen."""

    labelled: NDArray[np.bool_]
    """(k,) joints that the data set labels at all."""

    source: str
    """`coco`, one of `gpu_pack.SOURCES`, `mannequin` or `collage`."""

    def boxes(self) -> list[Box]:
        """The box around each person, inside which no other person is expected."""
        people = zip(self.joints, self.seen, strict=True)
        return [Box.around(xy[seen], margin=MARGIN) for xy, seen in people if seen.any()]


def scenes_of(truth: TruthSet, skeleton: Skeleton) -> list[TrainingScene]:
    """Every picture of a set with its people, in the joints of `skeleton`.

    The neck is half way between the shoulders, as OpenPose makes it. Of a set of one person a
    picture, joints that were not labelled may be there all the same.
    """
    several = truth.table is not None
    source = truth.name.split(" ", 1)[0]
    labelled = np.isin(skeleton.joints, (*truth.joints, "neck"))
    scenes = []
    for name, group in groupby(truth.people, key=lambda one: one.picture):
        joints, seen = _in_order(list(group), truth.joints, skeleton)
        certain = np.ones_like(seen) if several else seen
        scenes.append(TrainingScene(_Picture(truth, name), joints, seen, certain, labelled, source))
    return scenes


def rendered_scenes(figures: Iterable[LabelledPerson], skeleton: Skeleton) -> list[TrainingScene]:
    """Rendered figures, which have no face, as scenes of one person each."""
    names = load_skeleton("lsp-14").joints
    scenes = []
    for figure in figures:
        joints, seen = renamed(
            figure.joints[None].astype(np.float64), figure.seen[None], names, skeleton
        )
        labelled = np.isin(skeleton.joints, names)
        scenes.append(TrainingScene(_Held(figure.image), joints, seen, seen, labelled, "mannequin"))
    return scenes


def packed_scenes(folder: Path, skeleton: Skeleton) -> list[TrainingScene]:
    """The pictures of one person or nobody that a pack for the GPU holds, all but COCO's.

    Args:
        folder: As of `gpu_pack.load_crowd`.
        skeleton: Of the scenes' joints, which COCO labels, and the neck.

    Raises:
        PoseViewerError: There is no such pack, or it is damaged.
    """
    names = load_skeleton(PACKED).joints
    scenes = []
    for coded, table in tables(folder, split="train"):
        for picture, joints, state, number in zip(
            coded, table["joints"], table["state"], table["source"], strict=True
        ):
            source = SOURCES[number]
            if source == "coco":
                continue
            seen = (state == VISIBLE) | (state == OCCLUDED)
            place = joints[None].astype(np.float64)
            xy, there = renamed(place, seen[None], names, skeleton)
            _, certain = renamed(place, (seen | (state == ABSENT))[None], names, skeleton)
            labelled = np.ones(len(skeleton.joints), bool)
            scenes.append(TrainingScene(_Coded(picture), xy, there, certain, labelled, source))
    return scenes


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A picture that is in memory as it was in its file."""

    coded: NDArray[np.uint8]

    def __call__(self) -> NDArray[np.uint8]:
        return decoded(self.coded.tobytes(), "a picture of the pack")


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
    return renamed(joints, np.stack([one.seen for one in people]), names, skeleton)


def renamed(
    joints: NDArray[np.float64],
    seen: NDArray[np.bool_],
    names: Sequence[str],
    skeleton: Skeleton,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Joints (people, m, 2) called `names`, and which are seen, in the order of `skeleton`."""
    order = [names.index(joint) if joint in names else -1 for joint in skeleton.joints]
    ours, there = joints[:, order].copy(), seen[:, order] & (np.array(order) >= 0)
    if "neck" in skeleton.joints:
        left, right, neck = map(skeleton.index, ("left_shoulder", "right_shoulder", "neck"))
        ours[:, neck] = (ours[:, left] + ours[:, right]) / 2
        there[:, neck] = there[:, left] & there[:, right]
    return ours, there


def collage(scenes: Sequence[TrainingScene], rng: np.random.Generator) -> TrainingScene:
    """Up to four pictures of one person each as one picture of several, in a grid two wide."""
    tiles, joints = [], []
    for number, one in enumerate(scenes):
        pixels = one.pixels()
        row, column = divmod(number, 2)
        scale = _TILE / max(pixels.shape[:2]) * rng.uniform(0.6, 1.1)
        room = _TILE - scale * np.array(pixels.shape[1::-1])
        affine = np.column_stack([scale * np.eye(2), rng.uniform(0.2, 0.8) * room])
        tile = cv2.warpAffine(pixels, affine, (_TILE, _TILE), borderMode=cv2.BORDER_REPLICATE)
        tiles.append(np.asarray(tile, np.uint8))
        affine[:, 2] += (column * _TILE, row * _TILE)
        joints.append(apply(affine, one.joints))
    rows = [np.hstack(tiles[i : i + 2]) for i in range(0, len(tiles), 2)]
    return TrainingScene(
        _Held(np.vstack(rows)),
        np.concatenate(joints),
        np.concatenate([one.seen for one in scenes]),
        np.concatenate([one.certain for one in scenes]),
        np.logical_and.reduce([one.labelled for one in scenes]),
        "collage",
    )


def summary(scenes: Iterable[TrainingScene]) -> str:
    """How many pictures of each source, for the log."""
    return ", ".join(f"{n} {source}" for source, n in Counter(s.source for s in scenes).items())
