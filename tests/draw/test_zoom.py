"""A scene in another size covers what it covered, with strokes that suit the new size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.draw.primitives import Arc, Dot, Label, Line, Outline
from poseviewer.draw.raster import paint
from poseviewer.draw.scene import build_scene
from poseviewer.draw.zoom import thickened, zoomed
from tests.draw.conftest import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult

EVERYTHING = Look(ghost=0, overlay_stage=1, arcs=("right knee",), region_outline=True)


@pytest.mark.parametrize("times", [2, 4])
def test_a_scene_that_has_grown_covers_the_same_part(
    answer: Callable[..., FrameResult], times: int
) -> None:
    result = answer()
    scene = build_scene(result, EVERYTHING, scale=1.0)
    small = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
    paint(scene, small)
    grown = zoomed(scene, (SIZE[0] * times, SIZE[1] * times))
    assert grown.scale == times
    large = np.full((SIZE[1] * times, SIZE[0] * times, 3), 60, np.uint8)
    paint(grown, large)
    back = cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA).astype(int)
    near = np.abs(cv2.blur(back, (5, 5)) - cv2.blur(small.astype(int), (5, 5)))
    assert near.mean() < 3
    assert np.percentile(near, 99.5) < 40


def test_a_scene_of_its_own_size_stays_as_it_is(answer: Callable[..., FrameResult]) -> None:
    scene = build_scene(answer(), EVERYTHING)
    assert zoomed(scene, SIZE) is scene
    assert thickened(scene, lines=1, letters=1) is scene


def test_strokes_and_letters_grow_apart(answer: Callable[..., FrameResult]) -> None:
    scene = build_scene(answer(people=2), EVERYTHING)
    made = thickened(scene, lines=2, letters=3)
    assert len(made.items) == len(scene.items)
    kinds = set()
    for before, after in zip(scene.items, made.items, strict=True):
        kinds.add(type(before))
        match before, after:
            case (Line(), Line()) | (Arc(), Arc()) | (Outline(), Outline()):
                assert after.width == 2 * before.width
            case Dot(), Dot():
                assert (after.radius, after.centre) == (2 * before.radius, before.centre)
            case Label(), Label():
                assert (after.size, after.at) == (3 * before.size, before.at)
    assert {Line, Dot, Arc, Label, Outline} <= kinds
