"""Where a data set's pictures are taken from: a folder or tar archives."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


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
            PoseViewerError: No folder has it, or it cannot be read.
        """
        for place in self._places:
            if (place / name).is_file():
                return decoded((place / name).read_bytes(), name)
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
                with tarfile.open(path) as archive:
                    for member in archive:
                        self._places[member.name] = (path, member.offset_data, member.size)
            except FileNotFoundError:
                msg = f"{path.name} is missing in {path.parent}; the data pack is not whole."
                raise PoseViewerError(msg) from None
            except tarfile.TarError as error:
                msg = f"{path.name} cannot be read as a tar file: {error}."
                raise PoseViewerError(msg) from error

    def __call__(self, name: str) -> NDArray[np.uint8]:
        """The RGB pixels of the picture `name`.

        Raises:
            PoseViewerError: No archive has it, or it cannot be read.
        """
        if name not in self._places:
            msg = f"The picture {name} is in none of the archives; the data pack is not whole."
            raise PoseViewerError(msg)
        path, start, size = self._places[name]
        with path.open("rb") as file:
            file.seek(start)
            return decoded(file.read(size), name)


def decoded(coded: bytes, name: str) -> NDArray[np.uint8]:
    """The RGB pixels of a picture file's bytes.

    Raises:
        PoseViewerError: They are no picture.
    """
    image = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR) if coded else None
    if image is None:
        msg = f"{name} is not a picture that can be read."
        raise PoseViewerError(msg)
    return np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)
