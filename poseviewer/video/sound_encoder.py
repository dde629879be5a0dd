"""The sound of a file, decoded, put in step with an export's times, and encoded.

What plays at another speed is stretched without changing its pitch (FFmpeg's `atempo`), what stands
still is silent. Every piece gets exactly as many samples as its picture takes, so nothing drifts.

| container | codec |
|---|---|
| webm | Opus |
| mp4, mov, mkv | AAC |
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.filter
import numpy as np
from av.audio.stream import AudioStream

from poseviewer.core.timeline import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from numpy.typing import NDArray

_CODECS = {"webm": "libopus"}
_USUAL = "aac"
_BITS = 96_000
"""A second and channel."""

_CHUNK = 4096
"""Samples that are read, stretched and encoded at a time."""

_SLACK = Fraction(1, 25)
"""Seconds by which the times of decoded sound may lie beside the count of its samples."""

_EVER = 10**6
"""Seconds after which no sound is looked for."""

_EARLIER = 2
"""Seconds before a place at which decoding begins there."""


class EncodedSound:
    """The first sound track of a source on its way into an output, at the output's times.

    It has the methods of `Sound`.

    Args:
        container: The source, which has sound; closed with this.
        packets: Of its first sound track, in order.
        out: Where the packets go; it must not have begun.
        pieces: When what is shown; the source's own times from where `begin` says where empty.
        end: When on the source's clock the sound stops, where there are no pieces.
        seekable: Whether the source's clock goes on, so that a place in it can be sought.
    """

    notice: str | None = None

    def __init__(
        self,
        container: InputContainer,
        packets: Iterator[Packet[AudioStream]],
        out: OutputContainer,
        *,
        pieces: Sequence[Piece] = (),
        end: Fraction | None = None,
        seekable: bool = True,
    ) -> None:
        self._container, self._out = container, out
        self._pieces, self._end, self._seekable = tuple(pieces), end, seekable
        source = container.streams.audio[0]
        name = _CODECS.get(out.format.name, _USUAL)
        self._rate = _rate(name, source.rate)
        self._layout = "mono" if source.channels == 1 else "stereo"
        channels = 1 if self._layout == "mono" else 2
        stream = out.add_stream(name, rate=self._rate, layout=self._layout)
        assert isinstance(stream, AudioStream)
        self._stream = stream
        self._stream.bit_rate = _BITS * channels
        self._samples = _Samples(packets, rate=self._rate, layout=self._layout)
        self._line: Iterator[NDArray[np.float32]] = iter(())
        self._count = 0
        self._endless = False

    def begin(self, start: Fraction) -> None:
        """Time zero of the output is `start` seconds on the source's clock, if no pieces say it."""
        if not self._pieces:
            # Without an end, the sound goes on to its own.
            self._endless = self._end is None
            end = start + _EVER if self._end is None else self._end
            self._pieces = (Piece(start, end, Fraction(0), end - start),)
        self._seek(self._pieces[0].begin)
        self._line = self._all()

    def copy_until(self, seconds: Fraction) -> None:
        """Encode what begins up to `seconds` of the output."""
        while self._count <= seconds * self._rate:
            samples = next(self._line, None)
            if samples is None:
                return
            self._put(samples)

    def copy_rest(self) -> None:
        """Encode the remaining sound, and what the encoder holds back."""
        for samples in self._line:
            self._put(samples)
        self._mux(self._stream.encode(None))

    def close(self) -> None:
        """Give the source back; safe to call twice."""
        self._line = iter(())
        self._container.close()

    def _seek(self, begin: Fraction) -> None:
        stream = self._container.streams.audio[0]
        if self._seekable and begin > _EARLIER and stream.time_base is not None:
            with contextlib.suppress(av.FFmpegError):
                place = int((begin - _EARLIER) / stream.time_base)
                self._container.seek(place, stream=stream)

    def _put(self, samples: NDArray[np.float32]) -> None:
        if not samples.shape[1]:
            return
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.rate, frame.pts = self._rate, self._count
        frame.time_base = Fraction(1, self._rate)
        self._count += samples.shape[1]
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: Sequence[Packet[AudioStream]]) -> None:
        for packet in packets:
            self._out.mux_one(packet)

    def _all(self) -> Iterator[NDArray[np.float32]]:
        for piece in self._pieces:
            first = round(piece.shown * self._rate)
            count = round((piece.shown + piece.length) * self._rate) - first
            begin, end = round(piece.begin * self._rate), round(piece.end * self._rate)
            if piece.stands:
                yield from self._silence(count)
            elif piece.length == piece.end - piece.begin:
                yield from self._plain(begin, count)
            else:
                yield from self._stretched(begin, end, count)

    def _silence(self, count: int) -> Iterator[NDArray[np.float32]]:
        for at in range(0, count, _CHUNK):
            yield self._samples.silence(min(_CHUNK, count - at))

    def _plain(self, begin: int, count: int) -> Iterator[NDArray[np.float32]]:
        for at in range(0, count, _CHUNK):
            if self._endless and self._samples.ended:
                return
            yield self._samples.read(begin + at, min(_CHUNK, count - at))

    def _stretched(self, begin: int, end: int, count: int) -> Iterator[NDArray[np.float32]]:
        """Sound at another speed, cut or filled up to `count` samples."""
        graph = _tempo(self._rate, self._layout, Fraction(end - begin, max(count, 1)))
        left = count
        for at in range(begin, end, _CHUNK):
            taken = self._samples.read(at, min(_CHUNK, end - at))
            frame = av.AudioFrame.from_ndarray(taken, format="fltp", layout=self._layout)
            frame.rate, frame.pts = self._rate, at - begin
            frame.time_base = Fraction(1, self._rate)
            graph.push(frame)
            for made in _pulled(graph):
                taken, left = made[:, :left], max(left - made.shape[1], 0)
                yield taken
        graph.push(None)
        for made in _pulled(graph):
            taken, left = made[:, :left], max(left - made.shape[1], 0)
            yield taken
        yield from self._silence(left)


