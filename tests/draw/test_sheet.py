"""A contact sheet: every frame once, nothing over another, texts within their width."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from poseviewer.draw.raster import text_width
from poseviewer.draw.sheet import (
    PAGE,
    Cell,
    cell_size,
    columns_for,
    sheet_pages,
    wrapped_to,
)

WIDE, TALL = (1920, 1080), (1080, 1920)


def cell(number: int, frame: tuple[int, int] = WIDE, comment: str = "") -> Cell:
    width, height = cell_size(frame)
    pixels = np.full((height, width, 3), (200, 20 + number, 40), np.uint8)
    return Cell(pixels, f"Frame {number}", "left knee 124°", comment)


def places(pixels: np.ndarray, number: int) -> tuple[int, int, int, int]:
    there = seen(pixels, number)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return columns[0], rows[0], columns[-1], rows[-1]


def seen(pixels: np.ndarray, number: int) -> np.ndarray:
    return (pixels[..., 1] == 20 + number) & (pixels[..., 0] == 200)


@pytest.mark.parametrize("frame", [WIDE, TALL])
def test_every_frame_lies_on_one_page_whole_and_alone(frame: tuple[int, int]) -> None:
    count = 11
    cells = [cell(n, frame, "why " * (5 * n)) for n in range(count)]
    pages = list(sheet_pages(cells, title="squat.mp4", notes="A note.\nAnother."))
    assert len(pages) > 1
    found = []
    for number, page in enumerate(pages):
        assert page.pixels.shape == (PAGE[1], PAGE[0], 3)
        for n in range(count):
            if seen(page.pixels, n).any():
                found.append(n)
                x0, y0, x1, y1 = places(page.pixels, n)
                assert (x1 - x0 + 1, y1 - y0 + 1) == cell_size(frame)
                for text in page.texts:
                    above, below = text.at[1] - text.size > y1, text.at[1] < y0
                    beside = not x0 - 1 <= text.at[0] <= x1
                    assert above or below or beside, (number, n, text)
        assert all(0 < text.at[1] < PAGE[1] for text in page.texts)
    assert found == list(range(count))
    written = [text.text for page in pages for text in page.texts]
    assert written[:3] == ["squat.mp4", "A note.", "Another."]
    assert [text for text in written if text.startswith("Frame")] == [
        f"Frame {n}" for n in range(count)
    ]


def test_one_page_without_end_is_as_tall_as_it_must_be() -> None:
    (page,) = sheet_pages([cell(n) for n in range(9)], title="long.mp4", endless=True)
    boxes = [places(page.pixels, n) for n in range(9)]
    assert columns_for(WIDE) == 2
    assert len({box[0] for box in boxes}) == 2
    for one, other in combinations(boxes, 2):
        assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    assert boxes[-1][3] < len(page.pixels) < boxes[-1][3] + 400


def test_texts_are_broken_where_they_are_too_wide() -> None:
    text = "the left heel leaves the ground " * 3 + "w" * 90
    lines = wrapped_to(text, 300, size=16)
    assert max(text_width(line, size=16) for line in lines) <= 300
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    (page,) = sheet_pages([cell(0, comment="so much " * 400)], title="t", endless=True)
    assert page.texts[-1].text.endswith("…")
