"""A run that is watched leaves a record: true gradients, losses by stage, maps as they form."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from poseviewer.core.training_record import read_training
from poseviewer.models.hourglass_lite import HourglassLite
from poseviewer.models.registry import card
from poseviewer.training.heatmaps import train
from poseviewer.training.recipe import Plan
from poseviewer.training.recorder import Recorder, layers, stages_of


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def small():
    whole = card("hourglass-lite")
    return replace(
        whole,
        input_size=(64, 64),
        build=lambda: HourglassLite(stacks=2, features=16),
        stages=whole.stages[:2],
    )


def record_of(small, pack, out, *, every=True, epochs=2):
    plan = Plan(
        pack, out, epochs=epochs, batch=2, coco_repeats=1, threads=1, judged=False, watched=True,
        supervise_all=every,
    )  # fmt: skip
    train(small, plan)
    return read_training(out / "hourglass-lite.training.jsonl")


def test_a_watched_run_leaves_a_record(small, pack, tmp_path):
    record = record_of(small, pack, tmp_path)
    assert (record.model, record.supervised) == ("hourglass-lite", "every")
    assert record.stages == tuple(spec.name for spec in small.stages)
    assert record.steps[0] == 1
    assert np.isfinite(record.losses).all()
    assert (record.losses > 0).all()
    assert record.maps[0].step == 0
    assert record.maps[0].beliefs.shape[:2] == (len(record.pictures), 2)
    assert len(record.judged) == len(record.maps)
    # Layers stand in the order of the stages they belong to.
    assert (np.diff(record.stage_of) >= 0).all()


def test_supervised_at_the_last_stage_alone_an_earlier_head_learns_less(small, pack, tmp_path):
    every = record_of(small, pack, tmp_path / "every", epochs=1)
    last = record_of(small, pack, tmp_path / "last", every=False, epochs=1)
    assert last.supervised == "last"
    # The same weights, the same batch: the first step differs in its loss alone.
    np.testing.assert_allclose(last.losses[0], every.losses[0], rtol=0.02)
    assert every.layers == last.layers
    first = every.stage_of == 0
    assert last.gradients[0][first].sum() < every.gradients[0][first].sum()


def test_each_layer_belongs_to_the_first_stage_that_needs_it():
    module = card("cpm-6").build()
    named = layers(module)
    found = stages_of(module, [weights for _, weights in named], side=64)
    # Its authors number the layers' stages in their names.
    assert found == [int(name[-1]) - 1 for name, _ in named]


def test_what_is_recorded_is_the_gradient_before_it_is_limited(small, pack, tmp_path, monkeypatch):
    seen = []
    original = torch.nn.utils.clip_grad_norm_

    def spy(parameters, most):
        chosen = list(parameters)
        seen.append(
            [float(p.grad.abs().mean()) for p in chosen if p.dim() > 1 and p.grad is not None]
        )
        return original(chosen, most)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", spy)
    record = record_of(small, pack, tmp_path, epochs=1)
    assert sorted(record.gradients[0]) == pytest.approx(sorted(seen[0]), rel=0.01)


def test_a_run_that_goes_on_keeps_its_record(small, pack, tmp_path):
    record = record_of(small, pack, tmp_path, epochs=2)
    last = int(record.steps[-1])
    # The record may be ahead of the checkpoint that a killed run left.
    path = tmp_path / "hourglass-lite.training.jsonl"
    ahead = {"step": 500, "losses": [1, 1], "gradients": [0] * len(record.layers)}
    with path.open("a") as file:
        file.write(json.dumps({"kind": "step", **ahead}) + '\n{"kind": "st')
    plan = Plan(
        pack, tmp_path, epochs=4, batch=2, coco_repeats=1, threads=1, judged=False, watched=True
    )
    train(small, plan, resume=True)
    more = read_training(path)
    known = len(record.steps)
    np.testing.assert_array_equal(more.steps[:known], record.steps)
    np.testing.assert_array_equal(more.losses[:known], record.losses)
    assert last < more.steps[-1] < 500
    # What is measured before the first step is of the step that is gone on from.
    assert more.judged[more.judged > last].size
    assert (np.diff(more.judged) > 0).all()
    assert more.maps[0].step == 0


def test_another_network_begins_its_own_record(small, pack, tmp_path):
    record_of(small, pack, tmp_path, every=False, epochs=1)
    plan = Plan(
        pack, tmp_path, epochs=2, batch=2, coco_repeats=1, threads=1, judged=False, watched=True
    )
    train(small, plan, resume=True)
    record = read_training(tmp_path / "hourglass-lite.training.jsonl")
    assert record.supervised == "every"
    assert record.judged[0] == record.maps[0].step > 0


def test_a_full_disk_ends_the_record_and_not_the_training(
    small, pack, tmp_path, monkeypatch, caplog
):
    original = Recorder.step

    def step(self, losses, *, step):
        # A folder cannot be appended to.
        self.path = tmp_path
        original(self, losses, step=step)

    monkeypatch.setattr(Recorder, "step", step)
    record = record_of(small, pack, tmp_path, epochs=1)
    said = [one for one in caplog.records if one.name.endswith("recorder")]
    assert not len(record.steps)
    assert len(record.maps) == 1
    assert len(said) == 1
    assert (tmp_path / "hourglass-lite.safetensors").is_file()


def test_numbers_that_are_none_are_null(small, tmp_path):
    recorder = Recorder(tmp_path, card=small, side=64, every=True, held_out={"coco": []})
    recorder.path.write_text("")
    recorder.step([float("nan"), float("inf")], step=1)
    assert json.loads(recorder.path.read_text())["losses"] == [None, None]
