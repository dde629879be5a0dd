"""Poses that other programs wrote, read onto a clip and exported again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.truth.frames import truth_of
from poseviewer.truth.results import is_results, poses_by_frame, read_results
from tests.dots import DotsClip
from tests.slp import FRAME, INSTANCE, POINT, slp

if TYPE_CHECKING:
    from pathlib import Path

JOINTS = load_skeleton("coco-17").joints
HALPE = load_skeleton("halpe-26")
FRAMES, PEOPLE = 4, 2


@pytest.fixture(scope="module")
def xy() -> np.ndarray:
    """(frames, people, 17, 2) pixels, one joint missing."""
    places = np.random.default_rng(3).uniform(1, 200, (FRAMES, PEOPLE, 17, 2)).round(3)
    places[2, 1, 5] = np.nan
    return places


def deeplabcut(folder: Path, xy: np.ndarray, ending: str) -> Path:
    """As DeepLabCut writes it: pandas, three or four levels of columns."""
    columns = pd.MultiIndex.from_product(
        [["net"], ["ind1", "ind2"], JOINTS, ["x", "y", "likelihood"]],
        names=["scorer", "individuals", "bodyparts", "coords"],
    )
    values = np.concatenate([xy, np.full((*xy.shape[:3], 1), 0.75)], axis=-1)
    table = pd.DataFrame(values.reshape(FRAMES, -1), columns=columns)
    path = folder / f"clipDLC_net{ending}"
    if ending == ".csv":
        table.to_csv(path)
    else:
        pytest.importorskip("tables")
        table.to_hdf(path, key="df_with_missing")
    return path


def sleap(folder: Path, xy: np.ndarray) -> Path:
    rows = [
        {"track": f"track_{p}", "frame_idx": f, "instance.score": 0.75}
        | {f"{j}.{a}": xy[f, p, k, i] for k, j in enumerate(JOINTS) for i, a in enumerate("xy")}
        | {f"{j}.score": 0.75 for j in JOINTS}
        for f in range(FRAMES)
        for p in range(PEOPLE)
    ]
    pd.DataFrame(rows).to_csv(folder / "clip.csv", index=False)
    return folder / "clip.csv"


def coco_results(folder: Path, xy: np.ndarray) -> Path:
    people = [
        {
            "image_id": f,
            "category_id": 1,
            "score": 0.75,
            "keypoints": [
                n for x, y in xy[f, p] for n in ((x + 0.5, y + 0.5, 1) if x == x else (0, 0, 0))
            ],
        }
        for f in range(FRAMES)
        for p in range(PEOPLE)
    ]
    (folder / "results.json").write_text(json.dumps(people))
    return folder / "results.json"


def openpose(folder: Path, xy: np.ndarray) -> Path:
    """COCO's 17 joints in the 18 of OpenPose, whose neck nobody gave."""
    order = load_skeleton("openpose-coco-18").joints
    for f in range(FRAMES):
        people = []
        for p in range(PEOPLE):
            flat: list[float] = []
            for joint in order:
                place = xy[f, p, JOINTS.index(joint)] if joint in JOINTS else [np.nan] * 2
                flat += [*place, 0.75] if np.isfinite(place).all() else [0, 0, 0]
            people.append({"person_id": [p], "pose_keypoints_2d": flat})
        text = json.dumps({"version": 1.3, "people": people})
        (folder / f"clip_{f:012d}_keypoints.json").write_text(text)
    return folder


def trc(folder: Path, xy: np.ndarray) -> Path:
    """As Sports2D writes one person: an index, tabs, empty cells where missing."""
    sides = {"left": "L", "right": "R"}
    names = []
    for joint in JOINTS:
        side, _, rest = joint.partition("_")
        names.append(sides[side] + rest.capitalize() if side in sides else joint.capitalize())
    head = [
        "PathFileType\t4\t(X/Y/Z)\tclip_px_person00.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
        "OrigNumFrames",
        f"30\t30\t{FRAMES}\t17\tpx\t30\t0\t{FRAMES}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, 18)),
    ]
    xyz = np.concatenate([xy[:, 1], np.zeros((FRAMES, 17, 1))], axis=-1).reshape(FRAMES, -1)
    table = pd.DataFrame(xyz)
    table.insert(0, "time", np.arange(FRAMES) / 30)
    path = folder / "clip_px_person01.trc"
    path.write_text("\n".join(head) + "\n" + table.to_csv(sep="\t", header=False))
    return path


