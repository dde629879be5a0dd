"""Where a network looks first: the part of the frame in which it searches for the next crop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageOutput, StageSpec

COLOURS = ("red", "green", "blue")
"""Channels of a picture."""


class LookKind(StageKind):
    """A part of the frame as a network was shown it, 0 to 1, perhaps turned."""

    name = "look"
    title = "first crops"
    quantity = "brightness"
    limits = (0.0, 1.0)
    together = "first crop"

    def channels(self, spec: StageSpec) -> tuple[tuple[int, str], ...]:  # noqa: ARG002
        """Return no subjects: a picture is seen as a whole."""
        return ()

    def read(
        self,
        stage_poses: Sequence[Poses],  # noqa: ARG002 - it answers no joints
        output: StageOutput,
        *,
        channel: int | None,  # noqa: ARG002 - a picture is one subject
        cell: tuple[int, int],
    ) -> tuple[float, str]:
        """Return how sure the network is of what it was shown, and the pixel under the pointer."""
        sure = float("nan") if output.presence is None else output.presence
        said = "" if output.presence is None else f"presence {sure:.2f}   "
        return sure, f"{said}pixel {cell[0]}, {cell[1]} of the crop"


KIND = LookKind()
