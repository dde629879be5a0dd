"""The command as a whole process: interrupted early, with stdout full or closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from poseviewer.cli.main import main
from poseviewer.core.interrupt import STATUS

COMMAND = [sys.executable, "-m", "poseviewer"]
FULL = Path("/dev/full")
RUN = ["run", "mannequin-clip:64x64@30x2", "--engine", "torch"]


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("arguments", [["models", "list"], ["models", "list", "--json"], RUN])
def test_a_full_disk_is_one_sentence(arguments):
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "poseviewer: The output cannot be written: no space left on device."
    ]


@pytest.mark.skipif(os.name == "nt", reason="closes files as a shell does")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_standard_files_do_no_harm(closed):
    command = f"exec {sys.executable} -m poseviewer models path {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_an_interruption_while_modules_are_loaded_is_one_line():
    script = (
        "import os, signal, sys\n"
        # What is started in the background of a shell ignores it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'poseviewer.cli.main': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from poseviewer.__main__ import start\n"
        "start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == STATUS
    assert done.stderr == "poseviewer: stopped.\n"


def test_an_interruption_of_a_command_is_one_line(monkeypatch, capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("poseviewer.cli.main.build_parser", interrupted)
    assert main(["models"]) == STATUS
    assert capsys.readouterr().err == "poseviewer: stopped.\n"


def test_ctrl_c_is_python_s_again_afterwards():
    from poseviewer.core.interrupt import ending_at_once

    before = signal.getsignal(signal.SIGINT)
    with ending_at_once():
        pass
    assert signal.getsignal(signal.SIGINT) is before
