"""A network drawn out: what each of its modules or blocks holds for one region of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.stage import StageOutput


@dataclass(frozen=True, slots=True)
class InsideChoice:
    """What is looked at."""

    joint: int
    """Whose belief the head is asked for after every module, and where attention looks from."""

    place: tuple[float, float] | None = None
    """x, y in frame pixels of the patch that attention looks from; None for the joint's own."""


@dataclass(frozen=True, slots=True, eq=False)
class InsideTile:
    """What one row is in one column."""

    row: int
    column: int

    output: StageOutput
    """One channel, called as the tile."""

    text: str = ""
    """What else is known of it, such as how many channels it sums up."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How much of a branch comes from a branch of the column before."""

    column: int
    """Of the branch that is made."""

    source: int
    """Row of the branch that gives."""

    target: int
    """Row of the branch that is made."""

    share: float
    """Of the sizes of all that is summed there, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class InsideView:
    """All tiles of a network."""

    frame: Frame
    region: Box
    choice: InsideChoice
    columns: tuple[str, ...]
    """Modules or blocks, in the order in which they run."""
    rows: tuple[str, ...]
    tiles: tuple[InsideTile, ...]
    fusions: tuple[Fusion, ...]
    """Empty where nothing is fused."""
    patch: Box | None
    """That attention looks from, frame pixels; None where there is no attention."""
    engine: str
    """What ran it, such as `Torch fp32, CPU`."""

    def tile(self, row: int, column: int) -> InsideTile | None:
        """What lies in a row and a column; None where nothing does."""
        found = (tile for tile in self.tiles if (tile.row, tile.column) == (row, column))
        return next(found, None)
