"""Sound that cannot be copied: encoded anew, as long as the picture, and in step with it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from poseviewer.core.frame import Timestamp
from poseviewer.core.timeline import Freeze, Slow, Timeline
from poseviewer.video.file import FileClip
from poseviewer.video.writer import ClipWriter
from tests.video.numbered import write_clip
from tests.video.variants import joined

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COUNT, RATE = 90, 30
BASE = Fraction(1, 90_000)
ENDINGS = (".mp4", ".mov", ".mkv", ".webm")


def heard(path: Path) -> tuple[int, NDArray[np.float32]]:
    """Samples a second, and the first channel from second 0 on."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        frames = list(container.decode(audio=0))
        samples = [made.to_ndarray()[0] for one in frames for made in resampler.resample(one)]
        samples += [made.to_ndarray()[0] for made in resampler.resample(None)]
    assert frames[0].time is not None
    silent = np.zeros(max(round(frames[0].time * stream.rate), 0), np.float32)
    return stream.rate, np.concatenate([silent, *samples])


def codec_of(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.canonical_name


def loudness(path: Path, begin: float, end: float) -> float:
    rate, samples = heard(path)
    part = samples[round(begin * rate) : round(end * rate)].astype(np.float64)
    return float(np.sqrt((part**2).mean()))


def pitch(path: Path, begin: float, end: float) -> float:
    """The strongest frequency, hertz."""
    rate, samples = heard(path)
    part = samples[round(begin * rate) : round(end * rate)]
    return float(np.abs(np.fft.rfft(part * np.hanning(len(part)))).argmax() * rate / len(part))


def with_pulses(path: Path) -> None:
    """A clip of 3 s whose sound is a click of 20 ms at every half second."""
    silent = path.with_name("silent.mp4")
    write_clip(silent, count=COUNT)
    with av.open(str(silent)) as source, av.open(str(path), "w") as out:
        picture = out.add_stream_from_template(source.streams.video[0])
        voice = out.add_stream("flac", rate=48_000, layout="mono")
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = picture
                out.mux(packet)
        at = np.arange(3 * 48_000)
        wave = (np.sin(at * 0.2) * 12_000 * (at % 24_000 < 960)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        out.mux(voice.encode(frame))
        out.mux(voice.encode(None))


def write(source: Path, target: Path, *, start: int = 0, end: int = COUNT - 1, **times) -> Timeline:
    """Write a range at other times, as an export does."""
    with FileClip(str(source)) as clip:
        timeline = Timeline.of(
            lambda index: clip.time(index).exact, start=start, end=end, stop=clip.end(end), **times
        )
        with ClipWriter(
            target,
            size=clip.size,
            time_base=BASE,
            rate=RATE,
            source=str(source),
            sound_pieces=timeline.pieces,
        ) as writer:
            for frame in clip.frames(start, end):
                shown = timeline.shown(frame.time.exact)
                writer.write(frame.pixels, time=Timestamp(round(shown / BASE), BASE))
        assert writer.notice is None
    return timeline


@pytest.mark.parametrize(("ending", "codec"), [
    (".webm", "opus"), (".mp4", "aac"), (".mov", "aac"), (".mkv", "aac"),
])  # fmt: skip
def test_a_range_has_as_much_sound_as_picture(tmp_path: Path, ending: str, codec: str) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / f"o{ending}"
    write_clip(source, count=COUNT, sound="aac")
    timeline = write(source, target, start=30, end=74)
    assert codec_of(target) == codec
    rate, samples = heard(target)
    assert timeline.length == Fraction(3, 2)
    # Within a packet of AAC.
    assert len(samples) / rate == pytest.approx(1.5, abs=1024 / 44100)
    assert pitch(target, 0.1, 1.4) == pytest.approx(440, abs=2)


def test_a_late_range_begins_with_the_sound_of_its_first_frame(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "o.webm"
    with_pulses(source)
    write(source, target, start=72)
    # Frame 75, at 2.5 s, clicks.
    assert loudness(target, 0.1, 0.12) > 0.1
    assert loudness(target, 0.0, 0.09) < 0.02
    assert loudness(target, 0.14, 0.55) < 0.02


def test_webm_gets_the_sound_of_any_source_as_opus(tmp_path: Path) -> None:
    for sound, ending in (("aac", ".mp4"), ("pcm_mulaw", ".avi"), ("libmp3lame", ".mkv")):
        source, target = tmp_path / f"source{ending}", tmp_path / f"{sound}.webm"
        codec = "mpeg4" if ending == ".avi" else "libx264"
        write_clip(source, count=COUNT, sound=sound, codec=codec)
        with (
            FileClip(str(source)) as clip,
            ClipWriter(
                target,
                size=clip.size,
                time_base=clip.index.time_base,
                source=str(source),
                sound_end=clip.end(COUNT - 1),
            ) as writer,
        ):
            for frame in clip.frames():
                writer.write(frame.pixels, time=frame.time)
        assert writer.notice is None
        assert codec_of(target) == "opus"
        rate, samples = heard(target)
        assert len(samples) / rate == pytest.approx(3, abs=0.021)
        assert pitch(target, 0.2, 2.8) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("ending", ENDINGS)
def test_sound_stays_in_step_after_slow_motion_and_a_freeze(tmp_path: Path, ending: str) -> None:
    """Clicks of the source lie where its moments are shown, to a few milliseconds."""
    source, target = tmp_path / "source.mkv", tmp_path / f"o{ending}"
    with_pulses(source)
    timeline = write(
        source,
        target,
        slow=[Slow(30, 44, Fraction(1, 2))],
        freezes=[Freeze(50, Fraction(13, 10))],
    )
    assert timeline.length == 3 + Fraction(1, 2) + Fraction(13, 10)
    rate, samples = heard(target)
    assert len(samples) / rate == pytest.approx(float(timeline.length), abs=1024 / 44100)
    # Frames 0 and 15 come before the slow range, 60 and 75 after everything.
    for moment in (Fraction(1, 2), Fraction(2), Fraction(5, 2)):
        shown = float(timeline.shown(moment))
        assert loudness(target, shown, shown + 0.02) > 0.1
        assert loudness(target, shown - 0.03, shown - 0.005) < 0.02
        assert loudness(target, shown + 0.03, shown + 0.2) < 0.02
    stands = float(timeline.shown(timeline.pieces[-2].begin))
    assert loudness(target, stands + 0.03, stands + 1.27) < 1e-3


@pytest.mark.parametrize("speed", [Fraction(1, 8), Fraction(1, 4), Fraction(3, 2), Fraction(5)])
def test_another_speed_keeps_the_pitch(tmp_path: Path, speed: Fraction) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "o.mp4"
    write_clip(source, count=COUNT, sound="aac")
    timeline = write(source, target, speed=speed)
    rate, samples = heard(target)
    assert len(samples) / rate == pytest.approx(float(3 / speed), abs=1024 / 44100)
    length = float(timeline.length)
    assert pitch(target, 0.1 * length, 0.9 * length) == pytest.approx(440, abs=5)


def test_sound_that_is_shorter_than_the_picture_ends_in_silence(tmp_path: Path) -> None:
    short, source = tmp_path / "short.mkv", tmp_path / "source.mkv"
    write_clip(short, count=30, sound="aac")
    with av.open(str(short)) as sound, av.open(str(source), "w") as out:
        write_clip(tmp_path / "picture.mkv", count=COUNT)
        with av.open(str(tmp_path / "picture.mkv")) as picture:
            streams = [
                (file, stream, out.add_stream_from_template(stream))
                for file, stream in (
                    (picture, picture.streams.video[0]),
                    (sound, sound.streams.audio[0]),
                )
            ]
            for file, stream, target in streams:
                for packet in file.demux(stream):
                    if packet.size:
                        packet.stream = target
                        out.mux(packet)
    write(source, tmp_path / "o.webm")
    rate, samples = heard(tmp_path / "o.webm")
    assert len(samples) / rate == pytest.approx(3, abs=0.021)
    assert loudness(tmp_path / "o.webm", 0.1, 0.9) > 0.1
    assert loudness(tmp_path / "o.webm", 1.2, 2.9) < 1e-3


def test_encoded_sound_goes_on_where_the_clock_starts_over(tmp_path: Path) -> None:
    source, target = tmp_path / "joined.ts", tmp_path / "o.webm"
    joined(30, 30, options={"bf": "2"}, sound="mp2")(source)
    clip = FileClip(str(source))
    with (
        clip,
        ClipWriter(
            target,
            size=clip.size,
            time_base=clip.time(0).time_base,
            source=clip.location,
            sound_end=clip.end(len(clip) - 1),
            sound_shifts=clip.shifts,
        ) as writer,
    ):
        for frame in clip.frames():
            writer.write(frame.pixels, time=frame.time)
    rate, samples = heard(target)
    assert len(samples) / rate == pytest.approx(2, abs=0.1)
    assert loudness(target, 1.3, 1.8) > 0.1
