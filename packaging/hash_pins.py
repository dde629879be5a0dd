"""Writes packaging/hashes.txt: the hashes of every file of every release that `make run` needs.

    python packaging/hash_pins.py      after a change of constraints.txt; needs uv on the path

PyTorch is left out, with the CUDA libraries that some builds of it bring: builds of one release
differ from index to index, and so do their hashes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HASHES = ROOT / "packaging" / "hashes.txt"

LEFT_OUT = re.compile(r"torch|triton|cuda-.*|nvidia-.*")
"""Names of packages whose builds differ from index to index."""

_COMMAND = (
    "uv pip compile pyproject.toml --extra eval --constraint packaging/constraints.txt --universal "
    "--python-version 3.11 --generate-hashes --no-header --no-annotate --quiet"
)
_HEAD = "# What `make run HASHES=1` installs, by packaging/hash_pins.py; PyTorch is left out.\n"


def main() -> None:
    """Write the file."""
    done = subprocess.run(_COMMAND.split(), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv found no set of packages: {done.stderr.strip()}")
    pins = re.findall(r"^\S.*(?:\n\s+.*)*", done.stdout, re.MULTILINE)
    found = [pin for pin in pins if not LEFT_OUT.fullmatch(pin.partition("==")[0])]
    HASHES.write_text(_HEAD + "\n".join(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
