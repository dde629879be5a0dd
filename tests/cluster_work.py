"""A batch on a cluster of two processes of this machine, as a program.

python -m tests.cluster_work dask|slurm CLIPS OUT
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from poseviewer.cli import batch
from poseviewer.cli.main import main
from poseviewer.runtime.batch.clips import found_clips
from poseviewer.runtime.batch.clusters import on_slurm
from poseviewer.runtime.batch.task import BatchTask
from tests import batch_work


def on_dask(clips: str, out: str) -> int:
    """The exit status of the command, on a scheduler with two workers."""
    from distributed import LocalCluster

    batch_work.dots()
    batch.work = batch_work.work
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        scheduler = cluster.scheduler_address
        return main(["batch", clips, "--out", out, "--engine", "dask", "--scheduler", scheduler])


def on_jobs(clips: str, out: str) -> int:
    """Do the tasks in jobs of two or three clips, as submitit runs them without Slurm."""
    tasks = [
        BatchTask(clip.location, clip.name, out, ("--data=csv",)) for clip in found_clips([clips])
    ]
    jobs = on_slurm(
        tasks, batch_work.work, folder=str(Path(out) / "jobs"), settings={"partition": "gpu"},
        per_job=3, cluster="local", poll=0.2,
    )  # fmt: skip
    with closing(jobs):
        names = sorted(outcome.name for outcome in jobs)
    sys.stdout.write(f"{' '.join(names)}\n")
    return batch.SOME_FAILED


if __name__ == "__main__":
    sys.exit({"dask": on_dask, "slurm": on_jobs}[sys.argv[1]](*sys.argv[2:]))
