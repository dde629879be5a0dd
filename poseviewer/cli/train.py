"""`poseviewer train`: make the weights that ship."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import add_command, counting, fraction, positive, within
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.training_record import ENDING
from poseviewer.runtime.display import has_display

if TYPE_CHECKING:
    import argparse

    from poseviewer.models.card import ModelCard

_BEHIND_JOINTS = ("lifter", "pose-codes")
"""What has no card: it reads joints and no picture, and learns from mannequins."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `train` to `subparsers`."""
    parser = add_command(
        subparsers,
        "train",
        summary="Train a network from its card, every stage supervised",
        example="poseviewer train hourglass-lite --data ../shared/data --out runs --minutes 60",
        more="It writes a checkpoint to go on from, weights (fp16 safetensors) with their card, "
        "and the accuracy of every stage",
    )
    parser.add_argument("model", help="name of a card, such as hourglass-lite")
    parser.add_argument(
        "--data", type=Path, help="folder of the data pack; lifter and pose-codes, which learn "
        "from mannequins, need none",
    )  # fmt: skip
    parser.add_argument(
        "--labels", type=Path, action="append", default=[], metavar="FILE",
        help="learn from a COCO keypoint table besides, its pictures beside it, such as corrected "
        "frames that were exported; may be given several times",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=positive, help="spread the schedule over this time")
    budget.add_argument("--epochs", type=positive, help="spread the schedule over these epochs")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument(
        "--init", type=Path, metavar="FILE", help="take matching tensors from a safetensors file"
    )
    parser.add_argument(
        "--trunk", type=Path, metavar="FILE", help="start the trunk from a MoveNet of TensorFlow.js"
    )
    parser.add_argument(
        "--teacher",
        type=Path,
        metavar="FILE",
        help="let a MoveNet MultiPose of TensorFlow.js label people without labels; for "
        "networks that find several people",
    )
    parser.add_argument("--threads", type=counting, default=1, help="CPU threads (default 1)")
    parser.add_argument(
        "--device", default="cpu", help="where to learn, such as cuda (default cpu)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="processes that draw pictures for a GPU; for networks that find several people",
    )
    parser.add_argument(
        "--unjudged", action="store_true", help="write weights without measuring them"
    )
    parser.add_argument("--batch", type=counting, default=32, help="images per step (default 32)")
    parser.add_argument("--rate", type=positive, default=1e-3, help="highest learning rate")
    parser.add_argument(
        "--trunk-rate",
        type=within(0, 10, what="rates"),
        default=0.3,
        metavar="RATIO",
        help="rate of the trunk, relative to the others' (default 0.3)",
    )
    parser.add_argument(
        "--small-until",
        type=fraction,
        default=0.7,
        metavar="SHARE",
        help="share of the budget spent at a smaller side (default 0.7)",
    )
    parser.add_argument(
        "--small",
        type=within(0.2, 1, what="sides"),
        default=0.8,
        metavar="RATIO",
        help="the smaller side, relative to the model's own (default 0.8)",
    )
    parser.add_argument(
        "--mannequins",
        type=within(0, 0.95, what="shares"),
        default=0.0,
        metavar="SHARE",
        help="share of rendered figures among the people (default 0)",
    )
    parser.add_argument(
        "--first-stage",
        type=int,
        default=1,
        metavar="N",
        help="of a cascade, the stage with which learning begins; those before stay as --init "
        "gives them (default 1)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--watch",
        action="store_true",
        help="write down losses, gradients and maps as it learns, and show them in a window where "
        "there is a display; for networks of belief maps",
    )
    parser.add_argument(
        "--last-stage-only", action="store_true", help="ablation: supervise the last stage only"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train as the arguments say; returns the exit status."""
    import json
    import logging

    from poseviewer.codec.coords import CoordsCodec
    from poseviewer.codec.dynamic import DynamicCodec
    from poseviewer.codec.paf import FieldCodec
    from poseviewer.models.registry import card
    from poseviewer.training.cascade import train_cascade
    from poseviewer.training.crowd import train_crowd
    from poseviewer.training.dynamic import train_dynamic
    from poseviewer.training.heatmaps import train
    from poseviewer.training.recipe import Plan

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if args.model in _BEHIND_JOINTS:
        sys.stdout.write(json.dumps(_train_behind_joints(args), indent=2) + "\n")
        return 0
    if args.data is None:
        msg = (
            f"{args.model} learns from labelled people: give the folder of the data pack (--data)."
        )
        raise PoseViewerError(msg)
    plan = Plan(
        args.data,
        args.out,
        labels=tuple(args.labels),
        minutes=args.minutes,
        epochs=args.epochs,
        batch=args.batch,
        rate=args.rate,
        trunk_rate=args.trunk_rate,
        trunk=args.trunk,
        teacher=args.teacher,
        small_until=args.small_until,
        small=args.small,
        threads=args.threads,
        device=args.device,
        workers=args.workers,
        judged=not args.unjudged,
        mannequins=args.mannequins,
        first_stage=args.first_stage - 1,
        watched=args.watch,
        seed=args.seed,
        supervise_all=not args.last_stage_only,
    )
    # The card of the weights is published: it names folders without their places.
    paths = (args.data, *args.labels, args.out, args.init, args.trunk, args.teacher)
    folders = {str(path): path.name for path in paths if path}
    command = shlex.join(["poseviewer", *(folders.get(word, word) for word in sys.argv[1:])])
    chosen = card(args.model)
    learn = {
        CoordsCodec: train_cascade,
        FieldCodec: train_crowd,
        DynamicCodec: train_dynamic,
    }.get(type(chosen.codec), train)
    _check_fit(args, chosen)
    _spare_inputs(args)
    window = _show(plan.out) if args.watch else None
    try:
        scores = learn(chosen, plan, resume=args.resume, start=args.init, command=command)
    except PoseViewerError:
        if window is not None and not any(plan.out.glob(f"*{ENDING}")):
            # It would wait for what never begins.
            window.terminate()
        raise
    sys.stdout.write(json.dumps(scores, indent=2) + "\n")
    return 0


def _check_fit(args: argparse.Namespace, chosen: ModelCard) -> None:
    """See that the options are for a network of this kind.

    Raises:
        PoseViewerError: One is not.
    """
    from poseviewer.codec.coords import CoordsCodec

    crowd, cascade = chosen.everybody, isinstance(chosen.codec, CoordsCodec)
    last = len(chosen.stages) if cascade else 1
    name = args.model
    problem = ""
    if args.teacher and not crowd:
        problem = f"--teacher is for networks that find several people, which {name} does not"
    elif args.labels and crowd:
        problem = f"--labels is for networks that look at one person, which {name} does not"
    elif args.device != "cpu" and cascade:
        problem = f"{name} learns on the CPU only; leave --device out"
    elif args.watch and (crowd or cascade):
        problem = f"--watch is for networks of belief maps at every stage, which {name} is not"
    elif not 1 <= args.first_stage <= last:
        problem = f"--first-stage must be from 1 to {last} for {name}"
    if problem:
        raise PoseViewerError(f"{problem}.")


def _show(out: Path) -> subprocess.Popen[bytes] | None:
    """Open a window of its own on a run that begins, where there is a display."""
    if not has_display():
        return None
    watch = [sys.executable, "-m", "poseviewer", "watch", str(out)]
    return subprocess.Popen(watch, stdin=subprocess.DEVNULL)


def _train_behind_joints(args: argparse.Namespace) -> dict[str, Any]:
    if args.epochs is None or args.device != "cpu":
        msg = f"{args.model} learns in minutes on the processor: give --epochs alone."
        raise PoseViewerError(msg)
    if args.model == "pose-codes":
        from poseviewer.training.pose_codes import train_pose_codes

        return train_pose_codes(args.out, epochs=args.epochs, seed=args.seed, threads=args.threads)
    from poseviewer.training.lifter import LifterPlan, train_lifter

    plan = LifterPlan(args.out, epochs=args.epochs, threads=args.threads, seed=args.seed)
    folders = {str(args.out): args.out.name}
    command = shlex.join(["poseviewer", *(folders.get(word, word) for word in sys.argv[1:])])
    return train_lifter(plan, resume=args.resume, command=command)


def _spare_inputs(args: argparse.Namespace) -> None:
    """See that no weights to start from, or of a teacher, are replaced by those that are made.

    Raises:
        PoseViewerError: They would be.
    """
    made = [args.out / f"{args.model}.{ending}" for ending in ("safetensors", "checkpoint.pt")]
    for path in (args.init, args.trunk, args.teacher):
        for output in made:
            if path and path.exists() and output.exists() and output.samefile(path):
                msg = f"{path} would be replaced by what is trained: choose another --out."
                raise PoseViewerError(msg)
