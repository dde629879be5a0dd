"""Readers of ground truth: the data pack, COCO's tables, MPII's files and LSP's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import (
    PLACE_LIMIT,
    listing,
    mapping,
    number,
    numbers,
    read_json,
    read_npz,
    reading,
    whole,
    word,
)
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.truth.apart import read_arrays
from poseviewer.truth.labelled import (
    NAN,
    Archives,
    Folder,
    Labelled,
    TruthSet,
    check_inside,
    square_around,
)
from poseviewer.truth.matlab import read_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


KINDS = (
    "the folder of the data pack, a COCO keypoint table (.json), MPII (.h5 or .json), or "
    "LSP's joints.mat"
)


def read_truth(
    location: Path, *, split: str = "val", images: Path | None = None
) -> tuple[TruthSet, ...]:
    """Read the labelled people of a file or folder; what it is shows from its name and content.

    Args:
        location: The data pack's folder; a COCO or MPII .json; an MPII .h5; an LSP .mat, or the
            folder of one.
        split: Which part, where the file holds several.
        images: Folder (or .tar) of the pictures; beside the file, or in `images` there, where
            None.

    Raises:
        PoseViewerError: There is nothing, or nothing that is known, at `location`.
    """
    if (location / "crops.npz").is_file():
        return read_pack(location, split=split)
    path = location / "joints.mat" if location.is_dir() else location
    if not path.is_file():
        msg = f"{location} is not ground truth; give {KINDS}."
        raise PoseViewerError(msg)
    places = (images,) if images else (path.parent / "images", path.parent)
    ending = path.suffix.lower()
    if ending == ".mat":
        return (read_lsp(path, split=split, images=places),)
    if ending in (".h5", ".hdf5"):
        return (read_mpii_h5(path, images=places),)
    if ending == ".json":
        return (_json(path, split, places, images),)
    msg = f"{path.name} is not a known kind of ground truth; give {KINDS}."
    raise PoseViewerError(msg)


def _json(path: Path, split: str, places: tuple[Path, ...], images: Path | None) -> TruthSet:
    with reading(path.name, kind="ground truth", advice=_ADVICE):
        content = read_json(path)
    if isinstance(content, list):
        return _mpii_people(content, path, split=split, images=places)
    tar = images is not None and images.suffix == ".tar"
    pictures = Archives(places) if tar else Folder(places)
    return _coco_people(content, path, name=path.stem, pictures=pictures)


_ADVICE = "correct it or choose another file"
_PERSON = 2048
"""Bytes of memory that one labelled person takes."""
_LARGEST_SCALE = 1e4


_PACK_POLICY = "the pack's crop: square of 1.5 x the longer side of the labelled joints' box"
_SPLITS = ("train", "val")

_CROP = Box.whole((256, 256))


def read_pack(folder: Path, *, split: str) -> tuple[TruthSet, ...]:
    """Read the two sets of a split: `lspet`, one person a crop, and `coco`, photos.

    PARSE is left out, as in training: its left and right look observer-centric on back views.

    Raises:
        PoseViewerError: There is no such split, or a file is missing.
    """
    photos = read_photos(folder, split=split)
    return _lspet(folder, split), photos


def read_photos(folder: Path, *, split: str) -> TruthSet:
    """Read the set `coco` of a split alone.

    Raises:
        PoseViewerError: There is no such split, or a file is missing.
    """
    if split not in _SPLITS:
        msg = f"The data pack has the splits {' and '.join(_SPLITS)}, not {split!r}."
        raise PoseViewerError(msg)
    photos = folder / f"coco_{split}.json"
    if not photos.is_file():
        msg = f"{photos.name} is missing in {folder}; the data pack is incomplete."
        raise PoseViewerError(msg)
    pictures = Archives([folder / f"coco-images-{split}.tar"])
    return read_coco(photos, name=f"coco {split}", pictures=pictures)


def _lspet(folder: Path, split: str) -> TruthSet:
    path = folder / "crops.npz"
    mpii = common_names(load_skeleton("mpii-16").joints)
    with reading(path.name, kind="the crops of the data pack", advice="fetch the pack again"):
        table = read_npz(path)
        wanted = np.flatnonzero((table["split"] == split) & (table["dataset"] == "lspet"))
        names, shards = table["name"][wanted].tolist(), table["shard"][wanted].tolist()
        joints = numbers(table["joints"][wanted], "the table of joints", shape=(None, len(mpii), 3))
        # Midpoints of hips and shoulders were never labelled.
        seen = (joints[..., 2] > 0) & ~table["derived"][wanted].astype(np.bool_)
        MemoryBudget(path.name).take(len(joints) * _PERSON)
        for shard in set(shards):
            check_inside(word(shard, "an archive's name"))
        people = [
            Labelled(word(names[i], "a name"), joints[i, :, :2], seen[i], _CROP)
            for i in sorted(range(len(joints)), key=shards.__getitem__)
        ]
    return TruthSet(
        f"lspet {split}",
        mpii,
        tuple(people),
        _PACK_POLICY,
        Archives([folder / shard for shard in sorted(set(shards))]),
    )


_COCO_POLICY = (
    "square of 1.25 x the longer side of the annotated box, about its centre; people with fewer "
    "than 4 labelled joints below the head are left out of everything but AP"
)

_MARGIN = 1.25
_FEWEST = 4
_MOST_JOINTS = 256
_LARGEST_ID = 1 << 62
_FACE = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}


def read_coco(path: Path, *, name: str, pictures: Callable[[str], NDArray[np.uint8]]) -> TruthSet:
    """Read the people of a COCO keypoint table.

    Crowds and people without a labelled joint are left out, and so is whatever else the table
    labels, such as boxes of other categories. COCO counts pixels from the corner of the first
    one: half a pixel is taken off.

    Args:
        path: The JSON file.
        name: Of the set.
        pictures: Gives the pixels of a `file_name`.

    Raises:
        PoseViewerError: It is no such table.
    """
    with reading(path.name, kind="a COCO keypoint table", advice=_ADVICE):
        content = read_json(path)
    return _coco_people(content, path, name=name, pictures=pictures)


def _coco_people(
    content: Any, path: Path, *, name: str, pictures: Callable[[str], NDArray[np.uint8]]
) -> TruthSet:
    with reading(path.name, kind="a COCO keypoint table", advice=_ADVICE):
        table = _coco_table(mapping(content, "it"), MemoryBudget(path.name))
        joints = common_names(table["categories"][0]["keypoints"])
        files = {one["id"]: one["file_name"] for one in table["images"]}
        body = np.array([joint not in _FACE for joint in joints])
        people = [
            _coco_person(one, files, body)
            for one in table["annotations"]
            if not one.get("iscrowd") and any(one["keypoints"][2::3])
        ]
    return TruthSet(name, joints, tuple(people), _COCO_POLICY, pictures, table)


def _coco_table(content: dict[str, Any], budget: MemoryBudget) -> dict[str, Any]:
    """The part of a COCO table that is about people's joints, checked, sorted by image."""
    kinds = [mapping(one, "a category") for one in listing(content["categories"], "categories")]
    labelled = [one for one in kinds if one.get("keypoints")]
    if not labelled:
        msg = "no category of it has keypoints"
        raise ValueError(msg)
    kind = next((one for one in labelled if one.get("name") == "person"), labelled[0])
    number_of_kind = whole(kind["id"], "the category's id", low=0, high=_LARGEST_ID)
    joints = [word(one, "a keypoint's name") for one in listing(kind["keypoints"], "keypoints")]
    if len(set(joints)) < len(joints) or len(joints) > _MOST_JOINTS:
        msg = f"its keypoints are not up to {_MOST_JOINTS} different names"
        raise ValueError(msg)
    images = [
        {
            "id": _image_id(mapping(one, "an image")["id"]),
            "file_name": word(one["file_name"], "a file_name"),
        }
        for one in listing(content["images"], "images")
    ]
    known = {one["id"] for one in images}
    annotations: list[dict[str, Any]] = []
    for one in listing(content["annotations"], "annotations"):
        other = mapping(one, "an annotation").get("category_id", number_of_kind) != number_of_kind
        if other or not one.get("keypoints"):
            continue
        budget.take(_PERSON)
        annotations.append(_coco_annotation(one, len(joints)))
        if annotations[-1]["image_id"] not in known:
            msg = f"annotation {annotations[-1]['id']} is of an image that it does not list"
            raise ValueError(msg)
    annotations.sort(key=lambda one: (isinstance(one["image_id"], str), one["image_id"]))
    category = {"id": number_of_kind, "name": "person", "keypoints": joints}
    category["skeleton"] = _coco_bones(kind.get("skeleton"), len(joints))
    return {"images": images, "categories": [category], "annotations": annotations}


