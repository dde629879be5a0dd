"""`poseviewer models import`: a published checkpoint becomes a model of the user's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import grouped

if TYPE_CHECKING:
    import argparse

    from poseviewer.models.importers.keep import Candidate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `models import` takes to its parser."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a PyTorch checkpoint, safetensors file, .caffemodel or frozen TensorFlow graph",
    )
    parser.add_argument(
        "--as",
        dest="card",
        metavar="CARD",
        help="the network that ships and that the file holds weights of, instead of guessing",
    )
    parser.add_argument("--name", help="what to call the model")
    parser.add_argument("--half", action="store_true", help="keep 16-bit numbers: half the size")
    parser.add_argument("--force", action="store_true", help="replace a model of the same name")
    parser.add_argument("--yes", action="store_true", help="accept the licence without being asked")
    parser.set_defaults(run=_import)


def _import(args: argparse.Namespace) -> int:
    from poseviewer.models.importers.keep import described, keep, look, misfit
    from poseviewer.models.registry import shipped

    candidate = look(args.file, shipped=shipped(), wanted=args.card, name=args.name)
    for line in report(candidate):
        print(line, file=sys.stderr)
    if not candidate.match.complete:
        if args.json:
            print(json.dumps(described(candidate), indent=2))
        raise PoseViewerError(misfit(candidate))
    if not args.yes:
        _ask(candidate)
    card = keep(candidate, shipped=shipped(), half=args.half, force=args.force)
    path = card.weights_path
    if args.json:
        print(json.dumps(described(candidate) | {"path": str(path)}, indent=2))
    else:
        print(f"Imported {card.name}: see `poseviewer models show {card.name}`, or open a clip")
        print(f"with `poseviewer view CLIP --model {card.name}`.")
    return 0


def report(candidate: Candidate) -> list[str]:
    """What a checkpoint is and which of its tensors fit, for people."""
    found, card = candidate.match, candidate.recognised.card
    lines = [
        f"{candidate.path.name}: {candidate.contents.kind}, {candidate.recognised.layout.title}",
        f"  network   {candidate.title}",
        f"  stages    {len(grouped(card.stages))}, skeleton {card.skeleton}, "
        f"{candidate.parameters:,} parameters",
        f"  tensors   {len(found.places)} fit",
    ]
    if found.dead:
        numbers = sum(candidate.contents.tensors[name].numel() for name in found.dead)
        lines.append(
            f"  unused    {len(found.dead)} that this network never uses ({numbers:,} numbers)"
        )
    for word, names in (
        ("missing", found.missing),
        ("unknown", found.unknown),
        ("misshapen", found.misshapen),
    ):
        lines += [f"  {word:<9} {name}" for name in names]
    lines.append(f"  licence   {candidate.licence}")
    return lines


def _ask(candidate: Candidate) -> None:
    """Go on only where somebody accepts the licence.

    Raises:
        PoseViewerError: Nobody is there to be asked, or they say no.
    """
    if not sys.stdin.isatty():
        msg = (
            f"{candidate.path.name} comes under a licence that somebody has to accept; "
            "run this where you can answer, or say --yes."
        )
        raise PoseViewerError(msg)
    print(
        f"Do you accept it and import the file as {candidate.name}? [y/N] ", end="", file=sys.stderr
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        msg = "Nothing was imported."
        raise PoseViewerError(msg)
