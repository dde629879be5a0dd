"""OKS and COCO's AP and AR over it (models.md section 8); pycocotools does the matching."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.evaluation.score import Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SIGMAS = {
    "nose": 0.026,
    "eye": 0.025,
    "ear": 0.035,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
}
"""COCO's constants, the same for left and right."""

COCO_JOINTS = (
    "nose",
    *(f"{side}_{joint}" for joint in ("eye", "ear") for side in ("left", "right")),
    *(
        f"{side}_{joint}"
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)

STATS = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
"""In pycocotools' order."""


def sigmas(joints: Sequence[str]) -> NDArray[np.float64]:
    """COCO's constant of each joint (k,).

    Raises:
        KeyError: COCO has none for a joint.
    """
    return np.array(
        [SIGMAS[joint.removeprefix("left_").removeprefix("right_")] for joint in joints]
    )


def oks(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    seen: NDArray[np.bool_],
    area: NDArray[np.floating],
    constants: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Object keypoint similarity of each answer to each truth.

    Args:
        found: Answers (m, k, 2); a joint that was not found is not similar at all.
        truth: (n, k, 2).
        seen: (n, k) labelled joints.
        area: (n,) of the truth's segments, square pixels.
        constants: sigma of each joint (k,); the variance is (2 sigma)^2.

    Returns:
        (m, n), 0 to 1; NaN for a truth without a labelled joint.
    """
    squared = ((found[:, None].astype(np.float64) - truth[None]) ** 2).sum(axis=-1)
    spread = 2 * (area[:, None] + np.spacing(1)) * (2 * constants[None]) ** 2
    near = np.nan_to_num(np.exp(-squared / spread[None]))
    count = seen.sum(axis=1)
    total = (near * seen).sum(axis=-1)
    similar: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return similar


@dataclass(frozen=True, slots=True)
class CocoScores:
    """COCO's ten numbers."""

    scores: Mapping[str, Score]
    """By name, in the order of `STATS`; NaN where COCO leaves one undefined."""

    joints: tuple[str, ...]
    """Compared ones."""

    def __getitem__(self, name: str) -> float:
        """The value called `name`."""
        return self.scores[name].value


def average_precision(
    truth: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
    *,
    joints: Sequence[str] = COCO_JOINTS,
) -> CocoScores:
    """AP and AR over OKS 0.50:0.05:0.95, at most 20 people a picture.

    Args:
        truth: A COCO keypoint table: `images`, `annotations` (with `area`), `categories`.
        found: COCO results: `image_id`, `category_id`, `keypoints`, `score`.
        joints: Names of the keypoints in both; where these are not all of COCO's 17, say so
            beside the number.

    Raises:
        PoseViewerError: The table lacks something that AP needs.
    """
    # Here, so that other measures load without it.
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        try:
            table = COCO()
            table.dataset = {**truth, "annotations": [dict(one) for one in truth["annotations"]]}
            table.createIndex()
            # loadRes cannot take an empty list.
            answers = table.loadRes([dict(one) for one in found]) if found else _nothing(truth)
            judge = COCOeval(table, answers, "keypoints")
            judge.params.kpt_oks_sigmas = sigmas(joints)
            judge.evaluate()
            judge.accumulate()
            judge.summarize()
        except KeyError as error:
            msg = f"The COCO table lacks {error} of an annotation, which OKS needs."
            raise PoseViewerError(msg) from error
    count = sum(_labelled(one) for one in truth["annotations"] if not one.get("iscrowd"))
    rule = "{}: COCO keypoints, OKS >= threshold, k = 2 sigma, at most 20 people a picture"
    mean = f"{len(joints)} joints, 101-point precision"
    values = dict(zip(STATS, judge.stats, strict=True))
    return CocoScores(
        {
            name: Score(float(v) if v >= 0 else float("nan"), rule.format(name), mean, count)
            for name, v in values.items()
        },
        tuple(joints),
    )


def _nothing(truth: Mapping[str, Any]) -> Any:
    from pycocotools.coco import COCO

    empty = COCO()
    empty.dataset = {**truth, "annotations": []}
    empty.createIndex()
    return empty


def _labelled(annotation: Mapping[str, Any]) -> int:
    return int((np.array(annotation["keypoints"]).reshape(-1, 3)[:, 2] > 0).sum())
