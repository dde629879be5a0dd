"""`poseviewer batch`: many clips, on every core of this machine or on a cluster."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poseviewer.cli.batch_clip import (
    OptionError,
    clip_arguments,
    option_names,
    option_parser,
    paths_of,
    work,
)
from poseviewer.cli.export import chosen_drawing
from poseviewer.cli.options import add_command, add_store_option, counting
from poseviewer.cli.progress import duration
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file, write_errors
from poseviewer.core.percent import percent
from poseviewer.core.reading import listed
from poseviewer.runtime.batch.clips import found_clips
from poseviewer.runtime.batch.task import BatchTask, finished, outcome_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from poseviewer.runtime.batch.task import Outcome

SOME_FAILED = 3
"""The exit status where some clips could not be done, and all others were."""

PICTURES = ("none", "mp4", "mkv", "mov", "webm", "gif", "apng", "webp")
ENGINES = ("dask", "slurm")
"""Engines that run clips elsewhere, beside those that run the network."""

REPORT, SUMMARY, JOBS = "report.html", "summary.csv", "slurm"
_LISTED = 60
"""Rows of the table that is printed; `summary.csv` has all."""

_HOUR = 3600


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `batch` to `subparsers`."""
    parser = add_command(
        subparsers,
        "batch",
        summary="Analyse many clips, and write data, pictures and a report of all",
        more="What is done is not done again: stop it when you like, and begin it again. One "
        "broken clip stops no other; the exit status is 3 where some failed. Options of `export` "
        "hold for every clip.",
        example="poseviewer batch 'day*/*.mp4' --out results --data csv,trc",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="clips, folders of clips, patterns in quotes, or lists: a .csv with a column path, "
        "perhaps name, and one for each option that differs from clip to clip, such as start",
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="where everything is written"
    )
    parser.add_argument("--recursive", action="store_true", help="look into folders in folders")
    parser.add_argument(
        "--picture",
        choices=PICTURES,
        default="none",
        help="write the annotated clip too, as a file of this kind (%(default)s)",
    )
    parser.add_argument("-f", "--force", action="store_true", help="do again what is done")
    add_store_option(parser)
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FOLDER",
        help="save results in this folder, and use those in it, in place of your data folder",
    )
    _add_engines(parser)
    _add_clip_options(parser)
    parser.set_defaults(run=_batch, usage=parser.error, on=None)


def _add_engines(parser: argparse.ArgumentParser) -> None:
    """Add the options for where clips are analysed."""
    group = parser.add_argument_group(
        "where", "By default as many processes as this machine has cores and memory for."
    )
    group.add_argument("-j", "--jobs", type=counting, metavar="N", help="clips at once")
    group.add_argument(
        "--threads", type=counting, default=1, metavar="N", help="of each (%(default)s)"
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of --engine dask: tcp://HOST:8786, or the file that the scheduler wrote",
    )
    group.add_argument(
        "--slurm",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="of --engine slurm: a setting of sbatch, such as partition=gpu or time=240; again for "
        "more",
    )
    group.add_argument(
        "--per-job", type=counting, metavar="N", help="of --engine slurm: clips of each job"
    )


class _Given(argparse.Action):
    """Stores options of `export` as they were typed in `given`, for the processes that read them.

    An engine that runs clips is stored in `on`.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if values in ENGINES and "--engine" in self.option_strings:
            namespace.on = values
            return
        name = option_string if option_string in self.option_strings else self.option_strings[0]
        text = f"{name}={values}" if self.nargs is None else str(name)
        namespace.given = (*namespace.given, text)


def _add_clip_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export` that hold for every clip."""
    for group in option_parser()._action_groups:
        if not group._group_actions:
            continue
        titled = group.title not in ("options", "positional arguments")
        mine = parser.add_argument_group(group.title, group.description) if titled else parser
        for action in group._group_actions:
            choices = list(action.choices or ())
            choices += ENGINES if action.dest == "engine" else ()
            mine.add_argument(
                *action.option_strings,
                action=_Given,
                dest="given",
                default=(),
                nargs=action.nargs if action.nargs == 0 else None,
                metavar=f"{{{','.join(map(str, choices))}}}" if choices else action.metavar,
                # It is formatted once more.
                help=((action.help or "") % vars(action)).replace("%", "%%"),
            )


