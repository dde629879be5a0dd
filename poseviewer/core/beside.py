"""What an export shows beside a clip: another network on the same frames, or another clip."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from poseviewer.core.errors import PoseViewerError


@dataclass(frozen=True, slots=True)
class Beside:
    """The second half of an export; the first one gives it its range and its times."""

    network: str = ""
    """Name of another network, on the same frames."""

    clip: str = ""
    """Location of another clip, analysed by the same network."""

    offset: Fraction = Fraction(0)
    """Seconds into the other clip at which it stands when the first one begins; below 0 it begins
    later. Before its begin and after its end it holds its first and its last frame."""

    def __post_init__(self) -> None:
        """Check that it is one of the two.

        Raises:
            PoseViewerError: It is both, or neither.
        """
        if bool(self.network) == bool(self.clip):
            msg = "Beside a clip stands either another network or another clip."
            raise PoseViewerError(msg)
