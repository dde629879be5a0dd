"""Ground truth of the frames of a source: from the source itself, a named file, or one beside it.

A file belongs to a frame in one of two ways. In a folder of images, or a still, by the picture's
file name without folder and ending. In a video by number: that at the end of the file name
(`walk_000012.png`) where every picture of the file has one, else COCO's image id; both are
0-based frame numbers. What another program found, or an export of this one (`truth.results`), has
frame numbers, and stands beside what the network finds as a truth does. A motion file has the
angles of one person and no places (`truth.motion`); a folder may hold one for each person. Places
are pixels of the picture as it is shown, upright; those of a folder follow their picture into the
common frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply
from poseviewer.core.agreement import angles_apart, apart
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.pose import Poses
from poseviewer.core.reading import reading
from poseviewer.core.skeleton import matching_skeleton
from poseviewer.truth.motion import ENDINGS as MOTIONS
from poseviewer.truth.motion import motion_files, on_clock, read_motions
from poseviewer.truth.readers import read_truth
from poseviewer.truth.results import is_results, poses_by_frame, read_results, whole_results
from poseviewer.video.source import Clip, Feed
from poseviewer.video.stills import FolderClip, StillClip

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from poseviewer.core.agreement import Apart
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.truth.labelled import Labelled, TruthSet
    from poseviewer.truth.motion import Motion
    from poseviewer.video.source import Source

ENDINGS = (".json", ".mat", ".h5", ".hdf5", ".csv", ".trc", ".slp", ".npz", *MOTIONS)
"""Of files that can hold ground truth."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Ground truth of a source's frames."""

    name: str
    """Of the file, or of the source that knows its own truth."""

    path: Path | None
    """The file; None where the source knows."""

    count: int
    """Frames with labels; 0 for all."""

    at: Callable[[int], Poses | None]
    """The true poses in a frame, frame pixels, scores 1 where labelled and 0 where not; None where
    the frame has not been labelled."""

    skeleton: Skeleton
    """Of these poses."""

    frames: Collection[int] = ()
    """The numbers of the labelled frames, rising."""

    motions: tuple[Motion, ...] = ()
    """What files have that know angles and no places, one for each person; `at` is None everywhere
    then."""

    @property
    def nobody(self) -> Poses:
        """The poses of a frame without a person."""
        return Poses.nobody(self.skeleton)

    def apart(self, result: FrameResult, *, gate: float) -> tuple[Apart, ...]:
        """Compare the people of a result with those that are known of its frame.

        Args:
            result: Of a network, measured.
            gate: The confidence from which joints count in angles.
        """
        if not self.motions:
            known = self.at(result.frame.index)
            return () if known is None else apart(result, known, gate=gate)
        track, seconds = result.poses.track, result.frame.time.seconds
        found = []
        for motion in self.motions:
            rows = np.flatnonzero(track == motion.person)
            if len(self.motions) == 1 and (motion.person < 0 or (track < 0).all()):
                rows = np.arange(min(len(track), 1))
            theirs = motion.at(seconds, result.angles.specs)
            found += [angles_apart(result, theirs, person=row) for row in rows.tolist()]
        return tuple(found)

    def check_places(self) -> None:
        """Check that it knows places.

        Raises:
            PoseViewerError: It knows only angles.
        """
        if self.motions:
            msg = (
                f"{self.name} has angles and no places, so there is nothing to draw or to write "
                "anew; open it in the window, or give it to `poseviewer compare`."
            )
            raise PoseViewerError(msg)


def truth_of(source: Source, path: Path | None = None) -> Truth | None:
    """The ground truth of a source.

    Args:
        source: What is shown.
        path: A file to read; where None, the source's own truth or else a file beside it (see
            `beside`).

    Returns:
        None where nothing is known.

    Raises:
        PoseViewerError: The file cannot be read, or labels none of the frames.
    """
    if path is None:
        known = source.truth(0) if isinstance(source, Clip | Feed) else None
        if known is not None and isinstance(source, Clip | Feed):
            frames = range(len(source)) if isinstance(source, Clip) else ()
            return Truth(source.name, None, 0, source.truth, known.skeleton, frames)
        path = beside(Path(source.location)) if isinstance(source, Clip) else None
        if path is None:
            return None
    if not isinstance(source, Clip):
        msg = f"{source.name} is live: a file of ground truth belongs to a clip or a folder."
        raise PoseViewerError(msg)
    with reading(path.name, kind="ground truth"):
        return _from_file(path, source)


def with_truth(
    frames: Iterator[tuple[Frame, FrameResult | None]], truth: Truth | None
) -> Iterator[tuple[Frame, FrameResult | None]]:
    """The same frames, their results with the truth beside them."""
    for frame, result in frames:
        if result is not None and truth is not None:
            yield frame, replace(result, truth=truth.at(frame.index))
        else:
            yield frame, result


