"""People to learn from: the pack's crops and people cut from whole photos.

Every person is brought to the 14 joints of LSP, person-centric. PARSE is left out: its
left and right look observer-centric on back views, and 99 images are not worth teaching
the network both conventions.
"""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.mannequin.random import random_figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Split = Literal["train", "val"]

# Columns of MPII-16 and COCO-17 in the order of LSP-14 (models.md section 1); -1 is unknown.
_FROM_MPII = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 8, 9)
_FROM_COCO = (16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9, -1, -1)
_UPPER = np.array([6, 7, 8, 9, 10, 11, 12, 13])
_LOWER = np.array([0, 1, 2, 3, 4, 5])
_NOMINAL = 1.5
_FEWEST_JOINTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One labelled person in an image."""

    image: NDArray[np.uint8]
    """RGB (h, w, 3); people of one photo share it."""

    joints: NDArray[np.float32]
    """(14, 2) image pixels, pixel-centred; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(14,) labelled joints."""

    weight: NDArray[np.float32]
    """(14,) what each joint's map counts in the loss."""

    centre: NDArray[np.float64]
    """(2,) middle of the nominal square crop, image pixels."""

    side: float
    """Side of the nominal square crop, image pixels."""

    source: str
    """`lspet`, `coco`, `mannequin` or `nobody`."""

    def half(self, *, upper: bool) -> Person:
        """The same person with the crop drawn around one half of the body, if it is labelled."""
        part = _UPPER if upper else _LOWER
        points = self.joints[part][self.seen[part]]
        if len(points) < _FEWEST_JOINTS:
            return self
        low, high = points.min(axis=0), points.max(axis=0)
        side = max(float((high - low).max()) * _NOMINAL, self.side / 4)
        return replace(self, centre=((low + high) / 2).astype(np.float64), side=side)


def load_people(folder: Path, *, split: Split) -> dict[str, list[Person]]:
    """All people of one split, by source (`lspet`, `coco`).

    Args:
        folder: Holds crops.npz, crops-*.tar, coco_*.json and coco-images-*.tar.
        split: Which part.

    Raises:
        PoseViewerError: A file of the pack is missing.
    """
    if not (folder / "crops.npz").is_file():
        msg = f"{folder} holds no crops.npz; give the folder of the data pack with --data."
        raise PoseViewerError(msg)
    return {"lspet": _crops(folder, split), "coco": _photos(folder, split)}


