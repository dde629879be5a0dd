"""An export that is killed, stopped, or has no room: all of its outputs, or what was there."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.files import settle
from tests.faults.conftest import COUNT
from tests.faults.outputs import hidden, state_of
from tests.waiting import LONG, until

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    Child = Callable[..., subprocess.Popen[str]]

DATA = ("--data", "csv,json", "-f")


def begun(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the child writes, or has ended."""
    assert until(lambda: hidden(folder) or process.poll() is not None)


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 5])
def test_killed(
    clip: str, tmp_path: Path, child: Child, chance: random.Random, before: int
) -> None:
    """Whatever the moment, there is the old set of files or the new one, once a process looks."""
    out = tmp_path / "out.mp4"
    if before:
        first = child("export", clip, "-o", out, "--end", before - 1, *DATA)
        said = first.communicate(timeout=LONG)[1]
        assert first.returncode == 0, said
    process = child("export", clip, "-o", out, *DATA)
    begun(tmp_path, process)
    time.sleep(chance.uniform(0, 1.5))
    process.kill()
    process.communicate()
    assert settle() == []
    assert state_of(out) in (before, COUNT)
    assert hidden(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_stopped(clip: str, tmp_path: Path, child: Child, chance: random.Random, name: str) -> None:
    """Nothing is left, at once and without another process."""
    out, number = tmp_path / "out.mp4", getattr(signal, name)
    process = child("export", clip, "-o", out, *DATA)
    begun(tmp_path, process)
    time.sleep(chance.uniform(0, 1.5))
    process.send_signal(number)
    said = process.communicate(timeout=LONG)[1]
    found = state_of(out)
    # When all is written the process may have stopped listening: then the signal itself ends it.
    ended = (128 + number, 0), (128 + number, COUNT), (0, COUNT), (-number, COUNT)
    assert (process.returncode, found) in ended
    assert "Traceback" not in said
    assert hidden(tmp_path) == []


@pytest.mark.slow
def test_two_exports_to_one_name(
    clip: str, tmp_path: Path, child: Child, chance: random.Random
) -> None:
    """One may be killed: the other's files are whole, and never mixed with its own."""
    out, counts = tmp_path / "out.mp4", (20, COUNT)
    processes = []
    for count in counts:
        processes.append(child("export", clip, "-o", out, "--end", count - 1, *DATA))
        time.sleep(chance.uniform(0, 0.5))
    killed = chance.choice((None, 0, 1))
    if killed is not None:
        begun(tmp_path, processes[killed])
        time.sleep(chance.uniform(0, 1.0))
        processes[killed].kill()
    for number, process in enumerate(processes):
        said = process.communicate(timeout=LONG)[1]
        assert number == killed or process.returncode == 0, said
    settle()
    assert state_of(out) in counts
    assert hidden(tmp_path) == []


@pytest.mark.slow
def test_without_force_the_first_one_stays(clip: str, tmp_path: Path, child: Child) -> None:
    """A file that appears during an export is not replaced."""
    out = tmp_path / "out.mp4"
    process = child("export", clip, "-o", out, "--data", "csv,json")
    begun(tmp_path, process)
    out.with_suffix(".csv").write_text("made meanwhile")
    said = process.communicate(timeout=LONG)[1]
    assert process.returncode == 1
    assert "a file of that name appeared meanwhile: choose another name." in said
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "made meanwhile"


def mounts() -> bool:
    """Whether a process may mount a disk of its own."""
    try:
        tried = subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True)
    except OSError:
        return False
    return tried.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not mounts(), reason="needs a namespace to mount a small disk in")
def test_a_full_disk(clip: str, child: Child, chance: random.Random) -> None:
    """One sentence and nothing left, wherever the room ends; or all of it, where it does not."""
    size = chance.choice((0, 4, 8, chance.randrange(12, 400), chance.randrange(12, 400)))
    process = child("full", size or 4, clip, before=("unshare", "-rm"))
    printed, said = process.communicate(timeout=LONG)
    assert process.returncode == 0, said
    status, found, names = json.loads(printed)
    if status == 0:
        assert found == COUNT
    else:
        assert (status, found, names) == (1, 0, [])
        assert said.strip().startswith("poseviewer: The disk is full, so out.mp4 was not written")
        assert len(said.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_file_that_may_not_grow(
    clip: str, tmp_path: Path, child: Child, chance: random.Random
) -> None:
    """A limit on the size of files, as quotas and old file systems have it, is like a full disk."""
    size = chance.randrange(0, 60_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        process = child("export", clip, "-o", tmp_path / "out.mp4", *DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    said = process.communicate(timeout=LONG)[1]
    found = state_of(tmp_path / "out.mp4")
    assert (process.returncode, found) in ((1, 0), (0, COUNT)), said
    if process.returncode:
        assert "may not grow so large" in said
        assert os.listdir(tmp_path) == []


@pytest.mark.slow
def test_a_name_that_is_no_text(clip: str, tmp_path: Path, child: Child) -> None:
    """Bytes that are no UTF-8 in the names of folder and file."""
    folder = tmp_path / os.fsdecode(b"f\xff")
    folder.mkdir()
    out = folder / os.fsdecode(b"o\xe9\xfe.mp4")
    process = child("export", clip, "-o", out, *DATA)
    said = process.communicate(timeout=LONG)[1]
    assert process.returncode == 0, said
    assert state_of(out) == COUNT
    assert hidden(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("letters", [200, 251, 260])
def test_a_long_name(clip: str, tmp_path: Path, child: Child, letters: int) -> None:
    """A name that fits is written; one that does not is refused before any work."""
    out = tmp_path / ("n" * letters + ".mp4")
    process = child("export", clip, "-o", out, *DATA)
    said = process.communicate(timeout=LONG)[1]
    if letters == 200:
        assert process.returncode == 0, said
        assert state_of(out) == COUNT
    else:
        assert process.returncode == 1
        assert said.strip().endswith("its name is too long: choose a shorter one.")
        assert os.listdir(tmp_path) == []
