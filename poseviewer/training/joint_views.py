"""People in crops as the window makes them, whole and cut off by the edge of the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.torso import torsos
from poseviewer.training.gpu_pack import ABSENT, OCCLUDED, SOURCES, UNKNOWN, VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton

UNPLACED = 4
"""State of a joint that a data set which labels such joints leaves unlabelled: it is hidden or
outside, or nobody took the trouble."""

_HEAD = ("shoulder", "neck", "head_top", "nose", "eye", "ear")
GROUPS = {
    "head and shoulders": _HEAD,
    "waist up": (*_HEAD, "elbow", "wrist", "hip"),
    "legs": ("hip", "knee", "ankle", "heel", "big_toe"),
}
"""Joints around which the frame of a cut-off view is drawn."""

_FEWEST = 3
"""Joints of a group that must be known."""

_SHOULDERS = 1.3
"""Torsos to the width of the shoulders, where hips are not labelled: the median of those that have
both, seen from the front."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A person in a frame, and the region of it that a network is shown."""

    image: NDArray[np.uint8]
    """The frame, RGB (h, w, 3)."""

    joints: NDArray[np.float64]
    """(k, 2) frame pixels; meaningless where the state gives no place."""

    state: NDArray[np.int64]
    """(k,) of `gpu_pack`, or `UNPLACED`."""

    torso: float
    """Frame pixels; NaN where not known."""

    region: Box

    source: str
    """Of `gpu_pack.SOURCES`."""

    number: str
    """The person's in the data set."""

    def placed(self) -> NDArray[np.bool_]:
        """Return which joints have a known place (k,)."""
        return np.asarray(np.isin(self.state, (VISIBLE, OCCLUDED)), np.bool_)


