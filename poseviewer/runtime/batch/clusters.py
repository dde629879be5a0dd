"""The tasks of a batch on engines that run elsewhere: Dask's scheduler, and Slurm by submitit.

Both are optional packages, imported when they are asked for. Processes there need PoseViewer, the
clips and the output folder under the same paths. A task that is begun twice is done once: what is
done is written in its file.
"""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.batch.pool import TRIES, died

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from poseviewer.runtime.batch.task import BatchTask, Outcome

AT_ONCE = 2000
"""Tasks that Dask's scheduler holds at a time, each some kilobytes: others wait here."""

MOST_JOBS = 1000
"""Jobs of an array of Slurm: it refuses more than 1001 unless it is set up otherwise."""

_SECONDS = 30
_POLL = 5.0


def on_dask(
    tasks: Sequence[BatchTask],
    work: Callable[[BatchTask], Outcome],
    *,
    scheduler: str,
    gpu: bool = False,
) -> Iterator[Outcome]:
    """The outcomes of tasks that workers of Dask do, as they come.

    A worker that dies is noticed by the scheduler, which gives its tasks to another.

    Args:
        tasks: In the order of their importance.
        work: Does one; found on workers by its name.
        scheduler: Address, such as `tcp://10.0.0.1:8786`, or a file of `dask scheduler`.
        gpu: Whether a task takes one `GPU` of those that workers were started with.

    Raises:
        PoseViewerError: dask.distributed is not installed, or the scheduler does not answer.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise PoseViewerError(_missing("dask", "dask.distributed")) from error
    where: dict[str, Any] = {"address": scheduler}
    if scheduler.endswith(".json"):
        where = {"scheduler_file": scheduler}
    try:
        client = Client(**where, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"No scheduler of Dask answers at {scheduler}: start one, or check the address."
        raise PoseViewerError(msg) from error
    resources = {"GPU": 1} if gpu else None

    def submitted(task: BatchTask) -> Any:
        return client.submit(
            work, task, key=f"poseviewer-{task.name}-{id(task)}", pure=False, retries=TRIES - 1,
            resources=resources,
        )  # fmt: skip

    with client:
        rest = iter(tasks)
        asked = {(future := submitted(task)).key: (future, task) for task in islice(rest, AT_ONCE)}
        done = as_completed([future for future, _ in asked.values()], loop=client.loop)
        try:
            for future in done:
                _, task = asked.pop(future.key)
                yield _result(future, task)
                for later in islice(rest, 1):
                    another = submitted(later)
                    asked[another.key] = another, later
                    done.add(another)
        finally:
            client.cancel([future for future, _ in asked.values()])


def _result(future: Any, task: BatchTask) -> Outcome:
    try:
        found: Outcome = future.result()
    except Exception as error:  # noqa: BLE001 - of a worker that died, or cannot import us
        return died(task, f"{type(error).__name__}: {str(error).splitlines()[0][:200]}")
    return found


def on_slurm(
    tasks: Sequence[BatchTask],
    work: Callable[[BatchTask], Outcome],
    *,
    folder: str,
    settings: Mapping[str, str],
    threads: int = 1,
    at_once: int | None = None,
    per_job: int | None = None,
    gpu: bool = False,
    cluster: str = "slurm",
    poll: float = _POLL,
) -> Iterator[Outcome]:
    """The outcomes of tasks that jobs of Slurm do, as they come: an array of jobs by submitit.

    A job that dies is submitted once more; what it has done is not done again.

    Args:
        tasks: In the order in which they are begun.
        work: Does one; found on nodes by its name.
        folder: Where submitit lays its files; nodes must reach it.
        settings: Of `sbatch`, such as `partition` and `time` (minutes).
        threads: Cores of a job.
        at_once: Jobs at a time; as Slurm likes where None.
        per_job: Clips of a job; so many that there are no more than `MOST_JOBS` where None.
        gpu: Whether a job takes a GPU.
        cluster: Of submitit's executors: `slurm`, or `local` for processes of this machine.
        poll: Seconds between looks at the jobs.

    Raises:
        PoseViewerError: submitit is not installed, or there is no Slurm here.
    """
    executor = _executor(folder, cluster)
    parameters: dict[str, Any] = {"name": "poseviewer", "cpus_per_task": threads}
    if gpu:
        parameters["gpus_per_node"] = 1
    if cluster == "slurm":
        parameters |= {f"slurm_{name}": value for name, value in settings.items()}
        if at_once is not None:
            parameters["slurm_array_parallelism"] = at_once
    executor.update_parameters(**parameters)
    size = per_job or -(-len(tasks) // MOST_JOBS)
    chunks = [tasks[at : at + size] for at in range(0, len(tasks), size)]
    for left in range(TRIES - 1, -1, -1):
        lost: list[tuple[Sequence[BatchTask], str]] = []
        with closing(_submitted(executor, work, chunks, poll=poll)) as found:
            for chunk, outcomes, error in found:
                if outcomes is None:
                    lost.append((chunk, error))
                else:
                    yield from outcomes
        if not lost:
            return
        if not left:
            yield from (died(task, error) for chunk, error in lost for task in chunk)
        chunks = [chunk for chunk, _ in lost]


def _executor(folder: str, cluster: str) -> Any:
    """What submits jobs.

    Raises:
        PoseViewerError: submitit is not installed, or there is no Slurm here.
    """
    try:
        import submitit
    except ImportError as error:
        raise PoseViewerError(_missing("slurm", "submitit")) from error
    try:
        return submitit.AutoExecutor(folder=folder, cluster=cluster)
    except RuntimeError as error:
        msg = "There is no Slurm here: run it where `sbatch` is found, or take --engine dask."
        raise PoseViewerError(msg) from error


def _submitted(
    executor: Any,
    work: Callable[[BatchTask], Outcome],
    chunks: Sequence[Sequence[BatchTask]],
    *,
    poll: float,
) -> Generator[tuple[Sequence[BatchTask], list[Outcome] | None, str], None, None]:
    """The tasks of every job as it ends, with their outcomes, or None and why there are none.

    Jobs that have not ended when it is closed are cancelled.
    """
    import submitit

    jobs = executor.map_array(partial(_several, work), chunks)
    asked = {job.job_id: chunk for job, chunk in zip(jobs, chunks, strict=True)}
    try:
        for job in submitit.helpers.as_completed(jobs, poll_frequency=poll):
            failure = job.exception()
            chunk = asked.pop(job.job_id)
            if failure is None:
                yield chunk, job.result(), ""
            else:
                yield chunk, None, str(failure).splitlines()[0][:200]
    finally:
        for job in jobs:
            if job.job_id in asked:
                with suppress(Exception):
                    job.cancel()


def _several(work: Callable[[BatchTask], Outcome], tasks: Sequence[BatchTask]) -> list[Outcome]:
    """The outcomes of the tasks of a job."""
    return [work(task) for task in tasks]


def _missing(engine: str, package: str) -> str:
    return (
        f"--engine {engine} needs {package}, which is not installed; install with: "
        "pip install 'poseviewer[cluster]'."
    )
