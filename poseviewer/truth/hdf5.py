"""Tables of pandas and of SLEAP in HDF5: only what lies in this very file, and no pickle is run.

An HDF5 file can refer to arrays of other files, or to any file as raw numbers, and those of
PyTables hold pickles.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray


def own_array(file: h5py.Group, name: str) -> Any:
    """Return the whole array `name` of an open file, or of a group in it.

    Raises:
        KeyError: There is none.
        OSError: It is no array, or lies in another file.
    """
    import h5py

    # Not opened before its link is known: that would open the other file.
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        if name not in file.keys():  # noqa: SIM118 - `in file` would follow the link
            raise KeyError(name)
        msg = f"its {name} lies in another file or place, which is not followed"
        raise OSError(msg)
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        msg = f"its {name} is no array"
        raise OSError(msg)
    if found.is_virtual or found.external:
        msg = f"its {name} lies in another file, which is not followed"
        raise OSError(msg)
    return found[()]


@dataclass(frozen=True, slots=True, eq=False)
class StoredTable:
    """A table that pandas has stored."""

    columns: tuple[tuple[str, ...], ...]
    """The names of each column, one of each level."""

    index: tuple[int | str, ...]
    """Of each row, the last level where there are several."""

    values: NDArray[np.float64]
    """(rows, columns)."""


def stored_table(path: Path) -> StoredTable:
    """Read a table of numbers as pandas stores it, `fixed` or `table`, without running a pickle.

    pandas itself must not read what comes from others: PyTables unpickles every attribute that
    looks like a pickle, and a pickle runs what it says.

    Raises:
        OSError: It is no HDF5 file, or an array lies in another file.
        KeyError: It holds no such table.
        ValueError: Its columns are not named by plain text, or it holds other than numbers.
    """
    import h5py

    with h5py.File(path) as file:
        for name in file.keys():  # noqa: SIM118 - a file is no dict
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            group = file[name]
            kind = group.attrs.get("pandas_type") if isinstance(group, h5py.Group) else None
            if kind == b"frame":
                return _fixed(group)
            if kind == b"frame_table":
                return _appendable(group)
    msg = "a table of pandas"
    raise KeyError(msg)


def sleap_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the labels of a SLEAP project (.slp) as they are stored, unchecked.

    Returns:
        `about`: its JSON as bytes. `version`: of the format. `frames` (n, 4): video, frame number,
        first instance and the one after the last. `instances` (n, 7): number, whether predicted,
        skeleton, track, the number of the prediction that it corrects, first point and the one
        after the last. `points` (n, 4) and `pred_points` (n, 4): x, y, whether visible, score.

    Raises:
        OSError: It is no HDF5 file, or an array lies in another file.
        KeyError: It holds no labels of SLEAP.
        ValueError: They hold other than numbers.
    """
    import h5py

    with h5py.File(path) as file:
        if not isinstance(file.get("metadata", getlink=True), h5py.HardLink):
            raise KeyError("metadata")
        about = file["metadata"].attrs
        text = about["json"]
        found = {"about": np.frombuffer(text.encode() if isinstance(text, str) else text, np.uint8)}
        found["version"] = np.array([about["format_id"]], np.float64)
        for name, fields in _SLEAP.items():
            rows = own_array(file, name)
            # Points of people have no score of their own.
            columns = [
                rows[one] if one in rows.dtype.names else np.ones(len(rows)) for one in fields
            ]
            found[name] = np.stack(columns, axis=-1).astype(np.float64)
    return found


_POINTS = ("x", "y", "visible", "score")
_SLEAP = {
    "frames": ("video", "frame_idx", "instance_id_start", "instance_id_end"),
    "instances": (
        "instance_id",
        "instance_type",
        "skeleton",
        "track",
        "from_predicted",
        "point_id_start",
        "point_id_end",
    ),
    "points": _POINTS,
    "pred_points": _POINTS,
}
"""Arrays of a SLEAP project, and their fields."""


def _fixed(group: h5py.Group) -> StoredTable:
    values = np.asarray(own_array(group, "block0_values"), np.float64)
    levels = int(group.attrs["block0_items_nlevels"])
    columns = [
        _level(group, f"block0_items_level{n}", f"block0_items_label{n}") for n in range(levels)
    ]
    if group.attrs.get("axis1_variety") == b"multi":
        last = int(group.attrs["axis1_nlevels"]) - 1
        index = _level(group, f"axis1_level{last}", f"axis1_label{last}")
    else:
        index = [_plain(one) for one in own_array(group, "axis1").tolist()]
    return _table([tuple(map(str, names)) for names in zip(*columns, strict=True)], index, values)


def _level(group: h5py.Group, names: str, places: str) -> list[int | str]:
    known = own_array(group, names).tolist()
    found = own_array(group, places)
    if found.size and not 0 <= int(found.min()) <= int(found.max()) < len(known):
        msg = f"{places} points beyond {names}"
        raise ValueError(msg)
    return [_plain(known[place]) for place in found.tolist()]


def _appendable(group: h5py.Group) -> StoredTable:
    rows = own_array(group, "table")
    coded = group["table"].attrs["values_block_0_kind"]
    try:
        names = _PlainUnpickler(io.BytesIO(bytes(coded))).load()
    except (pickle.UnpicklingError, EOFError) as error:
        msg = f"the names of its columns are damaged ({error})"
        raise ValueError(msg) from error
    if not isinstance(names, list) or not all(
        isinstance(one, tuple) and all(isinstance(part, str) for part in one) for one in names
    ):
        msg = "its columns are not named by text"
        raise ValueError(msg)
    index = [_plain(one) for one in rows["index"].tolist()]
    return _table(names, index, np.asarray(rows["values_block_0"], np.float64))


def _table(
    columns: list[tuple[str, ...]], index: list[int | str], values: NDArray[np.float64]
) -> StoredTable:
    if values.shape != (len(index), len(columns)):
        msg = f"it has {values.shape} numbers for {len(index)} rows of {len(columns)} columns"
        raise ValueError(msg)
    return StoredTable(tuple(columns), tuple(index), values)


def _plain(value: object) -> int | str:
    """A name or number of a row or column."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | str):
        return value
    msg = f"{value!r} names no row or column"
    raise ValueError(msg)


class _PlainUnpickler(pickle.Unpickler):
    """Reads lists, tuples, text and numbers, and refuses all else; so nothing is ever called."""

    def find_class(self, module: str, name: str) -> NoReturn:
        msg = f"it names {module}.{name}, which is not loaded"
        raise ValueError(msg)

    def persistent_load(self, pid: object) -> NoReturn:
        msg = f"it names {pid!r}, which is not loaded"
        raise ValueError(msg)
