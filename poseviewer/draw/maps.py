"""What can be shown of a stage's tensor: one belief map, one field, or the strongest of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.stage import StageOutput

_LEAST_PEAK = 0.25
"""The smallest belief drawn as the end of the colour map: noise is not blown up to a peak."""


def belief(output: StageOutput, *, channel: int | None) -> NDArray[np.float32]:
    """One map of a stage (h, w), or the strongest of all joints in each cell.

    Args:
        output: A stage of belief maps; of fields the length of the vectors is taken.
        channel: Which; None leaves out the background and takes the strongest of the rest.
    """
    if output.spec.kind == "paf":
        vectors = field(output, channel=channel)
        return np.asarray(np.hypot(vectors[0], vectors[1]), np.float32)
    if channel is not None and 0 <= channel < len(output.values):
        chosen: NDArray[np.float32] = output.values[channel]
        return chosen
    return np.asarray(_joint_maps(output).max(axis=0), np.float32)


def field(output: StageOutput, *, channel: int | None) -> NDArray[np.float32]:
    """The vectors (2, h, w) of one limb, or of the limb that is strongest in each cell.

    Args:
        output: A stage of fields.
        channel: Either component of the limb; None for all limbs.
    """
    pairs = output.values.reshape(-1, 2, *output.values.shape[1:])
    if channel is not None and 0 <= channel < len(output.values):
        chosen: NDArray[np.float32] = pairs[channel // 2]
        return chosen
    strength = np.nan_to_num((pairs * pairs).sum(axis=1))
    strongest = strength.argmax(axis=0)[None, None]
    return np.asarray(np.take_along_axis(pairs, strongest, axis=0)[0], np.float32)


def peak(output: StageOutput) -> float:
    """The strongest belief of any joint: the common range, in which a weak joint looks weak."""
    if output.spec.kind == "paf":
        return max(float(belief(output, channel=None).max(initial=0.0)), _LEAST_PEAK)
    return max(float(_joint_maps(output).max(initial=0.0)), _LEAST_PEAK)


def top_of(tile: NDArray[np.floating]) -> float:
    """The greatest value of a map (h, w), or the length of the longest vector of a field."""
    values = np.hypot(tile[0], tile[1]) if tile.ndim == 3 else tile
    # fmax, because a broken value must not hide the others.
    return float(np.fmax.reduce(values, axis=None))


def _joint_maps(output: StageOutput) -> NDArray[np.float32]:
    count = len(output.spec.channels)
    if count > 1 and output.spec.channels[-1] == "background":
        count -= 1
    maps: NDArray[np.float32] = output.values[:count]
    return maps
