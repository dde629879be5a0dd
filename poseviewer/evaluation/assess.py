"""Accuracy of a trained model on ground truth, for every stage and every joint.

The model runs as in the window, through the pipeline's estimator, on crops made from the truth
(the set's policy tells how): this measures the network, not the search for the person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import grouped
from poseviewer.core.torso import torsos
from poseviewer.evaluation.answers import ask, coco_results, finds_several
from poseviewer.evaluation.keypoints import (
    PCK_EITHER,
    PCKH,
    PDJ_EITHER,
    Curve,
    curve,
    errors,
    mpii_means,
)
from poseviewer.evaluation.limbs import FOUR_LIMBS, pcp, sticks
from poseviewer.evaluation.oks import CocoScores, average_precision
from poseviewer.evaluation.score import Score, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.stage import StageGroup
    from poseviewer.evaluation.answers import Answers, Judged
    from poseviewer.truth.labelled import TruthSet

WHOLE = "the whole picture; each person is compared with the most similar one found (OKS)"
"""The policy of networks that find several people, on pictures of several."""

_PRECISION = ("AP", "AP50", "AP75", "AR")
_LIMBS = [limb for pair in FOUR_LIMBS.values() for limb in pair]


@dataclass(frozen=True, slots=True, eq=False)
class StageAccuracy:
    """How right one stage is."""

    number: int
    """0-based, as a paper counts; people are told 1-based numbers."""

    name: str

    scores: Mapping[str, Score]
    """By short name, such as `PCK@0.2`; the first is the chief one."""

    tallies: Mapping[str, Tally]
    """By joint or limb; the first is the chief one's."""

    curve: Curve
    """PDJ over shares 0 to 0.5 of the torso."""


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """How right a model is on one set."""

    model: str
    """Its name."""

    truth: str
    """Name of the set."""

    policy: str
    """What the network was shown."""

    people: int
    """Labelled people that were looked at."""

    joints: tuple[str, ...]
    """Compared ones: those that both the model and the set have."""

    stages: tuple[StageAccuracy, ...]


