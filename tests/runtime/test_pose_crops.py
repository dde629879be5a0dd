"""Pictures of alike frames are cut out of the right frames, and missing ones are no trouble."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.likeness import JOINTS
from poseviewer.runtime.pose_crops import PoseCrop, PoseCrops, crop_of, square_around
from poseviewer.runtime.similar_poses import ClipPoses, Match
from poseviewer.runtime.state import SourceInfo
from tests.dots import COLOURS, SKELETON, DotsClip, joints
from tests.waiting import LONG, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.core.frame import Frame
    from poseviewer.video.source import Clip

COUNT = 30
ROWS = [SKELETON.index(name) for name in JOINTS]


def clip_poses(location: str, count: int = COUNT) -> ClipPoses:
    places = np.stack([joints(index)[ROWS] for index in range(COUNT)]).astype(np.float32)
    empty = np.zeros((COUNT, 16), np.float32)
    return ClipPoses(
        location, location, np.arange(COUNT), np.arange(COUNT) / 25, count, places, places, empty
    )


class Counted(DotsClip):
    """A clip that notes which frames are read."""

    def __init__(self, read: list[int]) -> None:
        super().__init__(COUNT)
        self.noted = read

    def read(self, index: int) -> Frame:
        self.noted.append(index)
        return super().read(index)


class Table:
    """Pictures of clips of dots, with what was opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.read: list[int] = []
        self.news = threading.Condition()
        self.crops = PoseCrops(self.open, self._notify)

    def open(self, location: str) -> Clip:
        self.opened.append(location)
        if location == "gone":
            msg = "gone does not exist."
            raise PoseViewerError(msg)
        return Counted(self.read)

    def _notify(self) -> None:
        with self.news:
            self.news.notify_all()

    def look(self, *matches: Match, ask: bool = True) -> tuple[PoseCrop | None, ...]:
        return self.crops.look(matches, opener=self.open, ask=ask)

    def wait(self, *matches: Match) -> tuple[PoseCrop | None, ...]:
        """The pictures, once none of them is missing."""
        with self.news:
            assert until(lambda: all(self.look(*matches)), news=self.news)
        return self.look(*matches)


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table()
    yield made
    made.crops.close()


def test_each_frame_has_the_person_of_its_own(table: Table) -> None:
    here, other = clip_poses("here"), clip_poses("other")
    matches = (Match(here, 3, 0.9, True), Match(here, 21, 0.8, True), Match(other, 12, 0.7, False))
    assert table.look(*matches, ask=False) == (None, None, None)
    assert table.opened == []
    for match, crop in zip(matches, table.wait(*matches), strict=True):
        assert crop is not None
        high, wide = crop.pixels.shape[:2]
        at = (joints(match.frame)[ROWS] - (crop.part.x, crop.part.y)) / crop.part.width * wide
        assert 100 < max(high, wide) <= 162
        for (x, y), row in zip(at, ROWS, strict=True):
            found = crop.pixels[int(y), int(x)].astype(float)
            assert np.abs(found - COLOURS[row]).max() < 60
    assert sorted(table.opened) == ["here", "other"]
    table.crops.close()[0].join(LONG)
    assert sorted(table.read) == [3, 12, 21]


def test_what_cannot_be_read_has_no_picture_and_is_not_tried_for_ever(table: Table) -> None:
    """A clip that is gone, one of another length, and one that is there."""
    gone = Match(clip_poses("gone"), 3, 0.9, False)
    changed = Match(clip_poses("changed", count=99), 3, 0.9, False)
    there = Match(clip_poses("there"), 3, 0.9, False)
    with table.news:
        # In the order of their names, so that `there` comes last.
        assert until(lambda: table.look(gone, changed, there)[2], news=table.news)
    assert table.look(gone, changed) == (None, None)
    table.wait(Match(there.clip, 4, 0.9, False))
    assert sorted(table.opened) == ["changed", "gone", "there"]


def test_no_picture_outlives_its_clip(table: Table) -> None:
    match = Match(clip_poses("here"), 3, 0.9, True)
    table.wait(match)
    table.crops.stop()
    assert table.look(match, ask=False) == (None,)


def test_whole_frames_are_small_and_are_those_asked_for(table: Table) -> None:
    clip = DotsClip(COUNT)
    times = np.array([clip.time(at).seconds for at in range(COUNT)])
    source = SourceInfo("here", "here", clip.size, clip.rate, False, times)
    frames = (3, 21, COUNT)

    def seen(*, ask: bool = True) -> tuple[PoseCrop | None, ...]:
        return table.crops.frames(frames, source, opener=table.open, ask=ask)

    assert seen(ask=False) == (None,) * 3
    with table.news:
        assert until(lambda: all(seen()[:2]), news=table.news)
    for number, picture in zip(frames, seen()[:2], strict=False):
        assert picture is not None
        assert picture.pixels.shape == (120, 160, 3)
        whole = cv2.resize(clip.read(number).pixels, (160, 120), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(picture.pixels, whole)
    assert seen()[2] is None, "there is no such frame"
    assert table.opened == ["here"]


def test_a_square_holds_the_head_and_may_reach_beyond_the_frame() -> None:
    at = joints(7)
    square = square_around(at[ROWS])
    assert square.width == square.height
    head = at[SKELETON.index("head_top")]
    assert square.x < head[0] < square.x + square.width
    assert square.y < head[1] < square.y + square.height
    frame = np.zeros((40, 60, 3), np.uint8)
    crop = crop_of(frame, Box(-10.5, 19.5, 30.0, 30.0))
    assert crop is not None
    assert crop.part == Box(-0.5, 19.5, 20.0, 20.0)
    assert crop.pixels.shape == (20, 20, 3)
    assert crop_of(frame, Box(100, 0, 30, 30)) is None