def people(folder: Path, *, split: str, skeleton: Skeleton) -> Iterator[Shown]:
    """Everybody of one split of a pack (see `gpu_pack`), in the crop that validation shows.

    COCO labels what can be placed, so what it leaves unlabelled is `UNPLACED`; but where both
    teachers are certain of a training person's joint, it is unknown. LSPET does so for its own
    fourteen. The photos of exercise are labelled by teachers: what they leave out is unknown.

    Args:
        folder: Holds, at any depth, people.npz files with an images.bin beside each.
        split: `train` or `val`.
        skeleton: Of the pack's joints.

    Raises:
        PoseViewerError: There is no such file, or a picture cannot be read.
    """
    tables = sorted(folder.rglob("people.npz"))
    if not tables:
        msg = f"{folder} holds no people.npz; give the folder of the pack with --data."
        raise PoseViewerError(msg)
    for path in tables:
        with np.load(path, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
        coded = np.memmap(path.with_name("images.bin"), np.uint8, mode="r")
        starts = np.concatenate([[0], table["end"][:-1]])
        for row in np.flatnonzero(table["split"] == split):
            image = cv2.imdecode(coded[starts[row] : table["end"][row]], cv2.IMREAD_COLOR)
            if image is None:
                msg = f"picture {row} of {path} cannot be read."
                raise PoseViewerError(msg)
            source = SOURCES[table["source"][row]]
            joints = table["joints"][row].astype(np.float64)
            given, weight = table["state"][row].astype(np.int64), table["weight"][row]
            state = _judged(given, weight, source=source, skeleton=skeleton)
            x, y, side = table["nominal"][row].tolist()
            yield Shown(
                np.ascontiguousarray(image[..., ::-1], np.uint8),
                joints,
                state,
                _length(joints, (given == VISIBLE) | (given == OCCLUDED), skeleton),
                Box.centred(x, y, side, side),
                source,
                str(table["id"][row]),
            )


def _judged(
    state: NDArray[np.int64], weight: NDArray[np.floating], *, source: str, skeleton: Skeleton
) -> NDArray[np.int64]:
    """The states of a person's joints, with those that a data set leaves out on purpose."""
    plain = [name.removeprefix("left_").removeprefix("right_") for name in skeleton.joints]
    foot = np.isin(plain, ("heel", "big_toe"))
    if source == "lspet":
        asked = ~foot & ~np.isin(plain, ("nose", "eye", "ear"))
        return np.where(asked & (state == UNKNOWN), UNPLACED, state)
    if source != "coco":
        return state
    asked = ~foot & ~np.isin(plain, ("neck", "head_top"))
    left_out = asked & (weight < 1)
    taught = (state == VISIBLE) | (state == OCCLUDED)
    state = np.where(left_out, np.where(taught, UNKNOWN, UNPLACED), state)
    for side in ("left", "right"):
        # No data set labels a foot whose ankle it cannot place.
        if state[skeleton.index(f"{side}_ankle")] == UNPLACED:
            for name in ("heel", "big_toe"):
                state[skeleton.index(f"{side}_{name}")] = UNPLACED
    return state


def _length(joints: NDArray[np.float64], seen: NDArray[np.bool_], skeleton: Skeleton) -> float:
    """The torso of a person, from the shoulders where hips are not labelled."""
    names = skeleton.joints
    torso = float(torsos(joints[None], seen=seen[None], names=names, either=True)[0])
    left, right = skeleton.index("left_shoulder"), skeleton.index("right_shoulder")
    if np.isnan(torso) and seen[left] and seen[right]:
        torso = _SHOULDERS * float(np.linalg.norm(joints[left] - joints[right]))
    return torso


def drawn(
    person: Shown, *, rng: np.random.Generator, skeleton: Skeleton, group: str | None = None
) -> Shown:
    """A person as a camera might show them: cut off by the frame, part hidden, nearer or farther.

    Args:
        person: As `people` gives them.
        rng: Where chance comes from.
        skeleton: Of the joints.
        group: Of `GROUPS`, around which the frame is drawn; by chance, half of them whole, where
            None.
    """
    if group is None:
        kinds = ("whole", *GROUPS)
        group = str(rng.choice(kinds, p=(0.5, 0.15, 0.25, 0.1)))
        person = _hidden(person, rng) if rng.random() < _HIDE else person
    cut = person if group == "whole" else _cut(person, rng, skeleton, GROUPS[group])
    placed = cut.placed()
    if not placed.any():
        return cut
    # What a follower knows before it has seen the legs end: now and then all of the person.
    if rng.random() < _STALE:
        return replace(cut, region=_jittered(cut.region, rng))
    region = Box.around(cut.joints[placed], margin=float(np.exp(rng.uniform(*_MARGINS))))
    return replace(cut, region=_jittered(region, rng))


_HIDE, _STALE = 0.15, 0.3
_MARGINS = (np.log(1.1), np.log(1.7))


def _jittered(region: Box, rng: np.random.Generator) -> Box:
    side = max(region.width, region.height, 16.0)
    x, y = np.array(region.centre) + rng.normal(0, 0.04, 2) * side
    return Box.centred(float(x), float(y), side, side)


def _cut(
    person: Shown, rng: np.random.Generator, skeleton: Skeleton, group: tuple[str, ...]
) -> Shown:
    """The person in a frame that ends around some joints; whole where too few are known."""
    plain = [name.removeprefix("left_").removeprefix("right_") for name in skeleton.joints]
    part = person.placed() & np.isin(plain, group)
    if part.sum() < _FEWEST:
        return person
    height, width = person.image.shape[:2]
    low, high = person.joints[part].min(axis=0), person.joints[part].max(axis=0)
    side = float((high - low).max())
    room = rng.uniform((0.05, 0.05, 0.05, 0.02), (1.2, 0.6, 1.2, 0.35)) * max(side, 8.0)
    left, top = np.floor(np.maximum(low - room[:2], 0)).astype(int)
    right, bottom = np.ceil(np.minimum(high + room[2:], (width - 1, height - 1))).astype(int) + 1
    right, bottom = max(right, left + 8), max(bottom, top + 8)
    image = np.ascontiguousarray(person.image[top:bottom, left:right])
    joints = person.joints - (left, top)
    out = (joints < -0.5).any(axis=1) | (joints >= np.array(image.shape[1::-1]) - 0.5).any(axis=1)
    state = np.where(person.placed() & out, ABSENT, person.state)
    box = person.region
    moved = Box(box.x - left, box.y - top, box.width, box.height)
    return replace(person, image=image, joints=joints, state=state, region=moved)


def _hidden(person: Shown, rng: np.random.Generator) -> Shown:
    """The person with something of one colour or of noise before part of them."""
    placed = person.placed()
    if not placed.any():
        return person
    low, high = person.joints[placed].min(axis=0), person.joints[placed].max(axis=0)
    size = rng.uniform(0.12, 0.45, 2) * (high - low).max()
    corner = rng.uniform(low - size / 2, high - size / 2)
    x0, y0 = np.maximum(corner, 0).astype(int)
    x1, y1 = np.maximum(corner + size, 0).astype(int)
    image = person.image.copy()
    patch = image[y0:y1, x0:x1]
    patch[:] = rng.integers(0, 256, 3) if rng.random() < 0.5 else rng.integers(0, 256, patch.shape)
    covered = ((person.joints > (x0, y0)) & (person.joints < (x1, y1))).all(axis=1)
    state = np.where(covered & (person.state == VISIBLE), OCCLUDED, person.state)
    return replace(person, image=image, state=state)
