"""Engines: the same numbers from every one, and a fallback that speaks."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.core.errors import DeviceMemoryError, PoseViewerError
from poseviewer.models.engine import choose_engine, devices, engines
from poseviewer.models.graphs import ModuleGraph
from poseviewer.models.openvino_engine import OpenVinoEngine
from poseviewer.models.registry import card, cards
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard

LITE = [c for c in cards() if c.name.endswith("-lite") and c.stages[0].kind != "coords"]


class TwoStages(nn.Module):
    """As little as an engine can be tried on: conversion of a real net takes seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(3, 8, 3, 4, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 1)
        )
        self.second = nn.Conv2d(16, 16, 3, padding=1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        beliefs = self.first(image)
        return beliefs, beliefs + self.second(beliefs)


@pytest.fixture
def tiny() -> ModelCard:
    return replace(card("hourglass-2"), input_size=(64, 64), build=TwoStages)


def picture(card: ModelCard, n: int = 1) -> np.ndarray:
    width, height = card.input_size
    return np.random.default_rng(0).normal(size=(n, 3, height, width)).astype(np.float32)


@pytest.mark.parametrize("card", LITE, ids=lambda c: c.name)
def test_openvino_agrees_with_torch(card: ModelCard) -> None:
    pytest.importorskip("openvino")
    torch.manual_seed(0)
    module = trained_module(card) if card.trained else card.build().eval()
    batch = picture(card)
    with torch.inference_mode():
        wanted = [stage.numpy() for stage in module(torch.from_numpy(batch))]
    fast, notice = choose_engine(card, engine="openvino", module=module)
    assert (fast.name, fast.device, fast.precision, notice) == ("openvino", "cpu", "fp32", None)
    for ours, truth in zip(fast.run(batch), wanted, strict=True):
        assert ours.shape == truth.shape
        # Of the largest value, where values are not beliefs.
        assert np.abs(ours - truth).max() <= 1e-5 * max(1.0, np.abs(truth).max())


def test_wanted_stages_only(tiny: ModelCard) -> None:
    module = tiny.build()
    for name in engines():
        engine, _ = choose_engine(tiny, engine=name, module=module)
        batch = picture(tiny, n=2)
        every = [stage.copy() for stage in engine.run(batch)]
        assert [s.shape for s in every] == [(2, 16, 16, 16)] * 2
        (last,) = engine.run(batch, [1])
        assert np.array_equal(last, every[1])
        assert engine.run(batch, []) == []
        assert all(s.dtype == np.float32 for s in every)


def test_another_size_is_compiled_when_it_is_met(tiny: ModelCard) -> None:
    pytest.importorskip("openvino")
    module = TwoStages().eval()
    fast, _ = choose_engine(tiny, engine="openvino", module=module)
    for width in (64, 96, 64):
        batch = picture(replace(tiny, input_size=(width, 64)))
        with torch.inference_mode():
            wanted = [stage.numpy() for stage in module(torch.from_numpy(batch))]
        for ours, theirs in zip(fast.run(batch), wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_size_that_was_met_last_stays_compiled(tiny: ModelCard) -> None:
    pytest.importorskip("openvino")
    compiled = []

    class Counted(ModuleGraph):
        def shaped(self, shape: tuple[int, ...], ov: object) -> object:
            compiled.append(shape[3])
            return super().shaped(shape, ov)

    fast = OpenVinoEngine(Counted("counted", TwoStages().eval()), card=tiny, shapes=2)
    own = compiled.pop()
    for width in (96, own, 128, own, 96):
        fast.run(picture(replace(tiny, input_size=(width, tiny.input_size[1]))))
    assert compiled == [96, 128, 96]


def test_two_networks_at_once_are_not_bound_to_one_core(tiny: ModelCard) -> None:
    pytest.importorskip("openvino")
    engine, _ = choose_engine(tiny, engine="openvino", module=TwoStages().eval())
    assert isinstance(engine, OpenVinoEngine)
    compiled = engine._compiled(picture(tiny).shape).get_compiled_model()
    assert not compiled.get_property("ENABLE_CPU_PINNING")


def test_bf16_is_near(tiny: ModelCard) -> None:
    module = tiny.build()
    batch = picture(tiny)
    exact = TorchEngine(module).run(batch)[-1]
    for name in engines():
        engine, _ = choose_engine(tiny, engine=name, precision="bf16", module=module)
        near = engine.run(batch)[-1]
        assert near.dtype == np.float32
        assert np.abs(near - exact).max() <= 0.05 * np.abs(exact).max()


def test_second_start_reads_the_converted_model(tiny: ModelCard, home: Path) -> None:
    pytest.importorskip("openvino")
    (home / "cache" / "openvino").unlink()
    torch.manual_seed(0)
    module = tiny.build()
    choose_engine(tiny, engine="openvino", module=module)
    kept = sorted((home / "cache" / "openvino").iterdir())
    assert [path.suffix for path in kept] == [".bin", ".xml"]
    written = kept[1].stat().st_mtime_ns
    engine, _ = choose_engine(tiny, engine="openvino", module=module)
    assert kept[1].stat().st_mtime_ns == written
    # Other weights are another model.
    torch.manual_seed(1)
    choose_engine(tiny, engine="openvino", module=tiny.build())
    assert len(list((home / "cache" / "openvino").iterdir())) == 4
    # A broken cache is made again.
    kept[1].write_text("<net>")
    again, _ = choose_engine(tiny, engine="openvino", module=module)
    assert np.array_equal(again.run(picture(tiny))[0], engine.run(picture(tiny))[0])


def test_without_openvino_torch_runs_and_says_so(
    tiny: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    engine, notice = choose_engine(tiny, device="cpu", module=tiny.build())
    assert engine.name == "torch"
    assert notice is not None
    assert "OpenVINO is not installed" in notice


def test_a_missing_device_falls_back_and_says_so(
    tiny: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poseviewer.models.engine.devices", lambda: ("cpu",))
    engine, notice = choose_engine(tiny, device="cuda", engine="torch", module=tiny.build())
    assert engine.device == "cpu"
    assert notice == "This machine has no CUDA device that torch can use; the CPU runs."


class Cramped(TwoStages):
    """A network on a device that has memory for `room` pictures at once."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.batches: list[int] = []

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.batches.append(len(image))
        if len(image) > self.room:
            msg = "CUDA out of memory. Tried to allocate 2.00 GiB."
            raise torch.OutOfMemoryError(msg)
        return super().forward(image)


class FakeGpu(TorchEngine):
    """The engine on a device that is called CUDA, in the memory of the CPU."""

    def __init__(self, module: nn.Module, *, device: str = "cpu", **options: Any) -> None:
        super().__init__(module, **options)
        self.device = device


def test_a_batch_that_is_too_large_for_the_memory_is_halved(tiny: ModelCard) -> None:
    cramped = Cramped(2)
    engine = TorchEngine(cramped)
    pictures = picture(tiny, 5)
    answers = engine.run(pictures)
    assert cramped.batches == [5, 3, 2, 2, 1]
    for number, stage in enumerate(answers):
        alone = np.concatenate([engine.run(one[None])[number] for one in pictures])
        assert np.allclose(stage, alone, atol=1e-6)
    # What is known not to fit is not tried again.
    cramped.batches.clear()
    engine.run(pictures, {1})
    assert cramped.batches == [2, 2, 1]


def test_a_device_without_memory_for_one_picture_is_one_sentence(tiny: ModelCard) -> None:
    with pytest.raises(DeviceMemoryError, match="too little memory left"):
        TorchEngine(Cramped(0)).run(picture(tiny))

    class Broken(TwoStages):
        def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
            msg = f"no kernel for {len(image)}"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="no kernel for 2"):
        TorchEngine(Broken()).run(picture(tiny, 2))


@pytest.mark.parametrize("room", [0, 4])
def test_the_cpu_takes_over_from_a_gpu_without_memory_and_says_so(
    tiny: ModelCard, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    cramped = Cramped(room)
    monkeypatch.setattr("poseviewer.models.engine.devices", lambda: ("cuda", "cpu"))
    monkeypatch.setattr("poseviewer.models.torch_engine.TorchEngine", FakeGpu)

    def elsewhere(engine: TorchEngine, *_: object) -> list[np.ndarray]:
        if engine.device == "cuda":
            cramped(torch.zeros(1, 3, 64, 64))
        return []

    monkeypatch.setattr(FakeGpu, "_answer", elsewhere)
    engine, notice = choose_engine(tiny, engine="auto", module=tiny.build())
    if room:
        assert (engine.device, notice) == ("cuda", None)
    else:
        assert engine.device == "cpu"
        assert notice == (
            "The CUDA device has too little memory left for hourglass-2: the CPU runs it."
        )


@pytest.mark.parametrize("choice", [{"engine": "onnx"}, {"device": "tpu"}, {"precision": "int3"}])
def test_unknown_choices_are_named(tiny: ModelCard, choice: dict[str, str]) -> None:
    (value,) = choice.values()
    with pytest.raises(PoseViewerError, match=value):
        choose_engine(tiny, module=tiny.build(), **choice)  # type: ignore[arg-type]


def test_a_card_without_weights_cannot_run() -> None:
    with pytest.raises(PoseViewerError, match="no weights"):
        choose_engine(card("hourglass-8"))


def test_the_cpu_is_always_there() -> None:
    assert devices()[-1] == "cpu"
    assert "torch" in engines()


def test_labels_read_well(tiny: ModelCard) -> None:
    assert TorchEngine(tiny.build(), precision="bf16").label == "Torch bf16, CPU"


def test_a_conversion_reports_to_nobody(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    # The telemetry package is asked for at OpenVINO's first import, so in a process of its own.
    script = (
        "import sys; from dataclasses import replace;"
        "from tests.models.test_engine import TwoStages;"
        "from poseviewer.models.engine import choose_engine;"
        "from poseviewer.models.registry import card;"
        "tiny = replace(card('hourglass-2'), input_size=(64, 64), build=TwoStages);"
        "engine, _ = choose_engine(tiny, engine='openvino', module=TwoStages().eval());"
        "assert engine.name == 'openvino';"
        "assert sys.modules['openvino_telemetry'] is None"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "HOME": str(tmp_path), "POSEVIEWER_HOME": str(tmp_path / "own")}
    subprocess.run([sys.executable, "-c", script], cwd=root, env=environment, check=True)
    assert not (tmp_path / "intel").exists()


def test_one_more_person_compiles_nothing(tiny: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    ov = pytest.importorskip("openvino")
    compiled = []
    usual = ov.Core.compile_model

    def watched(core: object, model: Any, *rest: object) -> object:
        compiled.append(tuple(model.input(0).shape))
        return usual(core, model, *rest)

    monkeypatch.setattr(ov.Core, "compile_model", watched)
    module = TwoStages().eval()
    for together in (1, 3):
        compiled.clear()
        engine, _ = choose_engine(tiny, engine="openvino", module=module, batch=together)
        for people in (3, 9, 12, 21):
            batch = picture(tiny, people)
            with torch.inference_mode():
                wanted = [stage.numpy() for stage in module(torch.from_numpy(batch))]
            for ours, theirs in zip(engine.run(batch), wanted, strict=True):
                np.testing.assert_allclose(ours, theirs, atol=1e-4)
        assert compiled == [(together, 3, 64, 64)]
