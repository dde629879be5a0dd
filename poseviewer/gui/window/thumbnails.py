"""Small pictures of the clips opened recently, made of what was shown of them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from poseviewer.core.assets import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.frame import Frame

SIZE = QSize(320, 180)
"""Within which a picture is stored, pixels: twice what is shown, for dense screens."""

_MOST = 40
"""Pictures that are stored; the oldest are removed."""

_LARGEST = 1 << 18
"""Bytes of a stored picture beyond which it is none of ours."""


class Thumbnails(QObject):
    """Stores and loads the pictures, on a thread of its own.

    A picture is made of a frame that was decoded anyway: no file is opened for one, so that a
    damaged one cannot spoil the start.
    """

    loaded = Signal(str, QImage, bool)
    """Location, its picture (null where there is none), and whether the file is still there."""

    def __init__(self, parent: QObject | None = None, *, folder: Path | None = None) -> None:
        super().__init__(parent)
        self._folder = folder or user_folder("cache") / "thumbnails"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="thumbnails")
        self._closed = False
        # Begins with the window, and ends with it.
        self._thread.submit(lambda: None)

    def store(self, location: str, frame: Frame) -> None:
        """Store a picture of `frame` for a location."""
        self._submit(self._store, location, frame)

    def load(self, locations: Sequence[str]) -> None:
        """Emit `loaded` for each of some locations."""
        for location in locations:
            self._submit(self._load, location)

    def close(self) -> None:
        """End the thread, once the last picture is stored."""
        self._closed = True
        self._thread.shutdown(cancel_futures=False)

    def path(self, location: str) -> Path:
        """Where the picture of a location lies."""
        return self._folder / f"{hashlib.sha256(location.encode()).hexdigest()[:32]}.jpg"

    def _submit(self, work: Callable[..., None], *arguments: object) -> None:
        if not self._closed:
            self._thread.submit(work, *arguments)

    def _store(self, location: str, frame: Frame) -> None:
        height, width = frame.pixels.shape[:2]
        whole = QImage(
            frame.pixels.data, width, height, frame.pixels.strides[0], QImage.Format.Format_RGB888
        )
        small = whole.scaled(
            SIZE,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        left, top = (small.width() - SIZE.width()) // 2, (small.height() - SIZE.height()) // 2
        # A cache: where it cannot be written there is no picture, and nothing else is lost.
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            small.copy(left, top, SIZE.width(), SIZE.height()).save(str(self.path(location)))
            self._bound()

    def _bound(self) -> None:
        stored = sorted(self._folder.glob("*.jpg"), key=lambda one: one.stat().st_mtime)
        for old in stored[:-_MOST]:
            old.unlink()

    def _load(self, location: str) -> None:
        path, picture = self.path(location), QImage()
        with suppress(OSError):
            if path.stat().st_size <= _LARGEST:
                reader = QImageReader(str(path))
                if reader.size() == SIZE:
                    picture = reader.read()
        self.loaded.emit(location, picture, not is_path(location) or Path(location).exists())


def is_path(location: str) -> bool:
    """Whether a location is that of a file or folder."""
    return "://" not in location and ":" not in location[:12].removeprefix(Path(location).drive)
