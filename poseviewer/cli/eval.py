"""`poseviewer eval`: accuracy of a model on labelled people, for every stage and joint."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from poseviewer.cli import eval_depth
from poseviewer.cli.options import add_command, counting, decoding_notice
from poseviewer.cli.progress import ProgressLine
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.core.spoil import SPOIL_KINDS
from poseviewer.core.stage import grouped
from poseviewer.runtime.sections import Decoding, ReadingState
from poseviewer.runtime.state import AppState
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.evaluation.assess import Assessment
    from poseviewer.runtime.factories import Loaded
    from poseviewer.truth.labelled import TruthSet

DATA = (
    "ground truth: the folder of the data pack, a COCO keypoint table (.json), MPII (.h5 or "
    ".json), or LSP's joints.mat; for --measure mpjpe, mannequin or a TRC in metres"
)

Stages = tuple[int, ...] | None
"""0-based; None for all, -1 for the last."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `eval` to `subparsers`."""
    usual = AppState()
    parser = add_command(
        subparsers,
        "eval",
        summary="Measure a model on labelled people, stage by stage and joint by joint",
        more="Prints PCK, PCP, PDJ and, where the data allow, PCKh and OKS AP, each with its rule, "
        "and saves them as JSON, CSV and a chart (SVG). The network is shown crops made from the "
        "ground truth, at one scale: this measures the network, not the search for the person.",
        example="poseviewer eval --model hourglass-lite --data ../shared/data --limit 100",
    )
    parser.add_argument(
        "--model", default=usual.network.model, metavar="NAME", help="network (%(default)s)"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help=DATA)
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="judge these answers in the format of COCO-WholeBody, whose table --data then is, "
        "instead of a model's",
    )
    parser.add_argument(
        "--split", default="val", help="part of the data, such as train, val or test (%(default)s)"
    )
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where the pictures are, if not beside the data"
    )
    parser.add_argument(
        "--stages",
        type=chosen_stages,
        default=None,
        metavar="WHICH",
        help="all, last, or numbers counted from 1, such as 1,3 (all)",
    )
    parser.add_argument(
        "--limit", type=counting, metavar="N", help="about the first N people of each set only"
    )
    parser.add_argument(
        "--flip", action="store_true", help="average with the mirrored input; off by default"
    )
    parser.add_argument(
        "--decoding",
        choices=get_args(Decoding),
        default=usual.reading.decoding,
        help="how a joint is read from its belief map (%(default)s)",
    )
    parser.add_argument(
        "--spoil",
        choices=SPOIL_KINDS,
        help="spoil the pictures more and more, and save a curve of PCK@0.2 by stage",
    )
    parser.add_argument(
        "--strengths",
        type=chosen_strengths,
        default=None,
        metavar="S,S",
        help="how strongly, from 0 to 1 (0,0.2,0.4,0.6,0.8,1)",
    )
    parser.add_argument("--engine", choices=("auto", "torch", "openvino"), default="auto")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8"), default="fp32")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out") / "eval",
        metavar="DIR",
        help="where JSON, CSV and SVG go; those of an earlier run are replaced (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    eval_depth.add_options(parser)
    parser.set_defaults(run=_eval)


def chosen_stages(text: str) -> Stages:
    """The stages that `all`, `last` or `1,3` mean.

    Raises:
        argparse.ArgumentTypeError: It is none of them.
    """
    if text in ("all", "last"):
        return None if text == "all" else (-1,)
    numbers = text.split(",")
    if not all(number.isdecimal() and int(number) > 0 for number in numbers):
        msg = f"{text!r} is neither all, last nor stage numbers from 1 up"
        raise argparse.ArgumentTypeError(msg)
    return tuple(sorted({int(number) - 1 for number in numbers}))


