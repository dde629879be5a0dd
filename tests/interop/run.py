"""Export a clip with every kind of data and have the programs that people use read it.

    python tests/interop/run.py [CLIP]

Makes an environment of its own in out/interop (about 2 GB, once), which holds the readers. CLIP is
a video; without one the built-in mannequin walks. Prints a row per reader, as docs/facts/formats.md
has them, and exits with 1 where one refuses a file or reads other numbers; `make interop` calls it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from poseviewer.records.open import WRITERS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / "out" / "interop"
PYTHON = ENVIRONMENT / "bin" / "python"
CLIP = "mannequin-clip:640x480@30x90"


def main() -> int:
    """Export, read back, return the status."""
    clip = sys.argv[1] if len(sys.argv) > 1 else CLIP
    make_environment()
    with tempfile.TemporaryDirectory() as made:
        output = Path(made) / "clip.mp4"
        export = [sys.executable, "-m", "poseviewer", "export", clip, "-o", str(output)]
        kinds = ",".join(WRITERS.builtin)
        subprocess.run(
            [*export, "--data", kinds, "--height", "1.7", "--no-overlay"], check=True, cwd=ROOT
        )
        read = [str(PYTHON), "-W", "ignore", str(HERE / "read_back.py"), made, output.stem]
        with (ENVIRONMENT / "log.txt").open("w") as log:
            return subprocess.run(read, cwd=made, stderr=log, check=False).returncode


def make_environment() -> None:
    """Install the readers, where they are not there yet or others are wanted."""
    lists = [HERE / "requirements.txt", HERE / "without-dependencies.txt"]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()
    stamp = ENVIRONMENT / "stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "-r"]
    subprocess.run([*pip, str(lists[0])], check=True)
    subprocess.run([*pip, str(lists[1]), "--no-deps"], check=True)
    stamp.write_text(wanted)


if __name__ == "__main__":
    sys.exit(main())
