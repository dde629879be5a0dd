"""The table of a container's frames: when each is shown, and where decoding begins for it.

A pass over the packets says so without decoding, where every packet has a time of its own. Where
times are missing, equal, start over or are only guessed, packets are known by their place in the
file instead, and the decoder is asked for their order if nothing else tells it. Packets that an
edit list hides are left out, but a hidden key frame is kept as a place to start decoding.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np

from poseviewer.video.headers import HeaderWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_REORDERING = frozenset({"h264", "hevc", "vvc"})
_RAW = frozenset(
    {"av1", "avs2", "avs3", "cavsvideo", "dirac", "evc", "h261", "h263", "h264", "hevc", "m4v",
     "jpeg_pipe", "mjpeg", "mpegvideo", "obu", "vc1", "vvc"}
)  # fmt: skip
"""Formats that are a stream without a container, which FFmpeg gives 25 frames a second."""
_FALLBACK_RATE = Fraction(25)
_RATES = (Fraction(1, 10), Fraction(2000))
"""Frames per second that a stream's own header is believed."""
_FINEST = 5040
"""Parts that a tick of the container is divided into at most, where frames share one."""
_DISCONTINUOUS = 0x0200
"""AVFMT_TS_DISCONT: formats whose clock may jump in the middle."""
_GAP = 10
"""Seconds without a picture after which such a clock has jumped, as FFmpeg's own tools judge."""


@dataclass(frozen=True, slots=True, eq=False)
class PtsIndex:
    """When each frame of a video stream is shown, and where decoding must begin for it."""

    pts: NDArray[np.int64]
    """(frames,) presentation times in units of `time_base`, rising."""

    key: NDArray[np.int64]
    """(frames,) row of `key_ids` from which the frame can be decoded."""

    key_ids: NDArray[np.int64]
    """(keys,) ids of key frames in decoding order, hidden ones too."""

    key_first: NDArray[np.int64]
    """(keys,) the first frame that is shown no earlier than the key frame."""

    time_base: Fraction
    """Seconds per unit."""

    end: int
    """When the last frame leaves the screen, in units of `time_base`."""

    ids: NDArray[np.int64]
    """(frames,) what the decoder's picture of a frame carries in `pts`: the packet's own time, or
    its place in decoding order."""

    by_id: NDArray[np.int64]
    """(frames,) the frames in the order of their ids."""

    places: Places | None = None
    """How packets are recognised after a seek; None where their own times are their ids."""

    cut_short: bool = False
    """Whether the stream broke off before the end that the container promises."""

    shifts: tuple[Fraction, ...] = ()
    """Seconds added to the container's times in each part, where its clock starts over or jumps."""

    shared: bool = False
    """Whether several frames had one time in the container, and were spread evenly."""

    assumed_rate: bool = False
    """Whether nothing in the file says how fast it plays."""

    shapes: tuple[Fraction, ...] = ()
    """Shapes of pixels that the stream's headers say; empty where they are the same throughout."""

    header: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(frames,) row of `shapes`; empty with them."""

    nominal: tuple[Fraction, ...] = ()
    """Frames per second that headers name."""

    tick: Fraction = Fraction(0)
    """Seconds that the container's clock is exact to."""

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.pts)

    @property
    def rate(self) -> float:
        """Average frames per second; 0 for a single frame.

        It is the one that a header names where the times agree with it as exactly as they can.
        """
        steps = len(self.pts) - 1
        if steps < 1:
            return 0.0
        span = int(self.pts[-1] - self.pts[0]) * self.time_base
        named = (one for one in self.nominal if abs(steps / one - span) <= self.tick)
        return float(next(named, steps / span))

    def shape(self, number: int) -> Fraction | None:
        """Return the shape of the pixels of a frame where headers differ; else None."""
        return self.shapes[self.header[number]] if self.shapes else None

    def number(self, name: int) -> int | None:
        """Return the frame with an id, or None where that is not shown."""
        at = int(np.searchsorted(self.ids, name, sorter=self.by_id))
        number = int(self.by_id[at]) if at < len(self.ids) else 0
        return number if at < len(self.ids) and self.ids[number] == name else None

    def first_of(self, key: int) -> int:
        """Return the first frame that is shown no earlier than key frame `key`."""
        return int(self.key_first[key])

    def starting_at(self, first: int) -> PtsIndex:
        """Return the index without the frames before `first`, which turned out undecodable."""
        return replace(
            self,
            pts=self.pts[first:],
            key=self.key[first:],
            key_first=np.maximum(self.key_first - first, 0),
            header=self.header[first:],
            ids=self.ids[first:],
            by_id=np.argsort(self.ids[first:]),
        )


