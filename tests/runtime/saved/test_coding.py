"""Results and states come back as they were, to the last bit."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.angle import offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton
from poseviewer.pipeline.follow import Focus
from poseviewer.pipeline.follow_people import PeopleFollower, _Followed
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.people import People
from poseviewer.runtime.saved.coding import Chunk, encoded, read_curves, read_measures
from poseviewer.runtime.saved.columns import MOST, Frames, pack, unpack
from tests.runtime.saved.made import (
    SKELETON,
    made_course,
    made_crowd,
    made_poses,
    made_result,
)
from tests.runtime.saved.test_window import same


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("people", [(1, 1, 1), (0, 2, 1, 3), (0,)])
def test_results(people: tuple[int, ...], crowd: bool) -> None:
    skeleton = load_skeleton("openpose-coco-18") if crowd else SKELETON
    made = [
        made_result(7 + i, people=n, skeleton=skeleton, crowd=crowd) for i, n in enumerate(people)
    ]
    made = [
        result
        if result.smoothed is None
        else replace(result, smoothed=replace(result.poses, xy=result.smoothed.xy))
        for result in made
    ]
    blocks, count = encoded(made), len(made)
    chunk = Chunk(7, count, skeleton=skeleton, poses=blocks.poses)
    detail = Frames(blocks.detail, frames=count)
    measured = Frames(blocks.measures, frames=count)
    specs = offered_angles(skeleton)
    for at, result in enumerate(made):
        raw = chunk.whole(7 + at, detail)
        found = read_measures(
            blocks.curves, measured, at, frames=count, specs=specs, poses=raw.poses
        )
        assert raw.timings == result.timings
        same(found.of(raw, "a filter"), result)


def test_what_is_plotted_and_listed_is_as_if_added_one_by_one() -> None:
    counts = (1, 0, 3, 2, 2, 1, 3)
    made = [made_result(i, people=n) for i, n in enumerate(counts)]
    specs = offered_angles(SKELETON)
    blocks = [encoded(made[:4]).curves, encoded(made[3:]).curves]
    chunks = [(0, 4, blocks[0], slice(0, 4)), (3, 4, blocks[1], slice(1, 4))]
    curves = read_curves(chunks, angles=len(specs))
    times = np.arange(10) / 25
    one, other = (AngleHistory(specs, times=times) for _ in range(2))
    people, listed = People(), People()
    one.load(curves)
    people.load(curves)
    for result in made:
        other.add(result)
        listed.note(result.poses, frame=result.frame)
    same(people.seen(), listed.seen())
    for number, locked in (
        (None, False),
        (1, False),
        (1, True),
        (0, True),
        (9, True),
        (None, True),
    ):
        for history in (one, other):
            history.follow(number, locked=locked)
        same(one.slice(), other.slice())


@pytest.mark.parametrize(
    "block",
    [
        b"",
        zlib.compress(b""),
        zlib.compress(b"\xff\xff\xff\xff[]"),
        zlib.compress(b"\x00" * (MOST + 1)),
        pack({"a": np.zeros(3)})[:-1],
        zlib.compress(b'\x15\x00\x00\x00[["a", "|O", [1000]]]' + b"0" * 8000),
        zlib.compress(b'\x12\x00\x00\x00[["a", "<f8", [9]]' + b"0" * 100),
        zlib.compress(b'\x15\x00\x00\x00[["a","<f8",[9999]]] ' + b"0" * 100),
        "text",
    ],
)
def test_blocks_that_are_none(block: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        unpack(block)


def through(state: object) -> object:
    return json.loads(json.dumps(state))


def test_a_follower_of_one_person() -> None:
    follower = made_course().follower
    again = RegionFollower()
    again.go_on(through(follower.checkpoint()), skeleton=SKELETON)
    assert again.checkpoint() == follower.checkpoint()
    assert isinstance(again, RegionFollower)
    assert again._scan is not None
    rng = np.random.default_rng(0)
    xy = made_poses(rng, 1, skeleton=SKELETON).xy[0]
    again._scan._best = 0.1 + 0.2, Box(1.0, 2.0, 3.0, 1 / 3), xy
    again._scan._over_all = 1 / 3, Box(1.0, 2.0, 3.0, 1 / 7)
    third = RegionFollower()
    third.go_on(through(again.checkpoint()), skeleton=SKELETON)
    assert json.dumps(third.checkpoint()) == json.dumps(again.checkpoint())
    assert third._scan is not None
    assert third._scan._best is not None
    assert third._scan._best[2].dtype == np.float32
    assert third._scan._queue == again._scan._queue
    assert third._scan._levels == again._scan._levels


def test_a_follower_of_people() -> None:
    follower = made_crowd()
    rng = np.random.default_rng(1)
    xy = made_poses(rng, 1, skeleton=SKELETON).xy[0]
    follower._people = [
        _Followed(Box(0.1, 1 / 3, 5.0, 6.0), xy, 4, (1 / 7, -2.5), 11, 2, 0.3, 1),
        _Followed(Box(0.0, 0.0, 5.0, 6.0), xy),
    ]
    again = PeopleFollower()
    again.go_on(through(follower.checkpoint()), skeleton=SKELETON)
    for one, other in zip(again._people, follower._people, strict=True):
        np.testing.assert_array_equal(one.xy, other.xy)
        assert one.xy.dtype == other.xy.dtype
        assert (one.box, one.number, one.step, one.frames) == (
            other.box, other.number, other.step, other.frames,
        )  # fmt: skip
    assert json.dumps(again.checkpoint()) == json.dumps(follower.checkpoint())


@pytest.mark.parametrize("window", [0.0, 1.0])
def test_a_tracker_and_the_focus(window: float) -> None:
    one, other = Tracker(window=window), Tracker(window=window)
    pixels = np.zeros((1, 1, 3), np.uint8)
    for index in range(12):
        result = made_result(index % 2, people=3)
        poses = replace(result.poses, track=np.full(3, -1))
        frame = Frame(pixels, index, Timestamp(index, result.frame.time.time_base))
        if index == 6:
            other = Tracker(window=window)
            other.go_on(through(one.checkpoint()), skeleton=SKELETON)
        same(one.apply(poses, frame=frame), other.apply(poses, frame=frame))
    focus = Focus()
    focus.turn(made_result(2, people=2))
    again = Focus()
    again.go_on(through(focus.checkpoint()))
    assert again.now == focus.now


@pytest.mark.parametrize("state", [None, {}, [], {"given": -1, "people": []}, {"given": 1}])
def test_states_that_are_none(state: object) -> None:
    for part in (RegionFollower(), PeopleFollower(), Tracker(), Tracker(window=1.0)):
        with pytest.raises((ValueError, KeyError)):
            part.go_on(state, skeleton=SKELETON)
