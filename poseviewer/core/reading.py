"""The one way in which bytes from outside become values: bounded, checked, refused in one sentence.

A reader does its work inside `reading`, which turns whatever fails there into a sentence about the
file. What it takes out of the file goes through the checks here, so that no number that is not
finite and nothing of another kind goes further. Checks raise ValueError with a clause.
"""

from __future__ import annotations

import json
import math
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_LONGEST_WORD = 4096

PLACE_LIMIT = 1e7
"""Pixels from the origin beyond which no joint and no box can lie."""

_LONGEST_REASON = 120
_NAMED = 6
"""Names that a sentence lists."""

_LAST_LETTER = 0x10FFFF
# Of Python's objects, in bytes: what each opening or comma of a JSON text makes.
_JSON_COSTS = ((b"[", 72), (b"{", 240), (b",", 40))


@contextmanager
def reading(name: object, *, kind: str, advice: str = "choose another file") -> Iterator[None]:
    """Turn every failure within into one sentence about a file.

    Args:
        name: Of the file.
        kind: What it should be, with an article.
        advice: What the person can do.

    Raises:
        PoseViewerError: Reading failed; one that is raised within passes as it is.
    """
    try:
        yield
    except PoseViewerError:
        raise
    except Exception as error:
        msg = f"{name} is not {kind} that can be read: {reason(error)}; {advice}."
        raise PoseViewerError(msg) from error


def reason(error: BaseException) -> str:
    """Return in a clause why reading failed, without what the file holds."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON in line {error.lineno}"
    if isinstance(error, IndexError):
        return "it ends early"
    if isinstance(error, KeyError):
        return f"it lacks {_short(repr(error.args[0]) if error.args else 'an entry')}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    unusable = isinstance(error, (OverflowError, ZeroDivisionError, FloatingPointError))
    # What Python says of a whole number with thousands of digits.
    if unusable or str(error).startswith("Exceeds the limit"):
        return "it holds a number that cannot be used"
    if isinstance(error, (TypeError, AttributeError)):
        return "it holds a value of another kind than it should"
    return _short(str(error)) or "it is damaged"


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 3]}..."


def listed(names: Iterable[str]) -> str:
    """Some names for a sentence; of many the first few and how many more there are."""
    every = list(names)
    more = len(every) - _NAMED
    return ", ".join(every[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def read_bytes(path: Path, *, most: int | None = None) -> bytes:
    """Read a file whole, if it is one and within the budget.

    Args:
        path: The file.
        most: Bytes that files of its kind have at most.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no file but a device or a pipe, or longer than `most`.
        PoseViewerError: It is larger than the budget.
    """
    # A pipe that nobody writes to would be waited for.
    with open(path, "rb", opener=_without_waiting) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            msg = "it is no regular file"
            raise ValueError(msg)
        if most is not None and state.st_size > most:
            msg = f"it is longer than {most:,} bytes"
            raise ValueError(msg)
        MemoryBudget(path.name).take(state.st_size)
        return file.read(state.st_size)


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, *, most: int | None = None) -> str:
    """Read a UTF-8 file whole, with or without a byte order mark; errors as `read_bytes`."""
    return read_bytes(path, most=most).decode("utf-8-sig")


def read_json(path: Path) -> Any:
    """Read a JSON file; errors as `read_bytes`, and ValueError where it is not JSON.

    The memory that its values will take is estimated before they are made.
    """
    data = read_bytes(path)
    MemoryBudget(path.name).take(json_cost(data))
    return json.loads(data.decode("utf-8-sig"))


def json_cost(data: bytes) -> int:
    """Estimate the bytes of memory that the values of a JSON text take."""
    return len(data) + sum(data.count(sign) * cost for sign, cost in _JSON_COSTS)


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read every array of an .npz; nothing in it is executed.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no such archive, or holds objects.
        PoseViewerError: Unpacked, it is larger than the budget.
    """
    # Here, not at the top, as numpy below: the window reads its settings before its first paint,
    # and no arrays.
    import zipfile

    import numpy as np

    budget = MemoryBudget(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                budget.take(member.file_size)
                with archive.open(member) as file:
                    budget.take(max(_claimed(file) - member.file_size, 0))
        with np.load(path, allow_pickle=False) as table:
            found = {name: table[name] for name in table.files}
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        msg = "it is a damaged archive"
        raise ValueError(msg) from error
    for name, array in found.items():
        if not _is_text(array):
            msg = f"its {name} holds what is no text"
            raise ValueError(msg)
    return found


def _is_text(array: NDArray[Any]) -> bool:
    """Return whether every letter of an array is one; NumPy makes texts of any numbers."""
    if array.dtype.kind != "U" or not array.dtype.itemsize or not array.size:
        return True
    import numpy as np

    codes = np.dtype(np.uint32).newbyteorder(array.dtype.byteorder)
    return bool(np.ascontiguousarray(array).view(codes).max() <= _LAST_LETTER)


def _claimed(file: Any) -> int:
    """Return the bytes that an .npy file says its array has."""
    import numpy as np

    header = {(1, 0): np.lib.format.read_array_header_1_0}.get(
        np.lib.format.read_magic(file), np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = header(file)
    return math.prod(shape) * dtype.itemsize


# Checks of single values -------------------------------------------------------------------


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return `value` if it is a mapping."""
    if not isinstance(value, dict):
        msg = f"{what} is no table of names and values"
        raise ValueError(msg)
    return value


def listing(value: Any, what: str) -> list[Any]:
    """Return `value` if it is a list."""
    if not isinstance(value, list):
        msg = f"{what} is no list"
        raise ValueError(msg)
    return value


def is_word(value: Any) -> bool:
    """Whether a value is a text that is not too long for a choice."""
    return isinstance(value, str) and len(value) <= _LONGEST_WORD


def word(value: Any, what: str, *, longest: int = 4096) -> str:
    """Return `value` if it is a text of 1 to `longest` characters that files may hold."""
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        msg = f"{what} is no text of 1 to {longest} characters"
        raise ValueError(msg)
    value.encode()
    return value


def number(value: Any, what: str, *, low: float, high: float) -> float:
    """Return `value` if it is a number, finite and within `low` and `high`."""
    fine = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fine or not low <= value <= high:
        msg = f"{what} is no number from {low:g} to {high:g}"
        raise ValueError(msg)
    return float(value)


def whole(value: Any, what: str, *, low: int, high: int) -> int:
    """Return `value` if it is a whole number within `low` and `high`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        msg = f"{what} is no whole number from {low} to {high}"
        raise ValueError(msg)
    return value


def numbers(
    value: Any, what: str, *, shape: tuple[int | None, ...], most: float = PLACE_LIMIT
) -> NDArray[np.float64]:
    """Return a list of numbers, or a list of such lists, as an array.

    Args:
        value: What the file holds.
        what: It is, for the clause.
        shape: Its lengths; None for any.
        most: How large each number may be, either way; each must be finite.
    """
    msg = f"{what} should be {' x '.join('n' if n is None else str(n) for n in shape)} numbers"
    import numpy as np

    try:
        found = np.asarray(value)
    except ValueError:
        raise ValueError(msg) from None
    same = len(shape) == found.ndim and all(
        n in (None, length) for n, length in zip(shape, found.shape, strict=True)
    )
    if not same or found.dtype.kind not in "iuf" + ("b" if not found.size else ""):
        raise ValueError(msg)
    if found.size and not np.abs(found.astype(np.float64)).max() <= most:
        msg = f"{what} holds a number that is not finite, or beyond {most:g}"
        raise ValueError(msg)
    return found.astype(np.float64)
