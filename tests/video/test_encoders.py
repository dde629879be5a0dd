"""Encoders: hardware is taken where it really encodes, and software where it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from poseviewer.core.encoder_choice import HARDWARE
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Timestamp
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.video import encoders
from poseviewer.video.encoders import Encoder, choose, encodes, hardware, software
from poseviewer.video.writer import FORMATS, ClipWriter
from tests.dots import DotsClip, loader
from tests.video.numbered import number_in, numbered, write_clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = (192, 108)
BASE = Fraction(1, 30)
ABSENT = Encoder("nvenc", "no_such_encoder")


class Failing:
    """A stream of an encoder that fails in the middle of its work.

    Args:
        stream: What encodes until then.
        after: How many frames it takes.
        holds: How many of these it gives nothing back for.
    """

    def __init__(self, stream, *, after: int, holds: int) -> None:
        self._stream, self._after, self._holds = stream, after, holds
        self._taken = 0

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def encode(self, frame):
        self._taken += 1
        if self._taken > self._after:
            raise av.error.ExternalError(1, "the driver is gone")
        packets = self._stream.encode(frame)
        return packets if self._taken > self._holds else []


def failing(monkeypatch: pytest.MonkeyPatch, *, after: int, holds: int) -> Encoder:
    """An encoder that is no software and fails after some frames."""
    plain = Encoder.add_to

    def add(self, out, **how):
        options = {"tune": "zerolatency"} if self.hardware else {}
        if not self.hardware:
            return plain(self, out, **how)
        stream = out.add_stream("libx264", rate=how["fps"], options=options)
        stream.width, stream.height = how["size"]
        stream.pix_fmt = self.pixel_format
        return Failing(stream, after=after, holds=holds)

    monkeypatch.setattr(Encoder, "add_to", add)
    # Not software's pixel format: what was converted for it must be converted again.
    return Encoder("qsv", "h264_qsv", "nv12")


def write(path: Path, encoder: Encoder | None, *, source: str | None = None) -> ClipWriter:
    writer = ClipWriter(
        path, size=SIZE, time_base=BASE, rate=30, encoder=encoder, source=source, comment="made"
    )
    with writer:
        for number in range(40):
            writer.write(numbered(number, size=SIZE), time=Timestamp(number + 7, BASE))
    return writer


def checked(path: Path, *, sound: bool = False) -> str:
    """The comment of a file of 40 numbered frames."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
        assert [number_in(frame.to_ndarray(format="rgb24")) for frame in frames] == list(range(40))
        assert [frame.pts * frame.time_base for frame in frames] == [
            number * BASE for number in range(40)
        ]
        assert bool(file.streams.audio) == sound
        return file.metadata["comment"]


def only(*families: str) -> Callable[[Encoder, tuple[int, int]], bool]:
    return lambda encoder, size: encoder.family in families and size == SIZE


@pytest.mark.parametrize("family", HARDWARE)
def test_the_hardware_that_works_is_taken(family: str) -> None:
    taken = choose("auto", "mp4", size=SIZE, probe=only(family))
    assert taken.family == family
    assert taken.hardware
    assert choose(family, "matroska", size=SIZE, probe=only(family)) == taken
    assert hardware("mov", SIZE, probe=only(family)) == [taken]


def test_the_first_of_several_is_taken_and_no_other_is_tried() -> None:
    tried = []

    def probe(encoder: Encoder, size: tuple[int, int]) -> bool:
        tried.append(encoder.family)
        return encoder.family in ("qsv", "amf")

    assert choose("auto", "mp4", size=SIZE, probe=probe).family == "qsv"
    assert tried == ["nvenc", "qsv"]


def test_software_is_taken_where_nothing_works_or_it_is_asked_for() -> None:
    for form, name in (("mp4", "libx264"), ("webm", "libvpx-vp9")):
        for made in (
            choose("auto", form, size=SIZE, probe=only()),
            choose("software", form, size=SIZE, probe=only(*HARDWARE)),
            software(form),
        ):
            assert (made.name, made.hardware) == (name, False)


def test_what_is_asked_for_and_does_not_work_is_said() -> None:
    with pytest.raises(PoseViewerError, match="NVIDIA NVENC does not encode 192 x 108 pixels"):
        choose("nvenc", "mp4", size=SIZE, probe=only("qsv"))
    with pytest.raises(PoseViewerError, match="makes no VP9 for WebM"):
        choose("nvenc", "webm", size=SIZE, probe=only("nvenc"))
    with pytest.raises(PoseViewerError, match="no encoder 'fast'; choose from auto, software"):
        choose("fast", "mp4", size=SIZE)


@pytest.mark.parametrize("form", sorted(set(FORMATS.values())))
def test_the_probe_really_encodes(form: str) -> None:
    assert encodes(software(form), SIZE)
    assert encodes(software(form), (97, 65))
    assert not encodes(ABSENT, SIZE)


