"""Displacements: from a joint of a person to the next joint of the same person (PersonLab)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.codec.offsets import OffsetKind, turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.codec.offsets import OffsetCodec
    from poseviewer.core.stage import Subject


class DisplacementKind(OffsetKind):
    """Two maps an edge of the tree: how far and where the joint at its other end is."""

    name = "displacements"
    title = "displacements"
    quantity = "displacement"
    subject: Subject = "limb"
    together = "all limbs"
    answers = False

    def mirrored(
        self,
        maps: NDArray[np.float32],
        *,
        codec: OffsetCodec,
        mirror: Sequence[int],  # noqa: ARG002 - the codec knows the edges' sides
    ) -> NDArray[np.float32]:
        """Columns change ends, left edges swap with right ones and x changes its sign."""
        return turned(maps, codec.counterparts())


KIND = DisplacementKind()