WRITERS = {
    "dlc.csv": lambda folder, xy: deeplabcut(folder, xy, ".csv"),
    "dlc.h5": lambda folder, xy: deeplabcut(folder, xy, ".h5"),
    "sleap": sleap,
    "slp": lambda folder, xy: slp(folder, xy, JOINTS),
    "coco": coco_results,
    "openpose": openpose,
}


@pytest.mark.parametrize("program", WRITERS)
def test_every_person_of_every_frame_is_read(tmp_path: Path, xy: np.ndarray, program: str) -> None:
    path = WRITERS[program](tmp_path, xy)
    assert is_results(path)
    frames = poses_by_frame(read_results(path))
    assert sorted(frames) == list(range(FRAMES))
    for frame, poses in frames.items():
        assert len(poses) == PEOPLE
        rows = poses.track.tolist() if program not in ("coco",) else range(PEOPLE)
        base = min(rows)
        for row, number in enumerate(rows):
            for joint, name in enumerate(JOINTS):
                at = poses.skeleton.index(name)
                wanted = xy[frame, number - base, joint]
                np.testing.assert_allclose(poses.xy[row, at], wanted, atol=1e-3)
                assert poses.score[row, at] == (0.75 if np.isfinite(wanted).all() else 0)


def test_what_a_person_has_corrected_takes_the_place_of_a_prediction(
    tmp_path: Path, xy: np.ndarray
) -> None:
    """A SLEAP project holds both; points that a person has set have no score."""
    frames = poses_by_frame(read_results(slp(tmp_path, xy, JOINTS, corrected=True)))
    assert [len(frames[frame]) for frame in range(FRAMES)] == [PEOPLE] * FRAMES
    assert set(np.unique(frames[2].score)) == {0, 1}


def test_projects_of_sleap_say_where_pixels_are_counted_from(
    tmp_path: Path, xy: np.ndarray
) -> None:
    """Older ones from the corner of the first pixel."""
    (old, *_) = read_results(slp(tmp_path, xy, JOINTS, version=1.0, track=False)).people
    np.testing.assert_allclose(old.xy, xy[0, 0] - 0.5, atol=1e-4)
    assert old.person == -1


_FRAMES = np.array([(0, 0, 0, 0, 1)], FRAME)
_INSTANCES = np.array([(0, 1, 0, 0, 0, -1, 1.0, 0, 17, 0.0)], INSTANCE)


def changed(array: np.ndarray, **fields: int) -> np.ndarray:
    made = array.copy()
    for name, value in fields.items():
        made[name][-1] = value
    return made


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"frames": None}, "damaged, or no HDF5 file of that kind"),
        ({"frames": np.zeros(4)}, "damaged, or no HDF5 file of that kind"),
        ({"instances": changed(_INSTANCES, point_id_end=16)}, "more or fewer points than joints"),
        ({"instances": changed(_INSTANCES, instance_type=9)}, "it lacks 9"),
        ({"instances": changed(_INSTANCES, skeleton=3)}, "it ends early"),
        ({"instances": changed(_INSTANCES, track=-7)}, "not counted by whole numbers"),
        ({"frames": np.repeat(changed(_FRAMES, video=1), 1)}, None),
        ({"frames": np.append(_FRAMES, changed(_FRAMES, video=1))}, "of several videos"),
        ({"pred_points": np.zeros(3, POINT)}, "more or fewer points than joints"),
    ],
)
def test_a_broken_project_of_sleap_is_told(
    tmp_path: Path, xy: np.ndarray, changes: dict[str, np.ndarray], clause: str | None
) -> None:
    whole = {"frames": _FRAMES, "instances": _INSTANCES}
    path = slp(tmp_path, xy, JOINTS, **{**whole, **changes})
    if clause is None:
        assert len(read_results(path).people) == 1
        return
    with pytest.raises(PoseViewerError, match=clause):
        read_results(path)


