"""What a torch file asks for, found out without executing or allocating anything of it.

torch.load with weights_only runs no foreign code, but it believes what a file claims: a storage
of more numbers than its record holds is read past its end, `bytearray(2_000_000_000)` in twenty
bytes takes two gigabytes, and tuples nested a million times end the process. So the pickle is
first walked here, operation by operation, with stand-ins for what torch would make.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LARGEST_PICKLE = 64 << 20
_OPERATION = 512
"""Bytes that an operation of a pickle may make of torch's and our objects."""
_DEEPEST = 32
_LARGEST_KEY = 1 << 60
"""Whole numbers from which many with the same hash can be made."""

_WIDTHS = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2,
    "Char": 1, "Byte": 1, "Bool": 1, "Untyped": 1,
}  # fmt: skip
_STORAGES = {f"torch.{name}Storage": width for name, width in _WIDTHS.items()} | {
    "torch.storage.UntypedStorage": 1
}
_TENSORS = {f"torch._utils._rebuild_{name}" for name in ("tensor", "tensor_v2", "tensor_v3")}
_PLAIN = {
    "collections.OrderedDict", "collections.Counter", "torch.Size", "torch.device",
    "builtins.set", "builtins.complex", "torch._utils._rebuild_parameter",
}  # fmt: skip
_BYTES, _ENCODE = "builtins.bytearray", "_codecs.encode"
_OF_TYPE = "torch._tensor._rebuild_from_type_v2"
_SCALARS = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
_DTYPE = "numpy.dtype"
_CLASSES = {"torch.Tensor", "torch.nn.parameter.Parameter"}
_NUMBERS = re.compile(r"torch\.(u?int\d+|float\d+\w*|bfloat16|half|double|float|long|bool)")
_NUMPY_NUMBERS = re.compile(r"[<>|=]?(\?|[biuf](1|2|4|8|16)?)")
_NO_NUMBER = "it holds a value of NumPy that is no number"
_STRANGE = {
    "sparse": "sparse", "qtensor": "quantised", "meta": "empty (meta)", "nested": "nested",
    "wrapper": "wrapped", "device": "another device's",
}  # fmt: skip


class UnwantedError(Exception):
    """The pickle asks for something that is neither a tensor nor a plain value: its name."""


@dataclass(frozen=True, slots=True)
class _Name:
    """Something that the pickle looks up."""

    text: str


@dataclass(frozen=True, slots=True)
class _Made:
    """What a call of `by` would give."""

    by: str


@dataclass(frozen=True, slots=True)
class _Storage:
    """The numbers of one or several tensors."""

    key: str
    count: int
    width: int


@dataclass(frozen=True, slots=True)
class _Tuple:
    items: tuple[Any, ...]
    depth: int


class _Container:
    """A list, a dictionary or a set; what is in it plays no part."""


_LIST, _DICT = _Container(), _Container()
_Scalar = (str, bytes, int, float, type(None))


