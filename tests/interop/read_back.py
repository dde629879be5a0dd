"""Read an export with the programs that people use, and compare with its arrays.

    python tests/interop/read_back.py FOLDER STEM

FOLDER holds what an export with every kind of data wrote as STEM. Each reader's answer is held
against STEM.npz, read by numpy. Prints a row per reader; exits with 1 where one refuses or differs.
Needs the packages of requirements.txt, in an environment of its own; `make interop` makes it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Export:
    """What was exported."""

    folder: Path
    stem: str
    arrays: dict

    def path(self, ending: str) -> Path:
        return self.folder / f"{self.stem}{ending}"

    @property
    def numbered(self) -> list[int]:
        """Positions of the people with a number."""
        keys = self.arrays["person"].tolist()
        return [at for at, key in enumerate(keys) if key >= 0] or list(range(len(keys)))

    def xy(self, person: int, joint: str) -> np.ndarray:
        return self.arrays["xy"][:, person, self.arrays["joint"].tolist().index(joint)]

    def score(self, person: int, joint: str) -> np.ndarray:
        return self.arrays["score"][:, person, self.arrays["joint"].tolist().index(joint)]

    def name(self, person: int) -> str:
        key = int(self.arrays["person"][person])
        return f"person{key if key >= 0 else person:02d}"


def same(found: np.ndarray, wanted: np.ndarray, *, within: float = 2e-3) -> int:
    """Check that both are missing at the same places and equal elsewhere; count the values."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    assert found.shape == wanted.shape, f"shape {found.shape}, not {wanted.shape}"
    there = np.isfinite(wanted)
    assert (np.isfinite(found) == there).all(), "other values are missing"
    off = np.abs(found[there] - wanted[there]).max() if there.any() else 0.0
    assert off <= within, f"off by {off:.4g}"
    return int(there.sum())


def pandas_csv(export: Export) -> str:
    import pandas as pd

    table = pd.read_csv(export.path(".csv"))
    named = table.dropna(subset=["person"])
    assert not named.duplicated(["frame", "person", "joint"]).any(), "rows share a key"
    wide = pd.read_csv(export.path("_wide.csv")).dropna(subset=["person"])
    assert not wide.duplicated(["frame", "person"]).any(), "rows share a key"
    count = 0
    first = export.arrays["frame"][0]
    for at, key in enumerate(export.arrays["person"]):
        mine = wide[wide.person == key]
        rows = (mine.frame - first).to_numpy(int)
        for axis, name in enumerate(("x_px", "y_px")):
            count += same(mine[f"right_knee_{name}"], export.xy(at, "right_knee")[rows, axis])
        knee = export.arrays["angle"].tolist().index("right knee")
        count += same(mine["right_knee_deg"], export.arrays["degrees"][rows, at, knee])
    assert (np.sort(table.frame.unique()) == export.arrays["frame"]).all(), "frames are missing"
    return f"{len(named)} joints, {len(wide)} people in frames; {count} values compared"


def sleap_csv(export: Export) -> str:
    import sleap_io

    labels = sleap_io.load_csv(str(export.path("_sleap.csv")), format="sleap")
    return _labels(export, labels)


def _labels(export: Export, labels) -> str:
    nodes = [node.name for node in labels.skeletons[0].nodes]
    joints = export.arrays["joint"].tolist()
    assert sorted(nodes) == sorted(joints), f"joints are {nodes}"
    order = [nodes.index(joint) for joint in joints]
    first, count, frames = int(export.arrays["frame"][0]), 0, 0
    for frame in labels.labeled_frames:
        frames += 1
        for instance in frame.instances:
            places = instance.numpy()[order]
            here = export.arrays["xy"][frame.frame_idx - first]
            near = [
                np.nanmax(np.abs(person - places), initial=0)
                for person in here
                if np.isfinite(person).any()
            ]
            assert min(near) < 2e-3, f"frame {frame.frame_idx}: off by {min(near):.3g}"
            count += 1
    assert count, "no people were read"
    tracks = {
        instance.track.name
        for f in labels.labeled_frames
        for instance in f.instances
        if instance.track
    }
    return f"{frames} frames, {count} people, tracks {', '.join(sorted(tracks)) or 'none'}"


