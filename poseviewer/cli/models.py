"""`poseviewer models`: the networks that PoseViewer knows."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.cli.getting import accept, add_actions
from poseviewer.cli.graphs import import_graph
from poseviewer.cli.options import add_command
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.reading import reading
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import group_of, grouped, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.core.skeleton import Skeleton
    from poseviewer.models.card import ModelCard
    from poseviewer.models.importers.checkpoint import Candidate


_LISTED = 40
"""Names of one kind that are listed of a file that does not fit."""

_WEIGHTS = {
    "ship": "ship with PoseViewer",
    "imported": "imported",
    "built in": "built into the module",
    "none": "none at hand",
    "to get": "not in this installation; `poseviewer models get NAME` fetches them",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `models` to `subparsers`."""
    parser = add_command(
        subparsers,
        "models",
        summary="List the networks, show one in full, fetch or import a published one",
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
        more="`poseviewer models remove` removes one.",
    )
    away = add_command(
        actions,
        "remove",
        summary="Remove an imported network",
        example="poseviewer models remove my-network",
        more="The file that it was imported from stays.",
    )
    away.add_argument("name", help="of the model")
    bring = add_command(
        actions,
        "import",
        summary="Import a published checkpoint",
        example="poseviewer models import pose_iter_985000_addLEEDS.caffemodel",
        more="The file's format, its network and the place of every tensor are found out; what "
        "does not fit is listed. Nothing in the file is executed. A graph (.onnx, .tflite, "
        ".task, the JSON of TensorFlow.js) is run as it is by OpenVINO; where it is of no known "
        "network, a card says what its tensors mean.",
    )
    for action, run in ((listing, _list), (show, _show), (path, _path), (away, _remove)):
        action.set_defaults(run=run)
    _add_import_options(bring)
    for action in (listing, show, path, away, bring, *add_actions(actions)):
        add_json(action)


