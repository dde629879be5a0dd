"""Accuracy against strength, on a set that is known."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.spoil import SPOIL_KINDS
from poseviewer.core.stage import Request
from poseviewer.evaluation import sweep
from poseviewer.evaluation.assess import assess
from poseviewer.truth.readers import read_truth
from tests.evaluation.test_assessment import Knower

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.truth.labelled import TruthSet


@pytest.fixture
def crops(pack: Path) -> TruthSet:
    return read_truth(pack)[0]


class Seer(Knower):
    """Knows where joints are as long as it has light: the first stage needs more of it."""

    def estimate(self, frame, region, request):
        result = super().estimate(frame, region, request)
        bright = frame.pixels.mean() / self.usual
        stages = tuple(
            poses if bright > needs else self.poses(poses.xy + 500)
            for poses, needs in zip(result.stage_poses, (0.7, 0.3), strict=True)
        )
        return type(result)(frame, stages[-1], stages, result.angles, result.stages, result.region)


def test_nothing_done_is_what_assess_finds(crops: TruthSet) -> None:
    model = Knower(crops, off=40)
    made = sweep.sweep(model, crops, kind="noise", strengths=(0.0,))
    plain = assess(model, crops)
    assert [made.values(row)[0] for row in range(2)] == [
        stage.scores["PCK@0.2"].value for stage in plain.stages
    ]


def test_each_stage_falls_where_it_must(crops: TruthSet) -> None:
    model = Seer(crops, off=0)
    model.usual = crops.pictures(crops.people[0].picture).mean()
    told = []
    made = sweep.sweep(
        model,
        crops,
        kind="dark",
        strengths=(0.0, 0.5, 1.0),
        progress=lambda *step: told.append(step),
    )
    assert made.values(0) == (1, 0, 0)
    assert made.values(1) == (1, 1, 0)
    assert told == [(1, 3), (2, 3), (3, 3)]
    rows = list(csv.DictReader(io.StringIO(sweep.table(made))))
    assert [row["value"] for row in rows] == ["1.0", "1.0", "0.0", "1.0", "0.0", "0.0"]
    assert rows[2]["in_words"] == "52 % of the light"
    assert sweep.record(made)["stages"][1]["values"] == [1, 1, 0]
    assert any("100.0" in line and "0.0" in line for line in sweep.lines(made))
    picture = sweep.chart(made)
    assert picture.count("<polyline") >= 2
    assert "of the light" in picture


@pytest.mark.parametrize("kind", SPOIL_KINDS)
def test_the_same_picture_is_always_spoilt_alike(kind, crops: TruthSet) -> None:
    seen = []

    class Watcher(Knower):
        def estimate(self, frame, region, request):
            seen.append(frame.pixels)
            return super().estimate(frame, region, request)

    shown = sweep.Spoilt(Watcher(crops, off=0), kind=kind, strength=0.5)
    person = crops.people[0]
    frame = Frame(crops.pictures(person.picture), 3, Timestamp(3, Fraction(1)))
    for _ in range(2):
        shown.estimate(frame, person.crop, Request(stages=frozenset()))
    np.testing.assert_array_equal(seen[-1], seen[len(seen) // 2 - 1])
    assert (seen[-1] != frame.pixels).any()
