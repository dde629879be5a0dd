"""Accuracy per stage and joint of models whose answers are known."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import Angles
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.parsing import Candidates, LimbScores, Parsing
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.evaluation.assess import Assessment, assess
from poseviewer.evaluation.report import COLUMNS, chart, lines, record, table
from poseviewer.models.registry import card
from poseviewer.truth.readers import read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.frame import Frame
    from poseviewer.core.stage import Request
    from poseviewer.truth.labelled import TruthSet

TWO = ("stack 1", "stack 2")


class Knower:
    """Answers with the truth at its last stage, and is `off` by some pixels at the first."""

    def __init__(self, truth: TruthSet, *, off: float, several: bool = False) -> None:
        self.skeleton = load_skeleton("lsp-14")
        specs = tuple(StageSpec(name, "heatmap", 4, self.skeleton.joints) for name in TWO)
        model = card("openpose-lite" if several else "hourglass-lite")
        self.card = replace(model, stages=specs)
        self.truth, self.off, self.several = truth, off, several
        self.asked: list[Box] = []

    def estimate(self, frame: Frame, region: Box, request: Request) -> FrameResult:
        assert request.stages == frozenset()
        self.asked.append(region)
        people = [one for one in self.truth.people if self.several or one.crop == region]
        xy = np.full((len(people), 14, 2), np.nan, np.float32)
        for j, joint in enumerate(self.skeleton.joints):
            if joint in self.truth.joints:
                at = self.truth.joints.index(joint)
                xy[:, j] = [one.joints[at] for one in people]
        stages = tuple(self.poses(xy + np.float32(shift)) for shift in (self.off, 0))
        angles = Angles((), np.empty(0, np.float32), np.empty(0, np.float32))
        return FrameResult(frame, stages[-1], stages, angles, (), region)

    def poses(self, xy: np.ndarray) -> Poses:
        n = len(xy)
        score = np.full((n, 14), 0.9, np.float32)
        return Poses(xy, score, np.zeros((n, 4), np.float32), np.full(n, -1), self.skeleton)


@pytest.fixture
def photos(pack: Path) -> TruthSet:
    return read_truth(pack)[1]


@pytest.fixture
def crops(pack: Path) -> TruthSet:
    return read_truth(pack)[0]


def test_the_right_stage_is_right_and_the_other_not(crops: TruthSet) -> None:
    told: list[tuple[int, int]] = []
    found = assess(Knower(crops, off=40), crops, progress=lambda *step: told.append(step))
    first, last = found.stages
    assert (found.truth, found.people, told) == ("lspet val", 1, [(1, 1)])
    assert len(found.joints) == 14
    assert last.scores["PCK@0.2"].value == last.scores["PCP strict"].value == 1
    assert first.scores["PCK@0.2"].value == 0
    assert last.scores["PCK@0.2"].counted == 14
    assert last.curve.pooled()[0] == 1
    assert "AP" not in last.scores
    assert next(iter(last.scores)) == next(iter(last.tallies)) == "PCK@0.2"


def test_photos_have_ap_and_say_that_places_were_given(photos: TruthSet) -> None:
    model = Knower(photos, off=40)
    found = assess(model, photos)
    assert model.asked == [one.crop for one in photos.people]
    last = found.stages[-1]
    # Two people share a box; only one has enough joints to count for PCK.
    assert last.scores["PCK@0.2"].counted == 11
    assert last.scores["AP"].value == pytest.approx(1)
    assert "12 joints" in last.scores["AP"].mean
    assert "place given" in last.scores["AP"].mean
    assert "1.25 x" in found.policy


def test_a_network_that_finds_several_sees_the_whole_photo_once(photos: TruthSet) -> None:
    model = Knower(photos, off=3, several=True)
    found = assess(model, photos)
    assert model.asked == [Box.whole((400, 300))]
    assert found.stages[-1].scores["PCK@0.2"].value == 1
    assert found.policy.startswith("the whole picture")
    assert "place given" not in found.stages[-1].scores["AP"].mean


class Ranker(Knower):
    """Finds everybody, and first, with joints as sure as the others', somebody who is nobody."""

    def __init__(self, truth: TruthSet, sure: float) -> None:
        super().__init__(truth, off=0, several=True)
        self.sure = sure

    def estimate(self, frame: Frame, region: Box, request: Request) -> FrameResult:
        result = super().estimate(frame, region, request)
        nobody = self.poses(result.poses.xy[:1] + np.float32(100))
        parts = [(nobody, poses) for poses in result.stage_poses]
        stages = tuple(self.poses(np.concatenate([p.xy for p in pair])) for pair in parts)
        none, empty = np.empty(0, np.intp), np.empty(0, np.float32)
        score = np.array([self.sure, *(1.0 for _ in result.poses.xy)], np.float32)
        parsing = Parsing(
            Candidates(none, np.empty((0, 2)), empty),
            LimbScores(none, none, none, empty, empty),
            none,
            np.empty(0, np.int8),
            np.full((len(score), 14), -1),
            score,
        )
        return replace(result, stage_poses=stages, parsings=(parsing, parsing))


def test_people_are_ranked_by_all_that_put_them_together(photos: TruthSet) -> None:
    scores = [
        assess(Ranker(photos, sure), photos).stages[-1].scores["AP"].value for sure in (0.5, 1.5)
    ]
    assert scores[0] == pytest.approx(1)
    assert scores[1] < 0.8


