"""The layout of the tiles of the Stages and Probe docks; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Tiles of one size in rows and columns, right of the labels and below the headers.

    Where there is room the rows are cut into banks that stand side by side, each with labels
    and headers of its own; such a grid is never wider than its state. All lengths are device
    pixels, so that a tile never begins between two of them.
    """

    rows: int
    columns: int
    tile: tuple[int, int]
    """Width and height of a tile."""
    gap: int
    """Between tiles, and around them all."""
    left: int
    """Width of the labels of a bank."""
    top: int
    """Height of the headers."""
    banks: int = 1
    """How many stand side by side."""
    spread: int = 0
    """Between a bank and the labels of the next."""

    @property
    def pitch(self) -> tuple[int, int]:
        """From one tile to the next, in x and y."""
        return self.tile[0] + self.gap, self.tile[1] + self.gap

    @property
    def lines(self) -> int:
        """Rows of a bank; the last bank may have fewer."""
        return ceil(self.rows / self.banks)

    @property
    def bank_width(self) -> int:
        """From the left of one bank to the left of the next."""
        return self.left + self.columns * self.pitch[0] + self.spread

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of what scrolls: all tiles with the gaps between and after them."""
        return self.banks * self.bank_width - self.left - self.spread, self.lines * self.pitch[1]

    def rows_of(self, bank: int) -> range:
        """The rows of a bank."""
        return range(bank * self.lines, min((bank + 1) * self.lines, self.rows))

    def corner(self, row: int, column: int, *, scroll: tuple[int, int]) -> tuple[int, int]:
        """Where the top left of a tile lies in the viewport."""
        bank, line = divmod(row, max(self.lines, 1))
        return (
            bank * self.bank_width + self.left + column * self.pitch[0] - scroll[0],
            self.top + line * self.pitch[1] - scroll[1],
        )

    def seen(
        self, *, scroll: tuple[int, int], viewport: tuple[int, int]
    ) -> tuple[tuple[int, ...], range]:
        """The rows and the columns of which at least one pixel is visible."""
        columns = _overlapping(
            scroll[0], viewport[0] - self.left, self.pitch[0], self.tile[0], self.columns
        )
        lines = _overlapping(
            scroll[1], viewport[1] - self.top, self.pitch[1], self.tile[1], self.lines
        )
        rows = (row for bank in range(self.banks) for row in self.rows_of(bank))
        return tuple(row for row in rows if row % self.lines in lines), columns

    def bank_at(self, x: float) -> int:
        """The bank whose tiles or labels lie at an x of the viewport."""
        return max(min(int(x // max(self.bank_width, 1)), self.banks - 1), 0)

    def on_labels(self, x: float) -> bool:
        """Whether an x of the viewport lies on the labels of a bank."""
        return x - self.bank_at(x) * self.bank_width < self.left

    def find(
        self, x: float, y: float, *, scroll: tuple[int, int]
    ) -> tuple[int, int, float, float] | None:
        """The tile under a point of the viewport.

        Returns:
            Row, column, and the place inside the tile from 0 to 1 in x and y; None between
            tiles, on the labels and on the headers.
        """
        if self.on_labels(x) or y < self.top:
            return None
        bank = self.bank_at(x)
        across = x - bank * self.bank_width - self.left + scroll[0]
        down = y - self.top + scroll[1]
        column, line = int(across // self.pitch[0]), int(down // self.pitch[1])
        u = (across - column * self.pitch[0]) / self.tile[0]
        v = (down - line * self.pitch[1]) / self.tile[1]
        row = bank * self.lines + line
        if row not in self.rows_of(bank) or column >= self.columns or u >= 1 or v >= 1:
            return None
        return row, column, u, v

    def beside(self, row: int, column: int, *, step: tuple[int, int]) -> tuple[int, int]:
        """The tile one step (rows, columns) away; itself where there is none.

        Below the last row of a bank comes the first of the next; right of the last column the
        same line of the next bank.
        """
        down, across = step
        bank, line = divmod(row, max(self.lines, 1))
        shift, turned = divmod(column + across, max(self.columns, 1))
        target = (bank + shift) * self.lines + line if shift else row + down
        inside = 0 <= bank + shift < self.banks and 0 <= target < self.rows
        return (target, turned) if inside else (row, column)


@dataclass(frozen=True, slots=True)
class Fit:
    """How wide tiles may become when they fit themselves to the room."""

    whole: int
    """The least at which every row is shown at once instead of scrolling."""
    least: int
    """The least of a grid that scrolls."""
    scrolling: int
    """The most of a grid that scrolls."""
    most: int
    """The most of all."""


def laid_out(
    room: tuple[int, int],
    *,
    rows: int,
    columns: int,
    shape: float,
    gap: int,
    left: int,
    top: int,
    fit: Fit,
    width: int | None = None,
) -> GridLayout:
    """The grid that shows the most: how many banks, and how large the tiles.

    Args:
        room: Width and height of the view, labels and headers included.
        rows: How many.
        columns: How many.
        shape: Height of a tile over its width.
        gap: Between tiles.
        left: Width of the labels.
        top: Height of the headers.
        fit: Bounds of the width that is chosen.
        width: Of a tile, where a person has chosen it.
    """
    high = max(room[1] - top, 1)
    numbers = [b for b in range(1, max(rows, 1) + 1) if b == 1 or _full(rows, b)]
    across = {b: (room[0] // b - left) // max(columns, 1) - gap for b in numbers}

    def lines(banks: int) -> int:
        return ceil(max(rows, 1) / banks)

    def tall(tile: int) -> int:
        return max(round(tile * shape), 1)

    def whole(banks: int) -> int:
        return min(across[banks], int((high // lines(banks) - gap) / shape), fit.most)

    def scrolled(banks: int) -> int:
        return max(fit.least, min(across[banks], fit.scrolling))

    def shown(banks: int, tile: int) -> float:
        return min(rows, banks * high / (tall(tile) + gap))

    if width is not None:
        beside = [b for b in numbers if b == 1 or across[b] >= width]
        enough = [b for b in beside if lines(b) * (tall(width) + gap) <= high]
        banks = min(enough, default=max(beside))
    else:
        # Of two that are about as good, the one with fewer banks.
        banks = max(numbers, key=lambda b: whole(b) * 0.95**b)
        width = whole(banks)
        beside = [b for b in numbers if b == 1 or across[b] >= fit.least]
        other = max(beside, key=lambda b: shown(b, scrolled(b)) * scrolled(b))
        larger = scrolled(other)
        # Fewer and larger ones where that shows more, and clearly so.
        if width < fit.whole or shown(other, larger) * larger > 1.1 * rows * width:
            banks, width = other, larger
    tile = max(width, 1), tall(max(width, 1))
    spare = room[0] // banks - left - columns * (tile[0] + gap)
    spread = max(0, min(spare, left // 2)) if banks > 1 else 0
    return GridLayout(rows, columns, tile, gap, left, top, banks, spread)


def flowed(
    room: tuple[int, int],
    *,
    count: int,
    shape: float,
    gap: int,
    sides: tuple[int, int],
    width: int | None = None,
) -> GridLayout:
    """Tiles without labels and headers, line by line, as large as all of them fit.

    Args:
        room: Width and height of the view.
        count: How many.
        shape: Height of a tile over its width.
        gap: Between tiles.
        sides: The least and the most that the longer side of a tile may have.
        width: Of a tile, where a person has chosen it.
    """
    longest = max(shape, 1.0)

    def across(columns: int) -> int:
        return room[0] // columns - gap

    def fits(columns: int) -> bool:
        tall = ceil(count / columns) * (across(columns) * shape + gap)
        return tall <= room[1] and across(columns) * longest <= sides[1]

    if width is not None:
        columns = max(min(room[0] // (width + gap), count), 1)
    else:
        # The last that is not too narrow where none shows everything.
        wide = [n for n in range(1, count + 1) if n == 1 or across(n) * longest >= sides[0]]
        columns = next((n for n in wide if fits(n)), wide[-1] if wide else 1)
        width = min(across(columns), int(sides[1] / longest))
    tile = max(width, 1), max(int(max(width, 1) * shape), 1)
    return GridLayout(ceil(count / columns), columns, tile, gap, 0, 0)


def _full(rows: int, banks: int) -> bool:
    """Whether no bank stays empty when `rows` are dealt out to `banks`."""
    return ceil(rows / ceil(rows / banks)) == banks


def _overlapping(scroll: int, room: int, pitch: int, tile: int, count: int) -> range:
    if room <= 0:
        return range(0)
    first = scroll // pitch
    if scroll - first * pitch >= tile:
        first += 1
    last = (scroll + room - 1) // pitch
    return range(min(first, count), max(min(last + 1, count), min(first, count)))
