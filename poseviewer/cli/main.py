"""The command `poseviewer`: reads the command line and runs one command."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from poseviewer.cli.signals import stopping
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.interrupt import SIGNALLED, STOPPED, end_at_once, ending_at_once
from poseviewer.runtime.memory import share_arenas
from poseviewer.version import __version__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

COMMANDS = (
    "view", "export", "batch", "run", "results", "compare", "train", "watch", "eval", "models",
    "bench", "devices", "doctor",
)  # fmt: skip
"""Each is a module of this package."""

FAILED = 1


def build_parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of one command, or of all of them where it is none.

    What the others import takes longer than all that the window shows first.
    """
    import argparse

    parser = argparse.ArgumentParser(
        prog="poseviewer",
        description="A desktop microscope for multi-stage human-pose networks.",
        epilog="Without a command, `poseviewer` opens the window; with a clip, a picture, an "
        "address or a project, on that.\n\n"
        "example: poseviewer export clip.mp4 -o annotated.mp4 --data csv,json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"PoseViewer {__version__}")
    parser.add_argument(
        "--self-test",
        action="store_const",
        const=_self_test,
        dest="run",
        help="run the demo through every engine, export it, picture the window, and say what works",
    )
    # Not required: `main` puts the window in place of nothing.
    subparsers = parser.add_subparsers(metavar="command")
    for name in (command,) if command in COMMANDS else COMMANDS:
        import_module(f"poseviewer.cli.{name}").add_parser(subparsers)
    return parser


def _self_test(args: argparse.Namespace) -> int:
    from poseviewer.cli.self_test import self_test

    return self_test(args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names, or the window when it names none.

    Returns:
        0 when all went well, 1 after a failure explained in one sentence on stderr, 130 after
        Ctrl-C, 143 after SIGTERM, 129 after SIGHUP. Bad usage leaves through SystemExit with 2.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if not arguments or _to_open(arguments[0]):
            arguments.insert(0, "view")
        with ending_at_once():
            # What is imported to read options takes an exception in its middle badly.
            command = _command(arguments)
        with stopping():
            status = command()
        sys.stdout.flush()
    except PoseViewerError as error:
        print(f"poseviewer: {error}", file=sys.stderr)
        return FAILED
    except ModuleNotFoundError as error:
        # A bundle has neither.
        if error.name not in ("torch", "poseviewer.training"):
            raise
        from poseviewer.models.engine import NEEDS_TORCH

        print(f"poseviewer: {NEEDS_TORCH}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as request:
        # The terminal may be gone.
        with suppress(OSError):
            print(STOPPED, file=sys.stderr)
        return SIGNALLED + getattr(request, "number", signal.SIGINT)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough.
        _write_nowhere()
        return FAILED
    except OSError as error:
        _write_nowhere()
        print(_unwritten(error), file=sys.stderr)
        return FAILED
    return status


def _to_open(word: str) -> bool:
    """Whether the first word names something to open, as a desktop passes a file."""
    if word in COMMANDS or word.startswith("-"):
        return False
    # Of a file that is not there the window says so; the parser would list its commands.
    return ":" in word or Path(word).suffix != "" or Path(word).exists()


def _command(arguments: Sequence[str]) -> Callable[[], int]:
    """What `arguments` ask for.

    Where they ask for no more than the window, nothing is imported to read options, and the window
    is painted before the rest is settled.
    """
    name, *rest = arguments
    if name == "view" and len(rest) <= 1 and not "".join(rest).startswith("-"):
        from poseviewer.cli.view import show

        return partial(show, *rest, prepare=_settle)
    args = build_parser(name).parse_args(arguments)

    def run() -> int:
        _settle()
        command: Callable[[argparse.Namespace], int] = args.run
        return command(args)

    return run


def _unwritten(error: OSError) -> str:
    """One sentence on a failure of the disk or of stdout that nothing else has reported."""
    reason = error.strerror or str(error)
    what = f"{error.filename} cannot be used" if error.filename else "The output cannot be written"
    return one_sentence(f"poseviewer: {what}: {reason[:1].lower()}{reason[1:]}.")


def _write_nowhere() -> None:
    """Keep the interpreter from writing to stdout what it could not be given."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settle() -> None:
    """Remove what killed exports left; recordings wait for the window, which offers them."""
    from poseviewer.core.files import settle

    for recording in settle():
        recording.release()


def console() -> NoReturn:
    """`main` as the whole process: leaves at once, even in the middle of loading a network.

    Does not return. Nothing is left to tidy up, and an interpreter that ends would take as long
    as everything else for it: one to two seconds for torch and Qt on a busy machine. Besides, an
    import of torch on another thread cannot be stopped, and fails noisily in the middle of it.
    """
    _open_standard_files()
    share_arenas()
    try:
        status = main()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else FAILED
    end_at_once()
    if "poseviewer.core.files" in sys.modules:
        from poseviewer.core.files import discard_exports

        discard_exports()
    try:
        sys.stdout.flush()
    except OSError as error:
        _write_nowhere()
        print(_unwritten(error), file=sys.stderr)
        status = FAILED
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(status)


def _open_standard_files() -> None:
    """Have something behind stdin, stdout and stderr, whatever the caller has closed.

    Otherwise the next file that is opened takes the place of stdout, and what is printed goes
    into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        # Names of files need not be text in the encoding of the terminal.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
