"""Imported graphs answer what their own program answers, whatever they are named."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import grouped
from poseviewer.models.engine import choose_engine
from poseviewer.models.graph_files.cards import called, examined, store, unknown, with_stages
from poseviewer.models.graph_files.description import as_json, from_json
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.measure import measured
from poseviewer.models.registry import card, cards
from tests.models.graph_files import graphs


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """A model folder of its own; graphs are ours, so they need no process of their own."""
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)


def imported(path, *, stages=(), **options):
    with examined(path, **options) as candidate:
        if stages:
            candidate = candidate.described(with_stages(candidate, stages))
        assert candidate.certain
        return store(candidate, name=called(candidate, None), shipped=())


def picture(one):
    """A picture as the engine gets it, and as the graph's own program does."""
    width, height = one.input_size
    pixels = np.random.default_rng(3).integers(0, 256, (1, height, width, 3), np.uint8)
    return one.normalisation.apply(pixels)


def answers(one):
    """What our engine gives for every stage."""
    engine, _ = choose_engine(one, threads=1)
    return [stage.copy() for stage in engine.run(picture(one))]


def theirs(path, given):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: given})


def test_heatmaps_are_those_of_the_graph(tmp_path):
    path = graphs.hrnet(tmp_path / "hrnet.onnx")
    one = imported(path)
    (expected,) = theirs(path, picture(one))
    found = answers(one)
    np.testing.assert_allclose(found[-1], expected, atol=1e-4)
    assert one.skeleton == "coco-17"
    assert one.input_size == (192, 256)
    assert one.stages[-1].stride == 4
    assert [spec.kind for spec in one.stages] == ["features", "heatmap"]


def test_a_transformer_of_heatmaps_has_its_cells_from_end_to_end(tmp_path):
    one = imported(graphs.vitpose(tmp_path / "vitpose.onnx"))
    ends = one.codec.to_input((64, 48)) @ np.array([[0, 47], [0, 63], [1, 1]])
    np.testing.assert_allclose(ends, [[0, 191], [0, 255]])
    other = imported(graphs.hrnet(tmp_path / "hrnet.onnx"))
    np.testing.assert_allclose(other.codec.to_input((64, 48)), [[4, 0, 0], [0, 4, 0]])


@pytest.mark.parametrize("joints", [17, 133])
def test_bins_are_read_at_their_peaks(tmp_path, joints):
    path = graphs.rtmpose(tmp_path / "rtmpose-m.onnx", joints=joints)
    one = imported(path)
    across, down = theirs(path, picture(one))
    found = answers(one)
    np.testing.assert_allclose(found[0][:, :, 0], across, atol=1e-4)
    np.testing.assert_allclose(found[1][:, :, :, 0], down, atol=1e-4)
    points = found[2][0, :, 0]
    np.testing.assert_allclose(points[:, 0], across[0].argmax(-1) / 2, atol=1e-4)
    np.testing.assert_allclose(points[:, 1], down[0].argmax(-1) / 2, atol=1e-4)
    sure = np.minimum(across[0].max(-1), down[0].max(-1))
    np.testing.assert_allclose(points[:, 2], sure, atol=1e-4)
    assert len(load_skeleton(one.skeleton).joints) == joints


def overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    both = np.prod(np.clip(high - low, 0, None))
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


def greedy(boxes, sure, *, least, most):
    """Rows of the people, the surest first; `most` is the overlap that two of them may have."""
    taken = []
    for row in np.argsort(-sure, kind="stable"):
        if sure[row] > least and all(overlap(boxes[row], boxes[t]) <= most for t in taken):
            taken.append(row)
    return taken


def test_rows_of_candidates_become_people(tmp_path):
    path = graphs.yolo(tmp_path / "yolo11n-pose.onnx")
    one = imported(path)
    rows = theirs(path, picture(one))[0][0].T
    x, y, w, h = rows[:, :4].T
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    taken = greedy(boxes, rows[:, 4], least=0.25, most=0.7)[:30]
    assert len(taken) > 1
    (points,) = answers(one)
    expected = rows[taken][:, 5:].reshape(len(taken), 17, 3) - np.array([0.5, 0.5, 0])
    np.testing.assert_allclose(points[0], expected.transpose(1, 0, 2), atol=1e-3, rtol=1e-5)
    assert one.everybody


