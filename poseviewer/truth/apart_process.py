"""Reads arrays of an HDF5 file in a process of its own, and writes them to stdout as .npz.

Run as `python apart_process.py FILE BYTES SECONDS NAME...`, without the package: it must start fast
and hold nothing worth reading. A name that ends in `?` may be missing; the name `@table` stands for
the parts of a table of pandas, `@sleap` for those of a project of SLEAP. BYTES is the most that the
arrays may take together. What goes wrong is written to stderr as a clause, with exit status 3.
"""

from __future__ import annotations

import io
import runpy
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np

REFUSED = 3
_ADDRESS_SPACE = 2 << 30
"""Bytes for the interpreter and its libraries, beside the arrays."""


def _limit(most: int, seconds: int) -> None:
    if sys.platform == "win32":
        # It has no such limits; the parent still waits no longer than it said.
        return
    import resource

    space = _ADDRESS_SPACE + 3 * most
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _arrays(path: str, names: list[str], most: int) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    with h5py.File(path, "r", locking=False) as file:
        for name in names:
            wanted = name.removesuffix("?")
            link = file.get(wanted, getlink=True)
            if link is None and wanted != name:
                continue
            if link is None:
                msg = f"it holds no {wanted}"
                raise ValueError(msg)
            # A link may lead to another file, and looking through it would open that.
            if not isinstance(link, h5py.HardLink):
                msg = f"its {wanted} is a link, which is not followed"
                raise ValueError(msg)
            arrays[wanted] = np.asarray(_dataset(file[wanted], wanted, most))
            most -= arrays[wanted].nbytes
    return arrays


def _dataset(found: Any, name: str, most: int) -> Any:
    """Return the numbers or texts of one array of at most `most` bytes."""
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        msg = f"its {name} is no array of its own"
        raise ValueError(msg)
    if found.dtype.kind not in "iufS" or found.dtype.hasobject:
        msg = f"its {name} holds neither numbers nor names"
        raise ValueError(msg)
    if found.size * found.dtype.itemsize > most:
        msg = f"its {name} would take more memory than one file may"
        raise ValueError(msg)
    return found[()]


def _table(path: str) -> dict[str, Any]:
    """Return the parts of a table of pandas."""
    table = _beside("stored_table")(Path(path))
    columns = np.array(table.columns, np.str_).reshape(len(table.columns), -1)
    return {"columns": columns, "index": np.array(table.index, np.str_), "values": table.values}


def _beside(name: str) -> Any:
    """Return a function of `hdf5.py`, which lies beside this file."""
    return runpy.run_path(str(Path(__file__).with_name("hdf5.py")), run_name="hdf5")[name]


def answer(path: str, names: list[str], most: int) -> tuple[int, bytes]:
    """Read the file; returns the exit status, and the arrays as .npz or a clause."""
    try:
        if names == ["@table"]:
            arrays = _table(path)
        elif names == ["@sleap"]:
            arrays = _beside("sleap_arrays")(Path(path))
        else:
            arrays = _arrays(path, names, most)
        packed = io.BytesIO()
        np.savez(packed, **arrays)
    except ValueError as error:
        return REFUSED, str(error).encode()
    except Exception:  # noqa: BLE001 - whatever the library says of a damaged file
        return REFUSED, b"it is damaged, or no HDF5 file of that kind"
    return 0, packed.getvalue()


def main(arguments: list[str]) -> int:
    """Read the file and return the exit status."""
    path, most, seconds, *names = arguments
    _limit(int(most), int(seconds))
    status, found = answer(path, names, int(most))
    (sys.stderr if status else sys.stdout).buffer.write(found)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
