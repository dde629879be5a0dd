"""The pictures that the finder learns from: all of them decoded into one tensor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import read_npz, reading

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

PICTURES, INDEX, START = "pictures.bin", "index.npz", "start.safetensors"
"""Files of a pack: all pictures one after the other as WebP, their labels, and first weights."""

NOBODY, PERSON, UNSURE = 0, 1, 2
"""Kinds of a label: none, a person, and a place where there may be one."""

_MOST = 16
"""Labels of a picture, the largest first."""

_THREADS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """n pictures with up to k people each; boxes and joints in picture pixels."""

    pixels: Tensor
    """(n, 3, side, side) uint8, each in the upper left corner."""

    size: Tensor
    """(n, 2) width and height."""

    boxes: Tensor
    """(n, k, 4) left, top, right, bottom."""

    joints: Tensor
    """(n, k, 17, 2)."""

    seen: Tensor
    """(n, k, 17)."""

    kind: Tensor
    """(n, k) `NOBODY`, `PERSON` or `UNSURE`."""

    source: NDArray[np.str_]
    """(n,) where each is from."""

    held_out: NDArray[np.bool_]
    """(n,) which are for validation only."""

    def chosen(self, *, held_out: bool, sources: tuple[str, ...] = ()) -> NDArray[np.intp]:
        """Numbers of the pictures of some sources, of all where none is named."""
        of = np.isin(self.source, sources) if sources else np.ones(len(self.source), bool)
        return np.flatnonzero(of & (self.held_out == held_out))

    def without_people(self) -> NDArray[np.bool_]:
        """(n,) pictures that show nobody."""
        empty: NDArray[np.bool_] = (self.kind == NOBODY).all(1).cpu().numpy()
        return empty


@cache
def constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Numbers that are on a device already: sending them anew would wait for all its work."""
    return torch.tensor(values, device=device)


def load_pack(folder: Path, *, device: torch.device) -> Pack:
    """Every picture of a pack on a device.

    Args:
        folder: With the files `PICTURES` and `INDEX`.
        device: Needs about 0.45 MB a picture.

    Raises:
        PoseViewerError: A file is missing or damaged.
    """
    with reading(folder, kind="a pack of pictures for the finder"):
        data = (folder / PICTURES).read_bytes()
        table = read_npz(folder / INDEX)
    ends = table["ends"]
    starts = np.concatenate([[0], ends[:-1]])
    with ThreadPoolExecutor(_THREADS) as pool:
        pictures = list(pool.map(lambda a, b: _decoded(data[a:b]), starts, ends))
    side = max(max(picture.shape[:2]) for picture in pictures)
    pixels = torch.zeros(len(pictures), 3, side, side, dtype=torch.uint8)
    for number, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        pixels[number, :, :height, :width] = torch.from_numpy(picture).permute(2, 0, 1)
    size = np.array([picture.shape[1::-1] for picture in pictures], np.float32)
    boxes, joints, seen, kind = _by_picture(table, len(pictures))
    return Pack(
        pixels.to(device),
        torch.from_numpy(size).to(device),
        torch.from_numpy(boxes).to(device),
        torch.from_numpy(joints).to(device),
        torch.from_numpy(seen).to(device),
        torch.from_numpy(kind).to(device),
        table["source"],
        table["held_out"],
    )


def _decoded(data: bytes) -> NDArray[np.uint8]:
    """RGB (h, w, 3)."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        msg = "A picture of the pack for the finder cannot be decoded."
        raise PoseViewerError(msg)
    return np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)


def _by_picture(
    table: dict[str, NDArray[Any]], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    """Boxes, joints, which of them are seen, and kinds; see `Pack`."""
    owner, found = np.asarray(table["owner"], np.intp), np.asarray(table["boxes"], np.float32)
    areas = (found[:, 2:] - found[:, :2]).prod(1)
    boxes = np.zeros((count, _MOST, 4), np.float32)
    joints = np.zeros((count, _MOST, 17, 2), np.float32)
    seen, kind = np.zeros((count, _MOST, 17), bool), np.zeros((count, _MOST), np.int64)
    taken = np.zeros(count, np.intp)
    for row in np.argsort(-areas):
        picture = owner[row]
        if (place := taken[picture]) < _MOST:
            boxes[picture, place], joints[picture, place] = found[row], table["joints"][row]
            seen[picture, place], kind[picture, place] = table["seen"][row], table["kind"][row]
            taken[picture] += 1
    return boxes, joints, seen, kind
