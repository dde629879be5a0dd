"""DeepLabCut's tables: `out_dlc.csv`, and `out_dlc.h5` for programs that want HDF5.

One row per frame, the frame number first; of every joint `x`, `y` (source pixels, 0 the centre of
the top left one) and `likelihood`. Of one person the header has the rows scorer, bodyparts and
coords, of several also individuals, as DeepLabCut writes them; the HDF5 file has `poseviewer`, how
it was made as JSON, and `time_s`, the true times, as attributes of the table. People without a
number are left out where others have one.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.records.clip import ClipRecord

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable

_COORDS = ("x", "y", "likelihood")


class DlcTable(ClipRecord):
    """The CSV file."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the table."""
        levels, columns = _header(clip, self.about)
        values = _values(clip)
        with self._part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            for row, level in enumerate(levels):
                rows.writerow([level, *(names[row] for names in columns)])
            for index, row in zip(clip.index.tolist(), values.tolist(), strict=True):
                rows.writerow([index, *(f"{v:.4f}" if np.isfinite(v) else "" for v in row)])


class DlcHdf(ClipRecord):
    """The HDF5 file, as pandas writes it."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the table."""
        import pandas as pd

        levels, columns = _header(clip, self.about)
        frame = pd.DataFrame(
            _values(clip),
            index=clip.index,
            columns=pd.MultiIndex.from_arrays(
                [[names[row] for names in columns] for row in range(len(levels))], names=levels
            ),
        )
        # In memory first: on a full disk the library would end without a word, the file cut off.
        memory = {"driver": "H5FD_CORE", "driver_core_backing_store": 0}
        with pd.HDFStore(f"memory {id(self)}", mode="w", **memory) as store:
            store.put("df_with_missing", frame, track_times=False)
            about = store.get_storer("df_with_missing").attrs
            about.poseviewer = json.dumps(self.about.table(clip.skeleton))
            about.time_s = clip.seconds
            store.flush()
            image = store._handle.get_file_image()
        self._part.write_bytes(image)


def _header(clip: ClipTable, about: About) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the names of the header's rows, and those of each column."""
    scorer = f"PoseViewer_{about.network}"
    joints = clip.skeleton.joints
    if len(clip.numbered) == 1:
        levels = ["scorer", "bodyparts", "coords"]
        return levels, [(scorer, joint, coord) for joint in joints for coord in _COORDS]
    levels = ["scorer", "individuals", "bodyparts", "coords"]
    return levels, [
        (scorer, clip.name(person), joint, coord)
        for person in clip.numbered
        for joint in joints
        for coord in _COORDS
    ]


def _values(clip: ClipTable) -> NDArray[np.float64]:
    """(n, columns); NaN where a joint was not found."""
    columns = [np.empty((len(clip.index), 0))]
    for person in clip.numbered:
        score = np.where(np.isfinite(person.xy[..., 0]), person.score, np.nan)
        columns.append(np.dstack([person.xy, score]).reshape(len(clip.index), -1))
    return np.concatenate(columns, axis=1)