def beside(location: Path) -> Path | None:
    """The file of ground truth that lies beside a clip, or None.

    Of a file `walk.mp4`: `walk.truth.json`, `walk.truth.csv` or `walk_keypoints.json` in the same
    folder. Of a folder `walk`: these beside the folder; `annotations.json`,
    `_annotations.coco.json` or `joints.mat` in it; COCO's `annotations/person_keypoints_walk.json`
    beside it; or LSP's `joints.mat` beside a folder called `images`. The first there is.
    """
    stem = location.name if location.is_dir() else location.stem
    names = (f"{stem}.truth.json", f"{stem}.truth.csv", f"{stem}_keypoints.json")
    places = [location.with_name(name) for name in names] if location.name else []
    if location.is_dir():
        inside = ("annotations.json", "_annotations.coco.json", "joints.mat")
        places += [location / name for name in inside]
        places.append(location.parent / "annotations" / f"person_keypoints_{stem}.json")
        if stem == "images":
            places.append(location.parent / "joints.mat")
    return next((place for place in places if place.is_file()), None)


def _from_file(path: Path, clip: Clip) -> Truth:
    path = whole_results(path)
    if files := motion_files(path):
        ends = clip.time(0).seconds, clip.time(len(clip) - 1).seconds
        motions = tuple(on_clock(one, first=ends[0], last=ends[1]) for one in read_motions(files))
        count = max(len(motion.seconds) for motion in motions)
        nobody = matching_skeleton(())
        return Truth(path.name, path, count, lambda _: None, nobody, (), motions)
    if path.suffix.lower() == ".csv" or is_results(path):
        numbered = poses_by_frame(read_results(path))
        _check(sum(number < len(clip) for number in numbered), path, clip)
        skeleton = next(iter(numbered.values())).skeleton
        return Truth(path.name, path, len(numbered), numbered.get, skeleton, sorted(numbered))
    labels = read_truth(path, split="all")[0]
    skeleton = matching_skeleton(labels.joints, bones=_bones(labels))
    groups: dict[str, list[Labelled]] = {picture: [] for picture in _pictures(labels)}
    for person in labels.people:
        groups.setdefault(person.picture, []).append(person)
    if isinstance(clip, FolderClip | StillClip):
        names = clip.paths if isinstance(clip, FolderClip) else (Path(clip.location),)
        by_stem = {_stem(picture): people for picture, people in groups.items()}
        frames = {
            n: by_stem[_stem(p.name)] for n, p in enumerate(names) if _stem(p.name) in by_stem
        }
    else:
        numbers = _numbers(labels, list(groups))
        frames = {numbers[p]: people for p, people in groups.items() if 0 <= numbers[p] < len(clip)}
    _check(len(frames), path, clip)

    def at(index: int) -> Poses | None:
        if index not in frames:
            return None
        fit = clip.fit(index) if isinstance(clip, FolderClip) else np.eye(2, 3)
        return _poses(frames[index], skeleton, fit)

    return Truth(path.name, path, len(frames), at, skeleton, sorted(frames))


def _check(count: int, path: Path, clip: Clip) -> None:
    if not count:
        msg = f"{path.name} labels no frame of {clip.name}: its images have other names."
        raise PoseViewerError(msg)


def _stem(picture: str) -> str:
    return Path(picture).stem.lower()


def _pictures(labels: TruthSet) -> list[str]:
    """Names of all pictures that were labelled, also of those without people."""
    listed = labels.table["images"] if labels.table is not None else ()
    return [one["file_name"] for one in listed]


def _numbers(labels: TruthSet, pictures: Sequence[str]) -> dict[str, int]:
    """The frame number of each picture."""
    endings = [re.search(r"\d+$", _stem(picture)) for picture in pictures]
    if all(endings):
        return {p: int(found[0]) for p, found in zip(pictures, endings, strict=True) if found}
    ids: Mapping[str, int] = {}
    if labels.table is not None:
        images = labels.table["images"]
        ids = {one["file_name"]: one["id"] for one in images if isinstance(one["id"], int)}
    # What has no number belongs to no frame.
    return {picture: ids.get(picture, 1 << 62) for picture in pictures}


def _poses(people: Sequence[Labelled], skeleton: Skeleton, fit: np.ndarray) -> Poses:
    if not people:
        return Poses.nobody(skeleton)
    seen = np.stack([person.seen for person in people])
    xy = apply(fit, np.stack([person.joints for person in people])).astype(np.float32)
    xy[~seen] = np.nan
    corners = np.array([[(p.crop.x, p.crop.y), (p.crop.width, p.crop.height)] for p in people])
    scale = np.array([fit[0, 0], fit[1, 1]])
    box = np.concatenate([apply(fit, corners[:, 0]), corners[:, 1] * scale], axis=1)
    return Poses(
        xy, seen.astype(np.float32), box.astype(np.float32), np.full(len(people), -1), skeleton
    )


def _bones(labels: TruthSet) -> tuple[tuple[int, int], ...]:
    """The bones that a COCO table lists, which counts joints from 1."""
    for kind in labels.table["categories"] if labels.table is not None else ():
        if "keypoints" in kind:
            return tuple((a - 1, b - 1) for a, b in kind.get("skeleton", ()))
    return ()
