"""Pictures that are not video: one image, or a folder of images played as a clip."""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.reading import read_bytes as bounded_bytes
from poseviewer.core.reading import reading
from poseviewer.video.colour import over_white
from poseviewer.video.container import file_container
from poseviewer.video.letterbox import letterbox, letterbox_fit
from poseviewer.video.picture_header import check_picture, silent_decoders
from poseviewer.video.picture_kinds import orientation, png_header, tiff_pages
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.video.picture_kinds import TiffPage

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2"}
)

DEFAULT_RATE = Fraction(25)
"""Frames per second of a folder of images, where none are given."""

_PAGE_BYTES = 12
"""Of a pixel of a page as it is decoded and as it is shown, at most."""

_SEPARATED, _FLOATING = 5, 3
"""TIFF's numbers for CMYK and for floating-point samples."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image as H x W x 3 RGB, turned as its EXIF orientation asks; of several the first.

    Grey becomes RGB, 16 bits and floating point become 8, and what is transparent shows white.

    Raises:
        PoseViewerError: The file cannot be read or is no image.
    """
    return read_page(path, read_bytes(path), 0)


def read_bytes(path: Path) -> NDArray[np.uint8]:
    """Read a whole file.

    Raises:
        PoseViewerError: It cannot be read.
    """
    with reading(path.name, kind="a picture"):
        return np.frombuffer(bounded_bytes(path), np.uint8)


def read_page(path: Path, coded: NDArray[np.uint8], page: int) -> NDArray[np.uint8]:
    """Read one page of an image as `read_image` does; only a TIFF has more than page 0.

    Args:
        path: Of the file.
        coded: What is in it.
        page: Its number.

    Raises:
        PoseViewerError: It is no image, or damaged.
    """
    check_picture(coded.data, path.name)
    pages = tiff_pages(coded.data)
    kind = pages[page] if page < len(pages) else None
    # The header that was checked is that of the first page.
    MemoryBudget(path.name).take(_PAGE_BYTES * prod(kind.size) if kind else 0)
    if kind and kind.photometric == _SEPARATED and kind.bits == 16:
        return _from_cmyk(path, page, kind)
    if kind and kind.planar and kind.kind == _FLOATING and kind.samples > 1:
        msg = f"{path.name} holds its floating-point colours in planes: save them interleaved."
        raise PoseViewerError(msg)
    # The plain flags turn by EXIF but drop alpha; the unchanged one does the opposite.
    pixels = _decoded(coded, cv2.IMREAD_COLOR_RGB, page)
    whole = _decoded(coded, cv2.IMREAD_UNCHANGED, page)
    if pixels is not None:
        shown = np.asarray(pixels, np.uint8)
    elif whole is not None:
        shown = _eight_bits(whole, path)
    else:
        msg = f"{path.name} is not a picture that can be read: it is empty or damaged."
        if kind:
            msg = (
                f"{path.name} is a TIFF that cannot be read here, {kind}: it is damaged, or "
                "must be saved as RGB of 8 bits."
            )
        raise PoseViewerError(msg)
    opacity = _opacity(whole, coded)
    if kind and kind.opacity and kind.samples == 2 and page == 0:
        opacity = np.asarray(_from_ffmpeg(path, "rgba")[..., 3], np.uint8)
    if opacity is not None:
        opacity = _upright(opacity, orientation(coded.data))
    if opacity is None or opacity.shape != shown.shape[:2]:
        return shown
    if kind and kind.samples > 2 and pixels is not None:
        # libtiff has multiplied the colours already.
        light = shown.astype(np.uint16) + (255 - opacity)[..., None]
        return np.asarray(np.minimum(light, 255), np.uint8)
    return over_white(shown, opacity)


def _decoded(coded: NDArray[np.uint8], flags: int, page: int) -> NDArray[np.generic] | None:
    if not coded.size:
        return None
    try:
        with silent_decoders():
            if page == 0:
                found = cv2.imdecode(coded, flags)
            else:
                pictures = cv2.imdecodemulti(coded, flags, range=(page, page + 1))[1]
                found = pictures[0] if pictures else None
    except (cv2.error, MemoryError):
        return None
    return None if found is None else np.asarray(found)


