"""Stream headers inside packets, which may change the shape of pixels in the middle."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

_READ = 4096
"""Bytes of a key frame in which its header is looked for."""

_START = b"\x00\x00\x01"


class HeaderWatch:
    """Notes with which packets the header of a stream changes, and what shapes they say."""

    def __init__(self, stream: VideoStream) -> None:
        """Watch `stream`."""
        self._stream = stream
        self._codec = stream.codec_context.name
        self._known: dict[bytes, tuple[int, bytes]] = {}
        self.present = 0
        """Number of the header in force."""

    def see(self, packet: Packet[VideoStream]) -> None:
        """Look at a packet, in decoding order."""
        if packet.is_keyframe:
            header = header_of(self._codec, bytes(memoryview(packet)[:_READ]))
            if header:
                if header not in self._known:
                    self._known[header] = len(self._known), bytes(packet)
                self.present = self._known[header][0]

    def shapes(self) -> tuple[Fraction, ...]:
        """Return the shape of pixels under each header; empty where there is one for all.

        What the container says of the whole stream is believed before what packets say.
        """
        if len(self._known) < 2:
            return ()
        shapes = tuple(self._shape(coded) for _, coded in self._known.values())
        own = self._stream.sample_aspect_ratio or Fraction(0)
        return shapes if len(set(shapes)) > 1 and shapes[0] == own else ()

    def _shape(self, coded: bytes) -> Fraction:
        decoder = cast("VideoCodecContext", av.CodecContext.create(self._codec, "r"))
        decoder.extradata = self._stream.codec_context.extradata
        decoder.thread_count = 1
        try:
            decoder.decode(av.Packet(coded))
            decoder.decode(None)
        except av.FFmpegError:
            return Fraction(0)
        return decoder.sample_aspect_ratio or Fraction(0)


def header_of(codec: str, coded: bytes) -> bytes:
    """Return the part at the start of a key frame that says size and shape; empty if none does."""
    if codec in ("mpeg1video", "mpeg2video"):
        at = coded.find(_START + b"\xb3")
        return coded[at + 4 : at + 8] if at >= 0 else b""
    if codec not in ("h264", "hevc"):
        return b""
    for unit in coded.split(_START)[1:]:
        # ISO/IEC 14496-10, 7.3.1 and 23008-2, 7.3.1.2: sequence parameter sets.
        kind = unit[:1] and (unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F)
        if kind == (7 if codec == "h264" else 33):
            return unit.rstrip(b"\0")
    return b""
