"""Small pictures of frames and of the people in them, decoded beside everything else."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.likeness import JOINTS
from poseviewer.runtime.export_beside import opened_clip
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from poseviewer.runtime.similar_poses import Match
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import SourceInfo
    from poseviewer.video.source import Clip

_SIDE = 160
"""Pixels along a picture, about: enough for a tile on a dense screen."""

_MOST = 128
"""Pictures that are held, those used last."""

_OPEN = 4
"""Clips that are open at a time: to open one, all of it is read through."""

_HEAD = 0.45
"""Where a head is above the shoulders, of the way from the hips to them."""

_MARGIN = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class PoseCrop:
    """The part of a frame around one person, or the whole frame."""

    square: Box
    """What a tile shows, frame pixels; it may reach beyond the frame."""
    part: Box
    """Where the pixels lie, frame pixels."""
    pixels: NDArray[np.uint8]
    """RGB (h, w, 3), scaled down."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    location: str
    here: bool
    frame: int
    count: int
    """Frames of the clip that the pose was found in."""
    square: Box


@dataclass(frozen=True, slots=True)
class _Request:
    wanted: tuple[_Wanted, ...]
    opener: Opener
    """Opens the clip that is open as it is open."""


def square_around(joints: NDArray[np.floating]) -> Box:
    """The square about a person whose joints of `likeness.JOINTS` are at (12, 2) frame pixels."""
    middles = [joints[[JOINTS.index(f"{side}_{name}") for side in ("left", "right")]].mean(axis=0)
               for name in ("shoulder", "hip")]  # fmt: skip
    head = middles[0] + _HEAD * (middles[0] - middles[1])
    return Box.around(np.vstack([joints, head]), margin=_MARGIN).fitted(1.0)


def crop_of(pixels: NDArray[np.uint8], square: Box) -> PoseCrop | None:
    """The part of a frame (h, w, 3) that a square shows; None where it shows nothing of it."""
    import cv2

    height, width = pixels.shape[:2]
    left, top = max(round(square.x + 0.5), 0), max(round(square.y + 0.5), 0)
    right = min(round(square.x + square.width + 0.5), width)
    bottom = min(round(square.y + square.height + 0.5), height)
    if right <= left or bottom <= top:
        return None
    factor = min(_SIDE / square.width, 1.0)
    size = (max(round((right - left) * factor), 1), max(round((bottom - top) * factor), 1))
    small = cv2.resize(pixels[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    part = Box(left - 0.5, top - 0.5, float(right - left), float(bottom - top))
    return PoseCrop(square, part, np.asarray(small, np.uint8))


class PoseCrops(SideTask[_Request]):
    """Gives matches and frames their pictures, each clip opened once more on a thread of its own.

    Args:
        opener: Opens other clips.
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, opener: Opener, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._opener = opener
        self._made: OrderedDict[_Wanted, PoseCrop | None] = OrderedDict()
        """None for what cannot be had."""
        self._asked: frozenset[_Wanted] = frozenset()

    def look(
        self, matches: Sequence[Match], *, opener: Opener, ask: bool
    ) -> tuple[PoseCrop | None, ...]:
        """The pictures of some matches, None where there is none yet or none to be had.

        Args:
            matches: Whose.
            opener: Opens the clip that is open, as it is open.
            ask: Whether those that are missing are made next.
        """
        return self._look([
            _Wanted(match.clip.location, match.here, match.frame, match.clip.count,
                    square_around(match.clip.places[match.row]))
            for match in matches
        ], opener, ask=ask)  # fmt: skip

    def frames(
        self, numbers: Iterable[int], source: SourceInfo, *, opener: Opener, ask: bool
    ) -> tuple[PoseCrop | None, ...]:
        """Whole frames of the clip that is open, as `look` gives the people in them."""
        whole = Box.whole(source.size)
        return self._look(
            [_Wanted(source.location, True, one, source.count, whole) for one in numbers],
            opener,
            ask=ask,
        )

    def _look(
        self, wanted: Sequence[_Wanted], opener: Opener, *, ask: bool
    ) -> tuple[PoseCrop | None, ...]:
        with self._lock:
            missing = tuple(one for one in wanted if one not in self._made)
            # While some of them come, the others are on their way.
            if ask and not self._asked.issuperset(missing):
                self._asked = frozenset(missing)
                self._ask(_Request(missing, opener))
            for one in wanted:
                if one in self._made:
                    self._made.move_to_end(one)
            return tuple(self._made.get(one) for one in wanted)

    def stop(self) -> None:
        """Close the clips, and drop the pictures."""
        with self._lock:
            self._release()

    def take(self, made: Iterable[tuple[_Wanted, PoseCrop | None]]) -> None:
        """Store pictures of the thread; see `publish`."""
        self._made.update(made)
        while len(self._made) > _MOST:
            self._made.popitem(last=False)

    def _worker(self) -> _Cutting:
        return _Cutting(self, self._opener)

    def _forget(self) -> None:
        self._made.clear()
        self._asked = frozenset()


class _Cutting(Worker[_Request]):
    """The thread that decodes."""

    def __init__(self, owner: PoseCrops, opener: Opener) -> None:
        super().__init__("poseviewer-pose-crops")
        self._owner, self._opener = owner, opener
        self._clips: dict[tuple[bool, str], Clip] = {}
        """Those that are open, by whether it is the one in the window, and location."""

    def answer(self, request: _Request) -> None:
        for one in sorted(request.wanted, key=lambda each: (not each.here, each.location)):
            if self.mailbox.closed:
                return
            crop = None
            # What cannot be read of a clip is said when that one is opened.
            with suppress(PoseViewerError, IndexError):
                clip = self._opened(one, request.opener)
                if len(clip) == one.count:
                    crop = crop_of(clip.read(one.frame).pixels, one.square)
            self._publish([(one, crop)])

    def say(self, state: str) -> None:
        """Nothing is said of a picture that is missing: the skeleton stands alone."""

    def failure(self, request: _Request, error: Exception) -> str:  # noqa: ARG002
        self._publish([(one, None) for one in request.wanted])
        return ""

    def release(self) -> None:
        for clip in self._clips.values():
            clip.close()
        self._clips = {}

    def _opened(self, one: _Wanted, opener: Opener) -> Clip:
        clip = self._clips.pop((one.here, one.location), None)
        if clip is None:
            while len(self._clips) >= _OPEN:
                self._clips.pop(next(iter(self._clips))).close()
            clip = opened_clip(one.location, opener if one.here else self._opener)
        self._clips[one.here, one.location] = clip
        return clip

    def _publish(self, made: list[tuple[_Wanted, PoseCrop | None]]) -> None:
        self._owner.publish(self, partial(self._owner.take, made))
