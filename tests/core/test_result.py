"""A result: stages are found by their number, whichever were asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageOutput, StageSpec


def test_stages_are_found_by_number() -> None:
    nobody = Poses.nobody(load_skeleton("lsp-14"))
    spec = StageSpec("stage", "heatmap", 8, ("neck",))
    outputs = [
        StageOutput(spec, np.full((1, 2, 2), n, np.float32), np.eye(3)[:2], n) for n in (1, 4)
    ]
    frame = Frame(np.zeros((4, 6, 3), np.uint8), 7, Timestamp(7, Fraction(1, 30)))
    result = FrameResult(
        frame,
        nobody,
        (nobody,) * 5,
        measure(nobody, specs=()),
        tuple(outputs),
        Box.whole(frame.size),
    )
    assert result.stage(1) is outputs[0]
    assert result.stage(4) is outputs[1]
    assert result.stage(0) is None
    assert result.timings == {}
