"""Reader of joints as an export writes them: one row per frame, person and joint."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Protocol

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.pose import Poses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poseviewer.core.skeleton import Skeleton

_Rows = dict[int, dict[int, dict[str, tuple[float, float]]]]


class SkeletonOf(Protocol):
    """Finds the skeleton with some joints."""

    def __call__(self, joints: Sequence[str]) -> Skeleton:
        """The skeleton that has these joints in this order."""


def read_table(path: Path, *, skeleton_of: SkeletonOf) -> dict[int, Poses]:
    """The people of every frame of a CSV of joints (see `pipeline.records`).

    A joint without a place is not labelled. Scores are not read: who writes a truth is sure.

    Raises:
        PoseViewerError: It is no such file.
    """
    frames: _Rows = {}
    joints: dict[str, None] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                people = frames.setdefault(int(row["frame"]), {})
                if not row["person"]:
                    continue
                joints.setdefault(row["joint"])
                place = float(row["x_px"] or "nan"), float(row["y_px"] or "nan")
                people.setdefault(int(row["person"]), {})[row["joint"]] = place
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        msg = f"{path.name} is not a CSV of joints as an export writes it: {error!r}."
        raise PoseViewerError(msg) from error
    skeleton = skeleton_of(tuple(joints))
    return {frame: _poses(people, tuple(joints), skeleton) for frame, people in frames.items()}


def _poses(
    people: dict[int, dict[str, tuple[float, float]]], joints: Sequence[str], skeleton: Skeleton
) -> Poses:
    if not people:
        return Poses.nobody(skeleton)
    unknown = (np.nan, np.nan)
    xy = np.array([[one.get(joint, unknown) for joint in joints] for one in people.values()])
    seen = np.isfinite(xy).all(axis=-1)
    low = np.where(seen[..., None], xy, np.inf).min(axis=1)
    high = np.where(seen[..., None], xy, -np.inf).max(axis=1)
    box = np.where(np.isfinite(low).all(axis=1)[:, None], np.concatenate([low, high - low], 1), 0.0)
    return Poses(
        xy.astype(np.float32),
        seen.astype(np.float32),
        box.astype(np.float32),
        np.full(len(people), -1),
        skeleton,
    )
