"""The mosaic: colours by value, ranges that are shared as asked, and the way back to cells."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.draw.colour import lut32
from poseviewer.draw.mosaic import LEAST_PEAK, Grid, mosaic, peaks_of, ranges, thumbnail

GAP = 0xFF112233


def flat(value: float, cells: tuple[int, int] = (6, 6)) -> np.ndarray:
    return np.full(cells[::-1], value, np.float32)


def centre_of(picture: np.ndarray, grid: Grid, row: int, column: int) -> int:
    left, top = grid.corner(row, column)
    return int(picture[top + grid.tile[1] // 2, left + grid.tile[0] // 2])


def test_layout() -> None:
    grid = Grid(14, 3, (72, 60), gap=4)
    assert grid.size == (3 * 72 + 2 * 4, 14 * 60 + 13 * 4)
    assert grid.corner(2, 1) == (76, 128)
    assert Grid(0, 0, (72, 72)).size == (0, 0)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("tile", [[0.8, 0.4], [0.2, LEAST_PEAK]]),
        ("row", [[0.8, 0.8], [0.2, 0.2]]),
        ("all", [[0.8, 0.8], [0.8, 0.8]]),
    ],
)
def test_ranges(span: str, expected: list[list[float]]) -> None:
    maps = [[flat(0.8), flat(0.4)], [flat(0.2), None]]
    made = ranges(peaks_of(maps), span=span)  # type: ignore[arg-type]
    assert made == pytest.approx(np.array(expected))


def test_colours_by_value() -> None:
    grid = Grid(2, 2, (20, 16), gap=3)
    maps = [[flat(1.0), flat(0.9, (12, 12))], [flat(0.0), None]]
    picture = mosaic(maps, grid=grid, colormap="viridis", span="row", background=GAP)
    assert picture.shape == grid.size[::-1]
    assert picture.dtype == np.uint32
    table = lut32("viridis")
    assert centre_of(picture, grid, 0, 0) == table[255]
    assert centre_of(picture, grid, 0, 1) == table[round(0.9 * 255)]
    # No belief shows the picture beneath, here none: black.
    assert centre_of(picture, grid, 1, 0) == 0xFF000000
    assert centre_of(picture, grid, 1, 1) == 0xFF000000
    assert np.all(picture[:, 20:23] == GAP)
    assert np.all(picture[16:19] == GAP)
    assert not np.any(picture[:16, :20] == GAP)


def test_negative_and_broken_values_are_no_belief() -> None:
    grid = Grid(1, 2, (8, 8), gap=0)
    picture = mosaic([[flat(-1.0), flat(np.nan)]], grid=grid)
    assert np.all(picture == 0xFF000000)


def test_belief_glows_on_the_picture_beneath() -> None:
    grid = Grid(1, 2, (20, 20), gap=0)
    bright = np.full((20, 20), 255, np.uint8)
    picture = mosaic([[flat(1.0), flat(0.0)]], grid=grid, span="tile", beneath=bright)
    assert centre_of(picture, grid, 0, 0) == lut32("inferno")[255]
    shade = centre_of(picture, grid, 0, 1) & 255
    # Darkened, so that the belief is what one sees.
    assert 90 < shade < 140


def test_writing_into_the_caller_s_picture() -> None:
    grid = Grid(1, 2, (8, 8))
    out = np.zeros(grid.size[::-1], np.uint32)
    assert mosaic([[flat(1.0), None]], grid=grid, out=out) is out
    assert out.all()


def test_what_does_not_fit_is_refused() -> None:
    grid = Grid(2, 1, (8, 8))
    with pytest.raises(ValueError, match="2 rows of 1"):
        mosaic([[flat(1.0)]], grid=grid)
    with pytest.raises(ValueError, match=r"beneath must be \(8, 8\)"):
        mosaic([[None], [None]], grid=grid, beneath=np.zeros((8, 9), np.uint8))


def test_a_thumbnail_is_black_outside_the_frame() -> None:
    picture = np.full((100, 100, 3), 200, np.uint8)
    grey = thumbnail(picture, Box(-50.5, -0.5, 100.0, 100.0), tile=(50, 50))
    assert grey.shape == (50, 50)
    assert not grey[:, :24].any()
    assert np.all(grey[1:-1, 26:-1] == 200)
    assert not thumbnail(picture, Box(300, 300, 50, 50), tile=(10, 10)).any()


@pytest.mark.parametrize("width", [47.0, 60.0, 150.0, 640.0])
def test_a_thumbnail_lies_where_the_region_does(width: float) -> None:
    """A bright square is found at its place in the tile, enlarged, equal and shrunk."""
    pixels = np.zeros((700, 900, 3), np.uint8)
    region = Box(201.3, 33.7, width, width)
    side = width / 6
    x, y = region.x + 0.6 * width, region.y + 0.3 * width
    left, top = round(x - side / 2), round(y - side / 2)
    pixels[top : top + round(side), left : left + round(side)] = 255
    grey = thumbnail(pixels, region, tile=(60, 60)).astype(np.float64)
    rows, columns = np.mgrid[:60, :60]
    middle = (grey * columns).sum() / grey.sum(), (grey * rows).sum() / grey.sum()
    centre = np.array([left, top]) + (round(side) - 1) / 2
    expected = (centre - [region.x, region.y]) / width * 60 - 0.5
    assert middle == pytest.approx(expected, abs=0.5)


def test_the_ends_of_the_colours_may_be_given() -> None:
    grid = Grid(1, 2, (8, 8), gap=0)
    maps = [[flat(0.5), flat(0.25)]]
    given = mosaic(maps, grid=grid, highs=np.array([[0.5, 0.5]]))
    np.testing.assert_array_equal(given, mosaic(maps, grid=grid, span="all"))
    assert ranges(np.array([[0.001, 0.0]]), span="tile", least=0.002).tolist() == [[0.002, 0.002]]
