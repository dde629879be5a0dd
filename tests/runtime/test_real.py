"""The session on real frames with real networks."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.bench.files import decoding
from poseviewer.bench.hops import networks
from poseviewer.bench.live import live
from poseviewer.models.engine import choose_engine
from poseviewer.models.registry import card
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.factories import Loaded, load_network, single_threaded
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.sections import NetworkState, ReadingState
from poseviewer.runtime.state import AppState
from poseviewer.video.open import open_source
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poseviewer.video.source import Source

_WELL = Lock()
CLIP = "mannequin-clip:320x240@30x12"


def untrained(network: NetworkState) -> Loaded:
    """The real lite network with random weights: real work, meaningless answers."""
    import torch

    single_threaded()
    chosen = card("hourglass-lite")
    # Chance is drawn from one well, and the session loads on a thread of its own.
    with _WELL:
        torch.manual_seed(0)
        module = chosen.build()
    engine, notice = choose_engine(chosen, engine="torch", device="cpu", module=module)
    return Loaded(chosen, engine, engine.label, notice)


class Real(Desk):
    """A desk that opens real sources."""

    def _open(self, location: str) -> Source:
        return open_source(location)


@pytest.fixture
def real() -> Iterator[Real]:
    made = Real(None, {})  # type: ignore[arg-type]
    made.start(loader=untrained, state=AppState().choosing(region="whole"))
    yield made
    made.session.close()


def _equal_to_sequential(real: Real, location: str, path: list[int]) -> None:
    network = untrained(NetworkState())
    with open_source(location) as clip:
        estimator = network.estimator(ReadingState())
        pairs = run(clip, estimator, RegionFollower("whole"), end=max(path))  # type: ignore[arg-type]
        straight = {frame.index: (frame.pixels.copy(), r.stage_poses[-1].xy) for frame, r in pairs}
    real.session.open(location)
    real.until(lambda s: s.frame is not None)
    for index in path:
        real.session.seek(index)
        state = real.shown(index)
        pixels, xy = straight[index]
        np.testing.assert_array_equal(state.frame.pixels, pixels)
        np.testing.assert_array_equal(state.result.stage_poses[-1].xy, xy)


def test_the_mannequin_clip_both_ways(real: Real) -> None:
    _equal_to_sequential(real, CLIP, [0, 1, 2, 11, 10, 9, 3])
    state = real.session.state
    assert state.engine == "Torch fp32, CPU"
    assert state.model is not None
    assert len(state.model.stages) == len(state.result.stage_poses)


@pytest.mark.slow
def test_a_real_clip_both_ways(real: Real, shared: Path) -> None:
    _equal_to_sequential(real, str(shared / "videos" / "squat.mp4"), [3, 4, 20, 19, 18, 0, 12])


def test_the_mannequin_feed_runs(real: Real) -> None:
    real.session.open("mannequin:320x240@30")
    state = real.until(lambda s: s.result is not None and s.result.frame.index > 3)
    assert state.source is not None
    assert state.source.live
    # The figures are reckoned some times a second, so they may come after the result.
    real.until(lambda s: s.stats.source_rate > 0)


def test_a_real_export_has_the_clips_frames_and_times(tmp_path: Path) -> None:
    out = export_clip(
        ExportJob(tmp_path / "o.mp4", end=5, data=("csv",)), AppState(), CLIP, loader=untrained
    )
    with open_source(str(out)) as written, open_source(CLIP) as clip:
        assert len(written) == 6  # type: ignore[arg-type]
        for index in range(6):
            assert written.time(index).exact == clip.time(index).exact  # type: ignore[attr-defined]
    assert (tmp_path / "o.csv").stat().st_size > 0


def test_the_measurements_that_bench_prints() -> None:
    hops = {
        hop.name: hop
        for hop in live(AppState().choosing(region="whole"), seconds=0.3, loader=untrained)
    }
    assert list(hops) == [
        "capture", "crop", "network", "codec", "angles", "scene", "paint", "age",
    ]  # fmt: skip
    assert all(0 <= hop.p50 <= hop.p95 for hop in hops.values())
    assert hops["age"].p50 >= hops["network"].p50
    assert decoding(CLIP, frames=5).count == 5
    (hop,) = networks([AppState()], runs=2, loader=untrained).values()
    assert hop.count == 2


def test_a_model_that_is_not_known_is_said() -> None:
    made = Real(None, {})  # type: ignore[arg-type]
    made.start(loader=load_network, state=AppState().choosing(model="houglass"))
    made.session.open(CLIP)
    try:
        state = made.until(lambda s: s.notices)
        assert "houglass" in state.notices[-1].text
    finally:
        made.session.close()
