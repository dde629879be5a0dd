"""The table of a container's presentation times, made without decoding anything.

A pass over the packets says when every frame is shown and from which key frame it can be
decoded, so that frame N means the same picture however it is reached. Packets that an edit
list hides are left out, but a hidden key frame is kept as a place to start decoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_REORDERING = frozenset({"h264", "hevc", "vvc"})
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True, slots=True, eq=False)
class PtsIndex:
    """When each frame of a video stream is shown, and where decoding must begin for it."""

    pts: NDArray[np.int64]
    """(frames,) presentation times in units of `time_base`, rising."""

    key: NDArray[np.int64]
    """(frames,) row of `key_pts` from which the frame can be decoded."""

    key_pts: NDArray[np.int64]
    """(keys,) presentation times of key frames in decoding order, hidden ones too."""

    time_base: Fraction
    """Seconds per unit."""

    end: int
    """When the last frame leaves the screen, in units of `time_base`."""

    timed: bool = True
    """False where the container knows no presentation times: frames are counted from the start."""

    cut_short: bool = False
    """Whether the stream broke off before the end that the container promises."""

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.pts)

    @property
    def rate(self) -> float:
        """Average frames per second; 0 for a single frame."""
        if len(self.pts) < 2:
            return 0.0
        return (len(self.pts) - 1) / float(int(self.pts[-1] - self.pts[0]) * self.time_base)

    def number(self, pts: int) -> int | None:
        """Return the frame shown from `pts` on, or None where no frame begins then."""
        at = int(np.searchsorted(self.pts, pts))
        return at if at < len(self.pts) and self.pts[at] == pts else None

    def first_of(self, key: int) -> int:
        """Return the first frame that is shown no earlier than key frame `key`."""
        return int(np.searchsorted(self.pts, self.key_pts[key]))

    def starting_at(self, pts: int) -> PtsIndex:
        """Return the index without frames before `pts`, which turned out to be undecodable."""
        shown = self.pts >= pts
        return PtsIndex(
            self.pts[shown],
            self.key[shown],
            self.key_pts,
            self.time_base,
            self.end,
            self.timed,
            self.cut_short,
        )


def index_stream(container: InputContainer, stream: VideoStream) -> PtsIndex:
    """Index a stream by reading all of its packets; the container is left at its end.

    Args:
        container: Open at its beginning. Its other streams are discarded.
        stream: The pictures.

    Returns:
        The index; empty where the stream holds no packet that can be shown. `timed` is
        False where packets carry no usable times, and then the index is empty too:
        `count_stream` must be asked.
    """
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    packets, broken = _read(container, stream)
    corrupt_end = bool(packets) and packets[-1][4]
    while packets and packets[-1][4]:
        packets.pop()
    time_base = stream.time_base or 1 / _FALLBACK_RATE
    if _untimed(container, stream, packets):
        return PtsIndex(*_empty(), time_base, 0, timed=False, cut_short=broken or corrupt_end)
    index = _arrange(packets, time_base=time_base)
    short = broken or corrupt_end or _promises_more(container, stream, packets, index)
    return PtsIndex(
        index.pts, index.key, index.key_pts, index.time_base, index.end, cut_short=short
    )


def count_stream(container: InputContainer, stream: VideoStream) -> PtsIndex:
    """Index a stream without times by decoding it all; frames are evenly spaced.

    Args:
        container: At its beginning.
        stream: The pictures of, say, a raw H.264 file or H.264 with B-frames in AVI.
    """
    count, broken = 0, False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.FFmpegError:
            broken = True
            break
        try:
            count += len(stream.codec_context.decode(packet))
        except av.FFmpegError:
            continue
    rate = stream.average_rate or stream.guessed_rate or _FALLBACK_RATE
    pts = np.arange(count, dtype=np.int64)
    zero = np.zeros(count, np.int64)
    return PtsIndex(
        pts, zero, np.zeros(1, np.int64), 1 / Fraction(rate), count, timed=False, cut_short=broken
    )


_Row = tuple[int | None, int, bool, bool, bool]
"""pts, duration, key frame, hidden, corrupt"""


def _read(container: InputContainer, stream: VideoStream) -> tuple[list[_Row], bool]:
    """Read every packet in decoding order, and whether reading ended in an error."""
    rows: list[_Row] = []
    packets: Iterator[Packet[VideoStream]] = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return rows, False
        except av.FFmpegError:
            return rows, True
        if packet.size:
            rows.append(
                (
                    packet.pts,
                    packet.duration or 0,
                    packet.is_keyframe,
                    packet.is_discard,
                    packet.is_corrupt,
                )
            )


def _untimed(container: InputContainer, stream: VideoStream, rows: list[_Row]) -> bool:
    """Return whether packet times are missing, or are decoding times that only look like them."""
    if any(row[0] is None for row in rows):
        return True
    # AVI stores no times. FFmpeg derives them for MPEG-4 part 2, but not for codecs whose
    # reordering it cannot see without decoding.
    derived = container.format.name == "avi" and stream.codec_context.name in _REORDERING
    return derived and stream.codec_context.has_b_frames


def _arrange(rows: list[_Row], *, time_base: Fraction) -> PtsIndex:
    """Put packets with times into presentation order."""
    key_pts: list[int] = []
    shown: dict[int, tuple[int, int]] = {}
    for pts, duration, is_key, hidden, _ in rows:
        if pts is None:
            continue
        if is_key:
            key_pts.append(pts)
        if not key_pts or hidden or pts in shown:
            continue
        # Leading pictures of an open GOP follow their key frame but need the one before it.
        key = len(key_pts) - 1
        while key > 0 and key_pts[key] > pts:
            key -= 1
        shown[pts] = (key, duration)
    times = sorted(shown)
    if not times:
        return PtsIndex(*_empty(), time_base, 0)
    last = times[-1]
    length = shown[last][1] or (last - times[-2] if len(times) > 1 else 0)
    keys = np.array([shown[pts][0] for pts in times], np.int64)
    # Rising in any case, even where damage scrambled the times; an earlier key frame always does.
    keys = np.minimum.accumulate(keys[::-1])[::-1]
    return PtsIndex(
        np.array(times, np.int64), keys, np.array(key_pts, np.int64), time_base, last + length
    )


def _promises_more(
    container: InputContainer, stream: VideoStream, rows: list[_Row], index: PtsIndex
) -> bool:
    """Return whether the header promises clearly more than was found."""
    if stream.frames:
        return stream.frames > len(rows) + 1
    if len(container.streams) > 1 or not container.duration or not len(index):
        return False
    promised = container.duration / 1_000_000
    found = float(int(index.end - index.pts[0]) * index.time_base)
    return promised - found > max(1.0, 0.05 * promised)


def _empty() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    nothing = np.zeros(0, np.int64)
    return nothing, nothing, nothing
