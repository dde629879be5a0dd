"""What is drawn over a frame: the same for the screen and for a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from poseviewer.core.annotation import NOTHING_SHOWN, ShownDrawings
from poseviewer.core.stage import ghosts, group_of, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.stage import StageSpec


@dataclass(frozen=True, slots=True)
class DisplayState:
    """What a person has chosen to see over the frame."""

    skeleton: bool = True
    ghost: int | None = None
    """0-based stage whose skeleton is drawn thin beneath the final one."""
    overlay_stage: int | None = None
    """0-based stage whose map lies on the frame; None for none."""
    overlay_channel: int | None = None
    """Channel of that map, of a field either component of the limb; None for the strongest of
    all joints, or limbs, in each cell."""
    arrows: bool = False
    """Draw part affinity fields as arrows too."""
    opacity: float = 0.65
    colormap: str = "inferno"
    arcs: tuple[str, ...] = ()
    """Names of the angles drawn as arcs with their values."""
    region_outline: bool = False
    """Outline what the network was shown, and whom the person detector saw."""
    truth: bool = False
    """Draw the ground truth, where it is known, and how far from it each joint was found."""
    said: Literal["corrected", "network", "both"] = "corrected"
    """What is shown and measured: people as a person has corrected them, as the network gave them,
    or corrected with the network's skeleton beneath."""
    drawings: bool = True
    """Draw what a person has drawn on the clip."""
    uncertainty: bool = False
    """Draw the covariance of the belief around each joint, as ellipses of 68 and 95 %."""
    corrections: bool = True
    """Ring the joints that a person has corrected."""
    hud: bool = True
    """Write figures over the frame; the window only."""
    mirror: bool = False
    """Show a camera as a mirror would; the window only."""
    depth_source: Literal["all", "lifter", "network"] = "all"
    """By which sources the Depth dock shows the person in space; the window only."""
    depth_turn: float = 35.0
    """Degrees about the vertical from the camera to where the Depth dock looks from."""
    depth_tilt: float = 12.0
    """Degrees above the floor from which the Depth dock looks."""

    def carried(self, old: Sequence[StageSpec], new: Sequence[StageSpec]) -> dict[str, int | None]:
        """Return the choices of a stage or channel that mean the same in another network.

        The last stage stays the last, any other one keeps its place as papers count them. A
        joint or limb that the new network lacks becomes all of them, and a ghost of a stage
        that it lacks, or that is its last, becomes none.

        Args:
            old: Stages of the network that the choices were made for.
            new: Stages of the network that takes its place.
        """
        groups = grouped(old), grouped(new)

        def at(stage: int) -> int:
            place = group_of(old, stage)
            last = place == len(groups[0]) - 1
            return len(groups[1]) - 1 if last else min(place, len(groups[1]) - 1)

        stage, channel, ghost = None, None, None
        if self.overlay_stage is not None and self.overlay_stage < len(old):
            spec, group = old[self.overlay_stage], groups[1][at(self.overlay_stage)]
            about = group.about(spec.meaning.subject)
            stage = group.last if about is None else about
            names = dict(spec.meaning.channels(spec))
            numbers = {name: n for n, name in new[stage].meaning.channels(new[stage])}
            if self.overlay_channel is not None:
                step = spec.meaning.step
                name = names.get(self.overlay_channel // step * step)
                channel = None if name is None else numbers.get(name)
        if self.ghost is not None and self.ghost < len(old):
            place = groups[1][min(group_of(old, self.ghost), len(groups[1]) - 1)].last
            ghost = place if place in ghosts(new) else None
        return {"overlay_stage": stage, "overlay_channel": channel, "ghost": ghost}


@dataclass(frozen=True, slots=True)
class Look(DisplayState):
    """What a painter needs besides the result: derived from the state, never stored."""

    gate: float = 0.2
    """Joints below this confidence are drawn weak."""
    hidden: tuple[int, ...] = ()
    """Numbers of the people that are not drawn."""
    names: tuple[tuple[int, str], ...] = ()
    """Names of people, by their numbers."""
    numbers: bool = True
    """Write people's numbers and names, where there are several or some have names."""
    drawn: ShownDrawings = NOTHING_SHOWN
    """What a person has drawn on the clip."""
