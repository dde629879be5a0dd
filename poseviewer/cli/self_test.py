"""`poseviewer --self-test`: whether this installation or bundle really does what it should."""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.cli import export, run, view
from poseviewer.core.errors import PoseViewerError
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEMO = "mannequin-clip:320x240@25x8"
"""The demo, as a clip of a few frames, no faster than a GIF shows them."""

FRAMES = 8


def self_test(_args: argparse.Namespace) -> int:
    """Go through every step; one that fails does not stop the others.

    Returns:
        0 where all went well, else 1.
    """
    where = "bundle" if hasattr(sys, "_MEIPASS") else "installation"
    print(f"PoseViewer {__version__}, {where}, Python {sys.version.split()[0]}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for title, step in steps(Path(folder)):
            begun = perf_counter()
            try:
                outcome = step()
            # What fails here may be anything that a broken bundle lacks.
            except Exception as error:  # noqa: BLE001
                failed += 1
                outcome = f"FAILED: {type(error).__name__}: {str(error).split(chr(10), 1)[0]}"
            print(f"{title:<36}{outcome} ({perf_counter() - begun:.1f} s)", flush=True)
    print("All is well." if not failed else f"Steps that failed: {failed}.")
    return 1 if failed else 0


def steps(folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Title of each step, and what does it and says what came out."""
    from poseviewer.models.engine import engines
    from poseviewer.models.registry import shipped

    yield "demo", _demo
    for engine in engines():
        for card in shipped():
            if card.trained:
                title = f"{card.name}, {engine}"
                yield title, partial(_network, card.name, engine, folder / f"{title}.jsonl")
    for name in ("h264.mp4", "vp9.webm", "moving.gif"):
        yield f"export {name}", partial(_export, folder / name)
    yield "window", partial(_window, folder / "window.png")


def _demo() -> str:
    from poseviewer.video.open import open_source
    from poseviewer.video.source import Clip

    with open_source(DEMO) as source:
        _check(isinstance(source, Clip) and len(source) == FRAMES, "it has other frames")
    return f"{FRAMES} frames"


def _network(model: str, engine: str, path: Path) -> str:
    """Run a network over the demo."""
    choice = ["--model", model, "--engine", engine, "--device", "cpu"]
    _command("run", DEMO, "-o", str(path), "--format", "jsonl", *choice)
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    _check(len(found) == FRAMES, f"it answers {len(found)} frames")
    people = sum(bool(one["people"]) for one in found)
    _check(people > 0, "it finds nobody")
    return f"a person in {people} of {FRAMES} frames"


def _export(path: Path) -> str:
    from poseviewer.video.open import open_source
    from poseviewer.video.source import Clip

    _command("export", DEMO, "-o", str(path), "--data", "csv,json")
    rows = path.with_suffix(".csv").read_text(encoding="utf-8").splitlines()
    _check(len(rows) > FRAMES, "its table is empty")
    with open_source(str(path)) as source:
        _check(isinstance(source, Clip) and len(source) == FRAMES, "it has other frames")
    return f"{FRAMES} frames, {len(rows) - 1} rows"


def _window(path: Path) -> str:
    """Picture the real window; it needs no display."""
    _command("view", DEMO, "--screenshot", str(path))
    _check(path.read_bytes()[:4] == b"\x89PNG", "there is no picture of it")
    return f"a picture of {path.stat().st_size // 1000} kB"


def _command(*arguments: str) -> None:
    """Run a command as `main` would."""
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    for command in (export, run, view):
        command.add_parser(subparsers)
    args = parser.parse_args(arguments)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        status: int = args.run(args)
    _check(status == 0, f"it ends with {status}")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise PoseViewerError(otherwise)
