"""Filters: the weights of the small head that a network generates for each person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.heads import Heads
from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageOutput, StageSpec

LAYERS = ("filters 1", "filters 2", "filters 3")
"""Names of the planes that hold weights; the plane after them has the people's places."""


class FiltersKind(StageKind):
    """Three matrices a person, as `core.heads.Heads` reads them.

    The first person is the one whose filters made the maps of the stages after it.
    """

    name = "filters"
    title = "filters"
    quantity = "weight"
    together = "all filters"
    mapped = False

    def channels(self, spec: StageSpec) -> tuple[tuple[int, str], ...]:
        """Return the planes of weights; where people are is no subject of its own."""
        return tuple(enumerate(spec.channels[: len(LAYERS)]))

    def shown(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return a matrix of the first person, or all three side by side.

        Args:
            output: A stage of this kind.
            channel: Which; None for all.
        """
        heads = Heads.of(output.values)
        made = heads.shape.matrices(heads.numbers[0])
        if channel is not None and channel < len(made):
            return made[channel]
        rows = max(len(one) for one in made)
        # An empty column lies between two of them.
        return np.concatenate(
            [np.pad(one, ((0, rows - len(one)), (0, 1)), constant_values=np.nan) for one in made],
            axis=1,
        )[:, :-1]

    def read(
        self,
        stage_poses: Sequence[Poses],  # noqa: ARG002 - the matrices tell all
        output: StageOutput,
        *,
        channel: int | None,
        cell: tuple[int, int],
    ) -> tuple[float, str]:
        """Return a weight, what it weighs and where that goes."""
        values = self.shown(output, channel)
        value = float(values[cell[1], cell[0]])
        if channel is None or not np.isfinite(value):
            return value, self.title
        last = cell[0] == values.shape[1] - 1
        what = "bias" if last else f"{self.quantity} of channel {cell[0] + 1}"
        return value, f"{what} {value:.3g}   into channel {cell[1] + 1}"


KIND = FiltersKind()
