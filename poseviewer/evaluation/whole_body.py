"""COCO-WholeBody's AP: of body, feet, face, each hand, and all 133 joints of a person.

The rule is COCO's with the joints and constants of the part; areas are those of the whole person,
and of an answer those of the box around its body (Jin et al., ECCV 2020, released code).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.reading import listing, mapping, numbers, read_json, reading, whole
from poseviewer.core.skeleton import load_skeleton
from poseviewer.evaluation.measures import average_precision
from poseviewer.evaluation.report import columns
from poseviewer.records.whole_body import PARTS, SCORES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from poseviewer.evaluation.measures import Score

WHOLE = "whole"
"""All parts together."""

_SEEN = ("left hand", "right hand")
"""Parts of which an answer without any joint counts as none."""


def whole_body_precision(
    truth: Mapping[str, Any], found: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Score]]:
    """Return AP and AR by part, and of the whole.

    Args:
        truth: A table of COCO-WholeBody: COCO's, with `foot_kpts` and the like beside `keypoints`.
        found: Answers with the same lists, a `score`, and scores of the parts where there are any.

    Returns:
        By part, then as `average_precision` returns them.

    Raises:
        PoseViewerError: A table lacks something, or pycocotools is not installed.
    """
    skeleton = load_skeleton("wholebody-133")
    constants = skeleton.sigmas.astype(np.float64).round(3)
    areas = [_area(one["keypoints"]) for one in found]
    known = {}
    for part in (*PARTS, WHOLE):
        names = [name for name in PARTS if part in (name, WHOLE)]
        joints = [joint for name in names for joint in range(*PARTS[name][1:])]
        kept = [
            number
            for number, one in enumerate(found)
            if part not in _SEEN or any(flag > 0 for flag in one[PARTS[part][0]][2::3])
        ]
        annotations = [_narrowed(one, names) for one in truth["annotations"]]
        known[part] = average_precision(
            {**truth, "annotations": annotations},
            [_scored(_narrowed(found[number], names), part) for number in kept],
            joints=[skeleton.joints[joint] for joint in joints],
            constants=constants[joints],
            areas=[areas[number] for number in kept],
        )
    return known


def read_whole_body(path: Path) -> dict[str, Any]:
    """Return a table of ground truth of COCO-WholeBody.

    Raises:
        PoseViewerError: It is none.
    """
    with reading(path.name, kind="a table of COCO-WholeBody"):
        table = mapping(read_json(path), "it")
        for name in ("images", "categories"):
            for one in listing(table[name], name):
                _number(mapping(one, f"one of its {name}"), "id")
        people = [_checked(one) for one in listing(table["annotations"], "its annotations")]
        for one in people:
            numbers(one["area"], "an area", shape=())
            numbers(one["bbox"], "a box", shape=(4,))
            _number(one, "id")
            whole(one.get("iscrowd", 0), "iscrowd", low=0, high=1)
        return {**table, "annotations": people}


def read_answers(path: Path) -> list[dict[str, Any]]:
    """Return answers in the format of COCO-WholeBody.

    Raises:
        PoseViewerError: They are none.
    """
    with reading(path.name, kind="a file of answers of COCO-WholeBody"):
        people = [_checked(one) for one in listing(read_json(path), "it")]
        for one in people:
            for name in ("score", *(name for name in SCORES.values() if name in one)):
                numbers(one[name], name, shape=())
        return people


def _checked(value: Any) -> dict[str, Any]:
    """A person with all parts."""
    one = mapping(value, "a person")
    _number(one, "image_id")
    _number(one, "category_id")
    for name, start, stop in PARTS.values():
        numbers(one[name], name, shape=(3 * (stop - start),))
    return one


def _number(one: Mapping[str, Any], name: str) -> None:
    """Check a number that says which it is."""
    whole(one[name], name, low=0, high=1 << 53)


def _narrowed(person: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A person with the joints of some parts as its keypoints."""
    points = [value for name in names for value in person[PARTS[name][0]]]
    count = sum(flag > 0 for flag in points[2::3])
    return {**person, "keypoints": points, "num_keypoints": count}


def _scored(person: dict[str, Any], part: str) -> dict[str, Any]:
    return person | {"score": person.get(SCORES.get(part, "score"), person["score"])}


def _area(points: Sequence[float]) -> float:
    """Of the box around keypoints, square pixels."""
    x, y = points[0::3], points[1::3]
    return float((max(x) - min(x)) * (max(y) - min(y)))


def table(known: Mapping[str, Mapping[str, Score]]) -> list[str]:
    """Return what `whole_body_precision` found as lines for people."""
    shown = ("AP", "AP50", "AP75", "APM", "APL", "AR")
    rows = [["part", *shown], *([part, *map(_three(s), shown)] for part, s in known.items())]
    return columns(rows)


def _three(scores: Mapping[str, Score]) -> Callable[[str], str]:
    return lambda name: f"{scores[name].value:.3f}"
