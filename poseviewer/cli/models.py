"""`poseviewer models`: the networks that PoseViewer knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from poseviewer.cli.options import add_command

if TYPE_CHECKING:
    import argparse

    from poseviewer.models.card import ModelCard


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `models` to `subparsers`."""
    parser = add_command(
        subparsers,
        "models",
        summary="List the networks, or show one in full",
        example="poseviewer models show hourglass-lite",
    )
    parser.add_argument("what", nargs="?", default="list", choices=("list", "show"))
    parser.add_argument("name", nargs="?", help="of the model to show")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=_models, usage=parser.error)


def _models(args: argparse.Namespace) -> int:
    from poseviewer.models.registry import card, cards

    if (args.what == "show") != (args.name is not None):
        args.usage("say `models show NAME` for one model, `models` for all of them")
    if args.what == "show":
        one = card(args.name)
        print(json.dumps(described(one), indent=2) if args.json else sheet(one))
        return 0
    if args.json:
        print(json.dumps([described(one) for one in cards()], indent=2))
        return 0
    for line in table(cards()):
        print(line)
    return 0


def described(card: ModelCard) -> dict[str, Any]:
    """What `card` says, as JSON can hold it."""
    return {
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "skeleton": card.skeleton,
        "input_size": list(card.input_size),
        "stages": [
            {
                "number": number,
                "name": spec.name,
                "kind": spec.kind,
                "stride": spec.stride,
                "channels": list(spec.channels),
            }
            for number, spec in enumerate(card.stages, start=1)
        ],
        "parameters": card.parameters,
        "trained": card.trained,
        "licence": card.licence,
        "source": card.source,
    }


def table(cards: tuple[ModelCard, ...]) -> list[str]:
    """One line for each card, under a heading, in columns."""
    rows = [("NAME", "STAGES", "INPUT", "PARAMETERS", "WEIGHTS", "WHAT IT IS")]
    rows += [
        (
            card.name,
            str(len(card.stages)),
            "x".join(map(str, card.input_size)),
            f"{card.parameters / 1e6:.2f} M",
            "ship" if card.trained else "none",
            card.title,
        )
        for card in cards
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def sheet(card: ModelCard) -> str:
    """Everything `card` says, for people."""
    width, height = card.input_size
    lines = [
        f"{card.name}: {card.title}",
        f"  family      {card.family}",
        f"  input       {width} x {height} pixels",
        f"  parameters  {card.parameters:,}",
        f"  skeleton    {card.skeleton} ({', '.join(card.stages[-1].channels)})",
        f"  weights     {'ship with PoseViewer' if card.trained else 'none at hand'}",
        f"  licence     {card.licence}",
        f"  source      {card.source}",
        "  stages",
    ]
    lines += [
        f"    {number}  {spec.name}: {len(spec.channels)} channels, {spec.kind}, "
        f"one cell every {spec.stride} pixels"
        for number, spec in enumerate(card.stages, start=1)
    ]
    return "\n".join(lines)
