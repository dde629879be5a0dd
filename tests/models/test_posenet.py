"""PoseNet: the Hough map of drawn people, what is in its file, and its precision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.codec.offsets import OffsetCodec
from poseviewer.core.errors import PoseViewerError
from poseviewer.evaluation.assess import assess
from poseviewer.models.graphs import ModuleGraph
from poseviewer.models.importers.built import built_here
from poseviewer.models.importers.checkpoint import examine, store
from poseviewer.models.importers.tfjs import graph_def
from poseviewer.models.openvino_engine import OpenVinoEngine, openvino_module
from poseviewer.models.posenet import PoseNet, hough
from poseviewer.models.registry import card, shipped
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.models.weights import trained_module
from poseviewer.pipeline.estimate_offsets import OffsetEstimator
from poseviewer.truth.readers import read_truth
from tests.codec.test_offsets import drawn

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard

SIZE = (321, 193)
HEADS = ("heatmap_2", "offset_2", "displacement_fwd_2", "displacement_bwd_2")


def unlike() -> PoseNet:
    """The module with weights of which no map is flat."""
    torch.manual_seed(3)
    module = PoseNet().eval()
    with torch.no_grad():
        for head in (module.offset, module.forth, module.back):
            head.weight.mul_(2000)
        module.heatmap.weight.mul_(300)
    return module


def test_it_has_the_tensors_of_the_published_file() -> None:
    state = PoseNet().state_dict()
    assert len(state) == 62
    assert sum(tensor.numel() for tensor in state.values()) == 1_258_195


def test_torch_and_openvino_answer_alike() -> None:
    module, chosen = unlike(), replace(card("posenet-321"), name="posenet-test")
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, *SIZE[::-1])).astype(np.float32)
    slow = TorchEngine(module).run(picture)
    fast = OpenVinoEngine(ModuleGraph("posenet-test", module), card=chosen).run(picture)
    for ours, theirs in zip(slow, fast, strict=True):
        # A flat map would be equal whatever became of it.
        assert np.ptp(ours) > 0.1
        assert np.abs(ours - theirs).max() < 1e-4 * np.abs(ours).max()


def votes(joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    discs, offsets, *_ = OffsetCodec("coco-17").encode(joints, size=size)
    found = hough(torch.from_numpy(discs)[None], torch.from_numpy(offsets)[None])
    return found[0].numpy()


def test_a_whole_disc_votes_for_its_joint() -> None:
    joints = np.full((1, 17, 2), 160.0)
    joints[0, :, 0] += 4 * np.arange(17)
    found = votes(joints, SIZE)
    assert found.shape == (17, 49, 81)
    for joint in range(17):
        y, x = np.unravel_index(found[joint].argmax(), found[joint].shape)
        assert (4 * x, 4 * y) == tuple(joints[0, joint])
    # As many cells as a disc covers on average: 12.6 of 256 pixels.
    assert found.max(axis=(1, 2)).mean() == pytest.approx(1, abs=0.1)
    # Between the cells that voted it falls off in a straight line.
    row = found[0, 40, 40:46] / found[0, 40, 40]
    np.testing.assert_allclose(row, [1, 0.75, 0.5, 0.25, 0, 0], atol=1e-5)


def test_votes_are_where_the_joints_are() -> None:
    joints = drawn(7, 1)
    found = votes(joints, (641, 369))
    for joint in range(17):
        y, x = np.unravel_index(found[joint].argmax(), found[joint].shape)
        assert np.abs(np.array([4 * x, 4 * y]) - joints[0, joint]).max() <= 4


def test_votes_outside_the_picture_are_lost() -> None:
    discs, offsets = torch.zeros(1, 1, 3, 3), torch.full((1, 2, 3, 3), 100.0)
    discs[0, 0, 2, 2] = 1
    assert not hough(discs, offsets).any()


@pytest.fixture(scope="module")
def published(shared):
    return shared / "weights" / "posenet.json"


@pytest.fixture
def imported(published) -> ModelCard:
    return store(examine(published, shipped=shipped()), shipped=shipped())


def test_every_tensor_of_the_published_file_finds_its_place(published) -> None:
    assert built_here(published)
    candidate = examine(published, shipped=shipped())
    assert candidate.name == "posenet-513-google"
    assert candidate.match.complete
    assert len(candidate.match.places) == 62
    assert "Apache-2.0" in candidate.licence
    wide = examine(published, shipped=shipped(), wanted="posenet-801")
    assert wide.match.complete
    assert wide.recognised.card.input_size == (801, 465)


def test_the_published_network_answers_as_the_graph_does(published, imported, tmp_path) -> None:
    ov = openvino_module()
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 3, 385, 385)).astype(np.float32)
    discs, offsets, forth, back, _ = TorchEngine(trained_module(imported)).run(picture)
    graph = tmp_path / "posenet.pb"
    graph.write_bytes(graph_def(published))
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answers = compiled([np.moveaxis(picture, 1, -1)])
    by_name = {
        head: values
        for port, values in answers.items()
        for head in HEADS
        if any(head in name for name in port.get_names())
    }
    published_discs = np.moveaxis(by_name["heatmap_2"], -1, 1)
    np.testing.assert_allclose(discs, 1 / (1 + np.exp(-published_discs)), atol=1e-4)
    for ours, name in zip((offsets, forth, back), HEADS[1:], strict=True):
        theirs = np.moveaxis(by_name[name], -1, 1)
        half = theirs.shape[1] // 2
        np.testing.assert_allclose(ours[:, ::2], theirs[:, half:], atol=1e-2)
        np.testing.assert_allclose(ours[:, 1::2], theirs[:, :half], atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "threshold", "precisions"),
    [(321, 0.5, {4: 0.122}), (513, 0.5, {4: 0.216}), (801, 0.1, {0: 0.041, 1: 0.248, 4: 0.275})],
)
def test_precision_on_photos_is_what_was_measured(
    shared, published, size, threshold, precisions
) -> None:
    """AP of 249 people on 74 photos (docs/facts/networks.md), with 0, 1 and 2 refinements."""
    found = examine(published, shipped=shipped(), wanted=f"posenet-{size}")
    made = store(found, shipped=shipped())
    rules = replace(made.offsets.rules, threshold=threshold)
    made = replace(made, codec=replace(made.offsets, rules=rules))
    module = trained_module(made)
    estimator = OffsetEstimator(made, OpenVinoEngine(ModuleGraph(made.name, module), card=made))
    (truth,) = (one for one in read_truth(shared / "data", split="val", images=None) if one.table)
    measured = {one.name: one.scores["AP"].value for one in assess(estimator, truth).stages}
    for stage, precision in precisions.items():
        assert measured[made.stages[stage].name] == pytest.approx(precision, abs=0.005)


def test_a_damaged_file_is_refused_in_a_sentence(published, tmp_path) -> None:
    copied = tmp_path / "posenet.json"
    copied.write_bytes(published.read_bytes())
    (tmp_path / "posenet.bin").write_bytes(b"\0" * 1000)
    assert not built_here(copied)
    with pytest.raises(PoseViewerError, match=r"posenet\.json"):
        examine(copied, shipped=shipped())
