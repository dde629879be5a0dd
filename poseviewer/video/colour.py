"""From a decoder's picture to upright square RGB pixels: matrix, range, shape and rotation."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import cv2
import numpy as np
from av.filter import Graph
from av.video.reformatter import Colorspace, VideoReformatter

from poseviewer.video.hdr import ToneMapper
from poseviewer.video.letterbox import fitted

if TYPE_CHECKING:
    from av.sidedata.sidedata import SideDataContainer
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

# ISO/IEC 23091-2 matrix coefficients -> swscale's tables, which know no others.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}

_DISPLAY_MATRIX, _KINDS = 6, 64
"""FFmpeg's number of this side data, and what all numbers of side data are below."""

_TALL = Fraction(2, 3)
"""Width of a pixel over its height below which narrowing the picture would lose too much of it."""
_FLATTEST, _TALLEST = Fraction(8), Fraction(1, 8)
"""Width of a pixel over its height beyond which a header is in error."""


class RgbConverter:
    """Turns decoded pictures of one stream into upright RGB arrays of one size, square-pixelled.

    A picture of another size or shape than the first one is scaled into it, with black bars.
    What is transparent shows white, and high dynamic range is mapped to the ordinary one.
    """

    def __init__(self, first: VideoFrame, *, shape: Fraction | None = None) -> None:
        """Learn size and rotation from the stream's first picture.

        Args:
            first: The picture.
            shape: Width of its pixels over their height; square where that is unknown.
        """
        self._flat = shown_size(first, shape)
        self._turn = _Turn.of(first)
        self._reformatter = VideoReformatter()
        self._pool = PixelPool(self.size)
        self._tones = ToneMapper.of(first)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        width, height = self._flat
        return (height, width) if self._turn.transposed else (width, height)

    def convert(self, picture: VideoFrame, *, shape: Fraction | None = None) -> NDArray[np.uint8]:
        """Convert a picture to contiguous H x W x 3 RGB, not written to while referred to.

        Args:
            picture: Of the stream.
            shape: Width of its pixels over their height.
        """
        (width, height), (left, top) = fitted(shown_size(picture, shape), self._flat)
        pixels = self._rgb(picture, width, height)
        if (width, height) != self._flat:
            frame = np.zeros((self._flat[1], self._flat[0], 3), np.uint8)
            frame[top : top + height, left : left + width] = pixels
            pixels = frame
        return self._pool.copy(self._turn.apply(pixels))

    def _rgb(self, picture: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        kind, channels, depth = "rgb24", 3, 1
        if self._tones is not None:
            kind, depth = "rgb48le", 2
        elif _has_alpha(picture):
            kind, channels = "rgba", 4
        rgb = self._reformatter.reformat(
            picture,
            width=width,
            height=height,
            format=kind,
            src_colorspace=_matrix(picture),
            threads=1,
        )
        if self._tones is not None:
            rgb = self._tones.mapped(rgb)
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        if self._tones is not None:
            # The upper bytes of 16-bit channels.
            rows, depth = rows[:, 1:], 2
        pixels = np.lib.stride_tricks.as_strided(
            rows,
            (height, width, channels),
            (plane.line_size, channels * depth, depth),
            writeable=False,
        )
        return over_white(pixels[..., :3], pixels[..., 3]) if channels == 4 else pixels


def over_white(pixels: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay `pixels` (H, W, 3) of an `opacity` (H, W) over white; 0 is transparent, 255 opaque."""
    if opacity.min(initial=255) == 255:
        return pixels
    part = opacity.astype(np.uint16)[..., None]
    return ((pixels * part + 255 * (255 - part) + 127) // 255).astype(np.uint8)


def is_square(shape: Fraction | None) -> bool:
    """Return whether pixels of a width over height count as square, as an absurd one does."""
    return shape is None or shape == 1 or not _TALLEST <= shape <= _FLATTEST


def shown_size(picture: VideoFrame, shape: Fraction | None) -> tuple[int, int]:
    """Return width and height with square pixels, before it is set upright.

    The height stays, but where pixels are much taller than wide the width does.
    """
    width, height = picture.width, picture.height
    if shape is None or is_square(shape):
        return width, height
    if shape < _TALL:
        return width, round(height / shape)
    return round(width * shape), height


def _has_alpha(picture: VideoFrame) -> bool:
    kind = picture.format
    return kind.has_palette or any(part.is_alpha for part in kind.components)


def _matrix(picture: VideoFrame) -> int:
    """Return Swscale's number of the colour matrix; what is unmarked is judged by its size.

    Unmarked pictures larger than standard definition are BT.709, as players assume.
    """
    marked = _MATRICES.get(picture.colorspace)
    if marked is None:
        large = picture.width >= 1280 or picture.height > 576
        marked = Colorspace.ITU709 if large else Colorspace.ITU601
    return int(marked)


def _display_matrix(picture: VideoFrame) -> NDArray[np.int32] | None:
    """Return the nine numbers that say how a picture is shown, or None where it has none.

    FFmpeg takes all other side data out first: PyAV knows not all kinds, such as the EXIF of a
    camera's JPEG, and frees the name of a colour profile twice. It does so in a small copy: a
    picture and its side data refer to each other, and would keep the decoder's whole pool of
    pictures until the collector comes.
    """
    small = picture.reformat(width=16, height=16)
    graph = Graph()
    nodes = [
        graph.add_buffer(width=16, height=16, format=small.format, time_base=Fraction(1, 25)),
        graph.add("sidedata", f"mode=select:type={_DISPLAY_MATRIX}"),
        *(
            graph.add("sidedata", f"mode=delete:type={kind}")
            for kind in range(_KINDS)
            if kind != _DISPLAY_MATRIX
        ),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    graph.push(small)
    try:
        selected = graph.pull()
    except (av.BlockingIOError, av.EOFError):
        return None
    (entry,) = cast("SideDataContainer", selected.side_data)
    return np.frombuffer(bytes(entry), np.int32)


class _Turn:
    """A transposition and mirrorings that set a picture upright."""

    def __init__(self, transposed: bool, flip_x: bool, flip_y: bool) -> None:
        self.transposed, self.flip_x, self.flip_y = transposed, flip_x, flip_y

    @classmethod
    def of(cls, picture: VideoFrame) -> _Turn:
        """Return what the picture's display matrix asks for, to the nearest quarter turn."""
        matrix = _display_matrix(picture)
        if matrix is None:
            return cls(False, False, False)
        # x' = a x + c y, y' = b x + d y, in 16.16 fixed point.
        a, b, _, c, d = matrix[:5].tolist()
        if abs(a) >= abs(b):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.transposed:
            pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        if self.flip_x or self.flip_y:
            code = -1 if self.flip_x and self.flip_y else (1 if self.flip_x else 0)
            pixels = np.asarray(cv2.flip(pixels, code), np.uint8)
        return pixels


class PixelPool:
    """RGB arrays of one size that are used again once nothing refers to them.

    A new array of some megabytes costs more in page faults than the colour conversion that
    fills it: 313 faults and 0.7 ms a frame at 608 x 1080.

    Every view, and every view of a view, holds a reference to the array that owns the
    memory; while one lives, the array is not handed out again.
    """

    def __init__(self, size: tuple[int, int], *, keep: int = 6) -> None:
        """Make an empty pool.

        Args:
            size: Width and height of the pictures.
            keep: Arrays to watch; when all are in use, the one longest in use is left alone.
        """
        self._shape = size[1], size[0], 3
        self._keep = keep
        self._owners: list[NDArray[np.uint8]] = [np.empty((1, 1, 3), np.uint8)]
        # What the count is for an array that only the pool holds differs among Pythons.
        self._unheld = self._references(0)
        self._owners.clear()

    def copy(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Copy `pixels` (H, W, 3) into an array that is not written to while referred to."""
        view = self._free().view()
        np.copyto(view, pixels)
        return view

    def _free(self) -> NDArray[np.uint8]:
        for place in range(len(self._owners)):
            if self._references(place) == self._unheld:
                owner = self._owners.pop(place)
                self._owners.append(owner)
                return owner
        owner = np.empty(self._shape, np.uint8)
        if len(self._owners) >= self._keep:
            self._owners.pop(0)
        self._owners.append(owner)
        return owner

    def _references(self, place: int) -> int:
        return sys.getrefcount(self._owners[place])
