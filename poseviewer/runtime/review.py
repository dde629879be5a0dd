"""What is worth a look in the results of a clip: doubtful joints and people, by how bad.

Each kind of doubt is a function of the joints of one person over time, in torsos and torsos a
second, so that it means the same for large and small people. A doubt that lasts is one finding, at
its worst frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.percent import percent
from poseviewer.core.pose import Mark, Visibility

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

Doubt = Literal["confidence", "jump", "stages", "sides", "length", "crossing"]

TITLES: dict[Doubt, str] = {
    "confidence": "low confidence",
    "jump": "jump",
    "stages": "stages disagree",
    "sides": "left and right swapped?",
    "length": "length of a limb",
    "crossing": "people cross",
}

_APART = 5
"""Frames without a doubt after which the next one is another finding."""

_MANY = 500
"""Findings of one kind that are listed, the worst."""

_UNSURE = 0.5
"""Confidence below which a joint is doubtful."""

_JUMP = 0.35
"""Torsos that a joint lies off the way from the frame before to the frame after."""

_MOVED = 0.25
"""Torsos from the answer of the stage before the last to the final one."""

_STRETCH = 0.3
"""Share by which a limb is longer than usual: it is seen shortened, never lengthened."""

_LONGEST_GAP = 0.5
"""Seconds over which a joint is not followed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is worth a look."""

    frame: int
    kind: Doubt
    person: int
    """Number."""
    joint: int | None
    """None where it is about the whole person."""
    badness: float
    """From 1 up; comparable between kinds as far as possible."""
    words: str
    """What is doubtful, such as `left wrist jumps 0.6 torsos`."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One person over n frames, k joints."""

    person: int
    skeleton: Skeleton
    frame: NDArray[np.int64]
    """(n,) numbers, rising."""
    seconds: NDArray[np.float64]
    """(n,)"""
    xy: NDArray[np.float64]
    """(n, k, 2) frame pixels; NaN where a joint has no place."""
    score: NDArray[np.float64]
    """(n, k)"""
    settled: NDArray[np.bool_]
    """(n, k) joints that a person has corrected, or that are known to be hidden."""
    before: NDArray[np.float64]
    """(n, k, 2) the answer of the stage before the last; NaN where it gave none."""

    @property
    def torso(self) -> float:
        """Median length of the torso, or of the whole person, pixels."""
        pairs = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))
        lengths = [
            np.linalg.norm(self.xy[:, self.skeleton.index(a)] - self.xy[:, self.skeleton.index(b)],
                           axis=-1)
            for a, b in pairs
            if self.skeleton.has(a, b)
        ]  # fmt: skip
        known = np.concatenate(lengths) if lengths else np.empty(0)
        known = known[np.isfinite(known)]
        if len(known):
            return max(float(np.median(known)), 1.0)
        there = self.xy[np.isfinite(self.xy).all(axis=-1)]
        return max(float(np.hypot(*there.std(axis=0))), 1.0) if len(there) else 1.0


def courses(results: Iterable[FrameResult]) -> list[Course]:
    """The people of results in the order of time; those without a number are left out."""
    rows: dict[int, list[tuple[FrameResult, int]]] = {}
    for result in results:
        for row, number in enumerate(result.poses.track.tolist()):
            if number >= 0:
                rows.setdefault(number, []).append((result, row))
    return [_course(number, found) for number, found in sorted(rows.items())]


def _course(number: int, rows: Sequence[tuple[FrameResult, int]]) -> Course:
    poses = [(result.poses, row) for result, row in rows]
    return Course(
        number,
        rows[0][0].poses.skeleton,
        np.array([result.frame.index for result, _ in rows]),
        np.array([result.frame.time.seconds for result, _ in rows]),
        np.stack([p.xy[row] for p, row in poses]).astype(np.float64),
        np.stack([p.score[row] for p, row in poses]).astype(np.float64),
        np.stack([(p.marks()[row] != Mark.NONE) | p.are(Visibility.OCCLUDED)[row]
                  for p, row in poses]),
        np.stack([_stage_before(result, row) for result, row in rows]),
    )  # fmt: skip