@dataclass(frozen=True, slots=True)
class Places:
    """Where the packets of a stream lie that are known by their place in decoding order."""

    serials: Mapping[tuple[int | None, int], int]
    """The packet of a position in the file and a size, where these are its own alone."""

    aims: Mapping[int, int]
    """What to seek to for a key frame: a byte, or a decoding time."""

    bytes: bool
    """Whether aims are bytes."""


class _Row(NamedTuple):
    """A packet of the stream."""

    pts: int | None
    dts: int | None
    duration: int
    key: bool
    hidden: bool
    corrupt: bool
    pos: int | None
    size: int
    header: int


def index_stream(
    container: InputContainer,
    stream: VideoStream,
    *,
    decoded: Callable[[], list[int]],
    distrust: bool = False,
) -> PtsIndex:
    """Index a stream by reading all of its packets; the container is left at its end.

    Args:
        container: Open at its beginning. Its other streams are discarded.
        stream: The pictures.
        decoded: Decodes the whole stream, for the places of its packets in the order in which
            they are shown; called only where the packets do not tell.
        distrust: Packets are not what is shown one for one: ask the decoder in any case.

    Returns:
        The index; empty where the stream holds no packet that can be shown.
    """
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    watch = HeaderWatch(stream)
    rows, packed, broken = _read(container, stream, watch)
    corrupt_end = bool(rows) and rows[-1].corrupt
    while rows and rows[-1].corrupt:
        rows.pop()
    if packed or _guessed(container, stream):
        rows = [row._replace(pts=None) for row in rows]
    starts = _restarts(container, stream, rows)
    ordered = not distrust and all(row.pts is not None for row in rows)
    shown = [at for at, row in enumerate(rows) if not row.hidden]
    unique = ordered and len({rows[at].pts for at in shown}) == len(shown)
    if unique and not starts:
        index = _timed(stream, rows)
    else:
        index = _numbered(container, stream, rows, starts, ordered=ordered, decoded=decoded)
    short = broken or corrupt_end or _promises_more(container, stream, rows, index)
    return replace(
        index,
        cut_short=short,
        assumed_rate=container.format.name in _RAW and not stream.codec_context.framerate,
        shapes=watch.shapes(),
        nominal=_nominal(stream),
        tick=stream.time_base or Fraction(0),
    )


def _nominal(stream: VideoStream) -> tuple[Fraction, ...]:
    """Return the frames per second that the stream's headers name, its own first."""
    low, high = _RATES
    named = stream.codec_context.framerate, stream.average_rate, stream.guessed_rate
    return tuple(one for one in named if one and low <= one <= high)


def _read(
    container: InputContainer, stream: VideoStream, watch: HeaderWatch
) -> tuple[list[_Row], bool, bool]:
    """Read every packet in decoding order.

    Returns:
        The packets; whether several pictures are packed into one; whether reading ended in an
        error.
    """
    rows: list[_Row] = []
    packed = False
    codec = stream.codec_context.name
    packets: Iterator[Packet[VideoStream]] = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return rows, packed, False
        except av.FFmpegError:
            return rows, packed, True
        if not packet.size:
            continue
        if codec == "mpeg4" and len(rows) < 1:
            packed = _packs(bytes(packet)) or _packs(stream.codec_context.extradata or b"")
        watch.see(packet)
        rows.append(
            _Row(
                packet.pts,
                packet.dts,
                packet.duration or 0,
                packet.is_keyframe,
                packet.is_discard or (codec == "vp8" and not memoryview(packet)[0] & 0x10),
                packet.is_corrupt,
                packet.pos,
                packet.size,
                watch.present,
            )
        )


def _packs(coded: bytes) -> bool:
    """Return whether DivX's mark in user data says that P and B pictures share a packet."""
    at = coded.find(b"\x00\x00\x01\xb2DivX")
    return at >= 0 and b"p" in coded[at + 8 : at + 28].split(b"\0")[0]


def _guessed(container: InputContainer, stream: VideoStream) -> bool:
    """Return whether packets' presentation times are decoding times that only look like them."""
    # AVI stores no times. FFmpeg derives them for MPEG-4 part 2, but not for codecs whose
    # reordering it cannot see without decoding.
    derived = container.format.name == "avi" and stream.codec_context.name in _REORDERING
    return derived and stream.codec_context.has_b_frames


