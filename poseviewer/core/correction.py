"""What a person has put right in the answers of a network, beside what the network said.

`Corrections` is one value for a whole clip. It refers to the people of a frame as the network gave
them, so that it does not depend on the order in which it was made, and holds for another analysis
of the same clip too: a person is found by number and place, a joint by name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.pose import Mark, Poses, Visibility
from poseviewer.core.skeleton import common_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

Kind = Literal["moved", "interpolated", "accepted", "occluded", "wrong", "absent"]

MARK_OF: dict[Kind, Mark] = {
    "moved": Mark.MOVED,
    "interpolated": Mark.INTERPOLATED,
    "accepted": Mark.ACCEPTED,
    "occluded": Mark.OCCLUDED,
    "wrong": Mark.WRONG,
    "absent": Mark.ABSENT,
}

_STATE = {
    Mark.MOVED: Visibility.VISIBLE,
    Mark.INTERPOLATED: Visibility.VISIBLE,
    Mark.ACCEPTED: Visibility.VISIBLE,
    Mark.OCCLUDED: Visibility.OCCLUDED,
    Mark.WRONG: Visibility.UNKNOWN,
    Mark.ABSENT: Visibility.OUTSIDE,
}


class Order(IntEnum):
    """What `Corrections.renumbered` says of a person who is not one any more."""

    REMOVED = -2


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """A person of a frame, as the network gave them."""

    number: int
    """-1 where the frame was analysed alone."""

    x: float
    """Of the middle of the joints that were found, frame pixels."""

    y: float


@dataclass(frozen=True, slots=True, order=True)
class JointCorrection:
    """One joint of one person in one frame."""

    frame: int

    joint: str
    """By its common name (`core.skeleton.common_names`)."""

    who: Who

    kind: Kind
    """`moved` to a place; `interpolated` between two such; `accepted` where the network saw it;
    `occluded`: there, but hidden; `wrong`: not where the network saw it; `absent`: outside the
    frame."""

    xy: tuple[float, float] | None = None
    """Its place, frame pixels; None for that of the network, or for none."""


@dataclass(frozen=True, slots=True, order=True)
class SideSwap:
    """Left and right of one person exchanged, from `first` to `last`, both included."""

    first: int
    last: int
    who: Who
    """In more than one frame found by number alone."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The numbers of two people exchanged from a frame on."""

    one: int
    other: int
    first: int


@dataclass(frozen=True, slots=True)
class Removal:
    """A person taken out, from `first` to `last`, both included."""

    number: int
    first: int
    last: int


class _Joints:
    """Copies of the joints of a frame, while they are corrected."""

    def __init__(self, raw: Poses) -> None:
        self._raw = raw
        self._xy, self._score = raw.xy.copy(), raw.score.copy()
        self._states = None if raw.visibility is None else raw.visibility.copy()
        self._spreads = None if raw.covariance is None else raw.covariance.copy()
        self._world = None if raw.world is None else raw.world.copy()
        self._marks = np.zeros(raw.score.shape, np.int8)

    def exchange_sides(self, row: int) -> None:
        """Exchange left and right of a person."""
        mirror = np.array(self._raw.skeleton.mirror)
        for array in (self._xy, self._score, self._states, self._spreads, self._world):
            if array is not None:
                array[row] = array[row, mirror]
        self._marks[row, mirror != np.arange(len(mirror))] = Mark.SWAPPED

    def place(self, one: JointCorrection) -> None:
        """Do as is said of a joint; nothing where there is no such person or joint."""
        row = row_of(self._raw, one.who)
        joint = joints_by_name(self._raw.skeleton).get(one.joint)
        if row is None or joint is None:
            return
        at, mark = (row, joint), MARK_OF[one.kind]
        self._marks[at] = mark
        if self._states is not None:
            self._states[at] = _STATE[mark]
        if mark in (Mark.WRONG, Mark.ABSENT) or one.xy is not None:
            for array in (self._spreads, self._world):
                if array is not None:
                    # What the network said is not about the place that the person gave.
                    array[at] = np.nan
        if mark in (Mark.WRONG, Mark.ABSENT):
            self._xy[at], self._score[at] = np.nan, 0
            return
        if one.xy is not None:
            self._xy[at] = one.xy
        if one.xy is not None or mark == Mark.ACCEPTED:
            self._score[at] = np.isfinite(self._xy[at]).all()

    def poses(self) -> Poses:
        """The people; those there were where nothing was done."""
        if not self._marks.any():
            return self._raw
        return replace(
            self._raw, xy=self._xy, score=self._score, visibility=self._states,
            corrected=self._marks, covariance=self._spreads, world=self._world,
        )  # fmt: skip


