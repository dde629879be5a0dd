"""Cameras: the list, the wishes, the colours, and being unplugged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.camera import CameraFeed, CameraName, list_cameras
from tests.video.fake_camera import Clock, FakeCamera
from tests.video.numbered import number_in, numbered

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif("sys.platform != 'linux'", reason="reads Linux's list of devices")
def test_linux_lists_cameras_without_their_metadata_nodes(tmp_path: Path) -> None:
    for node, index, title in (
        ("video10", "0", "Second"),
        ("video0", "0", "First"),
        ("video1", "1", "First"),
        ("v4l-subdev0", "0", "No camera"),
    ):
        (tmp_path / node).mkdir()
        (tmp_path / node / "index").write_text(index + "\n")
        (tmp_path / node / "name").write_text(title + "\n")
    cameras = list_cameras(devices=tmp_path)
    assert cameras == (CameraName(0, "First"), CameraName(10, "Second"))
    assert cameras[1].location == "camera:10"
    assert list_cameras(devices=tmp_path / "absent") == ()


def test_elsewhere_numbers_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    cameras = {number: FakeCamera() for number in range(4)}
    cameras[0].plugged = cameras[3].plugged = False
    found = list_cameras(open_capture=cameras.__getitem__)
    assert [camera.number for camera in found] == [1, 2]
    assert all(camera.released == 1 for camera in cameras.values())


def test_no_such_camera() -> None:
    fake = FakeCamera()
    fake.plugged = False
    with pytest.raises(PoseViewerError, match="Camera 3 cannot be opened"):
        CameraFeed(3, open_capture=fake.open)
    assert fake.released == 1


def test_pictures_are_rgb_and_in_order() -> None:
    with CameraFeed(0, open_capture=FakeCamera().open) as feed:
        for number in range(3):
            frame = feed.read()
            assert frame is not None
            assert (frame.index, number_in(frame.pixels)) == (number, number)
            assert np.array_equal(frame.pixels, numbered(number, size=(192, 108)))


def test_size_and_rate_are_asked_for_and_what_comes_is_said() -> None:
    fake = FakeCamera(rate=15)
    with CameraFeed(0, size=(1280, 720), rate=60, open_capture=fake.open) as feed:
        assert fake.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280
        assert fake.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 720
        assert fake.asked[cv2.CAP_PROP_FPS] == 60
        assert fake.asked[cv2.CAP_PROP_BUFFERSIZE] == 1
        assert feed.size == (192, 108)
        assert feed.rate == 15
        assert feed.notice == "Camera 0 gives 192x108 instead of 1280x720."


def test_time_is_the_clock_since_opening() -> None:
    clock = Clock()
    with CameraFeed(0, open_capture=FakeCamera().open, clock=clock) as feed:
        clock.now += 2.5
        frame = feed.read()
        assert frame is not None
        assert frame.time.seconds == 2.5


def test_unplugging_is_said_and_survived() -> None:
    fake, clock = FakeCamera(), Clock(tick=0.25)
    with CameraFeed(0, open_capture=fake.open, clock=clock) as feed:
        assert feed.read() is not None
        assert feed.read() is not None
        fake.plugged = False
        opened = fake.opened
        assert feed.read(timeout=0) is None
        assert feed.trouble is not None
        assert "plug it in" in feed.trouble
        # About once a second: the clock runs a quarter of a second a look.
        assert feed.read(timeout=5) is None
        assert 2 <= fake.opened - opened <= 5
        fake.plugged = True
        fake.size = (96, 96)
        frame = feed.read(timeout=5)
        assert frame is not None
        assert frame.index == 2
        assert frame.size == feed.size == (192, 108)
        assert feed.trouble is None


def test_a_skipped_picture_is_taken_off_the_device_and_not_decoded() -> None:
    fake = FakeCamera()
    with CameraFeed(0, open_capture=fake.open) as feed:
        first = feed.read()
        decoded = fake.decoded
        for _ in range(5):
            feed.skip()
        assert (fake.decoded, fake.taken) == (decoded, decoded + 5)
        frame = feed.read()
        assert first is not None
        assert frame is not None
        assert frame.index == first.index + 6
        assert number_in(frame.pixels) == number_in(first.pixels) + 6
        fake.plugged = False
        feed.skip()
        assert feed.trouble is not None


def test_a_closed_camera_is_given_back_and_stays_closed() -> None:
    fake, clock = FakeCamera(), Clock(tick=1)
    feed = CameraFeed(0, open_capture=fake.open, clock=clock)
    feed.read()
    feed.close()
    assert fake.released == 1
    assert feed.read(timeout=3) is None
    assert fake.opened == 1