def movement_dlc(export: Export, ending: str = "_dlc.csv") -> str:
    from movement.io import load_poses

    data = load_poses.from_dlc_file(str(export.path(ending)), fps=None)
    count = 0
    for number, at in enumerate(export.numbered):
        for joint in ("right_knee", "left_wrist"):
            one = (
                data.isel(individual=number)
                if "individual" in data.dims
                else data.isel(individuals=number)
            )
            keys = "keypoint" if "keypoint" in one.dims else "keypoints"
            one = one.sel({keys: joint})
            count += same(one.position.values, export.xy(at, joint))
            there = np.isfinite(export.xy(at, joint)[:, 0])
            count += same(one.confidence.values[there], export.score(at, joint)[there])
    return f"{dict(data.sizes)}; {count} values compared"


def movement_dlc_h5(export: Export) -> str:
    return movement_dlc(export, "_dlc.h5")


def movement_nwb(export: Export) -> str:
    from movement.io import load_poses

    keys = {export.name(at): at for at in export.numbered}
    count = 0
    for name, at in keys.items():
        data = load_poses.from_nwb_file(
            str(export.path(".nwb")), processing_module_key="behavior", pose_estimation_key=name
        )
        one = data.isel(individual=0) if "individual" in data.dims else data.isel(individuals=0)
        dim = "keypoint" if "keypoint" in one.dims else "keypoints"
        count += same(one.sel({dim: "right_knee"}).position.values, export.xy(at, "right_knee"))
        seconds = export.arrays["time_s"]
        times = np.asarray(data.time.values, float)
        assert np.abs(times - times[0] - (seconds - seconds[0])).max() < 1e-6, "times differ"
    return f"{len(keys)} people; {count} values compared"


def pynwb_file(export: Export) -> str:
    from pynwb import NWBHDF5IO, validate

    assert not validate(path=str(export.path(".nwb"))), "is not valid NWB"
    with NWBHDF5IO(str(export.path(".nwb")), mode="r") as io:
        file = io.read()
        module = file.processing["behavior"]
        at = export.numbered[0]
        series = module[export.name(at)]["right_knee"]
        count = same(series.data[:], export.xy(at, "right_knee"))
        assert (series.timestamps[:] == export.arrays["time_s"]).all(), "times differ"
        assert json.loads(file.notes)["network"]
    return f"valid; {count} values compared"


def pandas_parquet(export: Export) -> str:
    import pandas as pd
    import pyarrow.parquet as pq

    table = pd.read_parquet(export.path(".parquet"))
    assert not table.duplicated(["frame", "person", "joint"]).any(), "rows share a key"
    about = json.loads(pq.read_schema(export.path(".parquet")).metadata[b"poseviewer"])
    assert about["network"], "the metadata has no network"
    count = 0
    first = export.arrays["frame"][0]
    for at, key in enumerate(export.arrays["person"]):
        mine = table[(table.person == key) & (table.joint == "right_knee")]
        rows = (mine.frame - first).to_numpy(int)
        count += same(mine[["x_px", "y_px"]], export.xy(at, "right_knee")[rows])
        assert (mine.time_s.to_numpy() == export.arrays["time_s"][rows]).all(), "times differ"
    return f"{len(table)} rows; {count} values compared"


def ezc3d_file(export: Export) -> str:
    import ezc3d

    count = 0
    for at in export.numbered:
        file = ezc3d.c3d(str(export.path("_c3d") / f"{export.stem}_{export.name(at)}.c3d"))
        labels = file["parameters"]["POINT"]["LABELS"]["value"]
        assert "RKnee" in labels, f"markers are {labels}"
        points = file["data"]["points"][:2, labels.index("RKnee")].T
        wanted = _upright(
            export, at, "right_knee", file["parameters"]["POINT"]["UNITS"]["value"][0]
        )
        count += same(points, wanted, within=1e-3 * max(1, np.nanmax(np.abs(wanted))))
        times = file["data"]["analogs"][
            0, file["parameters"]["ANALOG"]["LABELS"]["value"].index("TIME")
        ]
        assert np.abs(times - export.arrays["time_s"]).max() < 1e-3, "times differ"
    return f"{len(export.numbered)} people; {count} values compared"


