"""Labelled people and the pictures that show them, whatever data set they are from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poseviewer.core.affine import Box

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One person, as a data set tells it."""

    picture: str
    """Name that `TruthSet.pictures` knows."""

    joints: NDArray[np.float64]
    """(k, 2) picture pixels, pixel-centred; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(k,) labelled joints."""

    crop: Box
    """What a network of one person is shown, by the set's policy."""

    head: float = NAN
    """MPII's head size, pixels."""

    area: float = NAN
    """COCO's segment area, square pixels."""

    judged: bool = True
    """Whether joints of this person count; too few may be labelled to know the person."""

    number: int = -1
    """Of the annotation in its table."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthSet:
    """The labelled people of one split of one data set."""

    name: str
    """Such as `lspet val`."""

    joints: tuple[str, ...]
    """Common names of the k joints."""

    people: tuple[Labelled, ...]
    """Those of one picture follow each other."""

    policy: str
    """How the crops were made, for whoever reads a number."""

    pictures: Callable[[str], NDArray[np.uint8]]
    """The RGB pixels (h, w, 3) of a picture by its name."""

    table: Mapping[str, Any] | None = None
    """The COCO table that the people are from; AP needs it."""

    def first(self, limit: int | None) -> TruthSet:
        """About the first `limit` people: pictures are taken whole."""
        if limit is None or limit >= len(self.people):
            return self
        end = limit
        while end < len(self.people) and self.people[end].picture == self.people[end - 1].picture:
            end += 1
        return replace(self, people=self.people[:end])


def square_around(points: NDArray[np.floating], *, margin: float) -> Box:
    """The square about `points` (n, 2), n > 0, of `margin` times their longer side."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    side = margin * max(float((high - low).max()), 1.0)
    return Box.centred(x, y, side, side)
