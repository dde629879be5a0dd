"""Training a cascade on a pack of three pictures, stage after stage."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.deeppose_lite import deeppose_lite, whole_network
from poseviewer.models.facts import digest
from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.pipeline.estimate_cascade import Step
from poseviewer.training import cascade, parts
from poseviewer.training.cascade import train_cascade
from poseviewer.training.dataset import LabelledPerson, load_people
from poseviewer.training.heatmaps import epoch_people
from poseviewer.training.parts import PER_PERSON, PartBatches, Spread, spread
from poseviewer.training.recipe import Plan, place_loss

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard

MIRROR = load_skeleton("lsp-14").mirror


def tiny() -> torch.nn.Module:
    return deeppose_lite(side=64, part=32)


@pytest.fixture
def small() -> ModelCard:
    whole = card("deeppose-lite")
    codec = replace(whole.coords, side=32)
    return replace(whole, input_size=(64, 64), codec=codec, build=tiny)


@pytest.fixture
def plan(pack: Path, tmp_path: Path) -> Plan:
    torch.set_num_threads(1)
    return Plan(pack, tmp_path / "out", epochs=1, batch=2, coco_repeats=1, threads=1)


@pytest.mark.slow
def test_stages_are_learnt_in_turn(small: ModelCard, plan: Plan) -> None:
    scores = train_cascade(small, plan, command="poseviewer train")
    assert len(scores["lspet"]["pck@0.2"]) == 3  # type: ignore[index]
    weights = plan.out / "deeppose-lite.safetensors"
    told = json.loads(weights.with_suffix(".json").read_text())
    assert told["sha256"] == digest(weights)
    assert "coordinates of each stage" in told["rule"]
    kept = load_file(weights)
    assert {t.dtype for t in kept.values()} == {torch.float16}
    load_weights(tiny(), weights, sha256=told["sha256"])
    # Each later stage has learnt from what the one before left to be done.
    assert (kept["covariance"].float().diagonal(dim1=-2, dim2=-1)[:, :12] > 0).all()
    assert not torch.equal(kept["mean"][0], kept["mean"][1])

    # Nothing is left to be done, and nothing is lost.
    train_cascade(small, plan, resume=True)
    again = load_file(weights)
    assert again.keys() == kept.keys()
    assert all(torch.equal(again[key], value) for key, value in kept.items())

    train_cascade(small, replace(plan, epochs=2), resume=True)
    later = json.loads(weights.with_suffix(".json").read_text())
    assert later["steps"] > told["steps"]


@pytest.mark.slow
def test_stages_before_the_first_that_learns_stay(
    small: ModelCard, plan: Plan, tmp_path: Path
) -> None:
    start = tmp_path / "start.safetensors"
    before = {k: v.half() for k, v in tiny().state_dict().items() if v.is_floating_point()}
    save_file(before, start)
    train_cascade(small, replace(plan, first_stage=2), start=start)
    kept = load_file(plan.out / "deeppose-lite.safetensors")
    changed = {k.split(".")[:2][-1] for k, v in kept.items() if not torch.equal(v, before[k])}
    assert "2" in changed
    assert not changed & {"0", "1"}


def test_a_trunk_or_a_whole_cascade_starts_one(tmp_path: Path) -> None:
    donor = whole_network(joints=14, side=64)
    trunk = {k: v for k, v in donor.state_dict().items() if k.startswith("trunk.")}
    save_file({k: v for k, v in trunk.items() if v.is_floating_point()}, tmp_path / "a.safetensors")
    module = tiny()
    assert not cascade._start_from(module, tmp_path / "a.safetensors", trunk=None)
    stem = "networks.0.trunk.stem.1.weight"
    assert torch.equal(module.state_dict()[stem], donor.state_dict()[stem.split(".", 2)[2]])
    other = {k: v for k, v in tiny().state_dict().items() if v.is_floating_point()}
    save_file(other, tmp_path / "b.safetensors")
    assert cascade._start_from(module, tmp_path / "b.safetensors", trunk=None)
    assert all(torch.equal(module.state_dict()[k], v) for k, v in other.items())


def test_a_network_takes_over_what_fits() -> None:
    donor = whole_network(joints=14, side=64)
    taker = whole_network(joints=14, side=32)
    cascade._take_over(taker, donor)
    assert torch.equal(donor.trunk.stem[1].weight, taker.trunk.stem[1].weight)
    assert torch.equal(donor.answer.weight, taker.answer.weight)


def known(mean: float = 0.0, deviation: float = 0.1) -> Spread:
    return Spread(np.full((14, 2), mean), np.tile(np.eye(2) * deviation**2, (14, 1, 1)))


def batches(pack: Path, small: ModelCard, given: Spread) -> PartBatches:
    people = load_people(pack, split="train")
    crowd = epoch_people(people, Plan(pack, pack, coco_repeats=40))
    return PartBatches(crowd, size=8, card=small, mirror=MIRROR, seed=3, spread=given)


def test_targets_of_parts_are_the_way_back(pack: Path, small: ModelCard) -> None:
    """Section 3.2 of the paper: -delta / (sigma diam), up to the guess of the diameter."""
    made = batches(pack, small, known(0.3, 0.0))
    assert made.epoch % PER_PERSON == 0
    with made:
        taken = [made.take() for _ in range(20)]
    targets = []
    for batch in taken:
        assert batch.images.shape == (8, 32, 32, 3)
        assert ((batch.weight > 0).sum(axis=1) == 1).all()
        assert (batch.present <= (batch.weight > 0)).all()
        numbers = small.coords.encode(batch.joints, np.array([[-0.5, -0.5, 32, 32]]))
        targets.append(numbers[batch.present])
    found = np.concatenate(targets)
    assert len(found) > 50
    np.testing.assert_allclose(np.median(found, axis=0), -0.3 / 2, atol=0.02)


def test_parts_show_the_picture_about_their_joint(small: ModelCard) -> None:
    places = np.random.default_rng(0).uniform(60, 180, (14, 2)).astype(np.float32)
    image = np.zeros((240, 240, 3), np.uint8)
    for x, y in np.rint(places).astype(int):
        image[y - 1 : y + 2, x - 1 : x + 2] = 255
    seen = np.ones(14, bool)
    person = LabelledPerson(
        image, places, seen, seen.astype(np.float32), np.array([120.0, 120.0]), 200.0, "lspet"
    )
    calm = replace(small.coords, side=64)
    made = PartBatches(
        [person] * 4, size=8, card=replace(small, codec=calm), mirror=MIRROR, seed=0,
        spread=known(),
    )  # fmt: skip
    bright = []
    with made:
        for _ in range(6):
            batch = made.take()
            for n, joint in enumerate(batch.weight.argmax(axis=1)):
                x, y = np.rint(batch.joints[n, joint]).astype(int)
                patch = batch.images[n, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].astype(float)
                bright.append(patch.max() - np.median(batch.images[n].astype(float)))
    assert np.mean(np.array(bright) > 20) > 0.8


def test_the_spread_is_that_of_the_errors(small: ModelCard, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    seen = np.ones(14, bool)
    seen[12] = False
    people = [
        LabelledPerson(
            np.zeros((8, 8, 3), np.uint8),
            rng.uniform(0, 100, (14, 2)).astype(np.float32),
            seen, seen.astype(np.float32), np.array([50.0, 50.0]), 100.0, "lspet",
        )
        for _ in range(400)
    ]  # fmt: skip

    class Off:
        """Three tenths of a torso too low, with a tenth of it to chance."""

        def run(self, pixels, region, *, stages=None):
            assert stages == 1
            person = next(p for p in people if p.image is pixels)
            (length,) = parts.diameters([person], card=small)
            xy = person.joints + length * rng.normal([0, 0.3], 0.1, (14, 2))
            box = np.zeros((14, 4))
            return [Step(np.zeros((14, 2)), box, xy, np.ones(14), np.zeros((1, 3, 8, 8)), ())]

    found = spread(Off(), people, card=small, mirror=MIRROR, stages=1, rng=rng)  # type: ignore[arg-type]
    others = np.arange(14) != 12
    np.testing.assert_allclose(found.mean[others], np.tile([0, 0.3], (13, 1)), atol=0.03)
    np.testing.assert_allclose(
        found.covariance[others], np.tile(np.eye(2) * 0.01, (13, 1, 1)), atol=0.003
    )
    assert (found.covariance[12] == 0).all()


def test_the_loss_counts_known_places_and_honest_confidence() -> None:
    target = torch.zeros(2, 3, 2)
    present = torch.tensor([[True, True, False]] * 2)
    weight = torch.tensor([[1.0, 0.0, 0.2]] * 2)
    right = torch.zeros(2, 3, 1, 3)
    right[:, 0, :, 2], right[:, 2, :, 2] = 20, -20

    def loss(answer: torch.Tensor) -> float:
        return place_loss(answer, target, present=present, weight=weight, near=0.05).item()

    assert loss(right) == pytest.approx(0, abs=1e-6)
    elsewhere = right.clone()
    elsewhere[:, 1:, 0, :2] = 3  # not labelled, and nowhere
    assert loss(elsewhere) == pytest.approx(0, abs=1e-6)
    wrong = right.clone()
    wrong[:, 0, 0, 0] = 0.2
    assert loss(wrong) > 1
    boasting = right.clone()
    boasting[:, 2, 0, 2] = 5
    assert loss(boasting) > 0.5
    assert place_loss(
        right[..., :2], target, present=present, weight=weight, near=0.05
    ).item() == pytest.approx(0, abs=1e-6)
