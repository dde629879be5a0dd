"""Corrections: what each does to a frame, and that the order of making them does not matter."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.correction import (
    NONE,
    Corrections,
    Exchange,
    JointCorrection,
    Kind,
    Removal,
    SideSwap,
    Who,
    between,
    merged,
    row_of,
    who,
)
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Mark, Poses, Visibility
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import Skeleton, load_skeleton

SKELETON = load_skeleton("poseviewer-23")
K = len(SKELETON.joints)
WRIST, OTHER = SKELETON.index("left_wrist"), SKELETON.index("right_wrist")


def people(
    count: int = 2, *, calibrated: bool = True, skeleton: Skeleton = SKELETON, seed: int = 3
) -> Poses:
    rng, k = np.random.default_rng(seed), len(skeleton.joints)
    xy = rng.uniform(0, 50, (count, k, 2)) + 300 * np.arange(count)[:, None, None]
    return Poses(
        xy.astype(np.float32),
        rng.uniform(0.3, 0.9, (count, k)).astype(np.float32),
        np.tile(np.array([0, 0, 900, 400], np.float32), (count, 1)),
        np.arange(count),
        skeleton,
        np.full((count, k), Visibility.VISIBLE, np.int8) if calibrated else None,
    )


def result_of(poses: Poses, frame: int = 7) -> FrameResult:
    picture = Frame(np.zeros((4, 6, 3), np.uint8), frame, Timestamp(frame, Fraction(1, 30)))
    return FrameResult.bare(picture, poses)


def put(
    raw: Poses, kind: Kind, *, row: int = 0, joint: int = WRIST, **more: tuple[float, float]
) -> Corrections:
    return NONE.with_joint(raw, row, joint, frame=7, kind=kind, **more)


def same(one: Poses, other: Poses) -> bool:
    def arrays(poses: Poses) -> list[bytes]:
        found = (poses.xy, poses.score, poses.track, poses.marks(), poses.visibility)
        return [b"" if a is None else np.asarray(a).tobytes() for a in found]

    return arrays(one) == arrays(other)


def test_nothing_corrected_is_the_same_object() -> None:
    result = result_of(people())
    assert NONE.apply(result) is result
    assert put(people(), "wrong").poses(result.poses, frame=8) is result.poses


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize(
    ("kind", "xy", "place", "score", "state"),
    [
        ("moved", (12.5, 20.0), (12.5, 20.0), 1, Visibility.VISIBLE),
        ("accepted", None, "said", 1, Visibility.VISIBLE),
        ("occluded", None, "said", "said", Visibility.OCCLUDED),
        ("occluded", (1.0, 2.0), (1.0, 2.0), 1, Visibility.OCCLUDED),
        ("wrong", None, None, 0, Visibility.UNKNOWN),
        ("absent", None, None, 0, Visibility.OUTSIDE),
    ],
)
def test_what_is_said_of_a_joint(
    kind: Kind,
    xy: tuple[float, float] | None,
    place: object,
    score: object,
    state: Visibility,
    *,
    calibrated: bool,
) -> None:
    raw = people(calibrated=calibrated)
    made = NONE.with_joint(raw, 1, WRIST, frame=7, kind=kind, xy=xy).apply(result_of(raw))
    poses = made.poses
    assert made.network is raw
    if place is None:
        assert np.isnan(poses.xy[1, WRIST]).all()
    else:
        assert poses.xy[1, WRIST] == pytest.approx(raw.xy[1, WRIST] if place == "said" else place)
    assert poses.score[1, WRIST] == (raw.score[1, WRIST] if score == "said" else score)
    if calibrated or state in (Visibility.OCCLUDED, Visibility.OUTSIDE):
        assert poses.are(state)[1, WRIST]
    assert poses.marks()[1, WRIST] == Mark[kind.upper()]
    # Nothing else is touched.
    others = np.ones((2, K), bool)
    others[1, WRIST] = False
    assert np.array_equal(poses.xy[others], raw.xy[others])
    assert np.array_equal(poses.score[others], raw.score[others])
    assert not poses.marks()[others].any()
    assert not poses.are(Visibility.OCCLUDED)[others].any()
    assert poses.calibrated == calibrated


def test_a_joint_that_is_placed_by_hand_has_no_place_in_space() -> None:
    world = np.random.default_rng(4).normal(0, 1, (2, K, 3)).astype(np.float32)
    raw = replace(people(), world=world)
    moved = put(raw, "moved", xy=(5.0, 6.0)).poses(raw, frame=7).world
    assert moved is not None
    assert np.isnan(moved[0, WRIST]).all()
    assert np.isfinite(moved).sum() == 3 * (2 * K - 1)
    accepted = put(raw, "accepted").poses(raw, frame=7).world
    assert accepted is not None
    assert np.array_equal(accepted, world)
    swapped = NONE.with_sides_swapped(raw, 0, frame=7, first=7, last=7).poses(raw, frame=7).world
    assert swapped is not None
    assert np.array_equal(swapped[0, WRIST], world[0, OTHER])


def test_applied_twice_is_applied_once_and_taken_back_is_the_network() -> None:
    result = result_of(people())
    edits = put(result.poses, "moved", xy=(5.0, 6.0))
    once = edits.apply(result)
    assert same(edits.apply(once).poses, once.poses)
    back = NONE.apply(once)
    assert back.poses is result.poses
    assert back.network is None


def test_the_latest_word_on_a_joint_counts() -> None:
    raw = people()
    edits = put(raw, "moved", xy=(5.0, 6.0)).with_joint(raw, 0, WRIST, frame=7, kind="absent")
    assert [one.kind for one in edits.joints] == ["absent"]
    assert edits.without_joints(raw, 0, frame=7, joints=[WRIST]) == NONE
    assert edits.without_joints(raw, 1, frame=7) == edits


def test_sides_are_exchanged_with_what_was_placed() -> None:
    raw = people()
    edits = put(raw, "moved", xy=(5.0, 6.0)).with_sides_swapped(raw, 0, frame=7, first=7, last=9)
    poses = edits.poses(raw, frame=7)
    # The wrist that was moved goes over to the other side with the rest.
    assert poses.xy[0, OTHER].tolist() == [5, 6]
    assert np.array_equal(poses.xy[0, WRIST], raw.xy[0, OTHER])
    assert np.array_equal(edits.poses(raw, frame=9).xy[0], raw.xy[0, list(SKELETON.mirror)])
    assert edits.poses(raw, frame=10) is raw
    nose = SKELETON.index("nose")
    assert poses.marks()[0, [nose, WRIST]].tolist() == [Mark.NONE, Mark.SWAPPED]
    again = edits.with_sides_swapped(raw, 0, frame=7, first=7, last=9)
    assert again == put(raw, "moved", xy=(5.0, 6.0))


def test_people_are_exchanged_from_a_frame_on_and_removed_over_a_range() -> None:
    raw = people(3)
    edits = NONE.with_people(Exchange(0, 2, 5)).with_people(Removal(2, 6, 8))
    assert edits.poses(raw, frame=4) is raw
    assert edits.poses(raw, frame=5).track.tolist() == [2, 1, 0]
    # The second goes by what the first has left.
    six = edits.poses(raw, frame=6)
    assert six.track.tolist() == [1, 0]
    assert np.array_equal(six.xy, raw.xy[1:])
    assert edits.poses(raw, frame=9).track.tolist() == [2, 1, 0]
    assert NONE.with_people(Exchange(0, 2, 5)).with_people(Exchange(2, 0, 5)) == NONE


def test_another_analysis_is_corrected_too() -> None:
    """Another network with other joints that numbers people the other way round."""
    edits = put(people(), "moved", xy=(12.0, 13.0))
    coco = load_skeleton("coco-17")
    other = people(2, skeleton=coco, seed=4)
    other = replace(other, track=np.array([1, 0]))
    poses = edits.poses(other, frame=7)
    assert poses.xy[0, coco.index("left_wrist")].tolist() == [12, 13]
    assert np.array_equal(poses.xy[1], other.xy[1])
    alone = replace(other, track=np.array([-1, -1])).only(np.array([0]))
    assert edits.poses(alone, frame=7).xy[0, coco.index("left_wrist")].tolist() == [12, 13]
    away = alone.only(np.array([0]))
    away = replace(away, xy=away.xy + 5000)
    assert edits.poses(away, frame=7) is away


def test_a_person_is_found_by_number_where_two_stand_close() -> None:
    raw = people()
    close = replace(raw, xy=np.stack([raw.xy[0], raw.xy[0] + 3]))
    assert row_of(close, who(close, 1)) == 1
    assert row_of(close, replace(who(close, 1), number=-1)) == 1
    assert row_of(close, replace(who(close, 1), number=0)) == 0
    assert row_of(Poses.nobody(SKELETON), who(raw, 0)) is None


def test_a_joint_goes_from_place_to_place_in_time() -> None:
    raw = people()
    before, after = (
        JointCorrection(frame, "left_wrist", who(raw, 0), "moved", xy)
        for frame, xy in ((2, (0.0, 10.0)), (6, (40.0, 30.0)))
    )
    seconds = [0, 1, 2, 3, 5, 9, 10]
    made = between(before, after, people=dict.fromkeys(range(7), who(raw, 0)), seconds=seconds)
    assert [(one.frame, one.xy) for one in made] == [
        (3, (5.0, 12.5)),
        (4, (15.0, 17.5)),
        (5, (35.0, 27.5)),
    ]
    assert {one.kind for one in made} == {"interpolated"}
    gone = replace(after, xy=None)
    with pytest.raises(ValueError, match="place"):
        between(before, gone, people={}, seconds=seconds)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("joint"),
            st.integers(0, 1),
            st.integers(0, K - 1),
            st.sampled_from(["moved", "accepted", "occluded", "wrong", "absent"]),
        ),
        st.tuples(st.just("sides"), st.integers(0, 1), st.integers(3, 9), st.integers(0, 4)),
        st.tuples(st.just("reset"), st.integers(0, 1), st.integers(0, K - 1), st.just(0)),
    ),
    max_size=12,
)


def made_by(actions: list[tuple], raw: Poses) -> Corrections:
    edits = NONE
    for what, row, number, more in actions:
        if what == "joint":
            xy = (float(number), 3.0) if more == "moved" else None
            edits = edits.with_joint(raw, row, number, frame=7, kind=more, xy=xy)
        elif what == "sides":
            last = max(number, 7) + more
            first = min(number, 7)
            edits = edits.with_sides_swapped(raw, row, frame=7, first=first, last=last)
        else:
            edits = edits.without_joints(raw, row, frame=7, joints=[number])
    return edits


@given(ACTIONS)
def test_every_edit_shows_what_it_says(actions: list[tuple]) -> None:
    raw = people()
    edits = made_by(actions, raw)
    poses = edits.poses(raw, frame=7)
    assert len(poses) == 2
    assert np.array_equal(poses.track, raw.track)
    # What is said of one person leaves the other alone.
    for row in (0, 1):
        if not any(action[1] == row for action in actions):
            assert np.array_equal(poses.xy[row], raw.xy[row])
    # A frame that nothing refers to is untouched.
    assert edits.poses(raw, frame=99) is raw
    # Each joint is said once, and the pieces in any order give the same.
    assert len({(one.joint, one.who) for one in edits.joints}) == len(edits.joints)
    turned = Corrections(edits.joints[::-1], edits.sides[::-1], edits.people)
    assert turned == edits
    assert same(turned.poses(raw, frame=7), poses)


@given(ACTIONS)
def test_a_swap_shows_the_mirror_of_what_was_shown(actions: list[tuple]) -> None:
    raw = people()
    edits = made_by(actions, raw)
    before = edits.poses(raw, frame=7)
    swapped = edits.with_sides_swapped(raw, 0, frame=7, first=7, last=7)
    after = swapped.poses(raw, frame=7)
    mirror = list(SKELETON.mirror)
    assert np.array_equal(after.xy[0], before.xy[0, mirror], equal_nan=True)
    assert np.array_equal(after.score[0], before.score[0, mirror])
    assert np.array_equal(after.xy[1], before.xy[1], equal_nan=True)
    assert swapped.with_sides_swapped(raw, 0, frame=7, first=7, last=7) == edits


NUMBERS = st.integers(0, 3)


@given(st.lists(st.one_of(
    st.builds(Exchange, NUMBERS, NUMBERS, st.integers(0, 5)),
    st.builds(lambda n, a, b: Removal(n, min(a, b), max(a, b)), NUMBERS, NUMBERS, NUMBERS),
), max_size=8))  # fmt: skip
def test_numbers_of_people_stay_different(edits: list[Exchange | Removal]) -> None:
    made = Corrections(people=tuple(edits))
    for frame in range(6):
        track, kept = made.renumbered(np.arange(4), np.full(4, frame))
        left = track[kept].tolist()
        assert len(set(left)) == len(left)
        gone = sum(isinstance(e, Removal) and e.first <= frame <= e.last for e in edits)
        assert len(left) >= 4 - gone


def test_two_changes_of_the_same_are_merged() -> None:
    someone = Who(0, 101.25, 60.5)
    base = Corrections(
        (
            JointCorrection(1, "neck", someone, "wrong"),
            JointCorrection(2, "neck", someone, "wrong"),
        ),
        (SideSwap(1, 1, someone), SideSwap(2, 2, someone)),
        (Exchange(0, 1, 5), Removal(2, 0, 9), Exchange(0, 1, 5)),
    )
    mine = Corrections(
        (replace(base.joints[0], kind="absent"), JointCorrection(3, "nose", someone, "wrong")),
        base.sides[1:],
        base.people[1:],
    )
    theirs = Corrections(
        (*base.joints, JointCorrection(4, "nose", someone, "wrong")),
        (*base.sides, SideSwap(9, 9, someone)),
        (*base.people, Removal(7, 7, 7)),
    )
    both = merged(base, mine, theirs)
    assert [(one.frame, one.kind) for one in both.joints] == [
        (1, "absent"), (3, "wrong"), (4, "wrong"),
    ]  # fmt: skip
    assert both.sides == (SideSwap(2, 2, someone), SideSwap(9, 9, someone))
    assert both.people == (Removal(2, 0, 9), Exchange(0, 1, 5), Removal(7, 7, 7))
    assert merged(base, mine, base) == mine
    assert merged(base, base, theirs) == theirs
    # What one has taken out and the other changed stays as changed.
    changed = replace(base.joints[1], kind="absent")
    kept = merged(base, mine, replace(base, joints=(base.joints[0], changed)))
    assert changed in kept.joints