def test_trc_of_sports2d_is_one_person(tmp_path: Path, xy: np.ndarray) -> None:
    frames = poses_by_frame(read_results(trc(tmp_path, xy)))
    for frame, poses in frames.items():
        assert poses.track.tolist() == [1]
        places = poses.xy[0, [poses.skeleton.index(joint) for joint in JOINTS]]
        np.testing.assert_allclose(places, xy[frame, 1], atol=1e-3)


def test_they_stand_beside_the_network_as_a_truth_does(tmp_path: Path, xy: np.ndarray) -> None:
    openpose(tmp_path, xy)
    truth = truth_of(DotsClip(FRAMES), tmp_path / "clip_000000000001_keypoints.json")
    assert truth is not None
    assert truth.count == FRAMES
    poses = truth.at(1)
    assert poses is not None
    assert len(poses) == PEOPLE


@pytest.mark.parametrize("kind", ["json", "npz", "csv-dlc", "trc"])
def test_they_are_exported_again(tmp_path: Path, xy: np.ndarray, kind: str) -> None:
    (tmp_path / "in").mkdir()
    path = WRITERS["dlc.csv"](tmp_path / "in", xy)
    job = ExportJob(tmp_path / "out.mkv", overlay=False, data=("npz", kind), poses=path)
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    with np.load(tmp_path / "out.npz") as arrays:
        joints = arrays["joint"].tolist()
        places = arrays["xy"][:, :, [joints.index(joint) for joint in JOINTS]]
        np.testing.assert_allclose(places, xy, atol=1e-3)
        assert "right knee" in arrays["angle"].tolist()
        assert np.isfinite(arrays["degrees"]).any()


def test_people_without_numbers_are_followed(tmp_path: Path) -> None:
    base = np.random.default_rng(1).uniform(20, 100, (17, 2))
    ways = [[(2 * f, 0), (100 - 2 * f, 60)] for f in range(FRAMES)]
    walk = base + np.array(ways)[:, :, None]
    path = coco_results(tmp_path, walk)
    job = ExportJob(tmp_path / "out.mkv", overlay=False, data=("npz",), poses=path)
    export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["person"].tolist() == [0, 1]
        assert np.isfinite(arrays["xy"]).all()


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.trc", "PathFileType\n", "not a file of poses"),
    ("b.json", '[{"image_id": 0, "category_id": 1, "keypoints": [1, 2]}]', "not a file of poses"),
    ("c.csv", "scorer,a\nbodyparts,b\n", "not a file of poses"),
    ("d.csv", "frame_idx,a.x\nnan,1\n", "not a file of poses"),
    ("e.json", '{"about": 3, "frames": []}', "not a file of poses"),
    ("f.json", '{"about": {"joints": ["a"]}, "frames": [{"frame": -4, "people": '
     '[{"person": 0, "xy": [[1, 2]], "score": [1]}]}]}', "not a file of poses"),
])  # fmt: skip
def test_broken_files_are_told_in_one_sentence(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(PoseViewerError, match=words) as told:
        read_results(tmp_path / name)
    assert len(str(told.value)) <= 300


def test_an_export_needs_poses_of_its_clip(tmp_path: Path, xy: np.ndarray) -> None:
    shifted = replace_frames(tmp_path, xy)
    job = ExportJob(tmp_path / "out.mkv", poses=shifted)
    with pytest.raises(PoseViewerError, match="labels no frame"):
        export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(FRAMES))
    assert not (tmp_path / "out.mkv").exists()


def replace_frames(folder: Path, xy: np.ndarray) -> Path:
    table = pd.read_csv(sleap(folder, xy))
    table.frame_idx += 1000
    table.to_csv(folder / "far.csv", index=False)
    return folder / "far.csv"
