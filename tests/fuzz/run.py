"""Tries mutants of every kind of file from outside, each lot in a process of its own.

    python -m tests.fuzz.run [--minutes M | --count N] [--first F] [--only TEXT]

Prints a row for each kind: how many were tried, how many broke the rule, and how.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.kinds import KINDS

BUDGET_MB = 64
_LOT = 500
_HANG = -1000
_PATIENCE = 900.0
"""Seconds for a lot, beyond which it hangs."""


@dataclass(slots=True)
class Outcome:
    """What came of the mutants of one kind."""

    tried: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    """How each that broke the rule did so, by its number."""

    ended: int = 0
    """Those that ended the process where the program reads such in one of its own."""


def lot(jobs: list[tuple[str, int, int]], *, patience: float = _PATIENCE) -> dict[str, Outcome]:
    """Try mutants: titles of kinds, first numbers and counts; a crash costs one mutant only."""
    found = {title: Outcome(count) for title, _, count in jobs}
    while jobs:
        with tempfile.TemporaryDirectory() as folder:
            done = _child(folder, jobs, patience)
            for line in done.stdout.splitlines():
                title, number, how = json.loads(line)
                found[title].broken[number] = how
            if done.returncode == 0:
                break
            at = Path(folder, "at")
            if done.returncode > 0 or not at.exists():
                # A fault of the fuzzer itself.
                raise RuntimeError(done.stderr[-2000:])
            title, _, text = at.read_text(encoding="utf-8").splitlines()[0].rpartition(":")
        number = int(text)
        hang = done.returncode == _HANG
        if KINDS[title].apart and not hang:
            found[title].ended += 1
        else:
            how = "never ended" if hang else f"ended the process (signal {-done.returncode})"
            found[title].broken[number] = how
        jobs = _rest(jobs, title, number)
    return found


def _rest(jobs: list[tuple[str, int, int]], title: str, number: int) -> list[tuple[str, int, int]]:
    """The jobs from the mutant after this one on."""
    place = next(i for i, job in enumerate(jobs) if job[0] == title)
    _, first, count = jobs[place]
    left = first + count - number - 1
    return [*([(title, number + 1, left)] if left else []), *jobs[place + 1 :]]


def _child(
    folder: str, jobs: list[tuple[str, int, int]], patience: float
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz.child", folder]
    command += [f"{title}:{first}:{count}" for title, first, count in jobs]
    environment = {
        **os.environ,
        "POSEVIEWER_READ_BUDGET_MB": str(BUDGET_MB),
        "POSEVIEWER_HOME": folder,
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        try:
            done = subprocess.run(
                command, stdout=out, stderr=err, env=environment, timeout=patience, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            done = _HANG
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, done, out.read(), err.read())


def main() -> int:
    """Run, and return 1 where a mutant broke the rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--count", type=int, default=0, help="mutants of each kind")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--only", default="", help="kinds whose title holds this text")
    args = parser.parse_args()
    titles = [title for title in KINDS if args.only in title]
    totals = {title: Outcome() for title in titles}
    if args.count:
        for title, outcome in totals.items():
            for first in range(args.first, args.first + args.count, _LOT):
                _add(outcome, title, first, min(_LOT, args.first + args.count - first))
            print(_row(title, outcome), flush=True)
    else:
        end, first = time.monotonic() + 60 * args.minutes, args.first
        while time.monotonic() < end:
            for title in titles:
                if time.monotonic() < end:
                    _add(totals[title], title, first, _LOT)
            first += _LOT
        print("\n".join(_row(*one) for one in totals.items()))
    return int(any(outcome.broken for outcome in totals.values()))


def _add(outcome: Outcome, title: str, first: int, count: int) -> None:
    more = lot([(title, first, count)])[title]
    outcome.tried += more.tried
    outcome.broken |= more.broken
    outcome.ended += more.ended


def _row(title: str, outcome: Outcome) -> str:
    ways = collections.Counter(outcome.broken.values()).most_common(4)
    examples = {how: number for number, how in outcome.broken.items()}
    said = "; ".join(f"{n} {how} (number {examples[how]})" for how, n in ways)
    if outcome.ended:
        said += f" {outcome.ended} would have ended a process of its own"
    return f"| {title} | {outcome.tried:,} | {len(outcome.broken):,} | {said} |"


if __name__ == "__main__":
    sys.exit(main())