def _eight_bits(whole: NDArray[np.generic], path: Path) -> NDArray[np.uint8]:
    """Return floating point as 8-bit RGB: 1, 255 or 65535 is white, whichever fits.

    Raises:
        PoseViewerError: It is of another kind.
    """
    if not np.issubdtype(whole.dtype, np.floating):
        msg = f"{path.name} has numbers of {whole.dtype} a pixel: save it with 8 or 16 bits."
        raise PoseViewerError(msg)
    values = np.nan_to_num(np.asarray(whole, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    most = float(values.max(initial=0.0))
    full = next((white for white in (1, 255, 65535) if most <= white), None)
    if full is None:
        msg = (
            f"{path.name} is a floating-point picture with values up to {most:g}: scale them to "
            "0 to 1."
        )
        raise PoseViewerError(msg)
    shown = np.rint(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    if shown.ndim == 2:
        return np.dstack([shown] * 3)
    return np.ascontiguousarray(shown[..., 2::-1])


def _opacity(
    whole: NDArray[np.generic] | None, coded: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    """Return how opaque each pixel is, 0 to 255; None where all are."""
    if whole is None:
        return None
    if whole.ndim == 3 and whole.shape[2] == 4:
        alpha = whole[..., 3].astype(np.float64)
        full = {"uint8": 255, "uint16": 65535}.get(whole.dtype.name, 1)
        return np.rint(np.clip(alpha / full, 0, 1) * 255).astype(np.uint8)
    header = png_header(coded.data)
    if whole.ndim == 2 and header and header.colour == 0 and len(header.transparent) >= 2:
        # One grey is transparent (PNG, third edition, 11.3.2.1); few bits were widened.
        key = int.from_bytes(header.transparent[:2], "big")
        if header.depth < 8:
            key = key * 255 // (2**header.depth - 1)
        return np.where(whole == key, 0, 255).astype(np.uint8)
    return None


def _from_cmyk(path: Path, number: int, page: TiffPage) -> NDArray[np.uint8]:
    """Read a CMYK page of 16 bits, which only FFmpeg can, as four channels.

    Raises:
        PoseViewerError: It is stored in a way that it cannot.
    """
    refusal = f"{path.name} is a CMYK picture of 16 bits that cannot be read here: save it as RGB."
    if number or page.tiled or page.samples != 4:
        raise PoseViewerError(refusal)
    inks = _from_ffmpeg(path)
    if inks.dtype != np.uint16 or inks.shape != (*page.size[::-1], 4):
        raise PoseViewerError(refusal)
    light = 1 - inks.astype(np.float64) / 65535
    return np.rint(light[..., :3] * light[..., 3:] * 255).astype(np.uint8)


def _from_ffmpeg(path: Path, kind: str | None = None) -> NDArray[np.generic]:
    """Return the samples of a picture as FFmpeg decodes it, in its own format or `kind`.

    Raises:
        PoseViewerError: It cannot.
    """
    try:
        with file_container(path) as container:
            picture = next(container.decode(video=0))
            return np.asarray(picture.to_ndarray(format=kind) if kind else picture.to_ndarray())
    except (av.FFmpegError, OSError, ValueError, StopIteration) as error:
        msg = f"{path.name} is a picture of a kind that cannot be read here: save it as RGB."
        raise PoseViewerError(msg) from error


def _upright(plane: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn a plane as an EXIF orientation (1 to 8) asks."""
    if orientation > 4:
        plane = plane.T
    if orientation in (2, 3, 6, 7):
        plane = plane[:, ::-1]
    return plane[::-1] if orientation in (3, 4, 7, 8) else plane


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
        self._exact = folder_rate(rate, name=self.name)
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


def folder_rate(rate: float | None, *, name: str) -> Fraction:
    """Return the exact rate of pictures that have no times: the one given, or 25.

    Raises:
        PoseViewerError: It is not above 0.
    """
    if rate is not None and not rate > 0:
        msg = f"The rate of {name} must be above 0 frames per second, not {rate}."
        raise PoseViewerError(msg)
    return Fraction(rate).limit_denominator(1001) if rate else DEFAULT_RATE


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts `frame2` before `frame10`; only decimal digits make numbers."""
    parts = re.split(r"(\d+)", name.lower())
    return [(1, int(part), "") if at % 2 else (0, 0, part) for at, part in enumerate(parts)]
