"""The published mobile graphs answer as the reference interpreter does."""

from __future__ import annotations

import sys
from importlib import util
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch

from poseviewer.models.importers.checkpoint import examine, store
from poseviewer.models.importers.files import read_contents
from poseviewer.models.importers.graph_network import GraphNetwork
from poseviewer.models.importers.graphdef import as_json, from_json, tensor_name
from poseviewer.models.registry import shipped
from poseviewer.models.weights import trained_module

if TYPE_CHECKING:
    from pathlib import Path

GRAPHS = [
    ("cpm_model.pb", "cpm_mv2_aic14", (192, 192)),
    ("hourglass_model.pb", "hourglass_mv2_aic14", (192, 192)),
    ("graph_opt.pb", "openpose_mnv2small_coco18", (160, 128)),
]


def reference(shared: Path, stem: str) -> Any:
    path = shared / "weights" / "graphnet.py"
    spec = util.spec_from_file_location("graphnet", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module.GraphNet(str(shared / "weights" / stem)).eval()


def photo(shared: Path, size: tuple[int, int], *, name: str = "messi5.jpg") -> np.ndarray:
    pixels = cv2.imread(str(shared / "photos" / name))
    return cv2.cvtColor(cv2.resize(pixels, size), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize(("file", "stem", "size"), GRAPHS)
# The interpreter opens its files without closing them.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_output_of_a_graph_agrees(
    file: str, stem: str, size: tuple[int, int], shared: Path
) -> None:
    theirs = reference(shared, stem)
    graph = read_contents(shared / "weights" / file).graph
    assert graph is not None
    steps = graph.reaching(*theirs.outs)
    assert from_json(as_json(steps)) == steps
    network = GraphNetwork(
        steps,
        outputs=tuple(theirs.outs),
        shapes={name: values.shape for name, values in graph.constants.items()},
    ).eval()
    used = {name for step in steps for name in step.constants}
    network.load_state_dict(
        {tensor_name(name): torch.from_numpy(graph.constants[name].copy()) for name in used}
    )
    image = torch.from_numpy(photo(shared, size)).permute(2, 0, 1)[None].float()
    if file == "graph_opt.pb":
        image = image / 127.5 - 1
    with torch.inference_mode():
        for ours, expected in zip(network(image), theirs(image), strict=True):
            assert ours.shape == expected.shape
            assert (ours - expected).abs().max() <= 2e-4


@pytest.mark.parametrize(
    ("file", "name", "stages", "side"),
    [("cpm_model.pb", "cpm-mobile", 6, 96), ("hourglass_model.pb", "hourglass-mobile", 4, 48)],
)
def test_a_mobile_network_is_imported_and_finds_the_person(
    file: str, name: str, stages: int, side: int, shared: Path
) -> None:
    made = store(examine(shared / "weights" / file, shipped=shipped()), shipped=shipped())
    assert (made.name, made.licence) == (name, "Apache-2.0")
    module = trained_module(made)
    assert sum(p.numel() for p in module.parameters()) == made.parameters
    batch = made.normalisation.apply(photo(shared, made.input_size)[None])
    with torch.inference_mode():
        maps = module(torch.from_numpy(batch))
    assert [tuple(m.shape) for m in maps] == [(1, 14, side, side)] * stages
    assert [spec.stride for spec in made.stages] == [192 // side] * stages
    _, score = made.heatmaps.decode(maps[-1].numpy())
    assert np.median(score) > 0.2


def test_the_mobile_openpose_is_imported_and_puts_a_person_together(shared: Path) -> None:
    made = store(examine(shared / "weights" / "graph_opt.pb", shipped=shipped()), shipped=shipped())
    assert (made.name, made.family, len(made.stages)) == ("openpose-mobile", "openpose", 12)
    module = trained_module(made)
    assert sum(p.numel() for p in module.parameters()) == made.parameters
    pixels = photo(shared, made.input_size, name="basketball1.png")
    with torch.inference_mode():
        maps = module(torch.from_numpy(made.normalisation.apply(pixels[None])))
    width, height = made.input_size
    for spec, values in zip(made.stages, maps, strict=True):
        assert values.shape == (1, len(spec.channels), height // 8, width // 8)
    people, _ = made.fields.decode(maps[-2][0].numpy(), maps[-1][0].numpy()).joints()
    # One man stands there whole; of the other only half is to be seen.
    assert np.isfinite(people[0]).all(axis=1).sum() >= 15
