"""Lifts joints from the picture into space, after Martinez et al., ICCV 2017: depth is guessed.

"A simple yet effective baseline for 3d human pose estimation": a few fully connected layers with
two residual blocks read the places of joints in one picture and answer where they are in space,
from the middle of the hips. Ours learnt from the mannequin alone (`training.lifter`), so lengths
are those of a body some 1.7 m tall, and what it has not seen people do it guesses badly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.assets import weights
from poseviewer.core.reading import reading
from poseviewer.core.skeleton import common_names, load_skeleton

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

SKELETON = load_skeleton("poseviewer-23")
"""The joints that it reads and answers; those that a network lacks are missing ones to it."""

FEWEST = 5
"""Joints of a person without which nothing is guessed."""

_NAMES = common_names(SKELETON.joints)
_MIRROR = list(SKELETON.mirror)


def centred(xy: NDArray[np.floating], there: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what is read of people.

    Args:
        xy: (n, 23, 2) frame pixels.
        there: (n, 23) joints that have a place.

    Returns:
        (n, 69) places about their mean in units of their spread, 0 where there is none, then 1 for
        each joint that is there.
    """
    count = np.maximum(there.sum(axis=1), 1)[:, None, None]
    placed = np.where(there[..., None], xy, 0)
    middle = placed.sum(axis=1, keepdims=True) / count
    about = np.where(there[..., None], placed - middle, 0)
    spread = np.sqrt((about**2).sum(axis=(1, 2), keepdims=True) / count)
    spread = np.maximum(spread, 1e-6)
    places = (about / spread).reshape(len(xy), 2 * len(_NAMES))
    return np.concatenate([places, there], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Lifter:
    """The numbers of the network, batch normalisation folded into its layers."""

    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    """Weights (in, out) and what is added (out,): the first layer, two in each block, the last."""

    def answer(self, read: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places in space (n, 23, 3) of what `centred` reads."""
        first, *blocks, last = self.layers
        x = np.maximum(read @ first[0] + first[1], 0)
        for one, two in zip(blocks[::2], blocks[1::2], strict=True):
            y = np.maximum(x @ one[0] + one[1], 0)
            x = x + np.maximum(y @ two[0] + two[1], 0)
        found: NDArray[np.float32] = (x @ last[0] + last[1]).reshape(len(read), len(_NAMES), 3)
        return found

    def lift(self, xy: NDArray[np.floating], there: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Guess where joints are in space.

        The mean of a picture and its mirror image, so that left and right are treated alike.

        Args:
            xy: (n, 23, 2) frame pixels.
            there: (n, 23) joints that have a place.

        Returns:
            (n, 23, 3) metres from the middle of the hips: x right, y down, z away from the camera.
        """
        turned = np.stack([-xy[..., 0], xy[..., 1]], axis=-1)[:, _MIRROR]
        one, other = centred(xy, there), centred(turned, there[:, _MIRROR])
        both = self.answer(np.concatenate([one, other]))
        mirrored = both[len(xy) :, _MIRROR] * np.array([-1, 1, 1], np.float32)
        found = (both[: len(xy)] + mirrored) / np.float32(2)
        hips = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
        placed: NDArray[np.float32] = found - found[:, hips].mean(axis=1, keepdims=True)
        return placed

    def lifted(self, poses: Poses, *, gate: float) -> Poses:
        """Return people with places in space guessed from the picture alone.

        Args:
            poses: Of any skeleton; what it has beyond the 23 joints gets no place.
            gate: Confidence from which a joint is read. One below gets no place, and nobody does
                of whom fewer than `FEWEST` joints are read.
        """
        ours = _columns(poses.skeleton)
        here = [at for at, column in enumerate(ours) if column >= 0]
        theirs = [ours[at] for at in here]
        xy = np.zeros((len(poses), len(ours), 2), np.float32)
        there = np.zeros(xy.shape[:2], np.bool_)
        xy[:, here], there[:, here] = poses.xy[:, theirs], poses.sure(gate)[:, theirs]
        there &= there.sum(axis=1, keepdims=True) >= FEWEST
        guessed = np.where(there[..., None], self.lift(np.nan_to_num(xy), there), np.nan)
        world = np.full((*poses.score.shape, 3), np.nan, np.float32)
        world[:, theirs] = guessed[:, here]
        return replace(poses, world=world)


@lru_cache(maxsize=32)
def _columns(skeleton: Skeleton) -> tuple[int, ...]:
    """For each of the 23 joints its number in another skeleton, -1 for none."""
    theirs = common_names(skeleton.joints)
    return tuple(theirs.index(name) if name in theirs else -1 for name in _NAMES)


def load_lifter(path: Path | None = None) -> Lifter | None:
    """Return the lifter whose weights are there; None where there are none.

    Args:
        path: Of its weights; those that ship if left out.

    Raises:
        PoseViewerError: They cannot be read.
    """
    path = path or weights("lifter.safetensors")
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Lifter:
    from safetensors.numpy import load_file

    with reading(path.name, kind="the lifter", advice="train it again"):
        tensors = {name: one.astype(np.float32) for name, one in load_file(path).items()}
        count = len(tensors) // 2
        layers = tuple((tensors[f"{n}.weight"], tensors[f"{n}.bias"]) for n in range(count))
        # A layer's numbers are read by the next, and a block adds what it was given.
        shapes = [(weight.shape, bias.shape) for weight, bias in layers]
        given = found = 3 * len(_NAMES)
        wide = shapes[0][1] if shapes else ()
        middle = [((*wide, *wide), wide)] * (count - 2)
        fits = shapes == [((given, *wide), wide), *middle, ((*wide, found), (found,))]
        if not fits or count % 2 or not all(np.isfinite(v).all() for v in tensors.values()):
            msg = "its layers do not fit"
            raise ValueError(msg)
        return Lifter(layers)