class _Walk:
    """One pickle, walked from its first operation to its last."""

    def __init__(self, budget: MemoryBudget) -> None:
        self.storages: dict[str, _Storage] = {}
        self._budget = budget
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self, stream: IO[bytes]) -> None:
        """Walk the operations up to the end of the pickle.

        Raises:
            ValueError, LookupError, TypeError: It is damaged.
            UnwantedError: It asks for more than tensors and plain values.
        """
        for operation, value, _ in pickletools.genops(stream):
            self._budget.take(_OPERATION)
            act = _ACTS.get(operation.name)
            if act is None:
                msg = f"its pickle has the operation {operation.name}, which torch does not write"
                raise ValueError(msg)
            act(self, value)

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def mark(self, _: Any) -> None:
        """Begin a group."""
        self._marks.append(self._stack)
        self._stack = []

    def group(self) -> list[Any]:
        """Take what was put since the last mark."""
        items, self._stack = self._stack, self._marks.pop()
        return items

    def tuple_of(self, items: list[Any]) -> None:
        """Put a tuple."""
        depth = 1 + max((one.depth for one in items if isinstance(one, _Tuple)), default=0)
        if depth > _DEEPEST:
            msg = "it is nested too deeply"
            raise ValueError(msg)
        self.push(_Tuple(tuple(items), depth))

    def several(self, count: int) -> None:
        """Put a tuple of the last values."""
        items = [self._stack.pop() for _ in range(count)]
        self.tuple_of(items[::-1])

    def group_as_tuple(self, _: Any) -> None:
        """Put the last group as a tuple."""
        self.tuple_of(self.group())

    def append(self, _: Any) -> None:
        """Put a value into a list."""
        self._stack.pop()
        self._target(_LIST)

    def extend(self, _: Any) -> None:
        """Put a group into a list."""
        self.group()
        self._target(_LIST)

    def set_item(self, _: Any) -> None:
        """Put a value into a dictionary."""
        self._stack.pop()
        _check_key(self._stack.pop())
        self._target(_DICT)

    def set_items(self, _: Any) -> None:
        """Put a group of names and values into a dictionary."""
        for key in self.group()[::2]:
            _check_key(key)
        self._target(_DICT)

    def _target(self, kind: _Container) -> None:
        target = self._stack[-1]
        made = isinstance(target, _Made) and target.by.startswith("collections.")
        if target is not kind and not (kind is _DICT and made):
            msg = "its pickle fills what is no list and no dictionary"
            raise ValueError(msg)

    def remember(self, place: Any) -> None:
        """Note the last value under a number."""
        self._memo[place] = self._stack[-1]

    def recall(self, place: Any) -> None:
        """Put a noted value again."""
        self.push(self._memo[place])

    def look_up(self, value: Any) -> None:
        """Put what a name stands for."""
        module, _, name = value.partition(" ")
        full = f"{'builtins' if module == '__builtin__' else module}.{name}"
        if full in _CALLS or full in _STORAGES or full in _CLASSES:
            self.push(_Name(full))
        elif _NUMBERS.fullmatch(full):
            self.push(_Made(full))
        else:
            rebuilt = full.removeprefix("torch._utils._rebuild_")
            strange = [what for start, what in _STRANGE.items() if rebuilt.startswith(start)]
            if rebuilt != full and strange:
                msg = f"it holds {strange[0]} tensors, and only plain ones are read"
                raise ValueError(msg)
            if full.startswith("torch.") and full.endswith("Storage"):
                msg = f"it holds numbers of the kind {name.removesuffix('Storage')}"
                raise ValueError(msg)
            raise UnwantedError(full)

    def persistent(self, _: Any) -> None:
        """Put the storage that a tuple describes."""
        described = self._stack.pop()
        word, kind, key, _, count, *view = described.items
        width = _STORAGES[kind.text]
        text = word.decode() if isinstance(word, bytes) else word
        named = key.decode() if isinstance(key, bytes) else key
        if text != "storage" or not isinstance(named, str) or not _counts(count):
            msg = "it describes numbers that it cannot hold"
            raise ValueError(msg)
        if named not in self.storages:
            self._budget.take(count * width)
        storage = self.storages.setdefault(named, _Storage(named, count, width))
        if storage.count * storage.width < count * width:
            msg = "it describes the same numbers twice, in different ways"
            raise ValueError(msg)
        if view and view[0] is not None:
            storage = _Storage(named, view[0].items[2], width)
        else:
            storage = _Storage(named, count, width)
        self.push(storage)

    def call(self, _: Any) -> None:
        """Put what a call would give."""
        arguments = self._stack.pop().items
        by = self._stack.pop().text
        check = _CALLS.get(by)
        if check is None:
            raise UnwantedError(by)
        check(arguments)
        self.push(_Made(by))

    def build(self, _: Any) -> None:
        """Give a made object its state."""
        state, made = self._stack.pop(), self._stack[-1]
        if made == _Made(_DTYPE):
            _, order, *nothing = state.items
            if order not in tuple("<>|=") or nothing[:5] != [None, None, None, -1, -1]:
                raise ValueError(_NO_NUMBER)
        elif made not in (_Made("collections.OrderedDict"), _Made("collections.Counter")):
            msg = "its pickle gives a state to what has none"
            raise ValueError(msg)


def _counts(value: Any) -> bool:
    return type(value) is int and value >= 0


def _check_key(key: Any) -> None:
    parts = key.items if isinstance(key, _Tuple) else (key,)
    for part in parts:
        large = isinstance(part, int) and abs(part) >= _LARGEST_KEY
        if not isinstance(part, _Scalar) or large:
            msg = "it names something by what is no name"
            raise ValueError(msg)


def _check_tensor(storage: Any, offset: Any, size: Any, stride: Any) -> None:
    """Check that a tensor lies within its storage."""
    sizes, strides = size.items, stride.items
    whole = all(_counts(n) for n in (offset, *sizes, *strides))
    if not isinstance(storage, _Storage) or not whole or len(sizes) != len(strides):
        msg = "it describes a tensor that it cannot hold"
        raise ValueError(msg)
    last = offset + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    if len(sizes) > _DEEPEST or (all(sizes) and last >= storage.count):
        msg = "it describes a tensor that it cannot hold"
        raise ValueError(msg)


def _check_typed(arguments: tuple[Any, ...]) -> None:
    rebuild, kind, inner = arguments[:3]
    if rebuild.text not in _TENSORS or kind.text not in _CLASSES:
        raise UnwantedError(rebuild.text)
    _check_tensor(*inner.items[:4])


def _check_number(arguments: tuple[Any, ...]) -> None:
    """Check a type of NumPy, or a value of such a type."""
    first = arguments[0]
    if first == _Made(_DTYPE):
        fine = len(arguments) == 2
    else:
        fine = isinstance(first, str) and _NUMPY_NUMBERS.fullmatch(first) is not None
    if not fine:
        raise ValueError(_NO_NUMBER)