def _image_id(value: Any) -> int | str:
    if isinstance(value, str):
        return word(value, "an image's id")
    return whole(value, "an image's id", low=-_LARGEST_ID, high=_LARGEST_ID)


def _coco_annotation(one: Mapping[str, Any], joints: int) -> dict[str, Any]:
    """An annotation of a person with checked values."""
    called = whole(one["id"], "an annotation's id", low=-_LARGEST_ID, high=_LARGEST_ID)
    points = numbers(one["keypoints"], f"keypoints of annotation {called}", shape=(3 * joints,))
    box = numbers(one["bbox"], f"the box of annotation {called}", shape=(4,))
    if min(box[2:]) < 0:
        msg = f"the box of annotation {called} has a side below 0"
        raise ValueError(msg)
    checked = {
        "id": called,
        "image_id": _image_id(one["image_id"]),
        "category_id": one.get("category_id", 1),
        "iscrowd": int(bool(one.get("iscrowd"))),
        "num_keypoints": int((points[2::3] > 0).sum()),
        "keypoints": one["keypoints"],
        "bbox": one["bbox"],
    }
    if one.get("area") is not None:
        what = f"the area of annotation {called}"
        checked["area"] = number(one["area"], what, low=0, high=PLACE_LIMIT**2)
    return checked


