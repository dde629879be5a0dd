"""Where the tiles of the Joint maps dock lie: as large as the room allows; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

_ROOMY, _LARGEST = 1.25, 2.0
"""How many times wider than at least a caption is before its letters grow, and how large those
become at most, as multiples of the usual ones."""

PAD = 4
"""Logical pixels between a picture and its caption."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Tiles of one size in rows; a tile is a picture with its caption below or beside it.

    All lengths are logical pixels.
    """

    count: int
    columns: int
    picture: tuple[int, int]
    """Width and height."""
    cell: tuple[int, int]
    """Width and height of a tile."""
    gap: int
    """Between tiles."""
    beside: bool
    """Whether captions stand to the right of the pictures."""
    lines: int
    """Of a caption."""
    letters: float = 1.0
    """How many times larger than usual those of a caption are."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return ceil(self.count / max(self.columns, 1))

    @property
    def height(self) -> int:
        """Of all rows."""
        return self.rows * (self.cell[1] + self.gap) - self.gap

    def corner(self, number: int) -> tuple[int, int]:
        """Left and top of a tile."""
        row, column = divmod(number, self.columns)
        return column * (self.cell[0] + self.gap), row * (self.cell[1] + self.gap)


@dataclass(frozen=True, slots=True)
class Captions:
    """How much room captions take, logical pixels."""

    line: int
    """Height of a line."""
    narrow: int
    """Width of a tile below which a caption has only its first lines."""
    beside: int
    """Width of a caption beside its picture."""
    full: int = 4
    """Lines of a whole caption."""
    most: int = 6
    """Lines of one where there is room to spare; what is left then is for larger letters."""
    short: int = 2
    """Lines of one in a narrow tile."""

    def height(self, lines: int) -> int:
        """Of a caption with the gap above it."""
        return lines * self.line + PAD if lines else 0


def arranged(
    room: tuple[int, int],
    *,
    count: int,
    shape: float,
    captions: Captions,
    gap: int,
    least: int,
) -> Arrangement:
    """Find the rows in which the pictures are largest.

    Where they would be narrower than `least`, the tiles are taller together than the room.

    Args:
        room: Width and height.
        count: How many tiles.
        shape: Height of a picture over its width.
        captions: The room they take.
        gap: Between tiles.
        least: Width that a picture has where it scrolls.
    """
    found = [
        made
        for columns in range(1, count + 1)
        for made in _ways(room, count, columns, shape=shape, captions=captions, gap=gap)
    ]
    large = [made for made in found if made.picture[0] >= least]
    if large:
        best = max(large, key=lambda made: made.picture[0] * _worth(made, captions))
        return _with_spare(best, room, captions)
    columns = max(min((room[0] + gap) // (least + gap), count), 1)
    width = max((room[0] + gap) // columns - gap, 1)
    lines = captions.full if width >= captions.narrow else captions.short
    tall = max(int(width * shape), 1)
    cell = width, tall + captions.height(lines)
    return Arrangement(count, columns, (width, tall), cell, gap, beside=False, lines=lines)


def _with_spare(made: Arrangement, room: tuple[int, int], captions: Captions) -> Arrangement:
    """The same with longer captions where there is room below."""
    if made.lines < captions.full:
        return made
    if made.beside:
        letters = _letters(made.cell[0] - made.picture[0] - 2 * PAD, made.cell[1], captions)
        return replace(made, lines=int(made.cell[1] / (captions.line * letters)), letters=letters)
    # What a caption takes now, and its part of what is left.
    tall = made.lines * captions.line + max(room[1] - made.height, 0) // made.rows
    letters = _letters(made.cell[0], tall, captions)
    lines = min(int(tall / (captions.line * letters)), captions.most)
    under = made.picture[1] + PAD + ceil(lines * captions.line * letters)
    return replace(made, lines=lines, cell=(made.cell[0], under), letters=letters)


def _letters(width: int, height: int, captions: Captions) -> float:
    """How many times larger than usual letters are that still leave a caption all its lines."""
    across, down = captions.beside * _ROOMY, (captions.most + 1) * captions.line
    return min(max(min(width / across, height / down), 1.0), _LARGEST)


def _ways(
    room: tuple[int, int],
    count: int,
    columns: int,
    *,
    shape: float,
    captions: Captions,
    gap: int,
) -> list[Arrangement]:
    """The tiles in so many columns, with captions of each kind."""
    rows = ceil(count / columns)
    wide = (room[0] + gap) // columns - gap
    high = (room[1] + gap) // rows - gap
    made = []
    for lines, beside in (
        (captions.full, False),
        (captions.full - 1, False),
        (captions.short, False),
        (1, False),
        (0, False),
        (captions.full, True),
    ):
        caption = captions.height(lines)
        if beside and high < caption:
            continue
        across = wide - (captions.beside + 2 * PAD if beside else 0)
        down = high - (0 if beside else caption)
        width = min(across, int(down / shape))
        if width < 1:
            continue
        picture = width, max(int(width * shape), 1)
        tall = picture[1] if beside else picture[1] + caption
        made.append(Arrangement(count, columns, picture, (wide, tall), gap, beside, lines))
    return made


def _worth(made: Arrangement, captions: Captions) -> float:
    """How much a pixel of a picture counts: a caption that says all is worth some of them."""
    # A row more has to make the pictures clearly larger: in one row they are compared best.
    rows = 0.93 ** (made.rows - 1)
    if made.lines <= 1:
        return (0.58 if made.lines else 0.4) * rows
    narrow = made.cell[0] < captions.narrow
    if made.lines == captions.short:
        return (0.8 if narrow else 0.7) * rows
    whole = 0.93 if made.lines < captions.full else 1.0
    # Captions below leave the pictures side by side, where they are compared best.
    return (0.7 if narrow else 0.97 if made.beside else whole) * rows