def chosen_strengths(text: str) -> tuple[float, ...]:
    """The strengths that `0,0.5,1` means, rising.

    Raises:
        argparse.ArgumentTypeError: One is no number from 0 to 1.
    """
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        found = [-1.0]
    if not all(0 <= strength <= 1 for strength in found):
        msg = f"{text!r} is no list of numbers from 0 to 1"
        raise argparse.ArgumentTypeError(msg)
    return tuple(found)


def _judge(args: argparse.Namespace) -> int:
    """Print AP of a whole body and its parts, of answers in a file."""
    from poseviewer.evaluation.report import record_score
    from poseviewer.evaluation.whole_body import (
        read_answers,
        read_whole_body,
        table,
        whole_body_precision,
    )

    known = whole_body_precision(read_whole_body(args.data), read_answers(args.answers))
    if args.json:
        parts = {
            part: {name: record_score(score) for name, score in scores.items()}
            for part, scores in known.items()
        }
        print(json.dumps(parts, indent=2))
    else:
        print("\n".join(table(known)))
    return 0


def _check_fit(args: argparse.Namespace) -> None:
    """See that the options are for what is measured.

    Raises:
        PoseViewerError: One is not.
    """
    what = "--answers" if args.answers is not None else f"--measure {args.measure}"
    for option, chosen in (("--spoil", args.spoil), ("--stages", args.stages)):
        if chosen is not None and what != "--measure 2d":
            msg = f"{option} has no meaning with {what}: leave one of them out."
            raise PoseViewerError(msg)
    if args.strengths is not None and args.spoil is None:
        msg = "Strengths are of what --spoil does: name it, or leave --strengths out."
        raise PoseViewerError(msg)


def _eval(args: argparse.Namespace) -> int:
    _check_fit(args)
    if args.answers is not None:
        return _judge(args)
    from poseviewer.models.registry import card
    from poseviewer.runtime.factories import load_network
    from poseviewer.truth.readers import read_truth

    stages = there(args.stages, count=len(grouped(card(args.model).stages)), model=args.model)
    in_space = args.measure == "mpjpe"
    sets = () if in_space else read_truth(args.data, split=args.split, images=args.images)
    state = AppState().choosing(
        model=args.model,
        engine=args.engine,
        device=args.device,
        precision=args.precision,
        decoding=args.decoding,
        flip=args.flip,
    )
    loaded = load_network(state.network)
    for notice in (loaded.notice, decoding_notice(state)):
        if notice:
            print(notice, file=sys.stderr)
    if in_space:
        return eval_depth.measure(args, loaded, state.reading)
    measure = _plain if args.spoil is None else _sweep
    reports = [measure(args, truth, loaded, state.reading, stages) for truth in sets]
    if args.json:
        print(json.dumps(reports, indent=2))
    return 0


def there(stages: Stages, *, count: int, model: str) -> Sequence[int] | None:
    """The stages that were asked for, if the model has them.

    Raises:
        PoseViewerError: It has not.
    """
    if stages == (-1,):
        return (count - 1,)
    if stages and stages[-1] >= count:
        msg = f"{model} has stages 1 to {count}, so there is no stage {stages[-1] + 1}."
        raise PoseViewerError(msg)
    return stages


def facts(loaded: Loaded, reading: ReadingState) -> dict[str, Any]:
    """How the model was run, for the record."""
    from poseviewer.models.facts import facts as card_facts
    from poseviewer.pipeline.estimators import applied

    return {
        "engine": loaded.label,
        "decoding": applied(loaded.card, reading.decoding),
        "flip": reading.flip,
        "scales": 1,
        "weights_sha256": card_facts(loaded.card).get("sha256"),
    }


def _plain(
    args: argparse.Namespace,
    truth: TruthSet,
    loaded: Loaded,
    reading: ReadingState,
    stages: Sequence[int] | None,
) -> dict[str, Any]:
    """Measure a set, save it and, unless JSON is wanted, print it."""
    from poseviewer.evaluation.assess import assess

    line = ProgressLine(len(truth.first(args.limit).people), unit="people")
    assessment = assess(
        loaded.estimator(reading),
        truth,
        stages=stages,
        limit=args.limit,
        progress=lambda done, _: line.update(done),
    )
    line.clear()
    return _report(assessment, facts(loaded, reading), args)


