"""The texts of the People dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.pose import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.core.pose import Poses
    from poseviewer.runtime.state import AppState

_NEAR = 0.15
"""How far from the nearest joint a click may be, shares of the person's longer side."""


def person_name(number: int, names: Mapping[int, str]) -> str:
    """The name of a person, or `Person 3`."""
    return names.get(number, f"Person {number}")


def when(seconds: float) -> str:
    """A time of the source, such as `0:07.4`."""
    tenths = round(max(seconds, 0.0) * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest / 10:04.1f}"


def person_at(poses: Poses, place: tuple[float, float]) -> int | None:
    """The number of the person whose joint is nearest to a frame pixel; None where nobody is."""
    best, least = None, _NEAR
    for xy, number in zip(poses.xy, poses.track.tolist(), strict=True):
        found = xy[np.isfinite(xy).all(axis=1)]
        if number < 0 or len(found) < 2:
            continue
        away = np.linalg.norm(found - np.array(place), axis=1).min()
        share = float(away / max(np.ptp(found, axis=0).max(), 1.0))
        if share < least:
            best, least = number, share
    return best


def joint_text(poses: Poses | None, place: tuple[int, int] | None, *, reach: float) -> str:
    """The joint at a frame pixel in words: how sure it is, and whether it can be seen.

    Args:
        poses: Of the frame.
        place: x, y.
        reach: Frame pixels from the joint within which it is meant.
    """
    if poses is None or place is None or not len(poses):
        return ""
    away = np.linalg.norm(poses.xy - np.array(place), axis=-1)
    away[~poses.found] = np.inf
    row, joint = divmod(int(away.argmin()), away.shape[1])
    return poses.in_words(row, joint) if away[row, joint] <= reach else ""


def states_of(poses: Poses) -> dict[int, str]:
    """How many joints of each person can be seen, in a sentence, by number."""
    numbers = poses.track.tolist()
    if not poses.calibrated:
        sentence = "Mean height of the joints' peaks: this network's confidence is not calibrated."
        return dict.fromkeys(numbers, sentence)
    counts = [
        poses.are(state).sum(axis=1)
        for state in (Visibility.VISIBLE, Visibility.OCCLUDED, Visibility.OUTSIDE)
    ]
    return {
        number: f"{seen} joints visible, {hidden} hidden, {outside} outside the frame."
        for number, seen, hidden, outside in zip(numbers, *counts, strict=True)
    }


def people_text(state: AppState) -> str:
    """The number of people in the frame, in words; empty before its answer."""
    _, result = state.shown
    if result is None:
        return ""
    count = len(result.poses)
    return "1 person" if count == 1 else f"{count} people" if count else "nobody"


def about(state: AppState) -> str:
    """The person whose maps and angles are shown, in a sentence."""
    names, number = dict(state.people.names), state.people.focus
    _, result = state.shown
    here = [] if result is None else result.poses.track.tolist()
    if number is None:
        return f"{person_name(here[0], names)} is in focus." if here and here[0] >= 0 else ""
    name = person_name(number, names)
    if number in here:
        return f"{name} is in focus."
    if state.people.locked:
        return f"{name} is away; no angles are shown."
    if here and here[0] >= 0:
        return f"{name} is away; {person_name(here[0], names)} is shown instead."
    return f"{name} is away."
