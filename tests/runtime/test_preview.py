"""A look at a camera before it is opened: never two at one device."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.source_thread import Preview, SourceThread, holder
from tests.dots import SIZE, DotsFeed
from tests.waiting import LONG

if TYPE_CHECKING:
    from tests.runtime.conftest import Desk


class Device(DotsFeed):
    """A camera that only one can hold."""

    holds = 0

    def __init__(self) -> None:
        if Device.holds:
            msg = "Camera 0 cannot be opened: close the program that uses it."
            raise PoseViewerError(msg)
        Device.holds += 1
        super().__init__()
        for _ in range(3):
            self.push()

    def close(self) -> None:
        if not self.closed:
            Device.holds -= 1
        super().close()


def looking(
    location: str = "camera:0", after: Preview | None = None
) -> tuple[Preview, threading.Event]:
    news = threading.Event()
    return Preview(location, on_ready=news.set, opener=lambda _: Device(), after=after), news


def test_it_shows_what_the_camera_gives() -> None:
    preview, news = looking()
    preview.start()
    assert news.wait(LONG)
    assert preview.frame is not None
    assert preview.text == f"Gives {SIZE[0]} × {SIZE[1]} at 30 fps"  # noqa: RUF001
    preview.close()
    preview.join(LONG)
    assert Device.holds == 0


def test_the_next_look_waits_for_the_last() -> None:
    first, news = looking()
    first.start()
    assert news.wait(LONG)
    second, more = looking("camera:0@640x480", after=first)
    second.start()
    assert more.wait(LONG)
    assert second.frame is not None
    assert not first.is_alive()
    second.close()
    second.join(LONG)


def test_why_there_is_nothing_is_said() -> None:
    def refuse(_: str) -> Device:
        msg = "Camera 0 cannot be opened: plug it in."
        raise PoseViewerError(msg)

    preview = Preview("camera:0", on_ready=lambda: None, opener=refuse)
    preview.start()
    preview.join(LONG)
    assert preview.frame is None
    assert preview.text == "Camera 0 cannot be opened: plug it in."


def test_opening_waits_until_the_look_has_let_go(desk: Desk) -> None:
    desk.sources["camera:0"] = Device
    preview, news = looking()
    preview.start()
    assert news.wait(LONG)
    desk.session.open("camera:0", after=preview)
    desk.until(lambda s: s.frame is not None)
    assert not desk.session.state.notices
    assert not preview.is_alive()


def test_another_resolution_of_the_same_camera_lets_go_of_it_first(desk: Desk) -> None:
    desk.sources |= {"camera:0": Device, "camera:0@640x480": Device}
    desk.session.open("camera:0")
    desk.until(lambda s: s.frame is not None)
    (first,) = (t for t in threading.enumerate() if isinstance(t, SourceThread))
    assert holder(first, "camera:0@640x480@30") is first
    assert holder(first, "camera:1") is None
    desk.session.open("camera:0@640x480")
    desk.until(lambda _: not first.is_alive())
    desk.until(lambda s: s.frame is not None)
    assert not desk.session.state.notices
