"""Poses that another program found in a clip, read from its files.

| what | how it is known |
|---|---|
| OpenPose JSON, a file per frame | a folder with `*_keypoints.json`; 25, 18, 15, 17 or 26 joints |
| COCO keypoint results | a .json list with `image_id` (the frame) and 17 `keypoints` |
| COCO dataset of PoseViewer | a .json with `info` of ours, which numbers people and frames |
| PoseViewer JSON | a .json with `about` and `frames` |
| TRC in pixels, or ours in metres | .trc, or a folder of them; names as Sports2D has them |
| DeepLabCut | .csv or .h5 with `scorer`, `bodyparts`, `coords` |
| SLEAP | .csv with `frame_idx`; .slp, the project itself |
| PoseViewer CSV | .csv with `joint`, or with `<joint>_x_px` |
| PoseViewer NumPy | .npz |

Frames are numbered from 0, as all of these do.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.motion_names import joint_name
from poseviewer.core.pose import Poses, Visibility
from poseviewer.core.reading import (
    PLACE_LIMIT,
    listing,
    mapping,
    numbers,
    read_json,
    read_npz,
    read_text,
    reading,
    whole,
    word,
)
from poseviewer.core.skeleton import (
    common_names,
    known_skeletons,
    load_skeleton,
    matching_skeleton,
)
from poseviewer.truth.apart import read_sleap, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton

KINDS = (
    "a folder of OpenPose JSON, COCO results, TRC, DeepLabCut or SLEAP tables, .slp, or what "
    "PoseViewer writes"
)

_BY_COUNT = {25: "body-25", 18: "openpose-coco-18", 15: "openpose-mpi-15", 17: "coco-17"}
_BY_COUNT |= {26: "halpe-26"}
_OWN = '"poseviewer"'
"""Stands in the `info` of an exported COCO dataset."""
_FILE = re.compile(r"(\d+)_keypoints\.json$")
_CORNER = 0.5
_MOST_JOINTS = 1024
_LARGEST = 1 << 62
_PERSON, _CELL = 256, 64
"""Bytes of memory that a person in a frame takes, and each of the joints."""


@dataclass(frozen=True, slots=True)
class Found:
    """One person of one frame in a file."""

    frame: int
    """0-based."""

    person: int
    """Number; negative for none."""

    xy: NDArray[np.float32]
    """(k, 2) pixels, 0 the centre of the first one; NaN where a joint was not found."""

    score: NDArray[np.float32]
    """(k,) confidence; 1 where the file has none, 0 where a joint was not found."""

    visibility: NDArray[np.int8] | None = None
    """(k,) `Visibility`; None where the file does not tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a file says of a clip."""

    joints: tuple[str, ...]
    """Names of the k joints."""

    people: tuple[Found, ...]

    frames: frozenset[int] = frozenset()
    """Frames that the file speaks of, also those without a person."""


def is_results(path: Path) -> bool:
    """Whether a file or folder looks like one that `read_results` reads, by name and first line."""
    if path.is_dir():
        names = [file.name for file in islice(path.iterdir(), 10_000)]
        return any(_FILE.search(name) or name.lower().endswith(".trc") for name in names)
    ending = path.suffix.lower()
    if ending in (".trc", ".slp", ".npz") or (ending == ".h5" and "dlc" in path.stem.lower()):
        return True
    if ending not in (".csv", ".json"):
        return False
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            start = file.read(4096)
    except OSError:
        return False
    if ending == ".csv":
        return bool(_table_reader(start.splitlines()))
    start = start.lstrip()
    own = start.startswith('{"about"') or (start.startswith('{"info"') and _OWN in start)
    return own or (start.startswith("[") and '"category_id"' in start)


def whole_results(path: Path) -> Path:
    """The folder that one of OpenPose's files stands for, since a dialog for files chooses none."""
    return path.parent if path.is_file() and _FILE.search(path.name) else path


