"""Graphs of networks: exported ones need no torch and answer the same; no other is ever taken."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.core import assets
from poseviewer.core.errors import PoseViewerError
from poseviewer.models import graphs
from poseviewer.models.engine import choose_engine, devices, engines, require_torch, stage_cards
from poseviewer.models.facts import graph_exported, weights_hash
from poseviewer.models.finder import FinderCard
from poseviewer.models.graphs import ModuleGraph, ShippedGraph, convert, exported_path, save
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ov = pytest.importorskip("openvino")
ROOT = Path(__file__).resolve().parents[2]
SIZE = (64, 48)
WITHOUT_TORCH = """
import sys
from importlib.abc import MetaPathFinder

class NoTorch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else real(name, *rest)
from poseviewer.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


class Small(nn.Module):
    """A network of two stages with what the ones that ship have: normalisation and resizing."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        beliefs = self.first(image)
        larger = nn.functional.interpolate(self.second(beliefs), scale_factor=2.0)
        return beliefs, larger


@pytest.fixture
def small() -> Small:
    torch.manual_seed(0)
    return Small().half().float().eval()


@pytest.fixture
def elsewhere(monkeypatch, tmp_path) -> Iterator[Path]:
    """A folder that takes the place of `weights/`."""
    folder = tmp_path / "weights"
    (folder / "openvino").mkdir(parents=True)
    monkeypatch.setenv("POSEVIEWER_WEIGHTS", str(folder))
    assets._root.cache_clear()
    yield folder
    monkeypatch.undo()
    assets._root.cache_clear()


def module_of(path: str) -> ModuleType:
    """A script of packaging/."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "packaging" / path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def never() -> nn.Module:
    raise AssertionError("torch was asked for a network that was exported")


def answers(model, batch):
    model.reshape(list(batch.shape))
    request = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [np.array(one) for one in request(batch).values()]


def picture(size=SIZE, n=1):
    return np.random.default_rng(1).normal(size=(n, 3, size[1], size[0])).astype(np.float32)


