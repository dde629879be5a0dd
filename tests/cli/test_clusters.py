"""A batch on Dask and through submitit: two processes, one of which dies in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from poseviewer.cli.batch import SOME_FAILED
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.batch.clusters import on_dask, on_slurm
from poseviewer.runtime.batch.task import BatchTask, outcome_of
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.batch_work import work
from tests.dots import DotsClip

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("a", "b", "broken", "c", "fatal")
WITHOUT = "needs {0}: pip install 'poseviewer[cluster]'"

dask = pytest.mark.skipif(find_spec("distributed") is None, reason=WITHOUT.format("distributed"))
slurm = pytest.mark.skipif(find_spec("submitit") is None, reason=WITHOUT.format("submitit"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips, one of which kills its process once, and a file that is none."""
    folder = tmp_path_factory.mktemp("clips")
    for number, name in enumerate(NAMES):
        job = ExportJob(folder / f"{name}.mp4", overlay=False, audio=False)
        clip = DotsClip(8 + number)
        export_clip(job, AppState(), "dots", opener=lambda _, clip=clip: clip)
    (folder / "broken.mp4").write_bytes(b"no clip at all" * 100)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine", [pytest.param("dask", marks=dask), pytest.param("slurm", marks=slurm)]
)
def test_every_clip_is_done_once_though_a_process_dies(
    engine: str, clips: Path, tmp_path: Path
) -> None:
    # In a process of its own: other packages' warnings and threads are theirs.
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster_work", engine, str(clips), str(tmp_path)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == SOME_FAILED, done.stderr
    assert (tmp_path / "killed").exists()
    if engine == "dask":
        assert "5/5" in done.stdout
        assert "1 clip failed: broken" in done.stdout
        assert (tmp_path / "report.html").is_file()
    else:
        assert done.stdout.split() == sorted(NAMES)
    for number, name in enumerate(NAMES):
        known = outcome_of(BatchTask("", name, str(tmp_path)))
        assert known is not None
        if name == "broken":
            assert known.state == "failed"
            assert "broken.mp4 cannot be opened" in known.error
            continue
        assert (known.state, known.frames) == ("done", 8 + number)
        assert (tmp_path / f"{name}_angles.csv").is_file()
    lines = (tmp_path / "times").read_text(encoding="utf-8").splitlines()
    afresh = sorted(line.split()[0] for line in lines if line.endswith("False"))
    assert [name for name in afresh if name != "broken"] == ["a", "b", "c", "fatal"]


def test_a_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "submitit", None)
    tasks = [BatchTask("clip.mp4", "clip", str(tmp_path))]
    with pytest.raises(PoseViewerError, match=r"dask\.distributed.*poseviewer\[cluster\]"):
        list(on_dask(tasks, work, scheduler="tcp://127.0.0.1:1"))
    with pytest.raises(PoseViewerError, match=r"submitit.*poseviewer\[cluster\]"):
        list(on_slurm(tasks, work, folder=str(tmp_path), settings={}))
