from __future__ import annotations

import argparse
import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.cli.eval import chosen_stages, chosen_strengths, there
from poseviewer.cli.main import main
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.registry import card
from tests.dots import Dots, loader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "stages"),
    [("all", None), ("last", (-1,)), ("2", (1,)), ("3,1,3", (0, 2))],
)
def test_stages_are_counted_from_1(text, stages):
    assert chosen_stages(text) == stages


@pytest.mark.parametrize("text", ["0", "", "first", "1,x", "-1"])
def test_what_is_no_stage_is_bad_usage(text):
    with pytest.raises(argparse.ArgumentTypeError):
        chosen_stages(text)


def test_strengths_are_numbers_from_0_to_1():
    assert chosen_strengths("1,0,0.5,0.5") == (0.0, 0.5, 1.0)
    for text in ("", "1.1", "-0.1", "0,much", "nan"):
        with pytest.raises(argparse.ArgumentTypeError):
            chosen_strengths(text)


def test_strengths_without_what_they_are_of_are_refused(capsys, tmp_path):
    assert main(["eval", "--data", str(tmp_path), "--strengths", "0,1"]) == 1
    assert "what --spoil does" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--spoil", "dark"), ("--stages", "1"), ("--spoil", "dark", "--strengths", "1")]
)
@pytest.mark.parametrize("what", [("--measure", "mpjpe"), ("--answers", "a.json")])
def test_what_has_no_meaning_for_a_measure_is_refused(what, words, capsys):
    assert main(["eval", "--data", "mannequin", *what, *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"poseviewer: {words[0]} has no meaning with {what[0]}")


@pytest.mark.slow
def test_a_curve_of_spoilt_pictures_is_saved(shared: Path, tmp_path: Path, capsys):
    arguments = ["eval", "--data", str(shared / "data"), "--limit", "4", "--spoil", "dark"]
    assert main([*arguments, "--strengths", "0,1", "--out", str(tmp_path), "--json"]) == 0
    for one in json.loads(capsys.readouterr().out):
        stem = f"hourglass-lite-{one['set'].replace(' ', '-')}-dark"
        assert json.loads((tmp_path / f"{stem}.json").read_text()) == one
        assert one["strengths"] == [0, 1]
        last = one["stages"][-1]["values"]
        assert last[0] > last[1]
        with (tmp_path / f"{stem}.csv").open() as file:
            assert len(list(csv.DictReader(file))) == 2 * len(one["stages"])
        assert "of the light" in (tmp_path / f"{stem}.svg").read_text()


def test_a_stage_that_the_model_lacks_is_told():
    assert there(None, count=3, model="m") is None
    assert there((-1,), count=3, model="m") == (2,)
    assert there((0, 2), count=3, model="m") == (0, 2)
    with pytest.raises(PoseViewerError, match="stages 1 to 3, so there is no stage 4"):
        there((0, 3), count=3, model="m")


def test_failures_are_one_sentence(capsys, tmp_path):
    assert main(["eval", "--data", str(tmp_path)]) == 1
    assert "ground truth; give" in capsys.readouterr().err
    assert main(["eval", "--model", "hourglas-lite", "--data", str(tmp_path)]) == 1
    assert "did you mean hourglass-lite" in capsys.readouterr().err


def test_joints_in_space_are_measured_on_mannequins(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, drawn_lifter: Path
) -> None:
    monkeypatch.setattr("poseviewer.runtime.factories.load_network", loader(Dots()))
    words = ["eval", "--measure", "mpjpe", "--data", "mannequin", "--limit", "2"]
    assert main([*words, "--model", "hourglass-lite", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "random mannequins: 2 people, 14 joints, against the mannequin's own joints" in told
    assert "MPJPE" in told
    (path,) = tmp_path.iterdir()
    saved = json.loads(path.read_text())
    rows = dict(saved["rows"])
    assert rows["all depth 0, true across and down"]["mpjpe"] > 0
    assert rows["lifter, from the true joints in the picture"]["counted"] > 20


def test_markers_need_their_camera(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poseviewer.runtime.factories.load_network", loader(Dots()))
    words = ["eval", "--measure", "mpjpe", "--data", str(tmp_path / "walk.trc")]
    assert main([*words, "--camera", "cam01"]) == 1
    assert "Markers need --calibration FILE" in capsys.readouterr().err


@pytest.mark.slow
def test_markers_of_pose2sim_lie_on_the_person(shared: Path) -> None:
    from poseviewer.core.torso import torsos
    from poseviewer.pipeline.follow_person import RegionFollower
    from poseviewer.pipeline.run import run
    from poseviewer.runtime.factories import load_network
    from poseviewer.runtime.sections import NetworkState, ReadingState
    from poseviewer.truth.triangulated import read_triangulated
    from poseviewer.video.open import open_source

    folder = shared / "oracles" / "pose2sim"
    markers = read_triangulated(
        folder / "BalancingTrial_0-100.trc", folder / "Calib.qca.txt", camera="cam03"
    )
    estimator = load_network(NetworkState()).estimator(ReadingState())
    with open_source(str(shared / "videos" / "pose2sim_single_cam03.mp4")) as clip:
        _, result = next(iter(run(clip, estimator, RegionFollower())))
    joints = [name for name in markers.joints if estimator.skeleton.has(name)]
    found = result.poses.xy[0, [estimator.skeleton.index(name) for name in joints]]
    there = markers.xy[0, [markers.joints.index(name) for name in joints]]
    (torso,) = torsos(there[None], seen=np.ones((1, len(joints)), bool), names=joints, either=True)
    assert np.median(np.linalg.norm(found - there, axis=1)) < 0.25 * torso


@pytest.mark.slow
def test_a_few_real_people_are_measured_and_saved(shared: Path, tmp_path: Path, capsys):
    arguments = ["eval", "--data", str(shared / "data"), "--limit", "4", "--engine", "torch"]
    assert main([*arguments, "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["set"] for one in told] == ["lspet val", "coco val"]
    for one in told:
        stem = f"hourglass-lite-{one['set'].replace(' ', '-')}"
        assert json.loads((tmp_path / f"{stem}.json").read_text()) == one
        assert one["run"]["flip"] is False
        assert len(one["stages"]) == len(card("hourglass-lite").stages)
        with (tmp_path / f"{stem}.csv").open() as file:
            assert {row["model"] for row in csv.DictReader(file)} == {"hourglass-lite"}
        assert "by joint" in (tmp_path / f"{stem}.svg").read_text()


@pytest.mark.slow
def test_the_window_s_way_agrees_with_validation_while_training(shared: Path):
    """Crops of the pack are resampled alike by both, so only rounding may differ."""
    from poseviewer.evaluation.assess import assess
    from poseviewer.models.weights import trained_module
    from poseviewer.runtime.factories import load_network
    from poseviewer.runtime.sections import NetworkState, ReadingState
    from poseviewer.training.dataset import load_people
    from poseviewer.training.evaluate import report
    from poseviewer.truth.readers import read_truth

    lite = card("hourglass-lite")
    people = {
        "lspet": load_people(shared / "data", split="val", skeleton=lite.skeleton)["lspet"][:48]
    }
    validated = report(trained_module(lite), people, card=lite)["lspet"]
    truth = read_truth(shared / "data")[0]
    network = load_network(NetworkState(engine="torch"))
    found = assess(network.estimator(ReadingState()), truth, limit=48)
    assert found.stages[-1].scores["PCK@0.2"].counted == validated["joints"]
    for stage, pooled in zip(found.stages, validated["pck@0.2"], strict=True):
        assert stage.scores["PCK@0.2"].value == pytest.approx(pooled, abs=0.01)
