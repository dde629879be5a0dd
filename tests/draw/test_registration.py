"""Belief lies on the picture: a peak at a known frame pixel is painted at that pixel."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert, stage_to_input
from poseviewer.draw.mosaic import Grid, mosaic, thumbnail
from poseviewer.draw.primitives import MapLayer, Scene
from poseviewer.draw.raster import paint
from tests.draw.conftest import gaussian

SIZE = (640, 480)

REGIONS = {
    "whole": Box.whole(SIZE),
    "square": Box(200.0, 100.0, 256.0, 256.0),
    "odd": Box(151.37, 63.91, 311.7, 233.3),
    "beyond the frame": Box(-80.5, -40.25, 420.0, 420.0),
    "small": Box(300.2, 200.7, 70.0, 70.0),
}


def to_frame(region: Box, *, stride: int, size: tuple[int, int]) -> np.ndarray:
    return compose(box_to_frame(region, size=size), stage_to_input(stride))


STRIDES = (1, 2, 4, 8)
SIZES = ((192, 192), (256, 192), (368, 368))


@pytest.mark.parametrize(
    ("name", "stride", "size"),
    # Every pair of two of them, each region with each stride once.
    [
        (name, stride, SIZES[(row + column) % 3])
        for row, name in enumerate(REGIONS)
        for column, stride in enumerate(STRIDES)
    ],
)
def test_a_peak_is_painted_where_it_is(name: str, stride: int, size: tuple[int, int]) -> None:
    region = REGIONS[name]
    affine = to_frame(region, stride=stride, size=size)
    cells = (size[0] // stride, size[1] // stride)
    sigma = 14 / stride
    for share in ((0.5, 0.5), (0.413, 0.587), (0.62, 0.371)):
        left, top = region.x + share[0] * region.width, region.y + share[1] * region.height
        joint = np.array([[left, top]])
        maps = gaussian(apply(invert(affine), joint), size=cells, sigma=sigma)
        pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        layer = MapLayer(maps[0], affine, "inferno", 0.0, float(maps.max()), 1.0)
        paint(Scene(SIZE, (layer,), 1.0), pixels)
        weight = pixels.sum(axis=2).astype(float)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        middle = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
        # Half a pixel: a shift by half a cell or by a pixel's corner would be seen.
        assert np.abs(middle - joint[0]).max() < 0.5
        # And it is brightest there, not merely balanced around it.
        brightest = np.argwhere(weight >= 0.9 * weight.max())[:, ::-1].mean(axis=0)
        assert np.abs(brightest - joint[0]).max() < 0.5


def test_a_thumbnail_and_its_belief_agree() -> None:
    """A white spot of the frame and the belief on it fall on the same mosaic pixel."""
    spot = np.array([[402.0, 213.0]])
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    disc = (x - spot[0, 0]) ** 2 + (y - spot[0, 1]) ** 2 <= 12**2
    picture[disc] = 255
    for region in (REGIONS["square"], REGIONS["odd"], REGIONS["whole"]):
        tile = (96, 72)
        grey = thumbnail(picture, region, tile=tile).astype(float)
        ty, tx = np.mgrid[: tile[1], : tile[0]]
        seen = np.array([(tx * grey).sum(), (ty * grey).sum()]) / grey.sum()
        affine = to_frame(region, stride=8, size=(192, 192))
        cell = apply(invert(affine), spot)
        grid = Grid(1, 1, tile)
        # A map fills its tile from edge to edge.
        placed = (cell[0] + 0.5) * np.array(tile) / 24 - 0.5
        assert np.abs(seen - placed).max() < 0.3
        glow = mosaic([[gaussian(cell, size=(24, 24))[0]]], grid=grid)
        weight = ((glow >> 16) & 255).astype(float)
        middle = np.array([(tx * weight).sum(), (ty * weight).sum()]) / weight.sum()
        assert np.abs(middle - placed).max() < 0.3
