"""Where each tile of the Stages dock lies: plain arithmetic, no Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Tiles of one size in rows and columns, right of the labels and below the headers.

    All lengths are device pixels, so that a tile never begins between two of them.
    """

    rows: int
    columns: int
    tile: tuple[int, int]
    """Width and height of a tile."""
    gap: int
    """Between tiles, and around them all."""
    left: int
    """Width of the labels."""
    top: int
    """Height of the headers."""

    @property
    def pitch(self) -> tuple[int, int]:
        """From one tile to the next, in x and y."""
        return self.tile[0] + self.gap, self.tile[1] + self.gap

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of all tiles with the gaps between and after them."""
        return self.columns * self.pitch[0], self.rows * self.pitch[1]

    def corner(self, row: int, column: int, *, scroll: tuple[int, int]) -> tuple[int, int]:
        """Where the top left of a tile lies in the viewport."""
        return (
            self.left + column * self.pitch[0] - scroll[0],
            self.top + row * self.pitch[1] - scroll[1],
        )

    def seen(self, *, scroll: tuple[int, int], viewport: tuple[int, int]) -> tuple[range, range]:
        """The rows and the columns of which at least one pixel can be seen."""
        columns = _overlapping(
            scroll[0], viewport[0] - self.left, self.pitch[0], self.tile[0], self.columns
        )
        rows = _overlapping(
            scroll[1], viewport[1] - self.top, self.pitch[1], self.tile[1], self.rows
        )
        return rows, columns

    def find(
        self, x: float, y: float, *, scroll: tuple[int, int]
    ) -> tuple[int, int, float, float] | None:
        """The tile under a point of the viewport.

        Returns:
            Row, column, and the place inside the tile from 0 to 1 in x and y; None between
            tiles, on the labels and on the headers.
        """
        if x < self.left or y < self.top:
            return None
        across, down = x - self.left + scroll[0], y - self.top + scroll[1]
        column, row = int(across // self.pitch[0]), int(down // self.pitch[1])
        u = (across - column * self.pitch[0]) / self.tile[0]
        v = (down - row * self.pitch[1]) / self.tile[1]
        if row >= self.rows or column >= self.columns or u >= 1 or v >= 1:
            return None
        return row, column, u, v


def fitting_width(
    room: tuple[int, int],
    *,
    columns: int,
    rows: int,
    gap: int,
    shape: float,
    bounds: tuple[int, int, int],
) -> int:
    """The tile width at which the columns fill the room, and the rows too where they can.

    Args:
        room: Width and height for the tiles.
        columns: How many.
        rows: How many.
        gap: Between tiles.
        shape: Height of a tile over its width.
        bounds: The least width; the most of a grid that has to scroll; the most of all.
    """
    least, scrolling, most = bounds
    across = room[0] // max(columns, 1) - gap
    down = int((room[1] // max(rows, 1) - gap) / shape)
    return max(least, min(across, max(scrolling, min(down, most))))


def _overlapping(scroll: int, room: int, pitch: int, tile: int, count: int) -> range:
    if room <= 0:
        return range(0)
    first = scroll // pitch
    if scroll - first * pitch >= tile:
        first += 1
    last = (scroll + room - 1) // pitch
    return range(min(first, count), max(min(last + 1, count), min(first, count)))
