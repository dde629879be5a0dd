"""`poseviewer run`: poses and angles as text, without a picture."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import numpy as np

from poseviewer.cli.options import (
    SOURCES,
    add_analysis_options,
    add_command,
    add_range_options,
    add_store_option,
    add_video_options,
    analysis_of,
    chosen_state,
    counting,
    load,
    opened,
    said,
    span,
)
from poseviewer.cli.progress import ProgressLine
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import atomic_output, write_errors
from poseviewer.records.open import guard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.follow import Follower
    from poseviewer.pipeline.track import Tracker
    from poseviewer.runtime.state import AppState
    from poseviewer.video.source import Feed, Source


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `run` to `subparsers`."""
    parser = add_command(
        subparsers,
        "run",
        summary="Print poses and angles as JSON lines or CSV",
        more="One object a frame, or one row a joint; frames without people are there too.",
        example="poseviewer run clip.mp4 --start 2s --end 4.5s -o poses.jsonl",
    )
    parser.add_argument("input", metavar="IN", help=SOURCES)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="stdout by default")
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that exists")
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    add_range_options(parser)
    parser.add_argument(
        "--frames", type=counting, metavar="N", help="stop after N frames, of a camera for example"
    )
    add_store_option(parser)
    add_video_options(parser)
    add_analysis_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from poseviewer.runtime.factories import smoothing

    state = chosen_state(args)
    if args.output:
        others = (getattr(args, "angles_path", None),)
        guard([args.output], source=args.input, force=args.force, others=others)
    with (
        opened(args.input, args) as source,
        analysed(source, state, args) as (total, results),
        destination(args.output, replace=args.force) as stream,
    ):
        write = writer(args.format, stream, smoothing=smoothing(state.reading))
        progress = ProgressLine(total)
        for done, result in enumerate(islice(results, args.frames), start=1):
            write(result)
            progress.update(done)
        progress.clear()
    return 0


def _until_stopped(
    results: Iterator[FrameResult], stops: list[KeyboardInterrupt]
) -> Iterator[FrameResult]:
    """Pass on the results of a feed until Ctrl-C, which is its usual end: what it gave counts."""
    try:
        yield from results
    except KeyboardInterrupt as request:
        stops.append(request)


@contextmanager
def analysed(
    source: Source, state: AppState, args: argparse.Namespace
) -> Iterator[tuple[int | None, Iterator[FrameResult]]]:
    """How many results of the range that `args` name there will be, where known, and they.

    Those of a feed end with Ctrl-C, which is raised when what is made of them is complete.

    Raises:
        PoseViewerError: The range lies outside the clip, or was given for a feed, or the network
            cannot be loaded.
    """
    from poseviewer.pipeline.track import Tracker
    from poseviewer.runtime.factories import follower, sequence_measurement
    from poseviewer.video.source import Clip

    if not isinstance(source, Clip):
        if args.start or args.end:
            msg = (
                f"{source.name} has no beginning or end: say --frames N instead of --start or "
                "--end."
            )
            raise PoseViewerError(msg)
        network = load(state.network)
        measure = sequence_measurement(state.reading, state.angles)
        results = watched(
            cast("Feed", source),
            network.estimator(state.reading),
            follower(state.reading),
            Tracker(window=state.reading.track_window),
            measure,
        )
        stops: list[KeyboardInterrupt] = []
        yield args.frames, _until_stopped(results, stops)
        if stops:
            raise stops[0]
        return
    first, last = span(source, start=args.start, end=args.end)
    last = min(last, first + args.frames - 1) if args.frames else last
    with analysis_of(source, state, args) as analyst:
        analyst.begin(first, last, instead=True)
        if analyst.course.next <= last:
            analyst.prepare()
        with closing(analyst.sequence(source, first, last, pixels=False)) as results:
            yield last - first + 1, results
        if analyst.reused:
            said(f"The results of {analyst.reused} frames were saved; --no-store analyses afresh.")


def watched(
    feed: Feed,
    estimator: Estimator,
    follower: Follower,
    tracker: Tracker,
    measure: Callable[[FrameResult], FrameResult],
) -> Iterator[FrameResult]:
    """What the network says about each frame of `feed` that it has time for, until it ends.

    Raises:
        PoseViewerError: The feed has ended before its first frame.
    """
    from poseviewer.pipeline.follow import SequentialEstimator
    from poseviewer.pipeline.run import POSES_ONLY

    sequence = SequentialEstimator(estimator, follower, tracker)
    trouble, begun = None, False
    while True:
        try:
            frame = feed.read()
        except PoseViewerError as end:
            if not begun:
                raise
            said(str(end))
            return
        if feed.trouble != trouble:
            trouble = feed.trouble
            said(trouble or f"{feed.name} is back.")
        if frame is None:
            continue
        begun = True
        result = sequence.estimate(frame, POSES_ONLY)
        sequence.update(result)
        yield measure(result)


@contextmanager
def destination(path: Path | None, *, replace: bool) -> Iterator[TextIO]:
    """Stdout, or a file that gets its name when it is complete.

    Args:
        path: The file; None for stdout.
        replace: Whether a file of that name may be replaced.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    with (
        write_errors(path),
        atomic_output(path, replace=replace, kind="export") as part,
        part.open("w", encoding="utf-8", newline="") as stream,
    ):
        yield stream


def writer(format: str, stream: TextIO, *, smoothing: str) -> Callable[[FrameResult], None]:
    """What writes a result to `stream` as `jsonl` or `csv`.

    Args:
        format: Which.
        stream: Where to.
        smoothing: Title of the filter on the joints; empty for none.
    """
    if format == "csv":
        from poseviewer.records.tables import joint_columns, joint_rows

        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(joint_columns(smoothing))
        return lambda result: rows.writerows(joint_rows(result, smoothing=smoothing))
    return lambda result: print(json.dumps(record(result)), file=stream, flush=True)


def record(result: FrameResult) -> dict[str, Any]:
    """One frame as a JSON object: pixels of the source, degrees, confidence 0 to 1.

    `visibility` of a joint is visible, occluded or outside; empty where the network does not tell.
    Joints and angles are raw; where a filter was on, it is named, and its joints are there too.
    """
    from poseviewer.records.tables import visibility_names

    poses, angles, box = result.poses, result.angles, result.region
    smoothing = {} if result.smoothed is None else {"smoothing": result.smoothing}
    return {
        "frame": result.frame.index,
        "time": result.frame.time.seconds,
        "region": [_number(edge) for edge in (box.x, box.y, box.width, box.height)],
        **smoothing,
        "people": [
            {
                "track": int(poses.track[person]),
                "joints": {
                    joint: [_number(x), _number(y), _number(score)]
                    for joint, (x, y), score in zip(
                        poses.skeleton.joints, poses.xy[person], poses.score[person], strict=True
                    )
                },
                "visibility": dict(
                    zip(poses.skeleton.joints, visibility_names(poses, person), strict=True)
                ),
                "angles": {
                    spec.name: _number(value)
                    for spec, value in zip(angles.specs, angles.degrees[person], strict=True)
                },
                **({"smoothed": _places(result.smoothed, person)} if result.smoothed else {}),
            }
            for person in range(len(poses))
        ],
    }


def _places(poses: Poses, person: int) -> dict[str, list[float | None]]:
    """The joints of a person, without scores."""
    xy = poses.xy[person]
    return {
        joint: [_number(x), _number(y)]
        for joint, (x, y) in zip(poses.skeleton.joints, xy, strict=True)
    }


def _number(value: float) -> float | None:
    """A number that JSON can hold; None for one that was not found."""
    return round(float(value), 4) if np.isfinite(value) else None
