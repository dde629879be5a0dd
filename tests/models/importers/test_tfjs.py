"""Graphs of TensorFlow.js as graphs of TensorFlow, answered by OpenVINO."""

import base64
import json

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.importers.graphdef import read_graph
from poseviewer.models.importers.tfjs import graph_def, is_tfjs, read_tfjs
from poseviewer.models.openvino_engine import openvino_module

KERNEL = np.arange(2 * 3, dtype=np.float32).reshape(1, 1, 2, 3) - 3
BIAS = np.array([0.5, -1, 4], np.float32)


def text(words):
    return [base64.b64encode(word.encode()).decode() for word in words]


def write(folder, *, fused=("BiasAdd", "Relu6"), op="_FusedConv2D", shard="numbers.bin"):
    """A network of one convolution with what TensorFlow.js joins to it."""
    node = {
        "name": "answer",
        "op": op,
        "input": ["picture", "kernel", "bias"],
        "attr": {
            "T": {"type": "DT_FLOAT"},
            "padding": {"s": text(["SAME"])[0]},
            "strides": {"list": {"i": ["1", "1", "1", "1"]}},
            "data_format": {"s": text(["NHWC"])[0]},
            "fused_ops": {"list": {"s": text(fused)}},
            "num_args": {"i": "1"},
            "epsilon": {"f": 0},
        },
    }
    shape = {"dim": [{"size": str(side)} for side in (1, 4, 5, 2)]}
    picture = {
        "name": "picture",
        "op": "Placeholder",
        "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}},
    }
    consts = [
        {"name": name, "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"}}}
        for name in ("kernel", "bias")
    ]
    tensors = [
        {"name": "kernel", "shape": [1, 1, 2, 3], "dtype": "float32"},
        {"name": "bias", "shape": [3], "dtype": "float32"},
    ]
    content = {
        "modelTopology": {"node": [picture, *consts, node]},
        "weightsManifest": [{"paths": [shard], "weights": tensors}],
    }
    (folder / "numbers.bin").write_bytes(KERNEL.tobytes() + BIAS.tobytes())
    path = folder / "model.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert is_tfjs(content)
    return path


def answer(path, picture):
    """What OpenVINO makes of the graph."""
    saved = path.with_suffix(".pb")
    saved.write_bytes(graph_def(path))
    core = openvino_module().Core()
    model = core.compile_model(core.read_model(saved), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return model([picture])[0]


@pytest.mark.parametrize(
    ("fused", "expected"),
    [
        ((), lambda x: x),
        (("BiasAdd",), lambda x: x + BIAS),
        (("BiasAdd", "Relu"), lambda x: np.maximum(x + BIAS, 0)),
        (("BiasAdd", "Relu6"), lambda x: np.clip(x + BIAS, 0, 6)),
    ],
)
def test_what_is_joined_is_taken_apart(tmp_path, fused, expected):
    picture = np.random.default_rng(1).uniform(-2, 2, (1, 4, 5, 2)).astype(np.float32)
    found = answer(write(tmp_path, fused=fused), picture)
    np.testing.assert_allclose(found, expected(picture @ KERNEL[0, 0]), atol=1e-5)


def test_the_graph_is_one_that_our_own_reader_reads(tmp_path):
    graph = read_graph(memoryview(graph_def(write(tmp_path, fused=("BiasAdd",)))))
    found = [sorted(values.ravel().tolist()) for values in graph.constants.values()]
    assert sorted(KERNEL.ravel().tolist()) in found


def test_numbers_of_fewer_bits_are_widened(tmp_path):
    path = write(tmp_path)
    content = json.loads(path.read_text())
    kernel, bias = content["weightsManifest"][0]["weights"]
    kernel["quantization"] = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
    bias["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
    path.write_text(json.dumps(content))
    data = bytes([0, 2, 4, 6, 8, 10]) + BIAS.astype(np.float16).tobytes()
    (tmp_path / "numbers.bin").write_bytes(data)
    _, weights = read_tfjs(path)
    np.testing.assert_array_equal(weights["kernel"].ravel(), [-1, 0, 1, 2, 3, 4])
    np.testing.assert_array_equal(weights["bias"], BIAS)


@pytest.mark.parametrize("shard", ["../numbers.bin", "/etc/passwd", "a/b.bin", "..", "C:\\x"])
def test_numbers_elsewhere_are_not_read(tmp_path, shard):
    with pytest.raises(PoseViewerError, match=r"does not lie beside it|not a network"):
        read_tfjs(write(tmp_path, shard=shard))


def test_an_unknown_operation_is_named(tmp_path):
    with pytest.raises(PoseViewerError, match="joins Mystery"):
        graph_def(write(tmp_path, fused=("BiasAdd", "Mystery")))


def test_too_few_numbers_are_refused(tmp_path):
    path = write(tmp_path)
    (tmp_path / "numbers.bin").write_bytes(b"1234")
    with pytest.raises(PoseViewerError, match=r"model\.json is not .* numbers end early; choose"):
        graph_def(path)


def test_numbers_that_are_not_there_are_named(tmp_path):
    path = write(tmp_path)
    (tmp_path / "numbers.bin").unlink()
    with pytest.raises(PoseViewerError, match=r"model\.json cannot be read without numbers\.bin"):
        graph_def(path)
