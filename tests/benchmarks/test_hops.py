"""The measurements of `poseviewer bench`, run briefly; `pytest -s tests/benchmarks` prints them.

No test here asserts a time: figures depend on the machine and on what else it does.
"""

from __future__ import annotations

import pytest

from poseviewer.cli.bench import CLIP, screen, table
from poseviewer.runtime.bench import HOPS, decoding, live, networks
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.state import Choices, ExportJob
from tests.runtime.test_real import untrained

pytestmark = pytest.mark.slow


@pytest.mark.gui
def test_live(qapp):
    paint, painter = screen()
    hops = live(Choices(), seconds=1.0, paint=paint, loader=untrained)
    print("", painter, *table(hops), sep="\n")
    assert [hop.name for hop in hops] == [name for name in HOPS if name != "decode"]
    assert all(0 < hop.p50 <= hop.p95 for hop in hops)


def test_decoding(tmp_path):
    clip = tmp_path / "clip.mp4"
    export_clip(ExportJob(clip, overlay=False), Choices(), CLIP)
    hop = decoding(str(clip))
    print("", *table([hop]), sep="\n")
    assert hop.count == 60


def test_networks():
    measured = networks([Choices()], runs=3, loader=untrained)
    print("", *table(measured.values()), sep="\n")
    assert [hop.count for hop in measured.values()] == [3]
