"""`poseviewer models`: the networks that PoseViewer knows."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from poseviewer.cli.importing import add_arguments
from poseviewer.cli.options import add_command
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import group_of, grouped

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard


_WEIGHTS = {"ship": "ship with PoseViewer", "imported": "imported", "none": "none at hand"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `models` to `subparsers`."""
    parser = add_command(
        subparsers,
        "models",
        summary="List the networks, show one in full, or import a published one",
        example="poseviewer models show hourglass-lite",
    )
    parser.set_defaults(run=_list)
    add_json(parser, default=False)
    actions = parser.add_subparsers(metavar="action", title="actions")
    listing = add_command(
        actions, "list", summary="List the networks", example="poseviewer models list --json"
    )
    show = add_command(
        actions,
        "show",
        summary="Show one network in full",
        example="poseviewer models show hourglass-lite",
    )
    show.add_argument("name", help="of the model")
    path = add_command(
        actions,
        "path",
        summary="Print the folder of imported models",
        example="poseviewer models path",
        more="Each model is two files there, NAME.json and NAME.safetensors; remove both to "
        "remove it.",
    )
    bring = add_command(
        actions,
        "import",
        summary="Import a published checkpoint",
        example="poseviewer models import pose_iter_985000_addLEEDS.caffemodel",
        more="The file's format, its network and the place of every tensor are found out; what "
        "does not fit is listed. Nothing in the file is executed.",
    )
    for action, run in ((listing, _list), (show, _show), (path, _path)):
        action.set_defaults(run=run)
    add_arguments(bring)
    for action in (listing, show, path, bring):
        add_json(action)


def add_json(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """Add --json; what is said before the action counts unless the action says more."""
    parser.add_argument(
        "--json", action="store_true", default=default, help="print JSON, for programs"
    )


def _list(args: argparse.Namespace) -> int:
    from poseviewer.models.importers.keep import complaints
    from poseviewer.models.registry import cards, shipped

    for sentence in complaints(shipped()):
        print(sentence, file=sys.stderr)
    if args.json:
        print(json.dumps([described(one) for one in cards()], indent=2))
        return 0
    for line in table(cards()):
        print(line)
    return 0


def _show(args: argparse.Namespace) -> int:
    from poseviewer.models.registry import card

    one = card(args.name)
    print(json.dumps(in_full(one), indent=2) if args.json else sheet(one))
    return 0


def _path(args: argparse.Namespace) -> int:
    from poseviewer.models.importers.keep import model_folder

    folder = model_folder()
    print(json.dumps({"path": str(folder)}) if args.json else folder)
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
                "number": group_of(card.stages, output) + 1,
                "name": spec.name,
                "kind": spec.kind,
                "stride": spec.stride,
                "channels": list(spec.channels),
            }
            for output, spec in enumerate(card.stages)
        ],
        "parameters": card.parameters,
        "trained": card.trained,
        "weights": weights_word(card),
        "licence": card.licence,
        "source": card.source,
    }


def in_full(card: ModelCard) -> dict[str, Any]:
    """What `card` says, what its stages cost and see, and how well they do."""
    from poseviewer.models.measure import measured
    from poseviewer.models.weights import facts

    told = described(card)
    for stage, measure in zip(told["stages"], measured(card), strict=True):
        stage["gmac"] = round(measure.multiplications / 1e9, 3)
        stage["receptive_field"] = measure.field
    known = facts(card)
    told["validation"] = known.get("validation", {})
    if "file" in known:
        told["file"] = known["file"]
    return told


def weights_word(card: ModelCard) -> str:
    """Where the weights are from: `ship`, `imported` or `none`."""
    if not card.trained:
        return "none"
    return "ship" if isinstance(card.weights, str) else "imported"


def table(cards: tuple[ModelCard, ...]) -> list[str]:
    """One line for each card, under a heading, in columns."""
    rows = [("NAME", "STAGES", "INPUT", "PARAMETERS", "WEIGHTS", "WHAT IT IS")]
    rows += [
        (
            card.name,
            str(len(grouped(card.stages))),
            "x".join(map(str, card.input_size)),
            f"{card.parameters / 1e6:.2f} M",
            weights_word(card),
            card.title,
        )
        for card in cards
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def _origin(told: dict[str, Any]) -> str:
    """The file that an imported model was made of."""
    file = told.get("file")
    return f" from {file['name']} ({file['kind']}, SHA-256 {file['sha256'][:12]})" if file else ""


def sheet(card: ModelCard) -> str:
    """Everything `card` says, for people."""
    told = in_full(card)
    width, height = card.input_size
    lines = [
        f"{card.name}: {card.title}",
        f"  family      {card.family}",
        f"  input       {width} x {height} pixels",
        f"  parameters  {card.parameters:,}",
        f"  cost        {told['stages'][-1]['gmac']:.3f} GMAC a picture",
        f"  skeleton    {card.skeleton} ({', '.join(load_skeleton(card.skeleton).joints)})",
        f"  weights     {_WEIGHTS[weights_word(card)]}{_origin(told)}",
        f"  licence     {card.licence}",
        f"  source      {card.source}",
        "  stages",
    ]
    for stage in told["stages"]:
        field = stage["receptive_field"]
        sees = "sees the whole picture" if field is None else f"sees {field} pixels"
        cells = f"one cell every {stage['stride']} pixels, {sees}"
        if stage["kind"] == "coords":
            cells = "of the person" if stage["number"] == 1 else "each in a box of its own"
        lines.append(
            f"    {stage['number']}  {stage['name']}: {len(stage['channels'])} channels, "
            f"{stage['kind']}, {cells}, {stage['gmac']:.3f} GMAC so far"
        )
    for name, numbers in told["validation"].items():
        lines += [
            f"  {rule} on {name}, stage by stage: {' '.join(f'{value:.3f}' for value in values)}"
            for rule, values in numbers.items()
            if rule.startswith("pck@")
        ]
    return "\n".join(lines)
