"""Pictures that are not video: one image, or a folder of images played as a clip."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.reading import read_bytes, reading
from poseviewer.video.letterbox import letterbox, letterbox_fit
from poseviewer.video.picture_header import decode_picture
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2"}
)

DEFAULT_RATE = Fraction(25)
"""Frames per second of a folder of images, where none are given."""

_ROWS = 256


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image as H x W x 3 RGB, turned as its EXIF orientation asks.

    Grey becomes RGB, 16 bits become 8, and what is transparent shows white.

    Raises:
        PoseViewerError: The file cannot be read or is no image.
    """
    with reading(path.name, kind="a picture"):
        coded = read_bytes(path)
    # The plain flags turn by EXIF but drop alpha; the unchanged one does the opposite.
    pixels = decode_picture(coded, path.name, cv2.IMREAD_COLOR_RGB)
    whole = decode_picture(coded, path.name, cv2.IMREAD_UNCHANGED)
    if pixels is None:
        msg = f"{path.name} is not a picture that can be read: it is empty or damaged."
        raise PoseViewerError(msg)
    if whole is not None and whole.ndim == 3 and whole.shape[2] == 4:
        pixels = _over_white(np.asarray(pixels), whole[..., 3])
    return np.asarray(pixels, np.uint8)


def _over_white(pixels: NDArray[np.uint8], alpha: NDArray[np.number]) -> NDArray[np.uint8]:
    full = 65535 if alpha.dtype == np.uint16 else 255 if alpha.dtype == np.uint8 else 1
    if alpha.shape != pixels.shape[:2]:
        return pixels
    blended = np.empty_like(pixels)
    # Some rows at a time: in floats, a large picture would take its memory six times.
    for top in range(0, len(pixels), _ROWS):
        rows = slice(top, top + _ROWS)
        opacity = (alpha[rows].astype(np.float32) / full)[..., None]
        blended[rows] = np.rint(pixels[rows] * opacity + 255 * (1 - opacity))
    return blended


class StillClip(Clip):
    """One image as a clip of one frame."""

    def __init__(self, location: str) -> None:
        """Read an image.

        Raises:
            PoseViewerError: The file cannot be read or is no image.
        """
        path = Path(location)
        self._frame = Frame(read_image(path), 0, Timestamp(0, 1 / DEFAULT_RATE))
        self.name, self.location = path.name, str(path)
        self.size, self.rate = self._frame.size, 0.0

    def __len__(self) -> int:
        """Return 1."""
        return 1

    def time(self, index: int) -> Timestamp:
        """Return 0."""
        return self.read(index).time

    def read(self, index: int) -> Frame:
        """Return the image."""
        if index != 0:
            msg = f"{self.name} is one picture: there is no frame {index}"
            raise IndexError(msg)
        return self._frame

    def close(self) -> None:
        """Do nothing: no file is held open."""


class FolderClip(Clip):
    """The images of a folder, in natural order of their names, played at a given rate.

    Every frame has the size of the first image; others are scaled into it without being
    stretched, with black bars.
    """

    def __init__(self, location: str, *, rate: float | None = None) -> None:
        """Find the images of a folder; hidden files are passed over.

        Args:
            location: Path of the folder.
            rate: Frames per second; 25 where it is not given.

        Raises:
            PoseViewerError: The folder cannot be read or holds no image, or the rate is not
                above 0.
        """
        folder = Path(location)
        self.name, self.location = folder.name or str(folder), str(folder)
        if rate is not None and not rate > 0:
            msg = f"The rate of {self.name} must be above 0 frames per second, not {rate}."
            raise PoseViewerError(msg)
        self._exact = Fraction(rate).limit_denominator(1001) if rate else DEFAULT_RATE
        self.rate = float(self._exact)
        try:
            found = [
                path
                for path in folder.iterdir()
                if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
            ]
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            msg = f"The folder {self.name} cannot be read: {reason}."
            raise PoseViewerError(msg) from error
        if not found:
            msg = f"The folder {self.name} holds no images: choose one with PNG or JPEG files."
            raise PoseViewerError(msg)
        self.paths = tuple(sorted(found, key=lambda path: natural_key(path.name)))
        """The images in the order of their frames."""
        self._last: Frame | None = None
        self._shapes: dict[int, tuple[int, int]] = {}
        first = read_image(self.paths[0])
        self.size = first.shape[1], first.shape[0]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.paths)

    def time(self, index: int) -> Timestamp:
        """Return the time of frame `index` at the chosen rate."""
        self._check(index)
        return Timestamp(index, 1 / self._exact)

    def read(self, index: int) -> Frame:
        """Return the image numbered `index`."""
        self._check(index)
        if self._last is None or self._last.index != index:
            image = read_image(self.paths[index])
            self._shapes[index] = image.shape[1], image.shape[0]
            self._last = Frame(letterbox(image, size=self.size), index, self.time(index))
        return self._last

    def fit(self, index: int) -> NDArray[np.float64]:
        """Return the 2x3 affine from the image numbered `index` to its frame.

        Safe to call from another thread.

        Raises:
            PoseViewerError: The image cannot be read.
        """
        self._check(index)
        shape = self._shapes.get(index)
        if shape is None:
            image = read_image(self.paths[index])
            shape = self._shapes[index] = image.shape[1], image.shape[0]
        return letterbox_fit(shape, size=self.size)

    def close(self) -> None:
        """Forget the last image."""
        self._last = None

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self.paths):
            msg = f"{self.name} has frames 0 to {len(self.paths) - 1}, not {index}"
            raise IndexError(msg)


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts `frame2` before `frame10`."""
    parts = re.split(r"(\d+)", name.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
