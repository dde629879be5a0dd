"""MPJPE and PA-MPJPE on cases that can be reckoned by hand, and the sets they are measured on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.evaluation.depth import assess_space, mannequins
from poseviewer.evaluation.space import aligned, score

if TYPE_CHECKING:
    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame

JOINTS = ("left_hip", "right_hip", "neck", "left_knee", "right_knee")
BODY = np.array([[0.1, 0, 0], [-0.1, 0, 0], [0, -0.5, 0.1], [0.1, 0.4, -0.2], [-0.1, 0.4, 0.1]])


def turned(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return BODY @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T


def test_one_joint_by_ten_centimetres() -> None:
    found = BODY.copy()
    found[2] += (0, 0, 0.1)
    made = score(found[None], BODY[None], joints=JOINTS)
    assert made.mpjpe == pytest.approx(100 / 5)
    assert {name: error for name, error, _ in made.joints}["neck"] == pytest.approx(100)
    assert made.counted == 5
    assert made.pa_mpjpe > 10


def test_where_the_root_is_does_not_count() -> None:
    made = score(BODY[None] + (3, 2, 1), BODY[None], joints=JOINTS)
    assert made.mpjpe == pytest.approx(0, abs=1e-9)


def test_a_similarity_counts_in_mpjpe_alone_and_a_mirror_image_in_both() -> None:
    other = score(1.2 * turned(40)[None], BODY[None], joints=JOINTS)
    assert other.mpjpe > 50
    assert other.pa_mpjpe == pytest.approx(0, abs=1e-6)
    assert score(BODY[None] * (1, 1, -1), BODY[None], joints=JOINTS).pa_mpjpe > 10


def test_what_has_no_place_does_not_count() -> None:
    found = turned(30)
    found[4] = np.nan
    assert aligned(found[None], BODY[None])[0, :4] == pytest.approx(BODY[:4], abs=1e-9)
    made = score(found[None], BODY[None], joints=JOINTS)
    assert made.counted == 4
    assert np.isnan(made.joints[4][1])
    found[2:] = np.nan
    assert np.isnan(score(found[None], BODY[None], joints=JOINTS).pa_mpjpe)


class Knowing:
    """A network that knows every mannequin, in the picture and, where asked, in space."""

    def __init__(self, *, space: bool) -> None:
        self.card: Any = SimpleNamespace(name="knowing")
        self.skeleton = load_skeleton("lsp-14")
        self._space = space
        self._truth = {one.frame.index: one.truth for one in mannequins(3)}

    def estimate(self, frame: Frame, _region: Box, _request: object) -> FrameResult:
        truth = self._truth[frame.index]
        world = truth.world if self._space else None
        return FrameResult.bare(frame, replace(truth, world=world))


def test_a_network_that_knows_depth_has_no_error_and_all_depth_zero_has_one() -> None:
    made = assess_space(
        Knowing(space=True), None, mannequins(3), name="three", against="the mannequin"
    )
    rows = dict(made.rows)
    assert made.people == 3
    assert rows["knowing itself"].mpjpe == pytest.approx(0, abs=1e-3)
    assert rows["all depth 0, true across and down"].mpjpe > 30
    flat = assess_space(Knowing(space=False), None, mannequins(2), name="two", against="")
    assert [source for source, _ in flat.rows] == ["all depth 0, true across and down"]


def test_mannequins_are_placed_where_their_picture_shows_them() -> None:
    (one,) = mannequins(1)
    world = one.truth.world
    assert world is not None
    # Far joints are as far apart in the picture as in space, but for perspective.
    picture = np.ptp(one.truth.xy[0], axis=0)
    space = np.ptp(world[0, :, :2], axis=0)
    assert picture[0] / picture[1] == pytest.approx(space[0] / space[1], rel=0.25)
