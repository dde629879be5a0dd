"""Lifters of weights that are drawn, for what holds whatever they have learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

from poseviewer.pipeline.lifter import SKELETON, Lifter

if TYPE_CHECKING:
    from pathlib import Path

_VALUES = 3 * len(SKELETON.joints)


def drawn(*, width: int = 12, seed: int = 5) -> Lifter:
    """A lifter of random weights."""
    random = np.random.default_rng(seed)
    sizes = [(_VALUES, width), *[(width, width)] * 4, (width, _VALUES)]
    return Lifter(
        tuple(
            (
                random.normal(0, 0.2, size).astype(np.float32),
                random.normal(0, 0.1, size[1]).astype(np.float32),
            )
            for size in sizes
        )
    )


def save(path: Path) -> Path:
    """Write the weights of `drawn`, in half precision."""
    tensors = {
        f"{at}.{part}": value.astype(np.float16)
        for at, layer in enumerate(drawn().layers)
        for part, value in zip(("weight", "bias"), layer, strict=True)
    }
    save_file(tensors, path)
    return path
