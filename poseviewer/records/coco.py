"""COCO's two JSON forms: keypoint results, and a dataset with pictures and annotations.

`out_coco_results.json`, what pycocotools' `loadRes` takes: a list of people with `image_id` (the
frame number), `category_id` 1, 17 `keypoints` and the `score`; readers pass over `keypoint_scores`,
`track_id` (the number, -1 for none) and `time_s`. A network that finds hands adds COCO-WholeBody's
lists, `foot_kpts`, `face_kpts`, `lefthand_kpts` and `righthand_kpts`, with a score each.

`out_coco/`, what annotation programs open: every frame as JPEG, and `out_annotations.json` with
`images` (which have the `frame` and its `time_s`), `annotations` with the joints of the network's
own skeleton and `track_id`, and one category that names them.

Of each joint there is x, y and v: 2 where it is at least as sure as the gate and not known to be
hidden, 1 where it is not, 0 (with 0, 0) where it was not found or is outside the frame.
COCO counts from the corner of the first pixel: half a pixel is added.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measurable
from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.in_order import in_order
from poseviewer.records.record import Record
from poseviewer.records.whole_body import PARTS, SCORES, has_whole_body, whole_body

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.records.about import About

_CORNER = 0.5
_PERSON = 1
_QUALITY = 95


class CocoResults(Record):
    """Keypoint results in COCO's 17 joints."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        self.path, self._about = path, about
        self._part = outputs.file(path)
        self._part.touch()
        self._people: list[dict[str, object]] = []

    def add(self, result: FrameResult) -> None:
        """Hold the people of one frame."""
        poses = in_order(result.poses, load_skeleton("coco-17"))
        # The person's score is over all joints of the network, also those that COCO lacks.
        means = result.poses.body.score.mean(axis=1).tolist()
        wide = whole_body(result.poses) if has_whole_body(result.poses) else None
        clear = measurable(poses, gate=self._about.gate)
        people = zip(poses.xy, poses.score, clear, means, poses.track.tolist(), strict=True)
        for row, (xy, score, seen, mean, track) in enumerate(people):
            details = {} if wide is None else self._details(wide, row)
            self._people.append(
                {
                    "image_id": result.frame.index,
                    "category_id": _PERSON,
                    "keypoints": keypoints(xy, seen),
                    "score": round(mean, 4),
                    "keypoint_scores": [round(value, 4) for value in score.tolist()],
                    "track_id": track,
                    "time_s": result.frame.time.seconds,
                    **details,
                }
            )

    def _details(self, wide: Poses, row: int) -> dict[str, object]:
        """Feet, face and hands of a person, as COCO-WholeBody has them."""
        clear = measurable(wide, gate=self._about.gate)
        lists: dict[str, object] = {}
        for part, score in SCORES.items():
            name, start, stop = PARTS[part]
            lists[name] = keypoints(wide.xy[row, start:stop], clear[row, start:stop])
            lists[score] = round(float(wide.score[row, start:stop].mean()), 4)
        return lists

    def finish(self) -> None:
        """Write the file."""
        self._part.write_text(json.dumps(self._people), encoding="utf-8")


class CocoDataset(Record):
    """A dataset of the frames, with the network's own joints.

    Args:
        folder: The folder.
        stem: What the names of its files begin with.
        outputs: The outputs of the job.
        about: How the results are made.
    """

    def __init__(self, folder: Path, *, stem: str, outputs: OutputSet, about: About) -> None:
        self.path, self._stem, self._about = folder, stem, about
        self._part = outputs.folder(folder, replaces=f"{stem}_*")
        self._images: list[dict[str, object]] = []
        self._people: list[dict[str, object]] = []
        self._skeleton: Skeleton | None = None

    def add(self, result: FrameResult) -> None:
        """Write the picture of one frame, and hold its people."""
        import cv2

        frame, poses = result.frame, result.poses
        name = f"{self._stem}_{frame.index:06d}.jpg"
        pixels = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
        (self._part / name).write_bytes(
            cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1].tobytes()
        )
        self._skeleton = poses.skeleton
        height, width = frame.pixels.shape[:2]
        self._images.append(
            {
                "id": frame.index,
                "file_name": name,
                "width": width,
                "height": height,
                "frame": frame.index,
                "time_s": frame.time.seconds,
            }
        )
        clear = measurable(poses, gate=self._about.gate)
        people = zip(poses.xy, poses.score, clear, poses.track.tolist(), strict=True)
        for xy, score, seen, track in people:
            found = xy[np.isfinite(xy).all(axis=1)].astype(np.float64) + _CORNER
            low = found.min(axis=0) if len(found) else np.zeros(2)
            size = found.max(axis=0) - low if len(found) else np.zeros(2)
            self._people.append(
                {
                    "id": len(self._people) + 1,
                    "image_id": frame.index,
                    "category_id": _PERSON,
                    "keypoints": keypoints(xy, seen),
                    "num_keypoints": len(found),
                    "bbox": [round(value, 3) for value in (*low.tolist(), *size.tolist())],
                    "area": round(float(size.prod()), 3),
                    "iscrowd": 0,
                    "track_id": track,
                    "score": round(float(score.mean()), 4),
                    "keypoint_scores": [round(value, 4) for value in score.tolist()],
                }
            )

    def finish(self) -> None:
        """Write the file."""
        names = self._skeleton.joints if self._skeleton else ()
        bones = self._skeleton.bones if self._skeleton else ()
        table = {
            "info": {"description": self._about.words(), "poseviewer": self._about.table()},
            "licenses": [],
            "images": self._images,
            "annotations": self._people,
            "categories": [
                {
                    "id": _PERSON,
                    "name": "person",
                    "supercategory": "person",
                    "keypoints": list(names),
                    # COCO counts joints from 1 here.
                    "skeleton": [[a + 1, b + 1] for a, b in bones],
                }
            ],
        }
        path = self._part / f"{self._stem}_annotations.json"
        path.write_text(json.dumps(table), encoding="utf-8")


def keypoints(xy: NDArray[np.float32], seen: NDArray[np.bool_]) -> list[float]:
    """Return x, y, v of every joint, one after another.

    Args:
        xy: (k, 2) frame pixels, pixel-centred; NaN where a joint was not found.
        seen: (k,) where v is 2.
    """
    flat: list[float] = []
    for (x, y), clear in zip(xy.tolist(), seen.tolist(), strict=True):
        if np.isfinite(x) and np.isfinite(y):
            flat += [round(x + _CORNER, 3), round(y + _CORNER, 3), 2 if clear else 1]
        else:
            flat += [0, 0, 0]
    return flat
