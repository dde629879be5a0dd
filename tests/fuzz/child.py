"""Reads mutants of some kinds in a process with limits, and says which break the rule.

The rule: a result or a `PoseViewerError` of one line of at most 300 characters, within the time and
the memory, and the process lives on.

    python -m tests.fuzz.child FOLDER KIND:FIRST:COUNT...

Before each mutant its kind and number are written to FOLDER/at, so that the parent knows which one
ended the process. Each break is a line of JSON on stdout.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from tests.fuzz.kinds import FOLDER, KINDS, Kind
from tests.fuzz.mutate import mutant

SECONDS = 10.0
"""CPU time for one file."""

ROOM = 1 << 30
"""Bytes beyond what the process and its libraries take before the first mutant."""

LONGEST = 300


def main(arguments: list[str]) -> int:
    """Try the mutants that the command line names."""
    os.chdir(arguments[0])
    FOLDER.mkdir(exist_ok=True)
    for number in range(3):
        cv2.imwrite(str(FOLDER / f"p_{number}.png"), np.zeros((30, 40, 3), np.uint8))
    titles = " ".join(arguments)
    application = _application() if "window.ini" in titles or "workspace" in titles else None
    jobs = []
    for job in arguments[1:]:
        title, first, count = job.rsplit(":", 2)
        kind = KINDS[title]
        place = Path(title.replace(" ", "-").replace(",", ""))
        place.mkdir(exist_ok=True)
        seeds = kind.seeds()
        # Libraries are loaded by a whole file; each must be read.
        for seed in seeds:
            (place / kind.name).write_bytes(seed)
            _warm(kind, place / kind.name)
        jobs.append(
            (title, kind, place / kind.name, seeds, range(int(first), int(first) + int(count)))
        )
    _limit()
    with open("at", "w+", encoding="utf-8") as at:
        for title, kind, path, seeds, numbers in jobs:
            for number in numbers:
                at.seek(0)
                at.write(f"{title}:{number}\n")
                at.flush()
                data = mutant(seeds[number % len(seeds)], f"{title}:{number}", text=kind.text)
                path.write_bytes(data)
                broken = _broken(kind, path)
                if broken:
                    print(json.dumps([title, number, broken]), flush=True)
    del application
    return 0


def _warm(kind: Kind, path: Path) -> None:
    try:
        kind.read(path)
    except PoseViewerError as error:
        # A checkpoint of no known network is told as such, and what a file names on the network.
        expected = ("does not know", "labels no frame", "names other files or addresses")
        if not any(one in str(error) for one in expected):
            raise


def _application() -> object:
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication(["fuzz"])


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    space = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _broken(kind: Kind, path: Path) -> str:
    """How the file at `path` breaks the rule; empty where it does not."""
    before = time.process_time()
    told = ""
    try:
        kind.read(path)
    except PoseViewerError as error:
        told = str(error)
    except BaseException as error:  # noqa: BLE001 - whatever comes is what is looked for
        return f"{type(error).__name__} at {_place(error)}"
    if time.process_time() - before > SECONDS:
        return f"took {time.process_time() - before:.0f} s"
    if len(told) > LONGEST or "\n" in told:
        return f"a sentence of {len(told)} characters"
    return "out of memory" if "more memory than there is" in told else ""


def _place(error: BaseException) -> str:
    """The place in our code that an error passed last."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/poseviewer/" in frame.filename
    ]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "the reader"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
