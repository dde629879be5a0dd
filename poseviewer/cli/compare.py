"""`poseviewer compare`: what a network says of a clip, against ground truth or others' results."""

from __future__ import annotations

from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.cli.options import (
    add_analysis_options,
    add_command,
    add_range_options,
    add_store_option,
    add_video_options,
    chosen_state,
    opened,
)
from poseviewer.cli.progress import ProgressLine
from poseviewer.cli.run import analysed, destination
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.percent import percent
from poseviewer.records.agreement import check_kind
from poseviewer.records.open import guard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from poseviewer.core.agreement import Agreement, Apart
    from poseviewer.truth.frames import Truth
    from poseviewer.video.source import Source


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `compare` to `subparsers`."""
    parser = add_command(
        subparsers,
        "compare",
        summary="Compare a network with ground truth or another program's results, over a clip",
        more="People are paired frame by frame. Of every joint that both have there is the "
        "distance, in pixels and in hundredths of the torso; of every angle the difference in "
        "degrees, the network's less the other's.",
        example="poseviewer compare clip.mp4 openpose_json/ -o difference.csv",
    )
    parser.add_argument("input", metavar="IN", help="a video file or a folder of pictures")
    parser.add_argument(
        "poses",
        type=Path,
        metavar="FILE",
        help="a folder of OpenPose JSON, COCO results, TRC, MOT, tables of DeepLabCut or SLEAP, "
        "an export's data, or labels as --truth of `export` takes them",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the table as .csv or .json"
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that exists")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    add_range_options(parser)
    add_store_option(parser)
    add_video_options(parser)
    add_analysis_options(parser)
    parser.set_defaults(run=_compare, frames=None)


def _compare(args: argparse.Namespace) -> int:
    from poseviewer.core.agreement import agreement
    from poseviewer.records.agreement import agreement_text

    state = chosen_state(args)
    kind = ".json" if args.json else ".csv"
    if args.output:
        kind = args.output.suffix.lower()
        check_kind(kind)
        guard([args.output], source=args.input, force=args.force, others=(args.poses,))
    with opened(args.input, args) as source:
        known = _known(source, args.poses)
        with analysed(source, state, args) as (total, results):
            progress, people = ProgressLine(total), 0
            pairs: list[Apart] = []
            for done, result in enumerate(results, start=1):
                people += len(result.poses)
                pairs += known.apart(result, gate=state.reading.gate)
                progress.update(done)
            progress.clear()
    found = agreement(pairs, joints=result.poses.skeleton.joints, specs=result.angles.specs)
    about = {
        "clip": source.name,
        "network": state.network.model,
        "other": known.name,
        "gate": state.reading.gate,
        "frames": done,
        "people": people,
        "compared": found.people,
    }
    if not found.people:
        msg = f"{known.name} and {state.network.model} have no person of {source.name} in common."
        raise PoseViewerError(msg)
    if args.output:
        with destination(args.output, replace=args.force) as stream:
            stream.write(agreement_text(found, about=about, kind=kind))
    if args.json:
        print(agreement_text(found, about=about, kind=kind), end="")
    else:
        print("\n".join(lines(found, about)))
    return 0


def _known(source: Source, path: Path) -> Truth:
    """What a file knows of a source.

    Raises:
        PoseViewerError: It cannot be read, or belongs to another source.
    """
    from poseviewer.truth.frames import truth_of

    known = truth_of(source, path)
    if known is None:
        msg = f"{path.name} says nothing of {source.name}."
        raise PoseViewerError(msg)
    return known


def lines(found: Agreement, about: Mapping[str, object]) -> list[str]:
    """The figures in columns, joints first, under what was compared."""
    from poseviewer.evaluation.report import columns

    joints = [["JOINT", "COUNT", "MEDIAN px", "95 % px", "MEDIAN % torso", "95 % % torso"]]
    for one in found.joints:
        shares = one.shares or (nan, nan)
        figures = _figure(one.median), _figure(one.high), *map(_share, shares)
        joints.append([one.name.replace("_", " "), str(one.count), *figures])
    angles = [["ANGLE", "COUNT", "MEDIAN deg", "95 % deg", "BIAS deg"]]
    for one in found.angles:
        degrees = _figure(one.median), _figure(one.high), _figure(one.bias[0], sign=True)
        angles.append([one.name, str(one.count), *degrees])
    head = (
        f"{about['network']} against {about['other']} on {about['clip']}: "
        f"{about['frames']} frames, {about['compared']} of {about['people']} people in both"
    )
    tables = [columns(rows) for rows in (joints, angles) if len(rows) > 1]
    return [head, *(line for table in tables for line in ("", *table))]


def _share(share: float) -> str:
    return percent(share, digits=1) if isfinite(share) else "-"


def _figure(value: float, *, sign: bool = False) -> str:
    if not isfinite(value):
        return "-"
    value = round(value, 1) + 0.0  # no minus before a nought
    return f"{value:+.1f}" if sign and value else f"{value:.1f}"
