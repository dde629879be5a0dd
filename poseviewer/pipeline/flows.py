"""Redundant flows of poses: two numbers that mean one person over some time.

Pose Flow (Xiu et al., BMVC 2018, section 3.3) suppresses them within a sliding window: flows whose
poses lie on each other in the median are one, and the surer one stays.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.reading import listing, number, whole
from poseviewer.pipeline.checkpoint import MOST_FRAMES, MOST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses

    Likeness = Callable[[Poses, Poses], NDArray[np.float64]]

REDUNDANT = 0.3
"""Median likeness over the window from which on two flows are of one person."""

_FEWEST = 3
"""Frames that two flows must have in common."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The people with a number in one frame."""

    seconds: float
    score: dict[int, float]
    like: dict[frozenset[int], float]
    """How alike two of them are."""


class FlowWindow:
    """The last seconds of all people with a number.

    Args:
        seconds: How long it is.
        likeness: Of poses (n,) to poses (m,), as `track.likeness` gives it.
    """

    def __init__(self, seconds: float, likeness: Likeness) -> None:
        self._seconds, self._likeness = seconds, likeness
        self._looks: deque[_Look] = deque()

    def reset(self) -> None:
        """Forget all people."""
        self._looks.clear()

    def checkpoint(self) -> list[Any]:
        """The state as JSON holds it, for `go_on`."""
        return [
            [
                look.seconds,
                list(look.score.items()),
                [[*sorted(pair), alike] for pair, alike in look.like.items()],
            ]
            for look in self._looks
        ]

    def go_on(self, state: Any) -> None:
        """Continue from a checkpoint.

        Raises:
            ValueError: It is none.
        """
        self._looks.clear()
        for row in listing(state, "the window"):
            seconds, score, like = listing(row, "a frame")
            self._looks.append(
                _Look(
                    number(seconds, "a time", low=-MOST_SECONDS, high=MOST_SECONDS),
                    {_named(n): number(s, "a score", low=-1e6, high=1e6) for n, s in score},
                    {
                        frozenset((_named(a), _named(b))): number(v, "a likeness", low=0, high=1)
                        for a, b, v in like
                    },
                )
            )

    def suppressed(self, poses: Poses, *, seconds: float) -> Poses:
        """Take the number from a person who is a weaker copy of another; -1 in place of it.

        Args:
            poses: Of one frame, with numbers.
            seconds: When; frames come in order.
        """
        rows = np.flatnonzero(poses.track >= 0)
        known = poses.only(rows)
        numbers = known.track.tolist()
        alike = self._likeness(known, known)
        pairs = list(combinations(range(len(numbers)), 2))
        self._looks.append(
            _Look(
                seconds,
                dict(zip(numbers, known.score.mean(axis=1).tolist(), strict=True)),
                {frozenset((numbers[a], numbers[b])): float(alike[a, b]) for a, b in pairs},
            )
        )
        while self._looks[0].seconds < seconds - self._seconds:
            self._looks.popleft()
        gone = {self._weaker(numbers[a], numbers[b]) for a, b in pairs}
        track = np.where(np.isin(poses.track, [n for n in gone if n is not None]), -1, poses.track)
        return replace(poses, track=track)

    def _weaker(self, first: int, second: int) -> int | None:
        """Which of two numbers is a copy of the other; None where they are two people."""
        pair = frozenset((first, second))
        alike = [look.like[pair] for look in self._looks if pair in look.like]
        if len(alike) < _FEWEST or np.median(alike) < REDUNDANT:
            return None
        sums = [sum(look.score.get(n, 0.0) for look in self._looks) for n in (first, second)]
        return second if sums[0] >= sums[1] else first


def _named(number_: Any) -> int:
    return whole(number_, "a number", low=0, high=MOST_FRAMES)
