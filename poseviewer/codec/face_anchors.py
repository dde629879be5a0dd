"""The answer of MediaPipe's short-range face detector, read as one face.

Boxes and points are offsets from 896 anchors: two in each cell of 16 x 16 and six in each of 8 x 8
(`modules/face_detection`, BlazeFace; Bazarevsky et al., 2019).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 128
"""Of its input, pixels."""

LEAST = 0.5
"""Confidence of a candidate that counts."""

_ALIKE = 0.3
"""Intersection over union with the best candidate from which on others are of the same face."""

_LARGEST = 80.0
"""Logits beyond it are all the same to float32."""


def read_face(
    offsets: NDArray[np.float32], logits: NDArray[np.float32]
) -> tuple[NDArray[np.float64], float]:
    """Return the six points of the surest face and how sure it is.

    Candidates of the same face are averaged by their confidence, as the detector's own program
    does.

    Args:
        offsets: (896, 16) middle, width and height of a box, then x and y of right eye, left eye,
            tip of the nose, mouth, right and left ear; input pixels from the anchor.
        logits: (896,) or (896, 1) confidences.

    Returns:
        (6, 2) input pixels, pixel-centred; and 0 to 1.
    """
    score = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -_LARGEST, _LARGEST)))
    places = offsets.astype(np.float64).reshape(-1, 8, 2)
    places[:, [0, *range(2, 8)]] += _anchors()[:, None]
    low, high = places[:, 0] - places[:, 1] / 2, places[:, 0] + places[:, 1] / 2
    best = int(score.argmax())
    both = (np.minimum(high, high[best]) - np.maximum(low, low[best])).clip(min=0).prod(axis=1)
    area = (high - low).clip(min=0).prod(axis=1)
    alike = both > _ALIKE * np.maximum(area + area[best] - both, 1e-9)
    alike &= score >= min(LEAST, float(score[best]))
    points = np.average(places[alike, 2:], axis=0, weights=score[alike])
    return points - 0.5, float(score[best])


@cache
def _anchors() -> NDArray[np.float64]:
    """Middles of the anchors (896, 2), input pixels from the edge."""
    rows = []
    for cells, many in ((16, 2), (8, 6)):
        y, x = np.mgrid[:cells, :cells]
        middles = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * (SIDE / cells)
        rows.append(np.repeat(middles, many, axis=0))
    return np.concatenate(rows)