def _stage_before(result: FrameResult, row: int) -> NDArray[np.float64]:
    """The joints (k, 2) of a person by the stage before the last; the nearest person there."""
    mine = result.poses.xy[row].astype(np.float64)
    if len(result.stage_poses) < 2 or not len(result.stage_poses[-2]):
        return np.full_like(mine, np.nan)
    theirs = result.stage_poses[-2].xy.astype(np.float64)
    if theirs.shape[1:] != mine.shape:
        return np.full_like(mine, np.nan)
    away = np.linalg.norm(theirs - mine, axis=-1)
    middle = np.array([np.nanmedian(one) if np.isfinite(one).any() else np.inf for one in away])
    return np.asarray(theirs[int(middle.argmin())])


def findings(people: Sequence[Course]) -> tuple[Finding, ...]:
    """Everything that is worth a look, the worst first."""
    found: list[Finding] = []
    for one in people:
        for look in (unsure, jumps, restless, swapped_sides, stretched):
            found += _together(look(one))[:_MANY]
    found += crossings(people)
    return tuple(sorted(found, key=lambda f: (-f.badness, f.frame)))


def _together(found: list[Finding]) -> list[Finding]:
    """Findings of one kind and person, the worst first; those of about the same frame as one."""
    groups: list[list[Finding]] = []
    for one in sorted(found, key=lambda f: -f.badness):
        for group in groups:
            if abs(group[0].frame - one.frame) <= _APART:
                group.append(one)
                break
        else:
            groups.append([one])
    return [
        replace(worst, words=f"{worst.words}, and {len(rest)} more") if rest else worst
        for worst, *rest in groups
    ]


def unsure(one: Course) -> list[Finding]:
    """Joints of low confidence that are neither hidden nor corrected."""
    bad = np.where(one.settled | ~np.isfinite(one.xy).all(axis=-1), 0, 1 - one.score)
    return _spells(
        one,
        "confidence",
        bad / (1 - _UNSURE),
        lambda joint, n: f"{percent(float(one.score[n, joint]))} % sure",
    )


def jumps(one: Course) -> list[Finding]:
    """Joints that leave their way for a frame or two and come back."""
    off = np.zeros(one.score.shape)
    if len(one.frame) > 2:
        span = (one.seconds[2:] - one.seconds[:-2])[:, None, None]
        share = ((one.seconds[1:-1] - one.seconds[:-2])[:, None, None]) / np.maximum(span, 1e-9)
        way = one.xy[:-2] + share * (one.xy[2:] - one.xy[:-2])
        away = np.linalg.norm(one.xy[1:-1] - way, axis=-1) / one.torso
        off[1:-1] = np.where(span[..., 0] > _LONGEST_GAP, 0, np.nan_to_num(away))
    moved = off * one.torso
    bad = np.where(one.settled, 0, off) / _JUMP
    return _spells(one, "jump", bad, lambda joint, n: f"jumps {moved[n, joint]:.0f} px")


def restless(one: Course) -> list[Finding]:
    """Joints that the last stage moved far from where the stage before had them, and doubts."""
    moved = np.nan_to_num(np.linalg.norm(one.xy - one.before, axis=-1))
    # What it is sure of it has put right: far more often than not, in the clips looked at.
    doubt = (2 * (1 - one.score)).clip(0, 1)
    bad = np.where(one.settled, 0, moved * doubt) / one.torso / _MOVED
    return _spells(
        one, "stages", bad, lambda joint, n: f"moved {moved[n, joint]:.0f} px by the last stage"
    )