def assess(
    estimator: Judged,
    truth: TruthSet,
    *,
    stages: Sequence[int] | None = None,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Assessment:
    """Run a model over a set and measure each stage.

    Args:
        estimator: The model.
        truth: The set.
        stages: 0-based stages to measure, fields and beliefs that come together being one; all
            where None.
        limit: About how many people, from the first; all where None.
        progress: Told people done and people in all.

    Raises:
        PoseViewerError: The set is empty, or model and set have no joint in common.
    """
    chosen = truth.first(limit)
    if not chosen.people:
        msg = f"{truth.name} has nobody to measure {estimator.card.name} on."
        raise PoseViewerError(msg)
    whole = finds_several(estimator.card) and truth.table is not None
    answers = ask(estimator, chosen, whole=whole, progress=progress)
    if not answers.joints:
        msg = f"{estimator.card.name} and {truth.name} have no joint in common."
        raise PoseViewerError(msg)
    measure = _Measure(chosen, answers, whole=whole)
    groups = grouped(estimator.card.stages)
    return Assessment(
        estimator.card.name,
        truth.name,
        WHOLE if whole else truth.policy,
        len(chosen.people),
        answers.joints,
        tuple(
            measure.stage(number, groups[number])
            for number in (range(len(groups)) if stages is None else stages)
        ),
    )


class _Measure:
    """The truth of a set as arrays, and what can be measured against it."""

    def __init__(self, truth: TruthSet, answers: Answers, *, whole: bool) -> None:
        columns, people = list(answers.columns), truth.people
        judged = np.array([one.judged for one in people])
        self._set, self._answers, self._whole = truth, answers, whole
        self._truth = np.stack([one.joints[columns] for one in people])
        self._seen = np.stack([one.seen[columns] for one in people]) & judged[:, None]
        self._torsos = torsos(self._truth, seen=self._seen, names=answers.joints, either=True)
        self._heads = np.array([one.head for one in people])
        known = np.where(self._seen[..., None], self._truth, np.nan)
        self._limbs, self._sticks = sticks(known, names=answers.joints)

    def stage(self, number: int, group: StageGroup) -> StageAccuracy:
        """Everything that can be said of one stage."""
        given = self._answers.given[group.last]
        apart = errors(given, self._truth)
        parts = self._answers.joints
        torso: dict[str, Any] = {"lengths": self._torsos, "seen": self._seen, "parts": parts}
        scores: dict[str, Score] = {}
        tallies: dict[str, Tally] = {}
        if np.isfinite(self._heads).any():
            scores, tallies = self._by_heads(apart)
        for rule in (PCK_EITHER, PCK_EITHER.at(0.1)):
            tallies[rule.title] = counts = tally(apart, rule=rule, **torso)
            scores[rule.title] = counts.pooled()
            scores[f"{rule.title} mean"] = counts.mean()
        whole = curve(apart, rule=PDJ_EITHER, **torso)
        scores["PDJ AUC"] = whole.area()
        self._add_limbs(given, scores, tallies)
        scores |= self._precision(group.last)
        return StageAccuracy(number, group.title, scores, tallies, whole)

    def _by_heads(self, apart: NDArray[np.float64]) -> tuple[dict[str, Score], dict[str, Tally]]:
        head: dict[str, Any] = {
            "lengths": self._heads,
            "seen": self._seen,
            "parts": self._answers.joints,
        }
        scores, tallies = {}, {}
        for rule in (PCKH, PCKH.at(0.1)):
            tallies[rule.title] = counts = tally(apart, rule=rule, **head)
            # The first is what HRNet and mmpose print.
            means = mpii_means(counts)
            for name in sorted(means, key=lambda name: name != "pooled14"):
                scores[f"{rule.title} {name}"] = means[name]
        return scores, tallies

    def _add_limbs(
        self, given: NDArray[np.float64], scores: dict[str, Score], tallies: dict[str, Tally]
    ) -> None:
        if not self._limbs:
            return
        _, ends = sticks(given, names=self._answers.joints)
        strict = pcp(ends, self._sticks, parts=self._limbs)
        loose = pcp(ends, self._sticks, parts=self._limbs, strictness="loose")
        tallies |= {"PCP strict": strict, "PCP loose": loose}
        scores |= {"PCP strict": strict.mean(), "PCP loose": loose.mean()}
        if set(_LIMBS) <= set(self._limbs):
            scores["PCP strict, arms and legs"] = strict.mean(_LIMBS)

    def _precision(self, number: int) -> dict[str, Score]:
        table = self._set.table
        if table is None or any("area" not in one for one in table["annotations"]):
            return {}
        names = {one.picture for one in self._set.people}
        numbers = {one["file_name"]: one["id"] for one in table["images"]}
        pictures = {name: numbers[name] for name in names}
        (kind,) = [one["id"] for one in table["categories"] if "keypoints" in one]
        ids = set(pictures.values())
        part = {
            "images": [one for one in table["images"] if one["id"] in ids],
            "categories": table["categories"],
            "annotations": [
                _narrowed(one, self._answers.columns)
                for one in table["annotations"]
                if one["image_id"] in ids
            ],
        }
        results = coco_results(self._answers.found[number], pictures=pictures, category=kind)
        judged: CocoScores = average_precision(part, results, joints=self._answers.joints)
        # Crops tell the network where everybody is: not to be compared with finding them.
        how = "people ranked by peaks and limbs" if self._whole else "everybody's place given"
        scores = {name: judged.scores[name] for name in _PRECISION}
        return {name: replace(score, mean=f"{score.mean}, {how}") for name, score in scores.items()}


def _narrowed(annotation: Mapping[str, Any], columns: Sequence[int]) -> dict[str, Any]:
    """An annotation with some of its keypoints only."""
    points = np.array(annotation["keypoints"], np.float64).reshape(-1, 3)[list(columns)]
    return {
        "iscrowd": 0,
        **annotation,
        "keypoints": points.ravel().tolist(),
        "num_keypoints": int((points[:, 2] > 0).sum()),
    }
