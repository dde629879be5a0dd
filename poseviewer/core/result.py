"""What is known about one frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.angle import Angles
from poseviewer.core.truth import partners

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import Request, StageOutput


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """A frame with the poses, the maps of every stage, the angles and what they cost."""

    frame: Frame

    poses: Poses
    """The final answer, raw: no smoothing; as a person has corrected it. The person in focus comes
    first: the one picked, else the one in focus so far, else the surest."""

    stage_poses: tuple[Poses, ...]
    """The answer each stage would have given, by the same decoder; one entry per stage. A network
    that looks for one person gives one row per region, whether there is a person in it or not."""

    angles: Angles

    stages: tuple[StageOutput, ...]
    """The maps of `region` that were asked for, first stage first; may be empty."""

    region: Box
    """The part of the frame the network was shown; that of the person in focus where people were
    analysed one by one."""

    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds per hop: `crop`, `network`, `codec`, `angles`; live also `capture`, from when the
    frame was taken to the begin of its analysis."""

    generation: int = 0
    """That of the request this answers."""

    captured: float = 0.0
    """`time.perf_counter()` when the frame was taken; 0 when unknown."""

    smoothed: Poses | None = None
    """`poses` after the filter on joints; None when it is off, and of a frame alone."""

    smoothing: str = ""
    """What `smoothed` came of, with every parameter, such as `One Euro, 1.5 Hz at rest, …`."""

    parsings: tuple[Parsing, ...] = ()
    """How each stage's people were put together, in frame pixels, one entry per stage; empty
    for a network that looks for one person."""

    others: tuple[Box, ...] = ()
    """Regions of the other people that were analysed in the same batch."""

    detections: Detections | None = None
    """What the person detector saw in the whole frame; None where it was not asked, because
    people were followed from the frame before or their region was chosen."""

    truth: Poses | None = None
    """The true poses in the frame; scores above 0 say which joints are known. None where they are
    not known or not asked for."""

    network: Poses | None = None
    """What the network said, where a person has corrected it; its rows need not be those of
    `poses`. None where nothing is corrected."""

    @classmethod
    def bare(cls, frame: Frame, poses: Poses) -> FrameResult:
        """Return poses that come from elsewhere than a network: no stages, no angles yet."""
        nothing = np.empty((len(poses), 0), np.float32)
        return cls(frame, poses, (), Angles((), nothing, nothing), (), Box.whole(frame.size))

    @property
    def said(self) -> Poses:
        """What the network said."""
        return self.poses if self.network is None else self.network

    @property
    def shown(self) -> Poses:
        """The poses to draw: the smoothed ones where there are any, else the raw ones."""
        return self.poses if self.smoothed is None else self.smoothed

    @property
    def nobody(self) -> bool:
        """Whether the person detector says that the frame shows no person."""
        return self.detections is not None and not len(self.poses)

    def stage(self, number: int) -> StageOutput | None:
        """Return the maps of the 0-based stage `number`, or None where they were not asked for."""
        for output in self.stages:
            if output.number == number:
                return output
        return None

    def numbers(self, stage: int) -> NDArray[np.int64]:
        """(p,) the number of each person of `parsings[stage]`; -1 of those without one.

        A stage has its people in an order of its own, so they are known by their joints. Of a frame
        in which nobody has a number, their positions.
        """
        places, _ = self.parsings[stage].joints()
        if (self.poses.track < 0).all():
            return np.arange(len(places), dtype=np.int64)
        numbers = np.full(len(places), -1, np.int64)
        for row, place in enumerate(partners(self.poses, places)):
            if place >= 0:
                numbers[place] = self.poses.track[row]
        return numbers

    def meets(self, request: Request) -> bool:
        """Whether it holds every map that `request` wants."""
        there = {output.number for output in self.stages}
        return all(n in there for n in range(len(self.stage_poses)) if request.wants(n))
