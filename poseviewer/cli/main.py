"""The command `poseviewer`: reads the command line and runs one command."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from typing import TYPE_CHECKING

from poseviewer.cli import bench, devices, eval, export, models, run, train, view
from poseviewer.core.errors import PoseViewerError
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMANDS = (view, export, run, train, eval, models, bench, devices)

FAILED = 1
INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="poseviewer",
        description="A desktop microscope for multi-stage human-pose networks.",
        epilog="Without a command, `poseviewer` opens the window.\n\n"
        "example: poseviewer export clip.mp4 -o annotated.mp4 --data csv,json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"PoseViewer {__version__}")
    subparsers = parser.add_subparsers(metavar="command", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names, or the window when it is empty.

    Returns:
        0 when all went well, 1 after a failure explained in one sentence on stderr, 130 after
        Ctrl-C. Bad usage leaves through SystemExit with 2.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = build_parser().parse_args(arguments or ["view"])
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        status = command(args)
        sys.stdout.flush()
    except PoseViewerError as error:
        print(f"poseviewer: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("poseviewer: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep the interpreter from flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def console() -> int:
    """`main` as the whole process: leaves at once, even in the middle of loading a network."""
    try:
        status = main()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else FAILED
    if any(thread.name.startswith("poseviewer-") for thread in threading.enumerate()):
        # The import of torch cannot be stopped, and fails noisily in an interpreter that ends.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status
