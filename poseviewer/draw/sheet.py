"""A contact sheet: frames in rows, what belongs to each below it, on white pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.draw.primitives import LABEL_PADDING, Label, Scene
from poseviewer.draw.raster import paint, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Point

PAGE = (1654, 2339)
"""Width and height of a page of A4 at 200 pixels an inch."""

_MARGIN, _GAP = 90, 44
_TITLE, _TEXT = 24.0, 16.0
"""Heights of capitals, pixels."""

_LEADING = 1.95
"""From one line to the next, in heights of capitals."""

_MOST_LINES = 8
_INK: Colour = (26, 29, 34)
_MUTED: Colour = (92, 99, 110)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A frame on a sheet."""

    pixels: NDArray[np.uint8]
    """RGB (h, w, 3), as large as `cell_size` says."""

    heading: str
    figures: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on a page."""

    at: Point
    """Left end of its base line, pixels."""

    text: str

    size: float
    """Height of a capital, pixels."""

    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page, and the texts that are painted on it."""

    pixels: NDArray[np.uint8]
    texts: tuple[Text, ...]


def columns_for(frame: tuple[int, int]) -> int:
    """How many frames of a size stand in a row."""
    return 2 if frame[0] > 1.1 * frame[1] else 3


def cell_size(frame: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a frame on a sheet."""
    columns = columns_for(frame)
    width = (PAGE[0] - 2 * _MARGIN - (columns - 1) * _GAP) // columns
    return width, max(round(width * frame[1] / frame[0]), 1)


def sheet_pages(
    cells: Iterable[Cell], *, title: str, notes: str = "", endless: bool = False
) -> Iterator[Page]:
    """Lay frames out on pages, as they come.

    Args:
        cells: The frames, all of one size.
        title: Above the first page.
        notes: Below the title.
        endless: One page as tall as is needed.
    """
    width = PAGE[0] - 2 * _MARGIN
    texts = _lines([title], _TITLE, _INK, width, at=(_MARGIN, _MARGIN))
    y = _MARGIN + len(texts) * _TITLE * _LEADING
    body = _lines(notes.splitlines(), _TEXT, _MUTED, width, at=(_MARGIN, y), most=40)
    texts += body
    y += len(body) * _TEXT * _LEADING + 20
    pictures: list[tuple[NDArray[np.uint8], int, int]] = []
    for row in _rows(cells):
        tall = max(_height(cell) for cell in row)
        if not endless and pictures and y + tall > PAGE[1] - _MARGIN:
            yield _page(pictures, texts, PAGE[1])
            pictures, texts, y = [], [], float(_MARGIN)
        x = _MARGIN
        for cell in row:
            pictures.append((cell.pixels, x, round(y)))
            texts += _below(cell, (x, y + cell.pixels.shape[0] + 14))
            x += cell.pixels.shape[1] + _GAP
        y += tall + 30
    yield _page(pictures, texts, max(round(y) + _MARGIN // 2, 1) if endless else PAGE[1])


def _rows(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    row: list[Cell] = []
    for cell in cells:
        row.append(cell)
        if len(row) == columns_for((cell.pixels.shape[1], cell.pixels.shape[0])):
            yield row
            row = []
    if row:
        yield row


def _height(cell: Cell) -> float:
    """Of a frame with the texts below it."""
    return float(len(cell.pixels)) + 14 + len(_below(cell, (0, 0))) * _TEXT * _LEADING


def _below(cell: Cell, at: Point) -> list[Text]:
    width = cell.pixels.shape[1]
    texts: list[Text] = []
    parts = (([cell.heading], _INK), ([cell.figures], _MUTED), (cell.comment.splitlines(), _INK))
    for lines, colour in parts:
        place = at[0], at[1] + len(texts) * _TEXT * _LEADING
        texts += _lines([line for line in lines if line], _TEXT, colour, width, at=place)
    return texts


def _lines(
    lines: Sequence[str],
    size: float,
    colour: Colour,
    width: float,
    *,
    at: Point,
    most: int = _MOST_LINES,
) -> list[Text]:
    """Lines that are broken where they are too wide, the first one's top left at a place."""
    broken = [part for line in lines for part in wrapped_to(line, width, size=size)]
    if len(broken) > most:
        broken = [*broken[: most - 1], f"{broken[most - 1]} …"]
    return [
        Text((at[0], at[1] + size + number * size * _LEADING), line, size, colour)
        for number, line in enumerate(broken)
    ]


def wrapped_to(text: str, width: float, *, size: float) -> list[str]:
    """Break a text into lines that are no wider than `width` pixels, between words if it can be."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size=size) <= width:
            lines[-1] += f" {word}"
            continue
        rest = word
        while text_width(rest, size=size) > width and len(rest) > 1:
            count = next(
                n for n in range(len(rest) - 1, 0, -1)
                if n == 1 or text_width(rest[:n], size=size) <= width
            )  # fmt: skip
            lines.append(rest[:count])
            rest = rest[count:]
        lines.append(rest)
    return lines


def _page(
    pictures: Sequence[tuple[NDArray[np.uint8], int, int]], texts: Sequence[Text], height: int
) -> Page:
    pixels = np.full((height, PAGE[0], 3), 255, np.uint8)
    for picture, x, y in pictures:
        tall, wide = picture.shape[:2]
        # A frame taller than the page is cut.
        part = picture[: max(height - y, 0)]
        pixels[y : y + len(part), x : x + wide] = part
        cv2.rectangle(pixels, (x - 1, y - 1), (x + wide, y + tall), (205, 209, 214), 1)
    labels = tuple(
        # A label's text begins beside the padding of its backing.
        Label(
            (one.at[0] - LABEL_PADDING[0] * one.size, one.at[1] - one.size / 2),
            one.text, one.size, one.colour, backing=0.0,
        )
        for one in texts
    )  # fmt: skip
    paint(Scene((PAGE[0], height), labels, 1.0), pixels)
    return Page(pixels, tuple(texts))
