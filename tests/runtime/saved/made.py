"""Results and states made up of numbers, with everything that can be saved of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.detection import Detections
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.parsing import Candidates, LimbScores, Parsing
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import Skeleton, load_skeleton
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import RegionFollower, Scan
from poseviewer.runtime.course import Course

SKELETON = load_skeleton("poseviewer-23")


def made_poses(
    rng: np.random.Generator, people: int, *, skeleton: Skeleton, seen: bool = True
) -> Poses:
    """People anywhere, with a joint that was not found."""
    k = len(skeleton.joints)
    xy = rng.uniform(0, 600, (people, k, 2)).astype(np.float32)
    xy[:, 3] = np.nan
    return Poses(
        xy,
        rng.uniform(0, 1, (people, k)).astype(np.float32),
        rng.uniform(0, 300, (people, 4)).astype(np.float32),
        np.arange(people, dtype=np.int64) - 1,
        skeleton,
        rng.integers(0, 3, (people, k)).astype(np.int8) if seen else None,
        covariance=rng.uniform(0, 9, (people, k, 3)).astype(np.float32) if seen else None,
        world=rng.normal(0, 1, (people, k, 3)).astype(np.float32) if seen else None,
    )


def made_parsing(rng: np.random.Generator, skeleton: Skeleton) -> Parsing:
    """Three candidates, two limbs, one person."""
    people = np.full((1, len(skeleton.joints)), -1, np.intp)
    people[0, :2] = 0, 2
    return Parsing(
        Candidates(np.array([0, 0, 1]), rng.uniform(0, 9, (3, 2)), rng.random(3, np.float32)),
        LimbScores(
            np.zeros(2, np.intp), np.array([0, 1]), np.array([2, 2]),
            rng.random(2, np.float32), rng.random(2, np.float32),
        ),
        np.array([0]), np.array([0, 2], np.int8), people, rng.random(1, np.float32),
    )  # fmt: skip


def made_result(
    index: int, *, people: int, skeleton: Skeleton = SKELETON, crowd: bool = False
) -> FrameResult:
    """A measured result: smoothed and with detections where `index` is even."""
    rng = np.random.default_rng(index)
    frame = Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(3 * index, Fraction(1, 75)))
    poses = made_poses(rng, people, skeleton=skeleton, seen=not crowd)
    stages = tuple(made_poses(rng, max(people, 1), skeleton=skeleton) for _ in range(3))
    angles = measure(poses, specs=offered_angles(skeleton), gate=0.2, facing=("left",) * len(poses))
    detections = Detections(
        rng.uniform(0, 9, (2, 4)), rng.uniform(0, 9, (2, 4)), rng.random(2, np.float32),
        np.array([0, 2], np.int8), np.array([-1, 0]), rng.uniform(0, 1, 2),
    )  # fmt: skip
    even = not index % 2
    return FrameResult(
        frame, poses, stages, angles, (), Box(-0.5, 0.1, 640.0, 480.3),
        timings={"network": 0.1 / 3} | ({"crop": 0.7} if even else {}),
        others=(Box(1.0, 2.0, 3.0, 4.4),) * (people - 1 if people else 0),
        smoothed=made_poses(rng, people, skeleton=skeleton) if even else None,
        smoothing="a filter" if even else "",
        parsings=tuple(made_parsing(rng, skeleton) for _ in range(3)) if crowd else (),
        detections=detections if even else None,
    )  # fmt: skip


def made_course() -> Course:
    """An analysis in the middle of a search."""
    follower = RegionFollower()
    follower._scan = scan = Scan((640, 480))
    scan._queue = scan._queue[1:]
    follower._last = Box(1.1, 2.2, 30.0, 30.0)
    return Course(0, 3, follower)


def made_crowd() -> PeopleFollower:
    """A follower of nobody yet, in the middle of its windows."""
    follower = PeopleFollower()
    follower._queue = [Box(0.1, 0.0, 5.0, 5.0)]
    follower._since, follower._fresh = 3, False
    return follower
