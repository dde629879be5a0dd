"""`poseviewer doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poseviewer.cli.options import add_command

if TYPE_CHECKING:
    import argparse

TROUBLE = 1
"""Exit code where something does not work."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `doctor` to `subparsers`."""
    parser = add_command(
        subparsers,
        "doctor",
        summary="Say what works here, what does not, and what to do about it",
        more="Exit code 1 where something does not work. Paths leave out who you are.",
        example="poseviewer doctor --json",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from poseviewer.runtime.doctor import as_json, examine, report

    findings = examine()
    print(json.dumps(as_json(findings), indent=2) if args.json else report(findings))
    return TROUBLE if any(one.level == "trouble" for one in findings) else 0
