"""One tile of the grid of stages: what it shows, which frame pixels lie in it, and its marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply, compose, invert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageOutput


@dataclass(frozen=True, slots=True)
class Row:
    """One row of tiles: a joint, a limb or a channel of a kind of stage, or all of them."""

    channel: int | None
    """First one of the subject's; None for all at once."""

    title: str
    """In full, such as `right wrist`."""

    label: str
    """As it stands beside the tiles, such as `r wrist`."""

    side: str
    """`left`, `right` or `middle`."""

    kind: str
    """Which output of a stage it shows."""

    name: str = ""
    """Of the subject in the stage's card, such as `right_wrist`; empty for all at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One row at one stage."""

    row: Row

    output: StageOutput

    to_frame: NDArray[np.float64]
    """2x3 affine from places in the tile, 0 to 1 across and down, to frame pixels."""

    values: NDArray[np.float32] | None = None
    """What the kind shows: numbers (h, w) or vectors (n, h, w); None for a part of the frame."""

    box: Box | None = None
    """Which part of the frame a tile without values shows, frame pixels."""

    @property
    def cells(self) -> tuple[int, int]:
        """Width and height of the map; 1 x 1 without values."""
        if self.values is None:
            return 1, 1
        height, width = self.values.shape[-2:]
        return width, height

    def at(self, u: float, v: float) -> tuple[float, float]:
        """Return the frame pixel at a place in the tile."""
        x, y = apply(self.to_frame, np.array([u, v])).tolist()
        return x, y

    def place(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Frame pixels (..., 2) as places in the tile."""
        return apply(_inverse(np.asarray(self.to_frame, np.float64).tobytes()), points)


def from_edges(output: StageOutput) -> NDArray[np.float64]:
    """2x3 affine from places 0 to 1 across a map, edge to edge, to frame pixels."""
    height, width = output.values.shape[1:]
    return _edges(np.asarray(output.to_frame, np.float64).tobytes(), width, height)


# All maps of a stage lie on the frame alike, and mostly those of all stages do.
@lru_cache(maxsize=64)
def _edges(affine: bytes, width: int, height: int) -> NDArray[np.float64]:
    to_frame = np.frombuffer(affine).reshape(2, 3)
    made = compose(to_frame, np.array([[width, 0.0, -0.5], [0.0, height, -0.5]]))
    made.flags.writeable = False
    return made


@lru_cache(maxsize=256)
def _inverse(affine: bytes) -> NDArray[np.float64]:
    made = invert(np.frombuffer(affine).reshape(2, 3))
    made.flags.writeable = False
    return made


@dataclass(frozen=True, slots=True)
class Ring:
    """A joint, or the candidate for one, beside the best person's."""

    row: int
    column: int
    place: tuple[float, float]
    """0 to 1 across and down the tile."""
    strong: bool


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line on a tile."""

    row: int
    column: int
    start: tuple[float, float]
    """0 to 1 across and down the tile."""
    end: tuple[float, float]
    strong: bool
    arrow: bool = False
    """Whether it has a head at its end: a joint was moved there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright box on a tile: where the next stage looks."""

    row: int
    column: int
    corner: tuple[float, float]
    """Left and top, 0 to 1 across and down the tile."""
    size: tuple[float, float]
    side: str


Placed = list[list[tuple[tuple[float, float], bool]]]
"""By joint and person: the place, 0 to 1 across and down a tile, and whether the joint is sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is written on some tiles."""

    rows: tuple[Row, ...]
    columns: tuple[int, ...]

    peaks: NDArray[np.float64]
    """(rows, columns, 2) where the decoder put the joint, 0 to 1 across and down the tile; NaN
    where it found none, or where the row is no joint."""

    strong: NDArray[np.bool_]
    """(rows, columns) whether the joint passed the confidence gate."""

    values: NDArray[np.float32]
    """(rows, columns) the greatest value, the longest vector or the confidence; NaN where the
    stage was not asked for."""

    rings: list[Ring] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    arrows: list[Stroke] = field(default_factory=list)
    """Of vectors, where they were asked for."""

    _placed: dict[tuple[int, bytes], Placed] = field(default_factory=dict)

    def placed(self, tile: Tile, poses: Poses, *, gate: float) -> Placed:
        """Where a stage has the joints of everybody, found once for all of its tiles.

        Args:
            tile: One of them, all of which lie on the frame alike.
            poses: The answer of the stage.
            gate: Joints below this confidence are weak.
        """
        key = tile.output.number, tile.to_frame.tobytes()
        if key not in self._placed:
            places = tile.place(poses.xy).transpose(1, 0, 2).tolist()
            sure = (poses.score >= gate).T.tolist()
            self._placed[key] = [
                [((u, v), strong) for (u, v), strong in zip(*one, strict=True)]
                for one in zip(places, sure, strict=True)
            ]
        return self._placed[key]