def test_rows_that_the_graph_has_chosen_stay(tmp_path):
    path = graphs.yolo(tmp_path / "yolo26n-pose.onnx", chosen=True)
    one = imported(path)
    rows = theirs(path, picture(one))[0][0]
    order = np.argsort(-rows[:, 4], kind="stable")
    order = order[rows[order, 4] > 0.25][:30]
    (points,) = answers(one)
    expected = rows[order][:, 6:].reshape(len(order), 17, 3) - np.array([0.5, 0.5, 0])
    np.testing.assert_allclose(points[0], expected.transpose(1, 0, 2), atol=1e-3, rtol=1e-5)


def test_boxes_and_joints_of_rtmo(tmp_path):
    path = graphs.rtmo(tmp_path / "rtmo-s.onnx")
    one = imported(path)
    dets, joints = theirs(path, picture(one))
    taken = greedy(dets[0, :, :4], dets[0, :, 4], least=0.3, most=0.65)
    assert len(taken) > 1
    (points,) = answers(one)
    assert points.shape == (1, 17, len(taken), 3)
    expected = joints[0, taken] - np.array([0.5, 0.5, 0])
    np.testing.assert_allclose(points[0], expected.transpose(1, 0, 2), atol=1e-4, rtol=1e-5)
    assert one.normalisation.order == "bgr"


@pytest.mark.parametrize("side", [192, 256])
def test_movenet_gets_whole_numbers(tmp_path, side):
    path = graphs.movenet(tmp_path / "movenet.onnx", side=side)
    one = imported(path)
    given = np.moveaxis(picture(one), 1, -1).astype(np.int32)
    shares = theirs(path, np.ascontiguousarray(given))[0][0, 0]
    points = answers(one)[-1][0, :, 0]
    np.testing.assert_allclose(points[:, 0], shares[:, 1] * side - 0.5, atol=1e-2)
    np.testing.assert_allclose(points[:, 1], shares[:, 0] * side - 0.5, atol=1e-2)
    np.testing.assert_allclose(points[:, 2], shares[:, 2], atol=1e-4)
    assert ("Lightning" if side == 192 else "Thunder") in one.title


def test_sleap_gets_grey_bytes(tmp_path):
    path = graphs.sleap(tmp_path / "sleap.onnx")
    one = imported(path)
    grey = np.einsum("nchw,c->nhw", picture(one), np.float32([0.299, 0.587, 0.114]))
    peaks, values = theirs(path, np.rint(grey).astype(np.uint8)[:, None])
    found = answers(one)
    points = found[-1][0, :, 0]
    np.testing.assert_allclose(points[:, :2], peaks[0], atol=1e-4)
    np.testing.assert_allclose(points[:, 2], values[0], atol=1e-4)
    assert load_skeleton(one.skeleton).joints == tuple(f"joint_{i}" for i in range(1, 6))
    np.testing.assert_allclose(found[0].reshape(5, -1).max(1), values[0], atol=1e-4)


def test_peaks_are_moved_by_the_offsets_there(tmp_path):
    path = graphs.deeplabcut(tmp_path / "dlc.onnx")
    one = imported(path)
    maps, offsets = theirs(path, picture(one))
    found = answers(one)
    np.testing.assert_allclose(found[0], maps, atol=1e-4)
    np.testing.assert_allclose(found[1], offsets, atol=1e-4)
    points = found[2][0, :, 0]
    for joint in range(4):
        row, column = np.divmod(maps[0, joint].argmax(), 20)
        away = 7.2801 * offsets[0, 2 * joint : 2 * joint + 2, row, column]
        expected = np.array([8 * column + 3.5, 8 * row + 3.5]) + away
        np.testing.assert_allclose(points[joint, :2], expected, atol=1e-3)