def _check_bytes(arguments: tuple[Any, ...]) -> None:
    if arguments and isinstance(arguments[0], int):
        raise UnwantedError(_BYTES)


def _check_encoding(arguments: tuple[Any, ...]) -> None:
    if arguments[1] not in ("latin1", "latin-1", "utf-8"):
        raise UnwantedError(_ENCODE)


_CALLS: dict[str, Callable[[tuple[Any, ...]], None]] = {
    **dict.fromkeys(_TENSORS, lambda arguments: _check_tensor(*arguments[:4])),
    **dict.fromkeys((*_SCALARS, _DTYPE), _check_number),
    **dict.fromkeys(_PLAIN, lambda _: None),
    _OF_TYPE: _check_typed,
    _BYTES: _check_bytes,
    _ENCODE: _check_encoding,
}
"""What may be called, and what is checked of its arguments."""

_ACTS: dict[str, Callable[[_Walk, Any], None]] = {
    **dict.fromkeys(("PROTO", "STOP"), lambda _walk, _: None),
    **dict.fromkeys(
        (
            "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING",
        ),
        _Walk.push,
    ),
    "NONE": lambda walk, _: walk.push(None),
    "NEWFALSE": lambda walk, _: walk.push(False),
    "NEWTRUE": lambda walk, _: walk.push(True),
    "EMPTY_TUPLE": lambda walk, _: walk.tuple_of([]),
    "EMPTY_LIST": lambda walk, _: walk.push(_LIST),
    "EMPTY_DICT": lambda walk, _: walk.push(_DICT),
    "EMPTY_SET": lambda walk, _: walk.push(_Made("builtins.set")),
    "MARK": _Walk.mark,
    "TUPLE": _Walk.group_as_tuple,
    "TUPLE1": lambda walk, _: walk.several(1),
    "TUPLE2": lambda walk, _: walk.several(2),
    "TUPLE3": lambda walk, _: walk.several(3),
    "APPEND": _Walk.append,
    "APPENDS": _Walk.extend,
    "SETITEM": _Walk.set_item,
    "SETITEMS": _Walk.set_items,
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _Walk.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Walk.recall),
    "GLOBAL": _Walk.look_up,
    "BINPERSID": _Walk.persistent,
    "REDUCE": _Walk.call,
    "BUILD": _Walk.build,
}  # fmt: skip
"""The operations that torch.save writes and torch.load with weights_only reads."""


def check_torch_file(path: Path) -> None:
    """Check that a torch file, zip or legacy, holds what it describes, within the budget.

    Raises:
        UnwantedError: It asks for more than tensors and plain values.
        ValueError, LookupError, TypeError, AttributeError: It is damaged, or holds tensors of
            another kind than plain ones.
        PoseViewerError: It would take more memory than the budget, or is a program.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            _check_zip(path)
        else:
            file.seek(0)
            _check_legacy(file, path)


def _check_zip(path: Path) -> None:
    budget = MemoryBudget(path.name)
    another = "it is another kind of zip archive, or damaged"
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            # Python and torch must mean the same records by the same names.
            plain = {name.lower().replace("\\", "/") for name in names}
            starts = min((member.header_offset for member in members), default=1)
            if len(plain) < len(names) or starts or archive.comment:
                raise ValueError(another)
            root = names[0].split("/", 1)[0]
            if f"{root}/constants.pkl" in names or any("/code/" in name for name in names):
                raise PoseViewerError(_program(path))
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                msg = "its tensors are packed, which torch.save does not do"
                raise ValueError(msg)
            sizes = {member.filename: member.file_size for member in members}
            if sizes.get(f"{root}/data.pkl", _LARGEST_PICKLE + 1) > _LARGEST_PICKLE:
                raise ValueError(another)
            budget.take(sum(size for name, size in sizes.items() if "/data/" not in name))
            walk = _Walk(budget)
            walk.run(io.BytesIO(archive.read(f"{root}/data.pkl")))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError) as error:
        raise ValueError(another) from error
    for storage in walk.storages.values():
        if sizes.get(f"{root}/data/{storage.key}") != storage.count * storage.width:
            msg = "it holds more or fewer numbers than it says"
            raise ValueError(msg)


def _check_legacy(file: IO[bytes], path: Path) -> None:
    budget = MemoryBudget(path.name)
    # Not from the file itself: of a text that is said to be four gigabytes, room is made for all.
    start = io.BytesIO(file.read(_LARGEST_PICKLE))
    # A magic number, a version, the system, the content, the order of the storages.
    walks = [_Walk(budget) for _ in range(5)]
    for walk in walks:
        walk.run(start)
    storages = walks[3].storages.values()
    left = path.stat().st_size - start.tell()
    if sum(8 + storage.count * storage.width for storage in storages) > left:
        msg = "it ends early"
        raise ValueError(msg)


def _program(path: Path) -> str:
    return (
        f"{path.name} is a TorchScript program and not a file of weights; open it with "
        "torch.jit.load where you trust it, save its state_dict with torch.save, and import that."
    )
