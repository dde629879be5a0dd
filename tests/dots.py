"""A person of coloured dots, and a network that finds colours: known joints without weights."""

from __future__ import annotations

from fractions import Fraction
from queue import Empty, Queue
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard, Normalisation
from poseviewer.runtime.factories import Loaded
from poseviewer.video.source import Clip, Feed
from tests.waiting import LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from threading import Event

    from numpy.typing import NDArray

SKELETON = load_skeleton("lsp-14")
SIZE = (320, 240)
INPUT = (128, 128)
BASE = Fraction(1, 90_000)
_HUES = np.linspace(0, 180, len(SKELETON.joints), endpoint=False).astype(np.uint8)
COLOURS = cv2.cvtColor(
    np.stack([_HUES, np.full_like(_HUES, 255), np.full_like(_HUES, 255)], 1)[None],
    cv2.COLOR_HSV2RGB,
)[0].astype(np.float32)

STAGES = tuple(
    StageSpec(f"stage {n + 1}", "heatmap", 4, (*SKELETON.joints, "background")) for n in range(3)
)

CARD = ModelCard(
    name="dots",
    title="Finds colours",
    family="hourglass",
    skeleton="lsp-14",
    input_size=INPUT,
    normalisation=Normalisation(),
    codec=HeatmapCodec(stride=4, sigma=1.0, background=True),
    stages=STAGES,
    weights=None,
    licence="Apache-2.0",
    source="made up for tests",
    parameters=0,
    build=lambda: None,  # type: ignore[arg-type, return-value]
)


def joints(index: int, *, size: tuple[int, int] = SIZE) -> NDArray[np.float64]:
    """The (14, 2) joints in frame `index`: a standing figure that walks and swings."""
    unit = size[1] / 8
    swing = np.sin(index / 5) * 0.5
    x = size[0] / 2 + unit * 1.5 * np.sin(index / 40)
    y = size[1] / 2
    places = [
        (-0.6 - swing, 2.6), (-0.6 - swing / 2, 1.5), (-0.5, 0.4),
        (0.5, 0.4), (0.6 + swing / 2, 1.5), (0.6 + swing, 2.6),
        (-1.4 + swing, 0.3), (-1.3, -0.7), (-0.8, -1.5),
        (0.8, -1.5), (1.3, -0.7), (1.4 + swing, 0.3),
        (0.0, -1.9), (0.0, -2.8),
    ]  # fmt: skip
    return np.array([x, y]) + unit * np.array(places)


def picture(index: int, *, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """The RGB frame of `joints`."""
    image = np.full((size[1], size[0], 3), 20, np.uint8)
    for place, colour in zip(joints(index, size=size), COLOURS, strict=True):
        centre = tuple(round(v * 16) for v in place)
        rgb = tuple(int(v) for v in colour)
        cv2.circle(image, centre, int(size[1] / 48 * 16), rgb, -1, cv2.LINE_AA, 4)
    return image


class Dots:
    """An engine that finds the colours."""

    label = "Dots, CPU"

    def __init__(self, *, gate: Event | None = None, before: Callable[[], None] | None = None):
        self.gate = gate
        self.before = before
        self.runs = 0

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        self.runs += 1
        if self.before is not None:
            self.before()
        if self.gate is not None:
            assert self.gate.wait(LONG)
        n, _, h, w = batch.shape
        pixels = batch.transpose(0, 2, 3, 1)[..., None, :] * 255
        near = np.exp(-((pixels - COLOURS) ** 2).sum(-1) / (2 * 60.0**2))
        maps = near.reshape(n, h // 4, 4, w // 4, 4, -1).mean((2, 4)).transpose(0, 3, 1, 2)
        maps = np.concatenate([maps, 1 - maps.max(1, keepdims=True)], 1).astype(np.float32)
        return [
            maps * part for i, part in enumerate((0.6, 0.8, 1.0)) if wanted is None or i in wanted
        ]


class DotsClip(Clip):
    """Frames of dots at uneven times."""

    def __init__(
        self, count: int = 30, *, size: tuple[int, int] = SIZE, nobody: Collection[int] = ()
    ):
        self._count, self._size, self._nobody = count, size, nobody
        steps = np.resize([3000, 3000, 4500, 1500, 6000], count)
        self._pts = np.concatenate([[0], np.cumsum(steps)[:-1]])
        self.closed = 0
        self.reads: list[int] = []

    name = location = "dots"
    rate = 25.0

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def __len__(self) -> int:
        return self._count

    def time(self, index: int) -> Timestamp:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return Timestamp(int(self._pts[index]), BASE)

    def read(self, index: int) -> Frame:
        time = self.time(index)
        self.reads.append(index)
        pixels = picture(index, size=self._size)
        if index in self._nobody:
            pixels = np.full_like(pixels, 20)
        return Frame(pixels, index, time)

    def truth(self, index: int) -> Poses | None:
        xy = joints(index, size=self._size)
        return Poses.single(xy, score=np.ones(len(xy)), skeleton=SKELETON, box=(0, 0, 1, 1))

    def close(self) -> None:
        self.closed += 1


class DotsFeed(Feed):
    """A feed that gives what a test pushes."""

    name = location = "dots-feed"
    size = SIZE
    rate = 30.0

    def __init__(self) -> None:
        self.pushed: Queue[Frame] = Queue()
        self.lost: str | None = None
        self.ended = False
        self.closed = 0
        self._count, self._given = 0, False

    def push(self) -> None:
        index, self._count = self._count, self._count + 1
        self.pushed.put(Frame(picture(index), index, Timestamp(index * 3000, BASE)))

    def read(self, timeout: float = 1.0) -> Frame | None:
        if self.ended:
            raise PoseViewerError("The feed has ended.")
        if self._given:
            # Who reads again is done with what came before.
            self.pushed.task_done()
            self._given = False
        try:
            frame = self.pushed.get(timeout=min(timeout, 0.02))
        except Empty:
            return None
        self._given = True
        return frame

    @property
    def drained(self) -> bool:
        """Whether all that was pushed has been read and dealt with."""
        return self.pushed.unfinished_tasks == 0

    @property
    def trouble(self) -> str | None:
        return self.lost

    def close(self) -> None:
        self.closed += 1


def loader(engine: Dots | None = None) -> Callable[..., Loaded]:
    """A loader that gives the dots network, whatever is asked for."""
    shared = engine or Dots()

    def load(choices: object) -> Loaded:
        return Loaded(CARD, shared, shared.label)

    return load
