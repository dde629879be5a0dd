"""People, joints and angles over a clip, as arrays in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import filtered, parse_filter
from poseviewer.core.pose import Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """People, joints and angles over a clip, as `analyse` returns them.

    A row is one person in one frame; a frame without people has no row, but is in `frames`.
    """

    frames: NDArray[np.int64]
    """(f,) numbers of the frames that were analysed, rising."""

    times: NDArray[np.float64]
    """(f,) the container's own time of each, seconds."""

    frame: NDArray[np.int64]
    """(n,) frame number of each row."""

    time: NDArray[np.float64]
    """(n,) seconds."""

    person: NDArray[np.int64]
    """(n,) number of the person, the same from frame to frame; -1 where too unsure for one."""

    xy: NDArray[np.float32]
    """(n, k, 2) joints in frame pixels, raw; NaN where one was not found."""

    smoothed: NDArray[np.float32]
    """(n, k, 2) the same after the filter on joints; `xy` itself where there was none."""

    smoothing: str
    """That filter, with every parameter; empty for none."""

    score: NDArray[np.float32]
    """(n, k) confidence, 0 to 1: a probability where the network's is calibrated."""

    visibility: NDArray[np.int8]
    """(n, k) 2 visible, 1 occluded, 0 outside the frame, as COCO's v flags; -1 where the network
    does not tell."""

    uncertainty: NDArray[np.float32]
    """(n, k, 3) standard deviations of the network's belief around each joint along x and y, source
    pixels, and their correlation; NaN where it has no belief map, or a person placed the joint."""

    degrees: NDArray[np.float32]
    """(n, a) angles of the raw joints; NaN where a joint was missing or weak."""

    facing: tuple[str, ...]
    """(n) the way the person was taken to face, `right` or `left`."""

    skeleton: Skeleton
    """What the k joints are."""

    specs: tuple[AngleSpec, ...]
    """What the a angles are."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.frame)

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people, seen in most frames first."""
        counted = Counter(int(number) for number in self.person if number >= 0)
        return tuple(number for number, _ in counted.most_common())

    @property
    def joints(self) -> Mapping[str, NDArray[np.float32]]:
        """Of each joint, by name: (n, 3) x, y in frame pixels, and score."""
        together = np.concatenate([self.xy, self.score[..., None]], axis=2)
        return {name: together[:, at] for at, name in enumerate(self.skeleton.joints)}

    @property
    def angles(self) -> Mapping[str, NDArray[np.float32]]:
        """Of each angle, by name such as `left knee`: (n,) degrees."""
        return {spec.name: self.degrees[:, at] for at, spec in enumerate(self.specs)}

    def of(self, person: int) -> Self:
        """The rows of one person."""
        rows = np.flatnonzero(self.person == person)
        columns = (
            "frame", "time", "person", "xy", "smoothed", "score", "visibility", "uncertainty",
            "degrees",
        )  # fmt: skip
        some: dict[str, Any] = {name: getattr(self, name)[rows] for name in columns}
        return replace(self, facing=tuple(self.facing[row] for row in rows), **some)

    def curve(
        self, angle: str, *, person: int | None = None, filter: str = "none"
    ) -> NDArray[np.float64]:
        """One angle of one person over all frames.

        Args:
            angle: Name, such as `left knee`.
            person: Number; the person seen in most frames where None.
            filter: What is done to it, such as `butterworth,order=4,cutoff=6`; a filtered curve
                is unwrapped.

        Returns:
            (f,) degrees; NaN where the person or a joint was missing or weak.

        Raises:
            PoseViewerError: There is no such angle, or the filter cannot be used.
        """
        column = next((at for at, spec in enumerate(self.specs) if spec.name == angle), None)
        if column is None:
            known = ", ".join(spec.name for spec in self.specs)
            msg = f"There is no angle called {angle!r}; there are {known}."
            raise PoseViewerError(msg)
        values = np.full(len(self.frames), np.nan)
        chosen = person if person is not None else next(iter(self.people), None)
        if chosen is not None:
            rows = self.person == chosen
            values[np.searchsorted(self.frames, self.frame[rows])] = self.degrees[rows, column]
        by, spec = parse_filter(filter), self.specs[column]
        refusal = by.refusal(self.times)
        if refusal:
            raise PoseViewerError(refusal)
        if by.idle:
            return values
        return filtered(self.times, values, by=by, period=spec.period, reach=spec.reach)

    def to_frame(self) -> pd.DataFrame:
        """The rows as a pandas `DataFrame`.

        Columns: `frame`, `time_s`, `person`, `confidence` (mean joint score), `facing`,
        then `<joint>_x_px`, `<joint>_y_px`, `<joint>_score` and `<joint>_visibility` of each joint,
        `<angle>_deg` of each angle, and, where joints were smoothed, `<joint>_smoothed_x_px` and
        `<joint>_smoothed_y_px`; `attrs["smoothing"]` names that filter.

        Raises:
            PoseViewerError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            msg = "A DataFrame needs pandas, which is not installed: pip install pandas."
            raise PoseViewerError(msg) from error
        columns: dict[str, Any] = {
            "frame": self.frame,
            "time_s": self.time,
            "person": self.person,
            "confidence": self.score.mean(axis=1),
            "facing": list(self.facing),
        }
        for name, values in self.joints.items():
            ends = ("x_px", "y_px", "score")
            columns |= {f"{name}_{end}": values[:, at] for at, end in enumerate(ends)}
            columns[f"{name}_visibility"] = self.visibility[:, self.skeleton.index(name)]
        for name, degrees in self.angles.items():
            columns[name.replace(" ", "_") + "_deg"] = degrees
        if self.smoothing:
            for at, name in enumerate(self.skeleton.joints):
                for axis, end in enumerate(("x_px", "y_px")):
                    columns[f"{name}_smoothed_{end}"] = self.smoothed[:, at, axis]
        made = pd.DataFrame(columns)
        made.attrs["smoothing"] = self.smoothing
        return made


def _visibility(poses: Poses) -> NDArray[np.int8]:
    """Whether joints (n, k) can be seen."""
    if poses.visibility is not None:
        return poses.visibility
    return np.full(poses.score.shape, Visibility.UNKNOWN, np.int8)


def table_of(results: Iterable[FrameResult]) -> Table:
    """The table of results in the order of time, at least one."""
    # Without the frames: a clip does not fit into memory.
    found = [
        (one.frame.index, one.frame.time.seconds, one.poses, one.shown, one.angles, one.smoothing)
        for one in results
    ]
    indices, seconds, poses, shown, angles, smoothing = zip(*found, strict=True)
    frames, times = np.array(indices, np.int64), np.array(seconds)
    counts = [len(people) for people in poses]
    return Table(
        frames=frames,
        times=times,
        frame=np.repeat(frames, counts),
        time=np.repeat(times, counts),
        person=np.concatenate([people.track for people in poses]),
        xy=np.concatenate([people.xy for people in poses]),
        smoothed=np.concatenate([people.xy for people in shown]),
        smoothing=smoothing[0],
        score=np.concatenate([people.score for people in poses]),
        visibility=np.concatenate([_visibility(people) for people in poses]),
        uncertainty=np.concatenate([people.uncertainty() for people in poses]).astype(np.float32),
        degrees=np.concatenate([one.degrees for one in angles]),
        facing=tuple(way for one in angles for way in one.facing),
        skeleton=poses[0].skeleton,
        specs=angles[0].specs,
    )
