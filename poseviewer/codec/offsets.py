"""People to discs, offsets and displacements and back (PersonLab; Papandreou et al., ECCV 2018).

A disc is about each joint; in it an offset points to the joint, and a displacement to the next
joint of the same person (sections 3.1.1 and 3.1.2). Unlike maps of other networks these have
cells that lie on the corners of the input: cell (i, j) on pixel (stride i, stride j).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.codec.greedy import PUBLISHED, Maps, grow
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.greedy import Growth
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageOutput, Subject


@dataclass(frozen=True, slots=True)
class OffsetCodec:
    """Discs, offsets and displacements of everybody in a picture."""

    skeleton_name: str
    """Whose limbs are the edges of the tree, from the root outwards."""

    stride: int = 16
    """Input pixels per cell."""

    radius: float = 32.0
    """Of a disc, input pixels."""

    rules: Growth = PUBLISHED
    """How people grow."""

    background = False
    """There is no map of the background."""

    @property
    def skeleton(self) -> Skeleton:
        """Whose limbs are the edges of the tree."""
        return load_skeleton(self.skeleton_name)

    @property
    def offset_channels(self) -> tuple[str, ...]:
        """Names of the offsets' channels, such as `nose x`."""
        return tuple(f"{joint} {axis}" for joint in self.skeleton.joints for axis in "xy")

    def edge_channels(self, *, forward: bool) -> tuple[str, ...]:
        """Names of the displacements' channels, such as `nose-left_eye x`; backward turned."""
        joints = self.skeleton.joints
        ends = ((limb.start, limb.end)[:: 1 if forward else -1] for limb in self.skeleton.limbs)
        return tuple(f"{joints[a]}-{joints[b]} {axis}" for a, b in ends for axis in "xy")

    def encode(
        self,
        joints: NDArray[np.floating],
        *,
        size: tuple[int, int],
        present: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], ...]:
        """The maps that a perfect network would return.

        Where discs of a joint overlap, a cell belongs to the nearest one.

        Args:
            joints: Input pixels (people, k, 2).
            size: Input width and height, pixels: multiples of the stride, and one.
            present: Which joints can be seen (people, k); all where None.

        Returns:
            Discs (k, h, w), offsets (2 k, h, w), displacements forward and backward
            (2 edges, h, w), in input pixels; 0 outside the discs.
        """
        width, height = ((side - 1) // self.stride + 1 for side in size)
        cells = np.moveaxis(np.indices((height, width))[::-1], 0, -1) * float(self.stride)
        count, limbs = joints.shape[1], self.skeleton.limbs
        discs = np.zeros((count, height, width), np.float32)
        offsets = np.zeros((count, height, width, 2), np.float32)
        ways = np.zeros((2, len(limbs), height, width, 2), np.float32)
        seen = np.ones(joints.shape[:-1], np.bool_) if present is None else present
        for joint in range(count):
            there = np.flatnonzero(seen[:, joint])
            if not len(there):
                continue
            way = joints[there, joint][:, None, None] - cells
            distance = np.hypot(way[..., 0], way[..., 1])
            nearest = distance.argmin(axis=0)
            on = distance.min(axis=0) <= self.radius
            discs[joint] = on
            offsets[joint][on] = np.take_along_axis(way, nearest[None, ..., None], 0)[0][on]
            owner = there[nearest]
            for number, limb in enumerate(limbs):
                if joint not in (limb.start, limb.end):
                    continue
                forward = joint == limb.start
                other = limb.end if forward else limb.start
                drawn = on & seen[owner, other]
                target = joints[owner, other] - cells
                ways[0 if forward else 1, number][drawn] = target[drawn]
        return (
            discs,
            _planes(offsets),
            *(_planes(way[np.argsort([limb.channel for limb in limbs])]) for way in ways),
        )

    def decode(
        self,
        discs: NDArray[np.floating],
        offsets: NDArray[np.floating],
        forth: NDArray[np.floating],
        back: NDArray[np.floating],
        *,
        refinements: int | None = None,
    ) -> Parsing:
        """Everybody in one picture, in input pixels, with all that was walked on the way.

        Args:
            discs: (k, h, w).
            offsets: (2 k, h, w).
            forth: (2 edges, h, w) displacements forward.
            back: (2 edges, h, w) displacements backward.
            refinements: Instead of those of the rules.
        """
        maps = Maps(
            np.ascontiguousarray(discs, dtype=np.float32),
            np.ascontiguousarray(offsets, dtype=np.float32),
            np.ascontiguousarray(forth, dtype=np.float32),
            np.ascontiguousarray(back, dtype=np.float32),
            self.stride,
        )
        rules = self.rules
        if refinements is not None:
            rules = replace(rules, refinements=refinements)
        return grow(maps, limbs=self.skeleton.limbs, rules=rules)

    def counterparts(self) -> list[int]:
        """The edge on the other side of the body for each edge, as displacements number them."""
        skeleton = self.skeleton
        number = {(limb.start, limb.end): limb.channel // 2 for limb in skeleton.limbs}
        ordered = sorted(skeleton.limbs, key=lambda limb: limb.channel)
        mirror = skeleton.mirror
        return [number[mirror[limb.start], mirror[limb.end]] for limb in ordered]


def _planes(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, h, w, 2) as maps (2 n, h, w)."""
    planes = np.moveaxis(vectors, -1, 1)
    return np.ascontiguousarray(planes.reshape(-1, *planes.shape[2:]))


def turned(maps: NDArray[np.float32], order: Sequence[int]) -> NDArray[np.float32]:
    """Vectors (n, 2 m, h, w) of the mirrored picture as those of the picture itself.

    Args:
        maps: x before y.
        order: The counterpart of each of the m subjects on the other side of the body.
    """
    n, channels, height, width = maps.shape
    vectors = maps.reshape(n, channels // 2, 2, height, width)[:, list(order), :, :, ::-1].copy()
    vectors[:, :, 0] *= -1
    return vectors.reshape(maps.shape)


class OffsetKind(StageKind):
    """Two maps a joint: how far and in which direction the joint is from each cell."""

    name = "offsets"
    title = "offsets"
    quantity = "offset"
    unit = " px of the input"
    subject: Subject = "joint"
    step = 2
    together = "all joints'"
    answers = True

    def shown(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return vectors (2, h, w), shorter where the network believes less in the joint.

        Outside the discs it was never trained to answer them.
        """
        found, weight = self.vectors(output, channel)
        return found * weight

    def read(
        self,
        stage_poses: Sequence[Poses],  # noqa: ARG002 - vectors come as the network gave them
        output: StageOutput,
        *,
        channel: int | None,
        cell: tuple[int, int],
    ) -> tuple[float, str]:
        """Return the length of the vector under the pointer, and what it says and counts."""
        x, y = cell
        found, weight = self.vectors(output, channel)
        dx, dy = found[:, y, x].tolist()
        # Counted as in the picture of a protractor: to the right is 0, upwards 90.
        way = degrees(atan2(-dy, dx)) % 360
        note = f"{self.quantity} {hypot(dx, dy):.1f}{self.unit} towards {way:.0f}°"
        return hypot(dx, dy), f"{note}   belief {weight[y, x]:.2f}   cell {x}, {y}"

    def mirrored(
        self,
        maps: NDArray[np.float32],
        *,
        codec: OffsetCodec,  # noqa: ARG002 - every stride is mirrored alike
        mirror: Sequence[int],
    ) -> NDArray[np.float32]:
        """Columns change ends, left joints swap with right ones and x changes its sign."""
        return turned(maps, mirror)


KIND = OffsetKind()
