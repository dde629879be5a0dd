"""A pack of people to learn from on a GPU: every picture decoded once, every joint with a state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import read_npz, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

SOURCES = ("lspet", "coco", "exercise", "clips", "nobody")
"""Where pictures come from, in the order of their numbers in a pack."""

UNKNOWN, VISIBLE, OCCLUDED, ABSENT = range(4)
"""States of a joint: nothing is known; seen; hidden, but its place is known; not in the picture."""

CANVAS = 320
"""Side of the square that every picture is kept in, from its upper left corner."""

PEOPLE, PICTURES = "people.npz", "images.bin"
"""Files of a pack, at any depth of its folder: the table, and all pictures one after the other."""

PACKED = "poseviewer-23"
"""The skeleton of its joints."""

_THREADS = 8
_FIELDS = ("joints", "state", "weight", "box", "nominal", "extent", "source")


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """n pictures of one person each, on one device."""

    images: Tensor
    """(n, 3, CANVAS, CANVAS) uint8, RGB."""

    joints: Tensor
    """(n, k, 2) float32, picture pixels, pixel-centred; meaningless where unknown or absent."""

    state: Tensor
    """(n, k) int64, see `UNKNOWN`."""

    weight: Tensor
    """(n, k) float32, what a joint's map counts; of val 1 where a data set labels the joint, less
    where a teacher does."""

    box: Tensor
    """(n, 4) float32, x and y of two corners of the person, picture pixels."""

    nominal: Tensor
    """(n, 3) float32, middle and side of the square crop that validation shows."""

    extent: Tensor
    """(n, 2) float32, width and height of the picture, pixels."""

    source: Tensor
    """(n,) int64, number in `SOURCES`."""

    def __len__(self) -> int:
        return len(self.state)

    def of(self, name: str) -> Crowd:
        """Those of one source."""
        chosen = self.source == SOURCES.index(name)
        return Crowd(self.images[chosen], *(getattr(self, field)[chosen] for field in _FIELDS))


def load_crowd(folder: Path, *, split: str, device: torch.device, most: int | None = None) -> Crowd:
    """Everybody of one split.

    Args:
        folder: Holds, at any depth, people.npz files with an images.bin beside each.
        split: `train` or `val`.
        device: Where to.
        most: Of each file, to try things out; all where None.

    Raises:
        PoseViewerError: There is no such file, or a picture cannot be read.
    """
    pictures: list[Tensor] = []
    fields: dict[str, list[NDArray[Any]]] = {name: [] for name in _FIELDS}
    for coded, table in tables(folder, split=split, most=most):
        pictures.append(_decoded(coded))
        for name in _FIELDS:
            fields[name].append(table[name])
    kinds = {"state": torch.int64, "source": torch.int64}
    found = {
        name: torch.from_numpy(np.concatenate(parts)).to(device, kinds.get(name, torch.float32))
        for name, parts in fields.items()
    }
    return Crowd(torch.cat(pictures).to(device), **found)


def tables(
    folder: Path, *, split: str, most: int | None = None
) -> Iterator[tuple[list[NDArray[np.uint8]], dict[str, NDArray[Any]]]]:
    """The coded pictures of every file of a pack with the rows of its table.

    Args:
        folder: As of `load_crowd`.
        split: `train` or `val`.
        most: Of each file; all where None.

    Raises:
        PoseViewerError: There is no such file, or one is damaged.
    """
    found = sorted(folder.rglob(PEOPLE))
    if not found:
        msg = f"{folder} holds no {PEOPLE}; give the folder of the pack with --data."
        raise PoseViewerError(msg)
    for path in found:
        with reading(path, kind="a table of people"):
            table = read_npz(path)
            rows = np.flatnonzero(table["split"] == split)[:most]
            ends = table["end"]
            chosen = {name: table[name][rows] for name in _FIELDS}
        pixels = np.memmap(path.with_name(PICTURES), np.uint8, mode="r")
        starts = np.concatenate([[0], ends[:-1]])
        yield [pixels[starts[i] : ends[i]] for i in rows], chosen


def _decoded(coded: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Pictures on their canvases (n, 3, CANVAS, CANVAS)."""
    canvases = torch.zeros(len(coded), 3, CANVAS, CANVAS, dtype=torch.uint8)

    def put(number: int) -> None:
        image = cv2.imdecode(coded[number], cv2.IMREAD_COLOR)
        if image is None:
            msg = f"picture {number} of the pack cannot be read."
            raise PoseViewerError(msg)
        planes = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
        canvases[number, :, : planes.shape[1], : planes.shape[2]] = torch.from_numpy(planes)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(put, range(len(coded))))
    return canvases
