"""Every kind of file from outside: seeds that we write ourselves, and what reads it."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import cv2
import numpy as np

from poseviewer.core.budget import read_budget
from poseviewer.core.training_record import coded, read_training
from tests.slp import write_slp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file."""

    name: str
    """Of the file that is damaged, with the ending that readers go by."""

    seeds: Callable[[], list[bytes]]
    """Whole files."""

    read: Callable[[Path], object]
    """Reads the file at a path as the program does."""

    text: bool = False
    """Whether it is text."""

    apart: bool = False
    """Whether the program reads it in a process of its own, which a crash may end. Here it is read
    without one, which is a hundred times as fast; what ends this process is counted, and allowed.
    """


_serial = count()
JOINTS = 17
FOLDER = Path("frames")
"""Where the child keeps a folder of three pictures, for labels to belong to."""


# Labels ------------------------------------------------------------------------------------


def coco() -> list[bytes]:
    """COCO tables, with a box-only category beside people, and with a crowd."""
    from poseviewer.core.skeleton import load_skeleton

    names = load_skeleton("coco-17").joints
    points = [value for i in range(JOINTS) for value in (10.5 + i, 20.0 + 2 * i, 2)]
    person = {"category_id": 1, "iscrowd": 0, "keypoints": points, "num_keypoints": JOINTS}
    table = {
        "images": [{"id": i, "file_name": f"p_{i}.png"} for i in range(3)],
        "categories": [
            {"id": 7, "name": "ball"},
            {"id": 1, "name": "person", "keypoints": names, "skeleton": [[1, 2], [2, 3]]},
        ],
        "annotations": [
            {**person, "id": i, "image_id": i, "bbox": [1, 2, 30.5, 60], "area": 900.0}
            for i in range(3)
        ]
        + [{"id": 9, "image_id": 0, "category_id": 7, "bbox": [1, 1, 5, 5]}],
    }
    return [json.dumps(table).encode()]


def mpii() -> list[bytes]:
    """MPII's people in both JSON forms."""
    places = [[float(i), 2.0 + i] for i in range(16)]
    hrnet = {"image": "p_0.jpg", "center": [9.0, 9.0], "scale": 2.0, "joints": places}
    hrnet["joints_vis"] = [1] * 16
    cpm = {
        "dataset": "MPI",
        "isValidation": 1.0,
        "img_paths": "p_1.jpg",
        "objpos": [9.0, 9.0],
        "scale_provided": 2.0,
        "joint_self": [[*place, 1] for place in places],
    }
    return [json.dumps([hrnet] * 2).encode(), json.dumps([cpm] * 2).encode()]


def matlab() -> list[bytes]:
    """LSP's joints, plain and packed, in double and in bytes."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)

    def file(array: np.ndarray, kind: int, *, packed: bool) -> bytes:
        body = element(6, struct.pack("<II", 6, 0))
        body += element(5, np.array(array.shape, "<i4").tobytes()) + element(1, b"joints")
        body += element(kind, array.tobytes(order="F"))
        matrix = element(14, body)
        if packed:
            small = zlib.compress(matrix)
            matrix = struct.pack("<II", 15, len(small)) + small
        return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + matrix

    lsp = np.arange(3 * 14 * 5, dtype="<f8").reshape(3, 14, 5)
    lspet = np.ones((14, 3, 4), "u1")
    return [
        file(lsp, 9, packed=False),
        file(lsp, 9, packed=True),
        file(lspet, 2, packed=False),
        file(lspet, 2, packed=True),
    ]


def table() -> list[bytes]:
    """A CSV of joints, as an export writes it."""
    rows = ["frame,time_s,person,joint,x_px,y_px,score"]
    for frame in range(3):
        rows += [f"{frame},0.1,1,{name},10.5,20.25,0.9" for name in ("nose", "neck", "left_hip")]
    return ["\n".join([*rows, "3,0.2,,,,,", ""]).encode()]


def poses_json() -> list[bytes]:
    """COCO's results, our own JSON, and our COCO dataset."""
    points = [value for i in range(JOINTS) for value in (10.5 + i, 20.0, 0.9)]
    result = {"image_id": 1, "category_id": 1, "keypoints": points, "score": 0.8}
    numbered = result | {"track_id": 3, "keypoint_scores": [0.5] * JOINTS}
    states = ["visible", "outside"]
    person = {"person": 1, "xy": [[1.5, 2.5], None], "score": [0.9, 0.0], "visibility": states}
    ours = {"about": {"joints": ["nose", "neck"]}, "frames": [{"frame": 0, "people": [person]}]}
    annotation = {
        "image_id": 0,
        "track_id": 4,
        "keypoints": points[:6],
        "keypoint_scores": [1, 0.5],
    }
    dataset = {
        "info": {"description": "", "poseviewer": {}},
        "images": [{"id": 0}, {"id": 1}],
        "annotations": [annotation],
        "categories": [{"keypoints": ["nose", "neck"]}],
    }
    return [json.dumps(one).encode() for one in ([result, numbered], ours, dataset)]


def openpose() -> list[bytes]:
    """A frame of OpenPose."""
    points = [float(i) for i in range(75)]
    person = {"person_id": [0], "pose_keypoints_2d": points}
    return [json.dumps({"version": 1.3, "people": [person] * 2}).encode()]


