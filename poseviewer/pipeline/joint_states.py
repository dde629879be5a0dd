"""Reads from a network's maps how likely each joint is right, and whether it can be seen.

The height of a peak says how alike a place is to a joint, not whether the joint is in the frame:
legs under a table have peaks too. A small network of two layers, beside the weights of a network
of belief maps, reads the answers of all joints and stages together. It depends on neither engine
nor decoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.assets import beside_weights
from poseviewer.core.pose import Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard

STATES = (Visibility.OUTSIDE, Visibility.OCCLUDED, Visibility.VISIBLE)
"""What a joint may be, in the order of the reader's answers."""

FARTHEST = 4.0
"""Standard deviations beyond which evidence counts alike, so that none alone decides."""

_REACH = 3.0
"""Sigmas around a peak that belong to it: what is high beyond is a second peak."""

_LEAST = 1e-3
_NEAR = 0.3
"""Sides of the crop beyond which it does not matter how far an edge is."""


def evidence(
    maps: Sequence[NDArray[np.float32]],
    *,
    codec: HeatmapCodec,
    mirror: Sequence[int],
    edges: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Collect what the maps of people say about their joints.

    Of every joint: place and height of the last stage's peak, its width, the second peak, the
    other side's belief there, and the nearest edge of the frame; of every earlier stage the height
    of its peak, how far that is from the last one, and what it believed of the last one's place.

    Args:
        maps: Of every stage (n, k or more, h, w), the joints' first.
        codec: Of the network.
        mirror: Of each of k joints the one on the other side.
        edges: (n, 4) left, top, right and bottom of the frame, pixels of the network's input.

    Returns:
        (n, k * (5 + 3 * stages) + 4), joint by joint, then the edges.
    """
    joints, (height, width) = len(mirror), maps[-1].shape[-2:]
    stack = np.stack([stage[:, :joints] for stage in maps])
    flat = stack.reshape(*stack.shape[:3], -1)
    at = flat.argmax(axis=-1)
    # Where each map begins among the cells of all.
    begin = np.arange(at.size).reshape(at.shape) * flat.shape[-1]
    cells = stack.reshape(-1)
    top, there = cells.take(begin + at), cells.take(begin + at[-1])
    other = cells.take(begin[-1][:, list(mirror)] + at[-1])
    y, x = np.divmod(at, width)
    place = np.stack([x / (width - 1), y / (height - 1)], axis=-1) - 0.5
    last, peak = np.maximum(stack[-1], 0), np.maximum(top[-1], _LEAST)
    mass = np.log(last.sum(axis=(-2, -1)) / peak / codec.sigma**2 + _LEAST)
    dx = np.arange(width, dtype=np.float32) - x[-1][..., None].astype(np.float32)
    dy = np.arange(height, dtype=np.float32) - y[-1][..., None].astype(np.float32)
    last[(dx * dx)[:, :, None, :] + (dy * dy)[..., None] <= (_REACH * codec.sigma) ** 2] = 0
    second = last.max(axis=(-2, -1)) / peak
    size = np.array([width, height] * 2) * codec.stride
    limits = (edges + 0.5) / size - 0.5
    inside = np.concatenate(
        [place[-1] - limits[:, None, :2], limits[:, None, 2:] - place[-1]], axis=-1
    ).min(axis=-1)
    apart = np.linalg.norm(place[:-1] - place[-1], axis=-1).clip(max=_NEAR)
    parts = [
        *np.moveaxis(place[-1], -1, 0), top[-1], mass, second.clip(max=1), other,
        inside.clip(-_NEAR, _NEAR), *top[:-1], *apart, *there[:-1],
    ]  # fmt: skip
    each = np.stack(parts, axis=-1).reshape(len(last), -1)
    return np.concatenate([each, limits.clip(-1, 1)], axis=1).astype(np.float32)


def edges_of(to_frame: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float64]:
    """Return where the edges of a frame lie in a network's input.

    Args:
        to_frame: Upright affine (2, 3) from pixels of the input to those of the frame.
        size: Width and height of the frame, pixels.

    Returns:
        (4,) left, top, right and bottom, pixels of the input.
    """
    corners = np.array([[-0.5, -0.5], [size[0] - 0.5, size[1] - 0.5]])
    edges: NDArray[np.float64] = ((corners - to_frame[:, 2]) / to_frame.diagonal()).reshape(-1)
    return edges


@dataclass(frozen=True, slots=True, eq=False)
class JointReader:
    """Two layers that read evidence; the numbers of one network."""

    mean: NDArray[np.float32]
    """(f,) of evidence."""

    scale: NDArray[np.float32]
    """(f,) by which it is divided."""

    first: NDArray[np.float32]
    """(f + 1, hidden) weights, the last row added."""

    second: NDArray[np.float32]
    """(hidden + 1, k * 4): of each joint the logit of being right, then of each of `STATES`."""

    calibration: NDArray[np.float32]
    """(2,) factor of the logit of being right and what is added (Platt scaling)."""

    def logits(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answers (n, k, 4) to evidence (n, f), not calibrated."""
        usual = ((found - self.mean) / self.scale).clip(-FARTHEST, FARTHEST)
        inner = usual @ self.first[:-1] + self.first[-1]
        outer = np.maximum(inner, 0) @ self.second[:-1] + self.second[-1]
        answers: NDArray[np.float32] = outer.reshape(len(found), -1, 1 + len(STATES))
        return answers

    def read(self, found: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Judge joints.

        Args:
            found: Evidence (n, f).

        Returns:
            The probability (n, k) that the joint can be placed and is right within 0.2 of the
            torso, 0 where it is outside, and its `Visibility` (n, k).
        """
        answers = self.logits(found)
        factor, shift = self.calibration
        confidence = 1 / (1 + np.exp(-(answers[..., 0] * factor + shift)))
        states = np.array(STATES, np.int8)[answers[..., 1:].argmax(axis=-1)]
        confidence[states == Visibility.OUTSIDE] = 0
        return confidence.astype(np.float32), states


def reader_path(card: ModelCard) -> Path | None:
    """Return where the reader of a network lies, beside its weights, whether it is there or not."""
    path = card.weights_path
    return None if path is None else beside_weights(path, f"{path.stem}-joints.safetensors")


def reader_of(card: ModelCard) -> JointReader | None:
    """Return the reader of a network; None where there is none that belongs to its weights."""
    path = reader_path(card)
    if path is None or not path.is_file() or not isinstance(card.codec, HeatmapCodec):
        return None
    from poseviewer.models.facts import facts

    weights, reader = _read(path)
    return reader if weights == facts(card).get("sha256") else None


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[str, JointReader]:
    """The digest of the weights that a reader belongs to, and the reader."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        weights = (file.metadata() or {}).get("weights", "")
        return weights, JointReader(
            **{name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        )
