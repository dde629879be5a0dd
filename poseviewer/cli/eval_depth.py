"""`poseviewer eval --measure mpjpe`: how right places in space are."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.progress import ProgressLine
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from poseviewer.evaluation.depth import Placed, SpaceAssessment
    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.sections import ReadingState

MANNEQUIN = "mannequin"

_PEOPLE = 100
"""Measured where `--limit` says nothing."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that this measure needs."""
    parser.add_argument(
        "--measure",
        choices=("2d", "mpjpe"),
        default="2d",
        help="2d: the measures of joints in the picture; mpjpe: MPJPE and PA-MPJPE of joints in "
        "space, on random mannequins (--data mannequin) or on markers that Pose2Sim triangulated "
        "(--data FILE.trc with the next three) (%(default)s)",
    )
    parser.add_argument(
        "--calibration", type=Path, metavar="FILE", help="mpjpe: the cameras, .qca.txt of Qualisys"
    )
    parser.add_argument(
        "--camera", metavar="NAME", default="", help="mpjpe: the camera of the clip, such as cam03"
    )
    parser.add_argument("--clip", metavar="FILE", help="mpjpe: the clip of that camera")


def measure(args: argparse.Namespace, loaded: Loaded, reading: ReadingState) -> int:
    """Measure as the arguments say; returns the exit status.

    Raises:
        PoseViewerError: An option is missing, or a file cannot be read.
    """
    from poseviewer.evaluation.depth import assess_space, clip_frames, mannequins
    from poseviewer.pipeline.lifter import load_lifter
    from poseviewer.truth.triangulated import read_triangulated
    from poseviewer.video.open import open_source
    from poseviewer.video.source import Clip

    lifter, count = load_lifter(), args.limit or _PEOPLE
    if lifter is None:
        print("The weights of the lifter are not installed.", file=sys.stderr)
    estimator, line = loaded.estimator(reading), ProgressLine(count, unit="people")

    def assessed(people: Iterator[Placed], name: str, against: str) -> SpaceAssessment:
        made = assess_space(
            estimator, lifter, people, name=name, against=against, progress=line.update
        )
        line.clear()
        return made

    if str(args.data) == MANNEQUIN:
        return _say(
            assessed(mannequins(count), "random mannequins", "the mannequin's own joints"), args
        )
    if not (args.calibration and args.camera and args.clip):
        msg = (
            "Markers need --calibration FILE, --camera NAME and --clip FILE; without any, measure "
            f"with --data {MANNEQUIN}."
        )
        raise PoseViewerError(msg)
    markers = read_triangulated(args.data, args.calibration, camera=args.camera)
    with open_source(args.clip) as clip:
        if not isinstance(clip, Clip):
            msg = f"{args.clip} is no clip: markers belong to the frames of one."
            raise PoseViewerError(msg)
        people = clip_frames(clip, markers, count=count)
        made = assessed(people, f"{args.data.stem} {args.camera}", "Pose2Sim's triangulation")
    return _say(made, args)


def _say(made: SpaceAssessment, args: argparse.Namespace) -> int:
    """Print and save what was measured."""
    record = {**asdict(made), "model": args.model}
    text = json.dumps(_plain(record), indent=2) + "\n"
    stem = f"{args.model}-mpjpe-{made.name}".replace(" ", "-").replace("/", "-")
    path = args.out / f"{stem}.json"
    spare_inputs([path], source="", others=[args.data, args.calibration])
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        with OutputSet() as outputs:
            outputs.file(path).write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"The results cannot be written to {args.out}: {error.strerror}; choose with --out."
        raise PoseViewerError(msg) from error
    print(text if args.json else "\n".join([*lines(made), f"  saved: {path}", ""]))
    return 0


def lines(made: SpaceAssessment) -> list[str]:
    """What was measured, in columns."""
    from poseviewer.evaluation.report import columns

    table = [["IN SPACE, MM", "MPJPE", "PA-MPJPE", "JOINTS"]]
    table += [
        [source, _mm(one.mpjpe), _mm(one.pa_mpjpe), f"{one.counted:,}"] for source, one in made.rows
    ]
    return [
        f"{made.name}: {made.people} people, {len(made.joints)} joints, against {made.against}",
        "  MPJPE: mean distance of joints, the middles of the hips on each other; PA-MPJPE: after "
        "the best rotation, scale and shift",
        "",
        *columns(table),
        "",
    ]


def _mm(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "-"


def _plain(value: Any) -> Any:
    """What JSON can hold of it: null for a number that is none, tenths of millimetres."""
    if isinstance(value, float):
        return round(value, 1) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