def _upright(export: Export, at: int, joint: str, units: str) -> np.ndarray:
    xy = export.xy(at, joint).astype(float)
    if units == "px":
        return xy
    scale = _scale(export, at)
    height = json.loads(str(export.arrays["about"]))["height"]
    return np.stack([xy[:, 0] + 0.5, height - 0.5 - xy[:, 1]], axis=1) * scale


def _scale(export: Export, at: int) -> float:
    first = (
        (export.path("_trc_m") / f"{export.stem}_m_{export.name(at)}.trc")
        .read_text()
        .splitlines()[0]
    )
    return float(first.rsplit(": ", 1)[1])


def pose2sim_trc(export: Export) -> str:
    from Pose2Sim.common import extract_trc_data, read_trc

    count = 0
    for kind, units in (("px", "px"), ("m", "m")):
        folder = export.path("_trc" if kind == "px" else "_trc_m")
        for at in export.numbered:
            path = folder / f"{export.stem}_{kind}_{export.name(at)}.trc"
            data, frames, times, markers, _ = read_trc(str(path))
            assert {"RKnee", "LKnee", "Neck", "Hip"} <= set(markers), f"markers are {markers}"
            xyz = data["RKnee"].to_numpy(float)
            count += same(xyz[:, :2], _upright(export, at, "right_knee", units))
            assert (frames.to_numpy(int) == export.arrays["frame"]).all(), "frames differ"
            assert np.abs(times.to_numpy(float) - export.arrays["time_s"]).max() < 1e-9, (
                "times differ"
            )
            names, _ = extract_trc_data(str(path))
            assert list(names) == list(markers)
    return f"{len(export.numbered)} people, px and m; {count} values compared"


def pose2sim_mot(export: Export) -> str:
    from Pose2Sim.common import read_mot

    count = 0
    for at in export.numbered:
        data, times, _ = read_mot(str(export.path("_mot") / f"{export.stem}_{export.name(at)}.mot"))
        knee = export.arrays["angle"].tolist().index("right knee")
        count += same(data["knee_angle_r"], export.arrays["degrees_filtered"][:, at, knee])
        assert np.abs(times.to_numpy(float) - export.arrays["time_s"]).max() < 1e-6
    return f"{len(export.numbered)} people; {count} values compared"


def pose2sim_json(export: Export) -> str:
    """Read as Pose2Sim's own triangulation does: the numbers by the ids of its BODY_25 model."""
    from anytree import RenderTree
    from Pose2Sim import skeletons

    count = 0
    first = int(export.arrays["frame"][0])
    models = {"_json": (skeletons.BODY_25, 25), "_json18": (skeletons.COCO, 18)}
    names = {
        "RHip": "right_hip",
        "LShoulder": "left_shoulder",
        "RKnee": "right_knee",
        "LWrist": "left_wrist",
    }
    for ending, (model, joints) in models.items():
        ids = {node.name: node.id for _, _, node in RenderTree(model) if node.id is not None}
        files = sorted(export.path(ending).glob("*.json"))
        assert len(files) == len(export.arrays["frame"]), f"{len(files)} files"
        for file in files:
            index = int(file.stem.split("_")[-2])
            for person in json.loads(file.read_text())["people"]:
                numbers = np.reshape(person["pose_keypoints_2d"], (-1, 3))
                assert len(numbers) == joints, f"{len(numbers)} joints"
                key = person["person_id"][0]
                if key < 0:
                    continue
                at = export.arrays["person"].tolist().index(key)
                for marker, joint in names.items():
                    count += same(numbers[ids[marker], :2], export.xy(at, joint)[index - first])
    return f"{', '.join(models)}; {count} values compared"


