"""The cameras of this machine, found on a thread of its own, as asking devices is slow."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from poseviewer.runtime.state import CameraChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    Found = Callable[[tuple[CameraChoice, ...]], None]


def find_cameras(found: Found) -> None:
    """Call `found`, from another thread, with every camera and what it offers."""

    def look() -> None:
        # Imported here, so that the caller does not wait for OpenCV.
        from poseviewer.video.camera import list_cameras
        from poseviewer.video.camera_modes import list_modes

        found(
            tuple(
                CameraChoice(
                    camera.location,
                    camera.title,
                    tuple((mode.size, mode.rates) for mode in list_modes(camera.number)),
                )
                for camera in list_cameras()
            )
        )

    Thread(target=look, name="cameras", daemon=True).start()
