"""Recordings that were cut off because their process was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.files import settle

if TYPE_CHECKING:
    from poseviewer.core.files import Unfinished


def unfinished_recordings() -> list[Unfinished]:
    """The recordings of dead processes that can be played; those that hold nothing are removed.

    What killed exports left is removed, too.
    """
    from poseviewer.video.writer import FORMATS, holds_picture

    found = []
    for one in settle():
        videos = [part for part in one.parts if part.suffix.lower() in FORMATS]
        if videos and not any(holds_picture(part) for part in videos):
            one.remove()
        else:
            found.append(one)
    return found
