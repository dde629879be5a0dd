"""The one loop over a clip, and what is written down of it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.estimator import Estimator
from poseviewer.pipeline.records import open_records, openpose, places
from poseviewer.pipeline.region import RegionFollower
from poseviewer.pipeline.run import run
from tests.dots import CARD, SKELETON, Dots, DotsClip, joints

if TYPE_CHECKING:
    from pathlib import Path


def _results(clip: DotsClip, start: int = 0, end: int | None = None) -> list:
    pairs = run(clip, Estimator(CARD, Dots()), RegionFollower(), start=start, end=end)
    return [result for _, result in pairs]


def test_every_frame_of_the_range_comes_both_ends_included() -> None:
    clip = DotsClip(20)
    assert [r.frame.index for r in _results(clip, 3, 8)] == [3, 4, 5, 6, 7, 8]
    assert [r.frame.index for r in _results(clip, 18)] == [18, 19]


def test_closing_early_reads_no_further() -> None:
    clip = DotsClip(20)
    frames = run(clip, Estimator(CARD, Dots()), RegionFollower())
    next(frames)
    next(frames)
    frames.close()
    assert clip.reads == [0, 1]


def test_known_results_are_taken_over() -> None:
    clip = DotsClip(6)
    first = _results(clip)
    engine = Dots()
    pairs = run(
        clip,
        Estimator(CARD, engine),
        RegionFollower(),
        known=lambda frame: first[frame.index] if frame.index != 3 else None,
    )
    again = [result for _, result in pairs]
    assert engine.runs == 1
    np.testing.assert_array_equal(again[3].poses.xy, first[3].poses.xy)


def test_csv_has_every_frame_with_its_exact_time(tmp_path: Path) -> None:
    clip = DotsClip(6, nobody={2, 3, 4})
    results = _results(clip)
    records = open_records(["csv"], beside=tmp_path / "walk.mp4")
    assert [p.name for p in places(["csv"], beside=tmp_path / "walk.mp4")] == [
        "walk.csv",
        "walk_angles.csv",
    ]
    for record in records:
        for result in results:
            record.add(result)
        record.finish()
    with (tmp_path / "walk.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {int(row["frame"]) for row in rows} == set(range(6))
    for row in rows:
        assert float(row["time_s"]) == clip.time(int(row["frame"])).seconds
    empty = [row for row in rows if row["person"] == ""]
    assert [int(row["frame"]) for row in empty] == [2, 3, 4]
    knee = next(r for r in rows if r["frame"] == "1" and r["joint"] == "right_knee")
    place = joints(1)[SKELETON.index("right_knee")]
    assert np.hypot(float(knee["x_px"]) - place[0], float(knee["y_px"]) - place[1]) < 4
    with (tmp_path / "walk_angles.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert rows[2]["right_knee_deg"] == ""
    at = [spec.name for spec in results[0].angles.specs].index("right knee")
    assert abs(float(rows[0]["right_knee_deg"]) - results[0].angles.degrees[0, at]) < 1e-3
    assert not list(tmp_path.glob("*.part"))


def test_openpose_json_is_one_file_a_frame(tmp_path: Path) -> None:
    results = _results(DotsClip(8, nobody={6}), 5, 7)
    (record,) = open_records(["json"], beside=tmp_path / "walk.mp4")
    for result in results:
        record.add(result)
    folder = record.finish()
    assert sorted(p.name for p in folder.iterdir()) == [
        f"walk_{i:012d}_keypoints.json" for i in (5, 6, 7)
    ]
    written = json.loads((folder / "walk_000000000005_keypoints.json").read_text())
    assert written["version"] == 1.3
    (person,) = written["people"]
    assert len(person["pose_keypoints_2d"]) == 3 * len(SKELETON.joints)
    assert person["person_id"] == [-1]
    assert person["hand_right_keypoints_3d"] == []
    assert json.loads((folder / "walk_000000000006_keypoints.json").read_text())["people"] == []


def test_a_missing_joint_is_three_zeros() -> None:
    from dataclasses import replace

    (result,) = _results(DotsClip(), 0, 0)
    xy = result.poses.xy.copy()
    xy[0, 4] = np.nan
    holed = openpose(replace(result, poses=replace(result.poses, xy=xy)))
    assert holed["people"][0]["pose_keypoints_2d"][12:15] == [0, 0, 0]


def test_an_earlier_export_of_the_name_is_replaced_and_others_stay(tmp_path: Path) -> None:
    for start, end in ((0, 4), (2, 3)):
        (record,) = open_records(["json"], beside=tmp_path / "walk.mp4")
        for result in _results(DotsClip(), start, end):
            record.add(result)
        folder = record.finish()
        (folder / "notes.txt").write_text("mine")
    assert len(list(folder.glob("*.json"))) == 2
    assert (folder / "notes.txt").exists()


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    records = open_records(["csv", "json"], beside=tmp_path / "walk.mp4")
    (result,) = _results(DotsClip(), 0, 0)
    for record in records:
        record.add(result)
        record.discard()
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="xml"):
        open_records(["csv", "xml"], beside=tmp_path / "walk.mp4")
    assert not list(tmp_path.iterdir())
    with pytest.raises(PoseViewerError, match="Cannot write"):
        open_records(["csv"], beside=tmp_path / "no" / "walk.mp4")
