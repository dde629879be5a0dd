"""Files with graphs are opened safely: in a process of their own, and archives within bounds."""

from __future__ import annotations

import zipfile
from io import BytesIO

import numpy as np
import onnx
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.graph_files import opened as module
from poseviewer.models.graph_files.opened import format_of, members, opened
from poseviewer.models.openvino_engine import openvino_module
from tests.models.graph_files import graphs

TFLITE = b"\x1c\x00\x00\x00TFL3" + bytes(64)


def bundle(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def packed(files):
    data = BytesIO()
    bundle(data, files)
    return data.getvalue()


@pytest.fixture
def unread(monkeypatch):
    """Says which bytes OpenVINO would read."""
    seen = []

    def note(path, name, _folder):
        seen.append((name, path.read_bytes()))
        return path

    monkeypatch.setattr(module, "_converted", note)
    return seen


@pytest.mark.slow
def test_a_graph_is_read_in_a_process_of_its_own(tmp_path):
    path = graphs.hrnet(tmp_path / "hrnet.onnx")
    with opened(path) as one:
        model = openvino_module().Core().read_model(one.path)
        assert [tuple(port.get_shape()) for port in model.inputs] == [(1, 3, 256, 192)]
        folder = one.path.parent
    assert not folder.exists()
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(TFLITE)
    with pytest.raises(PoseViewerError, match=r"damaged\.tflite cannot be read by OpenVINO"):
        opened(damaged).__enter__()


def test_a_bundle_gives_its_landmarks(tmp_path, unread):
    files = {"pose_detector.tflite": TFLITE, "pose_landmarks_detector.tflite": TFLITE + b"1"}
    path = bundle(tmp_path / "pose_landmarker.task", files)
    assert members(path) == tuple(files)
    assert format_of(path) == "archive"
    with opened(path) as one:
        assert (one.name, one.format) == ("pose_landmarks_detector.tflite", "TensorFlow Lite")
    with opened(path, member="pose_detector.tflite"):
        pass
    assert [data for _, data in unread] == [TFLITE + b"1", TFLITE]


def test_a_bundle_in_a_bundle_and_a_wheel_are_opened(tmp_path, unread):
    inner = packed({"hand_landmark.tflite": TFLITE})
    path = bundle(tmp_path / "holistic.task", {"hand.task": inner})
    assert members(path) == ("hand.task/hand_landmark.tflite",)
    wheel = bundle(tmp_path / "a.whl", {"pkg/one.tflite": TFLITE, "pkg/two.tflite": TFLITE})
    with opened(path), opened(wheel, member="pkg/two.tflite"):
        assert len(unread) == 2
    with pytest.raises(PoseViewerError, match=r"several networks.*pkg/one\.tflite"):
        opened(wheel).__enter__()


@pytest.mark.parametrize("name", ["../../evil.tflite", "/tmp/evil.tflite", "..\\evil.tflite"])
def test_nothing_is_written_where_an_archive_says(tmp_path, unread, name):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    path = bundle(tmp_path / "deep" / "er" / "a.task", {name: TFLITE})
    before = set(tmp_path.rglob("*"))
    with opened(path):
        pass
    assert set(tmp_path.rglob("*")) == before
    assert unread[0][1] == TFLITE


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, unread):
    path = tmp_path / "big.task"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.tflite", TFLITE + bytes(3 << 20))
    monkeypatch.setenv("POSEVIEWER_READ_BUDGET_MB", "2")
    with pytest.raises(PoseViewerError, match="more than 2 MB"):
        opened(path).__enter__()
    assert not unread


def test_an_archive_without_networks_says_so(tmp_path):
    with pytest.raises(PoseViewerError, match="nothing to import"):
        opened(bundle(tmp_path / "a.whl", {"a.py": b"1"})).__enter__()
    (tmp_path / "b.task").write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(PoseViewerError, match="damaged archive"):
        opened(tmp_path / "b.task").__enter__()


def test_numbers_in_another_file_are_not_read(tmp_path, unread):
    make = graphs.Maker((1, 3, 64, 64))
    make.maps("output", 17, stride=4)
    make.output("output", [1, 17, 16, 16])
    path = make.write(tmp_path / "plain.onnx")
    model = onnx.load(path)
    elsewhere = tmp_path / "elsewhere.onnx"
    onnx.save_model(
        model, elsewhere, save_as_external_data=True, location="numbers.bin", size_threshold=0
    )
    with pytest.raises(PoseViewerError, match="keeps its numbers in another file"):
        opened(elsewhere).__enter__()
    with opened(path):
        assert len(unread) == 1


def test_other_files_are_none(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.pth").write_bytes(b"PK\x03\x04")
    np.save(tmp_path / "c.npy", np.zeros(3))
    assert [format_of(tmp_path / name) for name in ("a.json", "b.pth", "c.npy", "none")] == [
        None
    ] * 4