def _sweep(
    args: argparse.Namespace,
    truth: TruthSet,
    loaded: Loaded,
    reading: ReadingState,
    stages: Sequence[int] | None,
) -> dict[str, Any]:
    """Measure a set that is spoilt more and more, save it and, unless JSON is wanted, print it."""
    from poseviewer.evaluation import sweep

    strengths = args.strengths or sweep.STRENGTHS
    line = ProgressLine(len(strengths) * len(truth.first(args.limit).people), unit="people")
    made = sweep.sweep(
        loaded.estimator(reading),
        truth,
        kind=args.spoil,
        strengths=strengths,
        stages=stages,
        limit=args.limit,
        progress=lambda done, _: line.update(done),
    )
    line.clear()
    run = facts(loaded, reading)
    report = {**sweep.record(made), "run": run}
    how = f"{loaded.label}, {run['decoding']} decoding, one scale"
    contents = {
        "json": json.dumps(report, indent=2) + "\n",
        "csv": sweep.table(made),
        "svg": sweep.chart(made, run=how),
    }
    stem = f"{report['model']}-{report['set']}-{args.spoil}"
    places = _write(stem, contents, args.out, labels=args.data if args.data.is_file() else None)
    if not args.json:
        print("\n".join(sweep.lines(made)))
        print(f"\n  run: {how}\n  saved: {', '.join(map(str, places))}\n")
    return report


def _report(
    assessment: Assessment, run: dict[str, Any], args: argparse.Namespace
) -> dict[str, Any]:
    """Save an assessment and, unless JSON is wanted, print it."""
    from poseviewer.evaluation.report import lines, record

    report = {**record(assessment), "run": run}
    flip = "averaged with the mirrored input" if run["flip"] else "no flip"
    how = f"{run['engine']}, {run['decoding']} decoding, one scale, {flip}"
    labels = args.data if args.data.is_file() else None
    places = save(assessment, report, args.out, run=how, labels=labels)
    if not args.json:
        print("\n".join(lines(assessment)))
        print(f"\n  run: {how}")
        print(f"  saved: {', '.join(map(str, places))}\n")
    return report


def save(
    assessment: Assessment,
    report: dict[str, Any],
    folder: Path,
    *,
    run: str = "",
    labels: Path | None = None,
) -> list[Path]:
    """Write JSON, CSV and SVG of an assessment; returns their paths.

    Args:
        assessment: What was measured.
        report: What the JSON file holds.
        folder: Made where it is missing.
        run: How the model was run, for the picture.
        labels: The file of ground truth, where it is one.

    Raises:
        PoseViewerError: The folder cannot be written, or would lose the labels.
    """
    from poseviewer.evaluation.report import chart, table

    contents = {
        "json": json.dumps(report, indent=2) + "\n",
        "csv": table(assessment),
        "svg": chart(assessment, run=run),
    }
    return _write(f"{assessment.model}-{assessment.truth}", contents, folder, labels=labels)


def _write(name: str, contents: dict[str, str], folder: Path, *, labels: Path | None) -> list[Path]:
    """Write contents, by their endings, to files of one name; returns their paths."""
    stem = name.replace(" ", "-").replace("/", "-")
    spare_inputs([folder / f"{stem}.{kind}" for kind in contents], source="", others=[labels])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with OutputSet() as outputs:
            for kind, content in contents.items():
                outputs.file(folder / f"{stem}.{kind}").write_text(content, encoding="utf-8")
    except OSError as error:
        msg = f"The results cannot be written to {folder}: {error.strerror}; choose with --out."
        raise PoseViewerError(msg) from error
    return [folder / f"{stem}.{kind}" for kind in contents]