def test_stages_that_are_read_together_are_measured_once(photos: TruthSet) -> None:
    model = Knower(photos, off=3, several=True)
    fields, beliefs = model.card.stages
    pair = (
        replace(fields, name="stage 1 fields", kind="paf", partner=1),
        replace(beliefs, name="stage 1 beliefs", kind="heatmap", partner=0),
    )
    model.card = replace(model.card, stages=pair)
    for stages in (None, (0,)):
        (stage,) = assess(model, photos, stages=stages).stages
        assert (stage.number, stage.name) == (0, "stage 1")


def test_a_neck_made_of_shoulders_is_compared_with_no_label(crops: TruthSet) -> None:
    model = Knower(crops, off=3)
    joints = tuple(joint.replace("head_top", "nose") for joint in model.skeleton.joints)
    model.skeleton = replace(model.skeleton, joints=joints)
    compared = assess(model, crops).joints
    assert "neck" not in compared
    assert len(compared) == 12


def test_head_sizes_bring_pckh_with_its_means(crops: TruthSet) -> None:
    heads = replace(crops, people=tuple(replace(one, head=30.0) for one in crops.people))
    found = assess(Knower(heads, off=16), heads, stages=(0,))
    (only,) = found.stages
    assert (only.number, only.name) == (0, "stack 1")
    assert list(only.scores)[:2] == ["PCKh@0.5 pooled14", "PCKh@0.5 mean14"]
    # 16 pixels each way are more than half of 30.
    assert only.scores["PCKh@0.5 pooled14"].value == 0
    assert "PCKh@0.5 pooled16" not in only.scores  # the model has no pelvis


def test_stages_and_people_can_be_chosen(photos: TruthSet) -> None:
    found = assess(Knower(photos, off=1), photos, stages=(1,), limit=1)
    assert [stage.number for stage in found.stages] == [1]


def test_nothing_to_measure_is_told(crops: TruthSet) -> None:
    with pytest.raises(PoseViewerError, match="no people"):
        assess(Knower(crops, off=0), replace(crops, people=()))
    other = replace(crops, joints=tuple(f"x{i}" for i in range(16)))
    with pytest.raises(PoseViewerError, match="no joint in common"):
        assess(Knower(other, off=0), other)


@pytest.fixture
def assessment(photos: TruthSet) -> Assessment:
    return assess(Knower(photos, off=5), photos)


def test_the_record_is_json_with_every_rule(assessment: Assessment) -> None:
    told = json.loads(json.dumps(record(assessment), allow_nan=False))
    assert [stage["number"] for stage in told["stages"]] == [1, 2]
    for stage in told["stages"]:
        for score in stage["scores"].values():
            assert score.keys() == {"value", "rule", "mean", "counted"}
            assert score["rule"]
        assert stage["parts"]["PCK@0.2"]["side"] == "<="
        assert set(stage["parts"]["PCK@0.2"]["each"]) == set(assessment.joints)
        assert len(stage["pdj"]["values"]) == 51


def test_the_table_has_a_row_for_each_number(assessment: Assessment) -> None:
    rows = list(csv.DictReader(io.StringIO(table(assessment))))
    assert tuple(rows[0]) == COLUMNS
    hips = [r for r in rows if r["part"] == "left_hip" and r["measure"] == "PCK@0.2"]
    assert [row["stage"] for row in hips] == ["1", "2"]
    assert float(hips[1]["value"]) == 1
    assert hips[1]["counted"] == "1"


def test_people_read_the_rule_and_every_stage(assessment: Assessment) -> None:
    text = "\n".join(lines(assessment))
    assert "error <= 0.2 x torso" in text
    assert "pooled over 11 joints" in text
    assert "1 stack 1  2 stack 2" in text
    assert "left wrist" in text
    assert "shown: square of 1.25 x" in text


def test_the_chart_has_every_stage_and_joint(assessment: Assessment) -> None:
    drawn = ElementTree.fromstring(chart(assessment, run="by hand < by foot"))
    texts = [element.text for element in drawn.findall(".//{*}text")]
    assert "Run: by hand < by foot." in texts
    assert {"stack 1", "stack 2", "left wrist", "PCK@0.2  100.0"} <= set(texts)
    # A line for each stage's curve and measure, a dot for each joint of each stage that has one.
    tallies = [stage.tallies["PCK@0.2"].each for stage in assessment.stages]
    known = int(np.isfinite(tallies).all(axis=0).sum())
    measures = len({"PCK@0.2", "PCK@0.1", "PCP strict", "AP"} & assessment.stages[1].scores.keys())
    assert len(list(drawn.findall(".//{*}circle"))) == 2 * (known + measures)
    width, height = map(float, drawn.get("viewBox", "").split()[2:])
    for dot in drawn.findall(".//{*}circle"):
        assert 0 < float(dot.get("cx", "")) < width
        assert 0 < float(dot.get("cy", "")) < height


def test_the_chart_s_lines_rise_with_the_numbers(assessment: Assessment) -> None:
    drawn = ElementTree.fromstring(chart(assessment))
    colour = "#d55e00"  # of PCK@0.1, which the first stage misses
    lines = [line for line in drawn.findall(".//{*}polyline") if line.get("stroke") == colour]
    first, last = (point.split(",") for point in lines[0].get("points", "").split())
    values = [stage.scores["PCK@0.1"].value for stage in assessment.stages]
    assert float(first[1]) - float(last[1]) == pytest.approx(300 * (values[1] - values[0]), abs=0.2)
