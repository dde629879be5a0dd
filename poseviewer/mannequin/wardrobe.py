"""The outfits of mannequins: of the numbered figures and of random ones."""

from __future__ import annotations

import numpy as np

from poseviewer.mannequin.body import Colour, Outfit

_SKINS: tuple[Colour, ...] = (
    (0.87, 0.67, 0.56), (0.93, 0.76, 0.66), (0.80, 0.58, 0.45), (0.68, 0.47, 0.35),
    (0.52, 0.35, 0.26), (0.38, 0.26, 0.20), (0.90, 0.71, 0.58),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (0.22, 0.15, 0.11), (0.09, 0.08, 0.08), (0.40, 0.27, 0.16), (0.66, 0.50, 0.30),
    (0.52, 0.50, 0.48), (0.45, 0.20, 0.11),
)  # fmt: skip


def outfit_of(seed: int) -> Outfit:
    """Return the outfit of a numbered figure; 0 is the demo's."""
    return Outfit() if seed == 0 else random_outfit(np.random.default_rng(seed))


def random_outfit(random: np.random.Generator) -> Outfit:
    """Return a random outfit: skin, hair, colours and cut of the clothes."""
    shirt, trousers, shoes = (_cloth(random) for _ in range(3))
    white = random.uniform(0.6, 0.95)
    return Outfit(
        skin=_SKINS[random.integers(len(_SKINS))],
        hair=_HAIRS[random.integers(len(_HAIRS))],
        shirt=shirt,
        trousers=trousers if random.random() < 0.5 else _dim(trousers, 0.45),
        shoes=shoes if random.random() < 0.4 else (white, white, white),
        sole=(0.93, 0.93, 0.92) if random.random() < 0.6 else _dim(shoes, 0.5),
        long_sleeves=bool(random.random() < 0.4),
        shorts=bool(random.random() < 0.35),
        long_hair=bool(random.random() < 0.35),
        girth=float(random.uniform(0.86, 1.2)),
    )


def _cloth(random: np.random.Generator) -> Colour:
    """Return a colour of cloth: a hue, more or less washed out, light or dark."""
    hue = random.uniform(0, 6)
    wheel = np.clip(np.abs((hue - np.array([3.0, 2.0, 4.0])) % 6 - 3) - 1, 0, 1)
    if random.random() < 0.5:
        wheel = wheel * random.uniform(0, 0.5) + 0.5
    red, green, blue = (wheel * 0.75 + 0.15) * random.uniform(0.25, 1.05)
    return min(float(red), 0.95), min(float(green), 0.95), min(float(blue), 0.95)


def _dim(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
