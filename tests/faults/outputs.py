"""Whether the outputs of an export are all there, and of one job."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from poseviewer.video.file import FileClip

if TYPE_CHECKING:
    from pathlib import Path


def state_of(video: Path) -> int:
    """How many frames video, tables and JSON beside it agree on; 0 where there is none of them.

    Raises:
        AssertionError: They are not of one job, or one is missing or cut off.
    """
    tables = [video.with_suffix(".csv"), video.with_name(f"{video.stem}_angles.csv")]
    folder = video.with_name(f"{video.stem}_json")
    there = [path.exists() for path in (video, *tables, folder)]
    assert all(there) or not any(there), there
    if not any(there):
        return 0
    with FileClip(str(video)) as clip:
        assert clip.notice is None
        counts = {sum(1 for _ in clip.frames())}
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            counts.add(len({row["frame"] for row in csv.DictReader(file)}))
    counts.add(len(list(folder.iterdir())))
    assert len(counts) == 1, counts
    return counts.pop()


def hidden(folder: Path) -> list[str]:
    """The temporary files of a folder."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]