def test_any_operation_can_be_a_stage(tmp_path):
    path = graphs.rtmpose(tmp_path / "rtmpose-m.onnx")
    with examined(path) as candidate:
        names = {one.source: one for one in candidate.tensors}
        likely = [one.source for one in candidate.tensors if one.likely]
    assert "maps" in names
    assert names["maps"].cells == (8, 6)
    assert likely
    one = imported(path, stages=["maps"])
    assert one.stages[0].name == "maps, 17 x 8 x 6"
    assert (one.stages[0].kind, one.stages[0].stride) == ("features", 32)
    across, _ = theirs(path, picture(one))
    found = answers(one)
    np.testing.assert_allclose(found[1][:, :, 0], across, atol=1e-4)
    with pytest.raises(PoseViewerError, match="no operation called 'mystery'"):
        imported(path, stages=["mystery"])


def test_what_is_stored_is_listed_and_measured(tmp_path):
    made = imported(graphs.hrnet(tmp_path / "HRNet w9.onnx"))
    assert made.name == "hrnet-w9"
    assert made.name in {one.name for one in cards()}
    again = card("hrnet-w9")
    assert again.trained
    assert again.stages == made.stages
    assert again.parameters == 8 * 3 * 4 + 8 + 17 * 8 * 4 + 17
    measures = measured(again)
    assert measures[-1].multiplications == 128 * 96 * 8 * 3 * 4 + 64 * 48 * 17 * 8 * 4
    assert measures[-1].receptive_field == 4
    assert len(grouped(again.stages)) == 2
    with pytest.raises(PoseViewerError, match="no module of PyTorch"):
        again.build()


def test_a_description_comes_back_from_json(tmp_path):
    for make in (graphs.hrnet, graphs.rtmpose, graphs.yolo, graphs.deeplabcut, graphs.sleap):
        with examined(make(tmp_path / "one.onnx")) as candidate:
            described = candidate.known
        assert from_json(json.loads(json.dumps(as_json(described)))) == described


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"answer": {"kind": "dance", "outputs": ["x"]}}, "none of heatmaps"),
        ({"answer": {"kind": "points", "outputs": ["x"], "numbers": "xx"}}, "one x and one y"),
        ({"size": [0, 9]}, "side of its input"),
        ({"mean": [1, 2, float("nan")]}, "its mean"),
        ({"joints": ["a", "a"], "skeleton": ""}, "two of one name"),
        ({"skeleton": ""}, "either a skeleton or joints"),
        ({"mystery": 1}, "unknown entry 'mystery'"),
        ({"stages": [{"source": "a", "title": "b", "use": "soup"}]}, "use of a stage"),
    ],
)
def test_a_wrong_description_is_told_in_a_clause(change, clause):
    right = {
        "title": "one",
        "skeleton": "coco-17",
        "size": [64, 64],
        "answer": {"kind": "heatmaps", "outputs": ["x"]},
    }
    from_json(right)
    with pytest.raises(ValueError, match=clause):
        from_json(right | change)


CARD = """
title = "Joints of mice"
joints = ["nose", "tail"]
bones = [[0, 1]]
size = [64, 64]
[answer]
kind = "points"
outputs = ["classes"]
numbers = "xys"
"""


def test_what_is_not_known_is_told_and_described_by_a_card(tmp_path):
    path = graphs.unknown(tmp_path / "mice.onnx")
    with examined(path) as candidate:
        assert not candidate.certain
        told = unknown(candidate)
    assert "input 1 x 3 x 64 x 64" in told
    assert "classes 1 x 10" in told
    (tmp_path / "mice.card.toml").write_text(CARD)
    one = imported(path)
    assert load_skeleton(one.skeleton).joints == ("nose", "tail")
    (classes,) = theirs(path, picture(one))
    expected = classes[0, :6].reshape(2, 3) - np.array([0.5, 0.5, 0])
    np.testing.assert_allclose(answers(one)[0][0, :, 0], expected, atol=1e-4)


def test_a_card_that_does_not_fit_is_refused(tmp_path):
    path = graphs.unknown(tmp_path / "mice.onnx")
    (tmp_path / "mice.card.toml").write_text(CARD.replace('"classes"', '"tail"'))
    with pytest.raises(PoseViewerError, match="no tensor called 'tail'"):
        imported(path)
