"""The sound of a file, copied packet for packet into another one where that can hold it."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.container import file_container
from poseviewer.video.sound_encoder import EncodedSound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

    from poseviewer.core.timeline import Piece


def open_sound(
    source: str,
    out: OutputContainer,
    *,
    end: Fraction | None,
    shifts: Sequence[Fraction] = (),
    pieces: Sequence[Piece] = (),
) -> Sound | EncodedSound:
    """Add the sound of the file `source` to `out`, which must not have begun.

    It is copied where `out` can hold it and it plays as it is, and encoded anew otherwise.

    Args:
        source: A file; it may have no sound, or be no video at all.
        out: Where the packets go.
        end: When on the source's clock the sound stops; None for its own end.
        shifts: Seconds to add in each part of a source whose clock starts over or jumps.
        pieces: When what is heard, where that differs from the source's own times.
    """
    try:
        container = file_container(source)
    except (av.FFmpegError, OSError, PoseViewerError):
        return Sound(None, out, end=end)
    if not container.streams.audio:
        container.close()
        return Sound(None, out, end=end)
    codec = container.streams.audio[0].codec_context
    if codec is None:
        container.close()
        notice = f"The sound of {os.path.basename(source)} was left out: its codec is unknown."
        return Sound(None, out, end=end, notice=notice)
    if not pieces and codec.codec.canonical_name in out.supported_codecs:
        return Sound(container, out, end=end, shifts=shifts)
    packets = container.demux(container.streams.audio[0])
    joined = len(shifts) > 1
    packets = _going_on(packets, shifts) if joined else packets
    return EncodedSound(container, packets, out, pieces=pieces, end=end, seekable=not joined)


class Sound:
    """The first sound track of a source on its way into an output, cut to a range."""

    def __init__(
        self,
        container: InputContainer | None,
        out: OutputContainer,
        *,
        end: Fraction | None,
        shifts: Sequence[Fraction] = (),
        notice: str | None = None,
    ) -> None:
        """Use `open_sound` instead."""
        self.notice = notice
        """Why there is no sound, where it cannot be read."""
        self._container, self._out, self._end = container, out, end
        self._start: Fraction | None = None
        self._target: AudioStream | None = None
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._held: Packet[AudioStream] | None = None
        if container is not None:
            template = container.streams.audio[0]
            self._target = out.add_stream_from_template(template)
            self._packets = container.demux(template)
            if len(shifts) > 1:
                self._packets = _going_on(self._packets, shifts)

    def begin(self, start: Fraction) -> None:
        """Time zero of the output is `start` seconds on the source's clock."""
        self._start = start

    def copy_until(self, seconds: Fraction) -> None:
        """Copy what begins up to `seconds` of the output."""
        while True:
            packet = self._held or next(self._packets, None)
            self._held = None
            if packet is None:
                return
            if packet.pts is None or not packet.size:
                continue
            if self._start is not None and packet.pts * packet.time_base - self._start > seconds:
                self._held = packet
                return
            self._copy(packet)

    def copy_rest(self) -> None:
        """Copy the remaining sound of the range."""
        if self._held is not None:
            self._copy(self._held)
            self._held = None
        for packet in self._packets:
            if packet.pts is not None and packet.size:
                if self._end is not None and packet.pts * packet.time_base >= self._end:
                    return
                self._copy(packet)

    def close(self) -> None:
        """Give the source back; safe to call twice."""
        self._packets, self._held = iter(()), None
        if self._container is not None:
            self._container.close()

    def _copy(self, packet: Packet[AudioStream]) -> None:
        """Copy one packet, moved to the output's time, unless it lies outside of the range."""
        if self._start is None or self._target is None or packet.pts is None:
            return
        base = packet.time_base
        if self._end is not None and packet.pts * base >= self._end:
            return
        shift = round(self._start / base)
        if packet.pts < shift and not self._primes(packet, shift):
            return
        packet.pts -= shift
        packet.dts = packet.pts
        packet.stream = self._target
        self._out.mux_one(packet)

    def _primes(self, packet: Packet[AudioStream], shift: int) -> bool:
        """Return whether a hidden packet only warms the decoder up for time zero.

        Matroska would delay the picture for it, since its times cannot be negative.
        """
        if not packet.is_discard or packet.pts is None or self._out.format.name == "matroska":
            return False
        return packet.pts + (packet.duration or 0) >= shift


_BACK, _AHEAD = Fraction(1, 10), 10
"""Seconds by which a clock that starts over, or jumps, does so at least."""


def _going_on(
    packets: Iterator[Packet[AudioStream]], shifts: Sequence[Fraction]
) -> Iterator[Packet[AudioStream]]:
    """Yield packets whose times go on where the clock starts over, as those of the picture do."""
    part, before, last = 0, None, None
    for packet in packets:
        if packet.pts is None or not packet.size:
            continue
        step = Fraction(0) if before is None else (packet.pts - before) * packet.time_base
        if part + 1 < len(shifts) and (step < -_BACK or step > _AHEAD):
            part += 1
        before = packet.pts
        packet.pts += round(shifts[part] / packet.time_base)
        # The end of one part may overlap the start of the next.
        if last is None or packet.pts > last:
            last = packet.pts
            yield packet
