"""Times exports against their hops alone and against the processor's cores.

An export reads, analyses, paints and encodes on threads of its own, so it should take little longer
than the slowest of these, or than all of them shared among the cores, where that is more.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from poseviewer.bench.files import open_clip
from poseviewer.bench.hops import Hop, in_turn, timed
from poseviewer.core.composite import SIZES, Composite
from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import SequentialEstimator, with_maps
from poseviewer.pipeline.run import POSES_ONLY
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.analysis import Analyst, analysis_steps
from poseviewer.runtime.export import export_steps
from poseviewer.runtime.export_picture import Picture, encoder_threads
from poseviewer.runtime.factories import follower, goniometer, load_network
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.source_thread import described, open_location
from poseviewer.video.writer import ClipWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.state import AppState

ExportKind = Literal["plain", "plain, analysed", "composed", "composed, analysed"]
"""What is exported, and whether its clip was analysed before."""

_ANGLES = ("right knee", "left knee")
_JOINTS = ("right_knee", "left_knee", "right_hip")
_HELD = 1 << 29
"""Bytes of pictures that are held ready to be encoded."""


def exporting(
    location: str,
    state: AppState,
    look: Look,
    *,
    kind: ExportKind = "plain",
    frames: int = 100,
    turns: int = 2,
    loader: Loader = load_network,
) -> dict[str, Hop]:
    """Seconds a frame of an export, of the same work as one loop, and of each hop alone.

    Returns:
        `export`, `serial`, `decode`, `analyse` (not where a plain export of an analysed clip
        needs no network), `paint` and `encode`; one figure for each turn.

    Raises:
        PoseViewerError: It cannot be read or written, or the network not loaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = _Work(location, state, look, Path(folder) / "out.mp4", kind, frames, loader)
        ways: dict[str, Callable[[], None]] = {"export": work.export, "serial": work.serial}
        ways |= work.hops
        return in_turn(
            {name: timed(way, steps=work.count) for name, way in ways.items()}, turns=turns
        )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Work:
    """One export, whole and in its parts."""

    def __init__(
        self,
        location: str,
        state: AppState,
        look: Look,
        output: Path,
        kind: ExportKind,
        frames: int,
        loader: Loader,
    ) -> None:
        self._location, self._state = location, state
        self._output = output
        self._network = loader(state.network)
        self._estimator = self._network.estimator(state.reading)
        composed, self._analysed = kind.startswith("composed"), kind.endswith("analysed")
        composite = Composite("side", SIZES["side"], _JOINTS, _ANGLES) if composed else None
        self._request = Request() if composed else POSES_ONLY
        with closing(open_clip(location)) as clip:
            self._size, self._rate = clip.size, clip.rate
            width, height = clip.size if composite is None else composite.size
            held = max(_HELD // (3 * width * height), 2)
            self.count = min(frames, len(clip), held)
            self._span = clip.time(0).seconds, clip.time(self.count - 1).seconds
            self._held = list(clip.frames(end=self.count - 1))
            self._source = described(clip)
        end = self.count - 1
        self._job = ExportJob(output, end=end, look=look, audio=False, composite=composite)
        self._results = list(self._estimated(self._held))
        self._painted = [pixels.copy() for _, pixels in self._pictures(self._results)]
        self._new_store()

    @property
    def hops(self) -> dict[str, Callable[[], None]]:
        """Each hop alone, in order."""
        ways: dict[str, Callable[[], None]] = {"decode": self._decode}
        if not self._analysed:
            ways["analyse"] = self._analyse
        elif self._request is not POSES_ONLY:
            # Only poses are stored; maps are made again.
            ways["analyse"] = self._make_maps
        return ways | {"paint": self._paint, "encode": self._encode}

    def export(self) -> None:
        """As the window does it; the network is loaded already."""
        steps = export_steps(
            self._job,
            self._state,
            self._location,
            loader=lambda _: self._network,
            analyst=self._analyst(),
        )
        deque(steps, maxlen=1)

    def serial(self) -> None:
        """Read, analyse, paint and encode one frame, then the next."""
        with closing(open_clip(self._location)) as clip:
            frames = clip.frames(end=self.count - 1)
            self._encoded(self._pictures(self._answered(frames)))

    def _new_store(self) -> None:
        """Begin a store, with the analysis where there is to be one."""
        self._store = ResultStore(self._source, map_bytes=0)
        if self._analysed:
            bounds = 0, self.count - 1
            steps = analysis_steps(
                self._analyst(), self._location, bounds=bounds, opener=open_location
            )
            deque(steps, maxlen=1)

    def _analyst(self) -> Analyst:
        results = self._store.of(self._state.key)
        return Analyst(results, self._state, loader=lambda _: self._network)

    def _decode(self) -> None:
        with closing(open_clip(self._location)) as clip:
            deque(clip.frames(end=self.count - 1), maxlen=1)

    def _analyse(self) -> None:
        deque(self._estimated(self._held), maxlen=1)

    def _make_maps(self) -> None:
        for _, result in self._results:
            with_maps(result, self._estimator, self._request)

    def _paint(self) -> None:
        deque(self._pictures(self._results), maxlen=1)

    def _encode(self) -> None:
        frames = (frame for frame, _ in self._results)
        self._encoded(zip(frames, self._painted, strict=True))

    def _answered(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FrameResult]]:
        """Each frame with its result, as an export comes by it."""
        if not self._analysed:
            yield from self._estimated(frames)
            return
        for frame, (_, result) in zip(frames, self._results, strict=False):
            if self._request is not POSES_ONLY:
                with_maps(result, self._estimator, self._request)
            yield frame, result

    def _estimated(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FrameResult]]:
        state = self._state
        measure = goniometer(state.reading, state.angles).measured
        sequence = SequentialEstimator(self._estimator, follower(state.reading), Tracker())
        for frame in frames:
            result = sequence.estimate(frame, self._request)
            sequence.update(result)
            yield frame, measure(result)

    def _pictures(
        self, answered: Iterable[tuple[Frame, FrameResult]]
    ) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
        stages = self._network.card.stages
        picture = Picture(self._job, self._size, stages=stages, span=self._span)
        for frame, result in answered:
            yield frame, picture.of(frame, result)

    def _encoded(self, pictures: Iterable[tuple[Frame, NDArray[np.uint8]]]) -> None:
        width, height = self._job.composite.size if self._job.composite else self._size
        unit = self._held[0].time.time_base
        with ClipWriter(
            self._output,
            size=(width, height),
            time_base=unit,
            rate=self._rate,
            threads=encoder_threads(network="analyse" in self.hops),
        ) as writer:
            for frame, pixels in pictures:
                writer.write(pixels, time=frame.time)
