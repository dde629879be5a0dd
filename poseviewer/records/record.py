"""A data file that is written while results arrive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.result import FrameResult


class Record(ABC):
    """A file being written: add every frame, then `finish`, then commit its `OutputSet`."""

    path: Path
    """The file, or the folder of files."""

    @abstractmethod
    def add(self, result: FrameResult) -> None:
        """Write one frame, with or without people."""

    def finish(self) -> None:  # noqa: B027 - a folder of files is complete with the last one
        """Complete the file; it gets its name with the other outputs of its job.

        Raises:
            PoseViewerError: What was found cannot be written in this format.
        """

    def abort(self) -> None:  # noqa: B027
        """Write no further; safe after `finish` too."""


def person_keys(result: FrameResult) -> list[int]:
    """Return a key for each person of a frame, different from the others of the frame.

    It is the person's number, or a negative one, from -1 down, for people without a number.
    """
    keys, unnumbered = [], 0
    for track in result.poses.track.tolist():
        unnumbered += track < 0
        keys.append(track if track >= 0 else -unnumbered)
    return keys