def _restarts(container: InputContainer, stream: VideoStream, rows: Sequence[_Row]) -> list[int]:
    """Return the packets with which the clock starts over, or jumps where that is common."""
    known = [(at, row.dts) for at, row in enumerate(rows) if row.dts is not None]
    base = stream.time_base or Fraction(1, 1000)
    jumps = bool(container.format.flags & _DISCONTINUOUS)
    found = []
    for (_, before), (at, now), (_, after) in zip(
        known, known[1:], [*known[2:], *known[-1:]], strict=False
    ):
        # One time alone that runs back is damage.
        back = now < before and after < before
        if (back and (rows[at].key or (before - now) * base > 1)) or (
            jumps and (now - before) * base > _GAP and after >= now
        ):
            found.append(at)
    return found


def _timed(stream: VideoStream, rows: Sequence[_Row]) -> PtsIndex:
    """Index packets whose times are their own."""
    base = stream.time_base or 1 / _FALLBACK_RATE
    first = next((at for at, row in enumerate(rows) if row.key), 0)
    # None where the stream is timed has been excluded; damage may still have doubled a time.
    order = sorted(
        (at for at in range(first, len(rows)) if not rows[at].hidden),
        key=lambda at: rows[at].pts or 0,
    )
    times = [rows[at].pts or 0 for at in order]
    ids = [row.pts or 0 for row in rows]
    step = times[-1] - times[-2] if len(times) > 1 else 0
    length = (rows[order[-1]].duration or step) if order else 0
    return _arranged(
        rows,
        order,
        times,
        ids,
        first_after=lambda key: bisect_left(times, ids[key]),
        base=base,
        end=times[-1] + length if times else 0,
    )


def _numbered(
    container: InputContainer,
    stream: VideoStream,
    rows: Sequence[_Row],
    starts: Sequence[int],
    *,
    ordered: bool,
    decoded: Callable[[], list[int]],
) -> PtsIndex:
    """Index packets that are known by their place in decoding order."""
    part = np.searchsorted(np.array(starts, np.int64), np.arange(len(rows)), side="right")
    shown = [at for at, row in enumerate(rows) if not row.hidden]
    own = ordered and len({(part[at], rows[at].pts) for at in shown}) == len(shown)
    if own or (ordered and not stream.codec_context.has_b_frames):
        first = next((at for at, row in enumerate(rows) if row.key), 0)
        order = [at for at in shown if at >= first]
        if own:
            order.sort(key=lambda at: (part[at], rows[at].pts or 0))
    else:
        hidden = {at for at, row in enumerate(rows) if row.hidden}
        order = [at for at in decoded() if at < len(rows) and at not in hidden]
    times, base, shifts = _times(stream, rows, order, part)
    times, scale = _spread(times)
    step = _usual_step(times)
    index = _arranged(
        rows,
        order,
        times,
        list(range(len(rows))),
        first_after=lambda key: next((n for n, at in enumerate(order) if at > key), 0),
        base=base / scale,
        end=times[-1] + step if times else 0,
    )
    return replace(
        index,
        places=_places(container, rows),
        shifts=tuple(shift * base for shift in shifts) if starts else (),
        shared=scale > 1,
    )


def _times(
    stream: VideoStream, rows: Sequence[_Row], order: Sequence[int], part: NDArray[np.int64]
) -> tuple[list[int], Fraction, list[int]]:
    """Return when frames in their order are shown, the unit, and what was added in each part.

    Nothing was added where nothing is known and frames are counted.
    """
    base = stream.time_base or 1 / _FALLBACK_RATE
    for times in ([rows[at].pts for at in order], [rows[at].dts for at in order]):
        known = [(at, time) for at, time in enumerate(times) if time is not None]
        if not known or len(known) < len(times) / 2:
            continue
        places, stamps = np.array(known).T
        filled = np.interp(np.arange(len(times)), places, stamps)
        whole = np.rint(filled).astype(np.int64)
        joined: list[int] = []
        shifts: list[int] = []
        for _, group in groupby(range(len(order)), key=lambda at: part[order[at]]):
            # Rounding may have put neighbours in the wrong order; decoding times always are.
            one = np.sort(whole[list(group)])
            begin = joined[-1] + _usual_step(joined) if joined else int(one[0])
            shifts.append(begin - int(one[0]))
            joined.extend((one + shifts[-1]).tolist())
        return joined, base, shifts
    rate = next(iter(_nominal(stream)), _FALLBACK_RATE)
    return list(range(len(order))), 1 / rate, []