def tables() -> list[bytes]:
    """Tables of DeepLabCut and of SLEAP, and our wide one."""
    return [
        b"scorer,a,a,a\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1.5,2.5,0.9\n1,2,3,1\n",
        b"track,frame_idx,nose.x,nose.y,nose.score\nperson1,0,1.5,2.5,0.9\nperson1,1,2,3,1\n",
        b"frame,person,nose_x_px,nose_y_px,nose_score\n0,1,1.5,2.5,0.9\n1,1,2,3,1\n2,,,,\n",
    ]


def markers() -> list[bytes]:
    """TRC in pixels and in metres."""
    head = "PathFileType\t4\t(X/Y/Z)\tpeople{}\nDataRate\tUnits\n30.0\t{}\n"
    head += "Frame#\tTime\tRHip\t\t\tNose\t\t\n\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n"
    rows = "0\t0.0\t1.5\t2.5\t0\t3.5\t4.5\t0\n1\t0.03\t1\t2\t0\t\t\t\n"
    metres = head.format(", metres per pixel: 0.01, height: 30", "m") + rows
    return [(head.format("", "px") + rows).encode(), metres.encode()]


def triangulated() -> list[bytes]:
    """TRC of Pose2Sim in metres, with a marker missing."""
    head = "PathFileType\t4\t(X/Y/Z)\twalk.trc\nDataRate\tUnits\n60\tm\n"
    head += "Frame#\tTime\tRHip\t\t\tLHip\t\t\n\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n"
    return [(head + "1\t0.02\t0.1\t0.9\t-1.4\t\t\t\n2\t0.03\t1\t2\t0\t1\t1\t1\n").encode()]


def cameras() -> list[bytes]:
    """A calibration of Qualisys with one camera."""
    turn = " ".join(f'r{a}{b}="{float(a == b)}"' for a in (1, 2, 3) for b in (1, 2, 3))
    names = ("focalLengthU", "focalLengthV", "centerPointU", "centerPointV")
    lens = " ".join(f'{name}="64000.5"' for name in names)
    bent = " ".join(f'radialDistortion{n}="0.01"' for n in (1, 2, 3))
    bent += ' tangentalDistortion1="0.001" tangentalDistortion2="0"'
    inside = f'<transform {turn} x="1" y="2" z="3.5"/><intrinsic {lens} {bent}/>'
    return [f'<cameras><camera serial="cam01">{inside}</camera></cameras>'.encode()]


def motion() -> list[bytes]:
    """Angles of OpenSim in degrees, and of Sports2D in radians."""
    head = "Coordinates\nnRows=2\ninDegrees={}\n\nendheader\n"
    opensim = head.format("yes") + "time knee_angle_r pelvis_tx\n0.0 30.5 1\n0.5 nan 2\n"
    sports2d = head.format("no") + "time\tRight knee\tLeft hip\n0\t0.5\t1.5\n1\t0.25\t\n"
    return [opensim.encode(), sports2d.encode()]


def poses_npz() -> list[bytes]:
    """The arrays of an export."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        frame=np.arange(3),
        person=np.array([0, -1]),
        joint=np.array(["nose", "neck"]),
        xy=np.ones((3, 2, 2, 2), np.float32),
        score=np.ones((3, 2, 2), np.float32),
    )
    return [buffer.getvalue()]


def hdf5() -> list[bytes]:
    """The hourglass authors' HDF5."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["part"] = np.random.default_rng(0).random((4, 16, 2)) * 50
        file["center"], file["scale"] = np.full((4, 2), 30.0), np.ones(4)
        file["imgname"] = np.array([f"p_{i}.jpg" for i in range(4)], "S7")
        file.create_dataset("normalize", data=np.full(4, 9.0), compression="gzip")
    return [buffer.getvalue()]


def dlc() -> list[bytes]:
    """Tables of DeepLabCut in HDF5, in both forms of pandas."""
    import pandas as pd

    names = ("scorer", "bodyparts", "coords")
    columns = pd.MultiIndex.from_product([["a"], ["nose"], ["x", "y", "likelihood"]], names=names)
    path = Path("seed.h5")
    found = []
    for form in ("fixed", "table"):
        pd.DataFrame(np.ones((4, 3)), columns=columns).to_hdf(path, key="df", format=form)
        found.append(path.read_bytes())
        path.unlink()
    return found


def sleap() -> list[bytes]:
    """Projects of SLEAP: predictions, and such as a person has corrected."""
    xy = np.random.default_rng(0).uniform(0, 30, (3, 2, 3, 2))
    buffers = io.BytesIO(), io.BytesIO()
    for buffer, corrected in zip(buffers, (False, True), strict=True):
        write_slp(buffer, xy, ("nose", "neck", "left_hip"), corrected=corrected)
    return [buffer.getvalue() for buffer in buffers]


def read_without_process(read: Callable[[Path], object]) -> Callable[[Path], object]:
    """Read HDF5 in this process, by what the process of its own runs."""

    def reader(path: Path) -> object:
        from poseviewer.truth import apart, apart_process

        def answer(file: Path, names: Sequence[str]) -> tuple[int, bytes]:
            return apart_process.answer(str(file), list(names), read_budget())

        with patch.object(apart, "_answer", answer):
            return read(path)

    return reader


def read_labels(path: Path) -> object:
    """Read labels beside a folder of pictures, and the people of each."""
    from poseviewer.truth.frames import truth_of
    from poseviewer.video.stills import FolderClip

    truth = truth_of(FolderClip(str(FOLDER)), path)
    return [truth.at(frame) for frame in range(3)] if truth else None


def read_markers(path: Path) -> object:
    """Read markers with a camera that is whole."""
    from poseviewer.truth.triangulated import read_triangulated

    whole = path.with_name("whole.qca.txt")
    whole.write_bytes(cameras()[0])
    return read_triangulated(path, whole, camera="cam01")


