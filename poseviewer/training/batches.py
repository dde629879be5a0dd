"""An endless stream of augmented batches, made on a thread beside the network."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.training.augment import Strength, augmented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from poseviewer.training.dataset import LabelledPerson

_AHEAD = 4

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """n augmented examples."""

    images: NDArray[np.uint8]
    """RGB (n, size, size, 3)."""

    joints: NDArray[np.float32]
    """(n, k, 2) input pixels."""

    present: NDArray[np.bool_]
    """(n, k)."""

    weight: NDArray[np.float32]
    """(n, k)."""


_Made = TypeVar("_Made", covariant=True)


class Source(Protocol[_Made]):
    """Where a training run takes its batches from."""

    side: int
    """Of the input, pixels; may be changed at any time."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def take(self) -> _Made:
        """The next batch; waits for it."""


class Stream(ABC, Generic[_Kind]):
    """Endless shuffled batches; a context manager that owns its thread.

    OpenCV releases the interpreter lock, so one thread keeps two cores of torch busy.

    Args:
        count: Examples of an epoch.
        size: Batch size.
        seed: Of the random numbers.
        side: Side of the input, pixels; may be changed at any time.
    """

    def __init__(self, count: int, *, size: int, seed: int, side: int) -> None:
        self.side = side
        self._count, self._size = count, size
        self._rng = np.random.default_rng(seed)
        self._ready: queue.Queue[_Kind | BaseException] = queue.Queue(_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="batches", daemon=True)

    @property
    def epoch(self) -> int:
        """Images of an epoch."""
        return self._count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def take(self) -> _Kind:
        """The next batch; waits for it.

        Raises:
            RuntimeError: Making it failed; the cause is attached.
        """
        got = self._ready.get()
        if isinstance(got, BaseException):
            msg = "augmentation failed"
            raise RuntimeError(msg) from got
        return got

    def batches(self) -> Iterator[_Kind]:
        """All batches, one epoch after the other, made when they are asked for."""
        while True:
            order = self._rng.permutation(self._count)
            for start in range(0, len(order) - self._size + 1, self._size):
                yield self._make(order[start : start + self._size])

    def _fill(self) -> None:
        try:
            for batch in self.batches():
                if not self._put(batch):
                    return
        except Exception as error:  # noqa: BLE001 - raised by the next `take`
            self._put(error)

    def _put(self, entry: _Kind | BaseException) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(entry, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    @abstractmethod
    def _make(self, chosen: NDArray[np.intp]) -> _Kind:
        """The batch of some examples of an epoch."""


class Batches(Stream[Batch]):
    """Batches of augmented people, one a picture.

    Args:
        people: Each repeated as often as it is to be seen per epoch.
        size: Batch size.
        mirror: For each joint the one that a flip turns it into.
        seed: Of the random numbers.
        side: Side of the input, pixels; may be changed at any time.
        strength: How far the random views go.
    """

    def __init__(
        self,
        people: Sequence[LabelledPerson],
        *,
        size: int,
        mirror: Sequence[int],
        seed: int,
        side: int,
        strength: Strength | None = None,
    ) -> None:
        super().__init__(len(people), size=size, seed=seed, side=side)
        self._people = people
        self._mirror = np.asarray(mirror, np.intp)
        self._strength = strength or Strength()

    def _make(self, chosen: NDArray[np.intp]) -> Batch:
        side = self.side
        samples = [
            augmented(
                self._people[i],
                size=side,
                mirror=self._mirror,
                rng=self._rng,
                strength=self._strength,
            )
            for i in chosen
        ]
        return Batch(
            np.stack([s.image for s in samples]),
            np.stack([s.joints for s in samples]),
            np.stack([s.present for s in samples]),
            np.stack([s.weight for s in samples]),
        )


class Workers(Generic[_Kind]):
    """The batches of several streams, each in a process of its own, for a GPU that waits for them.

    Needs the `fork` of Linux and macOS: pictures that are in memory are shared, not sent.

    Args:
        make: The stream of a seed.
        seeds: One for each process.
        side: Side of the input, pixels; may be changed at any time.

    Raises:
        PoseViewerError: On Windows.
    """

    def __init__(
        self, make: Callable[[int], Stream[_Kind]], *, seeds: Sequence[int], side: int
    ) -> None:
        try:
            fork: Any = multiprocessing.get_context("fork")
        except ValueError as error:
            msg = "Windows cannot draw pictures in several processes: train with --workers 0."
            raise PoseViewerError(msg) from error
        self._side = fork.Value("i", side)
        self._ready: Any = fork.Queue(2 * len(seeds))
        self._processes = [
            fork.Process(target=_work, args=(make, seed, self._side, self._ready), daemon=True)
            for seed in seeds
        ]

    @property
    def side(self) -> int:
        """Side of the input, pixels."""
        return int(self._side.value)

    @side.setter
    def side(self, side: int) -> None:
        self._side.value = side

    def __enter__(self) -> Self:
        # The threads of OpenCV's pool do not come along: it would wait for them forever.
        cv2.setNumThreads(1)
        for process in self._processes:
            process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def take(self) -> _Kind:
        """The next batch; waits for it.

        Raises:
            RuntimeError: Making it failed, or a process has ended.
        """
        while True:
            try:
                got: _Kind | str = self._ready.get(timeout=1)
            except queue.Empty:
                if all(process.is_alive() for process in self._processes):
                    continue
                msg = "a process that draws pictures has ended"
                raise RuntimeError(msg) from None
            if isinstance(got, str):
                msg = f"augmentation failed: {got}"
                raise RuntimeError(msg)
            return got


def _work(
    make: Callable[[int], Stream[Any]], seed: int, side: Any, ready: Any
) -> None:  # pragma: no cover - in another process
    # Those of the parent save what it has made.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        stream = make(seed)
        stream.side = side.value
        for batch in stream.batches():
            ready.put(batch)
            stream.side = side.value
    except Exception as error:  # noqa: BLE001 - raised by the next `take`
        ready.put(repr(error))
