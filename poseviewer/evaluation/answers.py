"""What a model answers about labelled people, stage by stage, given to the people it is about."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import common_names
from poseviewer.core.stage import Request
from poseviewer.evaluation.oks import oks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.models.card import ModelCard
    from poseviewer.truth.labelled import Labelled, TruthSet

# CrowdPose's stand-in for the area of a segment: this share of a box.
_BOX_SHARE = 0.53
_POSES_ONLY = Request(stages=frozenset())


class Judged(Protocol):
    """What is needed of an estimator."""

    card: ModelCard
    skeleton: Skeleton

    def estimate(self, frame: Frame, region: Box, request: Request) -> FrameResult:
        """The poses of every stage in a region of a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Somebody that one stage found in one picture."""

    picture: str

    xy: NDArray[np.float64]
    """(k, 2) compared joints, picture pixels; NaN where not found."""

    score: NDArray[np.float64]
    """(k,) confidence."""

    sure: float
    """How sure the network is of the person: what the decoder put together, peaks and limbs added
    up as in the published assembly (models.md section 5.5), else the mean of `score`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What every stage answered about the people of a set."""

    joints: tuple[str, ...]
    """Compared ones: those that model and set both have, in the set's order."""

    columns: tuple[int, ...]
    """Where they are among the set's."""

    given: tuple[NDArray[np.float64], ...]
    """By stage (n, k, 2): what was found of each person; NaN where nothing was."""

    found: tuple[tuple[Found, ...], ...]
    """By stage everybody who was found, labelled or not."""


def finds_several(card: ModelCard) -> bool:
    """Whether a network finds all people of a picture by itself."""
    return any(spec.kind == "paf" for spec in card.stages)


def ask(
    estimator: Judged,
    truth: TruthSet,
    *,
    whole: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """Show a model the people of a set.

    Args:
        estimator: The model.
        truth: The set, not empty.
        whole: Whether it is shown whole pictures rather than each person's crop.
        progress: Told people done and people in all.
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
            sure = result.parsings[stage].score if result.parsings else mean
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
    """Which found pose is about whom: pairs of greatest OKS first, each pose used once.

    Args:
        found: (m, k, 2).
        people: n labelled people of one picture.
        columns: Where the k joints are among theirs.
        constants: OKS sigma of each joint (k,).

    Returns:
        (n, k, 2), NaN for whom nobody was found.
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
