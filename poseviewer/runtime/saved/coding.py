"""Results of consecutive frames as four blocks of bytes, and back.

What a window needs of every frame at once (`curves`) is apart from what it needs of the frame on
screen, so that an hour of video opens in a moment.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.angle import Angles
from poseviewer.core.detection import Detections, Verdict
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.parsing import Candidates, LimbScores, LimbVerdict, Parsing
from poseviewer.core.pose import Poses
from poseviewer.core.reading import PLACE_LIMIT
from poseviewer.core.result import FrameResult
from poseviewer.runtime.history import Curves
from poseviewer.runtime.saved.columns import Frames, Rows, unfold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec, Facing
    from poseviewer.core.skeleton import Skeleton

CHUNK = 64
"""Frames that are in one row of the file, at most."""

_FRAMES = np.dtype([("seconds", "<f8"), ("people", "<i4")])
_WAYS: tuple[Facing, ...] = ("right", "left")
_PIXELS = np.zeros((1, 1, 3), np.uint8)
_NO_ANGLES = Angles((), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Some frames as bytes."""

    curves: bytes
    """Numbers, angles and confidence of everybody: what is plotted and listed."""

    poses: bytes
    """Times, final poses, regions."""

    measures: bytes
    """What else was measured: scores of the angles, smoothed joints."""

    detail: bytes
    """Poses of every stage, how people were assembled, what the detector saw, timings."""


def encoded(results: Sequence[FrameResult]) -> Blocks:
    """The measured results of consecutive frames, without maps and pixels."""
    poses, detail = Rows(len(results)), Rows(len(results))
    for at, result in enumerate(results):
        time = result.frame.time
        clock = [time.pts, time.time_base.numerator, time.time_base.denominator]
        poses.put("time", at, np.array([clock], np.int64))
        _put_poses(poses, "", at, result.poses)
        poses.put("region", at, _boxes([result.region]))
        poses.put("others", at, _boxes(result.others))
        for number, stage in enumerate(result.stage_poses):
            _put_poses(detail, f"stage {number} ", at, stage)
        for number, parsing in enumerate(result.parsings):
            _put_parsing(detail, f"parsing {number} ", at, parsing)
        if result.detections is not None:
            for field in fields(Detections):
                array = getattr(result.detections, field.name)
                detail.put(f"detector {field.name}", at, array)
        for name, seconds in result.timings.items():
            detail.put(f"seconds {name}", at, np.array([seconds], np.float64))
    curves, measures = encoded_measures(results)
    return Blocks(curves, poses.packed(), measures, detail.packed())


def encoded_measures(results: Sequence[FrameResult]) -> tuple[bytes, bytes]:
    """The blocks `curves` and `measures` of the measured results of consecutive frames."""
    measures = Rows(len(results))
    times = [(result.frame.time.seconds, len(result.poses)) for result in results]
    specs = results[0].angles.specs
    people = [np.empty(0, _person(len(specs)))]
    for at, result in enumerate(results):
        poses, angles = result.poses, result.angles
        if angles.specs != specs:
            # The angles were defined otherwise in between: all are measured again when read.
            unknown = np.full((len(poses), len(specs)), np.nan, np.float32)
            angles = Angles(specs, unknown, unknown)
        everybody = np.empty(len(poses), people[0].dtype)
        everybody["track"], everybody["degrees"] = poses.track, angles.degrees
        everybody["mean"] = poses.body.score.mean(axis=1)
        found = np.maximum((poses.score > 0).sum(axis=1), 1)
        everybody["found"] = poses.score.sum(axis=1) / found
        people.append(everybody)
        measures.put("score", at, angles.score)
        ways = [_WAYS.index(way) for way in angles.facing]
        measures.put("facing", at, np.array(ways, np.int8))
        if result.smoothed is not None:
            measures.put("smoothed", at, result.smoothed.xy)
    curves = np.array(times, _FRAMES).tobytes() + np.concatenate(people).tobytes()
    return zlib.compress(curves, 1), measures.packed()


