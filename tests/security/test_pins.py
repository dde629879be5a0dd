"""`make run HASHES=1` installs the releases of constraints.txt, and each only by its hash."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
LEFT_OUT = {"torch"}
"""See packaging/hash_pins.py."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def constraints() -> dict[str, str]:
    lines = (PACKAGING / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonical(name): version for name, version in pairs}


def pins() -> dict[str, tuple[str, list[str]]]:
    """Version and hashes of each package in hashes.txt."""
    text = (PACKAGING / "hashes.txt").read_text()
    found = re.findall(r"^([\w.-]+)==([^\s;]+)(.*(?:\n[ ]+.*)*)", text, re.MULTILINE)
    return {
        canonical(name): (version, re.findall(r"--hash=sha256:([0-9a-f]{64})(?:\s|$)", rest))
        for name, version, rest in found
    }


def test_each_pin_is_that_of_the_constraints_and_has_hashes() -> None:
    pinned = constraints()
    for name, (version, hashes) in pins().items():
        assert pinned[name] == version
        assert hashes


def test_everything_that_make_run_needs_is_there_but_pytorch() -> None:
    from importlib.metadata import requires

    wanted, seen = ["poseviewer"], set()
    while wanted:
        name = canonical(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        for line in requires(name) or ():
            needed, _, marker = line.partition(";")
            extra = "extra ==" in marker and not (name == "poseviewer" and "eval" in marker)
            if not extra and canonical(re.match(r"[\w.-]+", needed)[0]) in constraints():
                wanted.append(re.match(r"[\w.-]+", needed)[0])
    assert seen - {"poseviewer"} - LEFT_OUT <= set(pins())
    assert not LEFT_OUT & set(pins())


def test_only_run_takes_hashes() -> None:
    for arguments in ([], ["other"], ["test", "--hashes"], ["run", "--hash"]):
        command = [sys.executable, str(PACKAGING / "prepare.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("usage:")
