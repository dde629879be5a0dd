"""Bins: a row across or a column down the input for each joint (SimCC; Li et al., ECCV 2022)."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class BinsKind(StageKind):
    """One axis of each joint's place: of a row (k, 1, w), or of a column (k, h, 1)."""

    name = "bins"
    title = "bins"
    subject = "joint"
    together = "all joints"


KIND = BinsKind()