def _boxes(boxes: Sequence[Box]) -> NDArray[np.float64]:
    return np.array([(b.x, b.y, b.width, b.height) for b in boxes], np.float64).reshape(-1, 4)


def _put_poses(rows: Rows, prefix: str, at: int, poses: Poses) -> None:
    for name in ("xy", "score", "box", "track"):
        rows.put(prefix + name, at, getattr(poses, name))
    for name in ("visibility", "covariance", "world"):
        if getattr(poses, name) is not None:
            rows.put(prefix + name, at, getattr(poses, name))


def _put_parsing(rows: Rows, prefix: str, at: int, parsing: Parsing) -> None:
    for part in (parsing.candidates, parsing.limbs, parsing):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                rows.put(f"{prefix}{type(part).__name__} {field.name}", at, value)


class Chunk:
    """The frames of one row, decoded.

    Args:
        first: Number of its first frame.
        count: How many there are.
        skeleton: Of the network.

    Raises:
        ValueError: A block is not what it should be.
    """

    def __init__(self, first: int, count: int, *, skeleton: Skeleton, poses: bytes) -> None:
        self._first, self._count, self._skeleton = first, count, skeleton
        self._poses = Frames(poses, frames=count)

    def raw(self, index: int) -> FrameResult:
        """The result of a frame as far as angles are measured of it: times and final poses."""
        at = index - self._first
        rows = self._poses
        pts, over, under = rows.take("time", at, kind="<i8", shape=(1, 3))[0].tolist()
        if over <= 0 or under <= 0:
            msg = "a time is no time"
            raise ValueError(msg)
        frame = Frame(_PIXELS, index, Timestamp(pts, Fraction(over, under)))
        region, *_ = _read_boxes(rows, "region", at, count=1)
        others = _read_boxes(rows, "others", at, count=None)
        poses = _read_poses(rows, "", at, self._skeleton)
        return FrameResult(frame, poses, (), _NO_ANGLES, (), region, others=others)

    def whole(self, index: int, detail: Frames) -> FrameResult:
        """The result of a frame with everything but its measures."""
        at = index - self._first
        names = detail.columns
        stages: list[Poses] = []
        parsings: list[Parsing] = []
        while detail.get(f"stage {len(stages)} xy", at) is not None:
            stages.append(_read_poses(detail, f"stage {len(stages)} ", at, self._skeleton))
        while detail.get(f"parsing {len(parsings)} Parsing people", at) is not None:
            parsings.append(_read_parsing(detail, f"parsing {len(parsings)} ", at, self._skeleton))
        timings = {}
        for name in names:
            if name.startswith("seconds ") and detail.get(name, at) is not None:
                (seconds,) = detail.take(name, at, kind="<f8", shape=(1,)).tolist()
                timings[name.removeprefix("seconds ")] = seconds
        return replace(
            self.raw(index),
            stage_poses=tuple(stages),
            parsings=tuple(parsings),
            detections=_read_detections(detail, at),
            timings=timings,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What was measured of a frame under some settings."""

    angles: Angles
    smoothed: NDArray[np.float32] | None
    """(people, joints, 2) after the filter on joints; None where it is off."""

    def of(self, result: FrameResult, smoothing: str) -> FrameResult:
        """`result` with them.

        Args:
            result: Of the same frame, raw.
            smoothing: Title of the filter.
        """
        smoothed = None
        if self.smoothed is not None:
            smoothed = replace(result.poses, xy=self.smoothed)
        title = smoothing if smoothed is not None else ""
        return replace(result, angles=self.angles, smoothed=smoothed, smoothing=title)


def read_measures(
    curves: bytes,
    measures: Frames,
    at: int,
    *,
    frames: int,
    specs: tuple[AngleSpec, ...],
    poses: Poses,
) -> Measures:
    """The measures of a frame.

    Args:
        curves: The block of that name.
        measures: The block of that name.
        at: Place of the frame in them.
        frames: How many there are.
        specs: The angles that were measured.
        poses: Of the frame.

    Raises:
        ValueError: They are not of these people or angles.
    """
    people, joints = poses.score.shape
    times, everybody = curve_block(curves, frames=frames, angles=len(specs))
    end = int(times["people"][: at + 1].sum())
    degrees = np.ascontiguousarray(everybody["degrees"][end - int(times["people"][at]) : end])
    ways = measures.take("facing", at, kind="|i1", shape=(None,)).tolist()
    if len(ways) not in (0, people) or not all(way in (0, 1) for way in ways):
        msg = "a direction is none"
        raise ValueError(msg)
    if len(degrees) != people:
        msg = "angles are of other people"
        raise ValueError(msg)
    score = measures.take("score", at, kind="<f4", shape=(people, len(specs)))
    angles = Angles(specs, degrees, score, tuple(_WAYS[way] for way in ways))
    smoothed = None
    if measures.get("smoothed", at) is not None:
        smoothed = measures.take("smoothed", at, kind="<f4", shape=(people, joints, 2))
    return Measures(angles, smoothed)


def read_curves(chunks: Sequence[tuple[int, int, bytes, slice]], *, angles: int) -> Curves:
    """What is plotted and listed of all frames.

    Args:
        chunks: Of each row its first frame, number of frames, block, and which frames are wanted.
        angles: How many are measured.

    Raises:
        ValueError: A block is not what it should be.
    """
    index, frames, people = (
        [np.empty(0, np.int64)],
        [np.empty(0, _FRAMES)],
        [np.empty(0, _person(angles))],
    )
    for first, length, block, wanted in chunks:
        times, everybody = curve_block(block, frames=length, angles=angles)
        if wanted != slice(0, length):
            starts = [0, *np.cumsum(times["people"]).tolist()]
            everybody = everybody[starts[wanted.start] : starts[wanted.stop]]
            times = times[wanted]
        index.append(np.arange(first + wanted.start, first + wanted.stop))
        frames.append(times)
        people.append(everybody)
    clock, everybody = np.concatenate(frames), np.concatenate(people)
    return Curves(
        np.concatenate(index),
        clock["people"].astype(np.int64),
        np.ascontiguousarray(clock["seconds"]),
        *(np.ascontiguousarray(everybody[name]) for name in ("track", "degrees", "mean", "found")),
    )


def curve_block(
    block: bytes, *, frames: int, angles: int
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """The frames of a block `curves`, and the people in all of them.

    Raises:
        ValueError: It is no such block, or of another number of frames or angles.
    """
    data, person = unfold(block), _person(angles)
    begin = frames * _FRAMES.itemsize
    count, rest = divmod(len(data) - begin, person.itemsize)
    if count < 0 or rest:
        msg = "curves are of other angles"
        raise ValueError(msg)
    times = np.frombuffer(data, _FRAMES, frames)
    if times["people"].min(initial=0) < 0 or times["people"].sum() != count:
        msg = "curves are of other people"
        raise ValueError(msg)
    return times, np.frombuffer(data, person, count, begin)


def _person(angles: int) -> np.dtype[np.void]:
    return np.dtype(
        [("track", "<i8"), ("degrees", "<f4", (angles,)), ("mean", "<f4"), ("found", "<f8")]
    )


def _read_boxes(frames: Frames, name: str, at: int, *, count: int | None) -> tuple[Box, ...]:
    edges = frames.take(name, at, kind="<f8", shape=(count, 4))
    if not (np.abs(edges) <= PLACE_LIMIT).all():
        msg = "a region lies nowhere"
        raise ValueError(msg)
    return tuple(Box(*box) for box in edges.tolist())


def _read_poses(frames: Frames, prefix: str, at: int, skeleton: Skeleton) -> Poses:
    joints = len(skeleton.joints)
    xy = frames.take(prefix + "xy", at, kind="<f4", shape=(None, joints, 2))
    if not (np.isnan(xy) | (np.abs(xy) <= PLACE_LIMIT)).all():
        msg = "a joint lies nowhere"
        raise ValueError(msg)
    visibility = None
    if frames.get(prefix + "visibility", at) is not None:
        visibility = frames.take(prefix + "visibility", at, kind="|i1", shape=(len(xy), joints))
        if not ((visibility >= -1) & (visibility <= 2)).all():
            msg = "a joint is neither seen nor hidden"
            raise ValueError(msg)
    covariance = None
    if frames.get(prefix + "covariance", at) is not None:
        covariance = frames.take(prefix + "covariance", at, kind="<f4", shape=(len(xy), joints, 3))
        if np.isinf(covariance).any() or (covariance[..., ::2] < 0).any():
            msg = "the place of a joint is less than certain"
            raise ValueError(msg)
    world = None
    if frames.get(prefix + "world", at) is not None:
        world = frames.take(prefix + "world", at, kind="<f4", shape=(len(xy), joints, 3))
        if not (np.isnan(world) | (np.abs(world) <= PLACE_LIMIT)).all():
            msg = "a joint lies nowhere in space"
            raise ValueError(msg)
    score = frames.take(prefix + "score", at, kind="<f4", shape=(len(xy), joints))
    box = frames.take(prefix + "box", at, kind="<f4", shape=(len(xy), 4))
    if np.isinf(score).any() or (np.abs(box) > PLACE_LIMIT).any():
        msg = "a score or a box has no size"
        raise ValueError(msg)
    return Poses(
        xy,
        score,
        box,
        frames.take(prefix + "track", at, kind="<i8", shape=(len(xy),)),
        skeleton,
        visibility,
        covariance=covariance,
        world=world,
    )


def _read_detections(frames: Frames, at: int) -> Detections | None:
    if frames.get("detector score", at) is None:
        return None
    score = frames.take("detector score", at, kind="<f4", shape=(None,))
    n = len(score)
    verdict = frames.take("detector verdict", at, kind="|i1", shape=(n,))
    rival = frames.take("detector rival", at, kind="<i8", shape=(n,))
    _within(verdict, 0, len(Verdict))
    _within(rival, -1, n)
    return Detections(
        frames.take("detector boxes", at, kind="<f8", shape=(n, 4)),
        frames.take("detector joints", at, kind="<f8", shape=(n, 4)),
        score,
        verdict,
        rival,
        frames.take("detector overlap", at, kind="<f8", shape=(n,)),
    )


def _read_parsing(frames: Frames, prefix: str, at: int, skeleton: Skeleton) -> Parsing:
    def take(name: str, kind: str, *shape: int | None) -> NDArray[Any]:
        return frames.take(prefix + name, at, kind=kind, shape=shape)

    joint = take("Candidates joint", "<i8", None)
    n, k = len(joint), len(skeleton.joints)
    limb = take("LimbScores limb", "<i8", None)
    m = len(limb)
    ends = [take(f"LimbScores {name}", "<i8", m) for name in ("start", "end")]
    people = take("Parsing people", "<i8", None, k)
    taken, verdict = take("Parsing taken", "<i8", None), take("Parsing verdict", "|i1", m)
    for numbers, low, high in (
        (joint, 0, k), (limb, 0, len(skeleton.limbs)), (ends[0], 0, n), (ends[1], 0, n),
        (people, -1, n), (taken, 0, m), (verdict, 0, len(LimbVerdict)),
    ):  # fmt: skip
        _within(numbers, low, high)
    trail = None
    if frames.get(f"{prefix}Parsing trail", at) is not None:
        trail = take("Parsing trail", "<f8", len(taken), None, 2)
    return Parsing(
        Candidates(joint, take("Candidates xy", "<f8", n, 2), take("Candidates score", "<f4", n)),
        LimbScores(
            limb,
            ends[0],
            ends[1],
            take("LimbScores score", "<f4", m),
            take("LimbScores share", "<f4", m),
        ),
        taken,
        verdict,
        people,
        take("Parsing score", "<f4", len(people)),
        trail,
    )


def _within(numbers: NDArray[Any], low: int, high: int) -> None:
    """Check that all numbers are from `low` up and below `high`."""
    if not ((numbers >= low) & (numbers < high)).all():
        msg = "a number refers to nothing"
        raise ValueError(msg)