def read_cameras(path: Path) -> object:
    """Read a camera, and what it sees."""
    from poseviewer.truth.triangulated import read_camera

    eye = read_camera(path, camera="cam01")
    return eye.project(eye.seen(np.ones((2, 3))))


def read_set(path: Path) -> object:
    """Read labels as `eval` does."""
    from poseviewer.truth.readers import read_truth

    return read_truth(path, split="all")


def archive() -> list[bytes]:
    """A tar file of pictures."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for data in pictures(".png")[:2]:
            member = tarfile.TarInfo(f"p_{len(data)}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return [buffer.getvalue()]


def read_archive(path: Path) -> object:
    """Read every picture of a tar file."""
    from poseviewer.truth.labelled import Archives

    pack = Archives([path])
    return [pack(name) for name in list(pack._places)[:4]]


def pack() -> list[bytes]:
    """The crops of a data pack."""
    buffers = io.BytesIO(), io.BytesIO()
    for buffer, save in zip(buffers, (np.savez, np.savez_compressed), strict=True):
        save(
            buffer,
            split=np.array(["val"] * 3),
            dataset=np.array(["lspet"] * 3),
            name=np.array(["a.jpg", "b.jpg", "c.jpg"]),
            shard=np.array(["crops-00.tar"] * 3),
            joints=np.ones((3, 16, 3), np.float32),
            derived=np.zeros((3, 16), np.bool_),
        )
    return [buffer.getvalue() for buffer in buffers]


def read_crops(path: Path) -> object:
    """Read the crops of a data pack whose other files are there."""
    from poseviewer.truth.readers import read_truth

    for name in ("crops-00.tar", "coco-images-val.tar"):
        path.with_name(name).write_bytes(archive()[0])
    path.with_name("coco_val.json").write_bytes(coco()[0])
    return read_truth(path.parent)


# What a person has chosen or made ----------------------------------------------------------


def angles() -> list[bytes]:
    """Custom angles."""
    one = (
        '[[angle]]\nname = "{side} bend"\npoints = ["{side}_hip", "{side}_knee", "{side}_ankle"]\n'
    )
    two = '[[angle]]\nname = "lean"\npoints = ["neck", "mid_hip"]\nperiod = 180\n'
    return [f"{one}offset = 180.0\nscale = -1\nperiod = 360\n\n{two}".encode()]


def read_own_angles(path: Path) -> object:
    """Read custom angles."""
    from poseviewer.core.angle_file import read_angles

    return read_angles(path)


def keys() -> list[bytes]:
    """Keys of actions."""
    table = {"format": "poseviewer-keys", "version": 1}
    table["keys"] = {"snapshot": ["Ctrl+P", "F12"], "export": [], "go_to": ["Ctrl+Shift+G"]}
    return [json.dumps(table).encode()]


def read_some_keys(path: Path) -> object:
    """Read keys of actions."""
    from poseviewer.gui.keys import read_keys

    return read_keys(path)


def skeleton() -> list[bytes]:
    """Skeletons that ship."""
    from poseviewer.core.assets import resource

    return [resource(f"skeletons/{name}.toml").read_bytes() for name in ("lsp-14", "body-25")]


def read_skeleton(path: Path) -> object:
    """Read a skeleton."""
    from poseviewer.core.skeleton import load_skeleton

    return load_skeleton.__wrapped__(str(path))


def settings() -> list[bytes]:
    """The window's settings, as it writes them."""
    from PySide6.QtWidgets import QMainWindow

    from poseviewer.gui.settings import Settings
    from poseviewer.gui.workspaces.defaults import BUILT_IN
    from poseviewer.gui.workspaces.workspace import Remembered
    from poseviewer.runtime.jobs import RecordJob
    from poseviewer.runtime.state import AppState, Keep, Speed

    path = Path("seed.ini")
    made = Settings(path.absolute())
    made.theme, made.folder, made.keys = "dark", "/videos", {"play": ["Space"]}
    made.add_recent("/videos/a.mp4")
    made.record_job, made.keep = RecordJob(annotated=True, data=("csv",)), Keep(20.0, 256)
    chosen = AppState().choosing(overlay_stage=1, gate=0.3, arcs=("right knee",))
    made.save_state(replace(chosen, speed=Speed(0.008, 0.014, "openvino cpu fp32 2 cores")))
    made.sync()
    choices = path.read_bytes()
    made.save_geometry(QMainWindow())
    made.workspaces = Remembered("Mine", BUILT_IN, (replace(BUILT_IN[0], name="Mine"),))
    made.remember_workspace("/videos/a.mp4", "Measure")
    made.sync()
    return [choices, path.read_bytes()]


def read_settings(path: Path) -> object:
    """Read every setting, and put a window as it was."""
    from PySide6.QtWidgets import QMainWindow

    from poseviewer.gui.settings import Settings

    # Qt remembers what it has read under a name.
    fresh = path.with_name(f"window-{next(_serial)}.ini").absolute()
    path.rename(fresh)
    read = Settings(fresh)
    names = ("recent", "folder", "theme", "state", "record_job", "keep", "keys", "workspaces")
    found = [getattr(read, name) for name in names]
    for number in (found[3].reading.gate, found[3].display.opacity, found[5].seconds):
        assert 0 <= number < float("inf")
    window = QMainWindow()
    read.restore_geometry(window)
    read.workspace_of("/videos/a.mp4")
    window.deleteLater()
    fresh.unlink()
    return found