def read_results(path: Path) -> Results:
    """Read the poses that a program has written.

    Args:
        path: The file, or the folder of OpenPose's files.

    Raises:
        PoseViewerError: It is no such file, or h5py is needed and not installed.
    """
    with reading(path.name, kind="a file of poses", advice=f"give {KINDS}"):
        return _reader(path)(path)


def _reader(path: Path) -> Callable[[Path], Results]:
    if path.is_dir():
        markers = any(file.suffix.lower() == ".trc" for file in islice(path.iterdir(), 10_000))
        return _trc_folder if markers else _openpose
    ending = path.suffix.lower()
    if ending == ".csv":
        with path.open(encoding="utf-8", errors="replace") as file:
            reader = _table_reader([line.rstrip("\n") for line in islice(file, 4)])
        if reader is not None:
            return reader
    known: dict[str, Callable[[Path], Results]] = {
        ".json": _json,
        ".trc": _trc,
        ".npz": _npz,
        ".slp": _slp,
        ".h5": _dlc_hdf,
        ".hdf5": _dlc_hdf,
    }
    if ending not in known:
        msg = f"{path.name} holds no poses that can be read; give {KINDS}."
        raise PoseViewerError(msg)
    return known[ending]


def _table_reader(lines: Sequence[str]) -> Callable[[Path], Results] | None:
    head = lines[0].split(",") if lines else []
    if head[:1] == ["scorer"]:
        return _dlc_csv
    if "frame_idx" in head:
        return _sleap_csv
    if {"frame", "person", "joint", "x_px", "y_px"} <= set(head):
        return _long_csv
    if {"frame", "person"} <= set(head) and any(name.endswith("_x_px") for name in head):
        return _wide_csv
    return None


def _openpose(folder: Path) -> Results:
    people: list[Found] = []
    frames: set[int] = set()
    count = 0
    budget = MemoryBudget(folder.name)
    for file in sorted(folder.iterdir()):
        number = _FILE.search(file.name)
        if not number:
            continue
        frame = int(number[1])
        frames.add(frame)
        with reading(file.name, kind="a file of OpenPose"):
            found = listing(mapping(read_json(file), "it")["people"], "its people")
        for place, person in enumerate(found):
            budget.take(_PERSON)
            numbers = _numbers(person["pose_keypoints_2d"])
            count = count or len(numbers)
            if len(numbers) != count or count not in _BY_COUNT:
                msg = f"{file.name} has people of {len(numbers)} joints, an order that is unknown."
                raise PoseViewerError(msg)
            track = person.get("person_id", [-1])
            key = int(track[0]) if track and int(track[0]) >= 0 else -1 - place
            people.append(_found(frame, key, numbers, missing=(numbers[:, :2] == 0).all(axis=1)))
    if not frames:
        msg = f"{folder.name} has no OpenPose files such as clip_000000000000_keypoints.json."
        raise PoseViewerError(msg)
    joints = load_skeleton(_BY_COUNT[count or 25]).joints
    return Results(joints, tuple(people), frozenset(frames))


def _json(path: Path) -> Results:
    table = read_json(path)
    if isinstance(table, dict) and "frames" in table:
        return _own_json(table)
    if isinstance(table, dict) and _OWN.strip('"') in mapping(table.get("info", {}), "its info"):
        return _own_coco(table, path.name)
    if not isinstance(table, list) or not table or "keypoints" not in table[0]:
        msg = f"{path.name} is neither COCO results nor PoseViewer JSON; give {KINDS}."
        raise PoseViewerError(msg)
    people = []
    MemoryBudget(path.name).take(len(table) * _PERSON)
    for number, one in enumerate(table):
        values, missing = _keypoints(one)
        track = one.get("track_id", -1)
        key = track if track >= 0 else -1 - number
        people.append(_found(int(one["image_id"]), key, values, missing=missing))
    count = len(people[0].score)
    if count not in _BY_COUNT or any(len(one.score) != count for one in people):
        msg = "its people do not have 17 joints each"
        raise ValueError(msg)
    joints = load_skeleton(_BY_COUNT[count]).joints
    return Results(joints, tuple(people), frozenset(one.frame for one in people))


