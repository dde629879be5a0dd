"""People to belief maps and part affinity fields and back (Cao et al., CVPR 2017).

A field holds, on every cell of a limb, the unit vector from its start to its end (section 2.3).
What the released code does otherwise: docs/facts/networks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.codec.assembly import assemble
from poseviewer.codec.parsing import OPENPOSE, local_peaks, weigh
from poseviewer.core.parsing import Candidates
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.codec.heatmap import Decoding, HeatmapCodec
    from poseviewer.codec.parsing import Rules
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class FieldCodec:
    """Belief maps and part affinity fields of everybody in a picture."""

    beliefs: HeatmapCodec
    """Of the joints; people are combined by their maximum."""

    skeleton_name: str
    """Whose limbs have fields."""

    rules: Rules = OPENPOSE
    """How people are put together."""

    thickness: float = 1.0
    """Half the width of a limb's field, cells."""

    beyond: float = 1.0
    """How far a field reaches beyond its joints, cells: 0 in the paper, 1 in the released code,
    without which the samples at both ends find nothing."""

    @property
    def stride(self) -> int:
        """Input pixels per cell."""
        return self.beliefs.stride

    @property
    def background(self) -> bool:
        """Whether the last belief map is one of the background."""
        return self.beliefs.background

    @property
    def skeleton(self) -> Skeleton:
        """Whose limbs have fields."""
        return load_skeleton(self.skeleton_name)

    @property
    def field_channels(self) -> tuple[str, ...]:
        """Names of the fields' channels, such as `neck-nose x`."""
        limbs = sorted(self.skeleton.limbs, key=lambda limb: limb.channel)
        joints = self.skeleton.joints
        return tuple(
            f"{joints[limb.start]}-{joints[limb.end]} {axis}" for limb in limbs for axis in "xy"
        )

    def encode(
        self,
        joints: NDArray[np.floating],
        *,
        size: tuple[int, int],
        present: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The maps that a perfect network would return.

        Args:
            joints: Input pixels (people, k, 2).
            size: Input width and height, pixels.
            present: Which joints can be seen (people, k); all where None.

        Returns:
            Fields (2 limbs, h / stride, w / stride), averaged where people overlap, and
            beliefs (k or k + 1, h / stride, w / stride).
        """
        seen = np.ones(joints.shape[:-1], np.bool_) if present is None else present
        fields = self._fields(self.beliefs.to_cells(joints), seen, size)
        if not len(joints):
            # One person without joints leaves the same maps as nobody.
            joints, seen = np.zeros((1, *joints.shape[1:])), np.zeros((1, joints.shape[1]), bool)
        each = self.beliefs.encode(joints, size=size, present=seen)
        beliefs = each.max(axis=0)
        if self.background:
            beliefs[-1] = each[:, -1].min(axis=0)
        return fields, beliefs

    def _fields(
        self, cells: NDArray[np.float64], seen: NDArray[np.bool_], size: tuple[int, int]
    ) -> NDArray[np.float32]:
        limbs = self.skeleton.limbs
        width, height = size[0] // self.stride, size[1] // self.stride
        fields = np.zeros((2 * len(limbs), height, width), np.float32)
        count = np.zeros((len(limbs), height, width), np.float32)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        for number, limb in enumerate(limbs):
            for person in np.flatnonzero(seen[:, limb.start] & seen[:, limb.end]):
                start, end = cells[person, limb.start], cells[person, limb.end]
                length = float(np.linalg.norm(end - start))
                if length < 1e-6:
                    continue
                ux, uy = ((end - start) / length).tolist()
                along = (x - start[0]) * ux + (y - start[1]) * uy
                across = (x - start[0]) * uy - (y - start[1]) * ux
                on = np.abs(across) <= self.thickness
                on &= (along >= -self.beyond) & (along <= length + self.beyond)
                fields[limb.channel] += ux * on
                fields[limb.channel + 1] += uy * on
                count[number] += on
            fields[limb.channel : limb.channel + 2] /= np.maximum(count[number], 1)
        return fields

    def decode(
        self,
        fields: NDArray[np.floating],
        beliefs: NDArray[np.floating],
        *,
        method: Decoding = "dark",
        blur: bool = False,
    ) -> Parsing:
        """Everybody in one picture, in cells, with all that was weighed on the way.

        Args:
            fields: (2 limbs, h, w).
            beliefs: (k or k + 1, h, w); a background map is left out.
            method: How peaks are refined, as `HeatmapCodec.decode` takes it.
            blur: Whether DARK smooths the maps first, which real maps want.
        """
        skeleton = self.skeleton
        maps = np.ascontiguousarray(beliefs[: len(skeleton.joints)], dtype=np.float32)
        peaks = local_peaks(maps, above=self.rules.peak, most=self.rules.most)
        joint, y, x = peaks
        xy = np.stack([x, y], axis=1).astype(np.float64)
        if len(xy):
            xy += self.beliefs.refine(maps, peaks, method=method, blur=blur)
        candidates = Candidates(joint, xy, maps[peaks])
        limbs = weigh(
            np.ascontiguousarray(fields, dtype=np.float32),
            candidates,
            limbs=skeleton.limbs,
            stride=self.stride,
            rules=self.rules,
        )
        return assemble(candidates, limbs, skeleton=skeleton, rules=self.rules)

    def mirrored(self, fields: NDArray[np.floating]) -> NDArray[np.float32]:
        """The fields (..., 2 limbs, h, w) that the mirrored picture would have.

        Columns change ends, left limbs swap with right ones and x components change sign.
        """
        skeleton = self.skeleton
        channel = {(limb.start, limb.end): limb.channel for limb in skeleton.limbs}
        order = np.zeros(2 * len(skeleton.limbs), np.intp)
        for limb in skeleton.limbs:
            other = channel[skeleton.mirror[limb.start], skeleton.mirror[limb.end]]
            order[limb.channel : limb.channel + 2] = other, other + 1
        flipped: NDArray[np.float32] = fields[..., order, :, ::-1].astype(np.float32)
        flipped[..., ::2, :, :] *= -1
        return flipped


class FieldKind(StageKind):
    """Two maps a limb: the vector that points along the limb in each cell.

    People are put together from it with its partner of belief maps, whose joints it shares.
    """

    name = "paf"
    title = "part affinity fields"
    quantity = "strength"
    limits = (-1.0, 1.0)
    subject = "limb"
    step = 2
    together = "all limbs"

    def mirrored(
        self,
        maps: NDArray[np.float32],
        *,
        codec: FieldCodec,
        mirror: Sequence[int],  # noqa: ARG002 - the codec knows the limbs' sides
    ) -> NDArray[np.float32]:
        """As `FieldCodec.mirrored`."""
        return codec.mirrored(maps)


KIND = FieldKind()