def workspace() -> list[bytes]:
    """Workspaces that were shared."""
    from poseviewer.gui.workspaces.defaults import BUILT_IN
    from poseviewer.gui.workspaces.workspace import as_json

    return [json.dumps(as_json(one), indent=1).encode() for one in BUILT_IN]


def project() -> list[bytes]:
    """A project of two clips with something in every part, and one that is empty."""
    from poseviewer.runtime.project.file import as_json
    from poseviewer.runtime.project.value import Project
    from tests.runtime.project.test_file import project as whole

    folder = Path("/videos")
    return [json.dumps(as_json(one, folder=folder)).encode() for one in (whole(folder), Project())]


def read_project_file(path: Path) -> object:
    """Read a project, and look for its clips."""
    from poseviewer.runtime.project.clips import find_clips
    from poseviewer.runtime.project.file import read_project

    return find_clips(read_project(path)[0], path.parent)


def read_workspace_file(path: Path) -> object:
    """Read a workspace, and lay docks out as it says."""
    from PySide6.QtWidgets import QDockWidget, QMainWindow

    from poseviewer.gui.workspaces.arrangement import arranging
    from poseviewer.gui.workspaces.workspace import read_workspace

    read = read_workspace(path)
    window = QMainWindow()
    docks = {name: QDockWidget(name, window) for name in ("angles_dock", "stages_dock", "new")}
    for _ in arranging(window, docks, read.layout, close_others=read.presenting):
        pass
    assert all(window.dockWidgetArea(dock).value for dock in docks.values())
    window.deleteLater()
    return read


def card() -> list[bytes]:
    """Cards of imported models: one that ships, one of a layout."""
    about = {
        "version": 1,
        "name": "mine",
        "title": "Mine",
        "licence": "unknown",
        "source": "somewhere",
        "parameters": 6515682,
        "sha256": "0" * 64,
        "file": {"name": "a.pth", "kind": "PyTorch checkpoint", "bytes": 9, "sha256": "0" * 64},
    }
    named = {**about, "layout": "card", "settings": {"card": "hourglass-lite"}}
    stacks = {"stacks": 2, "joints": 16, "modules": 1, "stem": "paper"}
    found = {**about, "layout": "hourglass-bearpaw", "settings": stacks}
    return [json.dumps(named, indent=1).encode(), json.dumps(found, indent=1).encode()]


def read_card(path: Path) -> object:
    """Read a card, and what it says of its weights."""
    from poseviewer.models.facts import facts
    from poseviewer.models.importers.stored import stored_card
    from poseviewer.models.registry import shipped

    return facts(stored_card(path, {one.name: one for one in shipped()}))


def graph_json() -> list[bytes]:
    """The JSON of an imported graph."""
    settings = json.loads(graph_cards()[0])
    settings["answer"] |= {"unit": 2.0, "grid": "corners"}
    about = json.loads(card()[0]) | {
        "layout": "graph",
        "settings": settings,
        "shapes": [[1, 8, 16, 16], [1, JOINTS, 1, 3]],
    }
    body = settings | {"skeleton": "blazepose-33", "stages": []}
    body["answer"] = {"kind": "points", "outputs": ["a"], "numbers": "xyzs_", "axis": [33, 34]}
    zooms = ["hand_look", "hand", "face_look", "face"]
    whole = about | {"settings": body, "shapes": [[1, 33, 1, 3]], "zooms": zooms}
    return [json.dumps(one, indent=1).encode() for one in (about, whole)]


def graph_cards() -> list[bytes]:
    """What a person says of a graph."""
    described = {
        "title": "Mine",
        "skeleton": "coco-17",
        "size": [64, 64],
        "mean": [1, 2, 3],
        "answer": {"kind": "points", "outputs": ["a", "b"], "numbers": "yxs"},
        "stages": [{"source": "conv", "title": "Features", "layout": "nhwc"}],
    }
    return [json.dumps(described, indent=1).encode()]


def read_graph_card(path: Path) -> object:
    """Read what a person says of a graph, and the stages that it makes."""
    from poseviewer.models.graph_files.description import read_description

    return read_description(path)


def tfjs() -> list[bytes]:
    """A graph of TensorFlow.js without numbers of its own."""
    text = {"list": {"s": ["UmVsdQ=="]}}
    nodes = [
        {"name": "in", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}}},
        {"name": "out", "op": "_FusedConv2D", "input": ["in", "in", "in"],
         "attr": {"T": {"type": 1}, "fused_ops": text, "strides": {"list": {"i": ["1", 2]}}}},
        {"name": "b", "op": "Reshape", "input": ["out"],
         "attr": {"shape": {"shape": {"dim": [{"size": "3"}, {"size": -1}]}}, "f": {"f": 0.5}}},
    ]  # fmt: skip
    content = {"modelTopology": {"node": nodes}, "weightsManifest": [{"paths": [], "weights": []}]}
    return [json.dumps(content, indent=1).encode()]


def read_tfjs(path: Path) -> object:
    """Read a graph of TensorFlow.js as one of TensorFlow."""
    from poseviewer.models.importers.tfjs import graph_def

    return graph_def(path)


def graph_bundle() -> list[bytes]:
    """A bundle that holds a bundle and two networks."""
    lite = b"\x1c\0\0\0TFL3" + bytes(range(64))
    inner = zipped({"hand_landmark.tflite": lite})
    return [zipped({"a.tflite": lite, "hand.task": inner}), zipped({"pkg/b.onnx": onnx()[0]})]


