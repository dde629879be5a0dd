"""Times reading and stepping through files against how it is usually done.

Rivals are measured in turn within one loop, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.bench.hops import Hop, in_turn, timed
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from poseviewer.video.source import Clip


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
        `forward` and `back` (to the frame just left), and `opencv`: the same steps by
        `CAP_PROP_POS_FRAMES`.

    Raises:
        PoseViewerError: It cannot be read, or is too short to step.
    """
    import cv2

    taken: dict[str, list[float]] = {"forward": [], "back": [], "opencv": []}
    capture = cv2.VideoCapture(os.path.abspath(location), cv2.CAP_FFMPEG)

    def seek(index: int) -> None:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        capture.read()

    with closing(open_clip(location)) as clip:
        if len(clip) < 3:
            msg = f"{clip.name} is too short to step through."
            raise PoseViewerError(msg)
        for place in np.random.default_rng(0).integers(0, len(clip) - 1, places).tolist():
            clip.read(place)
            for name, index in (("forward", place + 1), ("back", place)):
                start = perf_counter()
                clip.read(index)
                middle = perf_counter()
                seek(index)
                taken[name].append(middle - start)
                taken["opencv"].append(perf_counter() - middle)
    capture.release()
    return {name: Hop.of(name, seconds) for name, seconds in taken.items()}


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
