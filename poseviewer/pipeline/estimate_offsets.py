"""The estimator of all people at once who grow joint by joint along displacements (PersonLab)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.pose import Poses
from poseviewer.pipeline.estimate_people import CrowdEstimator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.parsing import Parsing

DISCS, OFFSETS, FORTH, BACK, VOTES = range(5)
"""The stages of such a network."""


class OffsetEstimator(CrowdEstimator):
    """A network of discs, offsets and displacements with its decoder. Stateless, as every one.

    The discs have the people whom displacements alone make, the offsets those whose joints were
    refined once, and the votes the answer. Arguments as of `Estimator`.
    """

    def _read(
        self,
        maps: list[NDArray[np.float32]],
        to_frame: list[NDArray[np.float64]],
        regions: list[Box],
    ) -> tuple[tuple[Poses, ...], tuple[Parsing, ...]]:
        codec = self.card.offsets
        discs, offsets, forth, back = (maps[n][0] for n in (DISCS, OFFSETS, FORTH, BACK))
        found = {
            stage: codec.decode(discs, offsets, forth, back, refinements=times).moved(to_frame[0])
            for stage, times in ((DISCS, 0), (OFFSETS, 1), (VOTES, None))
        }
        # Displacements answer nothing by themselves; what was walked along them is the answer's.
        parsings = tuple(found.get(stage, found[VOTES]) for stage in range(len(maps)))
        nobody = Poses.nobody(self.skeleton)
        poses = (
            self._poses(found[stage], regions[0]) if stage in found else nobody
            for stage in range(len(maps))
        )
        return tuple(poses), parsings

    def _weight(self, number: int, maps: list[NDArray[np.float32]]) -> NDArray[np.float32] | None:
        discs = maps[DISCS][0]
        limbs = sorted(self.skeleton.limbs, key=lambda limb: limb.channel)
        from_joints = {
            OFFSETS: list(range(len(discs))),
            FORTH: [limb.start for limb in limbs],
            BACK: [limb.end for limb in limbs],
        }
        # A copy: the engine may answer in the same memory again.
        return discs[from_joints[number]] if number in from_joints else None