def _batch(args: argparse.Namespace) -> int:
    began = perf_counter()
    if args.on != "dask" and args.scheduler:
        args.usage("--scheduler is of --engine dask")
    if args.on == "dask" and not args.scheduler:
        args.usage("--engine dask needs the --scheduler")
    if args.on != "slurm" and (args.slurm or args.per_job):
        args.usage("--slurm and --per-job are of --engine slurm")
    tasks = planned(args)
    try:
        _check(tasks)
    except OptionError as error:
        args.usage(str(error))
    with write_errors(args.out / REPORT):
        args.out.mkdir(parents=True, exist_ok=True)
    left, outcomes = [], []
    for task in tasks:
        known = finished(task)
        if known is None:
            left.append(task)
        else:
            outcomes.append(known.light)
    if outcomes:
        print(f"{len(outcomes)} of {_clips(len(tasks))} were done before")
    try:
        with closing(_outcomes(left, args)) as found:
            for number, outcome in enumerate(found, len(outcomes) + 1):
                outcomes.append(outcome.light)
                print(f"{number:>{len(str(len(tasks)))}}/{len(tasks)}  {line(outcome)}", flush=True)
    finally:
        # What is done is reported too where the rest was stopped.
        _report(tasks, outcomes, args)
    for text in (*table(outcomes), *totals(outcomes, seconds=perf_counter() - began)):
        print(text)
    print(f"Wrote {args.out / REPORT}")
    return SOME_FAILED if any(one.state == "failed" for one in outcomes) else 0


def planned(args: argparse.Namespace) -> list[BatchTask]:
    """The task of every clip.

    Raises:
        PoseViewerError: An input names nothing, or a list cannot be read.
    """
    clips = found_clips(args.inputs, recursive=args.recursive, columns=option_names())
    saving = None if args.no_store else str(args.store.resolve() if args.store else "")
    return [
        BatchTask(
            location=_absolute(clip.location),
            name=clip.name,
            folder=str(args.out.resolve()),
            options=(*args.given, *clip.options),
            ending="" if args.picture == "none" else f".{args.picture}",
            threads=args.threads,
            saving=saving,
            redo=args.force,
        )
        for clip in clips
    ]


def _absolute(location: str) -> str:
    """A path that holds in other processes and on other machines; other locations as they are."""
    path = Path(location)
    # A link has a name that its file may not have.
    return str(path.absolute()) if path.exists() else location


def _check(tasks: Sequence[BatchTask]) -> None:
    """See that the options of all clips can be used, and no two write one file, before any work.

    Raises:
        PoseViewerError: They cannot, or two do; bad usage leaves through SystemExit.
    """
    known: dict[tuple[str, ...], argparse.Namespace] = {}
    writers: dict[str, str] = {}
    for task in tasks:
        if task.asked not in known:
            known[task.asked] = clip_arguments(task)
            chosen_drawing(known[task.asked])
        for path in (*paths_of(task, known[task.asked]), task.record):
            # Some file systems take no notice of the case of letters.
            other = writers.setdefault(str(path).casefold(), task.name)
            if other != task.name:
                msg = (
                    f"{other} and {task.name} would both write {path.name}: name one of them "
                    "otherwise, in a list with a column name."
                )
                raise PoseViewerError(msg)


