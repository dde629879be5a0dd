"""Clips whose every frame carries its own number as a barcode in the pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

BITS = 12
BAND = 16
"""Rows of the barcode at the top of the picture."""


def numbered(number: int, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB picture of `size` (width, height) that says `number`, with something moving below."""
    width, height = size
    x = np.arange(width)
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = (x * 2 + number * 3) % 160 + 40
    picture[..., 1] = ((np.arange(height) * 3)[:, None] + number) % 140 + 50
    picture[..., 2] = 90
    block = width // BITS
    for bit in range(BITS):
        on = number >> bit & 1
        picture[:BAND, bit * block : (bit + 1) * block] = 235 if on else 16
    return picture


def number_in(pixels: NDArray[np.uint8]) -> int:
    """The number that a picture made by `numbered` says."""
    block = pixels.shape[1] // BITS
    centres = [bit * block + block // 2 for bit in range(BITS)]
    band = pixels[4 : BAND - 4]
    bits = [band[:, at - 2 : at + 3].mean() > 126 for at in centres]
    return sum(1 << bit for bit, on in enumerate(bits) if on)


def write_clip(
    path: Path,
    *,
    count: int = 60,
    codec: str = "libx264",
    size: tuple[int, int] = (192, 108),
    rate: int = 30,
    pixel_format: str = "yuv420p",
    time_base: Fraction | None = None,
    pts: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    file_format: str | None = None,
    rotation: float | None = None,
    sound: str | None = None,
    first: int = 0,
) -> list[Fraction]:
    """Write `count` numbered frames and return their exact times in seconds."""
    base = time_base or Fraction(1, rate)
    times = list(pts) if pts is not None else list(range(count))
    with av.open(str(path), "w", format=file_format, options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.time_base = base
        voice = out.add_stream(sound, rate=44100, layout="stereo") if sound else None
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for number, when in enumerate(times, start=first):
            frame = av.VideoFrame.from_ndarray(numbered(number, size=size), format="rgb24")
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = when, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            seconds = float((times[-1] - times[0]) * base) + 1 / rate
            for packet in tone(voice, seconds=seconds):
                out.mux(packet)
    return [when * base for when in times]


def tone(stream, *, seconds: float):
    """Packets of a 440 Hz tone."""
    layout, rate = "stereo", 44100
    step, at = stream.codec_context.frame_size or 1024, 0
    kind = stream.codec_context.format.name if stream.codec_context.format else "fltp"
    while at < seconds * rate:
        wave = np.sin(2 * np.pi * 440 / rate * np.arange(at, at + step)) * 0.3
        samples = np.stack([wave, wave]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        if kind != "fltp":
            for out in av.AudioResampler(format=kind, layout=layout, rate=rate).resample(frame):
                yield from stream.encode(out)
        else:
            yield from stream.encode(frame)
        at += step
    yield from stream.encode(None)
