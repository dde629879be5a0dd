"""What encodes a video: hardware where it really works, software otherwise.

FFmpeg lists an encoder wherever it was built with it, whether the machine has the hardware or not.
So one is taken only after it has encoded some frames of the size that is wanted, and what comes out
of the decoder again looks like what went in.

| name | hardware | H.264 | VP9 |
|---|---|---|---|
| nvenc | NVIDIA | h264_nvenc | - |
| qsv | Intel Quick Sync | h264_qsv | vp9_qsv |
| videotoolbox | Apple | h264_videotoolbox | - |
| vaapi | Linux, Intel and AMD | h264_vaapi | vp9_vaapi |
| amf | AMD | h264_amf | - |
| mediafoundation | Windows | h264_mf | - |
| software | none | libx264 | libvpx-vp9 |
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from av.codec.codec import UnknownCodecError
from av.codec.hwaccel import HWAccel
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from poseviewer.core.encoder_choice import AUTO, HARDWARE, SOFTWARE, TITLES
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import OutputContainer
    from numpy.typing import NDArray

    Probe = Callable[["Encoder", tuple[int, int]], bool]

_VP9_MORE = 12
"""VP9's CRF of the same look as x264's."""

_BITS_PER_PIXEL = 0.12
"""Of an encoder that is given a rate, no quality: at x264's CRF 23; six steps halve it."""

_AVX2 = 11
"""OpenCV's number of the processor's feature, which Python has no name for."""

_TRIED = 8
"""Frames that an encoder must encode before it is taken."""

