"""The table of repetitions that an export writes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.signal import find_peaks

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure, standard_angles
from poseviewer.core.files import OutputSet
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.about import About
from poseviewer.records.open import open_records

if TYPE_CHECKING:
    from pathlib import Path

SKELETON = load_skeleton("mpii-16")
SPECS = tuple(spec for spec in standard_angles() if spec.name in ("right knee", "left knee"))
COUNT, RATE = 200, 25


def results() -> list[FrameResult]:
    """Two people; the first bends both knees, the second stands still."""
    made = []
    for index in range(COUNT):
        xy = np.random.default_rng(1).uniform(0, 90, (2, 16, 2)).astype(np.float32)
        ones = np.ones((2, 16), np.float32)
        poses = Poses(xy, ones, ones[:, :4], np.array([4, 7]), SKELETON)
        frame = Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, RATE)))
        angles = measure(poses, specs=SPECS)
        bent = 50 - 45 * np.cos(2 * np.pi * index / 60)
        degrees = np.array([[bent, 0.9 * bent], [5, 5]], np.float32)
        angles = replace(angles, degrees=degrees)
        made.append(FrameResult(frame, poses, (poses,), angles, (), Box(0, 0, 1, 1), {}))
    return made


def test_every_persons_repetitions_are_those_of_scipy(tmp_path: Path) -> None:
    about = About("walk.mp4", (90, 90), RATE, "dots")
    with OutputSet() as outputs:
        (record, *more) = open_records(
            ["repetitions"], beside=tmp_path / "walk.mp4", outputs=outputs, about=about
        )
        for result in results():
            record.add(result)
        for each in (record, *more):
            each.finish()
    table = pd.read_csv(tmp_path / "walk_repetitions.csv")
    assert set(table["person"]) == {4}
    degrees = np.array([result.angles.degrees[0] for result in results()])
    for column, spec in enumerate(SPECS):
        peaks, _ = find_peaks(degrees[:, column], prominence=20)
        rows = table[table["angle"] == spec.name]
        each = rows[~rows["repetition"].isin(["mean", "sd"])]
        assert each["peak_frame"].astype(int).tolist() == peaks.tolist() == [30, 90, 150]
        assert each["maximum_deg"].to_numpy() == pytest.approx(degrees[peaks, column], abs=1e-3)
        mean = rows[rows["repetition"] == "mean"].iloc[0]
        assert mean["range_deg"] == pytest.approx(each["range_deg"].mean(), abs=1e-3)
    less = table[table["angle"] == "knee: right less left"].iloc[0]
    assert less["maximum_deg"] == pytest.approx(9.5, abs=0.1)
