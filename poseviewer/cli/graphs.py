"""`poseviewer models import` of a file that holds a graph."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from poseviewer.cli.getting import accept
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from poseviewer.models.card import ModelCard
    from poseviewer.models.graph_files.cards import Candidate
    from poseviewer.models.graph_files.description import Description
    from poseviewer.models.graph_files.signature import Tensor


def import_graph(args: argparse.Namespace) -> int:
    """Import a graph, or list what can be its stages."""
    from poseviewer.models.graph_files.cards import (
        called,
        examined,
        outputs_of,
        store,
        unknown,
        with_stages,
    )
    from poseviewer.models.registry import shipped

    if args.card is not None or args.half:
        wrong = "--as" if args.card is not None else "--half"
        msg = f"{args.file.name} holds a graph, which is run as it is: {wrong} is for checkpoints."
        raise PoseViewerError(msg)
    with examined(args.file, card=args.described, member=args.member) as candidate:
        if args.stages:
            return _list(candidate.tensors, in_json=args.json)
        if candidate.description is None or not candidate.certain:
            msg = (
                f"{unknown(candidate).removesuffix('.')}; describe it in a card and give that "
                "with --card, or import it in the window."
            )
            raise PoseViewerError(msg)
        name = called(candidate, args.name)
        if args.shown:
            candidate = candidate.described(with_stages(candidate, args.shown))
        shapes = outputs_of(candidate.opened.path, candidate.known)
        for line in report(candidate, shapes):
            print(line, file=sys.stderr)
        if not args.yes:
            accept(
                candidate.opened.name, f"import the file as {name}", refused="Nothing was imported."
            )
        card = store(candidate, name=name, shipped=shipped(), force=args.force)
    if args.json:
        print(json.dumps(_in_json(card, candidate.known), indent=2))
    else:
        print(f"Imported {card.name}: see `poseviewer models show {card.name}`, or open a clip")
        print(f"with `poseviewer view CLIP --model {card.name}`.")
    return 0


def report(candidate: Candidate, shapes: Sequence[Sequence[int]]) -> list[str]:
    """What a graph is and what comes out of it, for people."""
    from poseviewer.models.graph_files.zooms import PARTS

    description = candidate.known
    width, height = description.size
    joints = len(description.joints) or description.skeleton
    parts = [f"  zoom      {part.title}" for part in PARTS if part.name in candidate.zooms]
    return [
        f"{candidate.opened.name}: {candidate.opened.format}",
        f"  network   {description.title}",
        f"  input     {width} x {height}, {description.layout}, {description.order}",
        f"  answer    {description.answer.kind} of {', '.join(description.answer.outputs)}; "
        f"joints {joints}",
        f"  numbers   {candidate.parameters:,}",
        *(
            f"  stage     {one.title}: {one.use}, {' x '.join(map(str, shape[1:]))}"
            for one, shape in zip(description.stages, shapes, strict=False)
        ),
        *parts,
        f"  licence   {description.licence}",
    ]


def _in_json(card: ModelCard, description: Description) -> dict[str, Any]:
    from poseviewer.models.graph_files.description import as_json

    path = str(card.weights_path)
    return {"name": card.name, "title": card.title, "path": path, "card": as_json(description)}


def _list(tensors: Sequence[Tensor], *, in_json: bool) -> int:
    """Print the operations whose outputs can be stages."""
    if in_json:
        described = [
            {
                "operation": one.source,
                "kind": one.operation,
                "channels": one.channels,
                "cells": list(one.cells),
                "likely": one.likely,
            }
            for one in tensors
        ]
        print(json.dumps(described, indent=2))
        return 0
    for one in tensors:
        height, width = one.cells
        mark = f"  likely: {one.likely}" if one.likely else ""
        print(f"{one.channels:>5} x {height} x {width:<5} {one.operation:<18} {one.source}{mark}")
    return 0
