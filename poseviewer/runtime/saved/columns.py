"""Arrays of many frames as one compressed block of bytes, and back with every length checked."""

from __future__ import annotations

import json
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.reading import listing, whole, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 64 << 20
"""Bytes that a block may unfold to."""

_TYPES = frozenset({"<f4", "<f8", "<i8", "<i4", "|i1"})
_HEAD = struct.Struct("<I")
_COUNT = "count:"


class Rows:
    """Named arrays of several frames, which have their own number of rows in each frame."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._columns: dict[str, list[NDArray[Any] | None]] = {}

    def put(self, name: str, frame: int, array: NDArray[Any]) -> None:
        """Put an array (rows, ...) of the frame at place `frame`."""
        self._columns.setdefault(name, [None] * self._frames)[frame] = array

    def packed(self) -> bytes:
        """All of it as one block."""
        columns: dict[str, NDArray[Any]] = {}
        for name, arrays in self._columns.items():
            counts = [-1 if array is None else len(array) for array in arrays]
            columns[_COUNT + name] = np.array(counts, np.int32)
            columns[name] = np.concatenate([array for array in arrays if array is not None])
        return pack(columns)


class Frames:
    """What `Rows.packed` wrote, frame by frame.

    Args:
        block: The bytes.
        frames: How many frames they are of.

    Raises:
        ValueError: They are no such block, or of another number of frames.
    """

    def __init__(self, block: bytes, *, frames: int) -> None:
        columns = unpack(block)
        self.columns = {name: array for name, array in columns.items() if _COUNT not in name}
        """All rows of every name, those of the first frame first."""
        self.counts: dict[str, NDArray[np.int64]] = {}
        """Of every name the rows of each frame; -1 where it has none of that name."""
        self._starts: dict[str, list[int]] = {}
        for name, array in self.columns.items():
            counts = columns[_COUNT + name].astype(np.int64)
            rows = counts.clip(min=0)
            if counts.shape != (frames,) or counts.min(initial=0) < -1 or rows.sum() != len(array):
                msg = f"{name} is of another number of frames"
                raise ValueError(msg)
            self.counts[name] = counts
            self._starts[name] = [0, *np.cumsum(rows).tolist()]

    def get(self, name: str, frame: int) -> NDArray[Any] | None:
        """The array of a frame; None where it has none."""
        counts = self.counts.get(name)
        if counts is None or counts[frame] < 0:
            return None
        starts = self._starts[name]
        return self.columns[name][starts[frame] : starts[frame + 1]]

    def take(
        self, name: str, frame: int, *, kind: str, shape: tuple[int | None, ...]
    ) -> NDArray[Any]:
        """The array of a frame.

        Args:
            name: Of the column.
            frame: Its place.
            kind: Of its numbers, such as `<f4`.
            shape: Its lengths; None for any.

        Raises:
            ValueError: There is none, or it is of another kind or shape.
        """
        array = self.get(name, frame)
        fits = (
            array is not None
            and array.dtype.str == kind
            and array.ndim == len(shape)
            and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
        )
        if array is None or not fits:
            msg = f"{name} is not what it should be"
            raise ValueError(msg)
        return array


def pack(columns: dict[str, NDArray[Any]]) -> bytes:
    """Named arrays as one compressed block: a JSON header, then their numbers, little-endian."""
    arrays = {
        name: np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        for name, array in columns.items()
    }
    head = json.dumps([[name, a.dtype.str, a.shape] for name, a in arrays.items()]).encode()
    body = b"".join(array.tobytes() for array in arrays.values())
    return zlib.compress(_HEAD.pack(len(head)) + head + body, 1)


def unfold(block: object) -> bytes:
    """The bytes that were compressed.

    Raises:
        ValueError: They cannot be had, or are too many.
    """
    if not isinstance(block, bytes):
        msg = "a block is no bytes"
        raise ValueError(msg)
    packed = zlib.decompressobj()
    try:
        data = packed.decompress(block, MOST)
    except zlib.error as error:
        msg = "a block cannot be unpacked"
        raise ValueError(msg) from error
    if not packed.eof:
        msg = "a block ends early, or is too large"
        raise ValueError(msg)
    return data


def unpack(block: object) -> dict[str, NDArray[Any]]:
    """What `pack` wrote, read-only.

    Raises:
        ValueError: It is no such block.
    """
    data = unfold(block)
    (length,) = _HEAD.unpack_from(data.ljust(_HEAD.size))
    at = _HEAD.size + length
    if at > len(data):
        msg = "a block ends early"
        raise ValueError(msg)
    columns: dict[str, NDArray[Any]] = {}
    for row in listing(json.loads(data[_HEAD.size : at]), "the columns"):
        name, kind, shape = listing(row, "a column")
        sizes = [whole(n, "a length", low=0, high=MOST) for n in listing(shape, "a shape")]
        if kind not in _TYPES or not 1 <= len(sizes) <= 3:
            msg = "a column is of no kind that is known"
            raise ValueError(msg)
        count = math.prod(sizes)
        if at + count * np.dtype(kind).itemsize > len(data):
            msg = "a block ends early"
            raise ValueError(msg)
        array = np.frombuffer(data, kind, count, at).reshape(sizes)
        columns[word(name, "a name", longest=80)] = array
        at += array.nbytes
    return columns
