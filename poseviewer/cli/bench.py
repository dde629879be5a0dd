"""`poseviewer bench`: how long every hop takes, from camera to screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.cli.options import add_analysis_options, add_command
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `bench` to `subparsers`."""
    parser = add_command(
        subparsers,
        "bench",
        summary="Time every hop from camera to screen",
        more="Prints the median and the 95th percentile of each, and the age of a picture when "
        "its result is on the screen.",
        example="poseviewer bench --seconds 10 --compare",
    )
    parser.add_argument(
        "--seconds", type=float, default=5.0, metavar="S", help="per measurement (%(default)g)"
    )
    parser.add_argument(
        "--compare", action="store_true", help="measure against the targets, all in one run"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_analysis_options(parser)
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:  # noqa: ARG001
    msg = "There is nothing to time yet."
    raise PoseViewerError(msg)
