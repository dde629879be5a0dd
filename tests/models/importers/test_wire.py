"""Any bytes give fields or one kind of complaint, never anything else."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.models.importers.files import caffe_tensors, is_caffe
from poseviewer.models.importers.graphdef import is_graph, read_graph
from poseviewer.models.importers.wire import DamagedError, fields, shaped, varints
from tests.models.importers.published import caffemodel, chunk, number, varint

SMALL = {
    "conv.weight": np.arange(2 * 3 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3),
    "conv.bias": np.array([1.0, -2.0], np.float32),
}
FILES = [caffemodel(SMALL), caffemodel(SMALL, old=True)]


def graph() -> bytes:
    """A GraphDef of a constant and a convolution."""
    kernel = np.ones((1, 1, 3, 2), "<f4")
    dims = b"".join(chunk(2, number(1, n)) for n in kernel.shape)
    tensor = number(1, 1) + chunk(2, dims) + chunk(4, kernel.tobytes())
    strides = chunk(1, chunk(3, bytes([1, 2, 2, 1])))

    def attribute(name: bytes, value: bytes) -> bytes:
        return chunk(5, chunk(1, name) + chunk(2, value))

    nodes = [
        chunk(1, b"image") + chunk(2, b"Placeholder"),
        chunk(1, b"k") + chunk(2, b"Const") + attribute(b"value", chunk(8, tensor)),
        chunk(1, b"k/read") + chunk(2, b"Identity") + chunk(3, b"k"),
        chunk(1, b"out")
        + chunk(2, b"Conv2D")
        + chunk(3, b"image:0")
        + chunk(3, b"k/read")
        + attribute(b"strides", strides)
        + attribute(b"padding", chunk(2, b"SAME")),
    ]
    return b"".join(chunk(1, node) for node in nodes)


def test_fields_come_back() -> None:
    message = number(1, 300) + chunk(2, b"name") + number(3, -1)
    one, two, three = fields(memoryview(message))
    assert (one.number, one.value, one.signed()) == (1, 300, 300)
    assert (two.number, two.text()) == (2, "name")
    assert (three.value, three.signed()) == ((1 << 64) - 1, -1)


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1)))
def test_packed_numbers_come_back(numbers: list[int]) -> None:
    message = chunk(1, b"".join(map(varint, numbers)))
    (field,) = fields(memoryview(message))
    if numbers:
        assert varints(field) == numbers


def test_a_graph_is_read() -> None:
    message = memoryview(graph())
    assert is_graph(message)
    assert not is_caffe(message)
    (step,) = read_graph(message).steps
    assert (step.kind, step.inputs, step.constants) == ("conv", ("image",), ("k",))
    assert (step.stride, step.same, step.dilation) == (2, True, 1)
    assert read_graph(message).constants["k"].shape == (2, 3, 1, 1)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_complained_of(message: bytes) -> None:
    for read in (lambda m: list(fields(m)), caffe_tensors, read_graph):
        with suppress(DamagedError):
            read(memoryview(message))
    assert is_caffe(memoryview(message)) in (True, False)
    assert is_graph(memoryview(message)) in (True, False)


@given(st.data())
def test_no_truncated_or_flipped_file_is_anything_but_damaged(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from([*FILES, graph()])))
    for _ in range(data.draw(st.integers(0, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(message)))
    for read in (caffe_tensors, read_graph):
        with suppress(DamagedError):
            read(memoryview(bytes(message[:end])))


@pytest.mark.parametrize("message", FILES)
def test_a_file_that_ends_inside_a_layer_is_damaged(message: bytes) -> None:
    whole = caffe_tensors(memoryview(message))
    for end in range(1, len(message)):
        try:
            found = caffe_tensors(memoryview(message[:end]))
        except DamagedError:
            continue
        # Only an end between two layers looks like a whole file.
        assert found.keys() <= whole.keys()
        assert all((found[name] == whole[name]).all() for name in found)


def test_numbers_must_fill_their_shape() -> None:
    with pytest.raises(DamagedError, match="6 numbers where 2 x 4"):
        shaped(np.zeros(6), [2, 4])
    with pytest.raises(DamagedError):
        shaped(np.zeros(1), [-1, -1])


def test_one_number_fills_a_constant_but_not_the_memory() -> None:
    def constant(*dims: int) -> bytes:
        shape = chunk(2, b"".join(chunk(2, number(1, dim)) for dim in dims))
        tensor = number(1, 1) + shape + chunk(5, np.float32(2).tobytes())
        value = chunk(5, chunk(1, b"value") + chunk(2, chunk(8, tensor)))
        bias = chunk(1, b"y") + chunk(2, b"BiasAdd") + chunk(3, b"image") + chunk(3, b"b")
        return chunk(1, chunk(1, b"b") + chunk(2, b"Const") + value) + chunk(1, bias)

    assert read_graph(memoryview(constant(3))).constants["b"].tolist() == [2, 2, 2]
    for dims in ((1 << 40,), (-2, -3)):
        with pytest.raises(DamagedError, match="1 numbers where"):
            read_graph(memoryview(constant(*dims)))


def test_an_unknown_operation_is_named() -> None:
    node = chunk(1, chunk(1, b"x") + chunk(2, b"SparseSoftmax"))
    with pytest.raises(DamagedError, match="SparseSoftmax"):
        read_graph(memoryview(node))
