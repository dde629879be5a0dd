"""Blobs come back as they were, from files of both ages."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.models.importers.files import caffe_tensors, is_caffe
from poseviewer.models.importers.wire import DamagedError
from tests.models.importers.published import blob, caffemodel, chunk


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_weights_come_back(old: bool, packed: bool) -> None:
    rng = np.random.default_rng(1)
    tensors = {
        "conv1_1.weight": rng.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "conv1_1.bias": rng.normal(size=4).astype(np.float32),
        "prelu4_2.weight": rng.normal(size=4).astype(np.float32),
    }
    message = memoryview(caffemodel(tensors, old=old, packed=packed))
    assert is_caffe(message)
    found = caffe_tensors(message)
    assert found.keys() == tensors.keys()
    for name, values in tensors.items():
        assert found[name].dtype == np.float32
        assert np.array_equal(found[name], values)


def test_a_blob_of_another_size_than_its_shape_is_damaged() -> None:
    good = blob(np.zeros((2, 3), np.float32))
    bad = good.replace(chunk(1, bytes([2, 3])), chunk(1, bytes([2, 4])))
    message = chunk(100, chunk(1, b"conv") + chunk(7, bad))
    with pytest.raises(DamagedError, match="6 numbers where 2 x 4"):
        caffe_tensors(memoryview(message))


def test_three_blobs_are_not_guessed_at() -> None:
    one = chunk(7, blob(np.zeros(2, np.float32)))
    with pytest.raises(DamagedError, match="3 tensors in layer bn"):
        caffe_tensors(memoryview(chunk(100, chunk(1, b"bn") + one * 3)))


def test_a_net_without_weights_is_none() -> None:
    message = memoryview(chunk(1, b"net") + chunk(100, chunk(1, b"relu")))
    assert not is_caffe(message)
    with pytest.raises(DamagedError, match="no layer"):
        caffe_tensors(message)
