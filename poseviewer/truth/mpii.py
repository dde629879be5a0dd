"""Reader of MPII Human Pose in the forms that projects pass around: HDF5 and two of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.truth.labelled import NAN, Labelled, TruthSet
from poseviewer.truth.lsp import mat_array
from poseviewer.truth.pictures import Folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

POLICY = "square of 250 x MPII's scale, about its centre moved down by 15 x scale (hourglass crop)"

# Person height in units of MPII's scale.
_HEIGHT = 200
_HEAD_SHARE = 0.6


def read_mpii_h5(path: Path, *, images: Sequence[Path]) -> TruthSet:
    """The people of the hourglass authors' HDF5 files.

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
            part, centre = file["part"][()], file["center"][()]
            scale, names = file["scale"][()], file["imgname"][()]
            heads = file["normalize"][()] if "normalize" in file else np.full(len(part), NAN)
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
    return _set(f"mpii {path.stem}", people, images)


def read_mpii_json(path: Path, *, split: str, images: Sequence[Path]) -> TruthSet:
    """The people of MPII as a JSON list, in HRNet's form or in that of the CPM authors.

    HRNet's: `image`, `center`, `scale`, `joints`, `joints_vis`; one file a split, and head
    sizes from `gt_valid.mat` beside it. The CPM authors': `img_paths`, `objpos`,
    `scale_provided`, `joint_self`, `isValidation`; no head sizes. Both count from 1.

    Raises:
        PoseViewerError: It is neither, or has nobody of this split.
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
        msg = f"{path.name} has nobody of MPII in the split {split!r}."
        raise PoseViewerError(msg)
    return _set(name, people, images)


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
    corners = mat_array(boxes, "headboxes_src")
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


def _set(name: str, people: list[Labelled], images: Sequence[Path]) -> TruthSet:
    joints = common_names(load_skeleton("mpii-16").joints)
    ordered = sorted(people, key=lambda person: person.picture)
    return TruthSet(name, joints, tuple(ordered), POLICY, Folder(images))
