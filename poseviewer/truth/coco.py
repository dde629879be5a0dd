"""Reader of COCO keypoint tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names
from poseviewer.truth.labelled import NAN, Labelled, TruthSet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

POLICY = (
    "square of 1.25 x the longer side of the annotated box, about its centre; people with fewer "
    "than 4 labelled joints below the head are left out of everything but AP"
)

_MARGIN = 1.25
_FEWEST = 4
_FACE = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}


def read_coco(path: Path, *, name: str, pictures: Callable[[str], NDArray[np.uint8]]) -> TruthSet:
    """The people of a COCO keypoint table.

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
            _person(one, files, body)
            for one in sorted(table["annotations"], key=lambda one: one["image_id"])
            if not one.get("iscrowd") and any(one["keypoints"][2::3])
        ]
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path.name} is not a COCO keypoint table: {error!r} is wrong or missing."
        raise PoseViewerError(msg) from error
    return TruthSet(name, joints, tuple(people), POLICY, pictures, table)


def _person(one: Mapping[str, Any], files: Mapping[int, str], body: NDArray[np.bool_]) -> Labelled:
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