def _coco_bones(value: Any, joints: int) -> list[list[int]]:
    """Those of the pairs of joints, counted from 1, that are such pairs."""

    def joint(end: Any) -> bool:
        return type(end) is int and 1 <= end <= joints

    pairs = value if isinstance(value, list) else []
    return [
        pair
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and joint(pair[0]) and joint(pair[1])
    ]


def _coco_person(
    one: Mapping[str, Any], files: Mapping[int | str, str], body: NDArray[np.bool_]
) -> Labelled:
    points = np.array(one["keypoints"], np.float64).reshape(len(body), 3)
    seen = points[:, 2] > 0
    x, y, width, height = one["bbox"]
    side = max(width, height, 1) * _MARGIN
    return Labelled(
        files[one["image_id"]],
        points[:, :2] - 0.5,
        seen,
        Box.centred(x + width / 2 - 0.5, y + height / 2 - 0.5, side, side),
        area=float(one.get("area", NAN)),
        judged=bool((seen & body).sum() >= _FEWEST),
        number=one["id"],
    )


_MPII_POLICY = (
    "square of 250 x MPII's scale, about its centre moved down by 15 x scale (hourglass crop)"
)

# Person height in units of MPII's scale.
_HEIGHT = 200
_HEAD_SHARE = 0.6


def read_mpii_h5(path: Path, *, images: Sequence[Path]) -> TruthSet:
    """Read the people of the hourglass authors' HDF5 files.

    Their centres and scales are adjusted already. Joints at or below 1 are not labelled.

    Args:
        path: Holds `part`, `center`, `scale`, `imgname` and, for PCKh, `normalize`.
        images: Folders where the pictures may lie.

    Raises:
        PoseViewerError: It is no such file, or h5py is not installed.
    """
    parts = (len(load_skeleton("mpii-16").joints), 2)
    with reading(path.name, kind="an MPII file of the hourglass authors", advice=_ADVICE):
        table = read_arrays(path, ("part", "center", "scale", "imgname", "normalize?"))
        part = numbers(table["part"], "its part", shape=(None, *parts))
        count = len(part)
        centre = numbers(table["center"], "its center", shape=(count, 2))
        scale = numbers(table["scale"], "its scale", shape=(count,), most=_LARGEST_SCALE)
        heads = np.full(count, NAN)
        if "normalize" in table:
            heads = numbers(table["normalize"], "its normalize", shape=(count,))
        if len(table["imgname"]) != count:
            msg = "it has more or fewer names than people"
            raise ValueError(msg)
        MemoryBudget(path.name).take(count * _PERSON)
        people = [
            Labelled(
                _text(table["imgname"][i]),
                part[i] - 1,
                (part[i] > 1).all(axis=-1),
                _crop(centre[i] - 1, scale[i] * _HEIGHT),
                head=float(heads[i]),
            )
            for i in range(count)
        ]
    return _mpii_set(f"mpii {path.stem}", people, images)


