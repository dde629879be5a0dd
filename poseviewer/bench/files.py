"""Times reading, stepping through and exporting files against how it is usually done.

Rivals are measured in turn within one loop, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.bench.hops import Hop, in_turn, timed
from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.follow import SequentialEstimator
from poseviewer.pipeline.run import POSES_ONLY
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.export_picture import encoder_threads, painted
from poseviewer.runtime.factories import follower, load_network
from poseviewer.runtime.source_thread import open_location
from poseviewer.runtime.state import ExportJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.state import AppState
    from poseviewer.video.source import Clip


def decoding(location: str, *, frames: int = 200) -> Hop:
    """Measure how long the next frame of a clip takes to read.

    Raises:
        PoseViewerError: It cannot be read, or it is live.
    """
    with closing(_clip(location)) as clip:
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
        with closing(_clip(location)) as clip:
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

    with closing(_clip(location)) as clip:
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


def exporting(
    location: str,
    state: AppState,
    look: Look,
    *,
    frames: int = 100,
    turns: int = 2,
    loader: Loader = load_network,
) -> dict[str, Hop]:
    """Seconds a frame of an export, of the same work as one loop, and of each hop alone.

    Returns:
        `export`, `serial`, `decode`, `analyse`, `paint`, `encode`; one figure for each turn.

    Raises:
        PoseViewerError: It cannot be read or written, or the network not loaded.
    """
    network = loader(state.network)
    with tempfile.TemporaryDirectory() as folder, closing(_clip(location)) as clip:
        work = _Work(clip, network, state, look, Path(folder) / "out.mp4", frames=frames)
        ways = {
            "export": work.export,
            "serial": work.serial,
            "decode": work.decode,
            "analyse": work.analyse,
            "paint": work.paint,
            "encode": work.encode,
        }
        return in_turn(
            {name: timed(way, steps=work.count) for name, way in ways.items()}, turns=turns
        )


class _Work:
    """One export, whole and in its parts."""

    def __init__(
        self,
        clip: Clip,
        network: Loaded,
        state: AppState,
        look: Look,
        output: Path,
        *,
        frames: int,
    ) -> None:
        self._clip, self._network, self._state = clip, network, state
        self._look, self._output = look, output
        self.count = min(frames, len(clip))
        self._estimator = network.estimator(state.reading)
        self._held = list(clip.frames(end=self.count - 1))
        self._results = list(self._analysed(self._held))

    def export(self) -> None:
        """As `poseviewer export` does it; the network is loaded already."""
        job = ExportJob(self._output, end=self.count - 1, look=self._look, audio=False)
        export_clip(job, self._state, self._clip.location, loader=lambda _: self._network)

    def serial(self) -> None:
        """Read, analyse, paint and encode one frame, then the next."""
        with closing(_clip(self._clip.location)) as clip:
            frames = clip.frames(end=self.count - 1)
            self._encoded(self._painted(self._analysed(frames)))

    def decode(self) -> None:
        """Read every frame."""
        with closing(_clip(self._clip.location)) as clip:
            deque(clip.frames(end=self.count - 1), maxlen=1)

    def analyse(self) -> None:
        """Find the person in every frame."""
        deque(self._analysed(self._held), maxlen=1)

    def paint(self) -> None:
        """Draw every result."""
        deque(self._painted(self._results), maxlen=1)

    def encode(self) -> None:
        """Write every frame."""
        self._encoded((frame, frame.pixels) for frame in self._held)

    def _analysed(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FrameResult]]:
        sequence = SequentialEstimator(self._estimator, follower(self._state.reading), Tracker())
        for frame in frames:
            result = sequence.estimate(frame, POSES_ONLY)
            sequence.update(result)
            yield frame, result

    def _painted(
        self, analysed: Iterable[tuple[Frame, FrameResult]]
    ) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
        canvas = None
        for frame, result in analysed:
            canvas = painted(frame, result, self._look, out=canvas)
            yield frame, canvas

    def _encoded(self, pictures: Iterable[tuple[Frame, NDArray[np.uint8]]]) -> None:
        from poseviewer.video.writer import ClipWriter

        clip = self._clip
        unit = clip.time(0).time_base
        with ClipWriter(
            self._output,
            size=clip.size,
            time_base=unit,
            rate=clip.rate,
            threads=encoder_threads(),
        ) as writer:
            for frame, pixels in pictures:
                writer.write(pixels, time=frame.time)


def _clip(location: str) -> Clip:
    from poseviewer.video.source import Clip

    source = open_location(location)
    if not isinstance(source, Clip):
        source.close()
        msg = f"{location} is live; reading is measured on a file."
        raise PoseViewerError(msg)
    return source