def _spread(times: Sequence[int]) -> tuple[list[int], int]:
    """Spread equal times evenly over the time until the next one.

    Returns:
        The times in parts of a unit, and the number of parts.
    """
    groups = [(time, len(list(group))) for time, group in groupby(times)]
    scale = min(lcm(*(count for _, count in groups)), _FINEST) if groups else 1
    if scale == 1:
        return list(times), 1
    nexts = [time for time, _ in groups[1:]]
    nexts.append(groups[-1][0] + max(1, _usual_step([time for time, _ in groups])))
    spread = [
        time * scale + (after - time) * scale * turn // count
        for (time, count), after in zip(groups, nexts, strict=True)
        for turn in range(count)
    ]
    return spread, scale


def _usual_step(times: Sequence[int]) -> int:
    """Return the median time between two frames; 1 for a single frame."""
    return int(np.median(np.diff(times))) if len(times) > 1 else 1


def _arranged(
    rows: Sequence[_Row],
    order: Sequence[int],
    times: Sequence[int],
    ids: Sequence[int],
    *,
    first_after: Callable[[int], int],
    base: Fraction,
    end: int,
) -> PtsIndex:
    """Return the index of the packets `order`, shown at `times`.

    `first_after` says of a key frame that is not shown which frame is the first after it.
    """
    keys = np.array([at for at, row in enumerate(rows) if row.key] or [0], np.int64)
    number_of = {at: number for number, at in enumerate(order)}
    firsts = [
        number_of[key] if key in number_of else first_after(key) if rows else 0
        for key in keys.tolist()
    ]
    own = np.array([ids[at] for at in order], np.int64)
    chosen = np.searchsorted(keys, np.array(order, np.int64), side="right") - 1
    for number, row in enumerate(chosen.tolist()):
        # Leading pictures of an open GOP follow their key frame but need the one before it.
        while row > 0 and firsts[row] > number:
            row -= 1
        chosen[number] = max(0, row)
    # Rising in any case, even where damage scrambled the times; an earlier key frame always does.
    chosen = np.minimum.accumulate(chosen[::-1])[::-1]
    return PtsIndex(
        np.array(times, np.int64),
        chosen,
        np.array([ids[key] for key in keys] if rows else [0], np.int64),
        np.array(firsts, np.int64),
        base,
        end,
        own,
        np.argsort(own),
        header=np.array([rows[at].header for at in order], np.int64),
    )


def _places(container: InputContainer, rows: Sequence[_Row]) -> Places:
    """Return how the packets of a numbered stream are found again."""
    serials: dict[tuple[int | None, int], int] = {}
    twice = set()
    for at, row in enumerate(rows):
        place = row.pos, row.size
        if row.pos is None or row.pos < 0 or serials.setdefault(place, at) != at:
            twice.add(place)
    for place in twice:
        serials.pop(place, None)
    # These formats are read from any byte on; others find key frames by their own table.
    by_bytes = container.format.name in {"mpegts", "mpeg"} or not _clocked(rows)
    aims = {}
    for at, row in enumerate(rows):
        aim = row.pos if by_bytes else row.pts if row.dts is None else row.dts
        if row.key and aim is not None:
            aims[at] = aim
    return Places(serials, aims, by_bytes)


def _clocked(rows: Sequence[_Row]) -> bool:
    return any(row.dts is not None or row.pts is not None for row in rows)


def _promises_more(
    container: InputContainer, stream: VideoStream, rows: Sequence[_Row], index: PtsIndex
) -> bool:
    """Return whether the header promises clearly more than was found."""
    if index.shifts:
        return False
    if stream.frames:
        # AVI counts empty chunks, which repeat a picture, and so do its decoding times.
        chunks = (rows[-1].dts or 0) + 1 if rows and container.format.name == "avi" else 0
        return stream.frames > max(len(rows), chunks) + 1
    if len(container.streams) > 1 or not container.duration or not len(index):
        return False
    promised = container.duration / 1_000_000
    found = float((index.end - int(index.pts[0])) * index.time_base)
    if "matroska" in container.format.name:
        # Its duration counts from zero, however late the first frame is.
        found = max(found, float(index.end * index.time_base))
    return promised - found > max(1.0, 0.05 * promised)
