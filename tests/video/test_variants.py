"""Every awkward kind of clip: all frames, at their times, the same however they are reached.

The slow test makes 10,000 random seeks; `pytest -m slow tests/video/test_variants.py` runs it.
"""

from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING

import pytest

from poseviewer.video.open import open_source
from poseviewer.video.source import Clip
from tests.video.variants import VARIANTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.video.variants import Variant

SEEKS = 10_000


def opened(path: Path, variant: Variant) -> Clip:
    source = open_source(str(path), choice=variant.choice)
    assert isinstance(source, Clip)
    return source


def digests(path: Path, variant: Variant) -> list[int]:
    """Of all frames in order; what they say is checked on the way."""
    with opened(path, variant) as clip:
        frames = [(variant.read(one.pixels, one.index), one) for one in clip.frames()]
        assert [number for number, _ in frames] == list(variant.numbers)
        return [zlib.crc32(one.pixels) for _, one in frames]


def wrong(path: Path, variant: Variant, expected: list[int], *, seeks: int) -> list[int]:
    """The frames that jumps and steps show differently than `expected`."""
    chance, found = random.Random(variant.name), []
    with opened(path, variant) as clip:
        index = len(clip) - 1
        for turn in range(seeks):
            if zlib.crc32(clip.read(index).pixels) != expected[index]:
                found.append(index)
            if turn % 5 == 0:
                clip.prefetch(index)
            near = index + chance.choice((-1, 1, 2, -7))
            jump = chance.randrange(len(clip))
            index = jump if chance.random() < 0.6 or not 0 <= near < len(clip) else near
    return found


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_frame_is_there_at_its_time_from_everywhere(tmp_path: Path, name: str) -> None:
    variant = VARIANTS[name]
    variant.make(tmp_path / name)
    with opened(tmp_path / name, variant) as clip:
        times = [clip.time(index).exact for index in range(len(clip))]
        assert times == sorted(set(times))
        assert clip.size == variant.size
        assert clip.notice is None
        assert variant.says in clip.remarks
        assert bool(variant.says) == bool(clip.remarks)
        if variant.rate is not None:
            assert clip.rate == pytest.approx(variant.rate, rel=1e-3)
        if variant.seconds is not None:
            steps = len(clip) - 1
            whole = variant.seconds * steps / (steps + 1)
            assert float(times[-1] - times[0]) == pytest.approx(whole, abs=0.002)
    expected = digests(tmp_path / name, variant)
    assert wrong(tmp_path / name, variant, expected, seeks=40) == []


@pytest.mark.slow
def test_ten_thousand_random_seeks_find_no_wrong_frame(tmp_path: Path) -> None:
    each = -(-SEEKS // len(VARIANTS))
    assert len(VARIANTS) >= 30
    found = {}
    for name, variant in VARIANTS.items():
        variant.make(tmp_path / name)
        expected = digests(tmp_path / name, variant)
        found[name] = wrong(tmp_path / name, variant, expected, seeks=each)
    assert {name: frames for name, frames in found.items() if frames} == {}
