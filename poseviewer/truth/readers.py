"""Readers of ground truth: the data pack, COCO's tables, MPII's files and LSP's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.truth.hdf5 import own_array
from poseviewer.truth.labelled import (
    NAN,
    Archives,
    Folder,
    Labelled,
    TruthSet,
    check_inside,
    square_around,
)

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
    try:
        start = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{path.name} is not JSON: {error}."
        raise PoseViewerError(msg) from error
    if isinstance(start, list):
        return read_mpii_json(path, split=split, images=places)
    tar = images is not None and images.suffix == ".tar"
    pictures = Archives(places) if tar else Folder(places)
    return read_coco(path, name=path.stem, pictures=pictures)


_PACK_POLICY = "the pack's crop: square of 1.5 x the longer side of the labelled joints' box"
_SPLITS = ("train", "val")

_CROP = Box.whole((256, 256))


def read_pack(folder: Path, *, split: str) -> tuple[TruthSet, ...]:
    """Read the two sets of a split: `lspet`, one person a crop, and `coco`, photos.

    PARSE is left out, as in training: its left and right look observer-centric on back views.

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
    crops = Archives([folder / f"coco-images-{split}.tar"])
    return _lspet(folder, split), read_coco(photos, name=f"coco {split}", pictures=crops)


def _lspet(folder: Path, split: str) -> TruthSet:
    with np.load(folder / "crops.npz", allow_pickle=False) as table:
        wanted = np.flatnonzero((table["split"] == split) & (table["dataset"] == "lspet"))
        names, shards = table["name"][wanted], table["shard"][wanted]
        joints = table["joints"][wanted].astype(np.float64)
        # Midpoints of hips and shoulders were never labelled.
        derived = table["derived"][wanted]
    seen = (joints[..., 2] > 0) & ~derived
    for shard in set(shards.tolist()):
        check_inside(shard)
    order = np.argsort(shards, kind="stable")
    people = [Labelled(str(names[i]), joints[i, :, :2], seen[i], _CROP) for i in order]
    return TruthSet(
        f"lspet {split}",
        common_names(load_skeleton("mpii-16").joints),
        tuple(people),
        _PACK_POLICY,
        Archives([folder / shard for shard in sorted(set(shards.tolist()))]),
    )


_COCO_POLICY = (
    "square of 1.25 x the longer side of the annotated box, about its centre; people with fewer "
    "than 4 labelled joints below the head are left out of everything but AP"
)

_MARGIN = 1.25
_FEWEST = 4
_FACE = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}


def read_coco(path: Path, *, name: str, pictures: Callable[[str], NDArray[np.uint8]]) -> TruthSet:
    """Read the people of a COCO keypoint table.

    Crowds and people without a labelled joint are left out. COCO counts pixels from the corner
    of the first one: half a pixel is taken off.

    Args:
        path: The JSON file.
        name: Of the set.
        pictures: Gives the pixels of a `file_name`.

    Raises:
        PoseViewerError: It is no such table.
    """
    table = json.loads(path.read_text(encoding="utf-8"))
    try:
        (kind,) = [one for one in table["categories"] if "keypoints" in one]
        files = {one["id"]: one["file_name"] for one in table["images"]}
        joints = common_names(kind["keypoints"])
        body = np.array([joint not in _FACE for joint in joints])
        people = [
            _coco_person(one, files, body)
            for one in sorted(table["annotations"], key=lambda one: one["image_id"])
            if not one.get("iscrowd") and any(one["keypoints"][2::3])
        ]
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path.name} is not a COCO keypoint table: {error!r} is wrong or missing."
        raise PoseViewerError(msg) from error
    return TruthSet(name, joints, tuple(people), _COCO_POLICY, pictures, table)


