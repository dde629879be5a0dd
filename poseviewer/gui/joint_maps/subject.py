"""Which joint the Joint maps dock shows; no Qt."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.convergence import ways
from poseviewer.core.stage import last_heatmap, main_stage
from poseviewer.core.torso import joint_distances
from poseviewer.draw.kinds import painter_of
from poseviewer.gui.stages.rows import rows_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.look import DisplayState
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.tile import Row


@lru_cache(maxsize=8)
def subjects(stages: tuple[StageSpec, ...]) -> tuple[Row, ...]:
    """The joints, limbs and channels of a network that can be chosen, in this order."""
    rows = rows_for(stages, show="all")
    return tuple(row for row in rows if row.channel is not None)


def chosen_row(stages: Sequence[StageSpec], display: DisplayState) -> Row | None:
    """The joint or limb that a person has chosen; None where it is all of them.

    A channel without a stage is one of the last stage, as for the key that goes to the next joint.
    """
    channel, stage = display.overlay_channel, display.overlay_stage
    if channel is None or not stages:
        return None
    if stage is None or stage >= len(stages):
        stage = main_stage(stages)
    spec = stages[stage]
    names = dict(spec.meaning.channels(spec))
    first = channel // spec.meaning.step * spec.meaning.step
    return painter_of(spec.kind).row(first, names[first]) if first in names else None


def most_changed(result: FrameResult, stages: Sequence[StageSpec], *, gate: float) -> int | None:
    """The joint that the stages move farthest, of those that the network is sure of.

    Args:
        result: Of one frame.
        stages: Of its network.
        gate: Confidence from which a joint is sure.

    Returns:
        Its number; None where no person was found, or no stage answers joints.
    """
    if not len(result.poses) or len(stages) != len(result.stage_poses):
        return None
    xy, _ = ways(result, specs=stages)
    if not len(xy):
        return None
    moved = joint_distances(xy, result.poses.xy[0])
    farthest = np.where(np.isfinite(moved), moved, -1.0).max(axis=0)
    sure = result.poses.score[0] >= gate
    # An unsure joint comes only where there is no sure one.
    return int(np.where(sure | ~sure.any(), farthest, -2.0).argmax())


def first_row(stages: tuple[StageSpec, ...], joint: int | None) -> Row | None:
    """The row of a joint at the last stage; the first row of the network where there is none.

    Of a network that answers points, its belief maps show more where it has any.
    """
    if not stages:
        return None
    spec = stages[main_stage(stages)]
    mapped = last_heatmap(stages)
    if mapped is not None and spec.kind == "points":
        spec = stages[mapped]
    channel = spec.meaning.channel_of(joint)
    rows = subjects(stages)
    wanted = [row for row in rows if (row.kind, row.channel) == (spec.kind, channel)]
    return next(iter([*wanted, *rows]), None)
