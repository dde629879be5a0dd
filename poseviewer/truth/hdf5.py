"""Arrays of an HDF5 file that lie in this very file.

An HDF5 file can refer to arrays of other files, or to any file as raw numbers; nothing is read
that way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import h5py


def own_array(file: h5py.File, name: str) -> Any:
    """Return the whole array `name` of an open file.

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
