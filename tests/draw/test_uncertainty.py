"""Rings whose size is that of the belief around a joint."""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.core.stage import StageOutput
from poseviewer.draw.colour import CASING
from poseviewer.draw.primitives import Dot
from poseviewer.draw.scene import build_scene
from poseviewer.draw.uncertainty import extent
from tests.draw.conftest import gaussian

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult


def rings(result: FrameResult) -> list[Dot]:
    scene = build_scene(result, Look(skeleton=False, uncertainty=True), scale=1.0)
    return [item for item in scene.items if isinstance(item, Dot) and item.outline != CASING]


@pytest.mark.parametrize("sigma", [3.0, 6.0, 12.0])
def test_a_gaussian_has_the_radius_of_half_its_height(sigma: float) -> None:
    centre = np.array([[40.0, 40.0]])
    belief = gaussian(centre, size=(81, 81), sigma=sigma)[0]
    radius = sqrt(extent(belief, centre[0]) / np.pi)
    assert radius == pytest.approx(sqrt(2 * log(2)) * sigma, rel=0.04)


def test_a_rival_elsewhere_does_not_count() -> None:
    cells = np.array([[20.0, 40.0], [60.0, 40.0]])
    both = gaussian(cells, size=(81, 81), sigma=4.0)
    assert extent(both.max(axis=0), cells[0]) == extent(both[0], cells[0])


@pytest.mark.parametrize("cell", [(np.nan, 3.0), (-2.0, 3.0), (3.0, 90.0)])
def test_outside_of_a_map_there_is_nothing(cell: tuple[float, float]) -> None:
    assert extent(np.ones((10, 10), np.float32), np.array(cell)) == 0


def test_each_joint_has_its_ring_in_the_frame(answer: Callable[..., FrameResult]) -> None:
    result = answer()
    last = result.stages[-1]
    wide = np.array(last.values)
    cells = np.argwhere(wide[3] == wide[3].max())[0][::-1].astype(float)
    wide[3] = gaussian(cells[None], size=wide.shape[:0:-1], sigma=3.0)[0]
    changed = replace(
        result,
        stages=(*result.stages[:-1], StageOutput(last.spec, wide, last.to_frame, last.number)),
    )
    before, after = rings(result), rings(changed)
    assert len(before) == len(after) == len(result.poses.skeleton.joints)
    assert after[3].radius > 1.5 * before[3].radius
    assert [ring.centre for ring in after] == [ring.centre for ring in before]
    np.testing.assert_allclose([ring.centre for ring in before], result.poses.xy[0])
    assert rings(replace(result, stages=())) == []
