"""The screen as a source: on a virtual X display whose picture is known."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video import screen
from poseviewer.video.open import open_source
from poseviewer.video.screen import ScreenFeed, ScreenPlace
from tests.waiting import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTH, HEIGHT = 320, 240


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A virtual display and the file that holds its pixels."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("needs Xvfb: a display that nobody sees")
    folder = tmp_path_factory.mktemp("screen")
    reader, writer = os.pipe()
    command = [program, "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    command += ["-fbdir", str(folder), "-noreset", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        yield f":{number}", folder / "Xvfb_screen0"
    finally:
        server.terminate()
        server.wait(LONG)


def paint(buffer: Path) -> np.ndarray:
    """Write a picture straight into the display's memory (XWD, X.Org's XWDFile.h).

    Returns:
        The RGB that the display now shows.
    """
    raw = np.memmap(buffer, np.uint8, "r+")
    head, colours = struct.unpack(">I", raw[:4])[0], struct.unpack(">I", raw[76:80])[0]
    line = struct.unpack(">I", raw[48:52])[0]
    pixels = raw[head + colours * 12 :][: HEIGHT * line].reshape(HEIGHT, line)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([x % 256, y, (x + y) % 256], -1).astype(np.uint8)
    pixels[:, : WIDTH * 4].reshape(HEIGHT, WIDTH, 4)[..., :3] = rgb[..., ::-1]
    raw.flush()
    return rgb


def test_the_pixels_are_those_of_the_screen(
    display: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display[0])
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    shown = paint(display[1])
    with open_source("screen:40,30,101,57@60") as feed:
        assert isinstance(feed, ScreenFeed)
        assert (feed.size, feed.rate, feed.notice) == ((101, 57), 60.0, None)
        assert feed.name == "Screen 101x57"
        frames = [feed.read(1.0) for _ in range(4)]
    assert [frame.index for frame in frames if frame is not None] == [0, 1, 2, 3]
    times = [frame.time.exact for frame in frames if frame is not None]
    assert times == sorted(set(times))
    assert frames[0] is not None
    # The pointer lies in the middle of the screen and is drawn: look beside it.
    seen = frames[0].pixels[:40, :80]
    assert np.abs(seen.astype(int) - shown[30:70, 40:120]).max() <= 2
    with open_source("screen:") as whole:
        assert whole.size == (WIDTH, HEIGHT)
    with open_source(ScreenPlace((0, 0, 64, 32), 15).location) as part:
        assert part.location == "screen:0,0,64,32@15"


def test_a_part_beyond_the_screen_is_said(
    display: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display[0])
    with pytest.raises(PoseViewerError, match="does not lie on the screen, which has 320x240"):
        open_source("screen:300,0,100,100")


def test_no_display_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(PoseViewerError, match="there is no X display; set DISPLAY"):
        open_source("screen:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("screen:1,2", "names no part of the screen"),
        ("screen:0,0,2,2", "at least 16 pixels"),
        ("screen:@0", "1 to 240 times a second"),
        ("screen:here", "names no part of the screen"),
    ],
)
def test_what_is_no_part_is_said(words: str, said: str) -> None:
    with pytest.raises(PoseViewerError, match=said):
        open_source(words)


def test_a_build_without_the_grabber_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "_grabber", lambda _place: ("desktop", "nograb", {}))
    with pytest.raises(PoseViewerError, match="build of FFmpeg cannot capture the screen"):
        open_source("screen:")


def test_each_system_has_its_grabber(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and options as in FFmpeg's documentation of its input devices."""
    place = ScreenPlace((10, 20, 640, 480), 30)
    monkeypatch.setenv("DISPLAY", ":7")
    found = {}
    for system in ("linux", "win32", "darwin"):
        monkeypatch.setattr(screen.sys, "platform", system)
        found[system] = screen._grabber(place)
    assert found["linux"] == (":7+10,20", "x11grab", {"framerate": "30", "video_size": "640x480"})
    assert found["win32"][:2] == ("desktop", "gdigrab")
    assert found["win32"][2]["offset_y"] == "20"
    assert found["darwin"][1] == "avfoundation"


def test_a_screen_that_goes_is_said_and_tried_again(
    display: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display[0])
    monkeypatch.setattr(screen, "RETRY_SECONDS", 0.0)
    with ScreenFeed(ScreenPlace(rate=60)) as feed:
        assert isinstance(feed, ScreenFeed)
        assert feed.read() is not None
        monkeypatch.setenv("DISPLAY", ":987")
        assert feed._container is not None
        feed._container.close()
        feed._pictures = iter(())
        assert feed.read(0.1) is None
        assert feed.trouble is not None
        assert "tried again every second" in feed.trouble
        assert feed.read(0.1) is None
        monkeypatch.setenv("DISPLAY", display[0])
        frame = next(frame for _ in range(50) if (frame := feed.read(0.1)) is not None)
        assert frame.index == 1
        assert feed.trouble is None
