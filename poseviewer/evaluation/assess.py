"""Accuracy of a trained model on ground truth, for every stage and every joint.

The model runs as in the window, through the pipeline's estimator, on crops made from the truth
(the set's policy says how): this measures the network, not the search for the person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import common_names
from poseviewer.core.stage import Request, grouped
from poseviewer.core.torso import torsos
from poseviewer.evaluation.measures import (
    FOUR_LIMBS,
    PCK_EITHER,
    PCKH,
    PDJ_EITHER,
    Curve,
    Score,
    Tally,
    average_precision,
    curve,
    errors,
    mpii_means,
    oks,
    pcp,
    sticks,
    tally,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageGroup
    from poseviewer.models.card import ModelCard
    from poseviewer.truth.labelled import Labelled, TruthSet

# CrowdPose's stand-in for the area of a segment: this share of a box.
_BOX_SHARE = 0.53
_POSES_ONLY = Request(stages=frozenset())


class Judged(Protocol):
    """The part of an estimator that a measurement needs."""

    card: ModelCard
    skeleton: Skeleton

    def estimate(self, frame: Frame, region: Box, request: Request) -> FrameResult:
        """The poses of every stage in a region of a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A person that one stage found in one picture."""

    picture: str

    xy: NDArray[np.float64]
    """(k, 2) compared joints, picture pixels; NaN where not found."""

    score: NDArray[np.float64]
    """(k,) confidence."""

    sure: float
    """How sure the network is of the person: what the decoder put together, peaks and limbs added
    up as in the published assembly (docs/facts/networks.md), else the mean of `score`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers of every stage about the people of a set."""

    joints: tuple[str, ...]
    """Compared ones: those that model and set both have, in the set's order."""

    columns: tuple[int, ...]
    """Where they are among the set's."""

    given: tuple[NDArray[np.float64], ...]
    """By stage (n, k, 2): what was found of each person; NaN where nothing was."""

    found: tuple[tuple[Found, ...], ...]
    """By stage all people found, labelled or not."""


def finds_several(card: ModelCard) -> bool:
    """Whether a network finds all people of a picture by itself."""
    return card.everybody


