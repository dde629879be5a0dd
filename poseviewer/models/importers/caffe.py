"""A Caffe model's weights, read without Caffe (models.md section 9, note 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.models.importers.wire import DamagedError, fields, shaped, varints

if TYPE_CHECKING:
    from numpy.typing import NDArray

# NetParameter: layer, and layers as files before 2015 call it.
_LAYER, _OLD_LAYER = 100, 2
# Where name and blobs stand in LayerParameter and in V1LayerParameter.
_PARTS = {_LAYER: (1, 7), _OLD_LAYER: (4, 6)}
# BlobProto
_SHAPE, _FLOATS, _DOUBLES = 7, 5, 8
_OLD_DIMS = (1, 2, 3, 4)

_ROLES = ("weight", "bias")


def is_caffe(message: memoryview) -> bool:
    """Whether these bytes are a NetParameter with weights, as far as their first layers tell."""
    try:
        for field in fields(message):
            if field.number in _PARTS:
                _name, blobs = _PARTS[field.number]
                if any(part.number == blobs for part in fields(field.payload)):
                    return True
    except DamagedError:
        return False
    return False


def caffe_tensors(message: memoryview) -> dict[str, NDArray[np.float32]]:
    """Weights by `layer.weight` and `layer.bias`, shaped as torch shapes them.

    Args:
        message: The bytes of a .caffemodel.

    Raises:
        DamagedError: They are none, or end early.
    """
    tensors: dict[str, NDArray[np.float32]] = {}
    for field in fields(message):
        if field.number in _PARTS:
            tensors |= _layer(field.payload, *_PARTS[field.number])
    if not tensors:
        msg = "holds no layer with weights"
        raise DamagedError(msg)
    return tensors


def _layer(message: memoryview, name: int, blobs: int) -> dict[str, NDArray[np.float32]]:
    called, found = "", []
    for field in fields(message):
        if field.number == name:
            called = field.text()
        elif field.number == blobs:
            found.append(_blob(field.payload))
    if len(found) > len(_ROLES):
        msg = f"has {len(found)} tensors in layer {called}, where a weight and a bias should be"
        raise DamagedError(msg)
    return {f"{called}.{role}": blob for role, blob in zip(_ROLES, found, strict=False)}


def _blob(message: memoryview) -> NDArray[np.float32]:
    dims: list[int] = []
    old: dict[int, int] = {}
    runs: list[NDArray[np.float32]] = []
    for field in fields(message):
        if field.number == _SHAPE:
            dims = [
                dim for part in fields(field.payload) if part.number == 1 for dim in varints(part)
            ]
        elif field.number in _OLD_DIMS:
            old[field.number] = field.signed()
        elif field.number == _FLOATS:
            runs.append(field.array("<f4").astype(np.float32, copy=False))
        elif field.number == _DOUBLES:
            runs.append(field.array("<f8").astype(np.float32))
    numbers = runs[0] if len(runs) == 1 else np.concatenate([np.zeros(0, np.float32), *runs])
    if old and not dims:
        dims = [old.get(number, 1) for number in _OLD_DIMS]
        # Old files give every blob four dimensions; a bias has one.
        if dims[:3] == [1, 1, 1]:
            dims = dims[3:]
    return shaped(numbers, dims or [numbers.size]).astype(np.float32, copy=False)