def opensim_tables(export: Export) -> str:
    import opensim

    count = 0
    for at in export.numbered:
        table = opensim.TimeSeriesTableVec3(
            str(export.path("_trc_m") / f"{export.stem}_m_{export.name(at)}.trc")
        )
        assert table.getNumRows() == len(export.arrays["frame"])
        column = table.getDependentColumn("RKnee")
        found = np.array([[column[i][0], column[i][1]] for i in range(table.getNumRows())])
        count += same(found, _upright(export, at, "right_knee", "m"))
        angles = opensim.TimeSeriesTable(
            str(export.path("_mot") / f"{export.stem}_{export.name(at)}.mot")
        )
        knee = export.arrays["angle"].tolist().index("right knee")
        column = angles.getDependentColumn("knee_angle_r")
        found = np.array([column[i] for i in range(angles.getNumRows())])
        count += same(found, export.arrays["degrees_filtered"][:, at, knee])
        storage = opensim.Storage(str(export.path("_mot") / f"{export.stem}_{export.name(at)}.mot"))
        assert storage.isInDegrees()
    return f"{len(export.numbered)} people, TRC and MOT; {count} values compared"


def _dataset(export: Export) -> Path:
    return export.path("_coco") / f"{export.stem}_annotations.json"


def pycocotools_results(export: Export) -> str:
    import contextlib
    import io

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(_dataset(export)))
        category = truth.loadCats([1])[0]
        # The dataset has the network's joints; results have COCO's 17. Judged against itself.
        results = json.loads(export.path("_coco_results.json").read_text())
        found = truth.loadRes(str(export.path("_coco_results.json")))
        own = COCO()
        own.dataset = {
            "images": truth.dataset["images"],
            "categories": [{"id": 1, "name": "person"}],
            "annotations": [
                {
                    **one,
                    "id": n + 1,
                    "iscrowd": 0,
                    "area": 1e4,
                    "bbox": [0, 0, 1, 1],
                    "num_keypoints": sum(v > 0 for v in one["keypoints"][2::3]),
                }
                for n, one in enumerate(results)
            ],
        }
        own.createIndex()
        judged = COCOeval(own, own.loadRes(results), "keypoints")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    assert len(found.anns) == len(results) and len(truth.imgs) == len(export.arrays["frame"])
    assert category["keypoints"] == export.arrays["joint"].tolist()
    # OKS of a joint with itself is 1, unless a joint is missing from both.
    assert judged.stats[0] > 0.9, f"judged against itself: AP {judged.stats[0]:.3f}"
    return f"{len(found.anns)} people; AP against itself {judged.stats[0]:.2f}"


def sleap_coco(export: Export) -> str:
    import sleap_io

    labels = sleap_io.load_coco(str(_dataset(export)))
    nodes = [node.name for node in labels.skeletons[0].nodes]
    assert nodes == export.arrays["joint"].tolist(), f"joints are {nodes}"
    count = sum(len(frame.instances) for frame in labels.labeled_frames)
    assert count, "no people were read"
    return f"{len(labels.labeled_frames)} frames, {count} people"


def numpy_npz(export: Export) -> str:
    """Hold the arrays against PoseViewer's own JSON, which another writer made."""
    table = json.loads(export.path("_poses.json").read_text())
    assert table["about"]["joints"] == export.arrays["joint"].tolist()
    count = 0
    for number, frame in enumerate(table["frames"]):
        assert frame["time_s"] == export.arrays["time_s"][number]
        for person in frame["people"]:
            at = export.arrays["person"].tolist().index(person["person"])
            xy = np.array([[np.nan, np.nan] if place is None else place for place in person["xy"]])
            count += same(xy, export.arrays["xy"][number, at])
    return f"{len(table['frames'])} frames; {count} values compared"


