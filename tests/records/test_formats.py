"""Every kind of data, read back by programs that were not written here."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd
import pytest

from poseviewer.core.angle import measure
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.core.filters import Filter
from poseviewer.core.motion_names import column_name, marker_name
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.records.about import About
from poseviewer.records.in_order import in_order
from poseviewer.records.kinds import RecordKind
from poseviewer.records.open import TITLES, WRITERS, open_records, places, record_kind
from tests.dots import CARD, SIZE, SKELETON, STAGES, Dots, DotsClip

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult

MEDIAN = Filter("median", window=3)
TRACKS = ([3], [3, 8], [8, 3, -1, -1], [], [8], [3, 8])
"""Numbers of the people of each frame, in the order of the rows."""


@pytest.fixture(scope="module")
def crowd() -> list[FrameResult]:
    """Six frames: people come, go, change places, and two of them have no number."""
    results = []
    pairs = run(DotsClip(6), Estimator(CARD, Dots()), RegionFollower())
    for (_, result), tracks in zip(pairs, TRACKS, strict=True):
        poses = result.poses
        shift = np.float32([[(7 * track, track)] for track in tracks]).reshape(-1, 1, 2)
        people = Poses(
            np.repeat(poses.xy, len(tracks), axis=0) + shift,
            np.repeat(poses.score, len(tracks), axis=0),
            np.repeat(poses.box, len(tracks), axis=0),
            np.array(tracks, np.int64),
            SKELETON,
        )
        angles = measure(people, specs=result.angles.specs)
        results.append(replace(result, poses=people, angles=angles))
    xy = results[4].poses.xy.copy()
    xy[0, 0] = np.nan
    results[4] = replace(results[4], poses=replace(results[4].poses, xy=xy))
    return results


def write(folder: Path, kind: str, results: list[FrameResult], **about: object) -> None:
    made = About("walk.mp4", SIZE, 30.0, "dots", **about)  # type: ignore[arg-type]
    with OutputSet() as outputs:
        for record in open_records([kind], beside=folder / "walk.mp4", outputs=outputs, about=made):
            for result in results:
                record.add(result)
            record.finish()


def place(results: list[FrameResult], frame: int, track: int, joint: str) -> list[float]:
    poses = results[frame].poses
    xy: list[float] = poses.xy[poses.track.tolist().index(track), SKELETON.index(joint)].tolist()
    return xy


def test_every_row_of_a_table_has_a_key_of_its_own(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    write(tmp_path, "csv", crowd)
    write(tmp_path, "csv-wide", crowd, filter=MEDIAN)
    joints, angles, wide = (
        pd.read_csv(tmp_path / f"walk{name}.csv") for name in ("", "_angles", "_wide")
    )
    assert sorted(joints.frame.unique()) == sorted(wide.frame.unique()) == list(range(6))
    assert not joints.dropna(subset="person").duplicated(["frame", "person", "joint"]).any()
    assert not angles.duplicated(["frame", "person"]).any()
    assert not wide.duplicated(["frame", "person"]).any()
    assert set(joints[joints.frame == 2].person) == {8, 3, -1, -2}
    row = wide[(wide.frame == 1) & (wide.person == 8)].iloc[0]
    found = [row.right_knee_x_px, row.right_knee_y_px]
    assert found == pytest.approx(place(crowd, 1, 8, "right_knee"), abs=1e-3)
    assert row.right_knee_deg == pytest.approx(
        angles[(angles.frame == 1) & (angles.person == 8)].right_knee_deg.iloc[0]
    )
    assert "right_knee_deg (median of 3)" in wide
    assert wide[wide.frame == 3].person.isna().all()


def test_sleap_table_has_its_columns(tmp_path: Path, crowd: list[FrameResult]) -> None:
    write(tmp_path, "csv-sleap", crowd)
    table = pd.read_csv(tmp_path / "walk_sleap.csv")
    assert list(table.columns[:4]) == ["track", "frame_idx", "instance.score", "right_ankle.x"]
    assert table.track.tolist()[:3] == ["person03", "person03", "person08"]
    assert table[table.frame_idx == 2].track.isna().sum() == 2
    row = table[(table.frame_idx == 1) & (table.track == "person08")].iloc[0]
    assert row["left_wrist.y"] == pytest.approx(place(crowd, 1, 8, "left_wrist")[1], abs=1e-3)


@pytest.mark.parametrize("kind", ["csv-dlc", "h5-dlc"])
def test_deeplabcut_tables_have_a_column_for_everybody(
    tmp_path: Path, crowd: list[FrameResult], kind: str
) -> None:
    write(tmp_path, kind, crowd)
    if kind == "csv-dlc":
        table = pd.read_csv(tmp_path / "walk_dlc.csv", header=[0, 1, 2, 3], index_col=0)
    else:
        table = pd.read_hdf(tmp_path / "walk_dlc.h5", key="df_with_missing")
    assert table.columns.names == ["scorer", "individuals", "bodyparts", "coords"]
    assert table.index.tolist() == list(range(6))
    people = table["PoseViewer_dots"]
    assert list(people.columns.get_level_values(0).unique()) == ["person03", "person08"]
    knee = people["person08"]["right_knee"]
    assert knee.loc[1, ["x", "y"]].tolist() == pytest.approx(
        place(crowd, 1, 8, "right_knee"), abs=1e-3
    )
    assert knee.loc[[0, 3]].isna().all(axis=None)
    write(tmp_path, kind, crowd[:1])
    if kind == "csv-dlc":
        alone = pd.read_csv(tmp_path / "walk_dlc.csv", header=[0, 1, 2], index_col=0)
        assert alone.columns.names == ["scorer", "bodyparts", "coords"]


@pytest.mark.parametrize(("kind", "order", "count"), [
    ("json", "body-25", 25),
    ("json-18", "openpose-coco-18", 18),
])  # fmt: skip
@pytest.mark.parametrize("name", ["lsp-14", "mpii-16", "coco-17", "poseviewer-23", "cpm-14"])
def test_every_skeleton_is_written_in_openpose_order(
    tmp_path: Path, crowd: list[FrameResult], kind: str, order: str, count: int, name: str
) -> None:
    skeleton, wanted = load_skeleton(name), load_skeleton(order)
    k = len(skeleton.joints)
    xy = np.arange(1, 2 * k + 1, dtype=np.float32).reshape(k, 2) * 3
    poses = Poses.single(xy, score=np.full(k, 0.5), skeleton=skeleton, box=(0, 0, 9, 9))
    write(tmp_path, kind, [replace(crowd[0], poses=poses)])
    (file,) = (tmp_path / f"walk_{kind.replace('-', '')}").iterdir()
    numbers = json.loads(file.read_text())["people"][0]["pose_keypoints_2d"]
    assert len(numbers) == 3 * count
    written = np.reshape(numbers, (count, 3))
    sides = {"neck": "shoulder", "mid_hip": "hip"}
    for joint, (x, y, score) in zip(wanted.joints, written, strict=True):
        if joint in sides:
            ends = [xy[skeleton.index(f"{s}_{sides[joint]}")] for s in ("left", "right")]
            assert (x, y) == pytest.approx(np.mean(ends, axis=0))
        elif joint in skeleton.joints:
            assert (x, y, score) == pytest.approx((*xy[skeleton.index(joint)], 0.5))
        else:
            assert (x, y, score) == (0, 0, 0)


def test_the_neck_of_openpose_stays_its_own() -> None:
    skeleton = load_skeleton("openpose-coco-18")
    xy = np.arange(36, dtype=np.float32).reshape(18, 2) ** 2
    poses = Poses.single(xy, score=np.ones(18), skeleton=skeleton, box=(0, 0, 9, 9))
    order = load_skeleton("body-25")
    neck = in_order(poses, order).xy[0, order.index("neck")]
    assert neck.tolist() == xy[skeleton.index("neck")].tolist()


def test_coco_results_and_dataset_are_read_by_pycocotools(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    from pycocotools.coco import COCO

    write(tmp_path, "coco", crowd, gate=0.5)
    write(tmp_path, "coco-results", crowd, gate=0.5)
    with redirect_stdout(io.StringIO()):
        dataset = COCO(str(tmp_path / "walk_coco" / "walk_annotations.json"))
        results = dataset.loadRes(str(tmp_path / "walk_coco_results.json"))
    assert dataset.getImgIds() == list(range(6))
    assert len(results.anns) == sum(map(len, TRACKS))
    for one, result in zip(dataset.loadImgs(dataset.getImgIds()), crowd, strict=True):
        pixels = cv2.imread(str(tmp_path / "walk_coco" / one["file_name"]))[..., ::-1]
        assert pixels.shape[1::-1] == (one["width"], one["height"]) == SIZE
        assert np.abs(pixels.astype(int) - result.frame.pixels).mean() < 6
    (category,) = dataset.loadCats(dataset.getCatIds())
    assert category["keypoints"] == list(SKELETON.joints)
    (person,) = dataset.loadAnns(dataset.getAnnIds(imgIds=[4]))
    numbers = np.reshape(person["keypoints"], (14, 3))
    assert numbers[0].tolist() == [0, 0, 0]
    assert person["num_keypoints"] == 13
    knee = SKELETON.index("right_knee")
    x, y = place(crowd, 4, 8, "right_knee")
    assert numbers[knee].tolist() == pytest.approx([x + 0.5, y + 0.5, 2], abs=1e-3)
    (found,) = results.loadAnns(results.getAnnIds(imgIds=[4]))
    coco = load_skeleton("coco-17")
    assert len(found["keypoints"]) == 51
    at = coco.index("right_knee") * 3
    assert found["keypoints"][at : at + 2] == pytest.approx([x + 0.5, y + 0.5], abs=1e-3)


def test_trc_in_pixels_has_the_names_that_sports2d_expects(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    write(tmp_path, "trc", crowd)
    names = sorted(path.name for path in (tmp_path / "walk_trc").iterdir())
    assert names == ["walk_px_person03.trc", "walk_px_person08.trc"]
    lines = (tmp_path / "walk_trc" / names[1]).read_text().splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert (header["NumFrames"], header["Units"]) == ("6", "px")
    # As Pose2Sim reads it: names are every third cell of the fourth line.
    markers = [name for name in lines[3].split("\t")[2::3] if name]
    assert {"RKnee", "LBigToe"} - {"LBigToe"} <= set(markers)
    assert markers[-2:] == ["Hip", "Neck"] or markers[-2:] == ["Neck", "Hip"]
    assert len(markers) == int(header["NumMarkers"])
    table = pd.read_csv(tmp_path / "walk_trc" / names[1], sep="\t", skiprows=4)
    knee = 2 + 3 * markers.index("RKnee")
    assert table.iloc[1, knee : knee + 2].tolist() == pytest.approx(
        place(crowd, 1, 8, "right_knee"), abs=1e-4
    )
    assert table.iloc[3, 2:].isna().all()
    assert table.iloc[:, 1].tolist() == [result.frame.time.seconds for result in crowd]
    ends = [place(crowd, 1, 8, f"{side}_hip") for side in ("left", "right")]
    hip = 2 + 3 * markers.index("Hip")
    assert table.iloc[1, hip : hip + 2].tolist() == pytest.approx(np.mean(ends, axis=0), abs=1e-3)


def test_trc_in_metres_stands_upright_at_the_height_of_the_person(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    with pytest.raises(PoseViewerError, match="--height"):
        write(tmp_path, "trc-m", crowd)
    write(tmp_path, "trc-m", crowd, metres_per_pixel=0.01)
    path = tmp_path / "walk_trc_m" / "walk_m_person08.trc"
    assert path.read_text().splitlines()[2].split("\t")[4] == "m"
    table = pd.read_csv(path, sep="\t", skiprows=4)
    x, y = place(crowd, 1, 8, "right_ankle")
    expected = [(x + 0.5) / 100, (SIZE[1] - 0.5 - y) / 100]
    assert table.iloc[1, 2:4].tolist() == pytest.approx(expected, abs=1e-5)
    write(tmp_path, "trc-m", crowd, height=1.8)
    note = path.read_text().splitlines()[0]
    scale = float(note.rsplit(": ", 1)[1])
    thigh = np.hypot(
        *np.subtract(place(crowd, 1, 8, "right_knee"), place(crowd, 1, 8, "right_hip"))
    )
    # A thigh is a quarter of the stature, however the dots' proportions are.
    assert scale * thigh == pytest.approx(0.245 * 1.8, rel=0.35)


def test_mot_names_angles_as_opensim_and_shifts_no_row(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    write(tmp_path, "mot", crowd, filter=MEDIAN)
    lines = (tmp_path / "walk_mot" / "walk_person08.mot").read_text().splitlines()
    end = lines.index("endheader")
    header = dict(line.split("=") for line in lines[:end] if "=" in line)
    names = lines[end + 1].split()
    rows = [[float(cell) for cell in line.split()] for line in lines[end + 2 :]]
    assert (header["nRows"], header["nColumns"]) == ("6", str(len(names)))
    assert {len(row) for row in rows} == {len(names)}
    assert {"knee_angle_r", "elbow_flex_l", "arm_flex_r", "right_hip"} <= set(names)
    assert any("median of 3" in line and "dots" in line for line in lines[:end])
    assert np.isnan(rows[3][1:]).all()


@pytest.mark.parametrize(("angle", "name"), [
    ("right knee", "knee_angle_r"),
    ("left ankle", "ankle_angle_l"),
    ("right hip", "right_hip"),
    ("trunk", "trunk"),
    ("my own angle", "my_own_angle"),
])  # fmt: skip
def test_angles_are_named_as_coordinates_where_they_are_the_same(angle: str, name: str) -> None:
    assert column_name(angle) == name


@pytest.mark.parametrize(("joint", "name"), [
    ("right_knee", "RKnee"),
    ("left_big_toe", "LBigToe"),
    ("mid_hip", "Hip"),
    ("head_top", "Head"),
    ("nose", "Nose"),
])  # fmt: skip
def test_markers_have_the_names_of_halpe_26(joint: str, name: str) -> None:
    assert marker_name(joint) == name


@pytest.mark.parametrize("scale", [None, 0.01])
def test_c3d_is_read_by_ezc3d(
    tmp_path: Path, crowd: list[FrameResult], scale: float | None
) -> None:
    ezc3d = pytest.importorskip("ezc3d")
    write(tmp_path, "c3d", crowd, metres_per_pixel=scale)
    file = ezc3d.c3d(str(tmp_path / "walk_c3d" / "walk_person08.c3d"))
    point = file["parameters"]["POINT"]
    assert point["UNITS"]["value"] == ["px" if scale is None else "m"]
    knee = point["LABELS"]["value"].index("RKnee")
    points = file["data"]["points"]
    x, y = place(crowd, 1, 8, "right_knee")
    expected = (x, y) if scale is None else ((x + 0.5) / 100, (SIZE[1] - 0.5 - y) / 100)
    assert points[:2, knee, 1] == pytest.approx(expected, abs=1e-4)
    assert np.isnan(points[:3, knee, 3]).all()
    assert file["data"]["meta_points"]["residuals"][0, knee].tolist()[3] == -1
    times = file["parameters"]["ANALOG"]["LABELS"]["value"].index("TIME")
    seconds = [result.frame.time.seconds for result in crowd]
    assert file["data"]["analogs"][0, times] == pytest.approx(seconds, abs=1e-6)
    assert file["parameters"]["POSEVIEWER"]["NETWORK"]["value"] == ["dots"]


def in_space(crowd: list[FrameResult]) -> list[FrameResult]:
    """The crowd with places in space."""
    chance = np.random.default_rng(6)
    return [
        replace(one, poses=replace(one.poses, world=made.astype(np.float32)))
        for one in crowd
        for made in (chance.normal(0, 0.5, (*one.poses.score.shape, 3)),)
    ]


def test_markers_in_space_are_upright_and_towards_the_camera(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    placed = in_space(crowd)
    write(tmp_path, "trc-depth", placed)
    lines = (tmp_path / "walk_trc_depth" / "walk_depth_person08.trc").read_text().splitlines()
    assert "depth is guessed from one picture" in lines[0]
    assert lines[2].split("\t")[4] == "m"
    names, cells = lines[3].split("\t")[2::3], lines[6].split("\t")[2:]
    at = names.index("RKnee")
    row = placed[1].poses.track.tolist().index(8)
    assert placed[1].poses.world is not None
    x, y, z = placed[1].poses.world[row, SKELETON.index("right_knee")].tolist()
    assert [float(v) for v in cells[3 * at : 3 * at + 3]] == pytest.approx([x, -y, -z], abs=1e-6)
    ezc3d = pytest.importorskip("ezc3d")
    write(tmp_path, "c3d-depth", placed)
    file = ezc3d.c3d(str(tmp_path / "walk_c3d_depth" / "walk_person08.c3d"))
    assert file["parameters"]["POINT"]["UNITS"]["value"] == ["m"]
    assert file["data"]["points"][:3, at, 1] == pytest.approx([x, -y, -z], abs=1e-6)
    assert np.isnan(file["data"]["points"][:3, at, 3]).all()


def test_depth_without_a_lifter_is_refused(
    tmp_path: Path, crowd: list[FrameResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poseviewer.pipeline.lifter.weights", lambda name: tmp_path / name)
    with pytest.raises(PoseViewerError, match="the lifter has no weights"):
        write(tmp_path, "trc-depth", crowd)


def test_parquet_is_read_by_pandas_with_its_metadata(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write(tmp_path, "parquet", crowd, filter=MEDIAN)
    table = pd.read_parquet(tmp_path / "walk.parquet")
    assert len(table) == 14 * sum(map(len, TRACKS))
    assert not table.duplicated(["frame", "person", "joint"]).any()
    assert table.frame.is_monotonic_increasing
    row = table[(table.frame == 1) & (table.person == 8) & (table.joint == "right_knee")].iloc[0]
    assert [row.x_px, row.y_px] == pytest.approx(place(crowd, 1, 8, "right_knee"), abs=1e-3)
    about = json.loads(parquet.read_schema(tmp_path / "walk.parquet").metadata[b"poseviewer"])
    assert (about["network"], about["filter"]) == ("dots", "median of 3")
    angles = pd.read_parquet(tmp_path / "walk_angles.parquet")
    assert set(angles.angle) == {spec.name for spec in crowd[0].angles.specs}


def test_npz_and_own_json_say_the_same(tmp_path: Path, crowd: list[FrameResult]) -> None:
    write(tmp_path, "npz", crowd)
    write(tmp_path, "poses", crowd)
    table = json.loads((tmp_path / "walk_poses.json").read_text())
    with np.load(tmp_path / "walk.npz", allow_pickle=False) as arrays:
        people = arrays["person"].tolist()
        assert people == [3, 8, -1, -2]
        assert table["about"]["joints"] == arrays["joint"].tolist()
        for number, frame in enumerate(table["frames"]):
            assert frame["time_s"] == arrays["time_s"][number]
            there = [person["person"] for person in frame["people"]]
            gone = [at for at, key in enumerate(people) if key not in there]
            assert np.isnan(arrays["xy"][number, gone]).all()
            for person in frame["people"]:
                xy = [[np.nan] * 2 if place is None else place for place in person["xy"]]
                at = people.index(person["person"])
                np.testing.assert_allclose(arrays["xy"][number, at], xy, atol=1e-3)
        assert json.loads(str(arrays["about"]))["source"] == "walk.mp4"


@pytest.mark.slow
def test_nwb_is_valid_and_read_by_pynwb(tmp_path: Path, crowd: list[FrameResult]) -> None:
    pynwb = pytest.importorskip("pynwb")
    write(tmp_path, "nwb", crowd)
    path = str(tmp_path / "walk.nwb")
    assert not pynwb.validate(path=path)
    with pynwb.NWBHDF5IO(path, mode="r") as file:
        behavior = file.read().processing["behavior"]
        series = behavior["person08"]["right_knee"]
        assert series.data[1].tolist() == pytest.approx(place(crowd, 1, 8, "right_knee"), abs=1e-4)
        assert series.timestamps[:].tolist() == [result.frame.time.seconds for result in crowd]
        assert np.isnan(series.data[3]).all()


def test_a_stage_before_the_last_is_written_on_request(tmp_path: Path) -> None:
    pairs = run(DotsClip(3), Estimator(CARD, Dots()), RegionFollower())
    results = [result for _, result in pairs]
    moved = [
        replace(
            result,
            stage_poses=(
                replace(result.stage_poses[0], xy=result.stage_poses[0].xy + 5),
                *result.stage_poses[1:],
            ),
        )
        for result in results
    ]
    write(tmp_path, "csv", moved, stage=0)
    table = pd.read_csv(tmp_path / "walk.csv")
    knee = table[(table.frame == 1) & (table.joint == "right_knee")].iloc[0]
    expected = moved[1].stage_poses[0].xy[0, SKELETON.index("right_knee")]
    assert [knee.x_px, knee.y_px] == pytest.approx(expected.tolist(), abs=1e-3)
    assert knee.person == results[1].poses.track[0]
    assert json.loads((tmp_path / "walk_about.json").read_text())["stage"] == 0


@pytest.mark.usefixtures("drawn_lifter")
@pytest.mark.parametrize("kind", TITLES)
def test_no_frames_and_nobody_are_written_as_they_are(
    tmp_path: Path, crowd: list[FrameResult], kind: str
) -> None:
    if record_kind(kind).missing:
        pytest.skip("needs a package that is not installed")
    write(tmp_path, kind, [], metres_per_pixel=1.0)
    write(tmp_path, kind, [crowd[3], crowd[3]], metres_per_pixel=1.0)
    assert not list(tmp_path.glob("*.part*"))


def test_a_kind_whose_package_is_missing_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = RecordKind((".x",), lambda paths, outputs, about: [], ("no_such_package",))
    monkeypatch.setattr(type(WRITERS), "load", lambda *_: lacking)
    with pytest.raises(PoseViewerError, match=r"no_such_package.*poseviewer\[formats\]"):
        record_kind("csv")


def test_the_last_stage_by_name_is_the_answer_itself(
    tmp_path: Path, crowd: list[FrameResult]
) -> None:
    """Also where the answer says more than the stage: here, a lower confidence."""
    sure = [
        replace(result, poses=replace(result.poses, score=result.poses.score * np.float32(0.5)))
        for result in crowd
    ]
    for name, stage in (("a", None), ("b", len(STAGES) - 1)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "csv", sure, stage=stage)
    texts = [(tmp_path / name / "walk.csv").read_text() for name in ("a", "b")]
    assert texts[0] == texts[1]


def said(folder: Path, kind: str) -> tuple[str, object]:
    """What a file says of how it was made, as text, and its times."""
    if kind in ("mot", "trc", "trc-m", "trc-depth"):
        ending = {
            "mot": "_mot/walk",
            "trc": "_trc/walk_px",
            "trc-m": "_trc_m/walk_m",
            "trc-depth": "_trc_depth/walk_depth",
        }[kind]
        text = (folder / f"walk{ending}_person03.{kind[:3]}").read_text()
        lines = text.splitlines()
        first = next(at for at, line in enumerate(lines) if line.startswith(("time", "\t\tX1"))) + 1
        column = 0 if kind == "mot" else 1
        return text, [float(line.split("\t")[column]) for line in lines[first:]]
    if kind in ("json", "json-18"):
        tables = [
            json.loads(path.read_text())
            for path in sorted((folder / f"walk_{kind.replace('-', '')}").iterdir())
        ]
        return tables[0]["poseviewer"], [one["time_s"] for one in tables]
    if kind == "coco":
        table = json.loads((folder / "walk_coco" / "walk_annotations.json").read_text())
        return json.dumps(table["info"]), [one["time_s"] for one in table["images"]]
    if kind == "poses":
        table = json.loads((folder / "walk_poses.json").read_text())
        return json.dumps(table["about"]), [one["time_s"] for one in table["frames"]]
    if kind == "npz":
        with np.load(folder / "walk.npz") as arrays:
            return str(arrays["about"]), arrays["time_s"]
    if kind == "h5-dlc":
        with pd.HDFStore(str(folder / "walk_dlc.h5"), "r") as store:
            about = store.get_storer("df_with_missing").attrs
            return str(about.poseviewer), about.time_s
    if kind == "parquet":
        pq = pytest.importorskip("pyarrow.parquet")
        table = pq.read_table(folder / "walk.parquet")
        times = dict.fromkeys(table["time_s"].to_pylist())
        return table.schema.metadata[b"poseviewer"].decode(), list(times)
    if kind in ("c3d", "c3d-depth"):
        path = folder / f"walk_{kind.replace('-', '_')}" / "walk_person03.c3d"
        file = pytest.importorskip("ezc3d").c3d(str(path))
        about = file["parameters"]["POSEVIEWER"]
        text = json.dumps(
            {key: about[key]["value"] for key in about if key != "__METADATA__"}, default=str
        )
        return text, file["data"]["analogs"][0, 0]
    pynwb = pytest.importorskip("pynwb")
    with pynwb.NWBHDF5IO(str(folder / "walk.nwb"), "r") as io_:
        file = io_.read()
        return file.notes, file.acquisition["source_video"].timestamps[:]


TABLES = {kind for kind in TITLES if kind.startswith("csv")} | {"repetitions"}
"""Plain CSV, which has no place for more than its rows."""


@pytest.mark.usefixtures("drawn_lifter")
@pytest.mark.parametrize("kind", [kind for kind in TITLES if kind not in TABLES])
def test_every_format_that_can_says_how_it_was_made(
    tmp_path: Path, crowd: list[FrameResult], kind: str
) -> None:
    """A CSV has no place for it, and `OUT_about.json` beside it; so has a list of COCO results."""
    if kind == "coco-results":
        write(tmp_path, kind, crowd)
        first, *_ = json.loads((tmp_path / "walk_coco_results.json").read_text())
        assert first["track_id"] == 3
        assert first["time_s"] == crowd[0].frame.time.seconds
        assert len(first["keypoint_scores"]) == 17
        return
    if missing := record_kind(kind).missing:
        pytest.skip(f"needs {missing}")
    write(tmp_path, kind, crowd, filter=MEDIAN, stage=2, height=1.8)
    text, times = said(tmp_path, kind)
    for words in ("walk.mp4", "dots", "PoseViewer", MEDIAN.title):
        assert words in text, words
    assert re.search(r"stage\W+(output )?\W*2\b", text, re.IGNORECASE)
    true = [result.frame.time.seconds for result in crowd]
    if kind == "parquet":
        true = [time for time, result in zip(true, crowd, strict=True) if len(result.poses)]
    np.testing.assert_allclose(times, true, atol=1e-6)


@pytest.mark.parametrize(
    ("output", "names"),
    [
        ("frames/walk_%06d.png", ["walk.csv", "walk_angles.csv", "walk_about.json"]),
        ("frames/%06d.png", ["frames.csv", "frames_angles.csv", "frames_about.json"]),
        ("frames/walk.png", ["walk.csv", "walk_angles.csv", "walk_about.json"]),
        ("frames/at %d.mp4", ["at %d.csv", "at %d_angles.csv", "at %d_about.json"]),
    ],
)
def test_data_beside_numbered_pictures_bear_no_pattern_in_their_names(output, names):
    wanted = [Path("frames") / name for name in names]
    assert places(["csv"], beside=Path(output)) == wanted
