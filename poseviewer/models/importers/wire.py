"""Protocol buffers without a schema: the fields of a message, read in place.

Wire format: protobuf.dev/programming-guides/encoding. Caffe models and TensorFlow graphs are
read through it, so neither program is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_NODES = 1 << 16
"""Layers or nodes of a network; more would only fill the memory."""

_MOST_VARINTS = 1 << 20
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_WIDTHS = {_EIGHT: 8, _FOUR: 4}
# Ten groups of seven bits hold the 64 bits that a number may have.
_LONGEST = 10


class DamagedError(ValueError):
    """The bytes are not the message they should be; the text is a clause about them."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a message."""

    number: int
    """Of the field, as its schema counts."""

    value: int
    """Of a varint, unsigned; else 0."""

    payload: memoryview
    """The bytes of everything that is not a varint; little-endian where a number."""

    def text(self) -> str:
        """The payload as text."""
        try:
            return bytes(self.payload).decode()
        except UnicodeDecodeError as error:
            msg = "holds a name that is not text"
            raise DamagedError(msg) from error

    def signed(self) -> int:
        """The varint as a signed number of 64 bits."""
        return self.value - (1 << 64) if self.value >> 63 else self.value

    def single(self) -> float:
        """The payload as one float32."""
        return float(self.array("<f4")[0])

    def array(self, kind: str) -> NDArray[np.generic]:
        """The payload as numbers of a numpy type, without a copy; a lone number gives one."""
        width = np.dtype(kind).itemsize
        if not self.payload or len(self.payload) % width:
            if not self.payload:
                return np.zeros(0, kind)
            msg = f"has {len(self.payload)} bytes where numbers of {width} should be"
            raise DamagedError(msg)
        return np.frombuffer(self.payload, kind)


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message, in the order of the file.

    Raises:
        DamagedError: It ends early or is no such message; raised when that place is reached.
    """
    place, end = 0, len(message)
    empty = message[:0]
    while place < end:
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if number == 0:
            msg = f"has a field without a number at byte {place}"
            raise DamagedError(msg)
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield Field(number, value, empty)
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in _WIDTHS:
            length = _WIDTHS[kind]
        else:
            msg = f"has a field of the unknown kind {kind} at byte {place}"
            raise DamagedError(msg)
        if length > end - place:
            msg = "ends early"
            raise DamagedError(msg)
        yield Field(number, 0, message[place : place + length])
        place += length


def varints(field: Field) -> list[int]:
    """The signed numbers of a repeated field, packed or alone."""
    if not field.payload:
        return [field.signed()]
    found: list[int] = []
    place = 0
    while place < len(field.payload):
        if len(found) >= _MOST_VARINTS:
            msg = f"has a list of more than {_MOST_VARINTS} whole numbers"
            raise DamagedError(msg)
        value, place = _varint(field.payload, place)
        found.append(value - (1 << 64) if value >> 63 else value)
    return found


def shaped(numbers: NDArray[np.generic], dims: list[int]) -> NDArray[np.generic]:
    """Numbers in the shape that the file states.

    Raises:
        DamagedError: There are more or fewer of them than the shape holds.
    """
    if any(dim < 0 for dim in dims) or math.prod(dims) != numbers.size:
        msg = f"has {numbers.size} numbers where {' x '.join(map(str, dims))} should be"
        raise DamagedError(msg)
    return numbers.reshape(dims)


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A varint and the place behind it."""
    value = 0
    for i in range(_LONGEST):
        if place + i >= len(message):
            msg = "ends early"
            raise DamagedError(msg)
        byte = message[place + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place + i + 1
    msg = f"has a number of more than 64 bits at byte {place}"
    raise DamagedError(msg)


def packed(number: int, value: int) -> bytes:
    """A field that holds a whole number, as it is written.

    Args:
        number: Of the field.
        value: Signed, of 64 bits.
    """
    return _coded(number << 3 | _VARINT) + _coded(value & 0xFFFF_FFFF_FFFF_FFFF)


def tagged(number: int, payload: bytes) -> bytes:
    """A field that holds bytes, a text or a message, as it is written."""
    return _coded(number << 3 | _BYTES) + _coded(len(payload)) + payload


def _coded(value: int) -> bytes:
    """A varint, as it is written."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