def npm_package() -> list[bytes]:
    """A package of npm: networks as files, end to end in one, and as TensorFlow.js has them."""
    lite = b"\x1c\0\0\0TFL3" + bytes(range(64))
    end = {"filename": "/a/hand.tflite", "start": 0, "end": len(lite)}
    loader = f'loadPackage({{"files": {json.dumps([end])}, "size": 1}});'
    files = {
        "package/pose.tflite": lite,
        "package/x_packed_assets.data": lite,
        "package/x_packed_assets_loader.js": loader.encode(),
        "package/model.json": tfjs()[0],
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as bundle:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            bundle.addfile(info, io.BytesIO(data))
    plain = zlib.decompress(out.getvalue(), 31)
    # Stored as it is, so that what is damaged is the archive and not its packing.
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    return [out.getvalue(), stored.compress(plain) + stored.flush()]


def whole_body_people() -> list[bytes]:
    """People with the lists of COCO-WholeBody, as answers and as a table."""
    lists = {"keypoints": 17, "foot_kpts": 6, "face_kpts": 68}
    lists |= {"lefthand_kpts": 21, "righthand_kpts": 21}
    one: dict[str, Any] = {name: [1.5, 2, 2] * number for name, number in lists.items()}
    one |= {"image_id": 1, "category_id": 1, "id": 1, "iscrowd": 0, "score": 0.5}
    one |= {"area": 90.0, "bbox": [1, 2, 3, 4]}
    table = {"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": [one]}
    return [json.dumps([one]).encode(), json.dumps(table).encode()]


def read_whole_body_people(path: Path) -> object:
    """Read people of COCO-WholeBody as what the file begins like, and judge them."""
    from poseviewer.evaluation.whole_body import (
        read_answers,
        read_whole_body,
        whole_body_precision,
    )

    if path.read_bytes().lstrip()[:1] == b"{":
        truth = read_whole_body(path)
        return whole_body_precision(truth, [])
    return read_answers(path)


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return out.getvalue()


def read_bundle(path: Path) -> object:
    """Open every network of an archive, as far as OpenVINO's own work."""
    from poseviewer.models.graph_files import opened

    with patch.object(opened, "_converted", lambda file, *_: file):
        for member in opened.members(path):
            with opened.opened(path, member=member) as one:
                assert one.path.stat().st_size >= 0
    return None


def onnx() -> list[bytes]:
    """A graph of one convolution."""
    from poseviewer.models.importers.wire import packed, tagged

    def tensor(name: str, values: Any) -> bytes:
        dims = b"".join(packed(1, side) for side in values.shape)
        return dims + packed(2, 1) + tagged(8, name.encode()) + tagged(9, values.tobytes())

    def port(name: str, *shape: int) -> bytes:
        dims = b"".join(tagged(1, packed(1, side)) for side in shape)
        kind = tagged(1, packed(1, 1) + tagged(2, dims))
        return tagged(1, name.encode()) + tagged(2, kind)

    node = b"".join(tagged(1, name) for name in (b"in", b"w")) + tagged(2, b"out")
    node += tagged(3, b"conv") + tagged(4, b"Conv")
    graph = tagged(1, node) + tagged(2, b"g")
    graph += tagged(5, tensor("w", np.ones((2, 3, 1, 1), np.float32)))
    graph += tagged(11, port("in", 1, 3, 8, 8)) + tagged(12, port("out", 1, 2, 8, 8))
    return [packed(1, 8) + tagged(7, graph) + tagged(8, tagged(1, b"") + packed(2, 17))]


def read_onnx(path: Path) -> object:
    """Read an ONNX graph by OpenVINO, in this process, and what it shows of itself."""
    from poseviewer.models.graph_files import opened
    from poseviewer.models.graph_files.cards import examined

    def here(file: Path, name: str, folder: Path) -> Path:
        opened.convert_here(file, folder / "openvino.xml", name)
        return folder / "openvino.xml"

    with patch.object(opened, "_converted", here), examined(path) as candidate:
        return candidate.about


def facts_beside() -> list[bytes]:
    """The card beside weights that ship."""
    from poseviewer.core.assets import weights

    return [weights(f"{name}.json").read_bytes() for name in ("hourglass-lite", "openpose-lite")]


def read_facts_beside(path: Path) -> object:
    """Read what is known of weights."""
    from poseviewer.models.facts import facts
    from poseviewer.models.registry import card as card_of

    return facts(replace(card_of("hourglass-lite"), weights=path.with_suffix(".safetensors")))


def plugin() -> list[bytes]:
    """A package's list of entry points."""
    groups = ("networks", "sources", "writers")
    return ["".join(f"[poseviewer.{g}]\nmine = mine:THING\n\n" for g in groups).encode()]


def read_plugin(path: Path) -> object:
    """List the plug-ins of a package with this list, and load them."""
    from poseviewer.core.errors import PoseViewerError
    from poseviewer.plugins import PluginTable

    place = Path("packages") / "mine-1.0.dist-info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (place / "entry_points.txt").write_bytes(path.read_bytes())
    if str(place.parent.absolute()) not in sys.path:
        sys.path.insert(0, str(place.parent.absolute()))
    found = []
    for group in ("networks", "sources", "writers"):
        known = PluginTable(f"poseviewer.{group}")
        for name in (*known.names, *known.conflicts):
            try:
                found.append(known.load(name))
            except (KeyError, PoseViewerError):
                continue
    return found


# Checkpoints -------------------------------------------------------------------------------


@cache
def _weights() -> dict[str, Any]:
    import torch

    torch.manual_seed(0)
    return {"conv.weight": torch.randn(4, 3, 3, 3), "bn.running_var": torch.rand(4)}


def torch_zip() -> list[bytes]:
    """Checkpoints of torch.save, with what training programs put beside the weights."""
    return _torch_files(zipped=True)


def torch_legacy() -> list[bytes]:
    """The same in the format before 2020."""
    return _torch_files(zipped=False)


def _torch_files(*, zipped: bool) -> list[bytes]:
    import torch

    half = {f"module.{name}": tensor.half() for name, tensor in _weights().items()}
    training = {"state_dict": half, "epoch": 3, "best": np.float64(0.5), "t": (1, (2.0, "x"))}
    found = []
    for content in (_weights(), training):
        buffer = io.BytesIO()
        torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
        found.append(buffer.getvalue())
    return found


def safetensors() -> list[bytes]:
    """A safetensors file."""
    from safetensors.torch import save

    return [save(_weights())]


def _chunk(number: int, data: bytes) -> bytes:
    head, length = bytearray([number << 3 & 0x7F | 2]), len(data)
    if number > 15:
        head = bytearray([(number << 3 | 2) & 0x7F | 0x80, number >> 4])
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*head, length]) + data