def sports2d(export: Export) -> str:
    """Run Sports2D on the joints in pixels, to its end, and compare its knee with ours."""
    import pandas as pd
    from Sports2D import Sports2D

    video = next(p for p in (export.path(e) for e in (".mp4", ".mkv", ".mov")) if p.exists())
    counted = [int(np.isfinite(export.xy(at, "right_knee")[:, 0]).sum()) for at in export.numbered]
    at = export.numbered[int(np.argmax(counted))]
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        trc = place / f"{export.stem}_px_{export.name(at)}.trc"
        shutil.copy(export.path("_trc") / trc.name, trc)
        shutil.copy(video, place / video.name)
        config = {
            "base": {
                "video_input": video.name,
                "video_dir": str(place),
                "nb_persons_to_detect": 1,
                "show_realtime_results": False,
                "save_vid": False,
                "save_img": False,
                "save_pose": True,
                "calculate_angles": True,
                "save_angles": True,
                "result_dir": str(place),
                "load_trc_px": str(trc),
                "visible_side": ["right"],
                "person_ordering_method": "highest_likelihood",
            },
            "px_to_meters_conversion": {"to_meters": False, "make_c3d": False, "save_calib": False},
            "angles": {
                "joint_angles": ["Right knee", "Left knee", "Right elbow"],
                "segment_angles": ["Right thigh"],
                "flip_left_right": False,
            },
            "post-processing": {
                "interpolate": False,
                "filter": False,
                "reject_outliers": False,
                "show_graphs": False,
                "save_graphs": False,
            },
            "kinematics": {"do_ik": False, "use_augmentation": False},
            "logging": {"use_custom_logging": False},
        }
        Sports2D.process(config)
        written = sorted(place.rglob("*angles*.mot"))
        assert written, "Sports2D wrote no angles"
        lines = written[0].read_text().splitlines()
        head = next(n for n, line in enumerate(lines) if line.strip() == "endheader")
        table = pd.read_csv(written[0], sep="\t", skiprows=head + 1)
        said = []
        for name in ("right knee", "left knee", "right elbow"):
            theirs = table[
                next(c for c in table.columns if c.lower().replace("_", " ") == name)
            ].to_numpy(float)
            ours = export.arrays["degrees"][:, at, export.arrays["angle"].tolist().index(name)]
            n = min(len(theirs), len(ours))
            # Unwrapped by half turns: a jump of more than 90 degrees shifts the rest.
            off = np.abs((theirs[:n] - ours[:n] + 90) % 180 - 90)
            off = off[np.isfinite(off)]
            assert len(off) and np.median(off) < 0.5, (
                f"{name} differs by {np.median(off):.2f} degrees"
            )
            said.append(f"{name} {np.median(off):.3f}")
    return f"ran to its end; median difference in degrees: {', '.join(said)}"


READERS = {
    ".csv, _wide.csv": ("pandas", pandas_csv),
    "_sleap.csv": ("sleap-io", sleap_csv),
    "_dlc.csv": ("movement", movement_dlc),
    "_dlc.h5": ("movement", movement_dlc_h5),
    "_json, _json18": ("pose2sim", pose2sim_json),
    "_coco_results.json, _coco": ("pycocotools", pycocotools_results),
    "_coco": ("sleap-io", sleap_coco),
    "_trc, _trc_m": ("pose2sim", pose2sim_trc),
    "_mot": ("pose2sim", pose2sim_mot),
    "_trc_m, _mot": ("opensim", opensim_tables),
    "_trc ": ("sports2d", sports2d),
    "_c3d": ("ezc3d", ezc3d_file),
    ".parquet": ("pyarrow", pandas_parquet),
    ".nwb": ("pynwb", pynwb_file),
    ".nwb ": ("movement", movement_nwb),
    ".npz, _poses.json": ("numpy", numpy_npz),
}


def main() -> int:
    folder, stem = Path(sys.argv[1]), sys.argv[2]
    with np.load(folder / f"{stem}.npz", allow_pickle=False) as arrays:
        export = Export(folder, stem, dict(arrays))
    failed = 0
    print("| files | reader | version | what was read |\n|---|---|---|---|")
    for files, (package, read) in READERS.items():
        try:
            said = read(export)
        except Exception as error:  # noqa: BLE001 - a reader may fail in any way
            failed += 1
            said = f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        print(f"| `{files.strip()}` | {package} | {version(package)} | {said} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
