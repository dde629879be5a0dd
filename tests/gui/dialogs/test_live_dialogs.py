"""The dialogs of live sources: camera, stream, screen, what is recorded and kept."""

import functools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.dialogs.camera import CameraDialog
from poseviewer.gui.dialogs.live_options import LiveOptionsDialog
from poseviewer.gui.dialogs.screen import RegionPicker, ScreenDialog
from poseviewer.gui.dialogs.stream import SCHEMES, StreamDialog
from poseviewer.gui.settings import Settings
from poseviewer.runtime.source_thread import Preview
from poseviewer.runtime.state import CameraChoice, Keep
from poseviewer.video.screen import ScreenPlace
from poseviewer.video.stream import SCHEMES as STREAM_SCHEMES
from tests.dots import DotsFeed

pytestmark = pytest.mark.gui


def test_a_stream_is_asked_for_and_those_before_are_offered(qtbot):
    places = ["/videos/a.mp4", "rtsp://host/one", "camera:0", "http://host/two"]
    dialog = StreamDialog(places)
    qtbot.addWidget(dialog)
    assert [dialog.address.itemText(n) for n in range(dialog.address.count())] == [
        "rtsp://host/one",
        "http://host/two",
    ]
    dialog.address.setEditText("host/three")
    assert "Begin with rtsp://" in dialog.hint.text()
    assert not dialog.findChild(QDialogButtonBox).buttons()[0].isEnabled()
    dialog.address.setEditText(" udp://@:1234 ")
    with qtbot.waitSignal(dialog.chosen) as got:
        dialog.accept()
    assert got.args == ["udp://@:1234"]


def test_addresses_are_those_that_the_video_floor_opens():
    assert set(SCHEMES) == STREAM_SCHEMES


def test_a_part_of_the_screen_is_chosen_in_numbers_or_by_dragging(qtbot):
    dialog = ScreenDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.take(QRect(40, 30, 200, 100))
    ratio = dialog.screen().devicePixelRatio()
    part = tuple(round(side * ratio) for side in (40, 30, 200, 100))
    assert ScreenPlace.parse(dialog.location().removeprefix("screen:")) == ScreenPlace(part, 30)
    dialog.rate.setValue(15)
    dialog.whole.setChecked(True)
    assert not dialog.wide.isEnabled()
    with qtbot.waitSignal(dialog.chosen) as got:
        dialog.accept()
    assert got.args == ["screen:@15"]


def test_dragging_over_the_screen_gives_a_part(qtbot):
    dialog = ScreenDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.drag.click()
    (veil,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, RegionPicker)]
    qtbot.waitUntil(veil.isVisible)
    gone = QSignalSpy(veil.destroyed)
    corner = veil.geometry().topLeft()
    qtbot.mousePress(veil, Qt.MouseButton.LeftButton, pos=QPoint(50, 60))
    qtbot.mouseMove(veil, QPoint(150, 140))
    qtbot.mouseRelease(veil, Qt.MouseButton.LeftButton, pos=QPoint(250, 180))
    assert (dialog.left.value(), dialog.top.value()) == (50 + corner.x(), 60 + corner.y())
    assert (dialog.wide.value(), dialog.high.value()) == (201, 121)
    qtbot.waitUntil(lambda: gone.count() == 1)


def test_what_is_recorded_and_kept_is_chosen_and_remembered(qtbot, window, session):
    window.open("camera:0")
    window.actions_by_name["live_options"].trigger()
    dialog = window.findChild(LiveOptionsDialog)
    assert (dialog.rewind.seconds.value(), dialog.rewind.megabytes.value()) == (10, 512)
    # 960 x 540 x 3 bytes, 30 times a second: 44.5 MB.
    assert "10.0 s are stored, in 445 MB" in dialog.rewind.room.text()
    dialog.rewind.megabytes.setValue(89)
    assert "2.0 s are stored, in 89 MB" in dialog.rewind.room.text()
    dialog.annotated.setChecked(True)
    dialog.csv.setChecked(True)
    dialog.accept()
    assert session.feed.kept == Keep(10.0, 89)
    window.settings.sync()
    assert Settings(window.settings.path).keep == Keep(10.0, 89)
    qtbot.waitUntil(window.actions_by_name["record"].isEnabled)
    window.actions_by_name["record"].trigger()
    assert session.recorded.annotated
    assert session.recorded.data == ("csv",)
    assert session.recorded.look == session.state.look


def test_what_a_camera_lists_is_offered(qtbot):
    listed = (((640, 480), (15.0, 30.0)), ((1920, 1080), (5.0,)))
    dialog = CameraDialog([CameraChoice("camera:0", "Lens", listed), CameraChoice("camera:1", "B")])
    qtbot.addWidget(dialog)

    def texts(box):
        return [box.itemText(n) for n in range(1, box.count())]

    assert texts(dialog.size_choice) == ["640 × 480", "1920 × 1080"]  # noqa: RUF001
    assert texts(dialog.rate) == ["5 fps", "15 fps", "30 fps"]
    dialog.size_choice.setCurrentIndex(1)
    assert texts(dialog.rate) == ["15 fps", "30 fps"]
    dialog.rate.setCurrentIndex(2)
    assert dialog.location() == "camera:0@640x480@30"
    dialog.size_choice.setCurrentIndex(2)
    assert texts(dialog.rate) == ["5 fps"]
    assert dialog.location() == "camera:0@1920x1080"
    dialog.camera.setCurrentIndex(1)
    assert texts(dialog.rate) == ["15 fps", "30 fps", "60 fps"]
    assert "1280 × 720" in texts(dialog.size_choice)  # noqa: RUF001


@pytest.fixture
def cameras(monkeypatch):
    """A camera 0 that can be looked at and a camera 1 that is in use."""
    feed = DotsFeed()

    def opener(location):
        if not location.startswith("camera:0"):
            raise PoseViewerError("Camera 1 cannot be opened: close the program that uses it.")
        feed.push()
        return feed

    monkeypatch.setattr(
        "poseviewer.runtime.source_thread.Preview", functools.partial(Preview, opener=opener)
    )
    return [CameraChoice("camera:0", "Lens"), CameraChoice("camera:1", "Other")]


def red(widget):
    """One channel of what a widget paints, by rows and columns."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width() : 3].astype(int)


def test_a_camera_is_seen_before_it_is_opened(qtbot, bridge, cameras):
    dialog = CameraDialog(cameras, mirror=True, bridge=bridge)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.picture.frame is not None)
    assert "at 30 fps" in dialog.gives.text()
    seen = red(dialog.picture)
    dialog.mirror.setChecked(False)
    turned = red(dialog.picture)
    assert np.abs(seen - turned).mean() > 1
    assert np.abs(seen - turned[:, ::-1]).mean() < 0.5
    dialog.camera.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "close the program" in dialog.picture.text)
    assert dialog.picture.frame is None
    dialog.reject()
    assert bridge.preview is None


def test_the_camera_that_is_open_is_not_opened_again(qtbot, bridge, session, cameras):
    bridge.open("camera:0")
    dialog = CameraDialog(cameras, bridge=bridge)
    qtbot.addWidget(dialog)
    assert dialog.picture.frame is session.state.frame
    assert dialog.gives.text() == "Already open in the window"
    assert bridge.preview is None
    dialog.reject()
