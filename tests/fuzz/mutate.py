"""Damages files at random, each time the same for the same number."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

_Way = Callable[[bytearray, random.Random], None]

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, 1e300, -1e-300,
    float("nan"), float("inf"), float("-inf"), "", "x", "nan", "A" * 5000, "\x00", "../../x", "²",
    "\ud800", [], {}, [[]], [[1, 2], [3]], {"": None}, [None] * 3,
)  # fmt: skip
"""Values that readers have fallen over."""

_TOKENS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1", "null", "true", "9" * 400, "1" * 5000,
    "[" * 2000, "{" * 2000, "]", "}", '"', "''", "\\u0000", "\x00", "\x1b[31m", "<b>", "=", "\n",
    "0x", "1_000", "inf", "nan", "[[", "@Variant(\\0\\0\\0\\x9)", "@ByteArray(",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_EDGES = (0, 1, 2, 3, 4, 0x7F, 0x80, 0xFE, 0xFF)


def mutant(seed: bytes, number: str, *, text: bool) -> bytes:
    """A damaged copy of `seed`.

    Of archives and PNG files, half are damaged within, with sums that are right again: behind a
    wrong one nothing is read.

    Args:
        seed: A whole file.
        number: Of the mutant; the same gives the same.
        text: Whether the file is text, where numbers and words are changed too.
    """
    chance = random.Random(number)
    if seed.startswith(b"PK") and chance.random() < 0.5:
        return _changed_archive(seed, chance)
    if seed.startswith(b"\x89PNG") and chance.random() < 0.5:
        return _changed_png(seed, chance)
    if text and chance.random() < 0.5:
        changed = _changed_tree(seed, chance)
        if changed is not None:
            return changed
    return _changed(seed, chance, (_TEXT_WAYS + _WAYS) if text else _WAYS)


def _changed(seed: bytes, chance: random.Random, ways: tuple[_Way, ...]) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(ways)(data, chance)
    return bytes(data)


def _changed_archive(seed: bytes, chance: random.Random) -> bytes:
    """An archive one of whose members is damaged."""
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {member: archive.read(member) for member in archive.infolist()}
    wanted = chance.choice(list(members))
    if chance.random() < 0.5:
        # What says how the others are read.
        wanted = next((one for one in members if one.filename.endswith(".pkl")), wanted)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, data in members.items():
            damaged = _changed(data, chance, _WAYS) if member is wanted else data
            archive.writestr(member.filename, damaged, member.compress_type)
    return buffer.getvalue()


def _changed_png(seed: bytes, chance: random.Random) -> bytes:
    """A PNG whose header or pixels are damaged."""
    place, parts = 8, [seed[:8]]
    while place < len(seed):
        length = int.from_bytes(seed[place : place + 4], "big")
        name, body = seed[place + 4 : place + 8], seed[place + 8 : place + 8 + length]
        if chance.random() < 0.6:
            body = _changed(body, chance, _WAYS)
        total = zlib.crc32(name + body).to_bytes(4, "big")
        parts.append(len(body).to_bytes(4, "big") + name + body + total)
        place += 12 + length
    return b"".join(parts)


def _place(data: bytearray, chance: random.Random) -> int:
    # Headers stand at the beginning.
    end = chance.choice((32, 256, len(data)))
    return chance.randrange(max(1, min(end, len(data))))


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _edge(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] = chance.choice(_EDGES)


def _wide(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    width = chance.choice((2, 4, 8))
    value = chance.choice((0, 1, 0x7F, 0x7FFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1))
    order = chance.choice(("little", "big"))
    data[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, order)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 16, 200))]


def _insert(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.choice((b"\x00", b"\xff", b"\x00" * 8, b"\xff" * 4, chance.randbytes(9)))


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((1, 4, 16, 64, 512))
    data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))


def _swap(data: bytearray, chance: random.Random) -> None:
    a, b, length = _place(data, chance), _place(data, chance), chance.choice((1, 4, 32))
    data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]


def _number(data: bytearray, chance: random.Random) -> None:
    found = list(_NUMBER.finditer(bytes(data)))
    if found:
        one = chance.choice(found)
        data[one.start() : one.end()] = chance.choice(_TOKENS).encode()


def _token(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.choice(_TOKENS).encode()


_WAYS = (_flip, _edge, _edge, _wide, _wide, _cut, _remove, _insert, _repeat, _swap)
_TEXT_WAYS = (_number, _number, _token)


def _changed_tree(seed: bytes, chance: random.Random) -> bytes | None:
    """A JSON text with some of its values replaced, removed or doubled; None for another text."""
    try:
        tree = json.loads(seed)
    except ValueError:
        return None
    for _ in range(chance.choice((1, 1, 2, 5))):
        nodes = list(_nodes(tree))
        if not nodes:
            break
        holder, key = chance.choice(nodes)
        act = chance.random()
        if act < 0.6:
            holder[key] = deepcopy(chance.choice(HOSTILE))
        elif act < 0.8:
            del holder[key]
        elif isinstance(holder, list):
            holder.extend(deepcopy([holder[key]] * chance.choice((1, 2, 100))))
        else:
            holder[chance.choice(("", "id", "x" * 300, "\x00"))] = holder.pop(key)
    return json.dumps(tree).encode("utf-8", "surrogatepass")


def _nodes(tree: Any) -> Any:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, (dict, list)):
            yield from _nodes(value)
