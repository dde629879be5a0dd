"""Labels people and joints that lack labels, by MoveNet MultiPose as a teacher.

Few pictures have all people labelled. In those with one labelled person the teacher finds the
others, and the faces that LSPET leaves out; existing labels are never changed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from poseviewer.core.reading import read_npz, reading
from poseviewer.training.movenet import JOINTS, WIDTHS, MoveNet, load_movenet
from poseviewer.training.scenes import renamed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from poseviewer.core.skeleton import Skeleton
    from poseviewer.training.scenes import TrainingScene

log = logging.getLogger(__name__)

_STRIDE, _STEP = 4, 32
_SIDE = {"coco": 512, "lspet": 256}
"""The longer side at which pictures of a source are shown, pixels."""

_MOST = 12
"""People of a picture at most."""

_CENTRE, _JOINT, _PERSON = 0.2, 0.3, 0.35
"""The least confidence in a centre, in a joint, and in a person as the mean of the joints'."""

_NEAR = 0.05
"""How far from where its centre expects it a joint is looked for at half its weight, in sizes of
the person."""

_FEWEST = 4
"""Joints that a person without labels must have at least."""

_SAME = 0.15
"""Two poses whose joints are this near in the median, in sizes of the person, are one person."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A person that the teacher finds."""

    joints: NDArray[np.float64]
    """(17, 2) picture pixels."""

    score: NDArray[np.float64]
    """(17,)."""

    @property
    def size(self) -> float:
        """Of the longer side of the box about the joints, picture pixels."""
        return max(float(np.ptp(self.joints, axis=0).max()), 1.0)


class Teacher:
    """MoveNet MultiPose, run on whole pictures.

    Args:
        path: Its JSON file.

    Raises:
        PoseViewerError: It cannot be read, or is another network.
    """

    def __init__(self, path: Path) -> None:
        module = MoveNet(width=WIDTHS["multipose"])
        load_movenet(module, path)
        self._module = module.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def look(self, pixels: NDArray[np.uint8], *, side: int) -> list[Seen]:
        """Find the people in a picture, the most confident first.

        Args:
            pixels: RGB (h, w, 3).
            side: Of its longer side as it is shown.
        """
        scale = side / max(pixels.shape[:2])
        height, width = (-(-round(n * scale) // _STEP) * _STEP for n in pixels.shape[:2])
        # Pixel centres stay pixel centres.
        affine = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]])
        shown = cv2.warpAffine(pixels, affine, (width, height), flags=cv2.INTER_LINEAR)
        image = torch.from_numpy(np.ascontiguousarray(shown)).permute(2, 0, 1)[None]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            heads = self._module(image / 127.5 - 1)
        found = people_in(*(head[0].float() for head in heads))
        found = [Seen((one.joints * _STRIDE + 0.5) / scale - 0.5, one.score) for one in found]
        return _once(found)


def people_in(heatmaps: Tensor, centres: Tensor, ways: Tensor, offsets: Tensor) -> list[Seen]:
    """Find all people in the maps of one picture: from centres by offsets to the nearest peaks.

    Args:
        heatmaps: (17, h, w), as those below from `MoveNet.forward`.
        centres: (1, h, w).
        ways: (17, 2, h, w).
        offsets: (17, 2, h, w).

    Returns:
        The people, the most confident first, their joints in cells.
    """
    centre = centres[0]
    peaks = (centre == F.max_pool2d(centres[None], 3, 1, 1)[0, 0]) & (centre > _CENTRE)
    rows, columns = torch.nonzero(peaks, as_tuple=True)
    height, width = centre.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    every = torch.arange(len(heatmaps))
    found = []
    for chosen in centre[rows, columns].argsort(descending=True)[:_MOST].tolist():
        row, column = rows[chosen], columns[chosen]
        expected = ways[:, :, row, column] + torch.stack([row, column])
        size = float((expected.amax(0) - expected.amin(0)).max())
        away = torch.hypot(y - expected[:, :1, None], x - expected[:, 1:, None])
        weight = heatmaps / (away + max(_NEAR * size, 0.5))
        cell = weight.flatten(1).argmax(1)
        at, beside = cell // width, cell % width
        offset = offsets[every, :, at, beside]
        joints = torch.stack([beside + offset[:, 1], at + offset[:, 0]], dim=1)
        found.append(Seen(joints.double().numpy(), heatmaps[every, at, beside].double().numpy()))
    return sorted(found, key=lambda one: -one.score.mean())


def _once(found: Sequence[Seen]) -> list[Seen]:
    """Remove duplicates, where two centres led to one person."""
    found_once: list[Seen] = []
    for one in found:
        alone = all(_apart(one.joints, other.joints) > _SAME * one.size for other in found_once)
        if alone and one.score.mean() > _PERSON:
            found_once.append(one)
    return found_once


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The median distance of joints (n, 2); infinite where there are none."""
    return float(np.median(np.linalg.norm(a - b, axis=1))) if len(a) else np.inf


def taught(
    scenes: Sequence[TrainingScene], teacher: Teacher, skeleton: Skeleton, *, stored: Path
) -> list[TrainingScene]:
    """Add the teacher's labels to scenes.

    Args:
        scenes: Of photographs, all of them different.
        teacher: Finds the people.
        skeleton: Of the scenes' joints.
        stored: File of what it found, read by the next run.
    """
    if stored.is_file():
        with reading(stored.name, kind="a file of the teacher's labels", advice="remove it"):
            table = read_npz(stored)["people"]
    else:
        rows: list[NDArray[np.float64]] = []
        for number, scene in enumerate(scenes):
            rows += [
                np.column_stack([np.full(len(JOINTS), number), one.joints, one.score])
                for one in teacher.look(scene.pixels(), side=_SIDE[scene.source])
            ]
            if number % 1000 == 999:
                log.info("the teacher has seen %d pictures of %d", number + 1, len(scenes))
        table = np.array(rows).reshape(-1, len(JOINTS), 4)
        np.savez_compressed(stored, people=table)
    people: dict[int, list[Seen]] = {}
    for entry in table:
        people.setdefault(int(entry[0, 0]), []).append(Seen(entry[:, 1:3], entry[:, 3]))
    return [_taught(scene, people.get(i, []), skeleton) for i, scene in enumerate(scenes)]


def _taught(scene: TrainingScene, found: Sequence[Seen], skeleton: Skeleton) -> TrainingScene:
    """Add the people and joints that the teacher is sure of to a scene's labels."""
    joints, seen, certain = (list(part) for part in (scene.joints, scene.seen, scene.certain))
    for one in found:
        sure = one.score > _JOINT
        ours, there = renamed(one.joints[None], sure[None], JOINTS, skeleton)
        both = there & scene.seen
        away = [_apart(ours[0][k], xy[k]) for k, xy in zip(both, scene.joints, strict=True)]
        if away and min(away) < _SAME * one.size:
            same = int(np.argmin(away))
            new = there[0] & ~seen[same]
            joints[same] = np.where(new[:, None], ours[0], joints[same])
            seen[same], certain[same] = seen[same] | new, certain[same] | new
        elif there[0].sum() >= _FEWEST:
            joints.append(ours[0])
            seen.append(there[0])
            certain.append(there[0])
    return replace(
        scene,
        joints=np.stack(joints),
        seen=np.stack(seen),
        certain=np.stack(certain),
        labelled=np.ones_like(scene.labelled),
    )