def add_json(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """Add --json; what is said before the action counts unless the action says more."""
    parser.add_argument(
        "--json", action="store_true", default=default, help="print JSON, for programs"
    )


def _list(args: argparse.Namespace) -> int:
    from poseviewer.models.registry import cards, complaints

    for sentence in complaints():
        print(sentence, file=sys.stderr)
    if args.json:
        print(json.dumps([described(one) for one in cards()], indent=2))
        return 0
    for line in table(cards()):
        print(line)
    return 0


def _show(args: argparse.Namespace) -> int:
    from poseviewer.models.facts import facts
    from poseviewer.models.finder import FinderCard
    from poseviewer.models.registry import card

    if args.name == FinderCard().name:
        known = facts(FinderCard())
        with reading(f"{args.name}.json", kind="a card of the detector"):
            text = json.dumps(known, indent=2) if args.json else finder_sheet(known)
        print(text)
        return 0
    one = card(args.name)
    print(json.dumps(in_full(one), indent=2) if args.json else sheet(one))
    return 0


def _path(args: argparse.Namespace) -> int:
    from poseviewer.models.importers.folder import model_folder

    folder = model_folder()
    print(json.dumps({"path": str(folder)}) if args.json else folder)
    return 0


def _remove(args: argparse.Namespace) -> int:
    from poseviewer.models.importers.stored import remove

    remove(args.name)
    print(json.dumps({"removed": args.name}) if args.json else f"Removed {args.name}.")
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
                "warning": spec.warning,
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
    from poseviewer.models.facts import facts
    from poseviewer.models.measure import measured
    from poseviewer.pipeline.joint_states import reader_of

    full = described(card)
    for stage, measure in zip(full["stages"], measured(card), strict=True):
        stage["gmac"] = round(measure.multiplications / 1e9, 3)
        stage["receptive_field"] = measure.receptive_field
    known = facts(card)
    full["validation"] = known.get("validation", {})
    read = known.get("joints", {}).get("confidence", {})
    full["confidence"] = {
        "calibrated": reader_of(card) is not None,
        "expected_calibration_error": read.get("expected_calibration_error"),
    }
    if "file" in known:
        full["file"] = known["file"]
    return full


def weights_word(card: ModelCard) -> str:
    """Where the weights are from: `ship`, `imported`, `built in`, `to get` or `none`."""
    if not card.trained:
        return "to get" if card.published else "none"
    if card.complete:
        return "built in"
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


def _origin(full: dict[str, Any]) -> str:
    """The file that an imported model was made of."""
    file = full.get("file")
    return f" from {file['name']} ({file['kind']}, SHA-256 {file['sha256'][:12]})" if file else ""


def _confidence(known: dict[str, Any]) -> str:
    """What the confidence of a joint means, in a line."""
    if not known["calibrated"]:
        return "not calibrated"
    error = known["expected_calibration_error"]
    return f"a probability, calibrated (expected error {error:.3f} on val)"


def sheet(card: ModelCard) -> str:
    """Everything `card` says, for people."""
    full = in_full(card)
    width, height = card.input_size
    lines = [
        f"{card.name}: {card.title}",
        f"  family      {card.family}",
        f"  input       {width} x {height} pixels",
        f"  parameters  {card.parameters:,}",
        f"  cost        {full['stages'][-1]['gmac']:.3f} GMAC a picture",
        f"  skeleton    {card.skeleton} ({', '.join(_joints(load_skeleton(card.skeleton)))})",
        f"  weights     {_WEIGHTS[weights_word(card)]}{_origin(full)}",
        f"  licence     {card.licence}",
        f"  source      {card.source}",
        f"  confidence  {_confidence(full['confidence'])}",
        "  stages",
    ]
    for stage in full["stages"]:
        field = stage["receptive_field"]
        sees = "sees the whole picture" if field is None else f"sees {field} pixels"
        cells = f"one cell every {stage['stride']} pixels, {sees}"
        if stage["kind"] == "points":
            cells = f"joints as numbers, {sees}"
        elif not kind_of(stage["kind"]).mapped:
            cells = "of the person" if stage["number"] == 1 else "each in a box of its own"
        lines.append(
            f"    {stage['number']}  {stage['name']}: {len(stage['channels'])} channels, "
            f"{stage['kind']}, {cells}, {stage['gmac']:.3f} GMAC so far"
            f"{', ' * bool(stage['warning'])}{stage['warning']}"
        )
    for name, numbers in full["validation"].items():
        lines += [
            f"  {rule} on {name}, stage by stage: {' '.join(f'{value:.3f}' for value in values)}"
            for rule, values in numbers.items()
            if rule.startswith("pck@")
        ]
    return "\n".join(lines)


def _joints(skeleton: Skeleton) -> tuple[str, ...]:
    """The joints of a body by name, and how many a hand or a face has."""
    parts = (f"{part.stop - part.start} of the {part.name}" for part in skeleton.details)
    return (*skeleton.body.joints, *parts)


def finder_sheet(facts: Mapping[str, Any]) -> str:
    """What the card of the person detector says, for people."""
    known = facts["validation"]
    precision = ", ".join(
        f"{name} {value:.3f}" for name, value in known["average_precision"].items()
    )
    recall = ", ".join(f"{name} {value:.3f}" for name, value in known["recall"].items())
    return "\n".join(
        [
            f"{facts['model']}: {facts['title']}",
            f"  kind        {facts['kind']}",
            f"  input       {facts['input']}",
            f"  parameters  {facts['parameters']:,}",
            "  weights     ship with PoseViewer",
            f"  licence     {facts['licence']}",
            f"  source      {facts['source']}",
            *(f"  data        {line}" for line in facts["data"]),
            f"  teachers    {facts['teachers']}",
            f"  average precision: {precision}",
            f"  recall at {facts['threshold']}, where {known['nobody_drawn']} of "
            f"{known['nobody_pictures']} pictures of nobody have a person: {recall}",
        ]
    )


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a PyTorch checkpoint, safetensors file, .caffemodel or frozen TensorFlow graph; or "
        "a graph: .onnx, .tflite, .task, TensorFlow.js, or an archive of these; or hf:OWNER/NAME, "
        "a repository of the Hugging Face hub (needs huggingface_hub)",
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
    parser.add_argument(
        "--card",
        dest="described",
        type=Path,
        metavar="CARD.toml",
        help="of a graph: what its tensors mean, in TOML or JSON; else the file NAME.card.toml or "
        "NAME.card.json beside it, where there is one",
    )
    parser.add_argument(
        "--member",
        metavar="NAME",
        help="of an archive: which of its networks",
    )
    parser.add_argument(
        "--stage",
        dest="shown",
        action="append",
        default=[],
        metavar="OPERATION",
        help="of a graph: show this operation's output as a stage; `likely` takes all that look "
        "worth it; may be repeated",
    )
    parser.add_argument(
        "--stages",
        action="store_true",
        help="of a graph: list the operations whose outputs can be stages, and import nothing",
    )
    parser.add_argument("--yes", action="store_true", help="accept the licence without being asked")
    parser.set_defaults(run=_import)


def _import(args: argparse.Namespace) -> int:
    from poseviewer.models.graph_files.opened import format_of
    from poseviewer.models.hub import PREFIX
    from poseviewer.models.importers.built import built_here

    named = args.file.as_posix()
    if named.startswith(PREFIX):
        args.file = _from_hub(named.removeprefix(PREFIX), sure=args.yes)
    as_graph = args.described is not None or args.stages or args.shown
    if format_of(args.file) is not None and (as_graph or not built_here(args.file)):
        return import_graph(args)
    from poseviewer.models.importers.checkpoint import examine, in_json, misfit, store
    from poseviewer.models.registry import shipped

    candidate = examine(args.file, shipped=shipped(), wanted=args.card, name=args.name)
    for line in report(candidate):
        print(line, file=sys.stderr)
    if not candidate.match.complete:
        if args.json:
            print(json.dumps(in_json(candidate), indent=2))
        raise PoseViewerError(misfit(candidate))
    if not args.yes:
        what = f"import the file as {candidate.name}"
        accept(candidate.path.name, what, refused="Nothing was imported.")
    card = store(candidate, shipped=shipped(), half=args.half, force=args.force)
    path = card.weights_path
    if args.json:
        print(json.dumps(in_json(candidate) | {"path": str(path)}, indent=2))
    else:
        print(f"Imported {card.name}: see `poseviewer models show {card.name}`, or open a clip")
        print(f"with `poseviewer view CLIP --model {card.name}`.")
    return 0


def _from_hub(name: str, *, sure: bool) -> Path:
    """Fetch a checkpoint from the hub, once its size is said and accepted."""
    from poseviewer.models.download import megabytes
    from poseviewer.models.hub import fetch, look_up

    found = look_up(name)
    print(f"{found.repository}: {found.file}", file=sys.stderr)
    print(f"  size      {megabytes(found.bytes)}", file=sys.stderr)
    print(f"  licence   {found.licence or 'not stated on the hub'}", file=sys.stderr)
    if not sure:
        accept(found.repository, f"fetch {found.file}", refused="Nothing was fetched.")
    return fetch(found)


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
        lines += [f"  {word:<9} {one_sentence(name)}" for name in names[:_LISTED]]
        if len(names) > _LISTED:
            lines.append(f"  {word:<9} and {len(names) - _LISTED:,} more")
    lines.append(f"  licence   {candidate.licence}")
    return lines
