"""Labelled people of a data set, and the folder or archives that hold its pictures."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import read_bytes, reading
from poseviewer.video.picture_header import decode_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

NAN = float("nan")

_SHOWN = 80
"""Letters of a name that a sentence shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One person of a data set."""

    picture: str
    """Name that `TruthSet.pictures` knows."""

    joints: NDArray[np.float64]
    """(k, 2) picture pixels, pixel-centred; meaningless where not seen."""

    seen: NDArray[np.bool_]
    """(k,) labelled joints."""

    crop: Box
    """What a network of one person is shown, by the set's policy."""

    head: float = NAN
    """MPII's head size, pixels."""

    area: float = NAN
    """COCO's segment area, square pixels."""

    judged: bool = True
    """Whether joints of this person count; too few may be labelled to know the person."""

    number: int = -1
    """Of the annotation in its table."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthSet:
    """The labelled people of one split of one data set."""

    name: str
    """Such as `lspet val`."""

    joints: tuple[str, ...]
    """Common names of the k joints."""

    people: tuple[Labelled, ...]
    """Those of one picture follow each other."""

    policy: str
    """How the crops were made, for readers of a number."""

    pictures: Callable[[str], NDArray[np.uint8]]
    """The RGB pixels (h, w, 3) of a picture by its name."""

    table: Mapping[str, Any] | None = None
    """The COCO table that the people are from; AP needs it."""

    def first(self, limit: int | None) -> TruthSet:
        """About the first `limit` people: pictures are taken whole."""
        if limit is None or limit >= len(self.people):
            return self
        end = limit
        while end < len(self.people) and self.people[end].picture == self.people[end - 1].picture:
            end += 1
        return replace(self, people=self.people[:end])


def square_around(points: NDArray[np.floating], *, margin: float) -> Box:
    """The square about `points` (n, 2), n > 0, of `margin` times their longer side."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    side = margin * max(float((high - low).max()), 1.0)
    return Box.centred(x, y, side, side)


def check_inside(name: str) -> None:
    """Check that a name out of a file of labels stays in the folder that it is looked for in.

    Raises:
        PoseViewerError: It is absolute, on this system or another, or goes up.
    """
    # Parted like a Windows path, which both signs part, whatever the system.
    parted = PureWindowsPath(name)
    if parted.anchor or ".." in parted.parts:
        msg = (
            f"The labels name the picture {name[:_SHOWN]}, which is not looked for because it may "
            "lie outside of the folder of pictures; name it relative to that folder (--images)."
        )
        raise PoseViewerError(msg)


class Folder:
    """Pictures as files.

    Args:
        places: Folders, the likeliest first.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = tuple(places)

    def __call__(self, name: str) -> NDArray[np.uint8]:
        """The RGB pixels of the picture `name`.

        Raises:
            PoseViewerError: The name leads out of the folders, none has it, or it cannot be read.
        """
        check_inside(name)
        for place in self._places:
            if (place / name).is_file():
                with reading(name, kind="a picture"):
                    return decoded(read_bytes(place / name), name)
        looked = " or ".join(str(place) for place in self._places)
        msg = f"The picture {name} is not in {looked}; give its folder with --images."
        raise PoseViewerError(msg)


class Archives:
    """Pictures in tar files, found by their names in all of them.

    Args:
        paths: The tar files; read once for their lists.

    Raises:
        PoseViewerError: One is not there or not a tar file.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._places: dict[str, tuple[Path, int, int]] = {}
        for path in paths:
            try:
                with (
                    reading(path.name, kind="a tar file"),
                    # Not packed: members are read where they lie.
                    tarfile.open(path, "r:") as archive,
                ):
                    for member in archive:
                        self._places[member.name] = (path, member.offset_data, member.size)
            except PoseViewerError as error:
                if path.exists():
                    raise
                msg = f"{path.name} is missing in {path.parent}; the data pack is incomplete."
                raise PoseViewerError(msg) from error

    def __call__(self, name: str) -> NDArray[np.uint8]:
        """The RGB pixels of the picture `name`.

        Raises:
            PoseViewerError: No archive has it, or it cannot be read.
        """
        if name not in self._places:
            msg = f"The picture {name} is in none of the archives; the data pack is incomplete."
            raise PoseViewerError(msg)
        path, start, size = self._places[name]
        with reading(path.name, kind="a tar file"), path.open("rb") as file:
            MemoryBudget(name).take(size)
            file.seek(start)
            return decoded(file.read(size), name)


def decoded(coded: bytes, name: str) -> NDArray[np.uint8]:
    """The RGB pixels of a picture file's bytes.

    Raises:
        PoseViewerError: They are no picture.
    """
    image = decode_picture(coded, name, cv2.IMREAD_COLOR)
    if image is None:
        msg = f"{name} is not a picture that can be read: it is damaged."
        raise PoseViewerError(msg)
    return np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)