class Green:
    """A stream of an encoder that encodes another picture than it is given."""

    def __init__(self, stream) -> None:
        self._stream = stream

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def encode(self, frame):
        if frame is None:
            return self._stream.encode(None)
        green = np.full((frame.height, frame.width, 3), (0, 135, 0), np.uint8)
        made = av.VideoFrame.from_ndarray(green, format="rgb24").reformat(format="yuv420p")
        made.pts, made.time_base = frame.pts, frame.time_base
        return self._stream.encode(made)


def test_the_probe_refuses_what_comes_back_as_another_picture(monkeypatch) -> None:
    encoder, plain = Encoder("amf", "libx264"), Encoder.add_to
    assert encodes.__wrapped__(encoder, SIZE)
    monkeypatch.setattr(Encoder, "add_to", lambda *a, **how: Green(plain(*a, **how)))
    assert not encodes.__wrapped__(encoder, SIZE)


def test_the_probe_refuses_what_fails_late_or_gives_less(monkeypatch) -> None:
    for after, holds in ((3, 0), (100, 4)):
        assert not encodes.__wrapped__(failing(monkeypatch, after=after, holds=holds), SIZE)


@pytest.mark.parametrize("encoder", encoders._ENCODERS["h264"], ids=lambda one: one.family)
def test_what_passes_the_probe_on_this_machine_writes_a_file(
    tmp_path: Path, encoder: Encoder
) -> None:
    if not encodes(encoder, SIZE):
        pytest.skip(f"{encoder.title} does not work here")
    writer = write(tmp_path / "o.mp4", encoder)
    assert writer.notice is None
    assert checked(tmp_path / "o.mp4").endswith(f"encoder: {encoder.words}")


@pytest.mark.parametrize("ending", [".mp4", ".mov"])
@pytest.mark.parametrize("sound", [False, True])
def test_hardware_that_is_gone_at_the_start_gives_way(
    tmp_path: Path, ending: str, sound: bool
) -> None:
    source = tmp_path / "source.mkv"
    write_clip(source, count=60, sound="aac")
    out = tmp_path / f"o{ending}"
    writer = write(out, ABSENT, source=str(source) if sound else None)
    assert writer.notice == f"NVIDIA NVENC failed, so o{ending} was encoded in software."
    assert checked(out, sound=sound) == "made; encoder: libx264 (software)"


@pytest.mark.parametrize(("after", "holds"), [(0, 0), (1, 1), (5, 5), (40, 40)])
def test_frames_that_failing_hardware_has_swallowed_are_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, holds: int
) -> None:
    """It fails at the first frame, later but before a packet, or only when it is flushed."""
    source, out = tmp_path / "source.mkv", tmp_path / "o.mp4"
    write_clip(source, count=60, sound="aac")
    encoder = failing(monkeypatch, after=after, holds=holds)
    writer = write(out, encoder, source=str(source))
    assert writer.frames == 40
    assert "Intel Quick Sync failed" in (writer.notice or "")
    assert checked(out, sound=True) == "made; encoder: libx264 (software)"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.mp4", "source.mkv"]


def test_hardware_that_fails_in_the_middle_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = failing(monkeypatch, after=20, holds=2)
    with pytest.raises(PoseViewerError, match=r"Intel Quick Sync failed after 20 frames; choose"):
        write(tmp_path / "o.mp4", encoder)
    assert not list(tmp_path.iterdir())


def test_hardware_that_works_is_named_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = failing(monkeypatch, after=1000, holds=0)
    writer = write(tmp_path / "o.mp4", encoder)
    assert writer.notice is None
    assert checked(tmp_path / "o.mp4") == "made; encoder: h264_qsv (Intel Quick Sync)"


def test_an_export_takes_what_the_probe_says_and_goes_on_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(name: str, wanted: str) -> str | None:
        notices = []
        export_clip(
            ExportJob(tmp_path / name, overlay=False, encoder=wanted),
            AppState(),
            "dots",
            opener=lambda _: DotsClip(12),
            loader=loader(),
            progress=lambda step: notices.append(step.notice),
        )
        with av.open(str(tmp_path / name)) as file:
            assert sum(1 for _ in file.decode(video=0)) == 12
        return notices[-1]

    # The probe passes, and the encoder is gone when the export begins.
    monkeypatch.setattr(encoders, "_ENCODERS", {"h264": (ABSENT,), "vp9": ()})
    monkeypatch.setattr(encoders, "encodes", lambda *_: True)
    assert export("a.mp4", "auto") == "NVIDIA NVENC failed, so a.mp4 was encoded in software."
    assert export("b.mp4", "software") is None
    assert export("c.webm", "auto") is None
    monkeypatch.setattr(encoders, "encodes", lambda *_: False)
    assert export("d.mp4", "auto") is None
    with pytest.raises(PoseViewerError, match="choose the encoder software or auto"):
        export("e.mp4", "nvenc")
    assert not (tmp_path / "e.mp4").exists()
