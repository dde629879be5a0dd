"""People to learn from: the pack's crops, people of whole photos, and rendered figures.

Every person is brought to the joints of LSP, person-centric, and to further ones where the
network has them. PARSE is left out: its left and right look observer-centric on back views, and
99 images are not worth teaching the network both conventions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.mannequin.random import random_figure
from poseviewer.truth.readers import read_pack, read_truth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.truth.labelled import TruthSet

Split = Literal["train", "val"]

_UPPER = np.array([6, 7, 8, 9, 10, 11, 12, 13])
_LOWER = np.array([0, 1, 2, 3, 4, 5])
_NOMINAL = 1.5
_FEWEST_JOINTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPerson:
    """One labelled person in an image."""

    image: NDArray[np.uint8]
    """RGB (h, w, 3); people of one photo share it."""

    joints: NDArray[np.float32]
    """(k, 2) image pixels, pixel-centred, those of LSP first; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(k,) labelled joints."""

    weight: NDArray[np.float32]
    """(k,) what each joint's map counts in the loss."""

    centre: NDArray[np.float64]
    """(2,) middle of the nominal square crop, image pixels."""

    side: float
    """Side of the nominal square crop, image pixels."""

    source: str
    """`lspet`, `coco`, `labels`, `mannequin` or `empty`."""

    def half(self, *, upper: bool) -> LabelledPerson:
        """The same person with the crop drawn around one half of the body, if it is labelled."""
        part = _UPPER if upper else _LOWER
        points = self.joints[part][self.seen[part]]
        if len(points) < _FEWEST_JOINTS:
            return self
        low, high = points.min(axis=0), points.max(axis=0)
        side = max(float((high - low).max()) * _NOMINAL, self.side / 4)
        return replace(self, centre=((low + high) / 2).astype(np.float64), side=side)


def load_people(
    folder: Path, *, split: Split, skeleton: str = "lsp-14", labels: Sequence[Path] = ()
) -> dict[str, list[LabelledPerson]]:
    """Load all people of one split, by source (`lspet`, `coco`, and `labels` where there are any).

    Args:
        folder: Holds crops.npz, crops-*.tar, coco_*.json and coco-images-*.tar.
        split: Which part.
        skeleton: Its joints begin with those of LSP; what a source does not label is unseen.
        labels: COCO keypoint tables besides, with their pictures beside them, such as corrected
            frames that were exported.

    Raises:
        PoseViewerError: A file of the pack, or of the labels, is missing or cannot be read.
    """
    if not (folder / "crops.npz").is_file():
        msg = f"{folder} holds no crops.npz; give the folder of the data pack with --data."
        raise PoseViewerError(msg)
    joints = load_skeleton(skeleton).joints
    sets = read_pack(folder, split=split)
    people = {truth.name.split(" ", 1)[0]: _people(truth, joints) for truth in sets}
    for path in labels:
        for truth in read_truth(path):
            found = _people(replace(truth, name="labels"), joints)
            people["labels"] = people.get("labels", []) + found
    return people


def _people(truth: TruthSet, joints: tuple[str, ...]) -> list[LabelledPerson]:
    """Convert the people of a set with enough labelled joints to the given joints."""
    ours = common_names(joints)
    columns = [truth.joints.index(joint) if joint in truth.joints else -1 for joint in ours]
    people = []
    judged = (one for one in truth.people if one.judged)
    for name, group in groupby(judged, key=lambda one: one.picture):
        image = truth.pictures(name)
        for one in group:
            seen = one.seen[columns] & (np.array(columns) >= 0)
            people.append(
                LabelledPerson(
                    image,
                    np.where(seen[:, None], one.joints[columns], 0).astype(np.float32),
                    seen,
                    seen.astype(np.float32),
                    np.array(one.crop.centre),
                    one.crop.width,
                    truth.name.split(" ", 1)[0],
                )
            )
    return people


def empty_windows(
    people: list[LabelledPerson], *, count: int, rng: np.random.Generator
) -> list[LabelledPerson]:
    """Cut windows from the photos of `people` that hold no labelled joint.

    Unlabelled area is not certain background, so their empty maps count only a little.
    """
    photos: dict[int, list[LabelledPerson]] = {}
    for person in people:
        photos.setdefault(id(person.image), []).append(person)
    groups, found = list(photos.values()), list[LabelledPerson]()
    for _ in range(count * 20):
        group = groups[int(rng.integers(len(groups)))]
        image = group[0].image
        height, width = image.shape[:2]
        side = rng.uniform(0.2, 0.6) * min(height, width)
        centre = rng.uniform(side / 2, (width - side / 2, height - side / 2))
        points = np.concatenate([p.joints[p.seen] for p in group])
        # Half a side of margin all around, since the views of this window are jittered too.
        if (np.abs(points - centre).max(axis=1) > side * 0.8).all():
            joints = len(group[0].joints)
            found.append(
                LabelledPerson(
                    image,
                    np.zeros((joints, 2), np.float32),
                    np.zeros(joints, bool),
                    np.full(joints, 0.2, np.float32),
                    centre,
                    side,
                    "empty",
                )
            )
        if len(found) == count:
            break
    return found


def summary(people: list[LabelledPerson]) -> str:
    """How many people of each source, for the log."""
    return ", ".join(f"{n} {source}" for source, n in Counter(p.source for p in people).items())


_SIDE = 224
_MARGIN = 1.5


def figures(
    count: int, *, backgrounds: Sequence[LabelledPerson], seed: int, joints: int = 14
) -> list[LabelledPerson]:
    """Render random mannequins, half of them in front of photos.

    Args:
        count: How many.
        backgrounds: Windows of photos without people, see `dataset.empty_windows`; may be empty.
        seed: Where chance starts; the same figures for the same seed.
        joints: Of a person, those of LSP first; the others are unseen and count nothing.
    """
    rng = np.random.default_rng(seed)
    people = []
    for number in range(count):
        photo = None
        if backgrounds and rng.random() < 0.5:
            photo = _window(backgrounds[int(rng.integers(len(backgrounds)))])
        pixels, poses = random_figure(seed * count + number, size=(_SIDE, _SIDE), background=photo)
        xy, seen = poses.xy[0], poses.score[0] > 0
        if not seen.any():
            continue
        low, high = xy[seen].min(axis=0), xy[seen].max(axis=0)
        more = joints - len(seen)
        people.append(
            LabelledPerson(
                pixels,
                np.pad(np.where(seen[:, None], xy, 0).astype(np.float32), ((0, more), (0, 0))),
                np.pad(seen, (0, more)),
                np.pad(np.ones(len(seen), np.float32), (0, more)),
                ((low + high) / 2).astype(np.float64),
                max(float((high - low).max()) * _MARGIN, _SIDE / 4),
                "mannequin",
            )
        )
    return people


def _window(place: LabelledPerson) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels of a window of a photo at the figures' size."""
    x, y = np.round(place.centre - place.side / 2 + 0.5).astype(int)
    side = max(int(place.side), 1)
    part = place.image[max(y, 0) : y + side, max(x, 0) : x + side]
    return np.asarray(cv2.resize(part, (_SIDE, _SIDE)), np.uint8)