def _crops(folder: Path, split: Split) -> list[Person]:
    table = np.load(folder / "crops.npz", allow_pickle=False)
    wanted = (table["split"] == split) & (table["dataset"] == "lspet")
    joints = table["joints"][:, _FROM_MPII]
    rows = {table["name"][i].item(): i for i in np.flatnonzero(wanted)}
    people = []
    for shard in sorted(set(table["shard"][wanted].tolist())):
        for name, image in _images(folder / shard, set(rows)):
            label = joints[rows[name]]
            # LSPET writes coordinates for invisible joints that mean nothing: only the flag counts.
            seen = label[:, 2] > 0
            people.append(
                Person(
                    image,
                    np.where(seen[:, None], label[:, :2], 0).astype(np.float32),
                    seen,
                    seen.astype(np.float32),
                    np.array([(image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2]),
                    float(max(image.shape[:2])),
                    "lspet",
                )
            )
    return people


def _photos(folder: Path, split: Split) -> list[Person]:
    table = json.loads((folder / f"coco_{split}.json").read_text(encoding="utf-8"))
    names = {entry["id"]: entry["file_name"] for entry in table["images"]}
    images = dict(_images(folder / f"coco-images-{split}.tar", set(names.values())))
    people = []
    for entry in table["annotations"]:
        points = np.array(entry["keypoints"], np.float32).reshape(17, 3)
        label = np.where(np.array(_FROM_COCO)[:, None] < 0, 0, points[list(_FROM_COCO)])
        seen = label[:, 2] > 0
        if entry.get("iscrowd") or seen.sum() < _FEWEST_JOINTS:
            continue
        x, y, width, height = entry["bbox"]
        people.append(
            Person(
                images[names[entry["image_id"]]],
                # COCO counts from the corner of the pixel, we from its centre.
                np.where(seen[:, None], label[:, :2] - 0.5, 0).astype(np.float32),
                seen,
                seen.astype(np.float32),
                np.array([x + width / 2 - 0.5, y + height / 2 - 0.5]),
                max(width, height) * 1.25,
                "coco",
            )
        )
    return people


def nobody(people: list[Person], *, count: int, rng: np.random.Generator) -> list[Person]:
    """Windows of the photos of `people` that hold no labelled joint.

    Unlabelled area is not certain background, so their empty maps count only a little.
    """
    photos: dict[int, list[Person]] = {}
    for person in people:
        photos.setdefault(id(person.image), []).append(person)
    groups, found = list(photos.values()), list[Person]()
    for _ in range(count * 20):
        group = groups[int(rng.integers(len(groups)))]
        image = group[0].image
        height, width = image.shape[:2]
        side = rng.uniform(0.2, 0.6) * min(height, width)
        centre = rng.uniform(side / 2, (width - side / 2, height - side / 2))
        points = np.concatenate([p.joints[p.seen] for p in group])
        # Half a side of margin all around, since the views of this window are jittered too.
        if (np.abs(points - centre).max(axis=1) > side * 0.8).all():
            empty = np.zeros(len(_FROM_COCO))
            found.append(
                Person(
                    image,
                    np.zeros((len(_FROM_COCO), 2), np.float32),
                    empty.astype(bool),
                    np.full(len(_FROM_COCO), 0.2, np.float32),
                    centre,
                    side,
                    "nobody",
                )
            )
        if len(found) == count:
            break
    return found


def summary(people: list[Person]) -> str:
    """How many people of each source, for the log."""
    return ", ".join(f"{n} {source}" for source, n in Counter(p.source for p in people).items())


def _images(path: Path, wanted: set[str]) -> list[tuple[str, NDArray[np.uint8]]]:
    """The wanted members of a tar of images, decoded to RGB."""
    if not path.is_file():
        msg = f"The data pack lacks {path.name}."
        raise PoseViewerError(msg)
    found = []
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name in wanted else None
            if stream is None:
                continue
            coded = np.frombuffer(stream.read(), np.uint8)
            image = cv2.imdecode(coded, cv2.IMREAD_COLOR)
            if image is None:
                msg = f"{member.name} in {path.name} is not an image that can be read."
                raise PoseViewerError(msg)
            found.append((member.name, np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)))
    return found


_SIDE = 224
_MARGIN = 1.5


def figures(count: int, *, backgrounds: Sequence[Person], seed: int) -> list[Person]:
    """Random mannequins, half of them in front of photos.

    Args:
        count: How many.
        backgrounds: Windows of photos without people, see `dataset.nobody`; may be empty.
        seed: Where chance starts; the same figures for the same seed.
    """
    rng = np.random.default_rng(seed)
    people = []
    for number in range(count):
        photo = None
        if backgrounds and rng.random() < 0.5:
            photo = _window(backgrounds[int(rng.integers(len(backgrounds)))])
        pixels, poses = random_figure(seed * count + number, size=(_SIDE, _SIDE), background=photo)
        joints, seen = poses.xy[0], poses.score[0] > 0
        if not seen.any():
            continue
        low, high = joints[seen].min(axis=0), joints[seen].max(axis=0)
        people.append(
            Person(
                pixels,
                np.where(seen[:, None], joints, 0).astype(np.float32),
                seen,
                np.ones(len(seen), np.float32),
                ((low + high) / 2).astype(np.float64),
                max(float((high - low).max()) * _MARGIN, _SIDE / 4),
                "mannequin",
            )
        )
    return people


def _window(place: Person) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels of a window of a photo at the figures' size."""
    x, y = np.round(place.centre - place.side / 2 + 0.5).astype(int)
    side = max(int(place.side), 1)
    part = place.image[max(y, 0) : y + side, max(x, 0) : x + side]
    return np.asarray(cv2.resize(part, (_SIDE, _SIDE)), np.uint8)
