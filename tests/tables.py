"""The CSV tables of results, to compare what was exported with what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.files import OutputSet
from poseviewer.records.open import open_records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from poseviewer.core.result import FrameResult


def tables(folder: Path, results: Iterable[FrameResult]) -> dict[str, str]:
    """What the tables of results say, by their names; written to a new folder."""
    folder.mkdir()
    with OutputSet() as outputs:
        for record in open_records(("csv",), beside=folder / "o.mp4", outputs=outputs, note=False):
            for result in results:
                record.add(result)
            record.finish()
        outputs.commit()
    return written(folder)


def written(folder: Path) -> dict[str, str]:
    """What the tables in a folder say, by their names."""
    found = {path.name: path.read_text() for path in folder.glob("o*.csv")}
    assert sorted(found) == ["o.csv", "o_angles.csv"]
    return found
