"""Int8: made from the graph and two numbers a convolution, with nearly the same answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.engine import choose_engine
from poseviewer.models.facts import digest
from poseviewer.models.graphs import convert, save
from poseviewer.models.int8 import measure_ranges, quantised, stored_ranges
from poseviewer.models.openvino_engine import OpenVinoEngine
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard

ov = pytest.importorskip("openvino")
SHAPE = (1, 3, 32, 32)


class Small(nn.Module):
    """Two stages with what is folded, what is added, and a depthwise convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 7, 3, 2, 1), nn.BatchNorm2d(7), nn.ReLU())
        self.deep = nn.Conv2d(7, 7, 3, padding=1, groups=7)
        self.second = nn.Conv2d(7, 5, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        first = self.first(image)
        return first, self.second(first + self.deep(first))


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return Small().eval()


def pictures(count: int = 8) -> list[np.ndarray]:
    make = np.random.default_rng(0)
    return [make.normal(size=SHAPE).astype(np.float32) for _ in range(count)]


def graph(module: nn.Module) -> object:
    model = convert(module, SHAPE)
    model.reshape(list(SHAPE))
    return model


def answers(model: object, batch: np.ndarray) -> list[np.ndarray]:
    exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = ov.Core().compile_model(model, "CPU", exact)
    return [np.array(one) for one in compiled([batch]).values()]


def test_its_answers_are_near_and_are_those_of_steps(module: nn.Module) -> None:
    ranges = measure_ranges(graph(module), pictures(), ov)
    assert len(ranges) == 3
    assert ranges[0] == pytest.approx(
        (min(p.min() for p in pictures()), max(p.max() for p in pictures())), rel=1e-4
    )
    small = quantised(graph(module), ranges, ov)
    batch = pictures()[0]
    for ours, exact in zip(answers(small, batch), answers(graph(module), batch), strict=True):
        apart = np.abs(ours - exact).max() / np.abs(exact).max()
        assert 0 < apart < 0.05


def test_a_convolution_without_a_range_stays_exact(module: nn.Module) -> None:
    ranges = measure_ranges(graph(module), pictures(), ov, depthwise=False)
    assert [ends is None for ends in ranges] == [False, True, False]
    small = quantised(graph(module), ranges, ov)
    assert [node.get_type_name() for node in small.get_ops()].count("FakeQuantize") == 4
    (deep,) = [node for node in small.get_ops() if node.get_type_name() == "GroupConvolution"]
    assert deep.input_value(1).get_node().get_type_name() == "Constant"


def test_padding_stays_zero(module: nn.Module) -> None:
    # a range without zero, and one that zero cuts in two uneven parts
    small = quantised(graph(module), ((0.5, 3.0), (-0.3, 1.0), (-2.0, -0.1)), ov)
    ends = [
        [float(node.input_value(port).get_node().data) for port in (1, 2)]
        for node in small.get_ops()
        if node.get_type_name() == "FakeQuantize" and node.get_attributes()["levels"] == 256
    ]
    assert len(ends) == 3
    for low, high in ends:
        steps = -low / (high - low) * 255
        assert steps == pytest.approx(round(steps), abs=1e-3)
        assert low <= 0 <= high


def test_neighbouring_weights_do_not_overflow_sixteen_bits(module: nn.Module) -> None:
    with torch.no_grad():
        module.second.weight[0, :2] = 9.0  # type: ignore[union-attr]
    small = quantised(graph(module), ((-3.0, 3.0),) * 3, ov)
    found = [node for node in small.get_ops() if node.get_type_name() == "Convolution"]
    assert len(found) == 2
    for node in found:
        steps = node.input_value(1).get_node()
        assert steps.get_type_name() == "FakeQuantize"
        top = steps.input_value(2).get_node().data
        whole = np.abs(steps.input_value(0).get_node().data) / top * 127
        if whole.shape[1] % 2:
            whole = np.concatenate([whole, np.zeros_like(whole[:, :1])], axis=1)
        assert (255 * (whole[:, ::2] + whole[:, 1::2]).max()) < 2**15


def test_an_exported_graph_has_the_same_order_and_answers(
    module: nn.Module, tmp_path: Path
) -> None:
    module.half().float()
    ranges = measure_ranges(graph(module), pictures(), ov)
    path = tmp_path / "small.xml"
    save(convert(module, SHAPE), path, ov, half=True)

    def read() -> object:
        model = ov.Core().read_model(path)
        model.reshape(list(SHAPE))
        return model

    assert measure_ranges(read(), pictures(), ov) == ranges
    batch = pictures()[0]
    ours = answers(quantised(read(), ranges, ov), batch)
    theirs = answers(quantised(graph(module), ranges, ov), batch)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_ranges_of_another_network_are_refused(module: nn.Module) -> None:
    with pytest.raises(RuntimeError, match="it has 3 convolutions, and there are ranges of 1"):
        quantised(graph(module), ((0.0, 1.0),), ov)
    with pytest.raises(PoseViewerError, match="no picture"):
        measure_ranges(graph(module), [], ov)


@pytest.fixture
def tiny() -> ModelCard:
    return replace(card("hourglass-2"), input_size=(32, 32), build=Small)


def test_without_ranges_fp32_runs_and_says_so(tiny: ModelCard, module: nn.Module) -> None:
    engine, notice = choose_engine(tiny, engine="openvino", precision="int8", module=module)
    assert (engine.precision, notice) == (
        "fp32",
        "hourglass-2 has no ranges for int8, so fp32 is used.",
    )
    engine, notice = choose_engine(tiny, engine="torch", precision="int8", module=module)
    assert (engine.precision, notice) == (
        "fp32",
        "Torch runs hourglass-2 in fp32, because only OpenVINO has int8.",
    )


def test_a_card_with_broken_ranges_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"w")
    described = {"sha256": digest(weights), "int8": {"low": [0, -1.0], "high": [1, 2.5]}}
    one = replace(card("hourglass-lite"), weights=weights)

    def write() -> None:
        weights.with_suffix(".json").write_text(json.dumps(described))

    write()
    assert stored_ranges(one) == ((0, 1), (-1.0, 2.5))
    described["int8"] = {"low": [0, None], "high": [1, None]}
    write()
    assert stored_ranges(one) == ((0, 1), None)
    described["int8"]["high"] = [1, 2.5]  # type: ignore[index]
    for low in ([0], [2, 0], [0, "1"], [0, None], [0, 1e9], None):
        described["int8"]["low"] = low  # type: ignore[index]
        write()
        with pytest.raises(PoseViewerError):
            stored_ranges(one)


SHIPPED = [card(name) for name in ("hourglass-lite", "hourglass-accurate", "cpm-lite")]


@pytest.mark.parametrize("card", SHIPPED, ids=lambda c: c.name)
def test_a_network_that_ships_answers_nearly_the_same(card: ModelCard) -> None:
    if not card.trained:
        pytest.skip("no weights here")
    assert stored_ranges(card) is not None
    width, height = card.input_size
    # a bright cross on grey: something to see, and no picture of a data set
    picture = np.zeros((1, 3, height, width), np.float32)
    picture[:, :, :, width // 2 - 12 : width // 2 + 12] = 0.5
    picture[:, :, height // 3 : height // 3 + 16] = 0.5
    small, notice = choose_engine(card, engine="openvino", precision="int8")
    assert isinstance(small, OpenVinoEngine)
    assert (small.precision, small.label, notice) == ("int8", "OpenVINO int8, CPU", None)
    exact, _ = choose_engine(card, engine="openvino")
    for ours, theirs in zip(small.run(picture), exact.run(picture), strict=True):
        assert ours.shape == theirs.shape
        assert not np.array_equal(ours, theirs)
        assert np.abs(ours - theirs).mean() < 0.02
