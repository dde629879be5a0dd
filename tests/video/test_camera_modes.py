"""What a camera lists, in the kernel's own structures (linux/videodev2.h)."""

from __future__ import annotations

import ctypes as c
import errno
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from poseviewer.video.camera_modes import (
    ENUM_FORMATS,
    ENUM_INTERVALS,
    ENUM_SIZES,
    CameraMode,
    list_modes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

U32 = c.c_uint32


class Format(c.Structure):
    _fields_ = (
        ("index", U32), ("type", U32), ("flags", U32), ("description", c.c_uint8 * 32),
        ("pixelformat", U32), ("mbus_code", U32), ("reserved", U32 * 3),
    )  # fmt: skip


class Size(c.Structure):
    _fields_ = (
        ("index", U32), ("pixel_format", U32), ("type", U32), ("numbers", U32 * 6),
        ("reserved", U32 * 2),
    )  # fmt: skip


class Interval(c.Structure):
    _fields_ = (
        ("index", U32), ("pixel_format", U32), ("width", U32), ("height", U32), ("type", U32),
        ("numbers", U32 * 6), ("reserved", U32 * 2),
    )  # fmt: skip


YUYV, MJPG = 0x56595559, 0x47504A4D


class Driver:
    """A camera with raw pictures in one size and compressed ones in two."""

    sizes: ClassVar = {YUYV: [(640, 480)], MJPG: [(640, 480), (1920, 1080)]}
    intervals: ClassVar = {
        (YUYV, 640, 480): [(1, 30), (1, 15)],
        (MJPG, 640, 480): [(1, 60), (1001, 30000)],
        (MJPG, 1920, 1080): [(1, 30)],
    }
    stepwise = False

    def ask(self, request: int, question: bytes) -> bytes:
        return {
            ENUM_FORMATS: self.formats, ENUM_SIZES: self.frame_sizes,
            ENUM_INTERVALS: self.frame_intervals,
        }[request](question)  # fmt: skip

    def formats(self, question: bytes) -> bytes:
        asked = Format.from_buffer_copy(question)
        assert asked.type == 1
        asked.pixelformat = entry(list(self.sizes), asked.index)
        return bytes(asked)

    def frame_sizes(self, question: bytes) -> bytes:
        asked = Size.from_buffer_copy(question)
        if self.stepwise:
            asked.type, asked.numbers = 3, (U32 * 6)(160, 1280, 2, 120, 720, 2)
            entry([0], asked.index)
        else:
            asked.type = 1
            asked.numbers[:2] = entry(self.sizes[asked.pixel_format], asked.index)
        return bytes(asked)

    def frame_intervals(self, question: bytes) -> bytes:
        asked = Interval.from_buffer_copy(question)
        if self.stepwise:
            asked.type = 2
        else:
            asked.type = 1
            place = (asked.pixel_format, asked.width, asked.height)
            asked.numbers[:2] = entry(self.intervals[place], asked.index)
        return bytes(asked)


def entry(listed: list, index: int):  # type: ignore[no-untyped-def, type-arg]
    if index >= len(listed):
        raise OSError(errno.EINVAL, "no more")
    return listed[index]


def test_sizes_and_rates_of_all_formats_are_listed() -> None:
    assert list_modes(0, open_device=lambda _: Driver().ask) == (
        CameraMode((640, 480), (15.0, 29.97, 30.0, 60.0)),
        CameraMode((1920, 1080), (30.0,)),
    )


def test_a_camera_that_scales_offers_the_usual_sizes() -> None:
    class Scaler(Driver):
        stepwise = True

    assert list_modes(0, open_device=lambda _: Scaler().ask) == (
        CameraMode((640, 480), ()),
        CameraMode((1280, 720), ()),
    )


def test_where_nothing_is_told_nothing_is_offered() -> None:
    def missing(_: int) -> Callable[[int, bytes], bytes]:
        raise OSError(errno.ENOENT, "no such device")

    def refuse(_request: int, _question: bytes) -> bytes:
        raise OSError(errno.ENOTTY, "not a camera")

    assert list_modes(0, open_device=missing) == ()
    assert list_modes(0, open_device=lambda _: refuse) == ()
    assert list_modes(9999) == ()


def test_the_requests_are_those_of_the_header(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/linux/videodev2.h").exists():
        pytest.skip("needs a C compiler and the kernel's headers")
    program = tmp_path / "requests.c"
    program.write_text(
        "#include <linux/videodev2.h>\n#include <sys/ioctl.h>\n#include <stdio.h>\n"
        'int main(void) { printf("%lu %lu %lu %zu %zu %zu", VIDIOC_ENUM_FMT, '
        "VIDIOC_ENUM_FRAMESIZES, VIDIOC_ENUM_FRAMEINTERVALS, sizeof(struct v4l2_fmtdesc), "
        "sizeof(struct v4l2_frmsizeenum), sizeof(struct v4l2_frmivalenum)); return 0; }\n"
    )
    made = tmp_path / "requests"
    subprocess.run([compiler, str(program), "-o", str(made)], check=True)
    said = subprocess.run([str(made)], check=True, capture_output=True).stdout.split()
    assert [int(word) for word in said] == [
        ENUM_FORMATS, ENUM_SIZES, ENUM_INTERVALS,
        c.sizeof(Format), c.sizeof(Size), c.sizeof(Interval),
    ]  # fmt: skip
