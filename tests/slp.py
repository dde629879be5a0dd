"""A project of SLEAP (.slp) as SLEAP writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

POINT = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
FRAME = [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8")]
FRAME += [("instance_id_start", "u8"), ("instance_id_end", "u8")]
INSTANCE = [("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4")]
INSTANCE += [("track", "i4"), ("from_predicted", "i8"), ("score", "f4")]
INSTANCE += [("point_id_start", "u8"), ("point_id_end", "u8"), ("tracking_score", "f4")]


def write_slp(
    target: Any,
    xy: NDArray[np.float64],
    joints: Sequence[str],
    *,
    score: float = 0.75,
    version: float = 1.4,
    track: bool = True,
    corrected: bool = False,
    **changes: Any,
) -> None:
    """Write (frames, people, joints, 2) pixels as predictions.

    Args:
        target: A path or file.
        xy: NaN where a joint is hidden.
        joints: Their names.
        score: Of every point.
        version: Of the format.
        track: Whether each person has a track.
        corrected: Whether a person has corrected each prediction: both are stored then.
        **changes: What takes the place of one of the arrays; None leaves it out.
    """
    import h5py

    frames, people, count = xy.shape[:3]
    points = np.zeros(frames * people * count, [*POINT, ("score", "f8")])
    points["x"], points["y"] = xy.reshape(-1, 2).T
    points["visible"], points["score"] = np.isfinite(points["x"]), score
    instances: list[tuple[Any, ...]] = []
    for frame in range(frames):
        for person in range(people):
            number, first = len(instances), (frame * people + person) * count
            owner = person if track else -1
            row = (number, 1, frame, 0, owner, -1, score, first, first + count, 0.0)
            instances.append(row)
            if corrected:
                instances.append((number + 1, 0, *row[2:5], number, *row[6:]))
    each = len(instances) // frames
    # Nodes are listed for all skeletons together, in any order.
    listed = sorted(joints)
    nodes = [{"id": listed.index(name)} for name in joints]
    about = {"nodes": [{"name": name} for name in listed], "skeletons": [{"nodes": nodes}]}
    arrays = {
        "frames": np.array([(f, 0, f, f * each, (f + 1) * each) for f in range(frames)], FRAME),
        "instances": np.array(instances, INSTANCE),
        "points": points[[name for name, _ in POINT]] if corrected else np.zeros(0, POINT),
        "pred_points": points,
        "tracks_json": np.array([json.dumps([0, f"t{p}"]) for p in range(people)], "S"),
        **changes,
    }
    with h5py.File(target, "w") as file:
        file.create_group("metadata").attrs["json"] = np.bytes_(json.dumps(about).encode())
        file["metadata"].attrs["format_id"] = version
        for name, array in arrays.items():
            if array is not None:
                file[name] = array


def slp(folder: Path, xy: NDArray[np.float64], joints: Sequence[str], **options: Any) -> Path:
    """Write one into a folder."""
    path = folder / "clip.slp"
    write_slp(path, xy, joints, **options)
    return path
