"""The cameras of this machine, looked for on a thread: asking a device takes its time."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Found = Callable[[tuple[tuple[str, str], ...]], None]


def find_cameras(found: Found) -> None:
    """Call `found`, from another thread, with (location, title) of every camera."""

    def look() -> None:
        # Imported here: OpenCV is not to be waited for by whoever asks.
        from poseviewer.video.camera import list_cameras

        found(tuple((camera.location, camera.title) for camera in list_cameras()))

    Thread(target=look, name="cameras", daemon=True).start()
