"""The one loop over a clip, and what is written down of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.core.filters import RAW, Filter
from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.skeleton import load_skeleton
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.records.about import About
from poseviewer.records.in_order import in_order
from poseviewer.records.open import open_records, places
from poseviewer.records.openpose import openpose
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


def test_csv_has_every_frame_with_its_exact_time(tmp_path: Path) -> None:
    clip = DotsClip(6, nobody={2, 3, 4})
    results = _results(clip)
    _write(tmp_path, ["csv"], results)
    assert [p.name for p in places(["csv"], beside=tmp_path / "walk.mp4")] == [
        "walk.csv",
        "walk_angles.csv",
        "walk_about.json",
    ]
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
    assert not list(tmp_path.glob("*.part*"))


def test_openpose_json_is_one_file_a_frame(tmp_path: Path) -> None:
    results = _results(DotsClip(8, nobody={6}), 5, 7)
    _write(tmp_path, ["json"], results)
    folder = tmp_path / "walk_json"
    assert sorted(p.name for p in folder.iterdir()) == [
        f"walk_{i:012d}_keypoints.json" for i in (5, 6, 7)
    ]
    written = json.loads((folder / "walk_000000000005_keypoints.json").read_text())
    assert written["version"] == 1.3
    (person,) = written["people"]
    assert len(person["pose_keypoints_2d"]) == 75
    assert person["person_id"] == [0]
    assert person["hand_right_keypoints_3d"] == []
    assert json.loads((folder / "walk_000000000006_keypoints.json").read_text())["people"] == []


def test_a_missing_joint_is_three_zeros() -> None:
    (result,) = _results(DotsClip(), 0, 0)
    xy = result.poses.xy.copy()
    xy[0, SKELETON.index("left_knee")] = np.nan
    order = load_skeleton("body-25")
    holed = openpose(replace(result, poses=replace(result.poses, xy=xy)), order)
    numbers = np.reshape(holed["people"][0]["pose_keypoints_2d"], (25, 3))
    assert not numbers[order.index("left_knee")].any()
    assert numbers[order.index("right_knee")].all()


def test_a_skeleton_with_a_face_and_feet_is_written_in_the_order_of_body_25() -> None:
    (result,) = _results(DotsClip(), 0, 0)
    skeleton, wanted = load_skeleton("poseviewer-23"), load_skeleton("body-25")
    xy = np.arange(46, dtype=np.float32).reshape(23, 2) * 3
    poses = Poses.single(xy, score=np.linspace(0.5, 0.9, 23), skeleton=skeleton, box=(0, 0, 9, 9))
    (person,) = openpose(replace(result, poses=poses), wanted)["people"]
    written = np.reshape(person["pose_keypoints_2d"], (25, 3))
    for name, (x, y, score) in zip(wanted.joints, written, strict=True):
        sides = {"neck": "shoulder", "mid_hip": "hip"}
        if name in sides:
            middle = xy[[skeleton.index(f"{side}_{sides[name]}") for side in ("left", "right")]]
            assert (x, y) == pytest.approx(middle.mean(axis=0))
        elif name.endswith("small_toe"):
            assert (x, y, score) == (0, 0, 0)
        else:
            at = skeleton.index(name)
            assert (x, y) == pytest.approx(xy[at])
            assert score == pytest.approx(poses.score[0, at], abs=1e-4)


def test_an_earlier_export_of_the_name_is_replaced_and_others_stay(tmp_path: Path) -> None:
    for start, end in ((0, 4), (2, 3)):
        _write(tmp_path, ["json"], _results(DotsClip(), start, end))
        folder = tmp_path / "walk_json"
        (folder / "notes.txt").write_text("mine")
    assert len(list(folder.glob("*.json"))) == 2
    assert (folder / "notes.txt").exists()


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    outputs = OutputSet()
    (result,) = _results(DotsClip(), 0, 0)
    for record in open_records(["csv", "json"], beside=tmp_path / "walk.mp4", outputs=outputs):
        record.add(result)
        record.abort()
    outputs.discard()
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="xml"):
        _write(tmp_path, ["csv", "xml"], [])
    assert not list(tmp_path.iterdir())
    with pytest.raises(PoseViewerError, match="does not exist"):
        _write(tmp_path / "no", ["csv"], [])


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(tmp_path: Path, kinds: list[str], results: list, by: Filter = RAW) -> None:
    with OutputSet() as outputs:
        about = About(source="walk.mp4", size=(96, 96), filter=by)
        for record in open_records(
            kinds, beside=tmp_path / "walk.mp4", outputs=outputs, about=about
        ):
            for result in results:
                record.add(result)
            record.finish()


def test_a_filter_stands_beside_the_raw_angles_and_names_itself(tmp_path: Path) -> None:
    results = _results(DotsClip(30, nobody={4}))
    by = Filter("median", window=3)
    _write(tmp_path, ["csv"], results, by)
    rows = _csv(tmp_path / "walk_angles.csv")
    raw = [row["right_knee_deg"] for row in rows]
    assert raw[4] == rows[4]["right_knee_deg (median of 3)"] == ""
    values = [float(value) for value in raw[5:]]
    smooth = [float(row["right_knee_deg (median of 3)"]) for row in rows[5:]]
    expected = [sorted(values[i - 1 : i + 2])[1] for i in range(1, len(values) - 1)]
    assert smooth[1:-1] == pytest.approx(expected, abs=2e-4)
    assert rows[7]["facing"] == "right"


def test_the_uncertainty_of_joints_is_written_where_it_is_known(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    first, second = _results(DotsClip(2))
    knee, neck = (SKELETON.index(name) for name in ("right_knee", "neck"))
    spread = np.full((1, len(SKELETON.joints), 3), np.nan, np.float32)
    spread[0, knee] = 9.0, 3.0, 4.0
    known = replace(first, poses=replace(first.poses, covariance=spread))
    unknown = replace(second, poses=replace(second.poses, covariance=None))
    _write(tmp_path, ["csv", "poses", "parquet"], [known, unknown])
    wanted = (3.0, 2.0, 0.5)
    columns = ("sd_x_px", "sd_y_px", "correlation")
    rows = _csv(tmp_path / "walk.csv")
    (row,) = [r for r in rows if r["sd_x_px"]]
    assert (row["frame"], row["joint"]) == ("0", "right_knee")
    assert tuple(float(row[name]) for name in columns) == pytest.approx(wanted)
    table = json.loads((tmp_path / "walk_poses.json").read_text(encoding="utf-8"))
    people = [frame["people"][0] for frame in table["frames"]]
    assert people[0]["uncertainty"][knee] == pytest.approx(wanted)
    assert people[0]["uncertainty"][neck] is None
    assert "uncertainty" not in people[1]
    parquet = pq.read_table(tmp_path / "walk.parquet").to_pylist()
    (row,) = [r for r in parquet if r["sd_x_px"] is not None]
    assert (row["frame"], row["joint"]) == (0, "right_knee")
    assert tuple(row[name] for name in columns) == pytest.approx(wanted)


def test_places_in_space_are_written_where_there_are_any(tmp_path: Path) -> None:
    first, second = _results(DotsClip(2))
    knee, neck = (SKELETON.index(name) for name in ("right_knee", "neck"))
    world = np.full((1, len(SKELETON.joints), 3), np.nan, np.float32)
    world[0, knee] = 0.125, 0.5, -0.25
    _write(tmp_path, ["poses"], [replace(first, poses=replace(first.poses, world=world)), second])
    table = json.loads((tmp_path / "walk_poses.json").read_text(encoding="utf-8"))
    people = [frame["people"][0] for frame in table["frames"]]
    assert people[0]["world"][knee] == [0.125, 0.5, -0.25]
    assert people[0]["world"][neck] is None
    assert "world" not in people[1]


def test_visibility_is_written_and_what_is_outside_has_no_place(tmp_path: Path) -> None:
    (result,) = _results(DotsClip(1))
    knee, ankle = (SKELETON.index(name) for name in ("right_knee", "right_ankle"))
    states = np.full((1, len(SKELETON.joints)), Visibility.VISIBLE, np.int8)
    states[0, knee], states[0, ankle] = Visibility.OCCLUDED, Visibility.OUTSIDE
    xy = result.poses.xy.copy()
    xy[0, ankle] = np.nan
    known = replace(result, poses=replace(result.poses, xy=xy, visibility=states))
    _write(tmp_path, ["csv", "poses", "coco-results"], [known])
    written = {row["joint"]: row for row in _csv(tmp_path / "walk.csv")}
    assert written["right_knee"]["visibility"] == "occluded"
    assert written["right_ankle"]["visibility"] == "outside"
    assert written["right_ankle"]["x_px"] == ""
    assert written["neck"]["visibility"] == "visible"
    table = json.loads((tmp_path / "walk_poses.json").read_text(encoding="utf-8"))
    assert table["frames"][0]["people"][0]["visibility"][knee] == "occluded"
    (person,) = json.loads((tmp_path / "walk_coco_results.json").read_text(encoding="utf-8"))
    flags = dict(zip(load_skeleton("coco-17").joints, person["keypoints"][2::3], strict=True))
    assert (flags["right_hip"], flags["right_knee"], flags["right_ankle"]) == (2, 1, 0)
    _write(tmp_path, ["csv"], [result])
    assert {row["visibility"] for row in _csv(tmp_path / "walk.csv")} == {""}


def test_another_order_of_joints_takes_visibility_along() -> None:
    skeleton = load_skeleton("poseviewer-23")
    k = len(skeleton.joints)
    states = np.full((1, k), Visibility.VISIBLE, np.int8)
    states[0, skeleton.index("left_hip")] = Visibility.OCCLUDED
    poses = Poses.single(np.ones((k, 2)), score=np.ones(k), skeleton=skeleton, box=(0, 0, 1, 1))
    found = in_order(replace(poses, visibility=states), load_skeleton("body-25"))
    assert found.visibility is not None
    of = dict(zip(found.skeleton.joints, found.visibility[0].tolist(), strict=True))
    assert of["mid_hip"] == of["left_hip"] == Visibility.OCCLUDED
    assert of["right_hip"] == of["nose"] == Visibility.VISIBLE
    assert of["left_small_toe"] == Visibility.OUTSIDE, "it is missing"
    assert in_order(poses, load_skeleton("body-25")).visibility is None
