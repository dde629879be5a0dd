"""An endless stream of augmented batches, made on a thread beside the network."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import numpy as np

from poseviewer.training.augment import Strength, augmented

if TYPE_CHECKING:
    from collections.abc import Sequence
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

    def _fill(self) -> None:
        try:
            while True:
                order = self._rng.permutation(self._count)
                for start in range(0, len(order) - self._size + 1, self._size):
                    if not self._put(self._make(order[start : start + self._size])):
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
