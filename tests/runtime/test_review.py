"""Doubts are found where they were put, at their worst frame, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.review import Course, Doubt, findings

SKELETON = load_skeleton("poseviewer-23")
K = len(SKELETON.joints)
N, FPS = 90, 30.0
WRIST = SKELETON.index("left_wrist")
STANDING = np.random.default_rng(5).uniform((-40, -100), (40, 100), (K, 2))


def walk(person: int = 0, *, x: float = 200.0, speed: float = 30.0) -> Course:
    """A person who walks to the right without a doubt."""
    seconds = np.arange(N) / FPS
    xy = STANDING + np.stack([x + speed * seconds, np.full(N, 200.0)], axis=1)[:, None]
    return Course(
        person, SKELETON, np.arange(N), seconds, xy, np.full((N, K), 0.9),
        np.zeros((N, K), bool), xy.copy(),
    )  # fmt: skip


def test_a_walk_without_a_doubt_has_none() -> None:
    assert findings([walk()]) == ()
    assert findings([]) == ()


def spoilt(kind: Doubt) -> Course:
    one = walk()
    xy, score, before = one.xy.copy(), one.score.copy(), one.before.copy()
    match kind:
        case "confidence":
            score[38:43, WRIST] = [0.3, 0.2, 0.05, 0.2, 0.3]
        case "jump":
            xy[40, WRIST] += 200
            before[40, WRIST] += 200
        case "stages":
            before[40, WRIST] += 120
        case "sides":
            xy[40:] = xy[40:][:, list(SKELETON.mirror)]
            before = xy.copy()
        case "length":
            ramp = np.concatenate([np.linspace(0, 1, 30), np.linspace(1, 0, 30)])
            xy[11:71, WRIST] += ramp[:, None] * 120
            before = xy.copy()
    return replace(one, xy=xy, score=score, before=before)


@pytest.mark.parametrize("kind", ["confidence", "jump", "stages", "sides", "length"])
def test_a_doubt_is_found_at_its_worst_frame(kind: Doubt) -> None:
    found = [one for one in findings([spoilt(kind)]) if one.kind == kind]
    worst = found[0]
    assert abs(worst.frame - 40) <= 1
    assert worst.badness >= 1
    if kind not in ("sides", "length"):
        assert [one.joint for one in found] == [WRIST]
        assert worst.words.startswith("left wrist ")
    assert [one.badness for one in found] == sorted((f.badness for f in found), reverse=True)


def test_what_a_person_has_said_is_no_doubt_any_more() -> None:
    for kind in ("confidence", "jump", "stages"):
        one = spoilt(kind)
        settled = one.settled.copy()
        settled[36:45, WRIST] = True
        joints = {f.joint for f in findings([replace(one, settled=settled)]) if f.kind == kind}
        assert WRIST not in joints


def test_people_who_cross_are_found_once_where_they_are_nearest() -> None:
    there, back = walk(0, x=100, speed=60), walk(1, x=280, speed=-60)
    found = [one for one in findings([there, back]) if one.kind == "crossing"]
    assert len(found) == 1
    assert abs(found[0].frame - 45) <= 1
    assert findings([there, walk(1, x=900)]) == ()


def test_a_gap_is_no_jump() -> None:
    one = walk()
    seconds = one.seconds.copy()
    seconds[45:] += 5
    xy = one.xy.copy()
    xy[45:] += 300
    gone = replace(one, seconds=seconds, xy=xy, before=xy.copy())
    assert not [f for f in findings([gone]) if f.kind in ("jump", "sides")]


def test_what_the_last_stage_has_put_right_and_is_sure_of_is_no_doubt() -> None:
    one = spoilt("stages")
    score = one.score.copy()
    score[40, WRIST] = 0.97
    assert [f.kind for f in findings([one])] == ["stages"]
    assert findings([replace(one, score=score)]) == ()


def test_joints_that_are_doubtful_at_once_are_one_finding_and_the_rest_of_it_stays() -> None:
    one = spoilt("confidence")
    score, ankle = one.score.copy(), SKELETON.index("left_ankle")
    score[39, ankle], score[60, ankle] = 0.1, 0.3
    both = replace(one, score=score)
    words = [(f.frame, f.words) for f in findings([both]) if f.kind == "confidence"]
    assert words == [(40, "left wrist 5 % sure, and 1 more"), (60, "left ankle 30 % sure")]
    settled = one.settled.copy()
    settled[36:45, WRIST] = True
    left = [f.words for f in findings([replace(both, settled=settled)])]
    assert left == ["left ankle 10 % sure", "left ankle 30 % sure"]
