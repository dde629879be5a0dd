"""Locks that processes have on open files; they end with the process, however it ends."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PLACE = (1 << 31) - 2
"""Of the byte that is locked on Windows: others can neither read nor write it, so it lies where no
file of ours has one. It need not exist, and `msvcrt` counts no further."""


def try_lock(file: int) -> bool:
    """Take the lock of an open file, without waiting; whether it was to be had.

    It is given back when the file is closed.

    Args:
        file: Descriptor.

    Raises:
        OSError: The file system has no locks.
    """
    try:
        if sys.platform == "win32":
            before = os.lseek(file, 0, os.SEEK_CUR)
            os.lseek(file, _PLACE, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(file, before, os.SEEK_SET)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def open_for_lock(folder: Path) -> int:
    """Open what stands for a folder when it is locked, and return its descriptor.

    It is the folder itself, or on Windows, where none can be opened, an empty file in the folder
    for temporary ones, which is named after it and stays.

    Raises:
        OSError: It cannot be opened.
    """
    if sys.platform != "win32":
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    name = os.path.normcase(os.path.realpath(folder))
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    path = Path(tempfile.gettempdir()) / f"poseviewer-{digest[:16]}.lock"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
