"""Times reading and stepping through files against how it is usually done.

Rivals are measured in turn within one loop, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from threading import Event, Thread
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Self

import numpy as np

from poseviewer.bench.hops import Hop, in_turn, timed
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.video.source import Clip


_HELD_DOWN = 4
"""Steps in a row."""
_KEY_REPEAT = 1 / 30
"""Seconds between two steps of a key that is held down."""
_LONG = 60.0
"""Seconds after which a frame does not come any more."""


def decoding(location: str, *, frames: int = 200) -> Hop:
    """Measure how long the next frame of a clip takes to read.

    Raises:
        PoseViewerError: It cannot be read, or it is live.
    """
    with closing(open_clip(location)) as clip:
        reads = [timed(partial(clip.read, index)) for index in range(min(frames, len(clip)))]
        return Hop.of("decode", [read() for read in reads])


def sequential(location: str, *, frames: int = 200, turns: int = 5) -> dict[str, Hop]:
    """Seconds a frame of reading a file from its beginning, one figure for each pass.

    Returns:
        `ours`, and `opencv`: `VideoCapture.read` into one buffer.

    Raises:
        PoseViewerError: It cannot be read.
    """
    import cv2

    def ours() -> float:
        with closing(open_clip(location)) as clip:
            count = min(frames, len(clip))
            clip.read(0)
            start = perf_counter()
            for index in range(1, count):
                clip.read(index)
            return (perf_counter() - start) / max(count - 1, 1)

    def opencv() -> float:
        capture = cv2.VideoCapture(os.path.abspath(location), cv2.CAP_FFMPEG)
        good, buffer = capture.read()
        count = 0
        start = perf_counter()
        while good and count < frames - 1:
            good, buffer = capture.read(buffer)
            count += good
        seconds = perf_counter() - start
        capture.release()
        return seconds / max(count, 1)

    return in_turn({"ours": ours, "opencv": opencv}, turns=turns)


def stepping(location: str, *, places: int = 12) -> dict[str, Hop]:
    """Seconds of a single step from random places of a file.

    Returns:
        `forward` and `back`, as with a key held down: from the call of the playback to the frame,
        through its thread, with the pause before it that a key leaves. `forward at once` and
        `back at once` (to the frame just left): read from the clip without pause or playback.
        `opencv`: the same steps by `CAP_PROP_POS_FRAMES`, while nothing else of ours runs.

    Raises:
        PoseViewerError: It cannot be read, or is too short to step.
    """
    import cv2

    names = ("forward", "back", "forward at once", "back at once", "opencv")
    taken: dict[str, list[float]] = {name: [] for name in names}
    capture = cv2.VideoCapture(os.path.abspath(location), cv2.CAP_FFMPEG)

    def seek(index: int) -> None:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        capture.read()

    def timed_seek(index: int) -> None:
        taken["opencv"].append(timed(partial(seek, index))())

    with open_clip(location) as clip, open_clip(location) as played, _Keys(played) as keys:
        if len(clip) < _HELD_DOWN + 2:
            msg = f"{clip.name} is too short to step through."
            raise PoseViewerError(msg)
        last = len(clip) - _HELD_DOWN
        for place in np.random.default_rng(0).integers(1, last, places).tolist():
            clip.read(place)
            for name, index in (("forward at once", place + 1), ("back at once", place)):
                taken[name].append(timed(partial(clip.read, index))())
                timed_seek(index)
            keys.go(place)
            for name, step in (("forward", 1), ("back", -1)):
                taken[name] += [keys.step(step) for _ in range(_HELD_DOWN)]
                keys.rest()
    capture.release()
    return {name: Hop.of(name, seconds) for name, seconds in taken.items()}


class _Keys:
    """A playback on its thread, whose steps are timed as a person waits for them.

    Args:
        clip: To step in.
    """

    def __init__(self, clip: Clip) -> None:
        self._transport = ClipTransport(clip, sink=self, expects=lambda: False)
        self._shown = Event()
        self._at = 0.0
        self._thread = Thread(target=self._transport.drive, name="poseviewer-bench-steps")

    def __enter__(self) -> Self:
        """Start the thread, which shows the first frame."""
        self._thread.start()
        self.rest()
        return self

    def __exit__(self, *exception: object) -> None:
        """End the thread."""
        self._transport.close()
        self._thread.join()

    def go(self, index: int) -> None:
        """Jump to a frame, and let the playback come to rest."""
        self._wait_for(partial(self._transport.seek, index))
        self.rest()

    def step(self, count: int) -> float:
        """Step `count` frames after a pause; seconds until the frame came."""
        sleep(_KEY_REPEAT)
        return self._wait_for(partial(self._transport.step, count))

    def rest(self) -> None:
        """Wait until nothing is left to read ahead."""
        while self._thread.is_alive() and not self._transport.resting:
            sleep(0.001)

    def _wait_for(self, command: Callable[[], None]) -> float:
        self._shown.clear()
        start = perf_counter()
        command()
        if not self._shown.wait(_LONG):
            msg = "A frame that was stepped to did not come."
            raise PoseViewerError(msg)
        return self._at - start

    def show(self, frame: Frame, *, seek_id: int) -> None:  # noqa: ARG002 - as a `FrameSink`
        """Note when a frame comes."""
        self._at = perf_counter()
        self._shown.set()

    def moved(self, **fields: object) -> None:
        """Nothing is made of it."""

    def said(self, text: str) -> None:
        """Nothing is made of it: the step that waits says so."""


def open_clip(location: str) -> Clip:
    """Open a file to read it.

    Raises:
        PoseViewerError: It cannot be read, or it is live.
    """
    from poseviewer.video.source import Clip

    source = open_location(location)
    if not isinstance(source, Clip):
        source.close()
        msg = f"{location} is live; reading is measured on a file."
        raise PoseViewerError(msg)
    return source
