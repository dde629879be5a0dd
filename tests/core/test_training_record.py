"""The record of a training run: read while it grows, refused in a sentence when it is damaged."""

import json

import numpy as np
import pytest

from poseviewer.core.budget import VARIABLE
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.training_record import NothingRecordedError, coded, read_training


def lines(*, moments=1):
    head = {
        "kind": "begin", "model": "cpm-6", "supervised": "last", "stages": ["one", "two"],
        "layers": ["a", "b", "c"], "stage_of": [0, 0, 1],
        "pictures": coded(np.full((4, 8, 8, 3), 7, np.uint8)),
    }  # fmt: skip
    found = [head]
    for step in range(1, moments + 1):
        beliefs = np.full((4, 2, 3, 3), step, np.uint8)
        found += [
            {
                "kind": "step",
                "step": step,
                "losses": [2.0, 1.0 / step],
                "gradients": [0, 0.5, 1e-9],
            },
            {"kind": "judged", "step": step, "pck": [0.1, 0.2 * step]},
            {"kind": "maps", "step": step, "maps": coded(beliefs)},
        ]
    return found


def write(path, entries, *, cut=0):
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    path.write_text(text[: len(text) - cut])
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cpm-6.training.jsonl"


def test_what_was_written_is_read(file):
    record = read_training(write(file, lines(moments=3)))
    assert (record.model, record.supervised) == ("cpm-6", "last")
    assert record.steps.tolist() == [1, 2, 3]
    assert record.losses[:, 1].tolist() == [1.0, 0.5, 1 / 3]
    assert record.gradients.shape == (3, 3)
    assert record.pck[2].tolist() == [0.1, pytest.approx(0.6)]
    assert [one.step for one in record.maps] == [1, 2, 3]
    assert (record.maps[2].beliefs == 3).all()
    assert (record.pictures == 7).all()


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_last_line_that_is_half_written_is_left_out(file, cut):
    whole = read_training(write(file, lines(moments=2)))
    part = read_training(write(file, lines(moments=2), cut=cut))
    assert len(part.steps) == len(whole.steps)
    assert len(part.maps) == len(whole.maps) - 1


def test_a_run_that_has_only_begun_is_empty(file):
    record = read_training(write(file, lines(moments=0)))
    assert record.losses.shape == (0, 2)
    assert record.maps == ()


DAMAGES = {
    "no layers": lambda found: [{**found[0], "layers": [], "stage_of": []}],
    "stage of nothing": lambda found: [{**found[0], "stage_of": [0, 0, 2]}],
    "losses of another network": lambda found: [found[0], {**found[1], "losses": [1.0]}],
    "text": lambda found: [found[0], {**found[1], "losses": ["a", "b"]}],
    "maps of another network": lambda found: [
        found[0],
        {**found[3], "maps": coded(np.zeros((4, 3, 3, 3), np.uint8))},
    ],
    "too little": lambda found: [
        {**found[0], "pictures": {**found[0]["pictures"], "shape": [4, 9, 8, 3]}}
    ],
    "far too much": lambda found: [
        {**found[0], "pictures": {**found[0]["pictures"], "shape": [4, 512, 512, 512]}}
    ],
    "unknown": lambda found: [found[0], {"kind": "surprise"}],
    "back": lambda found: [found[0], found[1], found[1]],
    "more than all joints": lambda found: [found[0], {**found[2], "pck": [0.1, 1.1]}],
    "another code": lambda found: [
        {**found[0], "pictures": {**found[0]["pictures"], "data": "!"}},
    ],
}


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_record_is_one_sentence(file, damage):
    with pytest.raises(PoseViewerError) as raised:
        read_training(write(file, DAMAGES[damage](lines())))
    said = str(raised.value)
    assert said.startswith("cpm-6.training.jsonl ")
    assert len(said) < 300
    assert "\n" not in said


def test_what_is_no_record_is_refused(file):
    file.write_bytes(b"\x00\xff" * 300 + b"\n")
    with pytest.raises(PoseViewerError, match=r"cpm-6\.training\.jsonl"):
        read_training(file)


@pytest.mark.parametrize("text", ["", '{"kind": "beg'])
def test_a_record_whose_first_line_is_awaited_is_not_damaged(file, text):
    file.write_text(text)
    with pytest.raises(NothingRecordedError, match="yet"):
        read_training(file)


@pytest.mark.parametrize("written", ["null", "NaN", "Infinity", "-Infinity"])
def test_a_training_that_diverges_is_read_to_its_end(file, written):
    found = lines(moments=2)
    found[4] = {**found[4], "losses": [7e30, "HERE"]}
    file.write_text("".join(json.dumps(one) + "\n" for one in found).replace('"HERE"', written))
    losses = read_training(file).losses
    assert losses[0].tolist() == [2.0, 1.0]
    assert losses[1, 0] == 7e30
    assert np.isnan(losses[1, 1])


def test_what_unfolds_is_within_the_budget(file, monkeypatch):
    monkeypatch.setenv(VARIABLE, "8")
    head = lines()[0]
    large = coded(np.zeros((4, 2, 512, 512), np.uint8))
    maps = [{"kind": "maps", "step": step, "maps": large} for step in range(20)]
    write(file, [head, *maps])
    assert file.stat().st_size < 100_000
    with pytest.raises(PoseViewerError, match="more than 8 MB"):
        read_training(file)
    file.write_text(json.dumps(head) + "\n[" + "[]," * 100_000 + "[]]\n")
    with pytest.raises(PoseViewerError, match="more than 8 MB"):
        read_training(file)
