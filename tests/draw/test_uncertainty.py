"""Ellipses whose size is that of the belief around a joint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.look import Look
from poseviewer.core.uncertainty import half_axes
from poseviewer.draw.colour import CASING
from poseviewer.draw.primitives import Ellipse
from poseviewer.draw.scene import build_scene
from poseviewer.draw.zoom import zoomed
from tests.draw.conftest import SITTING, SKELETON

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.result import FrameResult


@pytest.fixture
def uncertain(answer: Callable[..., FrameResult]) -> FrameResult:
    """Someone whose joints are less certain from head to foot, and the neck not known at all."""
    result = answer()
    spread = np.arange(1, 15, dtype=np.float32)[:, None] * np.array([4, 1, 2], np.float32)
    spread[SKELETON.index("neck")] = np.nan
    return replace(result, poses=replace(result.poses, covariance=spread[None]))


def ellipses(result: FrameResult, look: Look) -> list[Ellipse]:
    scene = build_scene(result, look)
    return [i for i in scene.items if isinstance(i, Ellipse) and i.colour != CASING]


def test_each_joint_has_two_ellipses_about_its_place(uncertain: FrameResult) -> None:
    drawn = ellipses(uncertain, Look(skeleton=False, uncertainty=True))
    joints = [joint for joint in SKELETON.joints if joint != "neck"]
    assert [one.centre for one in drawn] == [SITTING[joint] for joint in joints] * 2
    wide, near = drawn[: len(joints)], drawn[len(joints) :]
    for joint, outer, inner in zip(joints, wide, near, strict=True):
        spread = uncertain.poses.covariance[0, SKELETON.index(joint)]
        # Chi squared of two degrees of freedom at 95 and 68 %.
        np.testing.assert_allclose(outer.spread, spread * 5.991, rtol=1e-3)
        np.testing.assert_allclose(inner.spread, spread * 2.279, rtol=1e-3)
    assert ellipses(uncertain, Look()) == []


def test_a_picture_of_another_shape_stretches_them(uncertain: FrameResult) -> None:
    scene = build_scene(uncertain, Look(skeleton=False, uncertainty=True))
    width, height = scene.size
    one = scene.items[1]
    other = zoomed(scene, (3 * width, 2 * height)).items[1]
    xx, xy, yy = one.spread
    assert other.spread == pytest.approx((9 * xx, 6 * xy, 4 * yy))
    upright = replace(one, spread=(xx, 0.0, yy))
    assert half_axes(upright.spread)[2] == 0


def test_without_a_covariance_there_is_nothing(answer: Callable[..., FrameResult]) -> None:
    assert ellipses(answer(), Look(uncertainty=True)) == []
