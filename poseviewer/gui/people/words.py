"""What the People dock says, and who is where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.core.look import Look
    from poseviewer.core.pose import Poses
    from poseviewer.runtime.state import View

_NEAR = 0.15
"""How far from the nearest joint a click may be, shares of the person's longer side."""


def person_name(number: int, names: Mapping[int, str]) -> str:
    """What somebody is called."""
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


def about(view: View, look: Look) -> str:
    """Whose maps and angles are shown, in a few words."""
    names, number = dict(look.names), view.choices.focus
    here = [] if view.result is None else view.result.poses.track.tolist()
    if number is None:
        return f"{person_name(here[0], names)} is in focus." if here and here[0] >= 0 else ""
    name = person_name(number, names)
    if number in here:
        return f"{name} is in focus."
    if view.choices.locked:
        return f"{name} is away; the angles wait."
    if here and here[0] >= 0:
        return f"{name} is away; {person_name(here[0], names)} stands in."
    return f"{name} is away."


def empty_text(view: View) -> str:
    """Why the list is empty."""
    if view.source is None:
        return "Nobody yet: open a clip or a camera."
    if view.model is None:
        return "Nobody yet: the network is being loaded."
    return "Nobody has been seen yet."