def _coco_person(
    one: Mapping[str, Any], files: Mapping[int, str], body: NDArray[np.bool_]
) -> Labelled:
    points = np.array(one["keypoints"], np.float64).reshape(len(body), 3)
    seen = points[:, 2] > 0
    x, y, width, height = one["bbox"]
    side = max(width, height) * _MARGIN
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
    try:
        import h5py
    except ImportError:
        msg = f"{path.name} needs h5py to be read; install it with: pip install poseviewer[eval]"
        raise PoseViewerError(msg) from None
    try:
        with h5py.File(path) as file:
            part, centre = own_array(file, "part"), own_array(file, "center")
            scale, names = own_array(file, "scale"), own_array(file, "imgname")
            headed = "normalize" in file.keys()  # noqa: SIM118 - `in file` follows a link
            heads = own_array(file, "normalize") if headed else np.full(len(part), NAN)
    except (OSError, KeyError) as error:
        msg = f"{path.name} is not an MPII file of the hourglass authors: {error}."
        raise PoseViewerError(msg) from error
    people = [
        Labelled(
            _text(names[i]),
            part[i].astype(np.float64) - 1,
            (part[i] > 1).all(axis=-1),
            _crop(centre[i] - 1, scale[i] * _HEIGHT),
            head=float(heads[i]),
        )
        for i in range(len(part))
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
    rows = json.loads(path.read_text(encoding="utf-8"))
    try:
        if "joint_self" in rows[0]:
            wanted = {"val": 1.0, "train": 0.0}.get(split)
            rows = [row for row in rows if wanted in (None, row["isValidation"])]
            people = [_cpm_person(row) for row in rows if row["dataset"].startswith("MPI")]
            name = f"mpii {split}"
        else:
            heads = _heads(path, len(rows))
            people = [_hrnet_person(row, head) for row, head in zip(rows, heads, strict=True)]
            name = f"mpii {path.stem}"
    except (KeyError, IndexError, TypeError, ValueError) as error:
        msg = f"{path.name} is not a list of MPII people: {error!r} is wrong or missing."
        raise PoseViewerError(msg) from error
    if not people:
        msg = f"{path.name} has no people of MPII in the split {split!r}."
        raise PoseViewerError(msg)
    return _mpii_set(name, people, images)


def _hrnet_person(row: Mapping[str, Any], head: float) -> Labelled:
    points = np.array(row["joints"], np.float64)
    seen: NDArray[np.bool_] = np.array(row["joints_vis"], np.bool_)
    return Labelled(
        row["image"],
        points[:, :2] - 1,
        seen,
        _raw_crop(row["center"], row["scale"]),
        head=head,
    )


def _cpm_person(row: Mapping[str, Any]) -> Labelled:
    points = np.array(row["joint_self"], np.float64)
    seen: NDArray[np.bool_] = np.asarray((points[:, :2] > 1).all(axis=-1))
    return Labelled(
        row["img_paths"],
        points[:, :2] - 1,
        seen,
        _raw_crop(row["objpos"], row["scale_provided"]),
    )


def _heads(path: Path, count: int) -> NDArray[np.float64]:
    boxes = path.with_name("gt_valid.mat")
    if path.stem != "valid" or not boxes.is_file():
        return np.full(count, NAN)
    corners = _mat_array(boxes, "headboxes_src")
    return head_sizes(np.moveaxis(corners, -1, 0).reshape(count, 4))


def head_sizes(rectangles: NDArray[np.floating]) -> NDArray[np.float64]:
    """MPII's head size (n,) of rectangles (n, 4), given as x, y of two opposite corners."""
    diagonal = rectangles[:, 2:].astype(np.float64) - rectangles[:, :2]
    size: NDArray[np.float64] = _HEAD_SHARE * np.linalg.norm(diagonal, axis=-1)
    return size


def _raw_crop(centre: Sequence[float], scale: float) -> Box:
    x, y = centre
    # The hourglass authors' adjustment, so that feet are less likely cut off.
    return _crop(np.array([x - 1, y - 1 + 15 * scale]), scale * 1.25 * _HEIGHT)


def _crop(centre: NDArray[np.floating], side: float) -> Box:
    return Box.centred(float(centre[0]), float(centre[1]), float(side), float(side))


def _text(name: Any) -> str:
    """A name that HDF5 holds as bytes or as codes of letters, padded."""
    raw = name if isinstance(name, bytes) else bytes(np.asarray(name).astype(np.uint8))
    return raw.rstrip(b"\0 ").decode()


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
        PoseViewerError: It is no such file, the split is unknown, or scipy is not installed.
    """
    array = _mat_array(path, "joints")
    shape = array.shape
    if array.ndim != 3 or 14 not in shape[:2] or min(shape[:2]) not in (2, 3):
        msg = f"{path.name} holds joints of the shape {shape}, which is neither LSP's nor LSPET's."
        raise PoseViewerError(msg)
    visible = shape[0] == 14
    turned = np.moveaxis(array, -1, 0) if visible else np.moveaxis(array, (2, 1), (0, 1))
    points: NDArray[np.float64] = turned.astype(np.float64)
    seen = points[..., 2] > 0 if visible else np.isfinite(points[..., 0])
    name, first = _SETS.get(len(points), (path.stem, len(points)))
    numbers = _lsp_numbers(split, first=first, count=len(points), path=path)
    digits = 5 if len(points) >= 10000 else 4
    people = [
        Labelled(
            f"im{i + 1:0{digits}d}.jpg",
            np.subtract(points[i, :, :2], 1),
            seen[i],
            square_around(points[i, seen[i], :2] - 1, margin=1.5),
        )
        for i in numbers
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


def _mat_array(path: Path, name: str) -> NDArray[np.floating]:
    """The array `name` of a MATLAB file.

    Raises:
        PoseViewerError: It cannot be read, lacks the array, or scipy is not installed.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        msg = f"{path.name} needs scipy to be read; install it with: pip install poseviewer[eval]"
        raise PoseViewerError(msg) from None
    try:
        found: NDArray[np.floating] = np.asarray(loadmat(path)[name])
    except KeyError:
        msg = f"{path.name} holds no array called {name}."
        raise PoseViewerError(msg) from None
    # Newer MATLAB files are HDF5, which scipy does not read.
    except (OSError, ValueError, NotImplementedError, MatReadError) as error:
        msg = f"{path.name} cannot be read as a MATLAB file: {error}."
        raise PoseViewerError(msg) from error
    return found