def caffe() -> list[bytes]:
    """A Caffe model of two layers."""
    shape = _chunk(7, b"\x0a\x04\x02\x01\x01\x03")
    blob = shape + _chunk(5, np.arange(6, dtype="<f4").tobytes())
    layer = _chunk(100, _chunk(1, b"conv1") + _chunk(7, blob))
    return [layer * 2 + _chunk(1, b"net")]


def graph() -> list[bytes]:
    """A frozen graph of a constant and what adds it."""
    shape = _chunk(2, _chunk(2, b"\x08\x04"))
    value = b"\x08\x01" + shape + _chunk(5, np.float32(2).tobytes())
    constant = _chunk(1, b"b") + _chunk(2, b"Const")
    constant += _chunk(5, _chunk(1, b"value") + _chunk(2, _chunk(8, value)))
    same = _chunk(1, b"c") + _chunk(2, b"Identity") + _chunk(3, b"b")
    bias = _chunk(1, b"y") + _chunk(2, b"BiasAdd") + _chunk(3, b"image") + _chunk(3, b"c")
    return [b"".join(_chunk(1, node) for node in (constant, same, bias))]


def read_checkpoint(path: Path) -> object:
    """Read a checkpoint and find out what network it is of."""
    from poseviewer.models.importers.checkpoint import recognise
    from poseviewer.models.importers.files import read_contents
    from poseviewer.models.registry import shipped

    contents = read_contents(path)
    return recognise(contents, file=path.name, cards={one.name: one for one in shipped()})


# Pictures and videos -----------------------------------------------------------------------


@cache
def pictures(ending: str) -> list[bytes]:
    """Small pictures of one format: colour, grey, transparent and of 16 bits, where it has them."""
    colours = np.random.default_rng(0).integers(0, 256, (37, 53, 4)).astype(np.uint8)
    found = []
    for pixels in (colours[..., :3], colours[..., 0], colours, colours[..., :3].astype("u2") * 257):
        quiet = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            done, coded = cv2.imencode(ending, pixels)
        except cv2.error:
            continue
        finally:
            cv2.utils.logging.setLogLevel(quiet)
        if done:
            found.append(coded.tobytes())
    assert found, ending
    return found


def read_picture(path: Path) -> object:
    """Read a picture."""
    from poseviewer.video.stills import read_image

    return read_image(path)


def videos(ending: str) -> list[bytes]:
    """A short video in one container."""
    import av

    path = Path(f"seed{ending}")
    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return [path.read_bytes()]


def read_video(path: Path) -> object:
    """Open a video, and read its first frame and its last."""
    from poseviewer.video.open import open_source

    clip = open_source(str(path))
    try:
        return [clip.read(0).pixels.shape, clip.read(len(clip) - 1).pixels.shape]
    finally:
        clip.close()


_MEDIA = ("part0.ts", "part1.ts", "part0.mp4", "list.m3u8")


def _media() -> None:
    """Files for playlists to name, beside them."""
    import av

    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    for name in _MEDIA[:-1]:
        if Path(name).exists():
            continue
        with av.open(name, "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(6):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())
    Path(_MEDIA[-1]).write_text(_HLS + _PARTS, encoding="ascii")


_HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
_PARTS = "#EXTINF:0.24,\npart0.ts\n#EXTINF:0.24,\npart1.ts\n#EXT-X-ENDLIST\n"


def hls() -> list[bytes]:
    """HLS playlists: of parts, of ranges and a key, and of variants."""
    _media()
    ranges = "#EXT-X-BYTERANGE:1880@0\n#EXTINF:0.24,\npart0.ts\n"
    key = '#EXT-X-KEY:METHOD=AES-128,URI="part1.ts",IV=0x00000000000000000000000000000001\n'
    variants = "#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=64x48\nlist.m3u8\n"
    lists = (_PARTS, ranges + _PARTS, key + _PARTS, variants)
    return [(_HLS + each).encode() for each in lists]


def script() -> list[bytes]:
    """Scripts of FFmpeg that join files."""
    _media()
    plain = "ffconcat version 1.0\nfile 'part0.ts'\nduration 0.24\nfile part1.ts\n"
    rich = "ffconcat version 1.0\nfile part0.mp4\ninpoint 0.04\noutpoint 0.2\n"
    rich += "stream\nexact_stream_id 0x1\nfile_packet_meta a 'b'\n"
    return [plain.encode(), rich.encode()]


def session() -> list[bytes]:
    """Session descriptions."""
    _media()
    head = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    h264 = "m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
    mpeg = "m=video 5006 RTP/AVP 26\r\na=control:streamid=0\r\na=framesize:26 64-48\r\n"
    return [(head + h264).encode(), (head + mpeg).encode()]


def dash() -> list[bytes]:
    """Descriptions of DASH."""
    _media()
    form = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT0.24S" minBufferTime="PT1S"><Period><AdaptationSet '
        'mimeType="video/mp4">{}</AdaptationSet></Period></MPD>'
    )
    whole = '<Representation id="0" bandwidth="9"><BaseURL>part0.mp4</BaseURL></Representation>'
    parts = (
        '<SegmentTemplate timescale="25" initialization="part$RepresentationID$.mp4" '
        'media="part$Number$.ts" startNumber="0"><SegmentTimeline><S t="0" d="6" r="1"/>'
        '</SegmentTimeline></SegmentTemplate><Representation id="0" bandwidth="9" codecs="mp4v"/>'
    )
    return [form.format(each).encode() for each in (whole, parts)]


