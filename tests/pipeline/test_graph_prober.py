"""The Probe on imported graphs: their operations, with the maps that they give."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import onnx
import onnxruntime
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.layer import LayerChoice, Spot
from poseviewer.core.stage import Request
from poseviewer.models.engine import choose_engine
from poseviewer.models.graph_files.cards import called, examined, store
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.graph_prober import GraphProber
from poseviewer.runtime.probe import load_prober
from poseviewer.runtime.sections import NetworkState
from tests.models.graph_files import graphs

REGION = Box(10, 4, 96, 128)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)
    return graphs.hrnet(tmp_path / "hrnet.onnx")


@pytest.fixture
def one(path):
    with examined(path) as candidate:
        return store(candidate, name=called(candidate, None), shipped=())


@pytest.fixture
def frame():
    pixels = np.random.default_rng(5).integers(0, 256, (140, 120, 3), np.uint8)
    return Frame(pixels, 0, Timestamp(0, Fraction(1)))


def test_operations_answer_as_the_graphs_own_program(path, one, frame):
    prober = GraphProber(one)
    (layer,) = [layer for layer in prober.layers() if layer.kind == "Relu"]
    assert layer.path.endswith(" features")
    assert layer.outputs[0].shape == (8, 128, 96)
    found = prober.activations(frame, REGION, LayerChoice(layer.path, channels=(5, 2)))
    model = onnx.load(path)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info("features"))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    batch, _ = prober._cropper.cut(frame.pixels, [REGION])
    (theirs,) = session.run(["features"], {session.get_inputs()[0].name: batch})
    np.testing.assert_allclose(found.values, theirs[0, [5, 2]], atol=1e-4)
    np.testing.assert_allclose(found.strength, np.abs(theirs[0, [5, 2]]).mean(axis=(1, 2)), 1e-4)
    # Cells of two pixels of 192 over a region 96 wide.
    np.testing.assert_allclose(found.to_frame, [[1, 0, 10.5], [0, 1, 4.5]])
    assert found.stride == 2
    # The strongest come first.
    strongest = prober.activations(frame, REGION, LayerChoice(layer.path, most=3)).strength
    assert len(strongest) == 3
    assert list(strongest) == sorted(strongest, reverse=True)


def test_final_maps_are_those_that_are_shown(one, frame):
    prober = GraphProber(one)
    engine, _ = choose_engine(one, threads=1)
    result = estimator_of(one, engine, gate=0.0).estimate(frame, REGION, Request())
    path = prober.layers()[1].path
    found = prober.activations(frame, REGION, LayerChoice(path), shown=result.stages[-1])
    assert found.gap is not None
    assert found.gap < 1e-4


def test_weights_are_counted(one):
    graph, *operations = GraphProber(one).layers()
    assert graph.path == ""
    assert not graph.leaf
    convolutions = [layer for layer in operations if layer.kind == "Convolution"]
    assert [layer.parameters for layer in convolutions] == [8 * 3 * 4, 17 * 8 * 4]
    assert len({layer.path for layer in operations}) == len(operations)
    assert not any("." in layer.path for layer in operations)


def test_what_a_graph_has_not_is_told(one, frame):
    prober = load_prober(NetworkState(model=one.name))
    assert isinstance(prober, GraphProber)
    with pytest.raises(LookupError, match="no operation 'nothing'"):
        prober.activations(frame, REGION, LayerChoice("nothing"))
    with pytest.raises(PoseViewerError, match="receptive fields need PyTorch"):
        prober.field(frame, REGION, Spot(0, 0))
