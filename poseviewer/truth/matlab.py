"""MATLAB files of level 5: their arrays of numbers, read strictly and without compiled code.

Damaged files end the process inside scipy's reader, and label files beside a clip are opened
unasked. Format: MathWorks, MAT-File Level 5 File Format (2024). Structures, cells, texts and
sparse arrays are passed over.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.budget import MemoryBudget, read_budget
from poseviewer.core.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX = 0x0800
_MOST_DIMENSIONS = 8
_COPIES = 3
"""Times that an array is in memory: unpacked, as it is stored, and in float64."""


def read_array(path: Path, name: str) -> NDArray[np.float64]:
    """Return the array of real numbers called `name`, in the shape that MATLAB gives it.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no such file, is damaged, or has no such array; the text is a clause.
        PoseViewerError: Unpacked, it is larger than the budget.
    """
    data = read_bytes(path)
    if data.startswith((b"\x89HDF", b"MATLAB 7.3")):
        msg = "it is of MATLAB's version 7.3; save it there with the option -v7"
        raise ValueError(msg)
    order = {b"IM": "<", b"MI": ">"}.get(data[126:_HEADER])
    if order is None or not data.startswith(b"MATLAB"):
        msg = "it does not begin as a MATLAB file of version 5 to 7"
        raise ValueError(msg)
    budget = MemoryBudget(path.name)
    for kind, payload in _elements(memoryview(data)[_HEADER:], order):
        matrices = [payload] if kind == _MATRIX else []
        if kind == _COMPRESSED:
            unpacked = memoryview(_unpacked(payload, budget))
            matrices = [inner for sort, inner in _elements(unpacked, order) if sort == _MATRIX]
        for matrix in matrices:
            found = _array(matrix, name, order, budget)
            if found is not None:
                return found
    msg = f"it holds no array called {name}"
    raise ValueError(msg)


def _unpacked(payload: memoryview, budget: MemoryBudget) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(payload, read_budget() + 1)
    except zlib.error as error:
        msg = "a packed part of it is damaged"
        raise ValueError(msg) from error
    budget.take(len(data))
    return data


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and the bytes of each element of a file or of a matrix."""
    place = 0
    while place < len(data):
        kind, length = _whole(data, place, order), _whole(data, place + 4, order)
        start = place + 8
        if kind >> 16:
            # Up to four bytes stand in the tag itself.
            kind, length, start = kind & 0xFFFF, kind >> 16, place + 4
        end = start + length
        if end > len(data) or (start == place + 4 and length > 4):
            msg = "it ends early or is damaged"
            raise ValueError(msg)
        yield kind, data[start:end]
        # All but packed elements fill whole groups of eight bytes.
        place = end if kind == _COMPRESSED else max(place + 8, -(-end // 8) * 8)


def _whole(data: memoryview, place: int, order: str) -> int:
    part = data[place : place + 4]
    if len(part) < 4:
        msg = "it ends early"
        raise ValueError(msg)
    return int.from_bytes(part, "little" if order == "<" else "big")


def _array(
    matrix: memoryview, name: str, order: str, budget: MemoryBudget
) -> NDArray[np.float64] | None:
    """Return a matrix as numbers; None where it has another name."""
    parts = _elements(matrix, order)
    head = [part for _, (_, part) in zip(range(3), parts, strict=False)]
    if len(head) < 3 or bytes(head[2]) != name.encode():
        return None
    flags, dims = _whole(head[0], 0, order), np.frombuffer(head[1], f"{order}i4").tolist()
    numeric = flags & 0xFF in _NUMERIC_CLASSES and not flags & _COMPLEX
    if not numeric or not 2 <= len(dims) <= _MOST_DIMENSIONS or min(dims) < 0:
        msg = f"its {name} is no array of real numbers"
        raise ValueError(msg)
    kind, payload = next(parts, (0, memoryview(b"")))
    count = math.prod(dims)
    if kind not in _TYPES or len(payload) != count * np.dtype(_TYPES[kind]).itemsize:
        msg = f"its {name} does not hold the {' x '.join(map(str, dims))} numbers that it says"
        raise ValueError(msg)
    budget.take(_COPIES * count * 8)
    stored = np.frombuffer(payload, f"{order}{_TYPES[kind]}")
    return stored.astype(np.float64).reshape(dims, order="F")
