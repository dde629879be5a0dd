"""`poseviewer models available` and `get`: published networks, fetched on request."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from poseviewer.cli.options import add_command
from poseviewer.cli.progress import ProgressLine
from poseviewer.core.address import redacted
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    import argparse

    from poseviewer.models.catalogue import Entry


def add_actions(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
) -> tuple[argparse.ArgumentParser, ...]:
    """Add both actions to those of `models`, and return their parsers."""
    available = add_command(
        actions,
        "available",
        summary="List published networks that can be fetched",
        example="poseviewer models available",
    )
    available.set_defaults(run=_available)
    getting = add_command(
        actions,
        "get",
        summary="Fetch a published network",
        example="poseviewer models get cpm-mobile",
        more="Its size and licence are printed before. What was cut off is gone on with the next "
        "time; the file is checked against its hash, and nothing in it is executed. "
        "POSEVIEWER_MIRROR names the address of a folder with files as NAME/FILE, to fetch from "
        "there instead.",
    )
    getting.add_argument("name", help="as `poseviewer models available` lists it")
    getting.add_argument(
        "--yes", action="store_true", help="accept the licence without being asked"
    )
    getting.set_defaults(run=_get)
    return available, getting


def _available(args: argparse.Namespace) -> int:
    from poseviewer.models.catalogue import catalogue

    if args.json:
        print(json.dumps([described(one) for one in catalogue()], indent=2))
        return 0
    width = max(len(one.name) for one in catalogue())
    print(f"{'NAME':<{width}}  {'SIZE':>8}  {'HERE':<4}  WHAT IT IS, AND ITS LICENCE")
    for one in catalogue():
        size = f"{one.bytes / 1e6:.1f} MB"
        here = "yes" if one.here else ""
        print(f"{one.name:<{width}}  {size:>8}  {here:<4}  {one.title}")
        print(f"{'':<{width}}  {'':>8}  {'':<4}  {one.licence}")
    return 0


def described(one: Entry) -> dict[str, object]:
    """What the catalogue says of a network, as JSON can hold it."""
    return {
        "name": one.name,
        "title": one.title,
        "layout": one.layout,
        "licence": one.licence,
        "bytes": one.bytes,
        "source": one.source,
        "sha256": one.sha256 or None,
        "here": one.here,
    }


def _get(args: argparse.Namespace) -> int:
    from poseviewer.models.catalogue import entry
    from poseviewer.models.download import megabytes
    from poseviewer.models.getting import get, source

    chosen = entry(args.name)
    print(f"{chosen.name}: {chosen.title}", file=sys.stderr)
    print(f"  size      about {megabytes(chosen.bytes)}", file=sys.stderr)
    print(f"  licence   {chosen.licence}", file=sys.stderr)
    print(f"  from      {redacted(source(chosen))}", file=sys.stderr)
    if not args.yes and not chosen.here:
        accept(chosen.name, f"fetch {chosen.name}", refused="Nothing was fetched.")
    line: ProgressLine | None = None
    for done, total in get(chosen):
        line = line or ProgressLine(total // 1_000_000, unit="MB")
        line.update(done // 1_000_000)
    if line is not None:
        line.clear()
    if args.json:
        print(json.dumps(described(chosen), indent=2))
    else:
        print(f"Got {chosen.name}: open a clip with `poseviewer view CLIP --model {chosen.name}`.")
    return 0


def accept(name: str, what: str, *, refused: str) -> None:
    """Ask the user to accept a licence that was just shown.

    Args:
        name: What comes under it.
        what: What is done then, as in `Do you accept it and ...?`.
        refused: What is said where the answer is no.

    Raises:
        PoseViewerError: There is no terminal to ask at, or the answer is no.
    """
    if not sys.stdin.isatty():
        msg = (
            f"{name} comes under a licence that has to be accepted; run this where you can "
            "answer, or say --yes."
        )
        raise PoseViewerError(msg)
    print(f"Do you accept it and {what}? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise PoseViewerError(refused)
