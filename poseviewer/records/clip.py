"""What was found in a whole clip, as arrays over frames and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.filters import filtered
from poseviewer.records.record import Record, person_keys

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.filters import Filter
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.records.about import About


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person over n frames of a clip."""

    key: int
    """The person's number, or a negative one, as `person_keys` gives it."""

    xy: NDArray[np.float32]
    """(n, k, 2) frame pixels; NaN where a joint or the person was not found."""

    score: NDArray[np.float32]
    """(n, k) confidence, 0 to 1; 0 where the person was not found."""

    degrees: NDArray[np.float32]
    """(n, angles) raw degrees; NaN where not measured."""

    box: NDArray[np.float32]
    """(n, 4) x, y, width, height of the region; NaN where the person was not found."""

    uncertainty: NDArray[np.float32]
    """(n, k, 3) deviations of x and y and their correlation; NaN where unknown."""

    facing: tuple[str, ...]
    """(n,) the way the person faced, empty where not found."""

    world: NDArray[np.float32]
    """(n, k, 3) as `Poses.world`; NaN where there is none."""

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,) whether the person was found."""
        return np.isfinite(self.box[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class ClipTable:
    """What was found in n frames of a clip."""

    index: NDArray[np.int64]
    """(n,) frame numbers."""

    seconds: NDArray[np.float64]
    """(n,) the container's times."""

    people: tuple[Person, ...]
    """By number; those without one come last."""

    skeleton: Skeleton
    specs: tuple[AngleSpec, ...]

    @property
    def numbered(self) -> tuple[Person, ...]:
        """The people to be written where each has a file or a column: those with a number.

        Where nobody has one, as in a single picture, everybody is taken.
        """
        numbered = tuple(person for person in self.people if person.key >= 0)
        return numbered or self.people

    @property
    def rate(self) -> float:
        """Frames a second on average; 0 for fewer than two frames."""
        if len(self.seconds) < 2:
            return 0.0
        return (len(self.seconds) - 1) / float(self.seconds[-1] - self.seconds[0])

    def name(self, person: Person) -> str:
        """What a person is called in files: `person00` and so on."""
        return f"person{self.people.index(person) if person.key < 0 else person.key:02d}"

    def filtered_degrees(self, person: Person, by: Filter) -> NDArray[np.float64]:
        """(n, angles) after the filter, unwrapped.

        Raises:
            PoseViewerError: The filter cannot be used at this rate.
        """
        return np.column_stack(
            [np.empty((len(self.seconds), 0))]
            + [
                filtered(
                    self.seconds,
                    person.degrees[:, column].astype(np.float64),
                    by=by,
                    period=spec.period,
                    reach=spec.reach,
                )
                for column, spec in enumerate(self.specs)
            ]
        )

    def filtered_xy(self, person: Person, by: Filter) -> NDArray[np.float64]:
        """(n, k, 2) after the filter.

        Raises:
            PoseViewerError: The filter cannot be used at this rate.
        """
        return self._filtered(person.xy, by)

    def filtered_world(self, person: Person, by: Filter) -> NDArray[np.float64]:
        """(n, k, 3) places in space after the filter.

        Raises:
            PoseViewerError: The filter cannot be used at this rate.
        """
        return self._filtered(person.world, by)

    def _filtered(self, places: NDArray[np.float32], by: Filter) -> NDArray[np.float64]:
        smooth = np.empty(places.shape, np.float64)
        for joint, axis in np.ndindex(*smooth.shape[1:]):
            raw = places[:, joint, axis].astype(np.float64)
            smooth[:, joint, axis] = filtered(self.seconds, raw, by=by)
        return smooth


class ClipRecord(Record):
    """A record that needs the whole clip before it can be written.

    Only numbers are held meanwhile, about 600 bytes a person and frame.
    """

    def __init__(self, path: Path, *, about: About) -> None:
        self.path, self.about = path, about
        self._rows: list[_Row] = []
        self._kinds: tuple[Skeleton, tuple[AngleSpec, ...]] | None = None

    def add(self, result: FrameResult) -> None:
        """Hold the numbers of one frame."""
        poses, angles = result.poses, result.angles
        self._kinds = poses.skeleton, angles.specs
        self._rows.append(
            _Row(
                result.frame.index,
                result.frame.time.seconds,
                tuple(person_keys(result)),
                poses.xy,
                poses.score,
                poses.box,
                angles.degrees,
                poses.uncertainty(),
                tuple(angles.facing),
                poses.world,
            )
        )

    def finish(self) -> None:
        """Write the file; nothing is written of no frames."""
        if self._kinds is not None:
            self.write(_table(self._rows, *self._kinds))
        self._rows.clear()

    def abort(self) -> None:
        """Let go of what is held."""
        self._rows.clear()

    def write(self, clip: ClipTable) -> None:
        """Write what was found."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    index: int
    seconds: float
    keys: tuple[int, ...]
    xy: NDArray[np.float32]
    score: NDArray[np.float32]
    box: NDArray[np.float32]
    degrees: NDArray[np.float32]
    uncertainty: NDArray[np.float64]
    facing: tuple[str, ...]
    world: NDArray[np.float32] | None


def _table(rows: list[_Row], skeleton: Skeleton, specs: tuple[AngleSpec, ...]) -> ClipTable:
    keys = sorted({key for row in rows for key in row.keys}, key=lambda key: (key < 0, abs(key)))
    shape = len(rows), len(skeleton.joints), len(specs)
    people = {key: _Arrays(key, *shape) for key in keys}
    for number, row in enumerate(rows):
        for at, key in enumerate(row.keys):
            people[key].take(number, at, row)
    return ClipTable(
        np.array([row.index for row in rows], np.int64),
        np.array([row.seconds for row in rows], np.float64),
        tuple(arrays.person() for arrays in people.values()),
        skeleton,
        specs,
    )


class _Arrays:
    """The arrays of one person while they are filled."""

    def __init__(self, key: int, frames: int, joints: int, angles: int) -> None:
        self._key = key
        self._xy = np.full((frames, joints, 2), np.nan, np.float32)
        self._score = np.zeros((frames, joints), np.float32)
        self._degrees = np.full((frames, angles), np.nan, np.float32)
        self._box = np.full((frames, 4), np.nan, np.float32)
        self._uncertainty = np.full((frames, joints, 3), np.nan, np.float32)
        self._facing = [""] * frames
        # Shared by everybody until it is needed: few networks give places in space.
        self._world = np.broadcast_to(np.float32(np.nan), (frames, joints, 3))

    def take(self, number: int, at: int, row: _Row) -> None:
        """Take what a frame says of the person in its row `at`."""
        self._xy[number], self._score[number] = row.xy[at], row.score[at]
        self._degrees[number], self._box[number] = row.degrees[at], row.box[at]
        self._uncertainty[number] = row.uncertainty[at]
        if row.world is not None:
            if not self._world.flags.writeable:
                self._world = self._world.copy()
            self._world[number] = row.world[at]
        self._facing[number] = row.facing[at]

    def person(self) -> Person:
        """Return what was filled in."""
        facing = tuple(self._facing)
        return Person(
            self._key, self._xy, self._score, self._degrees, self._box, self._uncertainty, facing,
            self._world,
        )  # fmt: skip
