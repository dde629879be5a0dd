"""Reader of the data pack: LSPET crops and COCO photos, as training takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.truth.coco import read_coco
from poseviewer.truth.labelled import Labelled, TruthSet
from poseviewer.truth.pictures import Archives

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

POLICY = "the pack's crop: square of 1.5 x the longer side of the labelled joints' box"
SPLITS = ("train", "val")

# Crops are square.
_SIDE = 256


def read_pack(folder: Path, *, split: str) -> tuple[TruthSet, ...]:
    """The two sets of a split: `lspet`, one person a crop, and `coco`, photos.

    PARSE is left out, as in training: its left and right look observer-centric on back views.

    Raises:
        PoseViewerError: There is no such split, or a file is missing.
    """
    if split not in SPLITS:
        msg = f"The data pack has the splits {' and '.join(SPLITS)}, not {split!r}."
        raise PoseViewerError(msg)
    photos = folder / f"coco_{split}.json"
    if not photos.is_file():
        msg = f"{photos.name} is missing in {folder}; the data pack is not whole."
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
    order = np.argsort(shards, kind="stable")
    people = [_person(str(names[i]), joints[i], seen[i]) for i in order]
    return TruthSet(
        f"lspet {split}",
        common_names(load_skeleton("mpii-16").joints),
        tuple(people),
        POLICY,
        Archives([folder / shard for shard in sorted(set(shards.tolist()))]),
    )


def _person(name: str, joints: NDArray[np.float64], seen: NDArray[np.bool_]) -> Labelled:
    return Labelled(name, joints[:, :2], seen, Box.whole((_SIDE, _SIDE)))
