"""The networks of a whole body are imported together, from archives of several kinds."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.engine import choose_engine
from poseviewer.models.graph_files.cards import called, examined, store
from poseviewer.models.graph_files.opened import convert_here, members, opened
from poseviewer.models.graph_files.tarballs import graphs_in
from poseviewer.models.measure import measured
from poseviewer.models.registry import card, complaints
from tests.models.graph_files.packages import npm, package, whole_body


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return whole_body(tmp_path_factory.mktemp("networks"))


def wheel(path, networks):
    with zipfile.ZipFile(path, "w") as archive:
        for name, network in networks.items():
            archive.writestr(f"mediapipe/modules/x/{name}", network)
    return path


@pytest.mark.parametrize("kind", ["npm", "wheel"])
def test_the_networks_of_an_archive_become_one(kind, tmp_path, networks):
    path = (
        npm(tmp_path / "holistic-0.5.tgz", networks)
        if kind == "npm"
        else wheel(tmp_path / "mediapipe.whl", networks)
    )
    with examined(path) as candidate:
        assert candidate.certain
        assert set(candidate.zooms) == {"hand_look", "hand", "face_look", "face"}
        assert called(candidate, None) == "holistic-full"
        one = store(candidate, name="whole", shipped=())
    assert one.skeleton == "holistic-203"
    assert one.parameters > 468 * 3
    listed = card("whole")
    assert listed == one or listed.stages == one.stages
    assert len(measured(listed)) == len(listed.stages) == 9
    engine, _ = choose_engine(listed, threads=1)
    (numbers,) = engine.look("hand_look", np.zeros((1, 3, 256, 256), np.float32))
    np.testing.assert_allclose(numbers, [128, 128, 128, 192], atol=1e-3)
    assert len(engine.run(np.zeros((1, 3, 256, 256), np.float32))) == 3


def test_one_network_of_them_can_be_chosen(tmp_path, networks):
    path = npm(tmp_path / "holistic.tgz", networks)
    assert "package/holistic_packed_assets.data/hand_recrop.onnx" in members(path)
    with examined(path, member="pose_landmark_full.onnx") as candidate:
        assert not candidate.zooms
        assert called(candidate, None) == "pose-landmark-full"
    with pytest.raises(PoseViewerError, match="--member"), examined(path, member="holistic-heavy"):
        pass


def test_a_network_of_another_shape_is_refused(tmp_path, networks):
    wrong = networks | {"face_landmark.onnx": networks["hand_recrop.onnx"]}
    with (
        pytest.raises(PoseViewerError, match=r"face_landmark\.onnx is not the network"),
        examined(npm(tmp_path / "holistic.tgz", wrong)),
    ):
        pass


def test_a_model_that_lost_a_part_says_so(tmp_path, networks):
    with examined(npm(tmp_path / "holistic.tgz", networks)) as candidate:
        store(candidate, name="whole", shipped=())
    folder = tmp_path / "home" / "data" / "models"
    (folder / "whole.face.xml").unlink()
    with pytest.raises(PoseViewerError, match=r"^whole was imported as a graph and cannot run"):
        choose_engine(card("whole"), threads=1)
    saved = json.loads((folder / "whole.json").read_text())
    (folder / "whole.json").write_text(json.dumps(saved | {"zooms": ["hand"]}))
    assert any("lacks a network of hands or face" in line for line in complaints())


def test_a_damaged_package_is_told_in_a_sentence(tmp_path, networks):
    path = npm(tmp_path / "holistic.tgz", networks)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PoseViewerError, match=r"holistic\.tgz"):
        members(path)
    beyond = npm(tmp_path / "beyond.tgz", networks, end=1 << 30)
    assert graphs_in(beyond)
    with pytest.raises(PoseViewerError), examined(beyond):
        pass
    none = package(tmp_path / "none.tgz", {"a_packed_assets_loader.js": b'"files": [1]'})
    with pytest.raises(PoseViewerError, match=r"none\.tgz"):
        members(none)


def test_a_package_is_unpacked_within_the_budget(tmp_path, monkeypatch):
    path = package(tmp_path / "bomb.tgz", {"zeros.bin": bytes(3 << 20)})
    assert path.stat().st_size < 10_000
    monkeypatch.setenv("POSEVIEWER_READ_BUDGET_MB", "2")
    with pytest.raises(PoseViewerError, match="more than 2 MB"):
        members(path)


def test_a_graph_of_tensorflow_js_comes_with_its_numbers(tmp_path, shared):
    folder = shared / "weights"
    files = {
        f"models/{name}": (folder / name).read_bytes() for name in ("posenet.json", "posenet.bin")
    }
    path = package(tmp_path / "models.tgz", {"package.json": b"{}", **files})
    assert members(path) == ("package/models/posenet.json",)
    with opened(path) as one:
        assert one.format == "TensorFlow.js"
        assert one.path.is_file()
    del files["models/posenet.bin"]
    lacking = package(tmp_path / "lacking.tgz", files)
    with pytest.raises(PoseViewerError, match=r"lacking\.tgz"), opened(lacking):
        pass
