"""The raster painter: what it touches, how much, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.draw.colour import layer_lut
from poseviewer.draw.layer import argb32
from poseviewer.draw.primitives import Arc, Dot, Label, Line, MapLayer, Outline, Scene
from poseviewer.draw.raster import paint, text_width
from poseviewer.draw.scene import build_scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item

WHITE, RED = (255, 255, 255), (255, 0, 0)


def painted(*items: Item, size: tuple[int, int] = (80, 60), scale: float = 1.0) -> np.ndarray:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    paint(Scene(size, items, scale), pixels)
    return pixels


def area(pixels: np.ndarray) -> float:
    return float(pixels[..., 0].sum()) / 255


def centroid(pixels: np.ndarray) -> tuple[float, float]:
    weight = pixels.sum(axis=2).astype(float)
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("centre", [(40, 30), (40.25, 29.5), (20.6, 31.9)])
@pytest.mark.parametrize("radius", [3.0, 5.5, 12.0])
def test_a_dot_lies_where_it_should(centre: tuple[float, float], radius: float) -> None:
    pixels = painted(Dot(centre, radius, WHITE))
    assert centroid(pixels) == pytest.approx(centre, abs=0.08)
    assert area(pixels) == pytest.approx(np.pi * radius**2, rel=0.13)


@pytest.mark.parametrize("radius", [1.6, 2.0, 2.4, 2.8, 3.2, 5.0])
def test_a_dot_is_round_however_small(radius: float) -> None:
    """A square of the same area on its corner would differ by a quarter."""
    pixels = painted(Dot((40.25, 29.5), radius, WHITE))
    fine = 16
    y, x = (np.mgrid[: 60 * fine, : 80 * fine] + 0.5) / fine - 0.5
    inside = np.hypot(x - 40.25, y - 29.5) <= radius
    disc = inside.reshape(60, fine, 80, fine).mean(axis=(1, 3))
    away = np.abs(pixels[..., 0] / 255 - disc).sum()
    assert away < 0.18 * disc.sum()


@pytest.mark.parametrize("width", [2.0, 3.0, 4.5, 8.0])
def test_a_line_is_as_wide_as_it_says(width: float) -> None:
    pixels = painted(Line((10, 30), (70, 30), WHITE, width))
    column = pixels[:, 40, 0].astype(float) / 255
    assert column.sum() == pytest.approx(width, abs=0.5)
    assert (column * np.arange(60)).sum() / column.sum() == pytest.approx(30, abs=0.2)
    assert not pixels[:, :5].any()


def test_sizes_grow_with_the_scale_and_places_do_not() -> None:
    small, large = painted(Dot((40, 30), 5, WHITE)), painted(Dot((40, 30), 5, WHITE), scale=3)
    assert area(large) == pytest.approx(9 * area(small), rel=0.13)
    assert centroid(large) == pytest.approx((40, 30), abs=0.05)
    again = np.zeros_like(small)
    paint(Scene((80, 60), (Dot((40, 30), 5, WHITE),), 1.0), again, scale=3)
    assert np.array_equal(again, large)


def test_a_ring_is_hollow() -> None:
    pixels = painted(Dot((40, 30), 8, None, RED, 2))
    assert not pixels[30, 40].any()
    assert pixels[30, 48, 0] > 200
    assert not pixels[..., 1].any()


@pytest.mark.parametrize(
    "item",
    [
        Line((10, 10), (60, 45), WHITE, 6, 0.5),
        Dot((40, 30), 9, WHITE, None, opacity=0.5),
        Outline(Box(10, 10, 40, 30), WHITE, 6, 0.5),
    ],
)
def test_opacity_mixes_with_the_picture(item: Item) -> None:
    pixels = painted(item)
    assert 126 <= np.median(pixels[pixels > 100]) <= 129
    assert pixels.max() < 160


def test_an_outline_runs_along_the_edges_and_leaves_the_inside() -> None:
    pixels = painted(Outline(Box(9.5, 9.5, 40, 30), WHITE, 2))
    assert not pixels[13:37, 13:47].any()
    assert pixels[25, 10, 0] > 100
    assert pixels[25, 49, 0] > 100
    assert not pixels[25, 53:].any()


def test_an_arc_sweeps_from_its_start() -> None:
    """A quarter from the right to below, as angles grow towards y."""
    pixels = painted(Arc((40, 30), 20, 0, 90, WHITE, 2, fill_opacity=0.5))
    assert pixels[30 + 8, 40 + 8, 0] in (127, 128)
    assert pixels[30 + 14, 40 + 14, 0] > 200
    for outside in ((20, 32), (20, 48), (40, 30)):
        assert not pixels[outside].any()
    other = painted(Arc((40, 30), 20, 90, -90, WHITE, 2, fill_opacity=0.5))
    assert np.abs(other.astype(int) - pixels).max() < 60


@pytest.mark.parametrize("anchor", ["left", "centre", "right"])
def test_a_label_is_centred_on_its_anchor(anchor: str) -> None:
    pixels = np.full((60, 200, 3), 200, np.uint8)
    paint(Scene((200, 60), (Label((100, 30), "knee 90°", 10, WHITE, anchor),), 1.0), pixels)  # type: ignore[arg-type]
    rows, columns = np.nonzero((pixels != 200).any(axis=2))
    width = columns.max() - columns.min() + 1
    assert text_width("knee 90°", size=10) < width < text_width("knee 90°", size=10) + 20
    expected = {"left": columns.min(), "centre": columns.mean(), "right": columns.max()}[anchor]
    assert expected == pytest.approx(100, abs=1.5)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(30, abs=1)
    # The letters themselves are in the middle of the backing, and white.
    ink = np.nonzero(pixels.min(axis=2) > 240)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(
        (ink[1].min() + ink[1].max()) / 2, abs=2
    )


def test_signs_and_degrees_have_glyphs() -> None:
    widths = [text_width(text, size=20) for text in ("−", "°", "?")]  # noqa: RUF001
    assert all(width > 0 for width in widths)
    images = [
        painted(Label((40, 30), text, 20, backing=0.0))
        for text in ("−", "°", "?")  # noqa: RUF001
    ]
    assert all(image.any() for image in images)
    assert not np.array_equal(images[0], images[2])
    assert not np.array_equal(images[1], images[2])


def test_what_lies_outside_the_frame_harms_nothing() -> None:
    far = 1e7
    painted(
        Line((-500, -500), (900, 700), WHITE, 5),
        Line((-far, 10), (far, 10), WHITE, 5, 0.5),
        Dot((-50, 20), 5, WHITE, RED, opacity=0.5),
        Dot((far, far), 5, WHITE),
        Arc((200, 200), 10, 0, 90, WHITE, 2),
        Label((500, 500), "far", 10),
        Label((-20, 3), "near", 10),
        Outline(Box(-400, -300, 1000, 900), WHITE, 2, 0.5),
        MapLayer(
            np.ones((4, 4), np.float32), np.array([[1, 0, 900.0], [0, 1, 900]]), "inferno", 0, 1, 1
        ),
    )


def layer(values: np.ndarray, affine: list[list[float]], opacity: float = 1.0) -> MapLayer:
    return MapLayer(
        values.astype(np.float32), np.array(affine, float), "inferno", 0.0, 1.0, opacity
    )


def test_a_map_covers_its_cells_and_nothing_else() -> None:
    full = layer(np.ones((3, 4)), [[5, 0, 20], [0, 5, 10]])
    touched = painted(full).any(axis=2)
    # Cell centres at 20, 25, 30, 35 with cells of 5: edges at 17.5 and 37.5; rows 7.5 to 22.5.
    rows, columns = np.nonzero(touched)
    assert (columns.min(), columns.max()) == (18, 37)
    assert (rows.min(), rows.max()) == (8, 22)
    assert painted(full)[15, 27].tolist() == layer_lut("inferno", 1.0)[0][255].tolist()


def test_no_belief_leaves_the_picture() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (60, 80, 3), np.uint8)
    for values, opacity in ((np.zeros((6, 8)), 1.0), (np.ones((6, 8)), 0.0)):
        pixels = picture.copy()
        paint(Scene((80, 60), (layer(values, [[10, 0, 4.5], [0, 10, 4.5]], opacity),), 1), pixels)
        assert np.array_equal(pixels, picture)
    peak = np.zeros((6, 8))
    peak[2, 3] = 1
    pixels = picture.copy()
    paint(Scene((80, 60), (layer(peak, [[10, 0, 4.5], [0, 10, 4.5]]),), 1), pixels)
    changed = (pixels != picture).any(axis=2)
    # Nothing beyond the neighbours that interpolation reaches.
    rows, columns = np.nonzero(changed)
    assert columns.min() >= 15
    assert columns.max() <= 54
    assert rows.min() >= 5
    assert rows.max() <= 44


def test_the_picture_shows_through_in_proportion() -> None:
    pixels = np.full((60, 80, 3), 200, np.uint8)
    full = layer(np.ones((6, 8)), [[10, 0, 4.5], [0, 10, 4.5]], 0.65)
    paint(Scene((80, 60), (full,), 1), pixels)
    added, left = layer_lut("inferno", 0.65)
    expected = 200 * int(left[255]) / 255 + added[255].astype(float)
    assert pixels[30, 40] == pytest.approx(expected, abs=1.5)


def test_broken_values_are_drawn_as_nothing() -> None:
    assert not painted(layer(np.full((4, 4), np.nan), [[10, 0, 20], [0, 10, 20]])).any()


def test_a_turned_map_lies_where_its_affine_says() -> None:
    peak = np.zeros((9, 9))
    peak[2, 6] = 1
    turn = np.radians(30)
    c, s = 4 * np.cos(turn), 4 * np.sin(turn)
    pixels = painted(layer(peak, [[c, -s, 30.3], [s, c, 12.6]]))
    assert centroid(pixels) == pytest.approx((30.3 + 6 * c - 2 * s, 12.6 + 6 * s + 2 * c), abs=0.3)


def test_a_window_gets_the_same_layer_as_a_picture() -> None:
    peak = np.zeros((9, 9))
    peak[2, 6] = 1
    found = argb32(layer(peak, [[4, 0, 30], [0, 4, 12]], 0.5))
    assert found is not None
    words, to_frame = found
    alpha = (words >> 24).astype(float)
    y, x = np.mgrid[: words.shape[0], : words.shape[1]]
    mean = np.array([(x * alpha).sum(), (y * alpha).sum()]) / alpha.sum()
    assert to_frame[:, :2] @ mean + to_frame[:, 2] == pytest.approx((54, 20), abs=0.05)
    assert alpha.max() == pytest.approx(127.5, abs=1)
    assert argb32(layer(np.zeros((3, 3)), [[4, 0, 0], [0, 4, 0]])) is None


@pytest.mark.parametrize("size", [(81, 60), (80, 61)])
def test_a_picture_of_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="pixels must be 60 x 80"):
        paint(Scene((80, 60), (), 1), np.zeros((size[1], size[0], 3), np.uint8))


def test_a_published_frame_is_not_painted_on(answer: Callable[..., FrameResult]) -> None:
    result = answer()
    scene = build_scene(result, Look(overlay_stage=1, arcs=("right knee",)))
    with pytest.raises(ValueError, match="copy of a published frame"):
        paint(scene, result.frame.pixels)
    pixels = result.frame.pixels.copy()
    paint(scene, pixels)
    assert (pixels != 90).any()
    assert (result.frame.pixels == 90).all()
