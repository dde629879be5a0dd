"""The ring forgets what was used longest ago, and counts its bytes."""

from __future__ import annotations

import av

from poseviewer.video.picture_cache import PictureCache, size_of

PICTURE = av.VideoFrame(64, 64, "yuv420p")
EACH = size_of(PICTURE)


def test_size_is_that_of_the_planes() -> None:
    assert EACH >= 64 * 64 * 3 // 2


def test_the_least_recently_used_is_forgotten() -> None:
    ring = PictureCache(EACH * 3)
    for number in range(3):
        ring.put(number, PICTURE)
    ring.get(0)
    ring.put(3, PICTURE)
    assert [number in ring for number in range(4)] == [True, False, True, True]
    assert (len(ring), ring.bytes) == (3, EACH * 3)


def test_looking_is_not_using() -> None:
    ring = PictureCache(EACH * 2)
    ring.put(0, PICTURE)
    ring.put(1, PICTURE)
    assert 0 in ring
    ring.put(2, PICTURE)
    assert 0 not in ring


def test_putting_twice_counts_once() -> None:
    ring = PictureCache(EACH * 2)
    ring.put(0, PICTURE)
    ring.put(0, PICTURE)
    assert (len(ring), ring.bytes) == (1, EACH)


def test_one_picture_is_always_held() -> None:
    ring = PictureCache(1)
    ring.put(0, PICTURE)
    ring.put(1, PICTURE)
    assert (0 in ring, 1 in ring) == (False, True)
    assert ring.room_for(PICTURE) == 1


def test_trimming_leaves_the_most_recently_used() -> None:
    ring = PictureCache(EACH * 9)
    for number in range(5):
        ring.put(number, PICTURE)
    ring.get(0)
    ring.trim(2)
    assert [number in ring for number in range(5)] == [True, False, False, False, True]
    assert ring.bytes == EACH * 2
    ring.trim(7)
    assert len(ring) == 2


def test_clear() -> None:
    ring = PictureCache(EACH)
    ring.put(0, PICTURE)
    ring.clear()
    assert (len(ring), ring.bytes, ring.get(0)) == (0, 0, None)
