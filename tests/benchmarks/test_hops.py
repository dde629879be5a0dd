"""The measurements of `poseviewer bench`, run briefly; `pytest -s tests/benchmarks` prints them.

No test here asserts a time: figures depend on the machine and on what else it does.
"""

from __future__ import annotations

import pytest

from poseviewer.bench.ages import ages
from poseviewer.bench.exporting import exporting
from poseviewer.bench.files import decoding, sequential, stepping
from poseviewer.bench.hops import networks
from poseviewer.bench.live import HOPS, live
from poseviewer.cli.bench import CLIP, KINDS, screen, table
from poseviewer.core.look import Look
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.runtime.test_real import untrained

pytestmark = pytest.mark.slow


@pytest.mark.gui
def test_live(qapp):
    paint, painter = screen()
    hops = live(AppState(), seconds=1.0, paint=paint, loader=untrained)
    print("", painter, *table(hops), sep="\n")
    assert [hop.name for hop in hops] == [name for name in HOPS if name != "decode"]
    assert all(0 < hop.p50 <= hop.p95 for hop in hops)


def test_ages():
    found = ages(AppState(), {"slow": 4.0, "fast": 200.0}, seconds=1.0, loader=untrained)
    for name, hops in found.items():
        print("", name, *table(hops.values()), sep="\n")
    assert list(found) == ["slow", "fast"]
    assert all(0 < hops["network"].p50 < hops["age"].p50 for hops in found.values())


def test_decoding(tmp_path):
    clip = tmp_path / "clip.mp4"
    export_clip(ExportJob(clip, overlay=False), AppState(), CLIP)
    hop = decoding(str(clip))
    print("", *table([hop]), sep="\n")
    assert hop.count == 60


def test_networks():
    measured = networks([AppState()], runs=3, loader=untrained)
    print("", *table(measured.values()), sep="\n")
    assert [hop.count for hop in measured.values()] == [3]


def test_files(tmp_path):
    clip = str(tmp_path / "clip.mp4")
    export_clip(
        ExportJob(tmp_path / "clip.mp4", overlay=False), AppState(), "mannequin-clip:320x240@30x40"
    )
    measured = [
        sequential(clip, turns=2),
        stepping(clip, places=3),
    ]
    for one in measured:
        print("", *table(one.values()), sep="\n")
    assert [len(one) for one in measured] == [2, 5]
    assert all(hop.p50 > 0 for one in measured for hop in one.values())


@pytest.mark.parametrize("kind", KINDS)
def test_exports(tmp_path, kind):
    clip = tmp_path / "clip.mp4"
    export_clip(ExportJob(clip, overlay=False), AppState(), "mannequin-clip:320x240@30x12")
    state = AppState().choosing(region="whole")
    hops = exporting(str(clip), state, Look(), kind=kind, frames=8, turns=1, loader=untrained)
    print("", *table(hops.values()), sep="\n")
    known = {"export", "serial", "decode", "paint", "encode"}
    # Poses that are stored need no network; maps are made for the picture alone.
    assert set(hops) == (known if kind == "plain, analysed" else known | {"analyse"})
    assert all(hop.p50 > 0 for hop in hops.values())


@pytest.mark.gui
def test_painting(qapp):
    from poseviewer.bench.window import painting

    measured = painting(runs=3)
    print("", *table(measured.values()), sep="\n")
    assert [hop.count for hop in measured.values()] == [3, 3, 3]