def swapped_sides(one: Course) -> list[Finding]:
    """Frames in which left and right change places: the mirrored pose goes on more smoothly."""
    mirror = np.array(one.skeleton.mirror)
    paired = mirror != np.arange(len(mirror))
    if len(one.frame) < 2 or not paired.any():
        return []
    here, before = one.xy[1:, paired], one.xy[:-1, paired]
    turned = one.xy[1:][:, mirror][:, paired]
    straight = np.linalg.norm(here - before, axis=-1)
    crossed = np.linalg.norm(turned - before, axis=-1)
    known = np.isfinite(straight) & np.isfinite(crossed)
    count = np.maximum(known.sum(axis=1), 1)
    gain = np.where(known, straight - crossed, 0).sum(axis=1) / count / one.torso
    near = np.diff(one.seconds) <= _LONGEST_GAP
    settled = one.settled[1:, paired].all(axis=1)
    bad = np.where(near & ~settled & (known.sum(axis=1) >= 4), gain, 0) / _SWAPPED
    return [
        Finding(int(one.frame[n + 1]), "sides", one.person, None, float(bad[n]),
                "left and right change places")
        for n in np.flatnonzero(bad >= 1).tolist()
    ]  # fmt: skip


_SWAPPED = 0.08
"""Torsos that joints move less, on average, where left and right are exchanged."""


def stretched(one: Course) -> list[Finding]:
    """Limbs that are much longer than they usually are."""
    found: list[Finding] = []
    for a, b in one.skeleton.bones:
        length = np.linalg.norm(one.xy[:, a] - one.xy[:, b], axis=-1)
        known = length[np.isfinite(length)]
        if len(known) < 8:
            continue
        usual = max(float(np.percentile(known, 75)), 0.15 * one.torso)
        excess = np.nan_to_num(length / usual - 1)
        excess[one.settled[:, a] | one.settled[:, b]] = 0
        names = [one.skeleton.joints[joint].replace("_", " ") for joint in (a, b)]
        for n, badness in _worst(one, excess / _STRETCH):
            words = f"{names[0]} to {names[1]} {percent(float(excess[n]))} % longer than usual"
            found.append(Finding(int(one.frame[n]), "length", one.person, b, badness, words))
    return found


def crossings(people: Sequence[Course]) -> list[Finding]:
    """Frames in which two people are nearest, where they come closer than half a torso."""
    found: list[Finding] = []
    for place, one in enumerate(people):
        for other in people[place + 1 :]:
            _, here, there = np.intersect1d(one.frame, other.frame, return_indices=True)
            if not len(here):
                continue
            with np.errstate(all="ignore"):
                away = np.linalg.norm(_middle(one.xy[here]) - _middle(other.xy[there]), axis=-1)
            near = np.nan_to_num(1 - away / max(one.torso, other.torso) * 2, nan=0.0)
            bad = np.where(near > 0, 1 + near, 0)
            found += [
                Finding(
                    int(one.frame[here][n]), "crossing", one.person, None, float(bad[n]),
                    f"{one.person} and {other.person} are {away[n]:.0f} px apart",
                )
                for n in _spell_ends(one.frame[here], bad)
            ]  # fmt: skip
    return found


def _middle(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middles (n, 2) of people (n, k, 2)."""
    known = np.isfinite(xy).all(axis=-1, keepdims=True)
    return np.asarray(np.where(known, xy, 0).sum(axis=1) / np.where(known, 1, 0).sum(axis=1))


def _spells(
    one: Course, kind: Doubt, bad: NDArray[np.float64], words: Callable[[int, int], str]
) -> list[Finding]:
    """A finding for each spell of each joint (n, k) with a badness of at least 1.

    Args:
        one: The person.
        kind: Of doubt.
        bad: (n, k)
        words: What to say of a joint in the n-th frame, after its name.
    """
    found = []
    for joint, name in enumerate(one.skeleton.joints):
        for n, badness in _worst(one, bad[:, joint]):
            text = f"{name.replace('_', ' ')} {words(joint, n)}"
            found.append(Finding(int(one.frame[n]), kind, one.person, joint, badness, text))
    return found


def _worst(one: Course, bad: NDArray[np.float64]) -> list[tuple[int, float]]:
    return [(n, float(bad[n])) for n in _spell_ends(one.frame, bad)]


def _spell_ends(frame: NDArray[np.int64], bad: NDArray[np.float64]) -> list[int]:
    """The worst place of every spell in which `bad` (n,) is at least 1."""
    places = np.flatnonzero(bad >= 1)
    if not len(places):
        return []
    cuts = np.flatnonzero(np.diff(frame[places]) > _APART) + 1
    return [int(spell[bad[spell].argmax()]) for spell in np.split(places, cuts)]
