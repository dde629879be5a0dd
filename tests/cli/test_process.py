"""The command as a whole process: interrupted early, with stdout full or closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import poseviewer
from poseviewer.cli.main import main
from poseviewer.core.interrupt import STATUS
from tests.waiting import LONG

COMMAND = [sys.executable, "-m", "poseviewer"]
FULL = Path("/dev/full")
PACKAGE = str(Path(poseviewer.__file__).parent) + os.sep
RUN = ["run", "mannequin-clip:64x64@30x2", "--engine", "torch"]


def hear() -> None:
    """Listen to Ctrl-C, which what is started in the background of a shell ignores."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
@pytest.mark.parametrize(
    "module", ["core", "core.interrupt", "cli", "cli.main", "cli.view", "core.errors", "version"]
)
def test_an_interruption_while_modules_are_loaded_is_one_line(module):
    script = (
        "import os, runpy, signal, sys\n"
        # What is started in the background of a shell ignores it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == 'poseviewer.{module}':\n"
        "            sys.meta_path.remove(self)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv[1:] = ['--version']\n"
        "runpy.run_module('poseviewer', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == STATUS
    assert done.stderr == "poseviewer: stopped.\n"
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
@pytest.mark.parametrize("arguments", [["models", "list"], RUN, ["view"]], ids=lambda a: a[0])
def test_an_interruption_at_any_moment_is_one_line(arguments):
    """From 0 to 1.5 s after the first line of ours, closer at first.

    Before it Python reads the environment's `.pth` files and looks for the module, and swallows
    an interruption there.
    """
    script = (
        "import sys\n"
        "from poseviewer.__main__ import start\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "print('started', flush=True)\n"
        "start()"
    )
    ends = []
    for delay in [0.0, *np.geomspace(0.001, 1.5, 20)]:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear,
        )
        assert process.stdout.readline() == "started\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=LONG)[1]
        if process.returncode == 0:
            assert said == ""
        # Else Python was interrupted before it called us.
        elif "poseviewer: stopped." in said or PACKAGE in said:
            assert (said, process.returncode) == ("poseviewer: stopped.\n", STATUS), delay
            ends.append(delay)
    assert ends


def test_the_process_does_not_wait_for_the_interpreter_to_end():
    """That takes seconds for torch and Qt while the processor is busy."""
    script = (
        "import atexit, runpy, sys\n"
        "atexit.register(print, 'ended')\n"
        "sys.argv[1:] = ['--version']\n"
        "runpy.run_module('poseviewer', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["PoseViewer", poseviewer.__version__]


def test_an_interruption_of_a_command_is_one_line(monkeypatch, capsys):
    def interrupted(_command: str) -> None:
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
