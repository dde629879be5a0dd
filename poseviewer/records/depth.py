"""Joints in space as TRC and C3D, whose depth is guessed from one picture.

`out_trc_depth/out_depth_person00.trc` and `out_c3d_depth/out_person00.c3d`, a file for each person:
metres from the middle of the hips along the axes of the camera, x right, y up, z towards it. They
are the network's own places in space where it gives any, else those of the lifter, which has seen
bodies of usual size only. Names are those of the other TRC files; joints are filtered where a
filter is chosen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.lifter import load_lifter
from poseviewer.records.arrays import C3dFolder
from poseviewer.records.opensim import TrcFolder, markers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.result import FrameResult
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable, Person

NOTE = "depth is guessed from one picture"
_UP = np.array([1.0, -1.0, -1.0])


def placed(result: FrameResult, *, gate: float) -> FrameResult:
    """A result whose people have places in space: the network's own, else the lifter's.

    Args:
        result: Of a frame.
        gate: Confidence from which the lifter reads a joint.

    Raises:
        PoseViewerError: The network gives none, and the weights of the lifter are not installed.
    """
    if result.poses.world is not None or not len(result.poses):
        return result
    lifter = load_lifter()
    if lifter is None:
        msg = "Depth cannot be written: the network gives none, and the lifter has no weights."
        raise PoseViewerError(msg)
    return replace(result, poses=lifter.lifted(result.poses, gate=gate))


def _markers(
    clip: ClipTable, person: Person, about: About
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    names, places = markers(clip.skeleton, clip.filtered_world(person, about.filter))
    return names, places * _UP


class DepthTrc(TrcFolder):
    """Markers in space; a file for each person."""

    def __init__(self, folder: Path, *, stem: str, outputs: OutputSet, about: About) -> None:
        super().__init__(
            folder, stem=stem, outputs=outputs, about=about, metric=False, label="depth"
        )

    def add(self, result: FrameResult) -> None:
        """Hold one frame, with depth."""
        super().add(placed(result, gate=self.about.gate))

    def _placed(
        self, clip: ClipTable, person: Person
    ) -> tuple[tuple[str, ...], NDArray[np.float64], str, str]:
        return *_markers(clip, person, self.about), "m", f"{self.about.words()}; {NOTE}"


class DepthC3d(C3dFolder):
    """Markers in space; a file for each person."""

    def add(self, result: FrameResult) -> None:
        """Hold one frame, with depth."""
        super().add(placed(result, gate=self.about.gate))

    def _placed(
        self, clip: ClipTable, person: Person
    ) -> tuple[tuple[str, ...], NDArray[np.float64], str]:
        return *_markers(clip, person, self.about), "m"
