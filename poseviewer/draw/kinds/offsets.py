"""Offsets: a wheel of colours about each joint, and arrows that meet in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.kinds import StagePainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.stage import StageOutput

_MIDDLE = 6.0
"""Input pixels from a joint within which directions fade."""

_SURE = 0.5
"""Belief from which on a cell has an arrow: within the disc of a joint."""


class OffsetPainter(StagePainter):
    """Draws offsets."""

    name = "offsets"
    legend = "directions"
    noun = "offset"
    least_tile = 1.0
    least_overlay = 1.0

    def drawn(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return what is drawn (2, h, w): directions, as long as the belief in the joint.

        Within a few pixels of the joint they end in its middle.
        """
        vectors, weight = self.kind.vectors(output, channel)
        length = np.hypot(vectors[0], vectors[1])
        return np.asarray(vectors * (weight / np.maximum(length, _MIDDLE)), np.float32)

    def arrow_ends(
        self,
        output: StageOutput,
        channel: int | None,
        values: NDArray[np.float32],  # noqa: ARG002 - an arrow is as long as what was answered
        *,
        high: float,  # noqa: ARG002
        step: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return arrows from cells in which the network believes to where it says the joint is."""
        vectors, weight = self.kind.vectors(output, channel)
        y, x = np.nonzero(weight >= _SURE)
        on = (y % step == 0) & (x % step == 0)
        tails = np.stack([x[on], y[on]], axis=1).astype(np.float64)
        return tails, tails + vectors[:, y[on], x[on]].T / output.spec.stride


PAINTER = OffsetPainter()
