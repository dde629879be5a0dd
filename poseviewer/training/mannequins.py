"""Rendered figures to learn from: endless, exactly labelled, in any pose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.training.dataset import Person
from poseviewer.video.mannequin_random import random_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

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
