"""Picture files of several frames as clips: multi-page TIFF and animated WebP."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.colour import over_white
from poseviewer.video.letterbox import letterbox
from poseviewer.video.picture_header import check_picture
from poseviewer.video.picture_kinds import tiff_pages, webp_animation
from poseviewer.video.source import Clip
from poseviewer.video.stills import folder_rate, read_bytes, read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.video.picture_kinds import WebpAnimation


class Book(Protocol):
    """The frames of a picture file."""

    @property
    def times(self) -> Sequence[int]:
        """When each frame is shown, and when the last one ends, in units of `time_base`."""

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit."""

    def page(self, number: int) -> NDArray[np.uint8]:
        """Return frame `number` as H x W x 3 RGB."""

    def at_hand(self, number: int) -> bool:
        """Return whether `page` gives a frame without drawing many others."""


class PagesClip(Clip):
    """A picture file of several frames. Each has the size of the first, with black bars."""

    def __init__(self, location: str, book: Book) -> None:
        """Read the first frame.

        Raises:
            PoseViewerError: It cannot be read.
        """
        path = Path(location)
        self.name, self.location = path.name, str(path)
        self._book = book
        first = book.page(0)
        self.size = first.shape[1], first.shape[0]
        span = (book.times[-1] - book.times[0]) * book.time_base
        self.rate = float(len(self) / span) if span and len(self) > 1 else 0.0
        self._last: Frame | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._book.times) - 1

    def time(self, index: int) -> Timestamp:
        """Return the time of frame `index`."""
        self._check(index)
        return Timestamp(self._book.times[index], self._book.time_base)

    def read(self, index: int) -> Frame:
        """Return frame `index`, exactly."""
        self._check(index)
        if self._last is None or self._last.index != index:
            pixels = letterbox(self._book.page(index), size=self.size)
            self._last = Frame(pixels, index, self.time(index))
        return self._last

    def at_hand(self, index: int) -> bool:
        """Return whether frame `index` can be drawn without many others."""
        return self._book.at_hand(index)

    def close(self) -> None:
        """Forget the last frame."""
        self._last = None

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            msg = f"{self.name} has frames 0 to {len(self) - 1}, not {index}"
            raise IndexError(msg)


_HELD = 256 * 2**20
"""Bytes of a coded file that are held in memory; a larger one is read again for each page."""


class TiffBook:
    """The pages of a TIFF, played as a folder of pictures is."""

    def __init__(
        self, path: Path, coded: NDArray[np.uint8], pages: Sequence[int], *, rate: Fraction
    ) -> None:
        """Take the `pages` with these numbers, `rate` of them a second."""
        self._path, self._pages = path, pages
        self._coded = coded if coded.size <= _HELD else None
        self.time_base = 1 / rate
        self.times = range(len(pages) + 1)

    def page(self, number: int) -> NDArray[np.uint8]:
        """Return a page."""
        coded = read_bytes(self._path) if self._coded is None else self._coded
        return read_page(self._path, coded, self._pages[number])

    def at_hand(self, number: int) -> bool:  # noqa: ARG002 - pages stand alone
        """Return True."""
        return True


_SHORTEST, _USUAL = 10, 100
"""Milliseconds up to which a duration counts as none, and what browsers take in its place."""


class WebpBook:
    """The frames of an animated WebP, laid over each other in turn; over white at the end."""

    time_base = Fraction(1, 1000)

    def __init__(self, path: Path, animation: WebpAnimation) -> None:
        """Decode nothing yet."""
        self._path, self._animation = path, animation
        spans = [one.milliseconds for one in animation.frames]
        spans = [span if span > _SHORTEST else _USUAL for span in spans]
        self.times = list(accumulate(spans, initial=0))
        self._canvas = np.zeros((0, 0, 4), np.uint8)
        self._drawn = -1

    def page(self, number: int) -> NDArray[np.uint8]:
        """Return a frame."""
        if not 0 <= self._drawn <= number:
            width, height = self._animation.size
            self._canvas = np.zeros((height, width, 4), np.uint8)
            self._drawn = self._start(number) - 1
        while self._drawn < number:
            self._draw(self._drawn + 1)
        return np.ascontiguousarray(over_white(self._canvas[..., :3], self._canvas[..., 3]))

    def at_hand(self, number: int) -> bool:
        """Return whether a frame is drawn, or one of the next two."""
        return 0 <= self._drawn <= number <= self._drawn + 2

    def _start(self, number: int) -> int:
        """Return the last frame up to `number` that hides all that was before it."""
        frames, whole = self._animation.frames, self._animation.size
        alone = (at for at in range(number, 0, -1) if not frames[at].blends)
        return next((at for at in alone if frames[at].size == whole), 0)

    def _draw(self, number: int) -> None:
        frame = self._animation.frames[number]
        picture = cv2.imdecode(np.frombuffer(frame.picture, np.uint8), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.shape[:2] != frame.size[::-1]:
            msg = f"Frame {number} of {self._path.name} cannot be read: the file is damaged there."
            raise PoseViewerError(msg)
        kind = cv2.COLOR_BGRA2RGBA if picture.shape[2] == 4 else cv2.COLOR_BGR2RGBA
        upper = np.asarray(cv2.cvtColor(picture, kind), np.uint8)
        if self._drawn >= 0 and self._animation.frames[self._drawn].clears:
            self._place(self._drawn)[:] = 0
        place = self._place(number)
        upper = upper[: place.shape[0], : place.shape[1]]
        covers = not frame.blends or upper[..., 3].min(initial=255) == 255
        place[:] = upper if covers else _blended(place, upper)
        self._drawn = number

    def _place(self, number: int) -> NDArray[np.uint8]:
        """Return the part of the canvas that a frame covers."""
        frame = self._animation.frames[number]
        left, top = frame.corner
        part = self._canvas[top : top + frame.size[1], left : left + frame.size[0]]
        return np.asarray(part, np.uint8)


def _blended(lower: NDArray[np.uint8], upper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGBA over RGBA (RFC 9649, section 2.7.1.1)."""
    over, under = upper[..., 3:] / 255, lower[..., 3:] / 255
    whole = over + under * (1 - over)
    colour = upper[..., :3] * over + lower[..., :3] * under * (1 - over)
    mixed = colour / np.where(whole > 0, whole, 1)
    return np.asarray(np.rint(np.concatenate([mixed, whole * 255], -1)), np.uint8)


def open_book(path: Path, *, rate: float | None) -> PagesClip | None:
    """Return a picture file of several frames as a clip; None where it has one frame.

    Args:
        path: Of the file.
        rate: Pages of a TIFF a second; 25 where it is not given.

    Raises:
        PoseViewerError: It cannot be read, or the rate is not above 0.
    """
    coded = read_bytes(path)
    check_picture(coded.data, path.name)
    if animation := webp_animation(coded.data):
        return PagesClip(str(path), WebpBook(path, animation))
    pages = [number for number, page in enumerate(tiff_pages(coded.data)) if not page.secondary]
    if pages and pages != [0]:
        exact = folder_rate(rate, name=path.name)
        return PagesClip(str(path), TiffBook(path, coded, pages, rate=exact))
    return None
