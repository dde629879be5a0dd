"""What a composed picture shows beside the frame: the stages of some joints, and angles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from poseviewer.core.errors import PoseViewerError

CompositeLayout = Literal["side", "presenter", "portrait"]
LAYOUTS: tuple[CompositeLayout, ...] = get_args(CompositeLayout)

SIZES: dict[CompositeLayout, tuple[int, int]] = {
    "side": (1920, 1080),
    "presenter": (1920, 1080),
    "portrait": (1080, 1920),
}
"""Width and height of each layout where none is given."""

PLOTTED = ("left knee", "right knee")
"""The angles that are plotted where none are named."""

SIDES = 16, 8192
"""Limits of a side of any picture that is asked for, pixels."""

SMALLEST, LARGEST = 180, 4096
"""Limits of a side, pixels."""


@dataclass(frozen=True, slots=True)
class Composite:
    """How a picture of frame, stages and angles is composed."""

    layout: CompositeLayout = "side"
    """`side`: the frame beside stages and angles; `presenter`: above them; `portrait`: all three
    below each other, for a phone held upright."""

    size: tuple[int, int] = SIZES["side"]
    """Width and height of the picture, pixels."""

    joints: tuple[str, ...] = ()
    """Whose maps are shown, a row each; all at once where empty."""

    angles: tuple[str, ...] = ()
    """Names of the angles that are plotted; no plot where empty."""

    def __post_init__(self) -> None:
        """Check the size.

        Raises:
            PoseViewerError: A side is too small to show anything, or too large for a video.
        """
        if not all(SMALLEST <= side <= LARGEST for side in self.size):
            msg = (
                f"A composed picture has sides of {SMALLEST} to {LARGEST} pixels, "
                f"not {self.size[0]} x {self.size[1]}."
            )
            raise PoseViewerError(msg)
