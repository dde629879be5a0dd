"""Finds the frames with alike poses in a clip and in others, beside everything else."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.likeness import JOINTS, matrix_of, nearest, plane_of
from poseviewer.core.reading import reason
from poseviewer.models.pose_codes import network_input, pose_codes, read_joints
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.joint_travel import row_of
from poseviewer.runtime.saved.analysis import archive_of, entries
from poseviewer.runtime.saved.library import saved_files
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.saved.file import SavedFile
    from poseviewer.runtime.state import AppState

_REST = 2.0
"""Seconds of rest for each second of work, so that an analysis that runs is not slowed down."""

_CLIPS = 12
"""Other clips that are looked through, those used last."""

_FRAMES = 1_500
"""Frames of another clip that are read, evenly, at most."""

_MATRIX = 240
"""Rows of the matrix of likeness."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipPoses:
    """The poses of one person in n frames of a clip, with their codes."""

    name: str
    location: str
    index: NDArray[np.int64]
    """(n,) numbers of the frames, rising."""
    seconds: NDArray[np.float64]
    """(n,)"""
    count: int
    """Frames of the whole clip."""
    places: NDArray[np.float32]
    """(n, 12, 2) the joints of `likeness.JOINTS`, frame pixels."""
    limbs: NDArray[np.float32]
    """(n, 12, 2) the joints of `likeness.JOINTS`, centred and of size 1."""
    codes: NDArray[np.float32]
    """(n, 16) embeddings."""

    def row(self, frame: int) -> int | None:
        """The row of a frame; None where it has no whole pose."""
        place = int(np.searchsorted(self.index, frame))
        there = place < len(self.index) and int(self.index[place]) == frame
        return place if there else None


@dataclass(frozen=True, slots=True)
class Match:
    """A frame with an alike pose."""

    clip: ClipPoses
    row: int
    likeness: float
    """The cosine between the embeddings: 1 where they are equal."""
    here: bool
    """Whether it is in the clip that is open."""

    @property
    def frame(self) -> int:
        """Its number."""
        return int(self.clip.index[self.row])