def read_mpii_json(path: Path, *, split: str, images: Sequence[Path]) -> TruthSet:
    """Read the people of MPII from a JSON list, in HRNet's form or in that of the CPM authors.

    HRNet's: `image`, `center`, `scale`, `joints`, `joints_vis`; one file a split, and head
    sizes from `gt_valid.mat` beside it. The CPM authors': `img_paths`, `objpos`,
    `scale_provided`, `joint_self`, `isValidation`; no head sizes. Both count from 1.

    Raises:
        PoseViewerError: It is neither, or has no people of this split.
    """
    with reading(path.name, kind="a list of MPII people", advice=_ADVICE):
        content = read_json(path)
    return _mpii_people(content, path, split=split, images=images)


def _mpii_people(content: Any, path: Path, *, split: str, images: Sequence[Path]) -> TruthSet:
    with reading(path.name, kind="a list of MPII people", advice=_ADVICE):
        rows = [mapping(row, "a person") for row in listing(content, "it")]
        MemoryBudget(path.name).take(len(rows) * _PERSON)
        if rows and "joint_self" in rows[0]:
            wanted = {"val": 1.0, "train": 0.0}.get(split)
            rows = [row for row in rows if wanted in (None, row["isValidation"])]
            ours = [row for row in rows if word(row["dataset"], "a dataset").startswith("MPI")]
            people, name = [_cpm_person(row) for row in ours], f"mpii {split}"
        else:
            heads = _heads(path, len(rows))
            people = [_hrnet_person(row, head) for row, head in zip(rows, heads, strict=True)]
            name = f"mpii {path.stem}"
    if not people:
        msg = f"{path.name} has no people of MPII in the split {split!r}."
        raise PoseViewerError(msg)
    return _mpii_set(name, people, images)


def _hrnet_person(row: Mapping[str, Any], head: float) -> Labelled:
    points = _mpii_joints(row["joints"])
    visible = numbers(row["joints_vis"], "joints_vis of a person", shape=(len(points),))
    return Labelled(
        word(row["image"], "an image"),
        points - 1,
        visible.astype(np.bool_),
        _raw_crop(row["center"], row["scale"]),
        head=float(head),
    )


def _cpm_person(row: Mapping[str, Any]) -> Labelled:
    points = _mpii_joints(row["joint_self"])
    return Labelled(
        word(row["img_paths"], "an img_paths"),
        points - 1,
        np.asarray((points > 1).all(axis=-1)),
        _raw_crop(row["objpos"], row["scale_provided"]),
    )


def _mpii_joints(value: Any) -> NDArray[np.float64]:
    """The places of a person's joints (16, 2), as the file counts."""
    count = len(load_skeleton("mpii-16").joints)
    found = numbers(value, "joints of a person", shape=(count, None))
    if found.shape[1] < 2:
        msg = "joints of a person have no x and y"
        raise ValueError(msg)
    return found[:, :2]


def _heads(path: Path, count: int) -> NDArray[np.float64]:
    boxes = path.with_name("gt_valid.mat")
    if path.stem != "valid" or not boxes.is_file():
        return np.full(count, NAN)
    corners = _mat_array(boxes, "headboxes_src")
    with reading(boxes.name, kind="the head boxes of MPII", advice=_ADVICE):
        corners = numbers(corners, "headboxes_src", shape=(2, 2, count))
        return head_sizes(np.moveaxis(corners, -1, 0).reshape(count, 4))


def head_sizes(rectangles: NDArray[np.floating]) -> NDArray[np.float64]:
    """MPII's head size (n,) of rectangles (n, 4), given as x, y of two opposite corners."""
    diagonal = rectangles[:, 2:].astype(np.float64) - rectangles[:, :2]
    size: NDArray[np.float64] = _HEAD_SHARE * np.linalg.norm(diagonal, axis=-1)
    return size


