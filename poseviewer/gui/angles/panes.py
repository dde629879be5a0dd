"""The panes of curves that a state asks for; made on any thread, without a widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.filters import RAW
from poseviewer.gui.angles.curves import angle_curves
from poseviewer.gui.angles.strokes import panes_of, speed_pane

if TYPE_CHECKING:
    from poseviewer.core.filters import Filter
    from poseviewer.gui.angles.curves import AngleCurves
    from poseviewer.gui.angles.strokes import Pane, Unit
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.sections import AngleState, Panes
    from poseviewer.runtime.state import History


@dataclass(frozen=True, slots=True)
class Plan:
    """How curves are drawn, besides what the state says."""

    names: tuple[str, ...]
    """Of the angles."""
    span: float
    """Seconds that are shown of a feed."""
    columns: int
    """Of the screen."""
    panes: Panes
    """How curves are spread over panes."""
    ratio: float
    """Device pixels per logical one."""


def panes_for(
    history: History,
    plan: Plan,
    angles: AngleState,
    shown: tuple[float, float],
    *,
    by: Filter,
    width: float,
    other: History | None = None,
    second: History | None = None,
    travel: JointTravel | None = None,
) -> list[Pane]:
    """The panes with the chosen curves of a history.

    Args:
        history: The network's.
        plan: How they are drawn.
        angles: What is chosen of them.
        shown: The first and the last second.
        by: The filter in force.
        width: Of a curve, device pixels.
        other: The ground truth's.
        second: Of a second clip, on the clock of this one.
        travel: Where the joint was whose speed has a pane of its own.
    """

    def curves(of: History, by: Filter) -> list[AngleCurves]:
        return angle_curves(
            of,
            plan.names,
            by=by,
            low=shown[0],
            high=shown[1],
            columns=plan.columns,
            velocity=angles.velocity,
        )

    ours = curves(history, by)
    theirs = [] if other is None else curves(other, RAW)
    beside = [] if second is None or by.refusal(second.seconds) else curves(second, by)
    unit: Unit = "velocity" if angles.velocity else "angle"
    panes = panes_of(
        ours, plan.panes, width=width, ratio=plan.ratio, others=theirs, second=beside, unit=unit
    )
    if travel is None or not len(travel.index):
        return panes
    speed = speed_pane(
        travel, by=by, low=shown[0], high=shown[1], columns=plan.columns, width=width,
        ratio=plan.ratio,
    )  # fmt: skip
    return [*(panes if ours or theirs else ()), speed]


def latest(history: History, span: float) -> tuple[float, float]:
    """The last seconds of a feed; the first ones grow into a standing frame."""
    low = max(float(history.seconds[-1]) - span, 0.0)
    return low, low + span