class _Samples:
    """Decoded sound, read in order.

    Args:
        packets: Of a sound track.
        rate: Samples a second that are given.
        layout: Of their channels.
    """

    def __init__(self, packets: Iterator[Packet[AudioStream]], *, rate: int, layout: str) -> None:
        self._frames = self._decoded(packets, av.AudioResampler("fltp", layout, rate))
        self._rate, self._channels = rate, 1 if layout == "mono" else 2
        self._parts: list[tuple[int, NDArray[np.float32]]] = []
        """Samples that may be read yet, each with its place from second 0 of the source's clock."""
        self._after: int | None = None
        """The place after the newest part; None before the first."""
        self.ended = False
        """Whether the source has no more."""

    def silence(self, count: int) -> NDArray[np.float32]:
        """Return as many samples (channels, count) of nothing."""
        return np.zeros((self._channels, count), np.float32)

    def read(self, begin: int, count: int) -> NDArray[np.float32]:
        """Return `count` samples from `begin` on, which is not before what was read last.

        Args:
            begin: In samples from second 0 of the source's clock.
            count: How many.

        Returns:
            (channels, count); silence where the source has nothing.
        """
        end = begin + count
        while not self.ended and (self._after is None or self._after < end):
            self._take(begin)
        wanted = self.silence(count)
        for place, samples in self._parts:
            low, high = max(place, begin), min(place + samples.shape[1], end)
            if low < high:
                wanted[:, low - begin : high - begin] = samples[:, low - place : high - place]
        self._parts = [part for part in self._parts if part[0] + part[1].shape[1] > end]
        return wanted

    def _take(self, begin: int) -> None:
        """Decode the next part; one that ends before `begin` is dropped."""
        frame = next(self._frames, None)
        if frame is None:
            self.ended = True
            return
        samples, place = _planes(frame), self._after
        if frame.pts is not None and frame.time_base is not None:
            said = round(frame.pts * frame.time_base * self._rate)
            # Times that are rounded must not cut samples out or apart.
            if place is None or abs(said - place) > _SLACK * self._rate:
                place = said
        place = place or 0
        self._after = place + samples.shape[1]
        if self._after > begin:
            self._parts.append((place, samples))

    def _decoded(
        self, packets: Iterator[Packet[AudioStream]], resampler: av.AudioResampler
    ) -> Iterator[av.AudioFrame]:
        for packet in packets:
            try:
                frames = packet.decode()
            except av.FFmpegError:
                # What is damaged is silent.
                continue
            for frame in frames:
                yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _rate(codec: str, wanted: int) -> int:
    """The nearest rate that an encoder takes, not below the source's if there is one."""
    rates = av.Codec(codec, "w").audio_rates or [wanted]
    return min(rates, key=lambda rate: (rate < wanted, abs(rate - wanted)))


def _tempo(rate: int, layout: str, speed: Fraction) -> av.filter.Graph:
    """The filters that play sound at another speed and the same pitch."""
    graph = av.filter.Graph()
    node = graph.add_abuffer(
        sample_rate=rate, format="fltp", layout=layout, time_base=Fraction(1, rate)
    )
    # One filter goes from half to twice as fast well, so several follow each other.
    left = float(speed)
    while left != 1:
        step = min(max(left, 0.5), 2.0)
        left = 1.0 if step == left else left / step
        after = graph.add("atempo", f"{step:.9f}")
        node.link_to(after)
        node = after
    # The filter itself has its samples interleaved.
    planes = graph.add("aformat", "sample_fmts=fltp")
    node.link_to(planes)
    planes.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph


def _pulled(graph: av.filter.Graph) -> Iterator[NDArray[np.float32]]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, av.AudioFrame):
            yield _planes(frame)


def _planes(frame: av.AudioFrame) -> NDArray[np.float32]:
    return np.asarray(frame.to_ndarray(), np.float32)