@pytest.mark.parametrize(("size", "n"), [(SIZE, 1), ((96, 32), 1), (SIZE, 3)])
def test_one_graph_serves_every_shape(small, size, n):
    batch = picture(size, n)
    with torch.inference_mode():
        wanted = [stage.numpy() for stage in small(torch.from_numpy(batch))]
    for ours, theirs in zip(answers(convert(small, (1, 3, 48, 64)), batch), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_weights_that_are_exact_in_half_precision_are_so_in_the_file(small, tmp_path):
    model = convert(small, (1, 3, 48, 64))
    for half in (False, True):
        save(model, tmp_path / f"{half}.xml", ov, half=half)
    whole, halved = (tmp_path / f"{half}.bin" for half in (False, True))
    assert halved.stat().st_size < 0.7 * whole.stat().st_size
    both = [answers(ov.Core().read_model(tmp_path / f"{h}.xml"), picture()) for h in (False, True)]
    assert all(np.array_equal(one, other) for one, other in zip(*both, strict=True))


def test_an_exported_network_needs_no_module(small, elsewhere):
    path = exported_path("small", "ab" * 32)
    assert path.parent == elsewhere / "openvino"
    save(convert(small, (1, 3, 48, 64)), path, ov)
    graph = ShippedGraph("small", sha256="ab" * 32, module=never, size=SIZE)
    assert len(answers(graph.shaped((1, 3, 32, 96), ov), picture((96, 32)))) == 2
    for other in ("cd" * 32, ""):
        with pytest.raises(AssertionError, match="torch was asked"):
            ShippedGraph("small", sha256=other, module=never, size=SIZE).shaped((1, 3, 48, 64), ov)


@pytest.mark.parametrize("changed", ["_versions", "_torch_version", "_sources"])
def test_a_cached_graph_is_of_these_versions_and_sources(small, changed, monkeypatch, home):
    asked = []

    def module() -> nn.Module:
        asked.append(1)
        return small

    for _ in range(2):
        ShippedGraph(changed, sha256="0", module=module, size=SIZE).shaped((1, 3, 48, 64), ov)
    assert len(asked) == 1
    monkeypatch.setattr(graphs, changed, lambda: "others")
    ShippedGraph(changed, sha256="0", module=module, size=SIZE).shaped((1, 3, 48, 64), ov)
    assert len(asked) == 2


def test_a_module_of_any_kind_is_converted_for_each_shape(small, home):
    folder = home / "cache" / "openvino"
    before = set(folder.glob("given-*.xml"))
    for size in (SIZE, (96, 32), SIZE):
        ModuleGraph("given", small).shaped((1, 3, size[1], size[0]), ov)
    assert len(set(folder.glob("given-*.xml")) - before) == 2


def test_weights_may_be_left_out_where_the_network_was_exported(small, elsewhere):
    chosen = card("cpm-lite")
    known = {"sha256": "ef" * 32}
    (elsewhere / "cpm-lite.json").write_text(json.dumps(known), encoding="utf-8")
    assert not chosen.trained
    save(convert(small, (1, 3, 48, 64)), exported_path("cpm-lite", "ef" * 32), ov)
    assert chosen.trained
    assert weights_hash(chosen) == "ef" * 32
    # Weights that are there are never passed over.
    (elsewhere / "cpm-lite.safetensors").write_bytes(b"others")
    with pytest.raises(PoseViewerError, match="not the file that its card describes"):
        choose_engine(chosen, engine="openvino")


def test_a_cascade_is_exported_stage_by_stage(small, elsewhere):
    (elsewhere / "deeppose-lite.json").write_text('{"sha256": "' + "12" * 32 + '"}')
    parts = stage_cards(card("deeppose-lite"))
    assert [part.name for part in parts] == [f"deeppose-lite-{n}" for n in (1, 2, 3)]
    assert [len(part.stages) for part in parts] == [1, 1, 1]
    assert not card("deeppose-lite").trained
    save(convert(small, (1, 3, 48, 64)), exported_path(parts[0].name, "12" * 32), ov)
    assert card("deeppose-lite").trained


def test_without_torch_what_needs_it_says_so(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "torch" else real(n))
    assert engines() == ("openvino",)
    assert devices() == ("cpu",)
    with pytest.raises(PoseViewerError, match="needs PyTorch"):
        require_torch()
    with pytest.raises(PoseViewerError, match="needs PyTorch"):
        choose_engine(card("hourglass-lite"), engine="torch")


def test_torch_is_asked_for_devices_only_where_there_is_a_driver(monkeypatch):
    monkeypatch.setattr("poseviewer.models.engine._gpu_driver", lambda: False)
    monkeypatch.setitem(sys.modules, "poseviewer.models.torch_engine", None)
    assert devices() == ("cpu",)
    monkeypatch.setattr("poseviewer.models.engine._gpu_driver", lambda: True)
    with pytest.raises(ImportError):
        devices()


def test_the_detector_is_known_by_its_card():
    known = weights_hash(FinderCard())
    assert len(known) == 64
    assert not graph_exported(replace(card("cpm-lite"), weights=Path("/nowhere/x")).weights_path)


@pytest.mark.slow
def test_without_torch_the_same_answers_come_from_exported_networks(tmp_path):
    """The whole path of `run`, in processes of their own: person detector, network, angles."""
    wanted = ("hourglass-lite", "finder-lite")
    written = module_of("export_networks.py").export(tmp_path / "weights", wanted)
    assert [path.name.rsplit("-", 1)[0] for path in written] == list(wanted)
    assert not list((tmp_path / "weights").glob("*-lite.safetensors"))
    command = ["run", "mannequin-clip:320x240@30x6", "--model", "hourglass-lite"]
    told = []
    for start, weights in (
        ([sys.executable, "-c", WITHOUT_TORCH], tmp_path / "weights"),
        ([sys.executable, "-m", "poseviewer"], ROOT / "weights"),
    ):
        environment = {
            **os.environ,
            "POSEVIEWER_WEIGHTS": str(weights),
            "POSEVIEWER_HOME": str(tmp_path / "home"),
        }
        done = subprocess.run(
            [*start, *command, "--engine", "openvino"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    assert told[0] == told[1]
    assert len(told[0].splitlines()) == 6