def read_playlist(path: Path) -> object:
    """Open what may be a playlist, as a video, and ask which files it names."""
    from poseviewer.video.inputs import spare_inputs

    for part in _MEDIA:
        if not (beside := path.with_name(part)).exists():
            os.link(part, beside)
    spare_inputs([path.with_name("new.mp4")], source=str(path))
    return read_video(path)


def saved() -> list[bytes]:
    """The file of a clip in which three frames were analysed, with two people in the last."""
    from tempfile import TemporaryDirectory

    from poseviewer.runtime.saved.analysis import SavedAnalysis
    from poseviewer.runtime.saved.annotations import SavedAnnotations
    from poseviewer.runtime.saved.corrections import SavedCorrections
    from poseviewer.runtime.saved.file import ClipFacts, SavedFile
    from poseviewer.runtime.state import AppState
    from tests.core.test_annotation import EVERYTHING
    from tests.runtime.saved.made import made_course, made_result
    from tests.runtime.saved.test_corrections import EDITS

    clip = ClipFacts("ab" * 32, "walk.mp4", "walk.mp4", (640, 480), 25.0, 3, 0.08)
    with TemporaryDirectory() as folder:
        file = SavedFile(Path(folder) / "s.sqlite", clip=clip, complain=print)
        analysis = SavedAnalysis(file, AppState().key)
        course = made_course()
        for index in range(3):
            result = made_result(index, people=1 + index // 2)
            analysis.add(result, begin=0, measured_by="x")
        analysis.write(course.checkpoint(), next_=3, engine="an engine")
        SavedAnnotations(file).write(EVERYTHING)
        SavedCorrections(file).write(EDITS)
        file.close()
        return [file.path.read_bytes()]


def read_saved(path: Path) -> object:
    """Read everything that a window and `poseviewer results` read of it."""
    from poseviewer.core.angle import offered_angles
    from poseviewer.core.errors import PoseViewerError
    from poseviewer.pipeline.track import Tracker
    from poseviewer.runtime.course import Course
    from poseviewer.runtime.factories import follower
    from poseviewer.runtime.saved.analysis import archive_of, entries
    from poseviewer.runtime.saved.annotations import SavedAnnotations
    from poseviewer.runtime.saved.corrections import SavedCorrections
    from poseviewer.runtime.saved.library import saved_file
    from poseviewer.runtime.sections import ReadingState

    # One that is set aside must not be in the way of the next.
    file = saved_file(path)
    try:
        SavedAnnotations(file).load()
        SavedCorrections(file).load()
        for entry in entries(file)[1]:
            archive = archive_of(file, entry)
            specs = offered_angles(archive.model.skeleton)
            with archive.reading():
                Course.continued(archive, follower=follower(ReadingState()), tracker=Tracker())
            archive.curves(angles=len(specs))
            for index in range(archive.begin, archive.next):
                archive.at(index)
                archive.measures(index, specs=specs)
    except PoseViewerError:
        for each in path.parent.glob(f"{path.stem}.damaged-*"):
            each.unlink()
        raise
    finally:
        file.close()
    return None


def clip_list() -> list[bytes]:
    """Lists of clips, between commas and between semicolons."""
    return [
        b"path,name,start,end\nwalk.mp4,a walk,2s,4.5s\n/day 1/run.mp4,,,120\n",
        "\ufeffpath;model\nwalk.mp4;cpm-lite\n".encode(),
    ]


def read_clip_list(path: Path) -> object:
    """Read what may be a list, and the options of its clips."""
    from poseviewer.cli.batch_clip import clip_arguments, option_names
    from poseviewer.runtime.batch.clips import read_list
    from poseviewer.runtime.batch.task import BatchTask

    for clip in read_list(path, columns=option_names()):
        clip_arguments(BatchTask(clip.location, clip.name or "x", "out", clip.options))
    return None


def clip_outcome() -> list[bytes]:
    """What became of a clip of a batch."""
    from dataclasses import asdict

    from poseviewer.runtime.batch.task import VERSION, BatchTask, Digest, Outcome
    from tests.runtime.saved.made import made_result

    digest = Digest(("left elbow", "right elbow"))
    for index in range(5):
        digest.add(made_result(index, people=index % 3))
    task = BatchTask("walk.mp4", "walk", "out", ("--data=csv",))
    outcome = Outcome.of(task, state="done", outputs=("walk.csv",), **digest.fields())
    table = {"version": VERSION} | asdict(outcome)
    del table["skipped"]
    return [json.dumps(table).encode()]


def read_clip_outcome(path: Path) -> object:
    """Read what became of a clip, and show it."""
    from poseviewer.runtime.batch.report import report_page, summary_table
    from poseviewer.runtime.batch.task import read_outcome

    outcome = read_outcome(path)
    return report_page([outcome]), summary_table([outcome])


# Training ----------------------------------------------------------------------------------


def training_record() -> list[bytes]:
    """What was seen of a training run, with a number that is none."""
    head = {
        "kind": "begin", "model": "cpm-6", "supervised": "every", "stages": ["one", "two"],
        "layers": ["a", "b"], "stage_of": [0, 1],
        "pictures": coded(np.full((2, 4, 4, 3), 90, np.uint8)),
    }  # fmt: skip
    entries = [
        head,
        {"kind": "judged", "step": 0, "pck": [0.1, None]},
        {"kind": "maps", "step": 0, "maps": coded(np.zeros((2, 2, 2, 2), np.uint8))},
        {"kind": "step", "step": 1, "losses": [2.0, None], "gradients": [1e-12, 3]},
        {"kind": "step", "step": 2, "losses": [1.0, 1.5], "gradients": [0.0, 2]},
    ]
    return ["".join(json.dumps(entry) + "\n" for entry in entries).encode()]


KINDS: dict[str, Kind] = {
    "COCO": Kind("l.json", coco, read_labels, text=True),
    "COCO, eval": Kind("l.json", coco, read_set, text=True),
    "MPII, JSON": Kind("l.json", mpii, read_set, text=True),
    "MPII, HDF5": Kind("l.h5", hdf5, read_without_process(read_set), apart=True),
    "LSP": Kind("joints.mat", matlab, read_set),
    "CSV of joints": Kind("l.csv", table, read_labels, text=True),
    "poses, JSON": Kind("l.json", poses_json, read_labels, text=True),
    "poses, OpenPose": Kind("c_000000000001_keypoints.json", openpose, read_labels, text=True),
    "poses, tables": Kind("l.csv", tables, read_labels, text=True),
    "poses, DeepLabCut": Kind("dlc.h5", dlc, read_without_process(read_labels), apart=True),
    "poses, SLEAP": Kind("l.slp", sleap, read_without_process(read_labels), apart=True),
    "poses, TRC": Kind("l.trc", markers, read_labels, text=True),
    "poses, markers in space": Kind("m.trc", triangulated, read_markers, text=True),
    "poses, cameras": Kind("c.qca.txt", cameras, read_cameras, text=True),
    "poses, NumPy": Kind("l.npz", poses_npz, read_labels),
    "angles, MOT": Kind("l.mot", motion, read_labels, text=True),
    "tar of pictures": Kind("p.tar", archive, read_archive),
    "crops.npz": Kind("crops.npz", pack, read_crops),
    "angles.toml": Kind("angles.toml", angles, read_own_angles, text=True),
    "keys of actions": Kind("keys.json", keys, read_some_keys, text=True),
    "skeleton": Kind("s.toml", skeleton, read_skeleton, text=True),
    "window.ini": Kind("window.ini", settings, read_settings, text=True),
    "saved results": Kind("s.sqlite", saved, read_saved),
    "batch, list": Kind("clips.csv", clip_list, read_clip_list, text=True),
    "batch, outcome": Kind("walk.json", clip_outcome, read_clip_outcome, text=True),
    "training run": Kind("r.training.jsonl", training_record, read_training, text=True),
    "project": Kind("p.poseviewer", project, read_project_file, text=True),
    "workspace": Kind("w.workspace.json", workspace, read_workspace_file, text=True),
    "card of a model": Kind("mine.json", card, read_card, text=True),
    "card of a graph": Kind("g.card.json", graph_cards, read_graph_card, text=True),
    "card of an imported graph": Kind("mine.json", graph_json, read_card, text=True),
    "TensorFlow.js": Kind("model.json", tfjs, read_tfjs, text=True),
    "ONNX": Kind("c.onnx", onnx, read_onnx, apart=True),
    "bundle of graphs": Kind("c.task", graph_bundle, read_bundle),
    "package of networks": Kind("c.tgz", npm_package, read_bundle),
    "COCO-WholeBody": Kind("w.json", whole_body_people, read_whole_body_people, text=True),
    "facts of weights": Kind("w.json", facts_beside, read_facts_beside, text=True),
    "entry points": Kind("e.txt", plugin, read_plugin, text=True),
    "torch, zip": Kind("c.pth", torch_zip, read_checkpoint),
    "torch, legacy": Kind("c.pth", torch_legacy, read_checkpoint),
    "safetensors": Kind("c.safetensors", safetensors, read_checkpoint),
    "Caffe": Kind("c.caffemodel", caffe, read_checkpoint),
    "TensorFlow": Kind("c.pb", graph, read_checkpoint),
    **{
        f"picture, {ending[1:]}": Kind(f"p{ending}", lambda e=ending: pictures(e), read_picture)
        for ending in (".png", ".jpg", ".tif", ".webp", ".bmp", ".ppm", ".jp2", ".gif")
    },
    **{
        f"video, {ending[1:]}": Kind(f"v{ending}", lambda e=ending: videos(e), read_video)
        for ending in (".mp4", ".mkv", ".avi")
    },
    "playlist, HLS": Kind("l.m3u8", hls, read_playlist, text=True),
    "playlist, concat": Kind("l.ffconcat", script, read_playlist, text=True),
    "playlist, SDP": Kind("l.sdp", session, read_playlist, text=True),
    "playlist, DASH": Kind("l.mpd", dash, read_playlist, text=True),
}
"""By their titles."""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
