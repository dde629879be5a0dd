"""The live filter: One Euro on every joint, with true time steps (Casiez et al., CHI 2012)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses


@dataclass(frozen=True, slots=True)
class OneEuro:
    """Settings of the filter; how the usual ones were found is in docs/facts/smoothing.md."""

    min_cutoff: float = 0.5
    """Hz at rest: lower is steadier."""

    beta: float = 2.5
    """Hz gained at a speed of one body size a second (see `body_size`), so that it means the same
    for large and small people: higher follows fast movement more closely."""

    d_cutoff: float = 8.0
    """Hz of the filter on the speed itself."""

    longest_gap: float = 0.5
    """Seconds without a joint after which it starts anew."""

    @property
    def title(self) -> str:
        """What is done, with every parameter, for a legend or a file's header."""
        return (
            f"One Euro, {self.min_cutoff:g} Hz at rest, beta {self.beta:g}, "
            f"speed at {self.d_cutoff:g} Hz"
        )


class PoseFilter:
    """One Euro filter over the joints of all people. Reset it at every seek; raw poses stay raw."""

    def __init__(self, settings: OneEuro | None = None) -> None:
        self.settings = settings or OneEuro()
        """May be replaced at any time: where the joints are stays."""
        self._people: dict[int, _PersonFilter] = {}

    def reset(self) -> None:
        """Forget everything: the next poses come out as they are."""
        self._people.clear()

    def apply(self, poses: Poses, *, seconds: float) -> Poses:
        """Smooth the joints of every person who has a number, or is alone.

        Args:
            poses: Raw, in the order of time; missing joints (NaN) stay missing.
            seconds: The frame's own time; going back in time starts anew.
        """
        if not len(poses):
            return poses
        xy = poses.xy.copy()
        for row, number in enumerate(poses.track.tolist()):
            if number >= 0 or len(poses) == 1:
                person = self._people.setdefault(number, _PersonFilter(self.settings))
                person.settings = self.settings
                xy[row] = person.apply(poses.xy[row].astype(np.float64), seconds)
        here = set(poses.track.tolist())
        gap = self.settings.longest_gap
        self._people = {
            number: person
            for number, person in self._people.items()
            if number in here or seconds - person.last <= gap
        }
        return replace(poses, xy=xy)


class _PersonFilter:
    """The filter over one person's joints."""

    def __init__(self, settings: OneEuro) -> None:
        self.settings = settings
        self._place: NDArray[np.float64] | None = None
        self._speed: NDArray[np.float64] = np.empty(0)
        self._when: NDArray[np.float64] = np.empty(0)
        """Per joint, when it was last found."""

    @property
    def last(self) -> float:
        """When any joint was last found, seconds."""
        return float(self._when.max(initial=-np.inf))

    def apply(self, raw: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
        """Smooth the joints (k, 2)."""
        if self._place is None or len(self._place) != len(raw) or seconds < self._when.max():
            self._place = np.full_like(raw, np.nan)
            self._speed = np.zeros_like(raw)
            self._when = np.full(len(raw), seconds)
        return self._step(raw, seconds)

    def _step(self, raw: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
        s = self.settings
        place = self._place
        assert place is not None
        elapsed = seconds - self._when
        seen = np.asarray(np.isfinite(raw).all(axis=1))
        known = np.asarray(np.isfinite(place).all(axis=1)) & (elapsed <= s.longest_gap)
        moved = np.asarray(seen & known & (elapsed > 0))
        fresh = np.asarray(seen & ~known)
        step = np.where(moved, elapsed, 1.0)[:, None]
        speed = (raw - place) / (step * body_size(raw))
        speed = self._speed + _weight(s.d_cutoff, step) * (speed - self._speed)
        cutoff = s.min_cutoff + s.beta * np.linalg.norm(speed, axis=1, keepdims=True)
        smooth = place + _weight(cutoff, step) * (raw - place)
        self._speed[moved] = speed[moved]
        self._speed[fresh] = 0.0
        place[moved] = smooth[moved]
        place[fresh] = raw[fresh]
        self._when[seen] = seconds
        return np.where(seen[:, None], place, np.nan)


def body_size(xy: NDArray[np.float64]) -> float:
    """Return how large a pose (k, 2) is: the root mean square distance of its joints to their mean.

    About the length of the torso of a person who stands; at least one pixel.
    """
    known = xy[np.isfinite(xy).all(axis=1)]
    if not len(known):
        return 1.0
    return max(float(np.sqrt(known.var(axis=0).sum())), 1.0)


def _weight(cutoff: NDArray[np.float64] | float, step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of a new value in a first-order low pass of `cutoff` Hz."""
    turn = 2 * np.pi * cutoff * step
    weight: NDArray[np.float64] = turn / (turn + 1)
    return weight