def _raw_crop(centre: Any, scale: Any) -> Box:
    x, y = numbers(centre, "the centre of a person", shape=(2,))
    scale = number(scale, "the scale of a person", low=-_LARGEST_SCALE, high=_LARGEST_SCALE)
    # The hourglass authors' adjustment, so that feet are less likely cut off.
    return _crop(np.array([x - 1, y - 1 + 15 * scale]), scale * 1.25 * _HEIGHT)


def _crop(centre: NDArray[np.floating], side: float) -> Box:
    side = max(float(side), 1.0)
    return Box.centred(float(centre[0]), float(centre[1]), side, side)


def _text(name: Any) -> str:
    """A name that HDF5 holds as bytes or as codes of letters, padded."""
    raw = name if isinstance(name, bytes) else bytes(np.asarray(name).astype(np.uint8))
    return word(raw.rstrip(b"\0 ").decode(), "an imgname")


def _mpii_set(name: str, people: list[Labelled], images: Sequence[Path]) -> TruthSet:
    joints = common_names(load_skeleton("mpii-16").joints)
    ordered = sorted(people, key=lambda person: person.picture)
    return TruthSet(name, joints, tuple(ordered), _MPII_POLICY, Folder(images))


_LSP_POLICY = "square of 1.5 x the longer side of the labelled joints' box, about its centre"

# Images of each set, and how many of them come first and are for training.
_SETS = {2000: ("lsp", 1000), 10000: ("lspet", 10000), 305: ("parse", 100)}


def read_lsp(path: Path, *, split: str, images: Sequence[Path]) -> TruthSet:
    """Read the people of a `joints` array: LSP (3, 14, n), LSPET (14, 3, n) or PARSE (2, 14, n).

    LSP's third row says occluded, and occluded joints are labelled all the same; LSPET's third
    column says visible, and coordinates of the others mean nothing. MATLAB counts from 1.

    Args:
        path: The .mat file.
        split: `train`, `test` or `all`; LSP's first 1,000 images are for training, PARSE's
            first 100 and all of LSPET.
        images: Folders where `im0001.jpg` and the others may lie.

    Raises:
        PoseViewerError: It is no such file, or the split is unknown.
    """
    array = _mat_array(path, "joints")
    shape = array.shape
    if array.ndim != 3 or 14 not in shape[:2] or min(shape[:2]) not in (2, 3):
        msg = f"{path.name} holds joints of the shape {shape}, which is neither LSP's nor LSPET's."
        raise PoseViewerError(msg)
    visible = shape[0] == 14
    points = np.moveaxis(array, -1, 0) if visible else np.moveaxis(array, (2, 1), (0, 1))
    seen = points[..., 2] > 0 if visible else np.isfinite(points[..., 0])
    with reading(path.name, kind="a table of LSP's joints", advice=_ADVICE):
        numbers(points[seen][:, :2], "a place of a joint", shape=(None, 2))
        MemoryBudget(path.name).take(len(points) * _PERSON)
    name, first = _SETS.get(len(points), (path.stem, len(points)))
    chosen = _lsp_numbers(split, first=first, count=len(points), path=path)
    digits = 5 if len(points) >= 10000 else 4
    people = [
        Labelled(
            f"im{i + 1:0{digits}d}.jpg",
            np.subtract(points[i, :, :2], 1),
            seen[i],
            square_around(points[i, seen[i], :2] - 1, margin=1.5),
        )
        for i in chosen
        if seen[i].any()
    ]
    joints = load_skeleton("lsp-14").joints
    return TruthSet(f"{name} {split}", joints, tuple(people), _LSP_POLICY, Folder(images))


def _lsp_numbers(split: str, *, first: int, count: int, path: Path) -> range:
    known = {"train": range(first), "test": range(first, count), "all": range(count)}
    if split not in known or not known[split]:
        there = [name for name, numbers in known.items() if numbers]
        msg = f"{path.name} has the splits {', '.join(there)}, not {split!r}; give one by --split."
        raise PoseViewerError(msg)
    return known[split]


def _mat_array(path: Path, name: str) -> NDArray[np.float64]:
    """The array `name` of a MATLAB file.

    Raises:
        PoseViewerError: It cannot be read or lacks the array.
    """
    with reading(path.name, kind="a MATLAB file", advice=_ADVICE):
        return read_array(path, name)