def _keypoints(one: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Keypoints (k, 3) of a person of COCO, and which (k,) are missing."""
    values = _numbers(one["keypoints"])
    values[:, :2] -= _CORNER
    missing = values[:, 2] == 0
    if "keypoint_scores" in one:
        scores = numbers(one["keypoint_scores"], "the scores of a person", shape=(len(values),))
        values[:, 2] = scores
    else:
        # The third value says how visible a joint is, or how sure: never more than 1 in the end.
        values[:, 2] = np.clip(values[:, 2], 0, 1) * min(float(one.get("score", 1)), 1)
    return values, missing


def _own_coco(table: dict[str, Any], name: str) -> Results:
    """The annotations of an exported dataset; its images are numbered as the frames are."""
    joints = _distinct(listing(table["categories"][0]["keypoints"], "its joints"))
    annotations = listing(table["annotations"], "its annotations")
    MemoryBudget(name).take(len(annotations) * (_PERSON + _CELL * len(joints)))
    people = []
    for place, one in enumerate(annotations):
        values, missing = _keypoints(one)
        if len(values) != len(joints):
            msg = f"its people do not have {len(joints)} joints each"
            raise ValueError(msg)
        track = int(one["track_id"])
        key = track if track >= 0 else -1 - place
        people.append(_found(int(one["image_id"]), key, values, missing=missing))
    frames = {int(image["id"]) for image in listing(table["images"], "its images")}
    return Results(joints, tuple(people), frozenset(frames))


def _npz(path: Path) -> Results:
    """The arrays of an export; see `records.arrays`."""
    stored = read_npz(path)
    joints = _distinct(stored["joint"].tolist())
    frames = [whole(one, "a frame", low=0, high=1 << 40) for one in stored["frame"].tolist()]
    keys = [
        whole(one, "a person", low=-_LARGEST, high=_LARGEST) for one in stored["person"].tolist()
    ]
    xy, score = stored["xy"], stored["score"]
    shape = len(frames), len(keys), len(joints)
    if (
        xy.shape != (*shape, 2)
        or score.shape != shape
        or {xy.dtype.kind, score.dtype.kind} != {"f"}
    ):
        msg = "its arrays do not fit each other"
        raise ValueError(msg)
    there = np.isfinite(xy).any(axis=(2, 3))
    MemoryBudget(path.name).take(int(there.sum()) * (_PERSON + _CELL * len(joints)))
    people = [
        _found(frames[row], keys[at], np.column_stack([xy[row, at], score[row, at]]))
        for row, at in np.argwhere(there).tolist()
    ]
    return Results(joints, tuple(people), frozenset(frames))


def _own_json(table: dict[str, Any]) -> Results:
    joints = _distinct(listing(table["about"]["joints"], "its joints"))
    people, frames = [], set()
    for frame in table["frames"]:
        frames.add(int(frame["frame"]))
        for one in frame["people"]:
            xy = [(np.nan, np.nan) if place is None else place for place in one["xy"]]
            values = np.column_stack([np.array(xy, np.float64), one["score"]])
            if values.shape != (len(joints), 3):
                msg = f"its people do not have {len(joints)} joints each"
                raise ValueError(msg)
            states = _states(one.get("visibility", ()))
            key = int(one["person"])
            people.append(_found(int(frame["frame"]), key, values, visibility=states))
    return Results(joints, tuple(people), frozenset(frames))


def _states(words: Sequence[str]) -> NDArray[np.int8] | None:
    """The visibility of a person's joints from words; None where they do not tell."""
    if not any(words):
        return None
    return np.array([Visibility[word.upper() or "UNKNOWN"] for word in words], np.int8)


def _trc_folder(folder: Path) -> Results:
    """A file for each person; what the names number, else their order."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".trc")
    every = [_trc(file) for file in files]
    if len({one.joints for one in every}) > 1:
        msg = "its files have different markers"
        raise ValueError(msg)
    numbered = len({_person_of(file) for file in files}) == len(files)
    people = [
        one if numbered else replace(one, person=place)
        for place, found in enumerate(every)
        for one in found.people
    ]
    people.sort(key=lambda one: (one.frame, one.person))
    return Results(every[0].joints, tuple(people), frozenset().union(*(o.frames for o in every)))


def _person_of(path: Path) -> int:
    """The number of the person in the name of a file, 0 where there is none."""
    digits = re.search(r"person(\d{1,9})", path.stem)
    return int(digits[1]) if digits else 0


def _trc(path: Path) -> Results:
    lines = read_text(path).splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    names = [name.strip() for name in lines[3].split("\t")[2::3] if name.strip()]
    joints = _distinct([joint_name(name) for name in names])
    budget = MemoryBudget(path.name)
    scale = re.search(r"metres per pixel: ([0-9.e+-]+)", lines[0])
    height = re.search(r"height: (\d+)", lines[0])
    metric = header.get("Units", "").strip() != "px"
    if metric and not (scale and height):
        msg = f"{path.name} is in {header.get('Units', 'unknown units')}; give a TRC in pixels."
        raise PoseViewerError(msg)
    person = _person_of(path)
    people, frames = [], set()
    for line in lines[5:]:
        cells = line.split("\t")
        if not cells[0].strip():
            continue
        # Pose2Sim counts frames from 1 in files with metres only; the time tells in none of them.
        frame = int(cells[0])
        frames.add(frame)
        budget.take(_PERSON + _CELL * len(names))
        numbers = [_number(cell) for cell in cells[2 : 2 + 3 * len(names)]]
        values = np.full((len(names), 3), np.nan)
        values.reshape(-1)[: len(numbers)] = numbers
        xy = values[:, :2]
        if metric and scale and height:
            xy = xy / float(scale[1])
            xy = np.column_stack([xy[:, 0] - 0.5, int(height[1]) - 0.5 - xy[:, 1]])
        if np.isfinite(xy).any():
            people.append(_found(frame, person, np.column_stack([xy, np.ones(len(names))])))
    return Results(joints, tuple(people), frozenset(frames))


def _dlc_csv(path: Path) -> Results:
    levels: dict[str, list[str]] = {}
    frames: list[int] = []
    table: list[list[float]] = []
    budget = MemoryBudget(path.name)
    with _lines(path) as file:
        for row in csv.reader(file):
            budget.take(_PERSON + _CELL * len(row))
            if row and row[0] in ("scorer", "individuals", "bodyparts", "coords"):
                levels[row[0]] = row[1:]
            elif row:
                frames.append(_frame_number(row[0]))
                table.append([_number(cell) for cell in row[1:]])
    return _columns(frames, table, levels)


_DLC_LEVELS = {
    3: ("scorer", "bodyparts", "coords"),
    4: ("scorer", "individuals", "bodyparts", "coords"),
}


def _dlc_hdf(path: Path) -> Results:
    table = read_table(path)
    names = _DLC_LEVELS[len(table.columns[0])]
    levels = dict(zip(names, map(list, zip(*table.columns, strict=True)), strict=True))
    return _columns([_frame_number(index) for index in table.index], table.values, levels)


def _columns(
    frames: Sequence[int],
    rows: Sequence[Sequence[float]] | NDArray[Any],
    levels: dict[str, list[str]],
) -> Results:
    """Sort the columns of a DeepLabCut table by person, joint and coordinate."""
    coords = levels["coords"]
    owners = levels.get("individuals", ["person00"] * len(coords))
    joints = _distinct(list(dict.fromkeys(levels["bodyparts"])))
    places: dict[str, NDArray[np.intp]] = {}
    for column, (owner, joint, coord) in enumerate(
        zip(owners, levels["bodyparts"], coords, strict=True)
    ):
        if coord in ("x", "y", "likelihood"):
            wanted = places.setdefault(owner, np.full((len(joints), 3), -1))
            wanted[joints.index(joint), ("x", "y", "likelihood").index(coord)] = column
    people, owners_of = [], _owner_numbers(places)
    for frame, row in zip(frames, rows, strict=True):
        values = np.append(np.asarray(row, np.float64), np.nan)
        for owner, columns in places.items():
            one = values[columns]
            if np.isfinite(one[:, :2]).any():
                people.append(_found(frame, owners_of[owner], one))
    return Results(joints, tuple(people), frozenset(frames))


def _sleap_csv(path: Path) -> Results:
    budget = MemoryBudget(path.name)
    with _lines(path) as file:
        rows = csv.DictReader(file)
        names = rows.fieldnames or []
        joints = _distinct([name[:-2] for name in names if name.endswith(".x")])
        every = list(_counted(rows, budget, len(joints)))
        keys = _owner_numbers(row["track"] for row in every if row.get("track"))
        people = [
            _found(
                _frame_number(row["frame_idx"]),
                keys.get(row.get("track") or "", -1 - number),
                np.array(
                    [
                        [_number(row.get(f"{joint}.{what}") or "") for what in ("x", "y", "score")]
                        for joint in joints
                    ]
                ),
            )
            for number, row in enumerate(every)
        ]
    return Results(joints, tuple(people), frozenset(one.frame for one in people))


def _slp(path: Path) -> Results:
    stored = read_sleap(path)
    about = mapping(json.loads(stored["about"].tobytes()), "its metadata")
    frames = _whole(stored["frames"], "its frames", columns=4)
    instances = _whole(stored["instances"], "its instances", columns=7)
    if len(np.unique(frames[:, 0])) > 1 or len(np.unique(instances[:, 2])) > 1:
        msg = "it is of several videos or skeletons: export the labels of one from SLEAP"
        raise ValueError(msg)
    joints = _slp_joints(about, int(instances[0, 2]) if len(instances) else 0)
    budget = MemoryBudget(path.name)
    # Until 1.1 of the format, the corner of the first pixel was 0, 0.
    shift = _CORNER if float(stored["version"][0]) < 1.1 else 0.0
    points = {kind: stored[name] for kind, name in enumerate(("points", "pred_points"))}
    corrected = set(instances[instances[:, 1] == 0, 4].tolist())
    people = []
    for _, frame, first, last in frames.tolist():
        for place, one in enumerate(instances[first:last].tolist()):
            number, kind, _, track, _, start, end = one
            budget.take(_PERSON + _CELL * len(joints))
            if kind == 1 and number in corrected:
                continue
            values = np.array(points[kind][start:end], np.float64)
            if len(values) != len(joints):
                msg = "it has more or fewer points than joints"
                raise ValueError(msg)
            values[:, :2] -= shift
            owner = track if track >= 0 else -1 - place
            hidden = values[:, 2] == 0
            people.append(_found(frame, owner, values[:, [0, 1, 3]], missing=hidden))
    return Results(joints, tuple(people), frozenset(frames[:, 1].tolist()))


def _slp_joints(about: dict[str, Any], skeleton: int) -> tuple[str, ...]:
    """Names of the joints of a SLEAP skeleton, in the order of its points."""
    nodes = listing(about["nodes"], "its nodes")
    chosen = mapping(listing(about["skeletons"], "its skeletons")[skeleton], "its skeleton")
    places = [
        whole(mapping(node, "a node")["id"], "a node", low=0, high=len(nodes) - 1)
        for node in listing(chosen["nodes"], "its nodes")
    ]
    return _distinct([mapping(nodes[place], "a node")["name"] for place in places])


def _whole(array: NDArray[Any], what: str, *, columns: int) -> NDArray[np.int64]:
    """Whole numbers of a table; -1 is the least."""
    found = numbers(array, what, shape=(None, columns), most=_LARGEST)
    if (found < -1).any() or (found != np.floor(found)).any():
        msg = f"{what} are not counted by whole numbers"
        raise ValueError(msg)
    return found.astype(np.int64)


def _long_csv(path: Path) -> Results:
    joints: dict[str, None] = {}
    found: dict[tuple[int, int], dict[str, tuple[float, float, float]]] = defaultdict(dict)
    states: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    frames: set[int] = set()
    budget = MemoryBudget(path.name)
    with _lines(path) as file:
        for row in _counted(csv.DictReader(file), budget, 1):
            frames.add(int(row["frame"]))
            if not row["person"]:
                continue
            joints.setdefault(row["joint"])
            place = (_number(row["x_px"]), _number(row["y_px"]), _number(row.get("score") or "1"))
            found[int(row["frame"]), int(row["person"])][row["joint"]] = place
            states[int(row["frame"]), int(row["person"])][row["joint"]] = (
                row.get("visibility") or ""
            )
    names = _distinct(list(joints))
    budget.take(len(found) * (_PERSON + _CELL * len(names)))
    unknown = (np.nan, np.nan, 0.0)
    people = tuple(
        _found(
            frame,
            person,
            np.array([places.get(joint, unknown) for joint in names]),
            visibility=_states([states[frame, person].get(name, "") for name in names]),
        )
        for (frame, person), places in found.items()
    )
    return Results(names, people, frozenset(frames))


def _wide_csv(path: Path) -> Results:
    budget = MemoryBudget(path.name)
    with _lines(path) as file:
        rows = csv.DictReader(file)
        names = rows.fieldnames or []
        joints = _distinct([n.removesuffix("_x_px") for n in names if n.endswith("_x_px")])
        people, frames = [], set()
        for row in _counted(rows, budget, len(joints)):
            frames.add(int(row["frame"]))
            if row["person"]:
                values = [
                    [_number(row[f"{joint}_{what}"]) for what in ("x_px", "y_px", "score")]
                    for joint in joints
                ]
                people.append(_found(int(row["frame"]), int(row["person"]), np.array(values)))
    return Results(joints, tuple(people), frozenset(frames))


def _lines(path: Path) -> io.StringIO:
    """The text of a table."""
    return io.StringIO(read_text(path), newline="")


def _counted(
    rows: Iterable[dict[str, str]], budget: MemoryBudget, joints: int
) -> Iterator[dict[str, str]]:
    """The rows of a table, each counted to the budget."""
    for row in rows:
        budget.take(_PERSON + _CELL * joints)
        yield row


def _distinct(names: Sequence[Any]) -> tuple[str, ...]:
    """Names of joints, if they are so many that a person can have them, and all different."""
    joints = tuple(word(name, "the name of a joint") for name in names)
    if not 0 < len(set(joints)) == len(joints) <= _MOST_JOINTS:
        msg = f"its joints are not 1 to {_MOST_JOINTS} different names"
        raise ValueError(msg)
    return joints


def _numbers(value: Any) -> NDArray[np.float64]:
    """Keypoints (k, 3) from a flat list."""
    return numbers(value, "the keypoints of a person", shape=(None,)).reshape(-1, 3)


def _found(
    frame: int,
    person: int,
    values: NDArray[np.float64],
    *,
    missing: NDArray[np.bool_] | None = None,
    visibility: NDArray[np.int8] | None = None,
) -> Found:
    """Make a person of (k, 3) x, y and confidence; a confidence that is not finite counts as 1."""
    whole(frame, "the number of a frame", low=0, high=1 << 40)
    whole(person, "the number of a person", low=-_LARGEST, high=_LARGEST)
    if np.abs(values[:, :2][np.isfinite(values[:, :2])]).max(initial=0) > PLACE_LIMIT:
        msg = f"a joint lies beyond {PLACE_LIMIT:g} pixels"
        raise ValueError(msg)
    xy, score = values[:, :2].astype(np.float32), values[:, 2].astype(np.float64)
    sure = np.where(np.isfinite(score), np.clip(score, 0, 1), 1.0).astype(np.float32)
    gone = ~np.isfinite(xy).all(axis=1)
    if missing is not None:
        gone |= missing
    xy[gone], sure[gone] = np.nan, 0
    if visibility is not None and visibility.shape != sure.shape:
        msg = "the visibility of a person is not given for every joint"
        raise ValueError(msg)
    return Found(frame, person, xy, sure, visibility)


def poses_by_frame(results: Results) -> dict[int, Poses]:
    """Return the people of every frame that the file speaks of, in a skeleton that fits."""
    skeleton, order = _skeleton(results.joints)
    frames: dict[int, list[Found]] = {frame: [] for frame in results.frames}
    for one in results.people:
        frames.setdefault(one.frame, []).append(one)
    return {
        frame: _poses(people, skeleton, order) if people else Poses.nobody(skeleton)
        for frame, people in frames.items()
    }


def _skeleton(joints: Sequence[str]) -> tuple[Skeleton, list[int]]:
    """The smallest known skeleton that has these joints, else one of their own without bones.

    Returns:
        It, and for each of its joints the place among `joints`, -1 for none.
    """
    theirs = common_names(joints)
    for skeleton in sorted(known_skeletons(), key=lambda one: len(one.joints)):
        names = common_names(skeleton.joints)
        if set(theirs) <= set(names):
            return skeleton, [theirs.index(name) if name in theirs else -1 for name in names]
    return matching_skeleton(joints), list(range(len(joints)))


def _poses(people: Sequence[Found], skeleton: Skeleton, order: list[int]) -> Poses:
    gone = np.array(order) < 0
    xy = np.stack([one.xy for one in people])[:, order]
    score = np.stack([one.score for one in people])[:, order]
    xy[:, gone], score[:, gone] = np.nan, 0
    there = np.isfinite(xy).all(axis=-1, keepdims=True)
    low = np.where(there, xy, np.inf).min(axis=1)
    high = np.where(there, xy, -np.inf).max(axis=1)
    box = np.concatenate([low, high - low], axis=1)
    box[~np.isfinite(box).all(axis=1)] = 0
    track = np.array([max(one.person, -1) for one in people], np.int64)
    known = [one.visibility for one in people if one.visibility is not None]
    states = None
    if len(known) == len(people):
        states = np.stack(known)[:, order]
        states[:, gone] = Visibility.UNKNOWN
    return Poses(xy, score, box.astype(np.float32), track, skeleton, states)


def _number(cell: str) -> float:
    return float(cell) if cell.strip() else np.nan


def _frame_number(value: object) -> int:
    """The number of a frame; the last one in the name of a labelled picture (`img0012.png`)."""
    text = str(value)
    if found := re.fullmatch(r"\d+(?:\.0*)?", text.strip()):
        return int(float(found[0]))
    numbers = re.findall(r"\d+", text.rsplit("/", 1)[-1])
    if not numbers:
        msg = f"{text!r} is no frame"
        raise ValueError(msg)
    return int(numbers[-1])


def _owner_numbers(names: Iterable[str]) -> dict[str, int]:
    """Numbers of people by their names: those that the names end with, else their places."""
    every = list(dict.fromkeys(names))
    ends = [re.search(r"(\d{1,9})$", name) for name in every]
    numbers = {int(end[1]) for end in ends if end}
    if len(numbers) == len(every):
        return {name: int(end[1]) for name, end in zip(every, ends, strict=True) if end}
    return {name: place for place, name in enumerate(every)}