def _outcomes(
    tasks: Sequence[BatchTask], args: argparse.Namespace
) -> Generator[Outcome, None, None]:
    """The outcomes as they come, of whatever engine is chosen."""
    if not tasks:
        return
    gpu = "--device=cuda" in args.given
    if args.on == "dask":
        from poseviewer.runtime.batch.clusters import on_dask

        yield from on_dask(tasks, work, scheduler=args.scheduler, gpu=gpu)
    elif args.on == "slurm":
        from poseviewer.runtime.batch.clusters import on_slurm

        yield from on_slurm(
            tasks, work, folder=str(args.out.resolve() / JOBS), settings=dict(args.slurm),
            threads=args.threads, at_once=args.jobs, per_job=args.per_job, gpu=gpu,
        )  # fmt: skip
    else:
        from poseviewer.runtime.batch.pool import in_processes, usual_jobs

        jobs = min(args.jobs or usual_jobs(), len(tasks))
        print(f"{_clips(len(tasks))} in {jobs} {'process' if jobs == 1 else 'processes'}")
        yield from in_processes(tasks, work, jobs=jobs, threads=args.threads)


def _report(
    tasks: Sequence[BatchTask], outcomes: Sequence[Outcome], args: argparse.Namespace
) -> None:
    """Write the table and the page, in the order of the clips.

    Raises:
        PoseViewerError: They cannot be written.
    """
    from poseviewer.runtime.batch.report import report_page, summary_table

    order = {task.name: number for number, task in enumerate(tasks)}
    known = sorted(outcomes, key=lambda one: order[one.name])

    def whole(outcome: Outcome) -> Outcome:
        return outcome_of(tasks[order[outcome.name]]) or outcome

    if known:
        table = summary_table(known)
        page = report_page(known, missing=len(tasks) - len(known), whole=whole)
        for name, text in ((SUMMARY, table), (REPORT, page)):
            # The name of a clip may be no text.
            save_file(args.out / name, text.encode("utf-8", "backslashreplace"))


def line(outcome: Outcome) -> str:
    """What became of a clip, in a line."""
    if outcome.state == "failed":
        return f"{outcome.name}  failed: {outcome.error}"
    pace = outcome.frames / outcome.took if outcome.took > 0 else 0.0
    saved = f", {outcome.reused} of them saved before" if outcome.reused else ""
    return (
        f"{outcome.name}  {outcome.frames} frames in {duration(outcome.took)}, "
        f"{pace:.1f} a second{saved}"
    )


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """The clips in columns; of very many only those that failed."""
    from poseviewer.evaluation.report import columns

    shown = [one for one in outcomes if len(outcomes) <= _LISTED or one.state == "failed"]
    rows = [["CLIP", "FRAMES", "LENGTH", "TOOK", "PEOPLE", "FOUND", "CONFIDENCE", ""]]
    for one in sorted(shown[:_LISTED], key=lambda one: one.name):
        if one.state == "failed":
            rows.append([one.name, "-", "-", "-", "-", "-", "-", "failed"])
            continue
        share = percent(one.found / one.frames if one.frames else 0.0)
        rows.append([
            one.name, str(one.frames), duration(one.seconds), duration(one.took), str(one.people),
            f"{share} %", f"{one.confidence:.2f}", "done before" if one.skipped else "done",
        ])  # fmt: skip
    return ["", *columns(rows), ""] if len(rows) > 1 else [""]


def totals(outcomes: Sequence[Outcome], *, seconds: float) -> list[str]:
    """How many clips were done how fast, and which failed."""
    done = [one for one in outcomes if one.state == "done" and not one.skipped]
    failed = [one.name for one in outcomes if one.state == "failed"]
    video = sum(one.seconds for one in done)
    lines = []
    if done:
        lines.append(
            f"{_clips(len(done))}, {duration(video)} of video, in {duration(seconds)}: "
            f"{len(done) * _HOUR / seconds:.0f} clips an hour"
        )
    if failed:
        lines.append(f"{_clips(len(failed))} failed: {listed(failed)}")
    return lines


def _clips(count: int) -> str:
    return f"{count} clip" if count == 1 else f"{count} clips"


def _setting(text: str) -> tuple[str, str]:
    """A name and a value.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals):
        msg = f"{text!r} is not NAME=VALUE, such as partition=gpu"
        raise argparse.ArgumentTypeError(msg)
    return name, value