def ask(
    estimator: Judged,
    truth: TruthSet,
    *,
    whole: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """Run a model on the people of a set.

    Args:
        estimator: The model.
        truth: The set, not empty.
        whole: Whether it is shown whole pictures rather than each person's crop.
        progress: Called with people done and people in all.
    """
    names = common_names(estimator.skeleton.joints)
    joints = tuple(joint for joint in truth.joints if joint in names)
    ours = [names.index(joint) for joint in joints]
    columns = [truth.joints.index(joint) for joint in joints]
    constants = estimator.skeleton.sigmas[ours]
    given: list[list[NDArray[np.float64]]] = []
    found: list[list[Found]] = []
    done = 0
    for people, result in _shown(estimator, truth, whole):
        for stage, poses in enumerate(result.stage_poses):
            if stage == len(given):
                given.append([])
                found.append([])
            xy = poses.xy[:, ours].astype(np.float64)
            score = np.nan_to_num(poses.score[:, ours]).astype(np.float64)
            mean = score.sum(axis=1) / max(len(ours), 1)
            together = result.parsings and estimator.card.stages[stage].answers
            sure = result.parsings[stage].score if together else mean
            each = zip(xy, score, sure.tolist(), strict=True)
            found[stage] += [Found(people[0].picture, *one) for one in each]
            given[stage].append(matched(xy, people, columns=columns, constants=constants))
        done += len(people)
        if progress is not None:
            progress(done, len(truth.people))
    return Answers(
        joints,
        tuple(columns),
        tuple(np.concatenate(stage) for stage in given),
        tuple(tuple(stage) for stage in found),
    )


def _shown(
    estimator: Judged, truth: TruthSet, whole: bool
) -> Iterator[tuple[Sequence[Labelled], FrameResult]]:
    for index, (picture, group) in enumerate(groupby(truth.people, key=lambda one: one.picture)):
        people = tuple(group)
        frame = Frame(truth.pictures(picture), index, Timestamp(index, Fraction(1)))
        if whole:
            yield people, estimator.estimate(frame, Box.whole(frame.size), _POSES_ONLY)
            continue
        for person in people:
            yield (person,), estimator.estimate(frame, person.crop, _POSES_ONLY)


def matched(
    found: NDArray[np.float64],
    people: Sequence[Labelled],
    *,
    columns: Sequence[int],
    constants: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Assign found poses to labelled people: pairs of greatest OKS first, each pose used once.

    Args:
        found: (m, k, 2).
        people: n labelled people of one picture.
        columns: Where the k joints are among theirs.
        constants: OKS sigma of each joint (k,).

    Returns:
        (n, k, 2), NaN for a person who was not found.
    """
    answer = np.full((len(people), *found.shape[1:]), np.nan)
    if len(found) == len(people) == 1:
        return found
    if not len(found):
        return answer
    at = list(columns)
    truth = np.stack([one.joints[at] for one in people])
    seen = np.stack([one.seen[at] for one in people])
    area = np.array([_area(one) for one in people])
    similar = oks(found, truth, seen=seen, area=area, constants=constants)
    similar = np.nan_to_num(similar, nan=-1.0)
    for _ in range(min(similar.shape)):
        pose, person = np.unravel_index(similar.argmax(), similar.shape)
        if similar[pose, person] <= 0:
            break
        answer[person] = found[pose]
        similar[pose], similar[:, person] = -1, -1
    return answer


def _area(person: Labelled) -> float:
    if np.isfinite(person.area):
        return person.area
    points = person.joints[person.seen]
    return _BOX_SHARE * float(np.prod(np.ptp(points, axis=0))) if len(points) else 1.0


def coco_results(
    found: Sequence[Found], *, pictures: dict[str, int], category: int
) -> list[dict[str, Any]]:
    """The people one stage found, as COCO writes results.

    COCO counts from the corner of the first pixel.
    """
    return [
        {
            "image_id": pictures[one.picture],
            "category_id": category,
            "keypoints": np.column_stack([np.nan_to_num(one.xy + 0.5), one.score]).ravel().tolist(),
            "score": one.sure,
        }
        for one in found
    ]


WHOLE = "the whole picture; each person is compared with the most similar one found (OKS)"
"""The policy of networks that find several people, on pictures of several."""

_PRECISION = ("AP", "AP50", "AP75", "AR")
_LIMBS = [limb for pair in FOUR_LIMBS.values() for limb in pair]


@dataclass(frozen=True, slots=True, eq=False)
class StageAccuracy:
    """How right one stage is."""

    number: int
    """0-based, as a paper counts; shown to people counted from 1."""

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
            where None. Those that answer no joints are left out.
        limit: About how many people, from the first; all where None.
        progress: Called with people done and people in all.

    Raises:
        PoseViewerError: The set is empty, or model and set have no joint in common.
    """
    chosen = truth.first(limit)
    if not chosen.people:
        msg = f"{truth.name} has no people to measure {estimator.card.name} on."
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
            if estimator.card.stages[groups[number].last].answers
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
        """Every measure of one stage."""
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
        found = average_precision(part, results, joints=self._answers.joints)
        # Crops give the network each person's place: not to be compared with finding them.
        how = "people ranked by peaks and limbs" if self._whole else "each person's place given"
        return {n: replace(found[n], mean=f"{found[n].mean}, {how}") for n in _PRECISION}


def _narrowed(annotation: Mapping[str, Any], columns: Sequence[int]) -> dict[str, Any]:
    """An annotation with some of its keypoints only."""
    points = np.array(annotation["keypoints"], np.float64).reshape(-1, 3)[list(columns)]
    return {
        "iscrowd": 0,
        **annotation,
        "keypoints": points.ravel().tolist(),
        "num_keypoints": int((points[:, 2] > 0).sum()),
    }
