"""The window's importer: reads a graph on a thread, tries it on a frame, stores it, forgets it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.models.graph_files.opened import convert_here
from poseviewer.models.importers.folder import model_folder
from poseviewer.models.registry import card
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.importing import NetworkImporter, Read, Tried
from poseviewer.runtime.store import Store
from tests.models.graph_files import graphs


@pytest.fixture
def importer(tmp_path, monkeypatch):
    """One whose work is done at once, and what it answered."""
    monkeypatch.setenv("POSEVIEWER_HOME", str(tmp_path / "home"))

    def here(path, name, folder):
        convert_here(path, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    monkeypatch.setattr("poseviewer.models.graph_files.opened._converted", here)
    listed = []
    made = NetworkImporter(
        Store(lambda: None),
        start=lambda job: job.run(),
        listed=lambda: listed.append(1),
    )
    answers = []
    made.watch(answers.append)
    yield made, answers, listed
    made.close()


def frame():
    pixels = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    return Frame(pixels, 0, Timestamp(0, Fraction(1)))


def test_a_graph_is_read_tried_and_imported(importer, tmp_path):
    made, answers, listed = importer
    made.read(graphs.yolo(tmp_path / "yolo11n-pose.onnx"))
    read = answers.pop()
    assert isinstance(read, Read)
    assert read.certain
    assert read.model == "yolo11n-pose"
    assert read.form.kind == "people"
    made.try_out(read.form, (), frame())
    tried = answers.pop()
    assert isinstance(tried, Tried)
    assert tried.picture.shape == (120, 160, 3)
    made.import_(read.form, (), name="mine")
    assert answers.pop() == "mine"
    assert listed == [1]
    assert card("mine").everybody


def test_what_is_removed_is_gone_and_its_neighbour_stays(importer, tmp_path):
    made, answers, listed = importer
    for name in ("mine", "mine.two"):
        made.read(graphs.yolo(tmp_path / "yolo11n-pose.onnx"))
        made.import_(answers.pop().form, (), name=name)
        assert answers.pop() == name
    assert model_info(card("mine")).imported
    made.remove("mine")
    assert listed == [1, 1, 1]
    assert {path.name.split(".two")[0] for path in model_folder().iterdir()} == {"mine"}
    assert model_info(card("mine.two")).imported
    with pytest.raises(PoseViewerError):
        card("mine")
    assert (tmp_path / "yolo11n-pose.onnx").exists()
    # What ships, or is not there, is not removed.
    for name in ("cpm-lite", "mine", "../mine.two"):
        made.remove(name)
        assert made._store.state.notices[-1].text == f"There is no imported model called {name}."
    assert not model_info(card("cpm-lite")).imported
    made.remove("mine.two")
    assert list(model_folder().iterdir()) == []


def test_what_a_person_says_counts(importer, tmp_path):
    made, answers, _ = importer
    made.read(graphs.unknown(tmp_path / "mystery.onnx"))
    read = answers.pop()
    assert not read.certain
    assert "of no network that PoseViewer knows" in read.what
    made.try_out(read.form, (), frame())
    assert isinstance(answers.pop(), PoseViewerError)
    said = replace(read.form, skeleton="", joints=5, numbers="yx", values="ImageNet", order="bgr")
    made.import_(said, (), name="mine")
    assert answers.pop() == "mine"
    one = card("mine")
    assert len(one.stages[0].channels) == 5
    assert one.normalisation.order == "bgr"
    assert one.normalisation.mean == (123.675, 116.28, 103.53)
    made.import_(said, (), name="mine")
    assert "already" in str(answers.pop())


def test_what_cannot_be_read_is_told_and_what_was_closed_is_forgotten(importer, tmp_path):
    made, answers, _ = importer
    (tmp_path / "a.onnx").write_bytes(b"no graph")
    made.read(tmp_path / "a.onnx")
    assert "a.onnx is not a network" in str(answers.pop())
    made.read(graphs.hrnet(tmp_path / "hrnet.onnx"))
    form = answers.pop().form
    made.close()
    made.watch(answers.append)
    made.import_(form, (), name="mine")
    assert "closed meanwhile" in str(answers.pop())


def test_what_takes_no_picture_is_refused_in_words_of_the_window(importer, tmp_path):
    made, answers, _ = importer
    made.read(graphs.wordy(tmp_path / "words.onnx"))
    refusal = answers.pop()
    assert "takes no picture; choose another file." in str(refusal)
    assert "--" not in str(refusal)


def test_a_checkpoint_is_imported_as_it_is(importer, tmp_path):
    made, answers, listed = importer
    path = tmp_path / "openpose-lightweight.pth"
    module = card("openpose-lightweight-0").build()
    torch.save({"state_dict": module.state_dict()}, path)
    made.read(path)
    read = answers.pop()
    assert isinstance(read, Read)
    assert read.form is None
    assert "parameters" in read.what
    made.import_(None, (), name="mine")
    assert answers.pop() == "mine"
    assert listed == [1]
    assert card("mine").family == "openpose"
    made.import_(None, (), name="Not a name")
    assert "cannot be a model's name" in str(answers.pop())
    made.close()
    made.watch(answers.append)
    made.import_(None, (), name="again")
    assert "closed meanwhile" in str(answers.pop())


def test_a_checkpoint_that_does_not_fit_is_told(importer, tmp_path):
    made, answers, _ = importer
    path = tmp_path / "part.pth"
    state = card("openpose-lightweight-0").build().state_dict()
    torch.save(dict(list(state.items())[:-2]), path)
    made.read(path)
    assert "nothing was imported" in str(answers.pop())


def test_a_graph_whose_network_is_built_here_is_stored_as_its_module(importer, shared):
    made, answers, listed = importer
    made.read(shared / "weights" / "posenet.json")
    read = answers.pop()
    assert (read.form, read.model) == (None, "posenet-513-google")
    assert "62 tensors fit, 1,258,195 parameters" in read.what
    made.import_(None, (), name="mine")
    assert answers.pop() == "mine"
    assert listed == [1]
    found = card("mine")
    assert found.graph is None
    assert len(found.stages) == 5