def counted(count: int, noun: str) -> str:
    """A number with its noun, such as `1 frame` and `2 frames`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _by_place(one: JointCorrection) -> tuple[int, str, Who]:
    return one.frame, one.joint, one.who


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that was put right in one clip.

    `apply` exchanges sides first, then places joints by the names that result, then exchanges and
    removes people in the order of `people`, each by the numbers that the ones before have left.
    """

    joints: tuple[JointCorrection, ...] = ()
    """In the order of frames."""

    sides: tuple[SideSwap, ...] = ()
    """A person whose sides are exchanged twice in a frame is as before."""

    people: tuple[Exchange | Removal, ...] = ()

    _by_frame: Mapping[int, tuple[JointCorrection, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Sort what has no order of its own, and arrange the joints by frame."""
        object.__setattr__(self, "joints", tuple(sorted(self.joints, key=_by_place)))
        object.__setattr__(self, "sides", tuple(sorted(self.sides)))
        found: dict[int, list[JointCorrection]] = {}
        for one in self.joints:
            found.setdefault(one.frame, []).append(one)
        object.__setattr__(self, "_by_frame", {n: tuple(many) for n, many in found.items()})

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.joints or self.sides or self.people)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.joints) + len(self.sides) + len(self.people)

    @property
    def words(self) -> str:
        """What there is, such as `12 joints in 3 frames, 1 exchange of sides`."""
        people = [type(one) for one in self.people]
        counts = (
            (len(self.joints), "joint", f" in {counted(len(self._by_frame), 'frame')}"),
            (len(self.sides), "exchange", " of sides"),
            (people.count(Exchange), "exchange", " of people"),
            (people.count(Removal), "removal", ""),
        )
        return ", ".join(counted(n, noun) + rest for n, noun, rest in counts if n)

    # -- what they do ---------------------------------------------------------------------------

    def apply(self, result: FrameResult) -> FrameResult:
        """A result with its people as corrected; what was measured of it is of no use any more.

        What the network said is `network` of it, and is begun with where it is there already.
        """
        raw = result.said
        poses = self.poses(raw, frame=result.frame.index)
        if poses is raw:
            return result if result.network is None else replace(result, poses=raw, network=None)
        return replace(result, poses=poses, network=raw)

    def poses(self, raw: Poses, *, frame: int) -> Poses:
        """The people of a frame as corrected; `raw` itself where nothing is.

        Args:
            raw: As the network gave them.
            frame: Number of the frame.
        """
        track, kept = self.renumbered(raw.track, np.full(len(raw), frame))
        poses = self._with_joints(raw, frame)
        if not kept.all():
            return replace(poses, track=track).only(kept)
        return poses if np.array_equal(track, raw.track) else replace(poses, track=track)

    def _with_joints(self, raw: Poses, frame: int) -> Poses:
        """`raw` with sides exchanged and joints in their places."""
        joints = self._by_frame.get(frame, ())
        odd = self._odd(raw, frame)
        if not joints and not odd:
            return raw
        made = _Joints(raw)
        for row in odd:
            made.exchange_sides(row)
        for one in joints:
            made.place(one)
        return made.poses()

    def _odd(self, raw: Poses, frame: int) -> list[int]:
        """The rows whose sides are exchanged."""
        times: dict[int, int] = {}
        for one in self.sides:
            if one.first <= frame <= one.last:
                row = row_of(raw, one.who) if one.first == one.last else numbered(raw, one.who)
                if row is not None:
                    times[row] = times.get(row, 0) + 1
        return [row for row, count in times.items() if count % 2]

    def renumbered(
        self, track: NDArray[np.int64], frame: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The numbers of people (n,) in the frames (n,), and whether they are still there (n,)."""
        if not self.people:
            return track, np.ones(len(track), np.bool_)
        now = track.copy()
        for edit in self.people:
            if isinstance(edit, Exchange):
                later = frame >= edit.first
                one, other = later & (now == edit.one), later & (now == edit.other)
                now[one], now[other] = edit.other, edit.one
            else:
                gone = (frame >= edit.first) & (frame <= edit.last) & (now == edit.number)
                now[gone] = Order.REMOVED
        return now, np.asarray(now != Order.REMOVED, np.bool_)

    def touches(self, frame: int) -> bool:
        """Whether joints or sides of a frame are corrected."""
        return frame in self._by_frame or any(s.first <= frame <= s.last for s in self.sides)

    def of_frame(self, frame: int) -> tuple[JointCorrection, ...]:
        """The joints that are corrected in a frame."""
        return self._by_frame.get(frame, ())

    @property
    def frames(self) -> tuple[int, ...]:
        """Numbers of the frames in which joints are corrected, rising."""
        return tuple(self._by_frame)

    # -- making others --------------------------------------------------------------------------

    def with_joint(
        self,
        raw: Poses,
        row: int,
        joint: int,
        *,
        frame: int,
        kind: Kind,
        xy: tuple[float, float] | None = None,
    ) -> Corrections:
        """These, and a joint of a person; it takes the place of what was said of it before.

        Args:
            raw: The people of the frame as the network gave them.
            row: Of the person in `raw`.
            joint: Of the skeleton.
            frame: Number of the frame.
            kind: What is said of it.
            xy: Its place, where it has another one.
        """
        name = common_names(raw.skeleton.joints)[joint]
        one = JointCorrection(frame, name, who(raw, row), kind, xy)
        left = self._without(raw, row, frame=frame, names=(name,))
        return replace(self, joints=(*left, one))

    def adding(self, joints: Sequence[JointCorrection]) -> Corrections:
        """These, and joints that have no correction yet."""
        return replace(self, joints=(*self.joints, *joints))

    def without_joints(
        self, raw: Poses, row: int, *, frame: int, joints: Sequence[int] | None = None
    ) -> Corrections:
        """These, without what was said of a person's joints in a frame; of all where None."""
        names = common_names(raw.skeleton.joints)
        chosen = names if joints is None else [names[joint] for joint in joints]
        return replace(self, joints=self._without(raw, row, frame=frame, names=chosen))

    def _without(
        self, raw: Poses, row: int, *, frame: int, names: Sequence[str]
    ) -> tuple[JointCorrection, ...]:
        return tuple(
            one
            for one in self.joints
            if one.frame != frame or one.joint not in names or row_of(raw, one.who) != row
        )

    def with_sides_swapped(
        self, raw: Poses, row: int, *, frame: int, first: int, last: int
    ) -> Corrections:
        """These, and left and right of a person exchanged, with the joints that were placed.

        Args:
            raw: The people of the frame `frame` as the network gave them.
            row: Of the person in `raw`.
            frame: A frame between `first` and `last`.
            first: The first frame in which they are exchanged.
            last: The last one.
        """
        person = who(raw, row)
        swap = SideSwap(first, last, person)
        there = [one for one in self.sides if (one.first, one.last) == (first, last)
                 and (one.who.number == person.number if first < last or person.number >= 0
                      else row_of(raw, one.who) == row)]  # fmt: skip
        sides = tuple(one for one in self.sides if one not in there[:1])
        mirror = _mirrored_names(raw.skeleton)

        def swapped(one: JointCorrection) -> JointCorrection:
            theirs = one.who.number == person.number >= 0
            if one.frame == frame:
                theirs = row_of(raw, one.who) == row
            if not theirs or not first <= one.frame <= last:
                return one
            return replace(one, joint=mirror.get(one.joint, one.joint))

        return Corrections(
            tuple(map(swapped, self.joints)), sides if there else (*sides, swap), self.people
        )

    def with_people(self, edit: Exchange | Removal) -> Corrections:
        """These, and people exchanged or one removed; two exchanges of the same are none."""
        if isinstance(edit, Exchange) and self.people and isinstance(self.people[-1], Exchange):
            last = self.people[-1]
            if last.first == edit.first and {last.one, last.other} == {edit.one, edit.other}:
                return replace(self, people=self.people[:-1])
        return replace(self, people=(*self.people, edit))


def merged(base: Corrections, mine: Corrections, theirs: Corrections) -> Corrections:
    """Both of two changes of the same corrections; of one joint mine counts.

    Args:
        base: What both began with.
        mine: What I have made of it.
        theirs: What was made of it meanwhile.
    """
    if theirs == base:
        return mine
    if mine == base:
        return theirs
    joints = {_by_place(one): one for one in theirs.joints}
    for one in {*base.joints} - {*mine.joints}:
        if joints.get(_by_place(one)) == one:
            del joints[_by_place(one)]
    joints |= {_by_place(one): one for one in {*mine.joints} - {*base.joints}}
    sides = {*theirs.sides} - ({*base.sides} - {*mine.sides}) | ({*mine.sides} - {*base.sides})
    gone, new = Counter(base.people), Counter(mine.people)
    gone, new = gone - new, new - gone
    people = []
    for edit in theirs.people:
        gone[edit] -= 1
        if gone[edit] < 0:
            people.append(edit)
    for edit in mine.people:
        if new[edit] > 0:
            new[edit] -= 1
            people.append(edit)
    return Corrections(tuple(joints.values()), tuple(sides), tuple(people))


NONE = Corrections()
"""Nothing is corrected."""


def who(raw: Poses, row: int) -> Who:
    """The person of a row: number, and the middle of the joints that were found, or of the box."""
    x, y = _middles(raw)[row].tolist()
    return Who(int(raw.track[row]), round(x, 2), round(y, 2))


def row_of(raw: Poses, person: Who) -> int | None:
    """The row of a person in a frame; None where there is no such person.

    It is the one with the number, if that one is where the person was; else, since another
    analysis numbers otherwise, the nearest of those who are.
    """
    if not len(raw):
        return None
    away = np.hypot(*(_middles(raw) - (person.x, person.y)).T)
    near = away <= _reach(raw)
    same = np.flatnonzero(near & (raw.track == person.number) & (person.number >= 0))
    if len(same):
        return int(same[0])
    return int(np.where(near, away, np.inf).argmin()) if near.any() else None


def numbered(raw: Poses, person: Who) -> int | None:
    """The row with the person's number; None where there is none."""
    rows = np.flatnonzero((raw.track == person.number) & (person.number >= 0))
    return int(rows[0]) if len(rows) else None


def _extent(raw: Poses) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Top left and bottom right (n, 2) of the joints that were found, or of the box."""
    there = raw.found[..., None]
    xy = raw.xy.astype(np.float64)
    low = np.where(there, xy, np.inf).min(axis=1)
    high = np.where(there, xy, -np.inf).max(axis=1)
    nothing = ~raw.found.any(axis=1)
    low[nothing] = raw.box[nothing, :2]
    high[nothing] = raw.box[nothing, :2] + raw.box[nothing, 2:]
    return low, high


def _middles(raw: Poses) -> NDArray[np.float64]:
    low, high = _extent(raw)
    return np.asarray((low + high) / 2)


def _reach(raw: Poses) -> NDArray[np.float64]:
    """How far (n,) from its middle a person still is: half the diagonal of all joints."""
    low, high = _extent(raw)
    return np.asarray(np.maximum(np.hypot(*(high - low).T) / 2, 1.0))


@cache
def joints_by_name(skeleton: Skeleton) -> Mapping[str, int]:
    """The joints of a skeleton by their common names."""
    return {name: joint for joint, name in enumerate(common_names(skeleton.joints))}


def _mirrored_names(skeleton: Skeleton) -> Mapping[str, str]:
    names = common_names(skeleton.joints)
    return {name: names[skeleton.mirror[joint]] for joint, name in enumerate(names)}


def between(
    before: JointCorrection,
    after: JointCorrection,
    *,
    people: Mapping[int, Who],
    seconds: Sequence[float] | NDArray[np.float64],
) -> tuple[JointCorrection, ...]:
    """A joint on its way between two frames in which it was placed, linearly in time.

    Args:
        before: Where it was placed first.
        after: Where later.
        people: The person in each frame that is to be filled.
        seconds: Time of every frame of the clip.

    Raises:
        ValueError: One of the two has no place.
    """
    if before.xy is None or after.xy is None:
        msg = "a joint goes from place to place"
        raise ValueError(msg)
    begin, end = float(seconds[before.frame]), float(seconds[after.frame])
    made = []
    for frame, person in people.items():
        if before.frame < frame < after.frame:
            share = (float(seconds[frame]) - begin) / (end - begin)
            x, y = (a + share * (b - a) for a, b in zip(before.xy, after.xy, strict=True))
            xy = (round(x, 3), round(y, 3))
            made.append(JointCorrection(frame, before.joint, person, "interpolated", xy))
    return tuple(made)
