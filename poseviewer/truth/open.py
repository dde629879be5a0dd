"""Opening ground truth by looking at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.coco import read_coco
from poseviewer.truth.lsp import read_lsp
from poseviewer.truth.mpii import read_mpii_h5, read_mpii_json
from poseviewer.truth.pack import read_pack
from poseviewer.truth.pictures import Archives, Folder

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.truth.labelled import TruthSet

KINDS = (
    "the folder of the data pack, a COCO keypoint table (.json), MPII (.h5 or .json), or "
    "LSP's joints.mat"
)


def read_truth(
    location: Path, *, split: str = "val", images: Path | None = None
) -> tuple[TruthSet, ...]:
    """The labelled people of a file or folder.

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
        msg = f"{location} is no ground truth; give {KINDS}."
        raise PoseViewerError(msg)
    places = (images,) if images else (path.parent / "images", path.parent)
    ending = path.suffix.lower()
    if ending == ".mat":
        return (read_lsp(path, split=split, images=places),)
    if ending in (".h5", ".hdf5"):
        return (read_mpii_h5(path, images=places),)
    if ending == ".json":
        return (_json(path, split, places, images),)
    msg = f"{path.name} is no ground truth that is known; give {KINDS}."
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
