"""The answer between two frames: joints that move straight from one to the other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measure
from poseviewer.core.frame import Frame, Timestamp

if TYPE_CHECKING:
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult


def between(
    first: FrameResult, second: FrameResult, *, seconds: Fraction, gate: float
) -> FrameResult:
    """The answer at a moment between two frames, linear in time.

    Pixels, maps and the answers of earlier stages are the first frame's. People are matched by
    their numbers; people and joints that are in one of the two only stay where the first has them.

    Args:
        first: The frame before.
        second: The frame after, whose time is later.
        seconds: The moment on the source's clock.
        gate: Confidence from which joints count in angles.
    """
    before, after = first.frame.time.exact, second.frame.time.exact
    share = float((seconds - before) / (after - before))
    poses = mixed_poses(first.poses, second.poses, share=share)
    smoothed = None
    if first.smoothed is not None and second.smoothed is not None:
        smoothed = mixed_poses(first.smoothed, second.smoothed, share=share)
    time = Timestamp(seconds.numerator, Fraction(1, seconds.denominator))
    angles = first.angles
    if angles.specs and len(angles.facing) == len(poses):
        angles = measure(poses, specs=angles.specs, gate=gate, facing=angles.facing)
    frame = Frame(first.frame.pixels, first.frame.index, time)
    return replace(first, frame=frame, poses=poses, smoothed=smoothed, angles=angles)


def mixed_poses(first: Poses, second: Poses, *, share: float) -> Poses:
    """The people of `first`, moved towards where `second` has them.

    Args:
        first: People, with numbers.
        second: The same people later.
        share: 0 leaves them where they are, 1 puts them where `second` has them.
    """
    if first.skeleton.joints != second.skeleton.joints:
        return first
    xy = first.xy.copy()
    for row, number in enumerate(first.track.tolist()):
        there = np.flatnonzero(second.track == number)
        if number < 0 or not len(there):
            continue
        later = second.xy[there[0]]
        both = np.isfinite(xy[row]).all(axis=-1) & np.isfinite(later).all(axis=-1)
        xy[row, both] += np.float32(share) * (later[both] - xy[row, both])
    return replace(first, xy=xy)
