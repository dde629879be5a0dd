"""Texts on the picture of a file: inside it, on as many lines as they need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.core.stage import StageSpec
from poseviewer.draw.captions import clock, corner_items, legend_lines, title_items, wrapped
from poseviewer.draw.primitives import Scene, design_scale
from poseviewer.draw.raster import paint

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Label

TITLE = "The knee bends past a right angle, and the hip follows"
SIZES = [(320, 180), (320, 240), (608, 1080), (1920, 1080), (3840, 2160)]


def painted(items: list[Label], size: tuple[int, int]) -> NDArray[np.uint8]:
    pixels = np.full((size[1], size[0], 3), 128, np.uint8)
    paint(Scene(size, tuple(items), design_scale(size)), pixels)
    return pixels


def touched(pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what was painted."""
    rows, columns = np.nonzero((pixels != 128).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize("size", SIZES)
def test_a_title_lies_in_the_lower_half_and_inside(size: tuple[int, int]) -> None:
    items = title_items(TITLE, area=(0, 0, *size), scale=design_scale(size))
    assert " ".join(item.text for item in items) == TITLE
    left, top, right, bottom = touched(painted(items, size))
    assert left > 0
    assert right < size[0] - 1
    assert top > size[1] / 2
    assert bottom < size[1] * 0.97
    # In the middle, whatever the size.
    assert (left + right) / 2 == pytest.approx(size[0] / 2, abs=0.03 * size[0])


def test_a_title_without_spaces_is_broken_too() -> None:
    items = title_items("m" * 300, area=(0, 0, 320, 240), scale=0.6)
    assert "".join(item.text for item in items) == "m" * 300
    assert len(items) > 1


@pytest.mark.parametrize(("text", "room", "lines"), [
    ("one two three", 7, ["one two", "three"]),
    ("one two eleven", 3, ["one", "two", "ele", "ven"]),
    ("abcdefg hi", 3, ["abc", "def", "g", "hi"]),
    ("", 10, [""]),
])  # fmt: skip
def test_lines_break_between_words(text: str, room: int, lines: list[str]) -> None:
    assert wrapped(text, room) == lines


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("corner", ["top left", "top right", "bottom left", "bottom right"])
def test_corners_hold_their_lines(size: tuple[int, int], corner: str) -> None:
    lines = ["squat.mp4   608 x 1080", "frame 12", "rings: where the belief is above half"]
    items = corner_items(lines, corner=corner, area=(0, 0, *size), scale=design_scale(size))  # type: ignore[arg-type]
    left, top, right, bottom = touched(painted(items, size))
    inset = 6 * design_scale(size)
    assert min(left, top, size[0] - 1 - right, size[1] - 1 - bottom) > inset
    assert (left < size[0] * 0.1) == ("left" in corner) or right - left > size[0] * 0.8
    assert (top < size[1] * 0.15) == ("top" in corner)


def test_letters_are_as_large_in_relation_to_the_picture() -> None:
    heights = []
    for size in ((960, 540), (3840, 2160)):
        items = corner_items(["frame 12"], corner="top left", area=(0, 0, *size),
                             scale=design_scale(size))  # fmt: skip
        _, top, _, bottom = touched(painted(items, size))
        heights.append((bottom - top + 1) / size[1])
    assert heights[0] == pytest.approx(heights[1], rel=0.15)


def test_the_legend_names_what_is_drawn(answer: Callable[..., FrameResult]) -> None:
    result = answer()
    stages = [StageSpec(f"stage {n}", "heatmap", 4, ("a",)) for n in (1, 2)]
    look = Look(ghost=0, overlay_stage=1, uncertainty=True)
    lines = legend_lines(look, result, stages)
    assert lines[0].startswith("map: ")
    assert "ghost: stage 1" in lines
    assert not any(line.startswith("ellipses: ") for line in lines)
    spread = np.ones((*result.poses.score.shape, 3), np.float32)
    uncertain = replace(result, poses=replace(result.poses, covariance=spread))
    assert "ellipses: 68 and 95 % of the belief" in legend_lines(look, uncertain, stages)
    assert legend_lines(Look(skeleton=False), result, stages) == []
    assert legend_lines(look, None, stages) == []


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0:00.000"), (61.0005, "1:01.000"), (3661.25, "1:01:01.250"), (-0.5, "-0:00.500"),
])  # fmt: skip
def test_moments_in_words(seconds: float, text: str) -> None:
    assert clock(seconds) == text
