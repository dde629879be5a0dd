"""`poseviewer export`: the annotated clip or picture, and its data, as a file."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.cli.options import (
    add_analysis_options,
    add_command,
    add_filter_option,
    add_range_options,
    add_store_option,
    add_video_options,
    analysis_of,
    chosen_state,
    counting,
    load,
    names,
    one_of,
    opened,
    positive,
    ratio,
    said,
    size,
    span,
)
from poseviewer.cli.presenting import (
    add_beside_options,
    add_drawing_options,
    add_time_options,
    chosen_beside,
    freezes,
    slow_ranges,
)
from poseviewer.cli.progress import ProgressLine, duration
from poseviewer.core.composite import LAYOUTS, PLOTTED, SIZES, Composite
from poseviewer.core.encoder_choice import AUTO, HARDWARE, SOFTWARE
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import grouped
from poseviewer.records.open import WRITERS, guard, places
from poseviewer.runtime.export_look import drawn_look, map_look, truth_path
from poseviewer.runtime.jobs import CAPTIONS, ExportJob

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from poseviewer.core.look import Look
    from poseviewer.core.timeline import Freeze, Slow
    from poseviewer.models.card import ModelCard
    from poseviewer.runtime.analysis import Analyst
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.state import AppState
    from poseviewer.video.source import Source


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `export` to `subparsers`."""
    parser = add_command(
        subparsers,
        "export",
        summary="Write a clip as the window shows it, and its data",
        more="Every frame of the range is written at its true time, with the source's sound.",
        example="poseviewer export clip.mp4 -o wrist.mp4 --heatmap left_wrist --stage 1 "
        "--start 2s --end 4.5s --data csv,json",
    )
    parser.add_argument("input", metavar="IN", help="a video file, a picture or a folder of them")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="what to write: .mp4, .mkv, .mov or .webm for a clip, .gif, .apng or .webp for what "
        "repeats, frames/%%06d.png (or .jpg) for a picture per frame, .png for one frame",
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace files that exist")
    add_range_options(parser)
    add_beside_options(parser)
    parser.add_argument(
        "--poses",
        type=Path,
        metavar="FILE",
        help="take the poses that another program found in place of a network's: a folder of "
        "OpenPose JSON, COCO results, TRC, tables of DeepLabCut or SLEAP, or an export's data",
    )
    parser.add_argument(
        "--no-picture",
        action="store_true",
        help="write the --data alone, named after OUT",
    )
    add_store_option(parser)
    add_export_options(parser)
    parser.set_defaults(run=_export, usage=parser.error)


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export` that a batch takes for all its clips."""
    _add_form(parser)
    drawn = parser.add_argument_group("what is drawn")
    drawn.add_argument(
        "--heatmap",
        metavar="JOINT",
        help="lay the belief map of a joint over the picture, such as left_wrist, or of `all`",
    )
    drawn.add_argument(
        "--stage",
        type=counting,
        metavar="K",
        help="the stage whose map is laid over the picture and whose skeleton is drawn thin, "
        "counted from 1 as papers do; by default the last one",
    )
    add_drawing_options(drawn)
    drawn.add_argument(
        "--no-overlay", action="store_true", help="leave the picture as the source has it"
    )
    drawn.add_argument(
        "--truth",
        metavar="FILE",
        help="draw the true skeleton and each joint's error: a COCO or MPII .json, LSP's .mat, an "
        "exported .csv, or `auto` for what lies beside IN or the mannequin itself knows",
    )
    parser.add_argument(
        "--data",
        type=one_of(WRITERS),
        default=(),
        metavar="KINDS",
        # The built-in ones only: help must not wait until every installed package was looked at.
        help=f"write data beside the picture: {', '.join(WRITERS.builtin)}, or a plug-in's kind",
    )
    parser.add_argument(
        "--data-stage",
        type=counting,
        metavar="K",
        help="write what stage K says, counted from 1; by default the last one",
    )
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument(
        "--height",
        type=positive,
        metavar="METRES",
        help="how tall the person is, for data in metres",
    )
    scale.add_argument(
        "--scale", type=positive, metavar="METRES", help="metres per pixel, for data in metres"
    )
    parser.add_argument(
        "--uncorrected", action="store_true",
        help="draw and write what the network said, without what a person has corrected",
    )  # fmt: skip
    parser.add_argument("--no-audio", action="store_true", help="leave the sound out")
    add_video_options(parser)
    add_analysis_options(parser)
    add_filter_option(parser)


def _add_form(parser: argparse.ArgumentParser) -> None:
    """Add the options for the form of the picture."""
    form = parser.add_argument_group("form of the picture")
    form.add_argument(
        "--layout",
        choices=LAYOUTS,
        help="compose the frame with the stages of --joints and the curves of --plot: side by "
        "side, presenter (16:9) or portrait (9:16)",
    )
    form.add_argument(
        "--joints",
        type=names,
        default=(),
        metavar="NAMES",
        help="joints whose stages --layout shows, such as left_knee,right_wrist; all at once if "
        "none is named",
    )
    form.add_argument(
        "--plot",
        type=names,
        default=PLOTTED,
        metavar="ANGLES",
        help="angles whose curves --layout shows, such as 'left knee,right hip', or none",
    )
    form.add_argument(
        "--size", type=size, metavar="WIDTHxHEIGHT", help="fit the picture into so many pixels"
    )
    form.add_argument(
        "--rate", type=ratio, metavar="FPS", help="constant rate; by default the source's own times"
    )
    add_time_options(form)
    form.add_argument("--quality", choices=("high", "medium", "small"), default="high")
    form.add_argument(
        "--encoder",
        choices=(AUTO, SOFTWARE, *HARDWARE),
        default=AUTO,
        help="what encodes a video: auto takes hardware that works here, and software otherwise",
    )
    form.add_argument(
        "--forming",
        type=ratio,
        metavar="SECONDS",
        help="play the stages of the frame --start one after another, each for so long",
    )


def _export(args: argparse.Namespace) -> int:
    with exporting(args) as (job, state, source, analyst):
        write(job, state, args.input, source, analyst)
        if analyst.reused:
            said(f"The results of {analyst.reused} frames were saved; --no-store analyses afresh.")
    return 0


@contextmanager
def exporting(
    args: argparse.Namespace,
    *,
    loader: Loader | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = said,
) -> Iterator[tuple[ExportJob, AppState, Source, Analyst]]:
    """What `args` want written, how it is analysed, the open source, and what analyses it.

    Args:
        args: Of the command.
        loader: Loads the network; as usual where None.
        folder: Where analyses are saved; the user's own folder where None.
        say: Called with sentences that a person should see.

    Raises:
        PoseViewerError: The source, the network, a path, a kind of data or the range cannot be
            used.
    """
    state, look, data_stage = chosen_drawing(args)
    beside = chosen_beside(args)
    paths = [args.output] * (not args.no_picture) + places(args.data, beside=args.output)
    truth = None if args.truth in (None, "auto") else Path(args.truth)
    other = None if args.beside_clip is None else Path(args.beside_clip)
    others = (truth, args.poses, getattr(args, "angles_path", None), other)
    guard(paths, source=args.input, force=args.force, others=others)
    with opened(args.input, args, say=say) as source:
        job = replace(
            chosen_job(args, source, look),
            truth=chosen_truth(args.truth, source),
            data_stage=data_stage,
            poses=args.poses,
            beside=beside,
        )
        with analysis_of(
            source, state, args, loader=loader, folder=folder, say=say
        ) as analyst:  # fmt: skip
            yield job, state, source, analyst


def chosen_drawing(args: argparse.Namespace) -> tuple[AppState, Look, int | None]:
    """How frames are analysed, what is drawn, and the stage of the data, whatever the clip.

    Raises:
        PoseViewerError: There is no such network, stage, joint or limb.
    """
    maps = args.heatmap or args.stage or args.field or args.ghost
    if args.interpolate and not (args.speed.ranges or args.speed.usual < 1):
        args.usage("--interpolate is of slow motion: give --speed")
    if args.heatmap and args.field:
        args.usage("--heatmap and --field lie over each other: choose one")
    if args.no_overlay and maps:
        args.usage("--no-overlay leaves nothing for --heatmap and --stage to draw on")
    if args.poses and (maps or args.data_stage):
        args.usage("--poses brings no stages for --heatmap, --stage and --data-stage")
    if args.no_picture and not args.data:
        args.usage("--no-picture leaves nothing to write: name the --data")
    from poseviewer.models.registry import card

    state = chosen_state(args)
    network = card(state.network.model)
    look = chosen_look(args, network, gate=state.reading.gate)
    stage = None if args.data_stage is None else stage_output(network, args.data_stage)
    return state, replace(look, truth=args.truth is not None), stage


def write(job: ExportJob, state: AppState, location: str, source: Source, analyst: Analyst) -> None:
    """Do `job` with progress on stderr, and say what was written.

    Args:
        job: What to write.
        state: How frames are analysed.
        location: Where `source` was opened, for messages.
        source: What to read; closed afterwards.
        analyst: Analyses it.

    Raises:
        PoseViewerError: The job cannot be done; nothing is left of it.
    """
    from poseviewer.runtime.export import export_clip
    from poseviewer.runtime.export_queue import outputs_of

    line: ProgressLine | None = None
    frames = 0

    def report(step: Progress) -> None:
        nonlocal line, frames
        line = line or ProgressLine(step.total)
        frames = step.total
        line.update(step.done)

    try:
        export_clip(
            job, state, location, progress=report, opener=lambda _: source, analyst=analyst,
            loader=load,
        )  # fmt: skip
    finally:
        if line:
            line.clear()
    first, *others = outputs_of(job)
    print(f"Wrote {first}{_pace(frames, line.elapsed if line else 0.0)}", file=sys.stderr)
    for path in others:
        print(f"Wrote {path}", file=sys.stderr)


def _pace(frames: int, seconds: float) -> str:
    """How fast several frames went; nothing is to be said of one."""
    if frames < 2 or seconds <= 0:
        return ""
    return f": {frames} frames in {duration(seconds)}, {frames / seconds:.1f} a second"


def chosen_look(args: argparse.Namespace, card: ModelCard, *, gate: float) -> Look:
    """What `args` want drawn, for the network that `card` describes.

    Raises:
        PoseViewerError: The network has no such stage, joint or limb.
    """
    stage, ghost = (
        None if number is None else stage_output(card, number)
        for number in (args.stage, args.ghost)
    )
    look = map_look(card, gate=gate, stage=stage, heatmap=args.heatmap)
    return drawn_look(
        look, card, draw=args.draw, field=args.field, stage=stage, ghost=ghost, arcs=args.arcs
    )


def stage_output(card: ModelCard, stage: int) -> int:
    """The 0-based output that stage `stage`, counted from 1 as papers do, ends with.

    Raises:
        PoseViewerError: The network has no such stage.
    """
    groups = grouped(card.stages)
    if stage > len(groups):
        msg = f"{card.name} has stages 1 to {len(groups)}, so there is no stage {stage}."
        raise PoseViewerError(msg)
    return groups[stage - 1].last


def chosen_truth(wanted: str | None, source: Source) -> Path | None:
    """The file of ground truth that is wanted, where it takes one.

    Raises:
        PoseViewerError: It does not label `source`, or `auto` finds nothing.
    """
    return None if wanted is None else truth_path(wanted, source)


def chosen_composite(args: argparse.Namespace) -> Composite | None:
    """How the picture is composed; None where it is the frame alone.

    Raises:
        PoseViewerError: The size is too small or too large.
    """
    if args.layout is None:
        return None
    angles = () if args.plot == ("none",) else args.plot
    return Composite(args.layout, args.size or SIZES[args.layout], args.joints, angles)


def chosen_job(args: argparse.Namespace, source: Source, look: Look) -> ExportJob:
    """What `args` want written of `source`.

    Raises:
        PoseViewerError: The range lies outside the clip.
    """
    from poseviewer.video.source import Clip

    start: int = 0
    end: int | None = None
    slow: tuple[Slow, ...] = ()
    stands: tuple[Freeze, ...] = ()
    # A feed has no range, and the export itself refuses it.
    if isinstance(source, Clip):
        start, last = span(source, start=args.start, end=args.end)
        # Left open, the end of a picture's range is its start.
        end = last if args.end else None
        slow, stands = slow_ranges(args.speed, source), freezes(args.freeze, source)
    return ExportJob(
        args.output,
        start=start,
        end=end,
        look=look,
        overlay=not args.no_overlay,
        picture=not args.no_picture,
        data=args.data,
        metres_per_pixel=args.scale,
        height=args.height,
        size=None if args.layout else args.size,
        rate=args.rate,
        speed=args.speed.usual,
        slow=slow,
        interpolate=args.interpolate,
        freezes=stands,
        captions=tuple(name for name in CAPTIONS if name in args.draw),
        line_width=args.line_width,
        text_size=args.text_size,
        quality=args.quality,
        encoder=args.encoder,
        forming=args.forming,
        composite=chosen_composite(args),
        corrected=not args.uncorrected,
        audio=not args.no_audio,
        replace=args.force,
    )