_APART = 14.0
"""Mean difference from what went in, of 255, at which an encoder is refused."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of FFmpeg and how it is asked."""

    family: str
    """What a person calls it: `software`, or one of `HARDWARE`."""

    name: str
    """FFmpeg's name."""

    pixel_format: str = "yuv420p"

    @property
    def title(self) -> str:
        """What a person reads."""
        return TITLES[self.family]

    @property
    def hardware(self) -> bool:
        """Whether it may be missing or fail where software would not."""
        return self.family != SOFTWARE

    @property
    def words(self) -> str:
        """What a file says of it."""
        return f"{self.name} ({self.title})"

    @property
    def decoder(self) -> str:
        """FFmpeg's name of what decodes it."""
        return "vp9" if "vp9" in self.name else "h264"

    def add_to(
        self,
        out: OutputContainer,
        *,
        size: tuple[int, int],
        fps: Fraction,
        crf: int,
        preset: str = "veryfast",
    ) -> VideoStream:
        """Add a stream to a container that has not begun.

        Args:
            out: The container.
            size: Width and height, even.
            fps: Average frames a second, for the encoder's budget.
            crf: Quality as x264 counts it.
            preset: x264's preset, of software.

        Raises:
            av.FFmpegError: FFmpeg was built without it, or the hardware is not there.
        """
        options = _options(self, crf, preset)
        if self.family == "vaapi":
            accelerated = HWAccel("vaapi", allow_software_fallback=False)
            stream = out.add_stream(self.name, rate=fps, options=options, hwaccel=accelerated)
        else:
            stream = out.add_stream(self.name, rate=fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = self.pixel_format
        if self.family in ("videotoolbox", "amf", "mediafoundation"):
            share = 2 ** ((23 - crf) / 6) * _BITS_PER_PIXEL
            stream.bit_rate = round(size[0] * size[1] * float(fps) * share)
        return stream


_ENCODERS = {
    "h264": (
        Encoder("nvenc", "h264_nvenc"),
        Encoder("qsv", "h264_qsv", "nv12"),
        Encoder("videotoolbox", "h264_videotoolbox"),
        Encoder("vaapi", "h264_vaapi", "nv12"),
        Encoder("amf", "h264_amf"),
        Encoder("mediafoundation", "h264_mf", "nv12"),
    ),
    "vp9": (Encoder("qsv", "vp9_qsv", "nv12"), Encoder("vaapi", "vp9_vaapi", "nv12")),
}

_SOFTWARE = {"h264": Encoder(SOFTWARE, "libx264"), "vp9": Encoder(SOFTWARE, "libvpx-vp9")}

_NODES = {"qsv": "/dev/dri", "vaapi": "/dev/dri", "nvenc": "/dev/nvidiactl"}
"""What Linux has where the hardware is: looking for a driver in vain takes half a second."""


def codec_of(form: str) -> str:
    """The codec of a container: `vp9` of WebM, `h264` of the others."""
    return "vp9" if form == "webm" else "h264"


def software(form: str) -> Encoder:
    """The encoder that is always there.

    Args:
        form: FFmpeg's name of the container.
    """
    return _SOFTWARE[codec_of(form)]


def hardware(form: str, size: tuple[int, int], *, probe: Probe | None = None) -> list[Encoder]:
    """The hardware encoders that work here, the best first.

    Args:
        form: FFmpeg's name of the container.
        size: Width and height that are wanted: hardware has limits.
        probe: Says whether one works; `encodes` where None.
    """
    return [one for one in _ENCODERS[codec_of(form)] if (probe or encodes)(one, size)]


def choose(wanted: str, form: str, *, size: tuple[int, int], probe: Probe | None = None) -> Encoder:
    """The encoder for a file.

    Args:
        wanted: `auto` for the first hardware encoder that works, and else software; `software`; or
            one of `HARDWARE`.
        form: FFmpeg's name of the container.
        size: Width and height that are wanted.
        probe: Says whether an encoder works; `encodes` where None.

    Raises:
        PoseViewerError: The one that is wanted is not known, or does not work here.
    """
    if wanted == SOFTWARE:
        return software(form)
    if wanted == AUTO:
        tried = (one for one in _ENCODERS[codec_of(form)] if (probe or encodes)(one, size))
        return next(tried, software(form))
    if wanted not in HARDWARE:
        known = ", ".join((AUTO, SOFTWARE, *HARDWARE))
        msg = f"There is no encoder {wanted!r}; choose from {known}."
        raise PoseViewerError(msg)
    named = [one for one in _ENCODERS[codec_of(form)] if one.family == wanted]
    if not named:
        msg = f"{TITLES[wanted]} makes no VP9 for WebM: choose the encoder software, or .mp4."
        raise PoseViewerError(msg)
    if not (probe or encodes)(named[0], size):
        msg = (
            f"{TITLES[wanted]} does not encode {size[0]} x {size[1]} pixels on this machine: "
            "choose the encoder software or auto."
        )
        raise PoseViewerError(msg)
    return named[0]


@lru_cache(maxsize=64)
def encodes(encoder: Encoder, size: tuple[int, int]) -> bool:
    """Whether an encoder really works here: it encodes frames, and they decode to what they were.

    Args:
        encoder: Which.
        size: Width and height of the frames.
    """
    node = _NODES.get(encoder.family)
    if sys.platform == "linux" and node is not None and not os.path.exists(node):
        return False
    width, height = (side + side % 2 for side in size)
    pictures = [_ramp(number, width, height) for number in range(_TRIED)]
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as out:
            stream = encoder.add_to(out, size=(width, height), fps=Fraction(30), crf=20)
            packets = []
            for number, pixels in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame = frame.reformat(format=encoder.pixel_format)
                frame.pts, frame.time_base = number, Fraction(1, 30)
                packets += stream.encode(frame)
            packets += stream.encode(None)
            decoder = av.CodecContext.create(encoder.decoder, "r")
            assert isinstance(decoder, VideoCodecContext)
            if (extra := stream.codec_context.extradata) is not None:
                decoder.extradata = extra
            shown = [frame for packet in packets for frame in decoder.decode(packet)]
            shown += decoder.decode(None)
    except (av.FFmpegError, UnknownCodecError, OSError, ValueError, RuntimeError):
        return False
    if len(shown) != _TRIED:
        return False
    back = [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in shown]
    apart = [float(np.abs(a - b).mean()) for a, b in zip(back, pictures, strict=True)]
    return max(apart) < _APART


def _ramp(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A soft picture that moves, without fine colours, which 4:2:0 would lose."""
    x, y = np.arange(width), np.arange(height)
    ramp = 40 + 150 * (x[None] + y[:, None] + 12 * number) / (width + height + 12 * _TRIED)
    return np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)


def _steady() -> dict[str, str]:
    """What makes x264 give the same file for the same frames.

    Its AVX-512 code of macroblock trees (mbtree) reads beyond the small pictures that it looks
    ahead in: 200 runs of four frames of 320 x 240 gave fifteen files. AVX2 gives one, in the same
    time.
    """
    return {"x264-params": "asm=avx2"} if cv2.checkHardwareSupport(_AVX2) else {}


def _options(encoder: Encoder, crf: int, preset: str) -> dict[str, str]:
    """What asks an encoder for the quality that x264 has at `crf`."""
    match encoder.family, encoder.name:
        case _, "libx264":
            # A tenth less time than the preset's own search; size within 2 %, 0.1 dB at most.
            return {"preset": preset, "crf": str(crf), "motion-est": "dia"} | _steady()
        case _, "libvpx-vp9":
            asked = {"crf": str(min(crf + _VP9_MORE, 63)), "b:v": "0", "row-mt": "1"}
            return asked | {"deadline": "realtime", "cpu-used": "6"}
        case "nvenc", _:
            return {"rc": "vbr", "cq": str(crf + 1), "b": "0", "preset": "p4"}
        case "qsv", _:
            return {"global_quality": str(crf + 1), "preset": "fast"}
        case "vaapi", "vp9_vaapi":
            # VP9 counts to 255.
            return {"rc_mode": "CQP", "global_quality": str(4 * (crf - 3))}
        case "vaapi", _:
            return {"rc_mode": "CQP", "qp": str(crf + 1)}
        case "mediafoundation", _:
            # Without it Windows encodes in software of its own.
            return {"hw_encoding": "1"}
    return {}
