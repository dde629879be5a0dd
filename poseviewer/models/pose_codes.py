"""Codes of poses: what stays the same when one pose is seen from another side.

Three small networks that read joints, not pictures, so they stand behind any network. `embed` is
made after Pr-VIPE (Sun et al., ECCV 2020): poses that are alike in space lie together, from
wherever they are seen. `take_apart` and `put_together` are made after CV-MIM (Zhao et al., CVPR
2021): one code of the pose, one of the view, and a drawing from both. They were trained on
mannequins (`poseviewer train pose-codes`); `weights/pose-codes.json` says how well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.assets import weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.likeness import DRAWN, JOINTS
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton

    Reals = NDArray[np.float32]

NAME = "pose-codes"

EMBEDDED, POSE, VIEW = 16, 32, 8
"""Numbers of an embedding, of a pose code and of a view code."""

NETWORKS = ("embed", "encode", "decode")

_LEAST = 1e-6


def read_joints(xy: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.float64]:
    """Pick the joints of `JOINTS` from those of a skeleton.

    Args:
        xy: (..., k, 2) in the order of `skeleton`.
        skeleton: Which joints they are.

    Returns:
        (..., 12, 2)

    Raises:
        KeyError: The skeleton lacks one.
    """
    return np.asarray(xy, np.float64)[..., [skeleton.index(name) for name in JOINTS], :]


def torso_frame(limbs: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where poses are, and how large, as the networks measure it.

    Args:
        limbs: (..., 12, 2), as `read_joints` gives them.

    Returns:
        The middle of the hips (..., 2), and the longest of the widths of shoulders and hips and
        of the diagonals of the trunk (...), which is short from no side.
    """
    left, right = limbs[..., 0, :], limbs[..., 1, :]
    left_hip, right_hip = limbs[..., 6, :], limbs[..., 7, :]
    pairs = ((left, right), (left_hip, right_hip), (left, right_hip), (right, left_hip))
    lengths = [np.linalg.norm(a - b, axis=-1) for a, b in pairs]
    return (left_hip + right_hip) / 2, np.maximum(np.max(lengths, axis=0), _LEAST)


def network_input(limbs: NDArray[np.floating]) -> Reals:
    """Poses (n, 12, 2) as the networks read them: (n, 24), centred and of size 1."""
    middle, size = torso_frame(limbs)
    at = (limbs - middle[..., None, :]) / size[..., None, None]
    return at.reshape(len(limbs), -1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PoseCodes:
    """The three networks, each a list of layers: (outputs, inputs) weights, and (outputs,) biases.

    Each has one layer in, residual blocks of two layers, and one layer out; the normalisation of
    training is part of the numbers.
    """

    layers: dict[str, tuple[tuple[Reals, Reals], ...]]

    def embed(self, read: Reals) -> Reals:
        """(n, 16) of length 1 for input (n, 24): the nearer the more alike in space."""
        return _unit(_run(self.layers["embed"], read))

    def take_apart(self, read: Reals) -> tuple[Reals, Reals]:
        """The pose codes (n, 32) of length 1 and view codes (n, 8) of input (n, 24)."""
        codes = _run(self.layers["encode"], read)
        return _unit(codes[:, :POSE]), codes[:, POSE:]

    def put_together(self, pose: Reals, view: Reals) -> Reals:
        """The joints (n, 14, 2) of `DRAWN`, centred and of size 1, with a pose from a view."""
        drawn = _run(self.layers["decode"], np.concatenate([pose, view], axis=1))
        return drawn.reshape(len(drawn), -1, 2)


def _run(layers: Sequence[tuple[Reals, Reals]], read: Reals) -> Reals:
    (first, bias), *inner, (last, last_bias) = layers
    x = np.maximum(read @ first.T + bias, 0)
    for (a, a_bias), (b, b_bias) in zip(inner[::2], inner[1::2], strict=True):
        x = x + np.maximum(np.maximum(x @ a.T + a_bias, 0) @ b.T + b_bias, 0)
    answer: Reals = x @ last.T + last_bias
    return answer


def _unit(codes: Reals) -> Reals:
    unit: Reals = codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), _LEAST)
    return unit


@lru_cache(maxsize=1)
def pose_codes() -> PoseCodes:
    """The networks that come with the program; see `read_pose_codes`."""
    return read_pose_codes(weights(f"{NAME}.safetensors"))


def read_pose_codes(path: Path) -> PoseCodes:
    """The networks from a safetensors file.

    Raises:
        PoseViewerError: There is none, or it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    joints = len(load_skeleton(DRAWN).joints)
    ends = {
        "embed": (2 * len(JOINTS), EMBEDDED),
        "encode": (2 * len(JOINTS), POSE + VIEW),
        "decode": (POSE + VIEW, 2 * joints),
    }
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        layers = {name: _layers(tensors, name, *ends[name]) for name in NETWORKS}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        msg = f"The codes of poses cannot be read: {path.name} is missing or damaged."
        raise PoseViewerError(msg) from error
    return PoseCodes(layers)


def _layers(
    tensors: dict[str, Reals], name: str, read: int, given: int
) -> tuple[tuple[Reals, Reals], ...]:
    """The layers of a network, each fitting to the one before.

    Raises:
        KeyError: One is missing.
        ValueError: One does not fit.
    """
    count = sum(key.startswith(f"{name}.") and key.endswith(".weight") for key in tensors)
    layers = tuple(
        (tensors[f"{name}.{i}.weight"], tensors[f"{name}.{i}.bias"]) for i in range(count)
    )
    width = len(layers[0][0]) if layers else 0
    shapes = [(width, read), *[(width, width)] * (count - 2), (given, width)]
    fits = count >= 2 and count % 2 == 0
    if not fits or [(w.shape, b.shape) for w, b in layers] != [(s, s[:1]) for s in shapes]:
        msg = f"the layers of {name} do not fit"
        raise ValueError(msg)
    return layers
