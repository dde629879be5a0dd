"""Arrays of an HDF5 file, read where neither a crash nor a hang of its library reaches us."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.budget import read_budget
from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.hdf5 import StoredTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SECONDS = 60
"""The longest that a file is read."""

_REFUSED = 3
_PROCESS = Path(__file__).with_name("apart_process.py")


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Return arrays of numbers or of bytes by their names.

    Args:
        path: The file.
        names: Those wanted; one that ends in `?` may be missing.

    Raises:
        OSError: The file, or the process that reads it, cannot be opened.
        ValueError: It is no such file, is damaged, too large, or takes too long; a clause.
        PoseViewerError: h5py is not installed.
    """
    if find_spec("h5py") is None:
        msg = f"{path.name} needs h5py to be read; install it with: pip install poseviewer[eval]"
        raise PoseViewerError(msg)
    with path.open("rb"):
        pass
    status, found = _answer(path, names)
    if status == 0:
        with np.load(io.BytesIO(found), allow_pickle=False) as table:
            return {name: table[name] for name in table.files}
    clause = found.decode("utf-8", "replace") if status == _REFUSED else ""
    raise ValueError(clause or "it is so damaged that the HDF5 library breaks down")


def _answer(path: Path, names: Sequence[str]) -> tuple[int, bytes]:
    """What the process says: its exit status, and the arrays as .npz or a clause.

    Raises:
        OSError: The process cannot be started.
        ValueError: It takes too long.
    """
    # No plug-ins of the library, and no threads: both would be more to go wrong.
    calm = {"HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", str(_PROCESS), str(path.resolve())]
    try:
        done = subprocess.run(
            [*command, str(read_budget()), str(SECONDS), *names],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            env={**os.environ, **calm},
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        msg = f"it was not read within {SECONDS} seconds"
        raise ValueError(msg) from None
    return done.returncode, done.stderr if done.returncode else done.stdout


def read_table(path: Path) -> StoredTable:
    """Return a table of numbers as pandas stores it, by `hdf5.stored_table`; errors as above."""
    parts = read_arrays(path, ("@table",))
    columns = tuple(tuple(map(str, names)) for names in parts["columns"])
    index = tuple(map(str, parts["index"]))
    return StoredTable(columns, index, parts["values"].astype(np.float64))


def read_sleap(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return what `hdf5.sleap_arrays` finds in a project of SLEAP; errors as above."""
    return read_arrays(path, ("@sleap",))
