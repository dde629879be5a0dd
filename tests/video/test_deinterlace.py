"""Whole frames of interlaced ones: each depends on three pictures, wherever one comes from."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from poseviewer.core.video_choice import VideoChoice
from poseviewer.video.deinterlace import Deinterlacer
from poseviewer.video.open import open_source
from tests.video.numbered import write_clip
from tests.video.variants import interlaced

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame


@pytest.fixture
def pictures(tmp_path: Path) -> list[VideoFrame]:
    interlaced(top_first=True)(tmp_path / "fields.mp4")
    with av.open(str(tmp_path / "fields.mp4")) as container:
        return list(container.decode(video=0))


def unbroken(pictures: list[VideoFrame], mode: str) -> list[bytes]:
    """What FFmpeg's filter makes of the whole stream in one go."""
    graph = av.filter.Graph()
    first = pictures[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base
    )
    graph.link_nodes(source, graph.add("bwdif", mode=mode), graph.add("buffersink")).configure()
    made = []
    for picture in [*pictures, None]:
        graph.vpush(picture)
        while True:
            try:
                made.append(graph.vpull().to_ndarray().tobytes())
            except (av.BlockingIOError, av.EOFError):
                break
    return made


@pytest.mark.parametrize("both", [False, True])
def test_the_way_to_a_frame_does_not_matter(pictures: list[VideoFrame], both: bool) -> None:
    expected = unbroken(pictures, "send_field" if both else "send_frame")
    each = 2 if both else 1
    assert len(expected) == each * len(pictures)
    chance, made = random.Random(5), Deinterlacer(both=both)
    places = [*range(len(pictures)), *(chance.randrange(len(pictures)) for _ in range(60))]
    for at in places:
        frames = made.frames(
            at,
            pictures[at],
            before=pictures[at - 1] if at else None,
            after=pictures[at + 1] if at + 1 < len(pictures) else None,
        )
        got = [frame.to_ndarray().tobytes() for frame in frames]
        assert got == expected[at * each : (at + 1) * each]


def test_what_is_not_interlaced_is_left_alone(tmp_path: Path) -> None:
    write_clip(tmp_path / "plain.mp4", count=10)
    found = []
    for way in ("off", "frame", "field"):
        choice = VideoChoice(deinterlace=way)  # type: ignore[arg-type]
        with open_source(str(tmp_path / "plain.mp4"), choice=choice) as clip:
            found.append(np.stack([frame.pixels for frame in clip.frames()]))
            assert ("not interlaced" in clip.remarks) == (way == "field")
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_the_order_of_fields_that_only_the_container_knows(tmp_path: Path) -> None:
    # The top field is white, the bottom one black, and the first frame begins with the top.
    with av.open(str(tmp_path / "woven.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.field_order = 2
        for number in range(6):
            grey = np.full((48, 64, 3), 20, np.uint8)
            grey[::2] = 20 + 30 * number
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with open_source(str(tmp_path / "woven.mkv"), choice=VideoChoice(deinterlace="field")) as clip:
        assert len(clip) == 12
        assert "it is interlaced" in clip.remarks
        bright = [float(frame.pixels[8:40:2].mean()) for frame in clip.frames()]
    assert bright[::2] == pytest.approx([20 + 30 * n for n in range(6)], abs=3)
