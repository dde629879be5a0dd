"""Clips of every awkward kind, made here, so that what each frame says and when is known."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from poseviewer.core.video_choice import DEFAULT_CHOICE, VideoChoice
from tests.video.numbered import number_in, numbered, write_clip
from tests.video.paff import paff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SIZE = (192, 108)
COUNT = 48
B12 = {"g": "12", "bf": "3"}
B_PYRAMID = {"g": "24", "bf": "4", "b-pyramid": "normal"}
FIELD = VideoChoice(deinterlace="field")
WOVEN = VideoChoice(deinterlace="off")
HEVC = {"codec": "libx265", "options": {"x265-params": "keyint=12:bframes=3:log-level=none"}}


MPEG2 = {"codec": "mpeg2video", "options": {"g": "12", "bf": "2", "b": "4M"}}


@dataclass(frozen=True)
class Variant:
    """A clip to make, and what is known of it."""

    name: str
    """Of the file."""
    make: Callable[[Path], object]
    numbers: Sequence[int] = tuple(range(COUNT))
    """What each frame says."""
    seconds: float | None = COUNT / 30
    """From the start of the first frame to the end of the last; None where not promised."""
    rate: float | None = 30.0
    choice: VideoChoice = DEFAULT_CHOICE
    size: tuple[int, int] = SIZE
    """As shown."""
    says: str = ""
    """A part of what is said on opening."""
    read: Callable[[NDArray[np.uint8], int], int] = lambda pixels, _: number_in(pixels)
    """Reads what a frame says, given its pixels and its number."""


def clip(**options) -> Callable[[Path], object]:
    """What writes `COUNT` numbered frames."""
    return lambda path: write_clip(path, count=COUNT, **options)


def empty_chunks(path: Path) -> None:
    """H.264 with B-frames in AVI of twice the rate: every second chunk is empty."""
    write_clip(path.with_suffix(".ts"), count=COUNT, options=B12)
    with av.open(str(path.with_suffix(".ts"))) as given, av.open(str(path), "w") as out:
        template = given.streams.video[0]
        stream = out.add_stream_from_template(template)
        stream.time_base = Fraction(1, 60)
        for at, packet in enumerate(p for p in given.demux(template) if p.size):
            packet.stream = stream
            packet.time_base = Fraction(1, 60)
            packet.pts = packet.dts = at * 2
            packet.duration = 1
            out.mux_one(packet)


def joined(*counts: int, start: Sequence[int] = (), **options) -> Callable[[Path], None]:
    """What writes several files one after another, each with a clock of its own."""

    def make(path: Path) -> None:
        coded, first = b"", 0
        for at, count in enumerate(counts):
            part = path.with_name(f"part{at}{path.suffix}")
            pts = [when + (start[at] if start else 0) for when in range(count)]
            write_clip(part, count=count, first=first, pts=pts, **options)
            coded += part.read_bytes()
            first += count
        path.write_bytes(coded)

    return make


def shaped(shape: Fraction, **options) -> Callable[[Path], None]:
    """What writes frames whose pixels are not square."""

    def make(path: Path) -> None:
        with av.open(str(path), "w") as out:
            stream = out.add_stream(options.get("codec", "libx264"), rate=30)
            stream.options = dict(options.get("options", B12))
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            stream.codec_context.sample_aspect_ratio = shape
            stream.sample_aspect_ratio = shape
            if "rotation" in options:
                stream.set_display_rotation(options["rotation"])
            for number in range(options.get("count", COUNT)):
                pixels = numbered(number + options.get("first", 0), size=SIZE)
                _encode(out, stream, pixels, number)
            out.mux(stream.encode(None))

    return make


def _encode(out, stream, pixels: NDArray[np.uint8], number: int) -> None:
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame = frame.reformat(format=stream.pix_fmt)
    frame.pts, frame.time_base = number, Fraction(1, 30)
    out.mux(stream.encode(frame))


def mixed(field: int) -> int:
    """A number for a field that shares no constant bit with those of its parity."""
    return field * 1237 % 4096


def woven(first: int, *, top_first: bool) -> NDArray[np.uint8]:
    """A grey frame of two fields that say `mixed(first)` and, shown later, `mixed(first + 1)`."""
    picture = numbered(mixed(first), size=SIZE)
    later = 1 if top_first else 0
    picture[later::2] = numbered(mixed(first + 1), size=SIZE)[later::2]
    # Chroma would be mixed by a conversion that knows nothing of fields.
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def lines_of(parity: int) -> Callable[[NDArray[np.uint8]], int]:
    """What reads the number that the upper (0) or lower (1) lines say."""
    return lambda pixels: number_in(np.repeat(pixels[parity::2], 2, axis=0))


UPPER, LOWER = lines_of(0), lines_of(1)


def interlaced(*, top_first: bool, codec: str = "libx264") -> Callable[[Path], None]:
    """What writes `COUNT` fields in half as many frames."""
    order = "tff" if top_first else "bff"
    options = {
        "libx264": {"x264-params": f"{order}=1:keyint=8:bframes=2", "crf": "12"},
        "mpeg2video": {"flags": "+ildct+ilme", "g": "8", "bf": "2", "q": "2", "b": "8M"},
    }[codec]

    def make(path: Path) -> None:
        with av.open(str(path), "w") as out:
            stream = out.add_stream(codec, rate=15)
            stream.options = options
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            graph = av.filter.Graph()
            source = graph.add_buffer(
                width=SIZE[0], height=SIZE[1], format=av.VideoFormat("yuv420p"),
                time_base=Fraction(1, 15),
            )  # fmt: skip
            graph.link_nodes(source, graph.add("setfield", order), graph.add("buffersink"))
            graph.configure()
            for number in range(COUNT // 2):
                picture = woven(2 * number, top_first=top_first)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 15)
                graph.vpush(frame)
                out.mux(stream.encode(graph.vpull()))
            out.mux(stream.encode(None))

    return make


def shape_change(path: Path) -> None:
    """A stream whose pixels become square in the middle."""
    coded = b""
    for at, shape in enumerate((Fraction(4, 3), Fraction(1))):
        part = path.with_name(f"part{at}{path.suffix}")
        shaped(shape, first=at * COUNT // 2, count=COUNT // 2)(part)
        coded += part.read_bytes()
    path.write_bytes(coded)


def fields_apart(path: Path) -> None:
    """HEVC of one field a picture, upper and lower in turn."""
    params = "interlace=tff:keyint=12:bframes=2:log-level=none"
    size = SIZE[0], SIZE[1] // 2 + 10
    write_clip(path, count=COUNT, codec="libx265", size=size, options={"x265-params": params})


def field_pictures(*, whole: Iterable[int] = ()) -> Callable[[Path], None]:
    """What writes H.264 of field pictures, each in a packet of its own; `whole` frames are not."""
    single = frozenset(whole)

    def frame_of(number: int) -> NDArray[np.uint8]:
        pixels = np.full((128, SIZE[0], 3), 60, np.uint8)
        pixels[: SIZE[1]] = woven(2 * number, top_first=True)
        return pixels

    def make(path: Path) -> None:
        raw = path.with_name("raw.h264") if path.suffix != ".h264" else path
        raw.write_bytes(paff(frame_of, COUNT // 2, whole=single))
        if raw == path:
            return
        with av.open(str(raw)) as given, av.open(str(path), "w") as out:
            template = given.streams.video[0]
            stream = out.add_stream_from_template(template)
            when, frame, second = 0, 0, False
            for packet in (p for p in given.demux(template) if p.size):
                steps = 2 if frame in single else 1
                packet.stream, packet.time_base = stream, Fraction(1, 30)
                packet.pts = packet.dts = when
                packet.duration = steps
                out.mux_one(packet)
                when += steps
                second = steps == 1 and not second
                frame += not second

    return make


def several_streams(sizes: Sequence[tuple[int, int]], *, cover: bool = False):
    """What writes a file of several video streams; number n begins with frame 1000 n."""

    def make(path: Path) -> None:
        with av.open(str(path), "w") as out:
            streams = []
            for width, height in sizes:
                stream = out.add_stream("libx264", rate=30, options=B12)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                streams.append(stream)
            if cover:
                picture = out.add_stream("mjpeg", rate=30)
                picture.width, picture.height, picture.pix_fmt = 640, 480, "yuvj420p"
                picture.disposition = av.stream.Disposition.attached_pic
                _encode(out, picture, numbered(7, size=(640, 480)), 0)
                out.mux(picture.encode(None))
            for number in range(COUNT):
                for at, stream in enumerate(streams):
                    size = stream.width, stream.height
                    _encode(out, stream, numbered(number + 1000 * at, size=size), number)
            for stream in streams:
                out.mux(stream.encode(None))

    return make


def packed(path: Path) -> None:
    """MPEG-4 in AVI with P and B pictures in one packet, as DivX wrote it."""
    write_clip(path.with_suffix(".mkv"), count=COUNT, codec="mpeg4", options={"g": "12", "bf": "1"})
    mark = b"\x00\x00\x01\xb2DivX503b1393p"
    with av.open(str(path.with_suffix(".mkv"))) as given:
        template = given.streams.video[0]
        coded = [(p.pts, p.is_keyframe, bytes(p)) for p in given.demux(template) if p.size]
        chunks: list[tuple[bool, bytes]] = []
        at = 0
        while at < len(coded):
            pts, key, data = coded[at]
            if at + 1 < len(coded) and coded[at + 1][0] < pts:
                chunks += [(key, data + coded[at + 1][2]), (False, b"\x00\x00\x01\xb6\x50\x7f")]
                at += 2
            else:
                chunks.append((key, data))
                at += 1
        chunks[0] = chunks[0][0], mark + chunks[0][1]
        with av.open(str(path), "w") as out:
            stream = out.add_stream_from_template(template)
            stream.time_base = Fraction(1, 30)
            for number, (key, data) in enumerate(chunks):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, 30)
                packet.pts = packet.dts = number
                packet.is_keyframe = key
                out.mux_one(packet)


def size_change(path: Path) -> None:
    """A stream that changes its size in the middle."""
    parts = []
    for at, size in enumerate([SIZE, (144, 144)]):
        part = path.with_name(f"part{at}.h264")
        write_clip(part, count=COUNT // 2, size=size, first=at * COUNT // 2, options=B12)
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))


def _after_change(pixels: NDArray[np.uint8], index: int) -> int:
    # A square of 144 pixels fills the height of 108.
    return number_in(pixels[:, 42:150] if index >= COUNT // 2 else pixels)


def animated(path: Path) -> None:
    """An animated picture of as many formats as OpenCV writes."""
    animation = cv2.Animation()
    frames = [numbered(number, size=SIZE)[..., ::-1] for number in range(COUNT)]
    animation.frames = [np.ascontiguousarray(one) for one in frames]
    animation.durations = np.full(COUNT, 40, np.int32)
    assert cv2.imwriteanimation(str(path), animation)


def pages(path: Path) -> None:
    frames = [numbered(n, size=SIZE)[..., ::-1] for n in range(COUNT)]
    assert cv2.imwritemulti(str(path), frames)


def bright(transfer: str) -> Callable[[Path], object]:
    """HEVC of 10 bits marked as HLG or PQ."""
    marks = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    params = f"keyint=12:bframes=3:log-level=none:{marks}"
    return clip(codec="libx265", pixel_format="yuv420p10le", options={"x265-params": params})


def wrapping(path: Path) -> None:
    """A transport stream whose 33-bit clock wraps in the middle."""
    base = Fraction(1, 90000)
    start = 2**33 - 20 * 3000 - 126000
    pts = [start + 3000 * number for number in range(COUNT)]
    write_clip(path, count=COUNT, pts=pts, time_base=base, options=B12)


def without_duration(path: Path) -> None:
    write_clip(path, count=COUNT, options=B12, container_options={"live": "1"})


HS = {"rate": 1200, "time_base": Fraction(1, 1200)}
NOT_SQUARE = "its pixels are not square"


def _clocks() -> Iterable[Variant]:
    fast = COUNT / 1200
    yield Variant("hs.mkv", clip(options=B12, **HS), seconds=fast, rate=1200, says="one time")
    yield Variant(
        "hs_pyramid.mkv", clip(options=B_PYRAMID, **HS), seconds=fast, rate=1200, says="one time"
    )
    yield Variant("hs_hevc.mkv", clip(**HEVC, **HS), seconds=fast, rate=1200, says="one time")
    yield Variant(
        "hs_no_b.mkv", clip(options={"bf": "0"}, **HS), seconds=fast, rate=1200, says="one time"
    )
    yield Variant("joined.ts", joined(20, 28, options=B12), says="clock starts over")
    yield Variant("joined3.ts", joined(10, 20, 18, options=B12), says="2 times")
    later = joined(20, 28, start=(900_000, 3), options=B12)
    yield Variant("joined_back.ts", later, says="clock starts over")
    ahead = joined(20, 28, start=(0, 3000), options=B12)
    yield Variant("joined_ahead.ts", ahead, says="jumps")
    yield Variant("joined_hevc.ts", joined(20, 28, **HEVC), says="clock starts over")
    yield Variant("joined_mpeg2.ts", joined(20, 28, **MPEG2), says="clock starts over")
    # FFmpeg guesses the times of packets that a program stream gives none.
    yield Variant(
        "joined.mpg", joined(20, 28, **MPEG2), seconds=None, rate=None, says="clock starts over"
    )
    yield Variant("empty_chunks.avi", empty_chunks)
    yield Variant("packed.avi", packed)
    yield Variant("raw.hevc", clip(**HEVC))
    yield Variant("raw.m2v", clip(**MPEG2))
    yield Variant("raw_gop.h264", clip(options=B_PYRAMID))


def _shapes() -> Iterable[Variant]:
    wide = Fraction(64, 45)
    shown = (round(192 * wide), 108)
    for name in ("shape.mp4", "shape.mkv", "shape.ts"):
        yield Variant(name, shaped(wide), size=shown, says=NOT_SQUARE)
    tall = shaped(Fraction(3, 4), **MPEG2)
    yield Variant("shape_mpeg2.mpg", tall, size=(144, 108), says=NOT_SQUARE)
    for name in ("shape_change.ts", "shape_change.h264"):
        yield Variant(
            name,
            shape_change,
            size=(256, 108),
            says=NOT_SQUARE,
            # The later frames stand in the middle.
            read=lambda pixels, at: number_in(pixels if at < COUNT // 2 else pixels[:, 32:224]),
        )
    turned = shaped(Fraction(4, 3), rotation=90)
    yield Variant(
        "shape_turned.mp4",
        turned,
        size=(108, 256),
        says=NOT_SQUARE,
        read=lambda pixels, _: number_in(np.rot90(pixels, -1)),
    )
    yield from _interlaced()
    yield Variant("fields.mkv", fields_apart, size=(192, 128), says="coded field by field")
    yield from _field_pictures()
    make = interlaced(top_first=True)
    for parity, lines in enumerate((lambda p, _: UPPER(p), lambda p, _: LOWER(p))):
        yield Variant(
            f"woven{parity}.mp4",
            make,
            numbers=[mixed(field) for field in range(parity, COUNT, 2)],
            rate=15.0,
            choice=WOVEN,
            says="woven",
            read=lines,
        )


def _field_pictures() -> Iterable[Variant]:
    tall = (SIZE[0], 128)
    firsts = [mixed(number) for number in range(0, COUNT, 2)]
    for name, whole in (("paff.ts", ()), ("paff_mixed.mkv", {0, 1, 2, 9, 10, 11, 20})):
        yield Variant(
            name,
            field_pictures(whole=whole),
            numbers=firsts,
            rate=15.0,
            size=tall,
            says="it is interlaced",
            read=lambda pixels, _: UPPER(pixels[: SIZE[1]]),
        )
    yield Variant(
        "paff_fields.ts",
        field_pictures(),
        numbers=[mixed(number) for number in range(COUNT)],
        choice=FIELD,
        size=tall,
        says="each field",
        read=lambda pixels, at: (UPPER, LOWER)[at % 2](pixels[: SIZE[1]]),
    )
    yield Variant(
        "paff.h264",
        field_pictures(),
        numbers=firsts,
        # Its header says 25.
        rate=25.0,
        seconds=COUNT / 50,
        size=tall,
        says="it is interlaced",
        read=lambda pixels, _: UPPER(pixels[: SIZE[1]]),
    )


def _streams() -> Iterable[Variant]:
    two = several_streams([(96, 64), SIZE])
    yield Variant("two.mkv", two, numbers=range(1000, 1000 + COUNT), says="of 2 video streams")
    yield Variant("first_of_two.mkv", two, choice=VideoChoice(0), size=(96, 64), says="number 1 is")
    three = several_streams([SIZE, (96, 64), (128, 96)])
    yield Variant("three.mp4", three, says="of 3 video streams")
    yield Variant("cover.mp4", several_streams([SIZE], cover=True))
    yield Variant("size_change.h264", size_change, read=_after_change)
    yield Variant("hlg.mp4", bright("arib-std-b67"), says="HLG")
    yield Variant("pq.mkv", bright("smpte2084"), says="PQ")


def _pictures() -> Iterable[Variant]:
    yield Variant("anim.png", animated, rate=25.0, seconds=COUNT / 25)
    yield Variant("anim.webp", animated, rate=25.0, seconds=COUNT / 25)
    yield Variant("anim.gif", animated, rate=25.0, seconds=COUNT / 25)
    yield Variant("pages.tif", pages, rate=25.0, seconds=COUNT / 25)


def _containers() -> Iterable[Variant]:
    hidden = {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "24", "cpu-used": "4"}
    yield Variant("hidden.webm", clip(codec="libvpx", options=hidden))
    yield Variant("wrap.ts", wrapping)
    yield Variant("no_duration.mkv", without_duration)
    late = clip(options=B12, pts=range(90, 90 + COUNT))
    yield Variant("late.mkv", late)
    yield Variant("windows.wmv", clip(codec="wmv2"))


def _interlaced() -> Iterable[Variant]:
    for top_first in (True, False):
        order = "tff" if top_first else "bff"
        first = 0 if top_first else 1

        def lines(pixels: NDArray[np.uint8], index: int, first: int = first) -> int:
            return (UPPER, LOWER)[(first + index) % 2](pixels)

        def first_lines(pixels: NDArray[np.uint8], _: int, first: int = first) -> int:
            return (UPPER, LOWER)[first](pixels)

        for codec, ending in (("libx264", "mp4"), ("mpeg2video", "ts")):
            make = interlaced(top_first=top_first, codec=codec)
            yield Variant(
                f"field_{order}.{ending}",
                make,
                numbers=[mixed(field) for field in range(COUNT)],
                choice=FIELD,
                says="each field",
                read=lines,
            )
            yield Variant(
                f"frame_{order}.{ending}",
                make,
                numbers=[mixed(field) for field in range(0, COUNT, 2)],
                rate=15.0,
                says="interlaced",
                read=first_lines,
            )


_ALL = (_clocks, _shapes, _streams, _pictures, _containers)

VARIANTS = {one.name: one for kind in _ALL for one in kind()}
