"""A made-up network's answer, exact in every number."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert, stage_to_input
from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageOutput, StageSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.angle import Facing

SKELETON = load_skeleton("lsp-14")
SIZE = (320, 240)

# Seen from the right side, half sitting: the right knee and hip are bent by 90 degrees.
SITTING = {
    "head_top": (100, 20),
    "neck": (100, 50),
    "right_shoulder": (100, 55),
    "right_elbow": (110, 85),
    "right_wrist": (140, 90),
    "left_shoulder": (104, 55),
    "left_elbow": (120, 80),
    "left_wrist": (150, 80),
    "right_hip": (100, 120),
    "right_knee": (160, 120),
    "right_ankle": (160, 180),
    "left_hip": (104, 120),
    "left_knee": (170, 130),
    "left_ankle": (165, 190),
}


def places() -> np.ndarray:
    return np.array([SITTING[joint] for joint in SKELETON.joints], np.float32)


def gaussian(cells: np.ndarray, *, size: tuple[int, int], sigma: float = 1.5) -> np.ndarray:
    """Belief maps (k, h, w) with peaks of 1 at `cells` (k, 2)."""
    x, y = np.arange(size[0]), np.arange(size[1])
    dx = np.exp(-((x - cells[:, :1]) ** 2) / (2 * sigma**2))
    dy = np.exp(-((y - cells[:, 1:]) ** 2) / (2 * sigma**2))
    return (dy[:, :, None] * dx[:, None, :]).astype(np.float32)


@pytest.fixture
def answer() -> Callable[..., FrameResult]:
    """Builds a result of two stages over a grey frame."""

    def build(
        *,
        xy: np.ndarray | None = None,
        score: np.ndarray | None = None,
        region: Box | None = None,
        facing: Facing = "right",
        people: int = 1,
        gate: float = 0.2,
    ) -> FrameResult:
        xy = places() if xy is None else np.asarray(xy, np.float32)
        score = np.full(len(xy), 0.9, np.float32) if score is None else score
        region = region or Box(20, 0, 192, 192)
        to_frame = box_to_frame(region, size=(192, 192))
        stages, answers = [], []
        for number, stride in enumerate((8, 4)):
            affine = compose(to_frame, stage_to_input(stride))
            cells = apply(invert(affine), xy)
            maps = gaussian(cells, size=(192 // stride,) * 2) * score[:, None, None]
            maps = np.nan_to_num(np.concatenate([maps, 1 - maps.max(axis=0, keepdims=True)]))
            spec = StageSpec(
                f"stage {number + 1}", "heatmap", stride, (*SKELETON.joints, "background")
            )
            stages.append(StageOutput(spec, maps.astype(np.float32), affine, number))
            answers.append(Poses.single(xy + 3, score=score, skeleton=SKELETON, box=(0, 0, 1, 1)))
        group = Poses(
            np.stack([xy + np.array([i * 60, 0]) for i in range(people)]).astype(np.float32),
            np.stack([score] * people).astype(np.float32),
            np.zeros((people, 4), np.float32),
            np.arange(people) + 4 if people > 1 else np.array([-1]),
            SKELETON,
        )
        angles = measure(group, specs=offered_angles(SKELETON), gate=gate, facing=facing)
        pixels = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
        frame = Frame(pixels, 0, Timestamp(0, Fraction(1, 30)))
        return FrameResult(frame, group, tuple(answers), angles, tuple(stages), region)

    return build
