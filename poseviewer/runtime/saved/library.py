"""The files of all clips: where they lie, what is in them, and which go when they are too many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.assets import user_folder
from poseviewer.runtime.saved.file import ClipFacts, SavedFile
from poseviewer.runtime.saved.identity import clip_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.runtime.state import SourceInfo

ENDING = ".sqlite"
BESIDE = ".poses.sqlite"
"""Ending of a file that lies beside its clip, after the clip's own name."""

LIMIT = 2 << 30
"""Bytes that all files in the user's folder have together, at most, unless chosen otherwise."""


@dataclass(frozen=True, slots=True)
class Saving:
    """How analyses are saved."""

    folder: Path
    """Where the files lie."""

    beside: bool = False
    """Whether they lie beside their clips instead."""

    limit: int = LIMIT
    """Bytes that the files in `folder` have together, at most."""

    def file_of(self, source: SourceInfo, *, complain: Callable[[str], None]) -> SavedFile | None:
        """The file of a clip; None where nothing of it can be saved.

        Args:
            source: The clip.
            complain: Called with one sentence when saving ends.
        """
        identity = clip_identity(source)
        if not identity:
            return None
        clip = ClipFacts(
            identity, source.name, source.location, source.size, source.rate, source.count,
            float(source.times[-1]),
        )  # fmt: skip
        path = self.folder / f"{identity[:32]}{ENDING}"
        if self.beside:
            location = Path(source.location)
            path = location.with_name(location.name + BESIDE)
        return SavedFile(path, clip=clip, complain=complain)


def results_folder() -> Path:
    """The folder of saved analyses, in the user's data; it need not be there."""
    return user_folder("data") / "results"