@dataclass(frozen=True, slots=True, eq=False)
class PoseMap:
    """The poses of the person in focus, and where they lie by their embeddings."""

    clip: ClipPoses
    plane: NDArray[np.float32]
    """(n, 2) principal components, within -1 and 1."""
    matrix: NDArray[np.uint8]
    """(m, m) likeness, 255 where equal."""
    rows: NDArray[np.intp]
    """(m,) rows of `clip` that the matrix is of."""
    others: tuple[ClipPoses, ...] = ()

    def matches(self, frame: int, *, count: int) -> tuple[Match, ...]:
        """The frames most alike to a frame at other moments, of this clip and the others."""
        row = self.clip.row(frame)
        if row is None:
            return ()
        code, at = self.clip.codes[row], float(self.clip.seconds[row])
        found = []
        for clip in (self.clip, *self.others):
            here = clip is self.clip
            rows = nearest(
                clip.codes, code, seconds=clip.seconds, count=count, at=at if here else None
            )
            found += [Match(clip, row, float(clip.codes[row] @ code), here) for row in rows]
        return tuple(sorted(found, key=lambda match: -match.likeness)[:count])

    def exchange(self, a: int, b: int, *, between: float) -> NDArray[np.float32] | None:
        """The poses of two frames from both views and one between; None where a frame has none.

        Args:
            a: A frame.
            b: Another one.
            between: The third view: 0 is that of `a`, 1 that of `b`.

        Returns:
            (2, 3, 14, 2): pose of `a` and `b`; from the view of `a`, from between, and of `b`.
        """
        first, second = self.clip.row(a), self.clip.row(b)
        if first is None or second is None:
            return None
        codes = pose_codes()
        pose, view = codes.take_apart(network_input(self.clip.limbs[[first, second]]))
        views = np.stack([view[0], view[0] * (1 - between) + view[1] * between, view[1]])
        drawn = codes.put_together(np.repeat(pose, 3, axis=0), np.tile(views, (2, 1)))
        return drawn.reshape(2, 3, -1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class SimilarRequest:
    """What is looked through."""

    name: str
    location: str
    count: int
    """Its frames."""
    results: Callable[[], Mapping[int, FrameResult]]
    """Gives what was found, by frame; of a long clip that takes a moment, so the thread asks."""
    focus: int | None
    locked: bool
    others: Path | None
    """Folder of saved analyses of other clips; None for this clip alone."""


class SimilarPoses(SideTask[SimilarRequest]):
    """Gives poses their codes on a thread of its own.

    Args:
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._asked: object = None
        self._busy = False
        self._answer: PoseMap | None = None

    def look(
        self, results: ClipResults, state: AppState, *, others: Path | None
    ) -> tuple[PoseMap | None, str]:
        """The poses of a sequential analysis, as far as known; what is new comes next.

        Args:
            results: Of the network.
            state: With the choices.
            others: Folder of saved analyses of other clips; None for this clip alone.

        Returns:
            None before there are some, with a sentence where they cannot be had.
        """
        history, people, source = results.history, state.people, state.source
        # Another one whenever there is a new result, or another correction.
        there = NOTHING if history is None or not results.analysed else history.slice()
        with self._lock:
            self._turn_to((ref(results), people.focus, people.locked, others))
            if there is NOTHING or source is None:
                self._release()
                return None, ""
            # While frames come, one request at a time: gathering the results takes a moment.
            if not self._busy and self._asked is not there:
                self._asked, self._busy = there, True
                self._ask(
                    SimilarRequest(
                        source.name, source.location, source.count, results.plotted,
                        people.focus, people.locked, others,
                    )
                )  # fmt: skip
            return self._answer, self.state

    def show(self, answer: PoseMap | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self._answer, self.state, self._busy = answer, state, False

    def _worker(self) -> _Looking:
        return _Looking(self)

    def _forget(self) -> None:
        self._asked, self._answer, self._busy = None, None, False


class _Looking(Worker[SimilarRequest]):
    """The thread that looks."""

    def __init__(self, owner: SimilarPoses) -> None:
        super().__init__("poseviewer-similar")
        self._owner = owner
        self._others: tuple[tuple[Path, str], tuple[ClipPoses, ...]] | None = None

    def answer(self, request: SimilarRequest) -> None:
        start = perf_counter()
        found = pose_map(request)
        if found is not None and request.others is not None:
            key = request.others, request.location
            if self._others is None or self._others[0] != key:
                self._others = key, tuple(other_clips(request.others, besides=request.location))
            found = replace(found, others=self._others[1])
        state = "" if found else "No frame shows a whole body: two shoulders, hips, arms and legs."
        self._owner.publish(self, partial(self._owner.show, found, state=state))
        sleep(min(_REST * (perf_counter() - start), 5.0))

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: SimilarRequest, error: Exception) -> str:  # noqa: ARG002
        return f"Alike poses cannot be found: {reason(error)}."

    def release(self) -> None:
        self._others = None


def pose_map(request: SimilarRequest) -> PoseMap | None:
    """The poses of all results with their codes; None where none is whole."""
    clip = _clip_poses(
        request.name,
        request.location,
        request.count,
        (result for _, result in sorted(request.results().items())),
        focus=request.focus,
        locked=request.locked,
    )
    if clip is None:
        return None
    matrix, rows = matrix_of(clip.codes, most=_MATRIX)
    return PoseMap(clip, plane_of(clip.codes), matrix, rows)


def other_clips(folder: Path, *, besides: str) -> Iterable[ClipPoses]:
    """The poses that are saved of other clips, of each the first person in its longest analysis.

    Args:
        folder: Of saved analyses.
        besides: Location of a clip that is left out.
    """
    for file in saved_files(folder)[:_CLIPS]:
        # What cannot be read of another clip is said when that one is opened.
        with closing(file), suppress(PoseViewerError):
            found = _saved_poses(file, besides=besides)
            if found is not None:
                yield found


def _saved_poses(file: SavedFile, *, besides: str) -> ClipPoses | None:
    clip, analyses = entries(file)
    if clip.location == besides or not analyses:
        return None
    archive = archive_of(file, analyses[0])
    step = -(-len(archive) // _FRAMES)
    results = (archive.at(index) for index in range(archive.begin, archive.next, step))
    return _clip_poses(
        clip.name, clip.location, clip.frames, (result for result in results if result)
    )


def _clip_poses(
    name: str,
    location: str,
    count: int,
    results: Iterable[FrameResult],
    *,
    focus: int | None = None,
    locked: bool = False,
) -> ClipPoses | None:
    """The whole poses in results, in their order; None where there is none."""
    index, seconds, limbs = [], [], []
    for result in results:
        poses = result.poses
        row = row_of(poses, focus, locked=locked)
        if row is None or not poses.skeleton.has(*JOINTS):
            continue
        at = read_joints(poses.xy[row], poses.skeleton)
        if np.isfinite(at).all():
            index.append(result.frame.index)
            seconds.append(result.frame.time.seconds)
            limbs.append(at)
    if not limbs:
        return None
    read = network_input(np.stack(limbs))
    return ClipPoses(
        name,
        location,
        np.array(index, np.int64),
        np.array(seconds, np.float64),
        count,
        np.stack(limbs).astype(np.float32),
        read.reshape(len(read), -1, 2),
        pose_codes().embed(read),
    )
